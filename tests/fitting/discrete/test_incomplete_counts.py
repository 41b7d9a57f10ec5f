"""Censored, truncated and weighted counts against optima of likelihoods written out row by row, and published ones."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import optimize, stats
from tests.fitting.discrete.rows import CountRows, law_of, maximum
from tests.fitting.discrete.table import SHAPES, draws

from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.families.discrete.catalogue import DISCRETE
from warmfit_fitting.families.every import EVERY
from warmfit_fitting.fitted import fitted
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary, summarize_intervals, summarize_values

EVERYTHING = "known right left interval"
DESIGNS: dict[str, dict[str, Any]] = {
    "censored on the right": {"kinds": "known right"},
    "censored on the left": {"kinds": "known left"},
    "between two counts": {"kinds": "known interval"},
    "nothing but intervals": {"kinds": "interval"},
    "entering late": {"kinds": "known", "windows": "below"},
    "in windows of their own": {"kinds": "known", "windows": "below above"},
    "weighted": {"kinds": "known right", "weighted": True},
    "everything at once": {"kinds": EVERYTHING, "windows": "below above", "weighted": True},
}
REAL = ["poisson", "nbinom", "geom", "planck", "dlaplace", "logser", "zipf", "yulesimon", "skellam", "zi_poisson",
        "zi_nbinom", "zt_poisson", "zt_nbinom"]  # fmt: skip
WHOLE = {"binom": (12, 0.4), "betabinom": (12, 2.0, 3.0), "zi_binom": (12, 0.4, 0.2), "zt_binom": (12, 0.2),
         "boltzmann": (0.15, 14), "betanbinom": (3, 5.5, 4.0)}  # fmt: skip


def fit(summary: ColumnSummary, name: str, **spec: Any) -> FitRow:
    row = fit_family(prepare(summary, FitSpec((name,), **spec)), EVERY[name])
    assert row.status == "ok", row.reason
    return row


def check_maximum(rows: CountRows, row: FitRow, window: tuple[float, float] = (-np.inf, np.inf)) -> None:
    """The row's free real shapes are where the likelihood of the rows has its maximum, to 1e-6 of size or standard error."""
    shapes, errors = np.array(row.parameters[:-1]), np.array(row.standard_errors[:-1])
    assert row.loglik == pytest.approx(rows.loglik(law_of(row.distribution, shapes), window), rel=1e-9)
    free = np.flatnonzero(errors > 0)

    def loglik(values: np.ndarray) -> float:
        at = shapes.copy()
        at[free] = values
        return rows.loglik(law_of(row.distribution, at), window)

    theirs = maximum(loglik, shapes[free], errors[free])
    np.testing.assert_array_less(np.abs(theirs - shapes[free]), 1e-6 * np.maximum(np.abs(theirs), errors[free]))


HARDLY_KNOWN = [
    ("zi_nbinom", "nothing but intervals"),
    ("zt_nbinom", "nothing but intervals"),
]  # a ridge, from 400 rows
CASES = [(name, design) for name in REAL for design in DESIGNS if (name, design) not in HARDLY_KNOWN]


@pytest.mark.parametrize(("name", "design"), CASES)
def test_estimates_are_those_of_the_likelihood_of_every_row(name: str, design: str) -> None:
    rows = CountRows.of(draws(name, SHAPES[name][0], 400, seed=3), 1, **DESIGNS[design])
    row = fit(rows.summary(), name)
    assert row.ending == "converged"
    assert row.n_parameters == len(SHAPES[name][0])
    assert row.bic == pytest.approx(row.n_parameters * math.log(rows.weight.sum()) - 2 * row.loglik)
    check_maximum(rows, row)


@pytest.mark.parametrize("design", ["censored on the right", "everything at once"])
@pytest.mark.parametrize("name", WHOLE)
def test_whole_shapes_are_the_best_of_their_neighbours_maximized_too(name: str, design: str) -> None:
    rows = CountRows.of(draws(name, WHOLE[name], 500, seed=6), 2, **DESIGNS[design])
    summary = rows.summary()
    row, family = fit(summary, name), DISCRETE[name]
    if row.standard_errors:
        check_maximum(rows, row)
    (whole,) = family.whole
    for step in (-2, -1, 1, 2):
        value = row.parameters[whole] + step
        problem = prepare(summary, FitSpec((name,), fixed=((family.shapes[whole].name, value),)))
        beside = fit_family(problem, family)
        assert beside.status != "ok" or beside.loglik <= row.loglik + 1e-6


@pytest.mark.parametrize("name", ["hypergeom", "nhypergeom", "nchypergeom_fisher", "nchypergeom_wallenius"])
def test_urns_are_fitted_to_incomplete_rows(name: str) -> None:
    shapes = SHAPES[name][0]
    rows = CountRows.of(draws(name, shapes, 300, seed=4), 5, **DESIGNS["everything at once"])
    row = fit(rows.summary(), name)
    assert row.loglik == pytest.approx(rows.loglik(law_of(name, row.parameters[:-1])), rel=1e-8)
    assert row.loglik >= rows.loglik(law_of(name, shapes)) - 1.5


@pytest.mark.parametrize("name", ["poisson", "nbinom", "skellam", "zi_poisson", "betabinom", "logser"])
def test_bounds_hold_for_all_rows_beside_windows_of_their_own(name: str) -> None:
    shapes = SHAPES[name][0]
    x = draws(name, shapes, 2_000, seed=7)
    low, high = float(np.quantile(x, 0.05)), float(np.quantile(x, 0.9))
    low, high = math.floor(low), math.ceil(high)
    rows = CountRows.of(x[(x >= low) & (x <= high)], 3, EVERYTHING, "below above", weighted=True)
    row = fit(rows.summary(), name, lower_bound=low, upper_bound=high)
    check_maximum(rows, row, (low, high))


@pytest.mark.parametrize("name", ["poisson", "binom", "nbinom"])
def test_a_law_truncated_at_zero_by_a_bound_is_the_zero_truncated_family(name: str) -> None:
    shapes = SHAPES[f"zt_{name}"][0]
    x = draws(f"zt_{name}", shapes, 500, seed=1)
    family = fit(summarize_values(x), f"zt_{name}")
    by_bound = fit(summarize_values(x), name, lower_bound=1.0)
    by_rows = fit(summarize_values(x, truncation=(0.5, None)), name)
    for row in (by_bound, by_rows):
        assert row.parameters == pytest.approx(family.parameters, rel=1e-9)
        assert (row.loglik, row.bic) == pytest.approx((family.loglik, family.bic), rel=1e-12)
        assert row.standard_errors == pytest.approx(family.standard_errors, rel=1e-4, nan_ok=True)
        assert (row.ks_statistic, row.sse) == pytest.approx((family.ks_statistic, family.sse), rel=1e-6)
        assert (row.ad_statistic, row.cvm_statistic) == pytest.approx(
            (family.ad_statistic, family.cvm_statistic), rel=1e-6
        )
    k = np.arange(12.0)
    np.testing.assert_allclose(
        fitted(name, by_bound.parameters, (1.0, math.inf)).pmf(k),
        fitted(f"zt_{name}", family.parameters).pmf(k),
        rtol=1e-8,
    )


def test_a_row_censored_on_the_right_is_a_count_of_at_least_its_bound_and_on_the_left_of_at_most() -> None:
    """Of a Poisson the shares of 0, 1 and "2 or more" have the maximum where the derivative of their likelihood is none."""
    counts = np.array([30.0, 40.0, 25.0])
    by_code = summarize_values(np.array([0.0, 1.0, 2.0]), counts, censoring=[0, 0, 1])
    by_ends = summarize_intervals(np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, np.inf]), counts)
    in_words = summarize_intervals(np.array([-np.inf, 1.0, 2.0]), np.array([0.0, 1.0, 1e6]), counts)
    best = optimize.brentq(lambda m: -70 + 40 / m + 25 * stats.poisson.pmf(1, m) / stats.poisson.sf(1, m), 0.1, 5)
    for summary in (by_code, by_ends, in_words):
        assert fit(summary, "poisson").parameters[0] == pytest.approx(best, rel=1e-9)
    left = fit(summarize_values(np.array([1.0, 2.0]), np.array([70.0, 25.0]), censoring=[-1, 1]), "poisson")
    assert stats.poisson.cdf(1, left.parameters[0]) == pytest.approx(70 / 95, rel=1e-9)


def test_a_published_table_of_counts_above_zero_is_met() -> None:
    """A sum of 160 over 50 counts from 1 on: Parzakonis, "The truncated Poisson" (R-bloggers, 2010): λ = 3.048175."""
    x = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    w = np.array([8.0, 10.0, 12.0, 9.0, 6.0, 5.0])
    assert (w.sum(), w @ x) == (50, 160)
    row = fit(summarize_values(x, w), "poisson", lower_bound=1.0)
    assert row.parameters[0] == pytest.approx(3.048175, abs=1e-6)
    constant = -float(w @ np.array([math.lgamma(k + 1) for k in x]))
    assert row.loglik - constant == pytest.approx(28.34853, abs=1e-5)


def test_ones_and_more_than_ones_alone_tell_the_mean_of_counts_above_zero() -> None:
    """20 % ones, truncated at 1 and censored at 2: λ/(e^λ − 1) = 0.2 (Cross Validated, question 168102)."""
    summary = summarize_values(np.array([1.0, 2.0]), np.array([20.0, 80.0]), censoring=[0, 1], truncation=(1, None))
    mean = fit(summary, "poisson").parameters[0]
    assert mean / math.expm1(mean) == pytest.approx(0.2, rel=1e-9)


@pytest.mark.parametrize("name", ["poisson", "nbinom", "binom", "logser", "hypergeom"])
def test_frequency_weights_are_repeated_rows_and_analytic_ones_count_the_rows(name: str) -> None:
    rows = CountRows.of(draws(name, SHAPES[name][0], 150, seed=9), 4, EVERYTHING, "below", weighted=True)
    times = rows.weight.astype(int)
    parts = (rows.first, rows.last, rows.entry, rows.leave)
    again = CountRows(*(np.repeat(part, times) for part in parts), np.ones(times.sum()))
    a, b = fit(rows.summary(), name), fit(again.summary(), name)
    assert a.parameters == b.parameters
    assert (a.loglik, a.aic, a.aicc, a.bic) == (b.loglik, b.aic, b.aicc, b.bic)
    lower, upper, entry, leave = parts
    windows = (entry, leave)
    for unit in (1.0, 1e-3):
        analytic = fit(summarize_intervals(lower, upper, unit * rows.weight, truncation=windows, analytic=True), name)
        assert analytic.parameters == pytest.approx(a.parameters, rel=1e-6)
        assert analytic.loglik == pytest.approx(a.loglik * len(times) / times.sum(), rel=1e-9)
        assert analytic.bic == pytest.approx(a.n_parameters * math.log(len(times)) - 2 * analytic.loglik)


def test_neither_order_nor_split_of_the_rows_changes_an_estimate() -> None:
    rows = CountRows.of(draws("nbinom", (2.5, 0.3), 300, seed=2), 1, **DESIGNS["everything at once"])
    order = np.random.default_rng(0).permutation(len(rows.first))
    whole, shuffled = rows.summary(), rows.summary(order)
    merged = rows.summary(order[:100]).merge(rows.summary(order[100:]))
    first, second, third = (fit(summary, "nbinom") for summary in (whole, shuffled, merged))
    assert first.parameters == second.parameters
    assert third.parameters == pytest.approx(first.parameters, rel=1e-9)
    assert third.loglik == pytest.approx(first.loglik, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "fixed", "k"),
    [
        ("binom", {"n": 10.0}, 1), ("binom", {"p": 0.3}, 1), ("binom", {"n": 10.0, "p": 0.3}, 0),
        ("betabinom", {"n": 14.0, "a": 2.0}, 1), ("zi_poisson", {"pi": 0.3}, 1), ("nbinom", {"n": 2.5, "loc": 0.0}, 1),
        ("hypergeom", {"M": 40.0, "N": 14.0}, 1), ("poisson", {"mu": 3.0, "loc": -2.0}, 0),
    ],
)  # fmt: skip
def test_what_is_held_is_held_beside_everything_else(name: str, fixed: dict[str, float], k: int) -> None:
    rows = CountRows.of(draws("binom", (10, 0.3), 300, seed=8), 6, **DESIGNS["everything at once"])
    row = fit(rows.summary(), name, fixed=tuple(fixed.items()), lower_bound=-1.0)
    names = DISCRETE[name].parameters
    assert {key: dict(zip(names, row.parameters, strict=True))[key] for key in fixed} == fixed
    assert row.n_parameters == k
    assert (row.aic, row.bic) == pytest.approx(
        (2 * k - 2 * row.loglik, k * math.log(rows.weight.sum()) - 2 * row.loglik), rel=1e-12
    )
    if row.standard_errors:  # there are none of whole numbers alone
        errors = dict(zip(names, row.standard_errors, strict=True))
        assert all(errors[key] == 0 for key in fixed)


def test_a_location_moves_bounds_and_windows_with_it() -> None:
    rows = CountRows.of(draws("nbinom", (2.5, 0.3), 300, seed=2), 1, **DESIGNS["everything at once"])
    moved = CountRows(rows.first - 40, rows.last - 40, rows.entry - 40, rows.leave - 40, rows.weight)
    a = fit(rows.summary(), "nbinom", lower_bound=0.0, upper_bound=90.0)
    b = fit(moved.summary(), "nbinom", fixed=(("loc", -40.0),), lower_bound=-40.0, upper_bound=50.0)
    assert b.parameters == pytest.approx((*a.parameters[:2], -40.0), rel=1e-9)
    assert b.loglik == pytest.approx(a.loglik, rel=1e-12)


@pytest.mark.parametrize("given", [(0.5, 7.0), (1.0, 7.9), (0.01, 7.5)])
def test_bounds_between_integers_let_in_the_integers_within(given: tuple[float, float]) -> None:
    x = draws("poisson", (3.0,), 500, seed=1)
    x = x[(x >= 1) & (x <= 7)]
    whole = fit(summarize_values(x), "poisson", lower_bound=1.0, upper_bound=7.0)
    by_spec = fit(summarize_values(x), "poisson", lower_bound=given[0], upper_bound=given[1])
    by_rows = fit(summarize_values(x, truncation=given), "poisson")
    assert by_spec.parameters == by_rows.parameters == whole.parameters
    np.testing.assert_array_equal(
        fitted("poisson", (3.0, 0.0), given).pmf(np.arange(10.0)),
        fitted("poisson", (3.0, 0.0), (1, 7)).pmf(np.arange(10.0)),
    )


@pytest.mark.parametrize(
    ("name", "shapes"),
    [("poisson", (4e6,)), ("nbinom", (2.0, 1e-4)), ("geom", (1e-4,)), ("dlaplace", (1e-4,)),
     ("zi_nbinom", (2.0, 1e-4, 0.3))],
)  # fmt: skip
def test_estimates_from_bins_are_those_from_all_rows(name: str, shapes: tuple[float, ...]) -> None:
    rng = np.random.default_rng(3)
    x = draws(name, shapes, 15_000, seed=7)
    entry = np.where(rng.random(len(x)) < 0.5, rng.choice(x, len(x)) - np.round(np.std(np.minimum(x, 1e9))), -np.inf)
    kept = x >= entry
    x, entry = x[kept], entry[kept]
    bound = np.maximum(rng.choice(x, len(x)), np.where(np.isfinite(entry), entry, -np.inf))
    censored = bound <= x
    first = np.where(censored, bound, x)
    summary = summarize_values(first, censoring=censored, truncation=(entry, None))
    assert not summary.is_exact
    row = fit(summary, name)
    rows = CountRows(first, np.where(censored, np.inf, x), entry, np.full(len(x), np.inf), np.ones(len(x)))
    values, errors = np.array(row.parameters[:-1]), np.array(row.standard_errors[:-1])
    assert row.loglik == pytest.approx(rows.loglik(law_of(name, values)), abs=0.3 if name == "dlaplace" else 0.1)
    theirs = maximum(lambda p: rows.loglik(law_of(name, p)), values, errors)
    np.testing.assert_array_less(np.abs(theirs - values), 0.02 * errors)


@pytest.mark.parametrize(
    ("name", "shapes", "least", "reach"),
    [
        ("nbinom", (2.0, 1e-3), 0, 900),
        ("poisson", (4000.0,), 0, 300),  # the grid's cells are a few counts wide
        ("geom", (1e-3,), 1, 900),  # the windows through which they were seen
    ],
)
def test_more_intervals_than_are_kept_cost_a_hundredth_of_a_standard_error_at_most(
    name: str, shapes: tuple[float, ...], least: int, reach: int
) -> None:
    x = draws(name, shapes, 12_000, seed=5)
    rng = np.random.default_rng(1)
    first, last = x - rng.integers(least, reach, len(x)), x + 1 + rng.integers(0, reach, len(x))
    first, none = np.maximum(first, 0), np.full(len(x), np.inf)
    ends = (first, last, -none, none) if not least else (x, x, first, last)
    rows = CountRows(*ends, np.ones(len(x)))
    summary = rows.summary()
    assert summary.incomplete is not None
    kept = summary.incomplete.truncated if least else summary.incomplete.censored
    assert len(kept.between) < len(np.unique(np.stack([first, last]), axis=1).T)
    row = fit(summary, name)
    values, errors = np.array(row.parameters[:-1]), np.array(row.standard_errors[:-1])
    theirs = maximum(lambda p: rows.loglik(law_of(name, p)), values, errors)
    np.testing.assert_array_less(np.abs(theirs - values), 0.01 * errors)


def test_distances_of_rows_that_are_not_all_known_are_unknown_and_say_why() -> None:
    row = fit(summarize_values(np.array([0.0, 1.0, 2.0, 5.0]), censoring=[0, 0, 0, 1]), "poisson")
    assert all(math.isnan(v) for v in (row.ks_statistic, row.ad_statistic, row.cvm_statistic, row.sse))
    assert row.reason.startswith("KS, AD, CvM and SSE of counts are not known")


def test_values_outside_the_bounds_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"values from 0\.0 to 5\.0 lie outside the bounds \[1\.0, inf\]"):
        prepare(summarize_values(np.array([0.0, 2.0, 5.0])), FitSpec(("poisson",), lower_bound=1.0))
    with pytest.raises(InvalidInput, match="lie outside their truncation window"):
        summarize_values(np.array([0.0, 2.0, 5.0]), truncation=(1.0, None))


def test_a_censoring_bound_that_is_no_whole_number_is_refused_and_shown() -> None:
    summary = summarize_values(np.array([0.0, 2.0, 3.0, 4.5]), censoring=[0, 0, 0, 1])
    with pytest.raises(InvalidInput, match=r"4\.5 is not a whole number"):
        prepare(summary, FitSpec(("poisson",)))
    inside = summarize_values(np.array([0.0, 2.5, 3.0, 4.0]), censoring=[0, 1, 0, 0])
    with pytest.raises(InvalidInput, match=r"2\.5 is not a whole number"):
        prepare(inside, FitSpec(("poisson",)))


def test_rows_that_are_all_censored_on_one_side_are_refused() -> None:
    with pytest.raises(InvalidInput, match="every row is censored on the right"):
        prepare(summarize_values(np.array([1.0, 2.0]), censoring=[1, 1]), FitSpec(("poisson",)))


def test_deep_tails_are_conditioned_on_without_loss() -> None:
    """Above 5000 a Poisson of mean 2500 has a mass that no double holds; the counts there fall by about a half each."""
    rng = np.random.default_rng(2)
    x = 5_000.0 + rng.geometric(0.5, 2_000) - 1
    row = fit(summarize_values(x), "poisson", lower_bound=5_000.0)
    k = np.arange(5_000.0, 5_400.0)
    law = stats.poisson(row.parameters[0])
    terms = np.exp(law.logpmf(k) - law.logpmf(5_000))
    assert row.loglik == pytest.approx(
        law.logpmf(x).sum() - len(x) * (law.logpmf(5_000) + math.log(terms.sum())), rel=1e-9
    )
    assert (k * terms).sum() / terms.sum() == pytest.approx(x.mean(), rel=1e-9)  # the likelihood equation
    assert fitted("poisson", row.parameters, (5_000, math.inf)).mean() == pytest.approx(x.mean(), rel=1e-9)
