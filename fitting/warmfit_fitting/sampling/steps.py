"""`Steps`: the quantile function of a discrete distribution as a table of steps, for many draws.

Where k integers hold the mass, draws are looked up by a guide table (Chen & Asau 1974, "On generating random variates
from an empirical distribution", AIIE Transactions 6, 163–166): the unit interval is cut into equal cells, for each the
first integer that a draw in it can be is known, and few steps remain. Draws beyond the table, and in cells with many
steps, are quantiles by themselves; so all of them are what the quantile function says, exactly.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from warmfit_fitting.arrays import FloatArray, IntArray, UintArray
from warmfit_fitting.sampling.counter import uniform

_BITS = 12  # of a random word, that number a cell
_MOST_STEPS = 6  # in a cell that is guided


class Steps:
    """Draws by `quantile`, the smallest integer whose distribution function reaches a probability.

    `values` (K,): consecutive integers; `cdf` (K,): the distribution function at them. The first integer of a table is the
    first of the support, or draws up to it are looked up by `quantile`.
    """

    def __init__(
        self, values: FloatArray, cdf: FloatArray, quantile: Callable[[FloatArray], FloatArray], is_first: bool
    ) -> None:
        ends = np.searchsorted(cdf, np.arange((1 << _BITS) + 1) * 2.0**-_BITS)
        first, last = ends[:-1], ends[1:]
        guided = (last - first <= _MOST_STEPS) & (last < len(values)) & ((first > 0) | is_first)
        self._beyond = len(values)
        self._first = np.where(guided, first, self._beyond)
        self._values, self._cdf = np.append(values, np.nan), np.append(cdf, np.inf)
        self._quantile = quantile

    def write(self, words: UintArray, out: FloatArray) -> IntArray:
        """Write the draws of words (n,) in guided cells into `out` (n,); returns where others are."""
        probability = uniform(words)
        at = self._first.take((words >> np.uint64(64 - _BITS)).view(np.int64))
        short = np.flatnonzero(self._cdf.take(at) < probability)
        while len(short):
            at[short] += 1
            short = short[self._cdf.take(at[short]) < probability[short]]
        self._values.take(at, out=out, mode="clip")
        return np.flatnonzero(at == self._beyond)

    def slowly(self, words: UintArray) -> FloatArray:
        """The draws (n,) of words (n,), by quantiles."""
        return self._quantile(uniform(words))
