from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from tests.conftest import SHAPES, simulated

from warmfit_fitting.errors import GridMismatch, InvalidInput, SerializationError
from warmfit_fitting.summary import ColumnSummary, Runs, summarize_values
from warmfit_fitting.summary.survey import EXACT_LIMIT

FINITE = arrays(np.float64, st.integers(1, 60), elements=st.floats(allow_nan=False, allow_infinity=False, width=64))


def same_counts(a: ColumnSummary, b: ColumnSummary) -> bool:
    pairs = ((a.observed.atoms, b.observed.atoms), (a.observed.atom_count, b.observed.atom_count))
    pairs += ((a.observed.edges, b.observed.edges), (a.observed.count, b.observed.count))
    return a.grid == b.grid and all(np.array_equal(x, y) for x, y in pairs)


def count_on(summary: ColumnSummary, rows: np.ndarray) -> ColumnSummary:
    """The rows counted on the plan of `summary`, as an append does."""
    from warmfit_fitting.summary import Survey

    runs, plan = Runs.of(rows), summary.plan()
    return ColumnSummary.from_tally(Survey.of(runs, len(rows)), plan, plan.tally(runs))


def test_at_most_4096_distinct_values_are_kept_exactly(rng: np.random.Generator) -> None:
    few = rng.permutation(np.repeat(np.arange(EXACT_LIMIT) / 7, 3))
    summary = summarize_values(few)
    assert summary.is_exact
    np.testing.assert_array_equal(summary.observed.atoms, np.arange(EXACT_LIMIT) / 7)
    np.testing.assert_array_equal(summary.observed.atom_count, np.full(EXACT_LIMIT, 3.0))
    assert not summarize_values(np.append(few, -1.5)).is_exact


@pytest.mark.parametrize("shape", SHAPES)
def test_a_summary_of_permuted_rows_has_the_same_grid_and_counts(shape: str, rng: np.random.Generator) -> None:
    x = simulated(shape, 50_000)
    assert summarize_values(rng.permutation(x)) == summarize_values(x)


@pytest.mark.parametrize("shape", SHAPES)
def test_split_rows_counted_on_one_plan_merge_to_the_whole(shape: str) -> None:
    x = simulated(shape, 50_000)
    whole = summarize_values(x)
    parts = [count_on(whole, part) for part in np.array_split(x, [100, 9_000, 31_234])]
    merged = parts[0].merge(parts[1]).merge(parts[2]).merge(parts[3])
    other_way = parts[0].merge(parts[1].merge(parts[2].merge(parts[3])))
    assert same_counts(merged, whole)
    assert same_counts(other_way, whole)
    np.testing.assert_allclose(merged.observed.mean, whole.observed.mean, rtol=1e-12)
    assert merged.mean == pytest.approx(whole.mean, rel=1e-9, abs=1e-12)
    assert merged.n == whole.n


def test_blocks_of_a_long_column_give_the_grid_and_counts_of_its_permutation(
    monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    from warmfit_fitting.summary import summarize

    x = np.where(rng.random(40_000) < 0.2, 0.0, rng.standard_normal(40_000))
    one_block = summarize_values(x)
    monkeypatch.setattr(summarize, "BLOCK", 3_000)
    assert same_counts(summarize_values(x), one_block)
    assert same_counts(summarize_values(np.sort(x)), one_block)


def test_a_value_that_carries_much_of_the_mass_is_an_atom_with_its_exact_count(rng: np.random.Generator) -> None:
    x = np.where(rng.random(30_000) < 0.3, 0.0, rng.standard_normal(30_000))
    summary = summarize_values(x)
    assert not summary.is_exact
    np.testing.assert_array_equal(summary.observed.atoms, [0.0])
    assert summary.observed.atom_count[0] == np.sum(x == 0)
    assert 0.0 in summary.observed.edges  # so the empirical distribution is exact on both its sides


def test_the_empirical_distribution_is_exact_at_every_edge(rng: np.random.Generator) -> None:
    x = rng.gamma(0.5, size=30_000)
    o = summarize_values(x).observed
    below = np.concatenate([[0.0], np.cumsum(o.count)])
    np.testing.assert_array_equal(below, [np.sum(x < edge) for edge in o.edges])


def test_integer_columns_have_integer_edges(rng: np.random.Generator) -> None:
    x = np.floor(rng.lognormal(9.0, 1.0, size=40_000))
    summary = summarize_values(x)
    assert summary.integral
    assert not summary.is_exact
    np.testing.assert_array_equal(summary.observed.edges, np.rint(summary.observed.edges))


def test_steps_double_until_at_most_4096_bins_remain() -> None:
    rng = np.random.default_rng(3)
    x = np.sign(rng.standard_normal(200_000)) * np.exp(rng.uniform(-300, 300, 200_000))
    summary = summarize_values(x)
    assert summary.grid is not None
    assert summary.grid.level > 0
    assert len(summary.observed.count) <= 4096
    assert summary.observed.count.sum() == 200_000


@given(FINITE, st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_any_finite_rows_summarize_the_same_in_any_order_and_split(x: np.ndarray, random: object) -> None:
    order = np.array(sorted(range(len(x)), key=lambda _: random.random()))  # type: ignore[attr-defined]
    whole = summarize_values(x)
    assert summarize_values(x[order]) == whole
    assert whole.minimum == x.min() + 0.0
    assert whole.maximum == x.max() + 0.0
    cut = len(x) // 2
    if cut > 0:
        a, b = summarize_values(x[order[:cut]]), summarize_values(x[order[cut:]])
        assert same_counts(a.merge(b), whole)
        assert a.merge(b) == b.merge(a)


@given(FINITE)
@settings(max_examples=100, deadline=None)
def test_the_encoding_round_trips(x: np.ndarray) -> None:
    summary = summarize_values(x)
    again = ColumnSummary.from_bytes(summary.to_bytes())
    assert again == summary
    assert again.fingerprint == summary.fingerprint


def test_a_binned_summary_round_trips_through_its_encoding() -> None:
    summary = summarize_values(simulated("Cauchy", 20_000))
    assert ColumnSummary.from_bytes(summary.to_bytes()) == summary


def test_a_damaged_encoding_is_refused() -> None:
    data = summarize_values(simulated("t(3)", 5_000)).to_bytes()
    for damaged in (b"", data[:40], data[:-3], data + b"\0", b"XXXX" + data[4:], data[:4] + b"\x09" + data[5:]):
        with pytest.raises(SerializationError):
            ColumnSummary.from_bytes(damaged)


def test_frequency_weights_equal_repeated_rows(rng: np.random.Generator) -> None:
    x = rng.standard_normal(6_000)
    times = rng.integers(0, 4, 6_000)
    weighted = summarize_values(x, times.astype(float))
    repeated = summarize_values(np.repeat(x, times))
    assert same_counts(weighted, repeated)
    assert weighted.weight == repeated.n
    assert weighted.n == np.sum(times > 0)


def test_an_exact_summary_joins_a_binned_one_on_its_grid() -> None:
    x = simulated("gamma(2.5)", 30_000)
    whole = summarize_values(x)
    extra = np.array([0.5, 1.5, 1e6, -3.0])
    merged = whole.merge(summarize_values(extra))
    assert merged == summarize_values(extra).merge(whole)
    assert merged.grid == whole.grid
    assert merged.n == 30_004
    assert (merged.minimum, merged.maximum) == (-3.0, 1e6)
    assert same_counts(merged, count_on(whole, np.concatenate([x, extra])))


def test_different_grids_do_not_merge() -> None:
    a, b = summarize_values(simulated("t(3)", 9_000)), summarize_values(simulated("Cauchy", 9_000))
    with pytest.raises(GridMismatch, match="different grids"):
        a.merge(b)


def test_nans_are_dropped_and_counted_and_infinities_refused() -> None:
    summary = summarize_values(np.array([1.0, np.nan, 2.0, np.nan]))
    assert (summary.n, summary.n_missing) == (2, 2)
    with pytest.raises(InvalidInput, match="2 infinite"):
        summarize_values(np.array([1.0, np.inf, -np.inf]))
    with pytest.raises(InvalidInput, match="no values"):
        summarize_values(np.array([np.nan, np.nan]))
    with pytest.raises(InvalidInput, match="negative or not finite"):
        summarize_values(np.array([1.0, 2.0]), np.array([1.0, -1.0]))


@pytest.mark.parametrize("offset", [0.0, 1e6, 1e15])
def test_moments_are_those_of_the_rows_at_large_offsets(offset: float, rng: np.random.Generator) -> None:
    x = offset + np.round(rng.gamma(2.0, size=20_000) * 64) / 64 * 8
    exact = x - offset
    summary = summarize_values(x)
    assert summary.std == pytest.approx(np.std(exact, ddof=1), rel=1e-9)
    assert summary.skewness == pytest.approx(stats.skew(exact), rel=1e-6)
    assert summary.kurtosis == pytest.approx(stats.kurtosis(exact), rel=1e-6)


@pytest.mark.parametrize("unit", [1e-200, 1e200])
def test_skewness_and_kurtosis_survive_units_whose_powers_overflow(unit: float, rng: np.random.Generator) -> None:
    x = rng.gamma(2.0, size=3_000)
    summary = summarize_values(x * unit)
    assert summary.skewness == pytest.approx(stats.skew(x), rel=1e-6)
    assert summary.kurtosis == pytest.approx(stats.kurtosis(x), rel=1e-6)


def test_the_hash_is_xxh64_with_seed_42() -> None:
    from warmfit_fitting.summary.survey import xxh64

    # Reference values by the xxHash library (4.1.0), over the little-endian bytes.
    np.testing.assert_array_equal(
        xxh64(np.array([0.0, 1.0, -2.5e300])),
        np.array([13194218611613725804, 16284292808262069587, 7772422671254294480], np.uint64),
    )
