"""Simulated columns: their distribution, their design, and their seeds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.fitted import Fitted
from warmfit_fitting.resampling.design import CellDesign, GroupDesign, RowDesign, design_of
from warmfit_fitting.resampling.law import Law
from warmfit_fitting.resampling.simulate import Rows, Summaries, simulate
from warmfit_fitting.summary import ColumnSummary, summarize_intervals, summarize_values


def law(name: str = "weibull_min", parameters: tuple[float, ...] = (1.7, 0.0, 3.0), **kw: tuple[float, float]) -> Law:
    return Law(Fitted(CATALOGUE[name], parameters, **kw))


def rows_of(summary: ColumnSummary, size: int = 20, seed: int = 1) -> Rows:
    found = simulate(design_of(summary), law(), seed, range(size))
    assert isinstance(found, Rows)
    return found


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("norm", (50.0, 10.0)),
        ("gamma", (0.3, 0.0, 2.0)),
        ("cauchy", (0.0, 1.0)),
        ("genextreme", (-0.4, 5.0, 2.0)),
        ("beta", (0.4, 0.7, 0.0, 1.0)),
    ],
)
def test_draws_follow_the_law(name: str, parameters: tuple[float, ...]) -> None:
    values = law(name, parameters).draw(np.random.default_rng(4).random(20_000))
    assert stats.kstest(values, getattr(stats, name)(*parameters).cdf).pvalue > 0.01


def test_draws_are_quantiles_to_four_digits_far_into_the_tails() -> None:
    p = np.array([1e-12, 1e-6, 0.01, 0.3, 0.9, 0.999])
    drawn = law("t", (3.0, 1.0, 2.0)).draw(p)
    np.testing.assert_allclose(drawn, stats.t.ppf(p, 3.0, 1.0, 2.0), rtol=2e-4)


def test_draws_of_a_truncated_law_lie_in_its_window() -> None:
    values = law(window=(1.0, 4.0)).draw(np.random.default_rng(0).random(5000))
    inside = stats.weibull_min(1.7, 0.0, 3.0)
    mass = inside.cdf(4.0) - inside.cdf(1.0)
    assert values.min() >= 1.0
    assert values.max() <= 4.0
    assert stats.kstest(values, lambda x: (inside.cdf(x) - inside.cdf(1.0)) / mass).pvalue > 0.01


def test_a_column_depends_on_seed_and_number_only(rng: np.random.Generator) -> None:
    x = rng.weibull(1.5, 100)
    summary = summarize_values(np.minimum(x, 1.0), censoring=(x > 1.0).astype(float))
    design = design_of(summary)
    everyone, some = simulate(design, law(), 7, range(30)), simulate(design, law(), 7, range(11, 13))
    assert isinstance(everyone, Rows)
    assert isinstance(some, Rows)
    assert np.array_equal(everyone.values[11:13], some.values)
    assert not np.array_equal(everyone.values[0], everyone.values[1])
    other = simulate(design, law(), 8, range(1))
    assert isinstance(other, Rows)
    assert not np.array_equal(everyone.values[0], other.values[0])


def test_frequencies_that_are_whole_numbers_are_rows(rng: np.random.Generator) -> None:
    summary = summarize_values(rng.normal(size=100), rng.integers(1, 5, 100).astype(float))
    design = design_of(summary)
    assert isinstance(design, RowDesign)
    assert (design.n, design.weight) == (summary.weight, None)


@pytest.mark.parametrize("analytic", [False, True])
def test_rows_with_other_weights_keep_them(analytic: bool, rng: np.random.Generator) -> None:
    weight = rng.uniform(0.5, 2.0, 100)
    summary = summarize_values(rng.normal(size=100), weight, analytic=analytic)
    drawn = rows_of(summary).summary(3)
    assert drawn.weight == pytest.approx(weight.sum())
    assert (drawn.n, drawn.analytic) == (100, analytic)
    np.testing.assert_allclose(np.sort(drawn.observed.atom_count), np.sort(weight))


def test_rows_censored_at_one_time_are_censored_there_again(rng: np.random.Generator) -> None:
    x = rng.weibull(1.7, 400) * 3.0
    drawn = rows_of(summarize_values(np.minimum(x, 3.0), censoring=(x > 3.0).astype(float)), 100)
    assert drawn.censored is not None
    assert (drawn.values[drawn.censored == 1] == 3.0).all()
    assert (drawn.values[drawn.censored == 0] <= 3.0).all()
    expected = stats.weibull_min.sf(3.0, 1.7, 0.0, 3.0)
    assert (drawn.censored == 1).mean() == pytest.approx(expected, abs=4 * math.sqrt(0.25 / 40_000))


def test_bounds_that_were_never_seen_come_from_the_estimated_censoring_distribution(rng: np.random.Generator) -> None:
    x, bound = rng.weibull(1.7, 4000) * 3.0, rng.uniform(0.5, 6.0, 4000)
    summary = summarize_values(np.minimum(x, bound), censoring=(x > bound).astype(float))
    design = design_of(summary)
    assert isinstance(design, RowDesign)
    assert design.right is not None
    drawn = design.right.draw(np.random.default_rng(2))
    known = ~np.isnan(design.right.known)
    assert np.array_equal(drawn[known], design.right.known[known])
    assert (drawn[~known] > design.right.after[~known]).all()
    finite = np.minimum(drawn, 6.0)
    assert stats.kstest(finite, stats.uniform(0.5, 5.5).cdf).statistic < 0.08
    again = rows_of(summary, 5)
    assert again.censored is not None
    assert (again.censored == 1).mean() == pytest.approx((x > bound).mean(), abs=0.03)


def test_rows_below_a_detection_limit_are_below_it_again(rng: np.random.Generator) -> None:
    x = rng.weibull(1.7, 300) * 3.0
    drawn = rows_of(summarize_values(np.maximum(x, 1.0), censoring=-(x <= 1.0).astype(float)))
    assert drawn.censored is not None
    assert (drawn.values[drawn.censored == -1] == 1.0).all()
    assert (drawn.values[drawn.censored == 0] > 1.0).all()


def test_rows_with_windows_of_their_own_are_drawn_inside_them(rng: np.random.Generator) -> None:
    x, entry = rng.weibull(1.7, 500) * 3.0, rng.uniform(0.0, 3.0, 500)
    seen = x > entry
    summary = summarize_values(x[seen], truncation=(entry[seen], None))
    drawn = rows_of(summary, 30)
    design = drawn.design
    assert design.entry is not None
    np.testing.assert_allclose(np.sort(design.entry), np.sort(entry[seen]))
    assert (drawn.values > design.entry).all()
    below = stats.weibull_min.cdf(design.entry, 1.7, 0.0, 3.0)
    share = (stats.weibull_min.cdf(drawn.values, 1.7, 0.0, 3.0) - below) / (1 - below)
    assert stats.kstest(share.ravel(), "uniform").pvalue > 0.01
    assert drawn.summary(0).incomplete is not None


def test_rows_that_entered_late_are_censored_beyond_their_entry(rng: np.random.Generator) -> None:
    x, entry, bound = 3.0 * rng.weibull(1.7, 3000), rng.uniform(0.0, 2.0, 3000), rng.uniform(1.0, 8.0, 3000)
    seen = np.minimum(x, bound) > entry
    x, entry, bound = x[seen], entry[seen], bound[seen]
    summary = summarize_values(np.minimum(x, bound), censoring=(x > bound).astype(float), truncation=(entry, None))
    drawn = rows_of(summary, 10)
    assert drawn.censored is not None
    assert drawn.design.entry is not None
    assert (drawn.values > drawn.design.entry).all()
    assert (drawn.censored == 1).mean() == pytest.approx((x > bound).mean(), abs=0.03)
    at = drawn.values[drawn.censored == 1]
    assert stats.ks_2samp(at, bound[x > bound]).statistic < 0.06


def test_a_table_is_simulated_as_counts_over_its_cells_and_beyond() -> None:
    lower, upper, count = (
        np.array([-np.inf, 1.0, 2.0, 4.0]),
        np.array([1.0, 2.0, 4.0, np.inf]),
        np.array([9.0, 30, 50, 11]),
    )
    design = design_of(summarize_intervals(lower, upper, count))
    assert isinstance(design, GroupDesign)
    assert design.edges.tolist() == [1.0, 2.0, 4.0]
    drawn = simulate(design, law(), 3, range(400))
    assert {drawn.summary(i).weight for i in range(5)} == {100.0}
    above = [s.incomplete.censored.above.atom_count.sum() for s in map(drawn.summary, range(400)) if s.incomplete]
    assert np.mean(above) == pytest.approx(100 * stats.weibull_min.sf(4.0, 1.7, 0.0, 3.0), abs=1.0)


def test_a_binned_column_is_simulated_as_counts_over_cells_that_cover_the_support(rng: np.random.Generator) -> None:
    summary = summarize_values(3.0 * rng.weibull(1.7, 100_000))
    design = design_of(summary)
    assert isinstance(design, CellDesign)
    assert (design.n, design.grid) == (100_000, summary.grid)
    drawn = simulate(design, law(), 5, range(200))
    assert isinstance(drawn, Summaries)
    one = drawn.summary(0)
    assert (one.n, one.weight, one.grid) == (100_000, 100_000.0, summary.grid)
    truth = stats.weibull_min(1.7, 0.0, 3.0)
    means, stds = np.array([(s.mean, math.sqrt(s.variance)) for s in map(drawn.summary, range(200))]).T
    assert means.mean() == pytest.approx(truth.mean(), abs=5 * truth.std() / math.sqrt(200 * 100_000))
    assert means.std() == pytest.approx(truth.std() / math.sqrt(100_000), rel=0.2)
    assert stds.mean() == pytest.approx(truth.std(), rel=1e-3)
    highest = np.array([drawn.summary(i).maximum for i in range(200)])
    assert stats.kstest(truth.cdf(highest) ** 100_000, "uniform").pvalue > 0.01


def test_more_rows_of_few_values_than_are_drawn_one_by_one_are_cells(rng: np.random.Generator) -> None:
    summary = summarize_values(np.round(rng.normal(size=60_000), 2))
    assert summary.is_exact
    assert isinstance(design_of(summary), CellDesign)


def _overlapping(rng: np.random.Generator) -> ColumnSummary:
    start = rng.uniform(0.0, 3.0, 50)
    return summarize_intervals(start, start + 1.0)


def _tied_weights(rng: np.random.Generator) -> ColumnSummary:
    return summarize_values(np.repeat(rng.normal(size=20), 2), rng.uniform(0.5, 2.0, 40))


def _censored_in_windows(rng: np.random.Generator) -> ColumnSummary:
    x = 1.0 + rng.weibull(1.5, 60)
    leave = np.where(x > 2.0, np.inf, 9.0)
    return summarize_values(np.minimum(x, 2.0), censoring=(x > 2.0).astype(float), truncation=(0.5, leave))


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        (_overlapping, "intervals that overlap"),
        (_tied_weights, "weights of single rows are not kept"),
        (_censored_in_windows, "which bound goes with which window is not kept"),
    ],
)
def test_a_column_that_could_have_come_about_in_several_ways_is_refused_with_the_reason(
    column: object, reason: str, rng: np.random.Generator
) -> None:
    with pytest.raises(InvalidInput, match=reason):
        design_of(column(rng))  # type: ignore[operator]
