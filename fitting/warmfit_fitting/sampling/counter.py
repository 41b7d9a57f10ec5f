"""Counted uniform numbers: number i of a seed is a function of the seed and i.

They come from PCG64DXSM (O'Neill 2014, "PCG: a family of simple fast space-efficient statistically good algorithms for
random number generation", with the output function that NumPy recommends for many streams), a congruential generator of
128 bits that jumps to any place of its stream in a few steps. Its words, and `SeedSequence`, which starts it from the
seed, are the same on every machine and in every release of NumPy, which `Generator`'s own methods are not.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import ndtri

from warmfit_fitting.arrays import FloatArray, UintArray
from warmfit_fitting.errors import InvalidInput

MAX_SEED = 2**64 - 1
MAX_ROWS = 2**63 - 1


def check_range(n: int, seed: int, offset: int = 0) -> None:
    """Raise `InvalidInput` unless `n` numbers of a seed, from `offset` on, are counted."""
    if n < 0 or offset < 0 or offset + n > MAX_ROWS or not 0 <= seed <= MAX_SEED:
        raise InvalidInput(
            f"n={n}, seed={seed}, offset={offset}; expected whole numbers from 0, a seed below 2**64 and rows below 2**63"
        )


def words(n: int, seed: int, offset: int = 0) -> UintArray:
    """Random words `offset`, …, `offset` + n − 1 of a seed, (n,), 64 bits each; raises `InvalidInput`."""
    return next(blocks_of_words(n, seed, offset, max(n, 1)), np.empty(0, dtype=np.uint64))


def blocks_of_words(n: int, seed: int, offset: int, size: int) -> Iterator[UintArray]:
    """The same words, `size` at a time; raises `InvalidInput`."""
    check_range(n, seed, offset)
    stream = np.random.PCG64DXSM(seed)
    stream.advance(offset)
    for start in range(0, n, size):
        yield np.asarray(stream.random_raw(min(size, n - start)))


def uniform(words: UintArray) -> FloatArray:
    """The uniform numbers (n,) of random words (n,): the middles of 2⁵³ equal intervals, rounded to doubles below 1."""
    bits: FloatArray = (words >> np.uint64(11)).astype(np.float64)
    return np.minimum((bits + 0.5) * 2.0**-53, 1.0 - 2.0**-53)  # the last one would be rounded to 1


def uniforms(n: int, seed: int, offset: int = 0) -> FloatArray:
    """Uniform numbers `offset`, …, `offset` + n − 1 of a seed, (n,), all strictly between 0 and 1."""
    return uniform(words(n, seed, offset))


def normals(n: int, seed: int, offset: int = 0) -> FloatArray:
    """Standard normal numbers `offset`, …, `offset` + n − 1 of a seed, (n,): the quantiles of `uniforms`."""
    return np.asarray(ndtri(uniforms(n, seed, offset)), dtype=np.float64)
