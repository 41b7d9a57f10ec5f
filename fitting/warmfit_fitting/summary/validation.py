"""What every summary satisfies, checked before an engine trusts one that came from a file or over a wire."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from warmfit_fitting.arrays import BoolArray
from warmfit_fitting.errors import SerializationError, field
from warmfit_fitting.summary.grid import FORMULA, Grid
from warmfit_fitting.summary.incomplete import Incomplete
from warmfit_fitting.summary.intervals import MAX_PAIRS, Pairs
from warmfit_fitting.summary.tally import Tally

if TYPE_CHECKING:
    from warmfit_fitting.summary.column import ColumnSummary

MAX_ROWS = 2**62
SLACK = 1.01  # of inequalities between moments that rounding may break
VANISHING = 1e-150  # whose square is below the floats


def validate(summary: ColumnSummary) -> ColumnSummary:
    """The summary itself; raises `SerializationError` for one that no rows can have."""
    rest = summary.incomplete
    if summary.grid is not None:
        with field("grid"):
            _check_grid(summary.grid)
    with field("observed"):
        _check_tally(summary.observed, summary.grid, filled=rest is None)
    if rest is not None:
        with field("incomplete"):
            _check_incomplete(rest, summary.grid)
    _check_totals(summary)
    with field("moments"):
        _check_moments(summary)
    with field("observed"):
        _check_extremes(summary)
    return summary


def _check_incomplete(rest: Incomplete, grid: Grid | None) -> None:
    for name, kind in (("censored", rest.censored), ("truncated", rest.truncated)):
        for side, tally in (("above", kind.above), ("below", kind.below)):
            with field(f"{name}.{side}"):
                _check_tally(tally, grid, filled=False)
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


def _check_tally(tally: Tally, grid: Grid | None, filled: bool) -> None:
    """`grid`: where bins may lie, None where there may be none; `filled`: there are some if there may be."""
    bins, gridded = len(tally.count), grid is not None
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
    if bins and grid is not None:
        _check_spread(tally)
        _check_cells(tally, held, grid)


def _check_spread(tally: Tally) -> None:
    """No rows lie further from their mean than their bin is wide; in powers that neither overflow nor vanish."""
    width = np.diff(tally.edges)
    with np.errstate(over="ignore"):
        close = np.sqrt(tally.m2) <= np.sqrt(SLACK * tally.count) * width + VANISHING
        if not np.all(close | (tally.m2 <= SLACK * tally.count * width * width)):
            raise SerializationError("a column summary with a bin whose rows lie further apart than it is wide")


def _check_cells(tally: Tally, held: BoolArray, grid: Grid) -> None:
    """A bin that holds rows lies in one cell of the grid, and between atoms: so its rows can be counted with others."""
    ends = np.union1d(grid.edges(float(tally.edges[0]), float(tally.edges[-1])), tally.atoms)
    divided = np.searchsorted(ends, tally.edges[1:], "left") > np.searchsorted(ends, tally.edges[:-1], "right")
    if np.any(divided & held):
        raise SerializationError("a column summary with bins that do not lie on its grid")


def _check_grid(grid: Grid) -> None:
    anchors = (grid.low, grid.high, grid.centre, grid.spread)
    if grid.formula != FORMULA:
        raise SerializationError(f"a column summary on a grid of formula {grid.formula}; this version knows {FORMULA}")
    if not all(map(math.isfinite, anchors)) or not grid.spread > 0 or not grid.low <= grid.high or grid.level > 64:
        raise SerializationError("a column summary on a grid that cannot be")
    try:
        grid.edges(grid.low, grid.high)
    except (ValueError, OverflowError):
        raise SerializationError("a column summary on a grid whose steps no number can tell apart") from None


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


def _check_moments(summary: ColumnSummary) -> None:
    """Inequalities that hold for all rows within the extremes; moments that are beyond the floats are not known."""
    m, low, high = summary.moments, summary.minimum, summary.maximum
    step = 4 * math.ulp(max(abs(low), abs(high)))
    span = high - low + 2 * step
    if not low - step <= m.mean <= high + step:
        raise SerializationError("a column summary whose mean lies beyond its extremes").at("mean")
    most = SLACK * m.weight * span * span + VANISHING**2
    if math.isfinite(m.m2) and not -(SLACK - 1) * most <= m.m2 <= most:
        raise SerializationError("a column summary whose second moment no rows within its extremes can have").at("m2")
    if math.isfinite(m.m3) and abs(m.m3) > most * span:
        raise SerializationError("a column summary whose third moment no rows within its extremes can have").at("m3")
    if math.isfinite(m.m4) and abs(m.m4) > most * span * span:
        raise SerializationError("a column summary whose fourth moment no rows within its extremes can have").at("m4")


def _check_extremes(summary: ColumnSummary) -> None:
    tally = summary.observed
    values, means = np.concatenate([tally.atoms, tally.edges[1:-1]]), tally.mean[tally.count > 0]
    step = 4 * math.ulp(max(abs(summary.minimum), abs(summary.maximum)))  # what means may be rounded by
    for inside, slack in ((values, 0.0), (means, step)):
        if np.any(inside < summary.minimum - slack) or np.any(inside > summary.maximum + slack):
            raise SerializationError("a column summary with values beyond its extremes")
    known = np.concatenate([tally.atoms, [summary.minimum, summary.maximum]])
    if summary.integral and np.any(known != np.rint(known)):
        raise SerializationError("a column summary of whole numbers that has others").at("atoms")
