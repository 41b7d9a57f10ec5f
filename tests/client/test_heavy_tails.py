"""Heavy tails as users meet them: a warning once for each column, a report, and a function."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

import warmfit
from warmfit import DistributionFitter, HeavyTailWarning, InvalidInput, LocalBackend, summarize, tail_index

RNG = np.random.default_rng(3)
FRAME = pd.DataFrame(
    {
        "cauchy": RNG.standard_cauchy(3_000),
        "pareto": -RNG.pareto(1.5, 3_000),
        "exponential": RNG.exponential(size=3_000),
        "lognormal": RNG.lognormal(0.0, 1.0, 3_000),
    }
)
SMALL: dict[str, Any] = {"included_distributions": ["norm", "expon"]}


def test_one_warning_for_each_heavy_column_points_at_the_callers_line() -> None:
    fitter = DistributionFitter(backend=LocalBackend(1))
    here = inspect.currentframe().f_lineno + 2  # type: ignore[union-attr]
    with pytest.warns(HeavyTailWarning) as caught:
        fitter.fit(FRAME, columns=list(FRAME), **SMALL)
    told = [str(w.message) for w in caught]
    assert len(told) == 2
    assert told[0].startswith("column 'cauchy' has a heavy tail (lower tail index ")
    assert "and upper tail index" in told[0]
    assert told[1].startswith("column 'pareto' has a heavy tail (lower tail index 0.")
    assert {(w.filename, w.lineno) for w in caught} == {(__file__, here)}


def test_the_warning_can_be_silenced_by_its_category_or_its_root() -> None:
    for category in (HeavyTailWarning, warmfit.WarmfitWarning, UserWarning):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            warnings.filterwarnings("ignore", category=category)
            DistributionFitter().fit(FRAME, columns=["cauchy", "pareto"], **SMALL)
        assert not caught


def test_a_column_truncated_to_a_window_is_not_judged() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        inside = FRAME["cauchy"][FRAME["cauchy"].abs() < 50]
        DistributionFitter().fit(inside, lower_bound=-50.0, upper_bound=50.0, **SMALL)
        DistributionFitter().fit(FRAME, columns=["exponential", "lognormal"], **SMALL)


def test_the_quality_report_has_the_tails_and_says_which_are_heavy() -> None:
    results = DistributionFitter().fit(FRAME, columns=["cauchy", "exponential"], **SMALL)
    report = results.quality_report()
    assert set(report["tails"]) == {"cauchy", "exponential"}
    assert [tail.is_heavy for tail in report["tails"]["cauchy"]] == [True, True]
    assert not any(tail.is_heavy for tail in report["tails"]["exponential"])
    assert sum("has a heavy tail" in said for said in report["warnings"]) == 1


def test_the_tail_index_of_a_column_is_told_with_its_error() -> None:
    lower, upper = tail_index(FRAME, "cauchy")
    assert (lower.side, upper.side) == ("lower", "upper")
    assert abs(upper.index - 1.0) < 3 * upper.error
    assert tail_index(summarize(FRAME, ["cauchy"])) == tail_index(FRAME["cauchy"]) == (lower, upper)
    with pytest.raises(InvalidInput, match="cauchi"):
        tail_index(FRAME, "cauchi")
