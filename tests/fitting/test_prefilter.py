"""The prefilter: its bounds are those of SciPy's moments, and it leaves out nothing that could be among the best."""

from __future__ import annotations

import itertools
import math
import warnings

import numpy as np
import pytest
from scipy import stats
from tests.conftest import COLUMNS, real_column

from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.families.discrete.catalogue import DISCRETE
from warmfit_fitting.families.every import EVERY
from warmfit_fitting.prefilter import BOUNDS, ruled_out, shape
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary, summarize_values

RNG = np.random.default_rng(8)
RIGHT = summarize_values(RNG.gamma(2.0, size=5_000))
LEFT = summarize_values(-RNG.gamma(2.0, size=5_000))
BELL = summarize_values(RNG.normal(size=5_000))
MANY = (0.2, 0.7, 1.5, 5.5, 30.0)
PROBABILITY = ("geom", "logser")
HIGH = ("f", "t", "ncx2")  # whose moments exist for large degrees of freedom


def reason(name: str, summary: ColumnSummary, mode: str = "safe", **spec: object) -> str:
    return ruled_out(name, FitSpec((name,), prefilter=mode, **spec), summary)  # type: ignore[arg-type]


def moments(name: str) -> list[tuple[float, float]]:
    """Finite skewness and excess kurtosis of a family over a grid of its shapes, by SciPy."""
    law = getattr(stats, name)
    values = (0.1, 0.5, 0.9) if name in PROBABILITY else (9.0, 20.0, 200.0) if name in HIGH else MANY
    found = []
    for shapes in itertools.product(values, repeat=law.numargs):
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            skewness, kurtosis = map(float, law.stats(*shapes, moments="sk"))
        if math.isfinite(skewness) and math.isfinite(kurtosis):
            found.append((skewness, kurtosis))
    return found


@pytest.mark.parametrize("name", sorted(BOUNDS))
def test_bounds_hold_for_all_shapes(name: str) -> None:
    bounds = BOUNDS[name]
    for skewness, kurtosis in moments(name):
        assert bounds.skewness[0] - 1e-5 <= skewness <= bounds.skewness[1] + 1e-5
        assert bounds.kurtosis[0] - 1e-5 <= kurtosis <= bounds.kurtosis[1] + 1e-5


def test_every_name_is_that_of_a_family() -> None:
    assert set(BOUNDS) <= set(EVERY)


@pytest.mark.parametrize("name", ["gamma", "lognorm", "expon", "gumbel_r", "invgauss", "levy"])
def test_families_that_lean_to_the_right_are_left_out_of_columns_that_lean_to_the_left(name: str) -> None:
    assert reason(name, LEFT).startswith("prefilter: its skewness is positive, that of the data -1.")
    assert reason(name, RIGHT) == reason(name, BELL) == reason(name, LEFT, mode="") == ""


@pytest.mark.parametrize("name", ["gumbel_l", "loggamma", "levy_l"])
def test_and_the_other_way_round(name: str) -> None:
    assert "its skewness is negative" in reason(name, RIGHT)
    assert reason(name, LEFT) == ""


@pytest.mark.parametrize("name", ["norm", "t", "weibull_min", "genextreme", "beta", "skewnorm"])
def test_safe_leaves_symmetric_families_and_those_that_lean_either_way(name: str) -> None:
    assert reason(name, LEFT) == reason(name, RIGHT) == ""


def test_aggressive_takes_all_bounds() -> None:
    assert "its skewness is 0, that of the data 1." in reason("norm", RIGHT, "aggressive")
    assert "its excess kurtosis is -1.2, that of the data" in reason("uniform", BELL, "aggressive")
    assert reason("norm", BELL, "aggressive") == reason("t", RIGHT, "aggressive") == ""


def test_one_far_value_rules_out_nothing() -> None:
    far = summarize_values(np.append(RNG.gamma(2.0, size=3_000), -1e4))
    assert far.skewness < -50
    assert not any(reason(name, far, mode) for name in BOUNDS for mode in ("safe", "aggressive"))


def test_the_standard_error_is_that_of_the_skewness() -> None:
    shapes = [shape(summarize_values(RNG.gamma(4.0, size=4_000))) for _ in range(150)]
    for value, error in (("skewness", "skewness_error"), ("kurtosis", "kurtosis_error")):
        spread = np.std([getattr(s, value) for s in shapes])
        assert np.mean([getattr(s, error) for s in shapes]) == pytest.approx(spread, rel=0.35)


def test_nothing_is_left_out_where_the_moments_are_not_those_of_the_family() -> None:
    values = -RNG.gamma(2.0, size=3_000)
    censored = summarize_values(values, censoring=np.where(values < -6, -1, 0))
    assert reason("gamma", censored) == ""
    assert reason("gamma", summarize_values(values[values > -8]), lower_bound=-8.0) == ""


def test_a_family_left_out_keeps_its_row() -> None:
    problem = prepare(LEFT, FitSpec(("gamma", "norm"), prefilter="safe"))
    row = fit_family(problem, CATALOGUE["gamma"])
    assert row.status == "skipped"
    assert row.reason.startswith("prefilter: its skewness is positive")
    assert fit_family(problem, CATALOGUE["norm"]).status == "ok"


def test_discrete_families_are_left_out_likewise() -> None:
    counts = summarize_values(RNG.binomial(20, 0.9, size=4_000))
    problem = prepare(counts, FitSpec(("geom", "binom"), prefilter="safe"))
    assert fit_family(problem, DISCRETE["geom"]).status == "skipped"
    assert fit_family(problem, DISCRETE["binom"]).status == "ok"


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(InvalidInput, match="unknown prefilter 'sometimes'; expected one of safe, aggressive"):
        FitSpec(("norm",), prefilter="sometimes")


@pytest.mark.parametrize("name", [*COLUMNS[:4], "-diamond_price", "-ozone"])
def test_no_family_among_the_best_three_of_a_real_column_is_left_out(name: str) -> None:
    values = real_column(name.lstrip("-"))
    summary = summarize_values(-values if name.startswith("-") else values)
    left_out = {family for family in BOUNDS if family in CATALOGUE and reason(family, summary)}
    some = ("norm", "weibull_min", "weibull_max", "genextreme", "johnsonsu", "t", "skewnorm", "gumbel_l", "loggamma")
    problem = prepare(summary, FitSpec(tuple(dict.fromkeys([*some, *sorted(left_out)])), goodness=False))
    rows = [fit_family(problem, CATALOGUE[family]) for family in problem.spec.families]
    best = sorted((row for row in rows if row.status == "ok"), key=lambda row: row.bic)[:3]
    assert not left_out & {row.distribution for row in best}
    assert left_out or name != "-diamond_price"
