from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import ArrayLike
from scipy import optimize, stats

from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.families.catalogue import CATALOGUE, DEFAULT_EXCLUSIONS
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary, summarize_intervals, summarize_values

AT_ZERO = (("loc", 0.0),)


def fitted(summary: ColumnSummary, name: str, **spec: object) -> FitRow:
    question = FitSpec((name,), **{"method": "mme", **spec})  # type: ignore[arg-type]
    return fit_family(prepare(summary, question), CATALOGUE[name])


def fit(x: ArrayLike, name: str, **spec: object) -> FitRow:
    return fitted(summarize_values(np.asarray(x, dtype=np.float64)), name, **spec)


X = stats.gamma.rvs(3.0, scale=2.0, size=400, random_state=1)
M, V = X.mean(), X.var()


CLOSED = {
    "norm": ({}, (M, math.sqrt(V))),
    "gumbel_r": ({}, (M - np.euler_gamma * math.sqrt(6 * V) / math.pi, math.sqrt(6 * V) / math.pi)),
    "logistic": ({}, (M, math.sqrt(3 * V) / math.pi)),
    "laplace": ({}, (M, math.sqrt(V / 2))),
    "gamma": ({"fixed": AT_ZERO}, (M * M / V, 0.0, V / M)),
    "expon": ({"fixed": AT_ZERO}, (0.0, M)),
    "lognorm": ({"fixed": AT_ZERO}, (math.sqrt(math.log1p(V / M**2)), 0.0, M / math.sqrt(1 + V / M**2))),
    "invgauss": ({"fixed": AT_ZERO}, (V / M**2, 0.0, M**3 / V)),
}


@pytest.mark.parametrize("name", CLOSED)
def test_estimates_are_the_textbooks(name: str) -> None:
    given, expected = CLOSED[name]
    row = fit(X, name, **given)
    assert (row.status, row.method, row.standard_errors) == ("ok", "mme", ())
    np.testing.assert_allclose(row.parameters, expected, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(("name", "near"), [("gamma", 3.0), ("nakagami", 1.0), ("invgauss", 0.3)])
def test_estimates_are_those_of_scipys_method_of_moments(name: str, near: float) -> None:
    expected = getattr(stats, name).fit(X, near, scale=M, method="MM", floc=0)
    np.testing.assert_allclose(fit(X, name, fixed=AT_ZERO).parameters, expected, rtol=1e-3)


@pytest.mark.parametrize(
    "name", ["gamma", "genextreme", "weibull_min", "skewnorm", "johnsonsu", "norminvgauss", "t", "beta"]
)
def test_the_moments_of_the_estimate_are_those_of_the_column(name: str) -> None:
    shapes = {"johnsonsu": (-0.5, 1.5), "norminvgauss": (2.0, 1.0), "t": (8.0,), "beta": (2.0, 5.0)}.get(name, (3.0,))
    row, x = None, np.zeros(0)
    for seed in range(8):  # of some samples the support of the solution leaves values out
        x = getattr(stats, name).rvs(*shapes, loc=1.0, scale=3.0, size=500, random_state=seed)
        row = fit(x, name)
        if row.status == "ok":
            break
    assert row is not None
    assert row.status == "ok", row.reason
    mean, variance, skewness, kurtosis = getattr(stats, name).stats(*row.parameters, moments="mvsk")
    assert (mean, variance) == pytest.approx((x.mean(), x.var()), rel=1e-6)
    if name != "t":
        assert skewness == pytest.approx(stats.skew(x), abs=1e-4)
    if len(row.parameters) == 4 or name == "t":
        assert kurtosis == pytest.approx(stats.kurtosis(x), abs=2e-3)


def test_a_weibull_with_its_end_at_zero_has_the_shape_that_the_coefficient_of_variation_asks_for() -> None:
    def excess(k: float) -> float:
        return math.gamma(1 + 2 / k) / math.gamma(1 + 1 / k) ** 2 - 1 - V / M**2

    shape = optimize.brentq(excess, 0.5, 5.0, xtol=1e-12)
    row = fit(X, "weibull_min", fixed=AT_ZERO)
    assert row.parameters == pytest.approx((shape, 0.0, M / math.gamma(1 + 1 / shape)), rel=1e-6)


def test_a_symmetric_family_about_a_held_location_matches_the_mean_square() -> None:
    x = stats.norm.rvs(0.2, 2.0, size=300, random_state=3)
    assert fit(x, "norm", fixed=AT_ZERO).parameters[1] == pytest.approx(math.sqrt((x**2).mean()))


def test_a_held_scale_leaves_the_location_to_the_mean_and_the_shape_to_the_deviation() -> None:
    row = fit(X, "gamma", fixed=(("scale", 1.5),))
    assert row.parameters == pytest.approx((V / 1.5**2, M - V / 1.5, 1.5))


def test_a_support_that_begins_at_zero_is_a_held_location() -> None:
    assert fit(X, "gamma", support_at_zero=True).parameters == pytest.approx(fit(X, "gamma", fixed=AT_ZERO).parameters)


def test_weights_weigh_the_moments() -> None:
    values, count = np.unique(np.round(X, 1), return_counts=True)
    weighted = fitted(summarize_values(values, count.astype(np.float64)), "gamma", fixed=AT_ZERO)
    assert weighted.parameters == pytest.approx(fit(np.round(X, 1), "gamma", fixed=AT_ZERO).parameters, rel=1e-12)


def test_the_moments_of_binned_columns_are_those_of_the_rows() -> None:
    x = stats.gamma.rvs(3.0, scale=2.0, size=50_000, random_state=1)
    assert fit(x, "gamma", fixed=AT_ZERO).parameters == pytest.approx(
        (x.mean() ** 2 / x.var(), 0.0, x.var() / x.mean())
    )


@pytest.mark.parametrize("name", ["cauchy", "levy", "halfcauchy", "landau"])
def test_families_without_moments_are_skipped_with_the_reason(name: str) -> None:
    row = fit(X, name)
    assert (row.status, row.method) == ("skipped", "mme")
    assert "does not exist" in row.reason


def test_a_column_whose_moments_no_member_has_fails_with_what_came_nearest() -> None:
    row = fit(-X, "gamma")
    assert row.status == "failed"
    assert "skewness" in row.reason
    assert "nearest" in row.reason


def test_a_solution_whose_support_leaves_values_out_fails_and_says_so() -> None:
    row = fit(np.concatenate([X, [-40.0]]), "uniform")
    assert (row.status, math.isnan(row.loglik)) == ("failed", True)
    assert "support" in row.reason


def test_bounds_and_incomplete_rows_are_refused_by_name() -> None:
    bounded = fit(X, "norm", lower_bound=0.0)
    assert bounded.status == "skipped"
    assert "bounds" in bounded.reason
    censored = fitted(summarize_intervals(np.minimum(X, 9.0), np.where(X > 9.0, np.inf, X)), "norm")
    assert censored.status == "skipped"
    assert "censored" in censored.reason


def test_more_parameters_than_moments_are_skipped() -> None:
    row = fit(X, "ncf")
    assert row.status == "skipped"
    assert "5 free parameters" in row.reason


def test_the_same_question_has_the_same_bits() -> None:
    assert replace(fit(X, "johnsonsb"), elapsed=0.0) == replace(fit(X, "johnsonsb"), elapsed=0.0)


@pytest.mark.parametrize("method", ["mse", "mme"])
def test_every_default_family_ends_with_a_row_that_says_what_became_of_it(method: str) -> None:
    names = tuple(name for name in CATALOGUE if name not in DEFAULT_EXCLUSIONS)
    problem = prepare(summarize_values(X[:120]), FitSpec(names, method=method))
    for name in names:
        row = fit_family(problem, CATALOGUE[name])
        assert row.method == method
        assert row.reason or row.status == "ok"
        assert row.status in ("ok", "failed", "skipped")
        assert row.status != "ok" or all(map(math.isfinite, (*row.parameters, row.loglik, row.bic)))
