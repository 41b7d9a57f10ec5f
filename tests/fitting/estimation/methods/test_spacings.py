from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import ArrayLike
from scipy import optimize, stats
from tests.fitting.estimation.methods import published

from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.estimation.methods.spacings import Spacings
from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.likelihood.budget import Budget
from warmfit_fitting.problem import Problem
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary, summarize_intervals, summarize_values

AT_ZERO = (("loc", 0.0),)
FAMILIES = {
    "norm": (3.0, 2.0),
    "gumbel_r": (3.0, 2.0),
    "logistic": (3.0, 2.0),
    "expon": (3.0, 2.0),
    "uniform": (3.0, 2.0),
    "weibull_min": (0.7, 3.0, 2.0),
    "gamma": (2.5, 3.0, 2.0),
    "lognorm": (0.8, 3.0, 2.0),
    "genpareto": (0.2, 3.0, 2.0),
    "t": (5.0, 3.0, 2.0),
    "genextreme": (0.1, 3.0, 2.0),
}


def fitted(summary: ColumnSummary, name: str, **spec: object) -> FitRow:
    question = FitSpec((name,), **{"method": "mse", **spec})  # type: ignore[arg-type]
    return fit_family(prepare(summary, question), CATALOGUE[name])


def fit(x: ArrayLike, name: str, **spec: object) -> FitRow:
    return fitted(summarize_values(np.asarray(x, dtype=np.float64)), name, **spec)


def log_spacings(x: np.ndarray, name: str, parameters: Sequence[float] | np.ndarray) -> float:
    """The classic mean log spacing of distinct values, from the tail in which each is accurate."""
    dist, x = getattr(stats, name), np.sort(x)
    cdf, sf = dist.cdf(x, *parameters), dist.sf(x, *parameters)
    below = np.diff(np.concatenate([[0.0], cdf, [1.0]]))
    above = -np.diff(np.concatenate([[1.0], sf, [0.0]]))
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.log(np.where(np.concatenate([cdf, [1.0]]) < 0.5, below, above)).mean())


def best_of_scipy(x: np.ndarray, name: str, near: tuple[float, ...]) -> np.ndarray:
    """The classic definition maximized by simplices, from the truth and over again."""

    def loss(parameters: np.ndarray) -> float:
        value = log_spacings(x, name, parameters) if parameters[-1] > 0 else math.nan
        return -value if math.isfinite(value) else 1e9

    at = np.array(near)
    at[-2] = min(at[-2], float(x.min()) - 0.05) if math.isfinite(getattr(stats, name).support(*near)[0]) else at[-2]
    if name == "uniform":
        at[-1] = float(x.max()) - at[-2] + 0.05
    for _ in range(3):
        at = optimize.minimize(
            loss, at, method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-12, "maxiter": 400}
        ).x
    return np.asarray(at)


@pytest.mark.parametrize("name", FAMILIES)
def test_estimates_are_those_of_the_classic_definition_maximized_elsewhere(name: str) -> None:
    x = getattr(stats, name)(*FAMILIES[name]).rvs(size=120, random_state=11)
    row, other = fit(x, name), best_of_scipy(x, name, FAMILIES[name])
    assert (row.status, row.method) == ("ok", "mse")
    assert log_spacings(x, name, row.parameters) >= log_spacings(x, name, other) - 1e-9
    np.testing.assert_allclose(row.parameters, other, rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize("name", ["norm", "weibull_min", "gamma", "norminvgauss"])
def test_without_ties_the_objective_is_the_classic_one(name: str) -> None:
    x = stats.lognorm.rvs(0.5, size=60, random_state=3)
    problem = Problem(summarize_values(x), FitSpec((name,)))
    theta = {"norm": (1.1, 0.7), "weibull_min": (1.3, 0.1, 1.0), "gamma": (2.0, -0.3, 0.7)}.get(
        name, (2.0, 0.5, 1.0, 0.8)
    )
    spacings = Spacings(CATALOGUE[name], problem.view, Budget(10))
    value = float(spacings(problem.standardized(theta)[None])[0])
    assert value * len(x) / (len(x) + 1) == pytest.approx(log_spacings(x, name, theta), abs=1e-9)


def test_published_estimates_of_a_shifted_weibull_are_reproduced() -> None:
    shape, loc, scale = fit(published.COLIFORM, "weibull_min").parameters
    assert (round(shape, 2), round(loc), scale) == (0.95, 1085, pytest.approx(6562, abs=1))
    shape, loc, scale = fit(published.FLOODS, "weibull_min").parameters
    assert (shape, round(loc, 3), round(scale, 3)) == (pytest.approx(1.310, abs=1e-3), 0.244, 0.202)


def test_published_estimates_of_a_gamma_are_reproduced() -> None:
    shape, _, scale = fit(published.FAILURES, "gamma", fixed=AT_ZERO).parameters
    assert (round(shape, 2), round(scale, 2)) == (0.80, 604.13)


def test_published_estimates_of_a_normal_are_reproduced() -> None:
    mean, deviation = fit(published.STRESS, "norm").parameters
    assert mean == pytest.approx(34.072, abs=5e-4)
    assert deviation**2 == pytest.approx(6.874, abs=0.01)  # ties were spread over ±0.005 there


def test_the_end_of_a_uniform_lies_a_spacing_beyond_the_extremes() -> None:
    x = np.random.default_rng(5).uniform(2.0, 5.0, size=200)
    gap = np.ptp(x) / (len(x) - 1)  # Cheng & Amin 1983: the unbiased estimates of least variance
    loc, scale = fit(x, "uniform").parameters
    assert loc == pytest.approx(x.min() - gap, abs=1e-6)
    assert loc + scale == pytest.approx(x.max() + gap, abs=1e-6)


@pytest.mark.parametrize("name", ["weibull_min", "gamma"])
def test_a_shifted_law_whose_likelihood_is_unbounded_is_estimated_the_better_the_more_rows(name: str) -> None:
    truth = (0.6, 10.0, 2.0)
    far = []
    for size in (200, 3_000):
        rows = [fit(getattr(stats, name)(*truth).rvs(size=size, random_state=i), name) for i in range(5)]
        assert all(row.status == "ok" for row in rows)
        far.append(np.mean([np.abs(np.subtract(row.parameters, truth)) for row in rows], axis=0))
    assert (far[1] < 0.6 * far[0]).all()
    assert far[1][1] < 1e-3  # the end of the support, which is found faster than a root of n


def spread(x: np.ndarray, count: np.ndarray) -> np.ndarray:
    return np.repeat(x, count)


TIED = np.round(stats.gamma.rvs(2.0, size=300, random_state=1), 1)


@pytest.mark.parametrize("name", ["norm", "gamma", "weibull_min", "t"])
def test_a_weight_is_a_number_of_rows_and_their_order_is_nothing(name: str) -> None:
    values, count = np.unique(TIED, return_counts=True)
    rows = fit(TIED, name)
    shuffled = fit(np.random.default_rng(1).permutation(TIED), name)
    weighted = fitted(summarize_values(values, count.astype(np.float64)), name)
    halves = summarize_values(TIED[::2]).merge(summarize_values(TIED[1::2]))
    for other in (shuffled, weighted, fitted(halves, name)):
        assert replace(other, elapsed=0.0) == replace(rows, elapsed=0.0)


@pytest.mark.parametrize("name", ["norm", "gamma", "weibull_min", "genextreme"])
def test_estimates_do_not_depend_on_the_unit(name: str) -> None:
    x = stats.gamma.rvs(2.0, size=300, random_state=1)
    *shapes, loc, scale = fit(x, name).parameters
    expected = (*shapes, 1e6 + 1e3 * loc, 1e3 * scale)
    np.testing.assert_allclose(fit(1e6 + 1e3 * x, name).parameters, expected, rtol=1e-3)


@pytest.mark.parametrize("name", ["norm", "gamma", "weibull_min", "gumbel_r"])
def test_estimates_from_bins_are_those_of_the_rows_to_a_small_part_of_a_standard_error(name: str) -> None:
    x = stats.gamma.rvs(3.0, size=20_000, random_state=2)
    binned = fit(x, name)
    problem = Problem(summarize_values(x), FitSpec((name,)))
    assert not problem.summary.is_exact

    def loss(parameters: np.ndarray) -> float:
        value = log_spacings(x, name, parameters) if parameters[-1] > 0 else math.nan
        return -value if math.isfinite(value) else 1e9

    options = {"xatol": 1e-6, "fatol": 1e-12, "maxiter": 300}
    every_row = optimize.minimize(loss, binned.parameters, method="Nelder-Mead", options=options).x
    assert len(binned.standard_errors) == len(binned.parameters)
    apart = np.abs(np.subtract(binned.parameters, every_row)) / binned.standard_errors
    assert np.nanmax(apart) < 0.05  # an irregular end has no error


def test_counts_in_bins_have_the_estimates_of_grouped_data() -> None:
    """A frequency table: the estimate of the multinomial likelihood, but for a term in the number of bins."""
    edges = np.arange(-3.0, 3.5, 0.5)
    x = stats.norm.rvs(0.3, 0.9, size=30_000, random_state=4)
    inside = np.clip(x, -2.99, 2.99)
    count, _ = np.histogram(inside, edges)
    middles = (edges[1:] + edges[:-1]) / 2
    row = fitted(summarize_values(middles, count.astype(np.float64)), "norm")
    grouped = fit(inside, "norm")
    assert abs(row.parameters[0] - grouped.parameters[0]) < row.standard_errors[0]
    assert row.parameters[1] ** 2 - 0.5**2 / 12 == pytest.approx(grouped.parameters[1] ** 2, rel=0.02)  # Sheppard


def test_rounded_rows_let_no_location_run_into_the_smallest_value() -> None:
    x = np.round(10.0 + stats.weibull_min.rvs(0.6, size=500, random_state=3), 2)
    assert (x == x.min()).sum() > 5
    row = fit(x, "weibull_min")
    assert row.status == "ok"
    assert row.parameters[1] < x.min()
    assert row.parameters[0] == pytest.approx(0.6, abs=0.1)


def test_right_censored_rows_add_the_mass_above_their_bound() -> None:
    x = stats.weibull_min.rvs(1.5, scale=2.0, size=150, random_state=8)
    limit = 2.5
    known = np.sort(x[x <= limit])
    censored = int((x > limit).sum())
    row = fitted(
        summarize_intervals(np.minimum(x, limit), np.where(x > limit, np.inf, np.minimum(x, limit))),
        "weibull_min",
        fixed=AT_ZERO,
    )

    def loss(at: np.ndarray) -> float:
        if at.min() <= 0:
            return 1e9
        frozen = stats.weibull_min(at[0], 0.0, at[1])
        return -(log_spacings(known, "weibull_min", (at[0], 0.0, at[1])) * (len(known) + 1)) - censored * frozen.logsf(
            limit
        )

    best = optimize.minimize(loss, (1.0, 1.0), method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-12}).x
    np.testing.assert_allclose((row.parameters[0], row.parameters[2]), best, rtol=1e-4)


def test_inside_bounds_the_spacings_are_shares_of_the_mass_between_them() -> None:
    x = stats.truncnorm.rvs(-1.0, 2.0, size=150, random_state=8)
    row = fit(x, "norm", lower_bound=-1.0, upper_bound=2.0)

    def loss(at: np.ndarray) -> float:
        if at[1] <= 0:
            return 1e9
        cdf = stats.norm.cdf(np.concatenate([[-1.0], np.sort(x), [2.0]]), *at)
        return -float(np.log(np.diff(cdf) / (cdf[-1] - cdf[0])).mean())

    best = optimize.minimize(loss, (0.0, 1.0), method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-12}).x
    np.testing.assert_allclose(row.parameters, best, rtol=1e-4, atol=1e-4)


def test_rows_with_windows_of_their_own_are_refused_with_the_reason() -> None:
    x = stats.expon.rvs(size=80, random_state=1) + 1.0
    row = fitted(summarize_intervals(x, x, truncation=(np.linspace(0.0, 0.9, 80), np.full(80, np.inf))), "expon")
    assert (row.status, row.method) == ("skipped", "mse")
    assert "windows of their own" in row.reason


def test_the_log_likelihood_is_that_of_the_estimates_and_below_the_greatest() -> None:
    x = stats.gamma.rvs(4.0, size=400, random_state=9)
    row, most = fit(x, "gamma"), fit(x, "gamma", method="mle")
    assert row.loglik == pytest.approx(stats.gamma.logpdf(x, *row.parameters).sum(), abs=0.05)
    assert most.loglik - 2.0 < row.loglik < most.loglik
    assert (row.aic, row.n_parameters) == (pytest.approx(6 - 2 * row.loglik), 3)


def test_standard_errors_are_about_those_of_maximum_likelihood() -> None:
    x = stats.logistic.rvs(2.0, 3.0, size=2_000, random_state=9)
    row, most = fit(x, "logistic"), fit(x, "logistic", method="mle")
    np.testing.assert_allclose(row.standard_errors, most.standard_errors, rtol=0.03)


def test_far_outliers_leave_a_thin_tailed_family_with_an_estimate() -> None:
    x = np.concatenate([stats.norm.rvs(size=300, random_state=1), [1e6]])
    row = fit(x, "norm")
    assert row.status == "ok"
    assert all(map(math.isfinite, row.parameters))


def test_fixed_parameters_are_held() -> None:
    x = stats.gamma.rvs(2.0, 1.0, 3.0, size=200, random_state=2)
    row = fit(x, "gamma", fixed=(("loc", 1.0), ("a", 2.0)))
    assert row.parameters[:2] == (2.0, 1.0)
    assert row.n_parameters == 1
    assert row.parameters[2] == pytest.approx(3.0, rel=0.2)


def test_the_same_question_has_the_same_bits() -> None:
    x = stats.lognorm.rvs(0.7, size=500, random_state=2)
    assert replace(fit(x, "lognorm"), elapsed=0.0) == replace(fit(x, "lognorm"), elapsed=0.0)


def test_names_of_one_family_have_one_estimate_and_their_own_standard_errors() -> None:
    x = stats.gamma.rvs(4.0, size=400, random_state=9)
    gamma, chi2 = fit(x, "gamma"), fit(x, "chi2")
    assert chi2.parameters[0] == pytest.approx(2 * gamma.parameters[0])
    assert chi2.standard_errors[0] == pytest.approx(2 * gamma.standard_errors[0], rel=1e-3)
    assert chi2.method == "mse"
