"""Quantile functions as polynomials of degree 3, one for each of many equal cells, at the cost of few quantiles.

A panel is a range of probabilities that is cut into equal cells. The quantiles at its Chebyshev–Lobatto points give a
polynomial on the whole of it (Trefethen 2013, Approximation Theory and Approximation Practice, ch. 2, 5 and 8), and that
gives the polynomial of each cell through four such points of the cell's own. Quantiles between the points of the panel,
and the panel's polynomial between those of each cell, say which of the cells hold. What does not hold is tried again in
shorter panels, at last in one for each cell.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from warmfit_fitting.arrays import BoolArray, FloatArray, IntArray

TOLERANCE = 1e-9
"""How far a polynomial's draw may be from the quantile, relative to the probability beyond it; nearer than any sample
of fewer than 10¹⁸ rows could tell. Draws in a cell that does not reach this are the quantiles themselves."""

DEGREE = 3
PANEL = 64  # cells of the longest panels; their number is the unit in which cells are made
_LENGTHS = {PANEL: 16, 8: 8, 1: DEGREE}  # cells of a panel, and the degree of its polynomial
_ROUNDINGS = 16.0  # of a value, which are no error of a polynomial

Extent = Callable[[IntArray], tuple[FloatArray, FloatArray, BoolArray]]
"""Of the first cells of panels (K,): the probability beyond the draw at their start, by how much it grows from one cell to
the next, and whether that is the probability above."""
Quantile = Callable[[FloatArray, BoolArray], FloatArray]
"""Values beyond which a probability (N,) lies, above the value where marked (N,)."""


@dataclass(frozen=True)
class Plan:
    """What makes the cells of panels of one length out of quantiles.

    `points` (I,): where in a panel, from 0 to 1, quantiles are taken, `nodes` of them to pass through and the rest to
    check. `matrix` (4·C, nodes): from values at the nodes to coefficients by rising powers of the C cells. `between`
    (2·C, nodes): to the panel's polynomial at two places of each cell.
    """

    points: FloatArray
    nodes: int
    matrix: FloatArray
    between: FloatArray


_PLACES = np.array([0.0, 0.5 * np.cos(np.pi / 6)])  # in a cell from −½ to ½, where four Lobatto points let go most


@lru_cache(maxsize=len(_LENGTHS))
def _plan(cells: int) -> Plan:
    degree = _LENGTHS[cells]
    nodes, checks = _lobatto(degree), -np.cos(np.pi * (np.arange(degree) + 0.5) / degree)
    inside = 0.5 * _lobatto(DEGREE)
    middles = np.arange(cells) + 0.5

    def at(places: FloatArray) -> FloatArray:
        return _interpolation(nodes, (2.0 * (middles[:, None] + places) / cells - 1.0).ravel())

    powers = np.linalg.inv(np.vander(inside, DEGREE + 1, increasing=True))
    own = at(inside).reshape(cells, DEGREE + 1, degree + 1)
    matrix = np.concatenate([sum(power[k] * own[:, k] for k in range(DEGREE + 1)) for power in powers])
    points = 0.5 + 0.5 * np.concatenate([nodes, checks])
    return Plan(points, degree + 1, matrix, at(_PLACES))


def _lobatto(degree: int) -> FloatArray:
    """The Chebyshev–Lobatto points in [−1, 1], ascending."""
    points: FloatArray = -np.cos(np.pi * np.arange(degree + 1) / degree)
    return points


def _interpolation(nodes: FloatArray, points: FloatArray) -> FloatArray:
    """From values at Lobatto points to the polynomial at others (I, J), by the barycentric formula (Trefethen, ch. 5)."""
    weights = (-1.0) ** np.arange(len(nodes))
    weights[[0, -1]] *= 0.5
    gaps = points[:, None] - nodes
    same = gaps == 0.0
    terms = weights / np.where(same, 1.0, gaps)
    matrix = terms / terms.sum(axis=1, keepdims=True)
    found: FloatArray = np.where(same.any(axis=1, keepdims=True), same, matrix)
    return found


def made(quantile: Quantile, extent: Extent, panels: IntArray) -> FloatArray:
    """The coefficients (4, K, 64), by rising powers, of the cells of panels (K,); NaN where none holds."""
    cells = panels[:, None] * PANEL + np.arange(PANEL)
    found = np.full((DEGREE + 1, *cells.shape), np.nan)
    for length in _LENGTHS:
        short = cells.reshape(-1, length)
        known = found.reshape(DEGREE + 1, *short.shape)
        left = np.flatnonzero(np.isnan(known[0]).any(axis=1))
        if len(left):
            again, holds = _of_panels(quantile, extent(short[left, 0]), length)
            holds &= np.isnan(known[0, left])
            known[:, left] = np.where(holds, again, known[:, left])
    return found


def _of_panels(
    quantile: Quantile, extent: tuple[FloatArray, FloatArray, BoolArray], length: int
) -> tuple[FloatArray, BoolArray]:
    """The coefficients (4, K, C) of the cells of panels, and which of them hold, (K, C)."""
    (start, step, is_upper), plan = extent, _plan(length)
    probability = start[:, None] + (step * length)[:, None] * plan.points
    flags = np.broadcast_to(is_upper[:, None], probability.shape)
    values = quantile(probability.ravel(), flags.ravel()).reshape(probability.shape)
    with np.errstate(all="ignore"):
        about = values[:, :1]
        nodes, checks = values[:, : plan.nodes] - about, values[:, plan.nodes :] - about
        coefficients = _product(nodes, plan.matrix).reshape(len(start), DEGREE + 1, length).transpose(1, 0, 2)
        relative = start[:, None] / step[:, None] + np.arange(length) + 0.5  # the probability, in widths of a cell
        bound = (
            TOLERANCE * np.abs(coefficients[1] * relative)
            + _ROUNDINGS * np.spacing(np.abs(values).max(axis=1))[:, None]
        )
        beside = _product(nodes, plan.between).reshape(len(start), length, len(_PLACES))
        own = _evaluated(coefficients[..., None], _PLACES)
        holds = (np.abs(own - beside) <= bound[..., None]).all(axis=2)
        cell, place = np.divmod(plan.points[plan.nodes :] * length, 1.0)
        at = cell.astype(np.int64)
        error = np.abs(_evaluated(coefficients[:, :, at], place - 0.5) - checks)
        holds &= (error <= bound[:, at]).all(axis=1)[:, None]
        coefficients[0] += about
    return coefficients, holds & np.isfinite(coefficients).all(axis=0)


def _evaluated(coefficients: FloatArray, at: FloatArray) -> FloatArray:
    """Polynomials (4, …), by rising powers, at points."""
    value: FloatArray = coefficients[DEGREE] * at
    for row in coefficients[DEGREE - 1 : 0 : -1]:
        value = (value + row) * at
    total: FloatArray = value + coefficients[0]
    return total


def _product(rows: FloatArray, matrix: FloatArray) -> FloatArray:
    """`matrix` (I, J) times each of `rows` (K, J), (K, I); unlike BLAS, the same bits whichever rows stand beside."""
    total = np.zeros((len(rows), len(matrix)))
    for column, weights in zip(rows.T, matrix.T, strict=True):
        total += column[:, None] * weights
    return total
