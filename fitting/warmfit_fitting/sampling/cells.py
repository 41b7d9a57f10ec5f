"""`Cells`: the quantile function of a continuous distribution as polynomials, for many draws.

A uniform number is a random word. Its leading bits number one of 4096 equal cells of the unit interval, the rest say where
in the cell it lies, and each cell has a polynomial. Where none holds, as in the tails, a uniform number is a side
(the lower or the upper half) and the probability v in (0, ½) beyond the draw on that side: the leading bits of the double v,
its exponent and seven more, are the number of a cell, so that no search is needed and cells shrink with v as far into
the tails as uniform numbers reach. Cells are made when a draw first falls among them, from the distribution and their
numbers alone: a draw does not depend on those made before or beside it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from warmfit_fitting.arrays import BoolArray, FloatArray, IntArray, UintArray
from warmfit_fitting.sampling.pieces import DEGREE, PANEL, Extent, Quantile, made

_BITS = 12  # of a word, that number an equal cell
_EQUAL = 1 << _BITS
_FINE = 7  # bits of the mantissa that number a cell of an octave
_OCTAVES = 53  # v is at least 2**-54, and less than 1/2
_SIDE = _OCTAVES << _FINE  # cells of one side
_MANTISSA = 52
_FIRST = (1023 - 54) << _FINE  # the number of the first cell, among the leading bits of doubles
_ONE = 1023 << _MANTISSA
_BELOW_ONE = (1 << _MANTISSA) - 1


class Cells:
    """Draws from `lower`, the quantile of the probability below, and `upper`, that of the probability above."""

    def __init__(self, lower: Callable[[FloatArray], FloatArray], upper: Callable[[FloatArray], FloatArray]) -> None:
        def quantile(probability: FloatArray, is_upper: BoolArray) -> FloatArray:
            values = np.empty_like(probability)
            for chosen, side in ((~is_upper, lower), (is_upper, upper)):
                if chosen.any():
                    values[chosen] = side(probability[chosen])
            return values

        self._quantile = quantile
        self._equal = _Table(quantile, _equal_extent, _EQUAL, (0, _EQUAL - 1))
        self._octaves = _Table(quantile, _octave_extent, 2 * _SIDE)

    def write(self, words: UintArray, out: FloatArray) -> IntArray:
        """Write the draws of words (n,) whose equal cells have polynomials into `out` (n,); returns where none has."""
        return self._equal.draw((words >> np.uint64(64 - _BITS)).view(np.int64), _shares(words), out)

    def slowly(self, words: UintArray) -> FloatArray:
        """The draws (n,) of words (n,), by the cells of octaves, or by quantiles."""
        probability, cell = _placed(words)
        values = np.empty_like(probability)
        lost = self._octaves.draw(cell, _shares(probability.view(np.uint64) << np.uint64(_FINE)), values)
        if len(lost):
            values[lost] = self._quantile(probability[lost], cell[lost] >= _SIDE)
        return values


class _Table:
    """Polynomials of `cells` cells, a multiple of 64, which are made where they are wanted; never those of `left_out`."""

    def __init__(self, quantile: Quantile, extent: Extent, cells: int, left_out: tuple[int, ...] = ()) -> None:
        self._quantile, self._extent, self._left_out = quantile, extent, left_out
        self._rows = [np.full(cells, np.nan) for _ in range(DEGREE + 1)]  # NaN until a cell is made, or for good
        self._made = np.zeros(cells // PANEL, dtype=np.bool_)

    def draw(self, cell: IntArray, share: FloatArray, out: FloatArray) -> IntArray:
        """Write the polynomials' values into `out` (n,), and return where there are none."""
        lost = self._evaluate(cell, share, out)
        panel = cell[lost] // PANEL
        new = ~self._made[panel]
        if new.any():
            self._make(np.unique(panel[new]))
            lost = self._evaluate(cell, share, out)
        return lost

    def _evaluate(self, cell: IntArray, share: FloatArray, out: FloatArray) -> IntArray:
        self._rows[DEGREE].take(cell, out=out, mode="clip")  # any mode but "raise" writes without a buffer
        row = np.empty_like(out)
        for power in range(DEGREE - 1, -1, -1):
            out *= share
            out += self._rows[power].take(cell, out=row, mode="clip")
        return np.flatnonzero(np.isnan(out))

    def _make(self, panels: IntArray) -> None:
        """Make the cells of `panels` (K,); threads that do the same write the same."""
        found = made(self._quantile, self._extent, panels)
        for row, coefficients in zip(self._rows, found, strict=True):
            coefficients[np.isin(panels[:, None] * PANEL + np.arange(PANEL), self._left_out)] = np.nan
            row.reshape(-1, PANEL)[panels] = coefficients
        self._made[panels] = True


def _equal_extent(cells: IntArray) -> tuple[FloatArray, FloatArray, BoolArray]:
    """The probability beyond the draw at the start of equal cells, its growth, and on which side it is."""
    is_upper: BoolArray = cells >= _EQUAL // 2
    start = np.where(is_upper, _EQUAL - cells, cells) / _EQUAL
    return start, np.where(is_upper, -1.0, 1.0) / _EQUAL, is_upper


def _octave_extent(cells: NDArray[np.int64]) -> tuple[FloatArray, FloatArray, BoolArray]:
    """The least probability of cells of octaves, their widths, and on which side they are."""
    is_upper: BoolArray = cells >= _SIDE
    number = np.where(is_upper, cells - _SIDE, cells) + _FIRST
    low = (number << (_MANTISSA - _FINE)).view(np.float64)
    high = ((number + 1) << (_MANTISSA - _FINE)).view(np.float64)
    return low, high - low, is_upper


def _placed(words: UintArray) -> tuple[FloatArray, IntArray]:
    """The probability beyond each draw, in (0, ½), and the cell of an octave; upper cells follow lower ones."""
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


def _shares(words: UintArray) -> FloatArray:
    """Numbers from −½ to below ½ of the last 52 bits of words."""
    bits = words & np.uint64(_BELOW_ONE)
    bits |= np.uint64(_ONE)
    share = bits.view(np.float64)
    share -= 1.5
    return share
