"""What every summary satisfies, checked before an engine trusts one that came from a file or over a wire."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from warmfit_fitting.errors import SerializationError
from warmfit_fitting.summary.grid import FORMULA, Grid
from warmfit_fitting.summary.tally import Tally

if TYPE_CHECKING:
    from warmfit_fitting.summary.column import ColumnSummary


def validate(summary: ColumnSummary) -> ColumnSummary:
    """The summary itself; raises `SerializationError` for one that no rows can have."""
    _check_tally(summary.observed, summary.grid)
    if summary.grid is not None:
        _check_grid(summary.grid)
    _check_totals(summary)
    return summary


def _check_tally(tally: Tally, grid: Grid | None) -> None:
    bins = len(tally.count)
    together = len(tally.atoms) == len(tally.atom_count) and len(tally.mean) == len(tally.m2) == bins
    if not together or len(tally.edges) != (bins + 1 if bins else 0) or (grid is None) != (bins == 0):
        raise SerializationError("a column summary whose arrays do not belong together")
    for ascending in (tally.atoms, tally.edges):
        if not np.all(np.isfinite(ascending)) or np.any(np.diff(ascending) <= 0):
            raise SerializationError("a column summary whose atoms or edges are not finite and ascending")
    if not (np.all(tally.atom_count > 0) and np.all(tally.count >= 0) and np.all(tally.m2 >= 0)):
        raise SerializationError("a column summary with negative counts or moments")
    filled = tally.count > 0
    inside = (tally.mean >= tally.edges[:-1]) & (tally.mean <= tally.edges[1:]) if bins else filled
    if not np.all(inside | ~filled):
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
    extremes = summary.minimum, summary.maximum
    sane = all(map(math.isfinite, (*extremes, summary.weight, summary.mean))) and extremes[0] <= extremes[1]
    if (
        not sane
        or not summary.weight > 0
        or summary.n < 1
        or summary.n_missing < 0
        or not math.isclose(counted, summary.weight, rel_tol=1e-6)
    ):
        raise SerializationError("a column summary whose counts, extremes or moments contradict each other")
    values = np.concatenate([tally.atoms, tally.edges[1:-1]])
    if np.any(values < extremes[0]) or np.any(values > extremes[1]):
        raise SerializationError("a column summary with values beyond its extremes")
