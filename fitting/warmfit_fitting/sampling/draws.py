"""Draws from distributions, block after block."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from warmfit_fitting.arrays import FloatArray, UintArray
from warmfit_fitting.sampling.counter import blocks_of_words, check_range

_BLOCK = 1 << 17  # words made in one go


class Inverse(Protocol):
    """What turns random words into draws, each word by itself."""

    def draw(self, words: UintArray, out: FloatArray) -> None:
        """Write the draws that belong to random words (n,) into `out` (n,)."""
        ...


class Invertible(Protocol):
    """A distribution that can be drawn from."""

    @property
    def inverse(self) -> Inverse:
        """What turns random words into draws, kept with the distribution."""
        ...


def draw(distribution: Invertible, n: int, seed: int, offset: int = 0) -> FloatArray:
    """Values `offset`, …, `offset` + n − 1 of the sample of a distribution that belongs to a seed, (n,)."""
    check_range(n, seed, offset)
    values, inverse = np.empty(n), distribution.inverse
    with np.errstate(all="ignore"):
        for start, words in zip(range(0, n, _BLOCK), blocks_of_words(n, seed, offset, _BLOCK), strict=True):
            inverse.draw(words, values[start : start + _BLOCK])
    return values


def random_draws(
    inverse: Inverse, size: int | tuple[int, ...], random_state: int | np.random.Generator | None
) -> FloatArray:
    """Draws of the given size that belong to the words which a generator gives next."""
    generator = np.random.default_rng(random_state)
    values = np.empty(size)
    flat = values.reshape(-1)
    with np.errstate(all="ignore"):
        for start in range(0, len(flat), _BLOCK):
            part = flat[start : start + _BLOCK]
            inverse.draw(generator.integers(0, 2**64, len(part), dtype=np.uint64), part)
    return values
