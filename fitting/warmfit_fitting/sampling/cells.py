"""`Cells`: the quantile function of a continuous distribution as polynomials, for many draws.

A uniform number is a side (the lower or the upper half) and the probability v in (0, ½) beyond the draw on that side. The
leading bits of the double v, its exponent and seven more, are the number of a cell, so that no search is needed and
cells shrink with v as far into the tails as uniform numbers reach. In each cell stands the polynomial of degree 3
through the quantiles at four Chebyshev–Lobatto points (Trefethen 2013, Approximation Theory and Approximation Practice,
ch. 2 and 8). It is checked at four points between them. A cell is made when a draw first falls into it, from the
distribution and the number of the cell alone: a draw does not depend on those made before or beside it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from warmfit_fitting.arrays import BoolArray, FloatArray, IntArray, UintArray

TOLERANCE = 1e-9
"""How far a polynomial's draw may be from the quantile, relative to the probability beyond it; nearer than any sample
of fewer than 10¹⁸ rows could tell. Draws in a cell that does not reach this are the quantiles themselves."""

Quantile = Callable[[FloatArray], FloatArray]

_DEGREE = 3
_FINE = 7  # bits of the mantissa that number a cell
_OCTAVES = 53  # v is at least 2**-54, and less than 1/2
_SIDE = _OCTAVES << _FINE  # cells of one side
_MANTISSA = 52
_FIRST = (1023 - 54) << _FINE  # the number of the first cell, among the leading bits of doubles
_ONE = np.int64(1023 << _MANTISSA)
_BELOW_ONE = np.int64((1 << _MANTISSA) - 1)
_ROUNDINGS = 16.0  # of a value, which are no error of a polynomial
_NODES = -0.5 * np.cos(np.pi * np.arange(_DEGREE + 1) / _DEGREE)  # in a cell that reaches from −½ to ½
_CHECKS = np.array([-0.48, -0.32, 0.16, 0.42])
_INVERSE: FloatArray = np.linalg.inv(np.vander(_NODES, increasing=True)).astype(np.float64)
_POWERS: FloatArray = np.vander(_CHECKS, _DEGREE + 1, increasing=True)
_SLOPES: FloatArray = np.arange(1.0, _DEGREE + 1) * _POWERS[:, :-1]


class Cells:
    """Draws from `lower`, the quantile of the probability below, and `upper`, that of the probability above."""

    def __init__(self, lower: Quantile, upper: Quantile) -> None:
        self._sides = lower, upper
        self._coefficients = np.full((_DEGREE + 1, 2 * _SIDE), np.nan)  # NaN until a cell is made, or for good
        self._made = np.zeros(2 * _SIDE, dtype=np.bool_)

    def draw(self, words: UintArray) -> FloatArray:
        """The draws (n,) that belong to random words (n,)."""
        probability, cell = _placed(words)
        share = _shares(probability)
        values = self._evaluate(cell, share)
        lost = np.flatnonzero(np.isnan(values))
        if len(lost):
            values[lost] = self._found(probability[lost], cell[lost], share[lost])
        return values

    def _evaluate(self, cell: IntArray, share: FloatArray) -> FloatArray:
        values: FloatArray = self._coefficients[_DEGREE].take(cell)
        for row in self._coefficients[_DEGREE - 1 :: -1]:
            values *= share
            values += row.take(cell)
        return values

    def _found(self, probability: FloatArray, cell: IntArray, share: FloatArray) -> FloatArray:
        """Draws in cells that are not made yet, or have no polynomial."""
        wanted = np.unique(cell)
        new = wanted[~self._made[wanted]]
        if len(new):
            self._make(new)
        values = self._evaluate(cell, share)
        for side, quantile in enumerate(self._sides):
            left = np.flatnonzero(np.isnan(values) & ((cell >= _SIDE) == bool(side)))
            if len(left):
                values[left] = quantile(probability[left])
        return values

    def _make(self, cells: IntArray) -> None:
        """Fit the polynomials of `cells` (K,), ascending; threads that do the same write the same."""
        low, width = _extent(cells)
        points = np.concatenate([_NODES, _CHECKS])
        probability = low[:, None] + width[:, None] * (0.5 + points)
        values = np.empty_like(probability)
        for side, quantile in zip((cells < _SIDE, cells >= _SIDE), self._sides, strict=True):
            if side.any():
                values[side] = quantile(probability[side].ravel()).reshape(-1, len(points))
        coefficients, holds = _fitted(values, probability[:, _DEGREE + 1 :] / width[:, None])
        self._coefficients[:, cells[holds]] = coefficients[holds].T
        self._made[cells] = True


def _fitted(values: FloatArray, relative: FloatArray) -> tuple[FloatArray, BoolArray]:
    """The coefficients (K, 4), by rising powers, through `values` (K, 4 + 4), and whether they hold at the checks.

    `relative`: the probability at each check, in widths of the cell.
    """
    with np.errstate(all="ignore"):
        about = values[:, :1]
        nodes, checks = values[:, : _DEGREE + 1] - about, values[:, _DEGREE + 1 :] - about
        coefficients = _product(nodes, _INVERSE)
        error = np.abs(_product(coefficients, _POWERS) - checks)
        slope = np.abs(_product(coefficients[:, 1:], _SLOPES)) * relative  # by the log of the probability
        bound = TOLERANCE * slope + _ROUNDINGS * np.spacing(np.abs(values[:, _DEGREE + 1 :]))
        coefficients[:, 0] += about[:, 0]
    holds: BoolArray = np.all(error <= bound, axis=1) & np.all(np.isfinite(coefficients), axis=1)
    return coefficients, holds


def _product(rows: FloatArray, matrix: FloatArray) -> FloatArray:
    """`matrix` (I, J) times each of `rows` (K, J), (K, I); unlike BLAS, the same bits whichever rows stand beside."""
    total = np.zeros((len(rows), len(matrix)))
    for column, weights in zip(rows.T, matrix.T, strict=True):
        total += column[:, None] * weights
    return total


def _placed(words: UintArray) -> tuple[FloatArray, IntArray]:
    """The probability beyond each draw, in (0, ½), and the cell in which it lies; upper cells follow lower ones."""
    signed = words.view(np.int64)
    side = signed >> 63  # all bits of it are the leading bit of the word
    probability = ((signed ^ side) >> 11).astype(np.float64)
    probability += 0.5
    probability *= 2.0**-53
    cell = probability.view(np.int64) >> (_MANTISSA - _FINE)
    cell -= _FIRST
    side &= _SIDE
    cell += side
    return probability, cell


def _shares(probability: FloatArray) -> FloatArray:
    """How far each probability lies from the middle of its cell, in widths of the cell."""
    bits = probability.view(np.int64) << _FINE
    bits &= _BELOW_ONE
    bits |= _ONE
    share = bits.view(np.float64)
    share -= 1.5
    return share


def _extent(cells: NDArray[np.int64]) -> tuple[FloatArray, FloatArray]:
    """The least probability of each cell, and its width."""
    number = np.where(cells >= _SIDE, cells - _SIDE, cells) + _FIRST
    low = (number << (_MANTISSA - _FINE)).view(np.float64)
    high = ((number + 1) << (_MANTISSA - _FINE)).view(np.float64)
    return low, high - low
