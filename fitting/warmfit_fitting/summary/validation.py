"""What every summary satisfies, checked before an engine trusts one that came from a file or over a wire."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from warmfit_fitting.errors import SerializationError, field
from warmfit_fitting.summary.grid import FORMULA, Grid
from warmfit_fitting.summary.incomplete import Incomplete
from warmfit_fitting.summary.intervals import MAX_PAIRS, Pairs
from warmfit_fitting.summary.tally import Tally

if TYPE_CHECKING:
    from warmfit_fitting.summary.column import ColumnSummary

MAX_ROWS = 2**62


def validate(summary: ColumnSummary) -> ColumnSummary:
    """The summary itself; raises `SerializationError` for one that no rows can have."""
    rest = summary.incomplete
    with field("observed"):
        _check_tally(summary.observed, summary.grid is not None, filled=rest is None)
    if rest is not None:
        with field("incomplete"):
            _check_incomplete(rest, summary.grid is not None)
    if summary.grid is not None:
        with field("grid"):
            _check_grid(summary.grid)
    _check_totals(summary)
    return summary


def _check_incomplete(rest: Incomplete, gridded: bool) -> None:
    for name, kind in (("censored", rest.censored), ("truncated", rest.truncated)):
        for side, tally in (("above", kind.above), ("below", kind.below)):
            with field(f"{name}.{side}"):
                _check_tally(tally, gridded, filled=False)
        with field(f"{name}.between"):
            _check_pairs(kind.between)
    if math.isnan(rest.lowest) or math.isnan(rest.highest):
        raise SerializationError("a column summary whose support is to hold what is not a number")


def _check_pairs(pairs: Pairs) -> None:
    if not len(pairs.lower) == len(pairs.upper) == len(pairs.count) <= MAX_PAIRS:
        raise SerializationError("a column summary whose intervals do not belong together, or are too many")
    finite = np.all(np.isfinite(pairs.lower)) and np.all(np.isfinite(pairs.upper))
    if not finite or not np.all(pairs.lower < pairs.upper) or not np.all(pairs.count > 0):
        raise SerializationError("a column summary with intervals that are empty, infinite or weigh nothing")


def _check_tally(tally: Tally, gridded: bool, filled: bool) -> None:
    """`gridded`: bins are allowed; `filled`: there are some then."""
    bins = len(tally.count)
    together = len(tally.atoms) == len(tally.atom_count) and len(tally.mean) == len(tally.m2) == bins
    if (
        not together
        or len(tally.edges) != (bins + 1 if bins else 0)
        or (bins > 0 and not gridded)
        or (filled and gridded and not bins)
    ):
        raise SerializationError("a column summary whose arrays do not belong together")
    for ascending in (tally.atoms, tally.edges):
        if not np.all(np.isfinite(ascending)) or np.any(np.diff(ascending) <= 0):
            raise SerializationError("a column summary whose atoms or edges are not finite and ascending")
    if not (np.all(tally.atom_count > 0) and np.all(tally.count >= 0) and np.all(tally.m2 >= 0)):
        raise SerializationError("a column summary with negative counts or moments")
    held = tally.count > 0
    inside = (tally.mean >= tally.edges[:-1]) & (tally.mean <= tally.edges[1:]) if bins else held
    if not np.all(inside | ~held):
        raise SerializationError("a column summary with a bin whose mean lies outside it")


def _check_grid(grid: Grid) -> None:
    anchors = (grid.low, grid.high, grid.centre, grid.spread)
    if grid.formula != FORMULA:
        raise SerializationError(f"a column summary on a grid of formula {grid.formula}; this version knows {FORMULA}")
    if not all(map(math.isfinite, anchors)) or not grid.spread > 0 or not grid.low <= grid.high or grid.level > 64:
        raise SerializationError("a column summary on a grid that cannot be")


def _check_totals(summary: ColumnSummary) -> None:
    tally = summary.observed
    counted = float(tally.atom_count.sum() + tally.count.sum())
    if summary.incomplete is not None:
        counted += summary.incomplete.censored.weight
    extremes = summary.minimum, summary.maximum
    sane = all(map(math.isfinite, (*extremes, summary.weight, summary.mean))) and extremes[0] <= extremes[1]
    if (
        not sane
        or not summary.weight > 0
        or not 1 <= summary.n <= MAX_ROWS
        or not 0 <= summary.n_missing <= MAX_ROWS
        or not math.isclose(counted, summary.weight, rel_tol=1e-6)
    ):
        raise SerializationError("a column summary whose counts, extremes or moments contradict each other")
    values = np.concatenate([tally.atoms, tally.edges[1:-1]])
    if np.any(values < extremes[0]) or np.any(values > extremes[1]):
        raise SerializationError("a column summary with values beyond its extremes")
