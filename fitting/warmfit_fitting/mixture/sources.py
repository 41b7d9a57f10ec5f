"""What a mixture is fitted to: rows in memory, the summary of a column, or rows elsewhere that are folded where they
lie.

A `Source` answers two questions, each with one pass: what the columns are about (`survey`), and what the sums over
all rows are at given coefficients (`fold`). `survey_rows` and `sums.fold` answer them for some of the rows, and their
answers merge, so that a source over partitions maps the one and reduces with the other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from typing import Protocol

import numpy as np

from warmfit_fitting.arrays import FloatArray, UintArray
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.mixture.sums import Standard, Sums, fold
from warmfit_fitting.summary.column import ColumnSummary

SAMPLE = 8192  # different rows, at most, on which a fit begins
BLOCK = 1 << 18  # rows surveyed in one go
_MULTIPLIERS = tuple(np.uint64(m) for m in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


@dataclass(frozen=True, eq=False)
class Survey:
    """What is known of some rows of d columns: `n` rows of total `weight`, `n_missing` others with a NaN in some
    column.

    `mean`, `m2` (d,): of each column, and the weighted sum of squared deviations. `rows` (m, d): the different rows
    with the least hashes, `SAMPLE` of them at most, and all there are where they are fewer; `count`, `rows_weight`
    (m,): how many rows are equal to each, and their weight.
    """

    n: int
    n_missing: int
    weight: float
    mean: FloatArray
    m2: FloatArray
    rows: FloatArray
    count: FloatArray
    rows_weight: FloatArray

    def merge(self, other: Survey) -> Survey:
        """The survey of both sets of rows; commutative and associative up to rounding."""
        weight = self.weight + other.weight
        share = other.weight / weight if weight > 0 else 0.0
        gap = np.where(other.weight > 0, other.mean - self.mean, 0.0) if self.weight > 0 else other.mean - self.mean
        both = (np.concatenate([getattr(s, part) for s in (self, other)]) for part in ("rows", "count", "rows_weight"))
        return Survey(
            self.n + other.n, self.n_missing + other.n_missing, weight,
            self.mean + gap * share, self.m2 + other.m2 + gap**2 * self.weight * share, *_least(*both),
        )  # fmt: skip

    @property
    def is_complete(self) -> bool:
        """Whether the rows that are held are all there are."""
        return int(self.count.sum()) == self.n

    def standard(self) -> Standard:
        """The units in which a mixture is fitted; raises `InvalidInput` for a column of one value."""
        if self.n == 0:
            raise InvalidInput(f"no rows without missing values ({self.n_missing} with some); give rows to fit")
        with np.errstate(all="ignore"):
            spread = np.sqrt(self.m2 / self.weight)
        wrong = np.flatnonzero(~(spread > 1e-13 * np.abs(self.mean)) | ~np.isfinite(spread))
        if len(wrong):
            raise InvalidInput(
                f"column {int(wrong[0])} is constant ({self.mean[wrong[0]]:g}), or varies less than doubles can tell, or "
                "more than they can hold; leave it out"
            )
        return Standard(self.mean, spread)

    def resolutions(self) -> FloatArray:
        """The unit (d,) to which each column is rounded: the least gap where values repeat, 0 where they do not."""
        found = np.zeros(len(self.mean))
        for j, column in enumerate(self.rows.T):
            values = np.unique(column)
            if 1 < len(values) <= self.count.sum() / 2:
                found[j] = np.diff(values).min()
        return found


class Source(Protocol):
    """Rows of d columns, wherever they are."""

    def survey(self) -> Survey:
        """What the columns are about."""
        ...

    def fold(self, coefficients: FloatArray, standard: Standard) -> Sums:
        """The sums over all rows without missing values, of a mixture of these coefficients (q, K)."""
        ...


class RowSource:
    """Rows (n, d) in memory, with `weights` (n,), how many rows each stands for; all 1 for None.

    Rows with a NaN are left out and counted; infinities raise `InvalidInput`.
    """

    def __init__(self, rows: FloatArray, weights: FloatArray | None = None) -> None:
        self.rows, self.weights, self.n_missing = known_rows(rows, weights)

    def survey(self) -> Survey:
        """What the columns are about."""
        parts = [
            survey_rows(self.rows[start : start + BLOCK], _part(self.weights, start))
            for start in range(0, max(len(self.rows), 1), BLOCK)
        ]
        return replace(reduce(Survey.merge, parts), n_missing=self.n_missing)

    def fold(self, coefficients: FloatArray, standard: Standard) -> Sums:
        """The sums over all rows."""
        return fold(self.rows, self.weights, standard, coefficients)


class SummarySource:
    """The rows behind a column's summary: values that are kept, and two nodes a bin at mean ± standard deviation.

    The nodes have the weight, the mean and the second moment of what lies in the bin. Raises `InvalidInput` for a
    column with censored or truncated rows.
    """

    def __init__(self, summary: ColumnSummary) -> None:
        if summary.incomplete is not None:
            raise InvalidInput("the column has censored or truncated rows, which a mixture cannot take; leave them out")
        tally = summary.observed
        deviation = np.sqrt(tally.m2 / np.where(tally.count > 0, tally.count, 1.0))
        places = np.concatenate([tally.atoms, tally.mean - deviation, tally.mean + deviation])
        weights = np.concatenate([tally.atom_count, tally.count / 2, tally.count / 2])
        held = weights > 0
        self._summary = summary
        self._rows = places[held][:, None]
        self._weights = weights[held] * (summary.size / summary.weight)

    def survey(self) -> Survey:
        """What the column is about, its nodes the rows."""
        s = self._summary
        mean, m2 = np.array([s.moments.mean]), np.array([s.moments.m2]) * (s.size / s.weight)
        return Survey(s.n, s.n_missing, s.size, mean, m2, self._rows, self._counts(), self._weights)

    def _counts(self) -> FloatArray:
        """Rows behind each node, which sum up to all."""
        return np.asarray(self._weights * (self._summary.n / self._weights.sum()))

    def fold(self, coefficients: FloatArray, standard: Standard) -> Sums:
        """The sums over all rows."""
        return fold(self._rows, self._weights, standard, coefficients)


def known_rows(rows: FloatArray, weights: FloatArray | None) -> tuple[FloatArray, FloatArray | None, int]:
    """Rows (n, d) without missing values and of some weight, their weights, and how many have a NaN."""
    if rows.ndim != 2 or not rows.shape[1]:
        raise InvalidInput(f"an array of shape {rows.shape}; expected rows of at least one column, (n, d)")
    missing = np.isnan(rows).any(axis=1)
    if np.isinf(rows).any():
        raise InvalidInput("a row holds an infinity; drop such rows, or mark them as missing with NaN")
    kept = ~missing
    if weights is not None:
        if weights.shape != (len(rows),) or not (np.isfinite(weights).all() and (weights >= 0).all()):
            raise InvalidInput(f"weights of shape {weights.shape}; expected a finite number from 0 for each row")
        kept &= weights > 0
    if kept.all():
        return rows, weights, 0
    return rows[kept], None if weights is None else weights[kept], int(missing.sum())


def survey_rows(rows: FloatArray, weights: FloatArray | None = None) -> Survey:
    """The survey of rows (n, d) without missing values."""
    n, d = rows.shape
    if not n:
        nothing = np.zeros(0)
        return Survey(0, 0, 0.0, np.zeros(d), np.zeros(d), rows, nothing, nothing)
    w = np.ones(n) if weights is None else weights
    total = float(w.sum())
    anchor = rows[0]
    mean = anchor + (w @ (rows - anchor)) / total
    away = rows - mean
    return Survey(n, 0, total, mean, w @ (away * away), *_least(rows, np.ones(n), w))


def _least(rows: FloatArray, count: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The different rows with the least hashes, in the order of these, with how many there are of each and their
    weight."""
    hashes = _hashed(rows)
    if len(rows) > 4 * SAMPLE:
        bound = np.partition(hashes, 4 * SAMPLE)[4 * SAMPLE]
        low = hashes <= bound
        if len(np.unique(hashes[low])) >= SAMPLE:
            rows, count, weight, hashes = rows[low], count[low], weight[low], hashes[low]
    different, first, group = np.unique(hashes, return_index=True, return_inverse=True)
    kept = min(len(different), SAMPLE)
    counts, weights = (
        np.bincount(group, values, len(different)).astype(np.float64)[:kept] for values in (count, weight)
    )
    return rows[first[:kept]], counts, weights


def _hashed(rows: FloatArray) -> UintArray:
    """A hash (n,) of the values of each row, the same wherever the row stands: the finalizer of SplitMix64, by column.

    Steele, Lea & Flood 2014, "Fast splittable pseudorandom number generators", OOPSLA.
    """
    mixed = np.full(len(rows), 1, dtype=np.uint64)
    for column in rows.T:
        mixed += np.ascontiguousarray(column + 0.0).view(np.uint64)
        mixed += _MULTIPLIERS[0]
        for shift, multiplier in ((30, _MULTIPLIERS[1]), (27, _MULTIPLIERS[2])):
            mixed ^= mixed >> np.uint64(shift)
            mixed *= multiplier
        mixed ^= mixed >> np.uint64(31)
    return mixed


def _part(weights: FloatArray | None, start: int) -> FloatArray | None:
    return None if weights is None else weights[start : start + BLOCK]
