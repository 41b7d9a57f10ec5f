"""Draws whose value at an offset depends on the seed alone, however a sample is split.

Uniform numbers come from Philox (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"), a counter-based
generator: number i is a function of the seed and i. A draw is the quantile of one uniform number.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import InvalidInput

_WORDS = 4  # 64-bit numbers for each step of Philox's counter


class Quantiles(Protocol):
    """What has a quantile function."""

    def ppf(self, q: ArrayLike) -> object:
        """The quantiles of probabilities."""
        ...


def uniforms(n: int, seed: int, offset: int = 0) -> FloatArray:
    """Uniform numbers `offset`, …, `offset` + n − 1 of a seed, (n,), all strictly between 0 and 1."""
    if n < 0 or offset < 0 or not 0 <= seed < 2**64:
        raise InvalidInput(f"n={n}, seed={seed}, offset={offset}; expected whole numbers from 0, a seed below 2**64")
    first, skipped = divmod(offset, _WORDS)
    steps = -(-(n + skipped) // _WORDS)
    words = np.random.Philox(key=seed, counter=first).random_raw(_WORDS * steps)[skipped : skipped + n]
    bits: FloatArray = (np.asarray(words) >> np.uint64(11)).astype(np.float64)
    return np.minimum((bits + 0.5) * 2.0**-53, 1.0 - 2.0**-53)  # the last one would be rounded to 1


def draw(distribution: Quantiles, n: int, seed: int, offset: int = 0) -> FloatArray:
    """Values `offset`, …, `offset` + n − 1 of the sample of a distribution that belongs to a seed, (n,)."""
    with np.errstate(all="ignore"):
        return np.asarray(distribution.ppf(uniforms(n, seed, offset)), dtype=np.float64)
