"""More rows, counted on the plan of a summary, join it: the result is the summary of all rows on that plan."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from warmfit_fitting.errors import GridMismatch, InvalidInput
from warmfit_fitting.summary import ColumnSummary, summarize, summarize_intervals, summarize_values
from warmfit_fitting.summary.incomplete import tallies

RNG = np.random.default_rng(7)
FIRST = RNG.gamma(2.0, 5.0, 20_000)
MORE = RNG.gamma(2.0, 6.0, 9_000)
ZEROS = np.where(RNG.random(20_000) < 0.01, 0.0, FIRST)
COUNTS = RNG.negative_binomial(2.0, 1e-4, 20_000).astype(float)
MORE_COUNTS = RNG.negative_binomial(2.0, 1e-4, 9_000).astype(float)
CODES, MORE_CODES = RNG.choice([-1, 0, 0, 1], 20_000), RNG.choice([-1, 0, 0, 1], 9_000)


def rows(values: np.ndarray, codes: np.ndarray, **also: Any) -> ColumnSummary:
    """Rows a third of which are censored; every other one has a window."""
    window = np.where(np.arange(len(values)) % 2, -np.inf, -1.0), None
    return summarize_values(values, 1.0 + np.round(values) % 3, censoring=codes, truncation=window, **also)


def plain(values: np.ndarray, _: np.ndarray, **also: Any) -> ColumnSummary:
    return summarize_values(values, **also)


CASES = {
    "values": (plain, FIRST, MORE),
    "zeros in both": (plain, ZEROS, np.where(MORE < 1.0, 0.0, MORE)),
    "zeros that the new rows lack": (plain, ZEROS, MORE),
    "zeros that are rare among the new rows": (plain, ZEROS, np.append(MORE, 0.0)),
    "a heavy value in the body, not among the new rows": (plain, np.append(FIRST, np.full(500, 8.0)), MORE),
    "counts": (plain, COUNTS, MORE_COUNTS),
    "counts without the commonest one": (plain, np.append(COUNTS, np.full(500, 12_345.0)), MORE_COUNTS),
    "new rows beyond all others": (plain, FIRST, MORE * 50.0 - 3.0),
    "few new rows": (plain, ZEROS, MORE[:3000]),
    "incomplete rows": (rows, FIRST, MORE),
    "incomplete rows with zeros": (rows, ZEROS, MORE),
    "few incomplete rows": (rows, ZEROS, MORE[:1000]),
}


def assert_same(a: ColumnSummary, b: ColumnSummary) -> None:
    """The same grid, atoms, edges and counts; sums equal up to rounding."""
    assert (a.n, a.n_missing, a.grid, a.integral) == (b.n, b.n_missing, b.grid, b.integral)
    assert (a.minimum, a.maximum, a.extent) == (b.minimum, b.maximum, b.extent)
    assert a.moments.m4 == pytest.approx(b.moments.m4, rel=1e-9)
    for mine, theirs in zip(tallies(a.observed, a.incomplete), tallies(b.observed, b.incomplete), strict=True):
        np.testing.assert_array_equal(mine.atoms, theirs.atoms)
        np.testing.assert_array_equal(mine.edges, theirs.edges)
        np.testing.assert_allclose(mine.atom_count, theirs.atom_count)
        np.testing.assert_allclose(mine.count, theirs.count)
        np.testing.assert_allclose(mine.mean, theirs.mean)


@pytest.mark.parametrize("case", CASES)
def test_rows_counted_on_a_plan_join_its_summary_as_if_all_had_been_counted_together(case: str) -> None:
    made, first, more = CASES[case]
    codes = np.concatenate([CODES[: len(first)], np.zeros(max(0, len(first) - len(CODES)))])
    kept = made(first, codes)
    plan = kept.plan()
    joined = kept.merge(made(more, np.resize(MORE_CODES, len(more)), plan=plan))
    together = made(np.concatenate([first, more]), np.concatenate([codes, np.resize(MORE_CODES, len(more))]), plan=plan)
    least = joined.weight / 1000
    settled = {tuple(t.atoms[t.atom_count > least]) for t in tallies(together.observed, together.incomplete)}
    assert settled == {tuple(t.atoms) for t in tallies(joined.observed, joined.incomplete)}
    if all((t.atom_count > least).all() for t in tallies(together.observed, together.incomplete)):
        assert_same(joined, together)


@pytest.mark.parametrize("case", CASES)
def test_rows_on_a_plan_survive_the_encoding(case: str) -> None:
    made, first, more = CASES[case]
    kept = made(first, np.resize(CODES, len(first)))
    summary = made(more, np.resize(MORE_CODES, len(more)), plan=kept.plan())
    assert ColumnSummary.from_bytes(summary.to_bytes()) == summary
    merged = kept.merge(ColumnSummary.from_bytes(summary.to_bytes()))
    assert ColumnSummary.from_bytes(merged.to_bytes()).grid == merged.grid


@pytest.mark.parametrize("made", [plain, rows])
def test_rows_on_a_plan_that_come_in_blocks_are_those_of_the_whole(made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = made(ZEROS, CODES).plan()
    whole = made(MORE, MORE_CODES, plan=plan)
    monkeypatch.setattr(summarize, "BLOCK", 2500)
    assert_same(made(MORE, MORE_CODES, plan=plan), whole)


def test_rows_one_after_the_other_are_appended_as_all_at_once() -> None:
    kept = summarize_values(ZEROS)
    once = kept.merge(summarize_values(MORE, plan=kept.plan()))
    slowly = kept
    for part in np.array_split(MORE, 7):
        slowly = slowly.merge(summarize_values(part, plan=slowly.plan()))
    assert_same(slowly, once)


def test_few_distinct_values_are_kept_as_they_are() -> None:
    assert summarize_values(np.arange(100.0), plan=summarize_values(FIRST).plan()).is_exact


@pytest.mark.parametrize("more", [MORE, MORE[:50]])
def test_fractions_do_not_join_whole_numbers_that_were_counted_on_whole_edges(more: np.ndarray) -> None:
    kept = summarize_values(COUNTS)
    with pytest.raises(GridMismatch, match="whole"):
        kept.merge(summarize_values(more, plan=kept.plan()))


def test_whole_numbers_join_fractions_on_the_grid_of_these() -> None:
    kept = summarize_values(FIRST)
    joined = kept.merge(ColumnSummary.from_bytes(summarize_values(MORE_COUNTS, plan=kept.plan()).to_bytes()))
    assert joined.n == len(FIRST) + len(MORE_COUNTS)
    assert not joined.integral


def test_more_rows_than_can_be_counted_do_not_merge() -> None:
    many = summarize_values(np.array([1.0, 2.0]), np.array([1e308, 1e307]))
    with pytest.raises(InvalidInput, match="more weight"):
        many.merge(many)


def test_intervals_join_too() -> None:
    ends = np.round(FIRST, 1), np.round(FIRST, 1) + 1.0
    kept = summarize_intervals(FIRST, FIRST).merge(
        summarize_intervals(*ends, plan=summarize_intervals(FIRST, FIRST).plan())
    )
    assert kept.n == 2 * len(FIRST)
    assert kept.incomplete is not None
    assert kept.incomplete.censored.weight == len(FIRST)
