from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warmfit_fitting.errors import InvalidInput, SerializationError
from warmfit_fitting.summary import ColumnSummary, Moments, summarize_intervals, summarize_values
from warmfit_fitting.summary.incomplete import Parts
from warmfit_fitting.summary.intervals import MAX_PAIRS, Pairs
from warmfit_fitting.summary.rows import parts_of_rows
from warmfit_fitting.summary.survey import Survey

NUMBERS = st.floats(-1e9, 1e9)


@st.composite
def rows(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Lower and upper ends, weights and windows of a few rows of every kind."""
    lower, upper, entry, leave = [], [], [], []
    for _ in range(draw(st.integers(1, 25))):
        a, b = sorted((draw(NUMBERS), draw(NUMBERS)))
        kind = draw(st.sampled_from(["value", "above", "below", "between" if a < b else "value"]))
        lower.append(-np.inf if kind == "below" else a)
        upper.append(np.inf if kind == "above" else a if kind == "value" else b)
        entry.append(draw(st.sampled_from([-np.inf, a - 1.0])))
        leave.append(draw(st.sampled_from([np.inf, b + 1.0])))
    weights = draw(st.lists(st.sampled_from([0.5, 1.0, 2.0, 3.0]), min_size=len(lower), max_size=len(lower)))
    return np.array(lower), np.array(upper), np.array(weights), (np.array(entry), np.array(leave))


def but_for_rounding(summary: ColumnSummary) -> ColumnSummary:
    """The summary without the sums of powers, which merging rounds."""
    return replace(summary, moments=Moments(summary.weight))


def censored(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, whether each is censored on the right, and a time of entry before it."""
    life, end = rng.weibull(1.5, n) * 10, rng.exponential(15, n)
    time = np.minimum(life, end)
    return time, life > end, time * rng.uniform(0, 0.5, n)


@given(rows(), st.booleans())
@settings(max_examples=100, deadline=None)
def test_the_encoding_of_any_rows_round_trips(given_rows: tuple, analytic: bool) -> None:
    lower, upper, weights, windows = given_rows
    summary = summarize_intervals(lower, upper, weights, 3, truncation=windows, analytic=analytic)
    assert ColumnSummary.from_bytes(summary.to_bytes()) == summary
    assert summary.weight == pytest.approx(weights.sum())
    assert (summary.n, summary.n_missing) == (len(lower), 3)


@given(rows(), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_any_rows_summarize_the_same_in_any_order_and_split(given_rows: tuple, random: object) -> None:
    lower, upper, weights, (entry, leave) = given_rows
    whole = summarize_intervals(lower, upper, weights, truncation=(entry, leave))
    order = list(range(len(lower)))
    random.shuffle(order)  # type: ignore[attr-defined]
    halves = [part for part in (order[: len(order) // 2], order[len(order) // 2 :]) if part]

    def some(at: list[int]) -> ColumnSummary:
        return summarize_intervals(lower[at], upper[at], weights[at], truncation=(entry[at], leave[at]))

    assert some(order) == whole
    merged = some(halves[0]) if len(halves) == 1 else some(halves[0]).merge(some(halves[1]))
    assert but_for_rounding(merged) == but_for_rounding(whole)
    assert merged == (some(halves[0]) if len(halves) == 1 else some(halves[1]).merge(some(halves[0])))


def test_parts_counted_on_one_plan_merge_to_the_whole(rng: np.random.Generator) -> None:
    time, is_censored, entry = censored(rng, 50_000)
    whole = summarize_values(time, censoring=is_censored, truncation=(entry, None))

    def part(at: slice) -> ColumnSummary:
        upper = np.where(is_censored[at], np.inf, time[at])
        found = parts_of_rows(time[at], upper, None, (entry[at], None))
        return ColumnSummary.from_parts(Survey.of(found.parts.places(), found.n), found.parts, whole.plan())

    merged = part(slice(0, 20_000)).merge(part(slice(20_000, None)))
    assert merged.grid == whole.grid
    assert merged.extent == whole.extent
    for mine, theirs in zip(Parts.exact(merged.observed, merged.incomplete).rays(), rays_of(whole), strict=True):
        np.testing.assert_array_equal(mine.values, theirs.values)
    assert merged.incomplete is not None
    assert whole.incomplete is not None
    for mine, theirs in (
        (merged.observed, whole.observed),
        (merged.incomplete.censored.above, whole.incomplete.censored.above),
        (merged.incomplete.truncated.above, whole.incomplete.truncated.above),
    ):
        np.testing.assert_array_equal(mine.edges, theirs.edges)
        np.testing.assert_array_equal(mine.count, theirs.count)
        np.testing.assert_allclose(mine.mean, theirs.mean, rtol=1e-12)


def rays_of(summary: ColumnSummary) -> tuple:
    return Parts.exact(summary.observed, summary.incomplete).rays()


def test_an_exact_part_joins_a_binned_one(rng: np.random.Generator) -> None:
    time, is_censored, entry = censored(rng, 20_000)
    many = summarize_values(time, censoring=is_censored, truncation=(entry, None))
    few = summarize_values(time[:100], censoring=is_censored[:100])
    merged = many.merge(few)
    assert merged.grid == many.grid
    assert merged.n == 20_100
    assert merged.incomplete is not None
    assert merged.incomplete.censored.weight == is_censored.sum() + is_censored[:100].sum()
    assert merged.incomplete.truncated.weight == 20_000
    assert few.merge(many) == merged
    assert ColumnSummary.from_bytes(merged.to_bytes()) == merged


def test_a_column_without_incomplete_rows_is_the_plain_summary(rng: np.random.Generator) -> None:
    for x in (rng.normal(size=500), rng.normal(size=20_000)):
        plain = summarize_values(x)
        assert summarize_values(x, censoring=np.zeros(len(x)), truncation=(None, np.inf)) == plain
        assert plain.to_bytes()[4:6] == b"\x01\x00"  # as it has been since version 1


def test_frequency_weights_equal_repeated_rows(rng: np.random.Generator) -> None:
    time, is_censored, entry = censored(rng, 400)
    times = rng.integers(1, 5, 400)
    weighted = summarize_values(time, times.astype(float), censoring=is_censored, truncation=(entry, None))
    again = [np.repeat(part, times) for part in (time, is_censored, entry)]
    repeated = summarize_values(again[0], censoring=again[1], truncation=(again[2], None))
    assert but_for_rounding(replace(weighted, n=repeated.n)) == but_for_rounding(repeated)


def test_analytic_weights_count_the_rows(rng: np.random.Generator) -> None:
    x, w = rng.normal(size=50), rng.uniform(0, 9, 50)
    assert summarize_values(x, w).size == pytest.approx(w.sum())
    summary = summarize_values(x, w, analytic=True)
    assert summary.size == 50
    assert ColumnSummary.from_bytes(summary.to_bytes()) == summary
    assert summarize_values(x[:20], w[:20], analytic=True).merge(
        summarize_values(x[20:], w[20:], analytic=True)
    ).weight == pytest.approx(summary.weight)
    with pytest.raises(InvalidInput, match="do not merge"):
        summary.merge(summarize_values(x, w))


def test_a_support_must_hold_what_rows_demand() -> None:
    # a value of 5, one above 7, one at or below 2, one in (3, 9]
    summary = summarize_intervals(np.array([5.0, 7.0, -np.inf, 3.0]), np.array([5.0, np.inf, 2.0, 9.0]))
    assert summary.extent == (2.0, 7.0)
    assert (summary.minimum, summary.maximum) == (2.0, 9.0)


def test_a_censored_row_is_cut_to_its_window() -> None:
    summary = summarize_values(np.array([5.0, 6.0]), censoring=[0, 1], truncation=(None, 10.0))
    assert summary.incomplete is not None
    between = summary.incomplete.censored.between
    assert (between.lower.tolist(), between.upper.tolist()) == ([6.0], [10.0])


def test_more_pairs_than_are_kept_share_cells_and_keep_their_means(rng: np.random.Generator) -> None:
    start = rng.gamma(2.0, 5.0, 30_000)
    end = start + rng.gamma(2.0, 1.0, 30_000)
    summary = summarize_intervals(start, end)
    assert summary.incomplete is not None
    between = summary.incomplete.censored.between
    assert MAX_PAIRS / 20 < len(between) <= MAX_PAIRS
    assert between.count.sum() == 30_000
    assert between.count @ between.lower == pytest.approx(start.sum(), rel=1e-12)
    assert between.count @ between.upper == pytest.approx(end.sum(), rel=1e-12)
    assert np.all(between.lower < between.upper)


def test_the_bytes_of_a_summary_are_those_of_all_its_arrays(rng: np.random.Generator) -> None:
    time, is_censored, entry = censored(rng, 20_000)
    plain, rays = summarize_values(time), summarize_values(time, censoring=is_censored, truncation=(entry, None))
    pairs = summarize_intervals(entry, time, truncation=(entry - 1.0, time + 1.0))
    for summary in (plain, rays, pairs):
        assert abs(summary.nbytes - len(summary.to_bytes())) < 1_000
    assert plain.nbytes < rays.nbytes < pairs.nbytes


def test_equal_pairs_are_added_up() -> None:
    pairs = Pairs.of(np.array([1.0, 0.0, 1.0]), np.array([2.0, 5.0, 2.0]), np.array([1.0, 1.0, 0.5]))
    assert (pairs.lower.tolist(), pairs.upper.tolist(), pairs.count.tolist()) == ([0, 1], [5, 2], [1, 1.5])


@pytest.mark.parametrize(
    ("lower", "upper", "window", "message"),
    [
        ([3.0], [2.0], None, "begins above its end"),
        ([-np.inf], [np.inf], None, "says nothing"),
        ([1.0], [1.0], (2.0, None), "outside their truncation window"),
        ([5.0], [6.0], (None, 5.0), "outside their truncation window"),
        ([1.0], [1.0], (np.nan, None), "missing"),
        ([1.0, 2.0], [1.0, 2.0], ([0.0, 0.0, 0.0], None), "one for each of 2 rows"),
        ([np.nan], [1.0], None, "no rows"),
    ],
)
def test_rows_that_make_no_sense_are_refused(lower: list, upper: list, window: tuple | None, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        summarize_intervals(np.array(lower), np.array(upper), truncation=window)


def test_an_unknown_code_of_censoring_is_refused() -> None:
    with pytest.raises(InvalidInput, match="the code 2"):
        summarize_values(np.array([1.0, 2.0]), censoring=[0, 2])


def test_a_damaged_encoding_is_refused() -> None:
    data = summarize_values(np.array([1.0, 2.0, 4.0]), censoring=[0, 1, -1]).to_bytes()
    for damaged in (data[:-3], data + b"x", data[:4] + b"\x01" + data[5:]):
        with pytest.raises(SerializationError):
            ColumnSummary.from_bytes(damaged)
