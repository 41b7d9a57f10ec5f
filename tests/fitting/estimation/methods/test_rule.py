from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from tests.conftest import real_column

from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import summarize_values


def fit(x: np.ndarray, name: str, method: str, **spec: object) -> FitRow:
    question = FitSpec((name,), method=method, **spec)  # type: ignore[arg-type]
    return replace(fit_family(prepare(summarize_values(x), question), CATALOGUE[name]), elapsed=0.0, n_evaluations=0)


SHIFTED = 10.0 + stats.weibull_min.rvs(0.6, size=400, random_state=3)


@pytest.mark.parametrize("name", ["norm", "gumbel_r", "t", "expon", "lognorm", "genextreme"])
def test_where_maximum_likelihood_is_regular_auto_is_maximum_likelihood(name: str) -> None:
    x = real_column("precip")
    assert fit(x, name, "auto") == fit(x, name, "mle")


@pytest.mark.parametrize("name", ["weibull_min", "gamma", "genpareto"])
def test_where_a_density_grows_without_limit_at_an_end_auto_is_maximum_spacing(name: str) -> None:
    row = fit(SHIFTED, name, "auto")
    if name == "genpareto":  # whose density at its end is finite
        assert row == fit(SHIFTED, name, "mle")
    else:
        assert row.method == "mse"
        assert row.parameters == pytest.approx(fit(SHIFTED, name, "mse").parameters, rel=1e-4)


def test_an_end_that_is_held_is_no_reason_for_maximum_spacing() -> None:
    held = (("loc", 10.0),)
    assert fit(SHIFTED, "weibull_min", "auto", fixed=held) == fit(SHIFTED, "weibull_min", "mle", fixed=held)


def test_auto_says_which_method_each_row_has_for_every_name_of_a_family() -> None:
    rows = [fit(SHIFTED, name, "auto") for name in ("gamma", "erlang", "chi2")]
    assert [row.method for row in rows] == ["mse"] * 3
