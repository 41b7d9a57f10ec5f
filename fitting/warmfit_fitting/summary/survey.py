"""The first pass over a column: what must be known before its rows can be counted.

A `Survey` merges, and depends on the rows alone, never on their order or split. It keeps the distinct values with the
smallest hashes ("bottom-k", Bar-Yossef et al. 2002; Cohen & Kaplan 2007) and their exact counts: where a column has at
most `EXACT_LIMIT` distinct values these are all of them, and otherwise a sample of values whose quantiles anchor the grid.
The hash is XXH64 of the value's eight bytes, which SQL engines have built in, so that every source draws the same sample.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from warmfit_fitting.arrays import FloatArray, UintArray
from warmfit_fitting.summary.grid import Grid
from warmfit_fitting.summary.moments import Moments

EXACT_LIMIT = 4096
ATOM_SHARE = 1 / 1000  # a value with more than this share of the weight is kept alone
HASH_SEED = 42


@dataclass(frozen=True, slots=True)
class Runs:
    """Distinct `values` (D,) in ascending order and the total `count` (D,) of rows, or weight, at each."""

    values: FloatArray
    count: FloatArray

    @classmethod
    def of(cls, values: FloatArray, weights: FloatArray | None = None) -> Runs:
        """The runs of finite `values` (N,), with `weights` (N,) or 1 each."""
        if weights is None:
            ordered = np.sort(values + 0.0)  # + 0.0 makes one zero of the two
            first = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])[: len(ordered)])
            return cls(ordered[first], np.diff(first, append=len(ordered)).astype(np.float64))
        carrying = weights > 0
        values, weights = values[carrying] + 0.0, weights[carrying]
        order = np.lexsort((weights, values))  # equal values are added in one order, whatever the rows' order
        ordered = values[order]
        first = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])[: len(ordered)])
        count = np.add.reduceat(weights[order], first) if len(first) else np.zeros(0)
        return cls(ordered[first], count)

    @classmethod
    def join(cls, parts: Iterable[Runs]) -> Runs:
        """The runs of all `parts` together."""
        filled = [part for part in parts if len(part)]
        if len(filled) < 2:
            return filled[0] if filled else cls(np.zeros(0), np.zeros(0))
        return cls.of(np.concatenate([p.values for p in filled]), np.concatenate([p.count for p in filled]))

    def __len__(self) -> int:
        return len(self.values)

    def where(self, chosen: np.ndarray) -> Runs:
        """The runs that `chosen` (a mask or index array) picks."""
        return Runs(self.values[chosen], self.count[chosen])


@dataclass(frozen=True, slots=True)
class Survey:
    """What the first pass knows of a column.

    `n_rows`, `n_missing`: rows used and dropped. `minimum`, `maximum`: exact. `integral`: every value is an integer.
    `sample`: the distinct values with the smallest hashes, counted exactly; all of them when `complete`.
    `candidates`: every value that may carry more than `ATOM_SHARE` of the weight.
    """

    n_rows: int
    n_missing: int
    moments: Moments
    minimum: float
    maximum: float
    integral: bool
    sample: Runs
    complete: bool
    candidates: FloatArray

    @classmethod
    def of(cls, runs: Runs, n_rows: int, n_missing: int = 0) -> Survey:
        """The survey of one block of rows."""
        if not len(runs):
            nothing = np.zeros(0)
            return cls(n_rows, n_missing, Moments(), np.inf, -np.inf, True, runs, True, nothing)
        sample, complete = _smallest_hashes(runs)
        heavy = runs.values[runs.count > ATOM_SHARE * runs.count.sum()]
        integral = bool(np.all(runs.values == np.rint(runs.values)))
        low, high = float(runs.values[0]), float(runs.values[-1])
        moments = Moments.of(runs.values, runs.count)
        return cls(n_rows, n_missing, moments, low, high, integral, sample, complete, heavy)

    def merge(self, other: Survey) -> Survey:
        """The survey of both blocks of rows together."""
        sample, fits = _smallest_hashes(Runs.join([self.sample, other.sample]))
        return Survey(
            self.n_rows + other.n_rows,
            self.n_missing + other.n_missing,
            self.moments.merge(other.moments),
            min(self.minimum, other.minimum),
            max(self.maximum, other.maximum),
            self.integral and other.integral,
            sample,
            fits and self.complete and other.complete,
            np.union1d(self.candidates, other.candidates),
        )

    def grid(self) -> Grid:
        """The grid for these rows: exact extremes, and median and half the interquartile range of the sample."""
        centre, spread = _anchors(self.sample, self.maximum - self.minimum)
        return Grid(self.minimum, self.maximum, centre, spread, integral=self.integral)


def xxh64(values: FloatArray) -> UintArray:
    """XXH64 of each float64's bit pattern, seed 42 (Collet, xxHash specification 0.2, the 8-byte case)."""
    p1, p2, p3, p4, p5 = (
        np.uint64(p)
        for p in (
            0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5,
        )
    )  # fmt: skip
    with np.errstate(over="ignore"):
        k = _rotate(np.ascontiguousarray(values).view(np.uint64) * p2, 31) * p1
        start = np.uint64(HASH_SEED) + p5 + np.uint64(8)
        h = _rotate(start ^ k, 27) * p1 + p4
        h = (h ^ (h >> np.uint64(33))) * p2
        h = (h ^ (h >> np.uint64(29))) * p3
        return h ^ (h >> np.uint64(32))


def _rotate(x: UintArray, bits: int) -> UintArray:
    return (x << np.uint64(bits)) | (x >> np.uint64(64 - bits))


def _smallest_hashes(runs: Runs) -> tuple[Runs, bool]:
    """The `EXACT_LIMIT` runs with the smallest hashes, in order of value, and whether these are all.

    A value among the smallest hashes of a union is among the smallest of each side that has it, so counts stay exact.
    """
    if len(runs) <= EXACT_LIMIT:
        return runs, True
    smallest = np.argpartition(xxh64(runs.values), EXACT_LIMIT - 1)[:EXACT_LIMIT]
    return runs.where(np.sort(smallest)), False


def _anchors(sample: Runs, extent: float) -> tuple[float, float]:
    """Median and half the interquartile range of the sample, or of a wider range where ties leave that at zero."""
    cumulative = np.cumsum(sample.count) / sample.count.sum()

    def quantile(p: float) -> float:
        return float(sample.values[min(int(np.searchsorted(cumulative, p)), len(sample) - 1)])

    for tail in (0.25, 0.1, 0.025, 0.005):
        spread = quantile(1 - tail) / 2 - quantile(tail) / 2
        if spread > 0:
            return quantile(0.5), spread
    return quantile(0.5), max(min(extent, 1e308) / 16, np.finfo(float).tiny)
