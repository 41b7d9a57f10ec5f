"""Simulated rows as a `Batch` without a summary of each: what `view` makes of columns of distinct values, side by side."""

from __future__ import annotations

import numpy as np

from warmfit_fitting.arrays import BoolArray, FloatArray, IntArray
from warmfit_fitting.likelihood.view import View
from warmfit_fitting.resampling.design import Censoring
from warmfit_fitting.resampling.likelihood import Batch, BatchMasses, Rays
from warmfit_fitting.resampling.simulate import Rows
from warmfit_fitting.summary.survey import EXACT_LIMIT


def batch_of(rows: Rows, view: View, window: tuple[float, float]) -> Batch | None:
    """The batch of simulated rows in the unit of `view`, the view of the column that they were simulated after.

    None where a column would not be kept exactly, has values twice, or leaves too few values.
    """
    if rows.values.shape[1] > EXACT_LIMIT:
        return None
    z = (rows.values - view.shift) / view.scale
    codes = np.zeros(z.shape, np.int64) if rows.censored is None else rows.censored
    known = codes == 0
    n_known = known.sum(axis=1)
    size = rows.design.most_known  # and not the most there are here, so that sums do not depend on who is beside whom
    if n_known.min() < 3 or n_known.max() > size:
        return None
    order = np.argsort(np.where(known, z, np.inf), axis=1)[:, :size]
    x = np.take_along_axis(z, order, axis=1)
    weight = _weights(rows, order)
    real = np.arange(size) < n_known[:, None]
    if not (np.diff(x, axis=1)[real[:, 1:]] > 0).all():
        return None
    lower, upper = _cells(x, n_known)
    x, lower, upper = (_closed_up(a, n_known, real) for a in (x, lower, upper))
    weight = _closed_up(np.where(real, weight, 0.0), n_known, real)
    weight[:, :-1] = np.where(np.arange(size - 1) < n_known[:, None] - 1, weight[:, :-1], 0.0)
    low, high = _extent(z, codes)
    ends = (np.tile(window, (len(z), 1)) - view.shift) / view.scale
    unit = np.full(len(z), view.shift), np.full(len(z), view.scale)
    return Batch(x, weight, lower, upper, low, high, *unit, ends, _masses(rows, z, view, low, high))


def _weights(rows: Rows, order: IntArray) -> FloatArray:
    """The weights (K, N) of sorted rows, analytic ones scaled to the number of rows."""
    weight = rows.design.weight
    if weight is None:
        return np.ones(order.shape)
    return np.asarray(weight * _factor(rows))[order]


def _factor(rows: Rows) -> float:
    """What weights are multiplied by in a likelihood."""
    weight = rows.design.weight
    return len(weight) / float(weight.sum()) if weight is not None and rows.design.analytic else 1.0


def _cells(x: FloatArray, n_known: IntArray) -> tuple[FloatArray, FloatArray]:
    """The cells (K, N): half-way to the neighbours, and as far out beyond the first and the last value."""
    column, last = np.arange(len(x)), n_known - 1
    with np.errstate(invalid="ignore"):
        middle = x[:, :-1] / 2 + x[:, 1:] / 2
    lower = np.column_stack([2 * x[:, 0] - middle[:, 0], middle])
    upper = np.column_stack([middle, middle[:, -1]])
    upper[column, last] = 2 * x[column, last] - middle[column, last - 1]
    return lower, upper


def _closed_up(values: FloatArray, n_known: IntArray, real: BoolArray) -> FloatArray:
    """The same rows (K, N) with the last known number in the last place, and the middle one where it and nothing was."""
    column = np.arange(len(values))
    middle = values[column, n_known // 2]
    closed = np.where(real, values, middle[:, None])
    last = values[column, n_known - 1]
    closed[column, n_known - 1] = np.where(n_known < values.shape[1], middle, last)
    closed[:, -1] = last
    return closed


def _extent(z: FloatArray, codes: IntArray) -> tuple[FloatArray, FloatArray]:
    """What a support must hold, (K,) each: known values, and bounds beyond which a row lies."""
    low = np.where(codes <= 0, z, np.inf).min(axis=1)
    return low, np.where(codes >= 0, z, -np.inf).max(axis=1)


def _masses(rows: Rows, z: FloatArray, view: View, low: FloatArray, high: FloatArray) -> BatchMasses | None:
    if rows.censored is None:
        own = BatchMasses.of([view]) if view.masses is not None else None
        return None if own is None else own.of_columns(np.zeros(len(z), np.int64))
    nothing, none = np.zeros((len(z), 0)), np.zeros(len(z))
    weight = np.ones(z.shape[1]) if rows.design.weight is None else rows.design.weight * _factor(rows)
    d = rows.design
    above, below = (
        _rays(z, weight, rows.censored == code, end, most, censoring)
        for code, end, most, censoring in zip((1, -1), (low, high), d.most_censored, (d.right, d.left), strict=True)
    )
    censored = above.weight.sum(axis=1) + below.weight.sum(axis=1)
    return BatchMasses(above, below, nothing, nothing, nothing, censored, none)


def _rays(
    z: FloatArray, weight: FloatArray, which: BoolArray, filling: FloatArray, most: int, censoring: Censoring | None
) -> Rays:
    """The bounds of the rows picked by `which` (K, n), `most` of them, or one with all their weight where all share it."""
    if censoring is not None and len(censoring.places) == 1:
        total = np.einsum("ij,j->i", which.astype(np.float64), weight)
        bound = np.where(which, z, -np.inf).max(axis=1)
        return Rays(np.where(total > 0, bound, filling)[:, None], total[:, None])
    size = max(most, int(which.sum(axis=1).max()))
    order = np.argsort(~which, axis=1, kind="stable")[:, :size]
    there = np.take_along_axis(which, order, axis=1)
    place = np.where(there, np.take_along_axis(z, order, axis=1), filling[:, None])
    return Rays(place, np.where(there, weight[order], 0.0))
