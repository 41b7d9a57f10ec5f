"""Draws from distributions, in blocks that stay in a processor's cache."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Protocol

import numpy as np

from warmfit_fitting.arrays import FloatArray, IntArray, UintArray
from warmfit_fitting.sampling.counter import blocks_of_words, check_range

_BLOCK = 1 << 14  # draws made in one go
_BLOCKS = 8  # after which the few draws that took longer are made, all of them in one go


class Inverse(Protocol):
    """What turns random words into draws, each word by itself."""

    def write(self, words: UintArray, out: FloatArray) -> IntArray:
        """Write the draws that belong to random words (n,) into `out` (n,); returns where that is left to `slowly`."""
        ...

    def slowly(self, words: UintArray) -> FloatArray:
        """The draws (n,) that belong to words (n,) which `write` has left."""
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
    values = np.empty(n)
    _fill(values, distribution.inverse, blocks_of_words(n, seed, offset, _BLOCK))
    return values


def random_draws(
    inverse: Inverse, size: int | tuple[int, ...], random_state: int | np.random.Generator | None
) -> FloatArray:
    """Draws of the given size that belong to the words which a generator gives next."""
    generator = np.random.default_rng(random_state)
    values = np.empty(size)
    sizes = (min(_BLOCK, values.size - start) for start in range(0, values.size, _BLOCK))
    _fill(values.reshape(-1), inverse, (generator.integers(0, 2**64, size, dtype=np.uint64) for size in sizes))
    return values


def _fill(values: FloatArray, inverse: Inverse, blocks: Iterable[UintArray]) -> None:
    """Write the draws that belong to blocks of words into `values` (n,)."""
    rest = iter(blocks)
    for start in range(0, len(values), _BLOCK * _BLOCKS):
        _fill_some(values[start : start + _BLOCK * _BLOCKS], inverse, islice(rest, _BLOCKS))


def _fill_some(values: FloatArray, inverse: Inverse, blocks: Iterator[UintArray]) -> None:
    left, words_left = [], []
    with np.errstate(all="ignore"):
        for start, words in zip(range(0, len(values), _BLOCK), blocks, strict=True):
            lost = inverse.write(words, values[start : start + _BLOCK])
            left.append(lost + start)
            words_left.append(words[lost])
        where = np.concatenate(left)
        if len(where):
            values[where] = inverse.slowly(np.concatenate(words_left))
