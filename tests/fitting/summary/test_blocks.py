"""Rows that come in blocks have the summary of the whole, however they are ordered and split."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.summary import ColumnSummary, Moments, blocks, cells, counting, intervals, summarize, survey
from warmfit_fitting.summary.blocks import summarize_rows
from warmfit_fitting.summary.incomplete import tallies
from warmfit_fitting.summary.rows import Rows, parts_of_rows
from warmfit_fitting.summary.summarize import summarize_intervals, summarize_values

Columns = tuple[np.ndarray, ...]
"""Lower and upper ends, weights, and the ends of windows, (N,) each."""


@st.composite
def columns(draw: st.DrawFn) -> Columns:
    """Rows of every kind, many of them alike."""
    n = draw(st.integers(1, 120) | st.just(250))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    digits = draw(st.integers(0, 3))
    value = np.round(rng.gamma(2.0, 5.0, n), digits)
    kind = rng.choice(4, n, p=rng.dirichlet(np.full(4, 0.5)))
    lower = np.where(kind == 2, -np.inf, value)
    upper = np.where(
        kind == 1, np.inf, np.where(kind == 3, value + 1.0 + np.round(rng.gamma(2.0, 1.0, n), digits), value)
    )
    windowed = rng.random((2, n)) < rng.random()
    entry = np.where(windowed[0], value - 1.0, -np.inf)
    leave = np.where(windowed[1], value + 30.0, np.inf)
    return lower, upper, rng.choice([0.0, 0.5, 1.0, 2.0], n, p=[0.05, 0.2, 0.5, 0.25]), entry, leave


def rows_of(given_rows: Columns, at: Sequence[int] | slice) -> Rows:
    lower, upper, weight, entry, leave = (column[at] for column in given_rows)
    return parts_of_rows(lower, upper, weight, (entry, leave))


def in_blocks(given_rows: Columns, order: Sequence[int], cuts: Sequence[int]) -> ColumnSummary:
    """The summary of rows taken in `order` and cut into blocks at `cuts`."""
    ends = sorted({0, *(cut % (len(order) + 1) for cut in cuts), len(order)})

    def parts() -> Iterator[Rows]:
        for first, last in pairwise(ends):
            yield rows_of(given_rows, list(order[first:last]))

    return summarize_rows(parts)


def assert_same(a: ColumnSummary, b: ColumnSummary) -> None:
    """The same grid, edges and counts; sums equal up to rounding."""
    assert replace(a, moments=Moments(), observed=b.observed, incomplete=b.incomplete) == replace(b, moments=Moments())
    np.testing.assert_allclose(list(vars_of(a.moments)), list(vars_of(b.moments)), rtol=1e-9, atol=1e-9)
    for mine, theirs in zip(tallies(a.observed, a.incomplete), tallies(b.observed, b.incomplete), strict=True):
        for name in ("atoms", "atom_count", "edges", "count"):
            np.testing.assert_array_equal(getattr(mine, name), getattr(theirs, name))
        for name in ("mean", "m2"):
            np.testing.assert_allclose(getattr(mine, name), getattr(theirs, name), rtol=1e-9, atol=1e-9)
    assert (a.incomplete is None) == (b.incomplete is None)
    if a.incomplete is None or b.incomplete is None:
        return
    assert a.extent == b.extent
    for kind in ("censored", "truncated"):
        mine, theirs = (getattr(side, kind).between for side in (a.incomplete, b.incomplete))
        np.testing.assert_allclose(mine.count, theirs.count, rtol=1e-7)
        np.testing.assert_allclose(mine.lower, theirs.lower, rtol=1e-9)
        np.testing.assert_allclose(mine.upper, theirs.upper, rtol=1e-9)


def vars_of(moments: Moments) -> Iterator[float]:
    return (getattr(moments, name) for name in ("weight", "mean", "m2", "m3", "m4"))


@pytest.fixture
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bins from nine distinct values on, and cells from 97 distinct pairs on."""
    for module in (survey, counting):
        monkeypatch.setattr(module, "EXACT_LIMIT", 8)
    monkeypatch.setattr(counting, "MAX_BINS", 24)  # room for the ten values that may be heavy, and what lies between
    for module in (survey, counting):
        monkeypatch.setattr(module, "ATOM_SHARE", 0.1)
    for module in (cells, blocks):
        monkeypatch.setattr(module, "MAX_PAIRS", 96)


def used(given_rows: Columns) -> bool:
    return bool((given_rows[2] > 0).any())


@given(columns(), st.randoms(use_true_random=False), st.lists(st.integers(0, 200), max_size=5))
@settings(max_examples=80, deadline=None)
def test_any_order_and_split_of_few_rows_gives_the_summary_of_the_whole(
    given_rows: Columns, random: object, cuts: list[int]
) -> None:
    order = list(range(len(given_rows[0])))
    random.shuffle(order)  # type: ignore[attr-defined]
    if not used(given_rows):
        with pytest.raises(InvalidInput, match="no rows"):
            in_blocks(given_rows, order, cuts)
        return
    lower, upper, weight, entry, leave = given_rows
    assert_same(
        in_blocks(given_rows, order, cuts), summarize_intervals(lower, upper, weight, truncation=(entry, leave))
    )


@given(columns().filter(used), st.randoms(use_true_random=False), st.lists(st.integers(0, 200), max_size=5))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_and_split_gives_the_same_bins_and_cells(
    few_are_many: None, given_rows: Columns, random: object, cuts: list[int]
) -> None:
    whole = list(range(len(given_rows[0])))
    order = list(whole)
    random.shuffle(order)  # type: ignore[attr-defined]
    assert_same(in_blocks(given_rows, order, cuts), in_blocks(given_rows, whole, []))
    rows = rows_of(given_rows, whole)
    if not rows.parts.plain:
        counted = ColumnSummary.from_parts(survey.Survey.of(rows.parts.places(), rows.n), rows.parts)
        assert_same(in_blocks(given_rows, whole, []), counted)
    assert in_blocks(given_rows, order, []) == in_blocks(given_rows, whole, [])  # to the last bit in one block


def many(rng: np.random.Generator, n: int) -> Columns:
    """Times censored on the right, between inspections, or not at all, with entries and windows of their own."""
    life = rng.weibull(1.5, n) * 10
    kind = rng.integers(0, 3, n)
    lower = np.where(kind == 1, life * rng.uniform(0.5, 1, n), life)
    upper = np.where(kind == 1, lower + rng.exponential(1.0, n), np.where(kind == 2, np.inf, life))
    entry = lower * rng.uniform(0, 0.5, n)
    return lower, upper, rng.integers(1, 4, n).astype(float), entry, np.where(kind == 1, upper + 5.0, np.inf)


def test_many_rows_in_many_blocks_have_the_bins_and_cells_of_one(rng: np.random.Generator) -> None:
    given_rows = many(rng, 40_000)
    order = rng.permutation(40_000).tolist()
    whole = in_blocks(given_rows, order, [])
    assert whole.grid is not None
    assert whole.incomplete is not None
    assert 1000 < len(whole.incomplete.censored.between) <= intervals.MAX_PAIRS
    assert_same(in_blocks(given_rows, order, [5, 1_000, 17_000, 17_001]), whole)


def test_arrays_are_read_in_blocks_of_bounded_size(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    lower, upper, weight, entry, leave = many(rng, 20_000)
    whole = summarize_intervals(lower, upper, weight, 7, truncation=(entry, leave))
    sizes: list[int] = []
    monkeypatch.setattr(summarize, "BLOCK", 3_000)
    monkeypatch.setattr(summarize, "parts_of_rows", lambda *args: sizes.append(len(args[0])) or parts_of_rows(*args))
    assert_same(summarize_intervals(lower, upper, weight, 7, truncation=(entry, leave)), whole)
    assert sizes == [*[3_000] * 6, 2_000] * 2  # once to survey, once to count
    assert whole.n_missing == 7


def test_one_number_is_the_window_of_every_block(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    x = rng.gamma(2.0, 5.0, 5_000)
    whole = summarize_values(x, truncation=(-1.0, None))
    monkeypatch.setattr(summarize, "BLOCK", 999)
    assert_same(summarize_values(x, truncation=(-1.0, None)), whole)


def test_plain_rows_in_blocks_are_the_plain_summary(rng: np.random.Generator) -> None:
    for n in (500, 20_000):
        x = rng.normal(size=n)
        columns_ = (x, x, np.ones(n), np.full(n, -np.inf), np.full(n, np.inf))
        assert in_blocks(columns_, range(n), []) == summarize_values(x)
        assert_same(in_blocks(columns_, range(n), [n // 3]), summarize_values(x))
