"""Cross-products of several columns that merge: for each pair the rows with both, their means and sums about these.

Formulas: Chan, Golub & LeVeque (1979), "Updating formulae and a pairwise algorithm for computing sample variances";
Pébay (2008), "Formulas for robust, one-pass parallel computation of covariances and arbitrary-order statistical
moments", Sandia report SAND2008-6212.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from warmfit_fitting.arrays import FloatArray

BLOCK = 1 << 16  # rows multiplied at a time


@dataclass(frozen=True, slots=True, eq=False)
class CrossProducts:
    """Of C columns, over the rows that have both of a pair, all (C, C) float64.

    `count[j, k]`: those rows; symmetric. `mean[j, k]`: the mean of column j over them. `square[j, k]`: Σ(x_j − mean[j, k])²
    over them. `product[j, k]`: Σ(x_j − mean[j, k])(x_k − mean[k, j]); symmetric. Diagonals are those of single columns.
    """

    count: FloatArray
    mean: FloatArray
    square: FloatArray
    product: FloatArray

    @classmethod
    def none(cls, columns: int) -> CrossProducts:
        """Those of no rows."""
        return cls(*(np.zeros((columns, columns)) for _ in range(4)))

    @classmethod
    def of(cls, rows: FloatArray) -> CrossProducts:
        """Those of `rows` (N, C), NaN where a value is missing."""
        found = cls.none(rows.shape[1])
        for start in range(0, len(rows), BLOCK):
            found = found.merge(cls._of_block(rows[start : start + BLOCK]))
        return found

    @classmethod
    def _of_block(cls, rows: FloatArray) -> CrossProducts:
        there = ~np.isnan(rows)
        if there.all():
            return cls._of_complete(rows)
        known = there.astype(np.float64)
        count = known.T @ known
        anchor = np.array([_anchor(column[here]) for column, here in zip(rows.T, there.T, strict=True)])
        deviation = np.where(there, rows - anchor, 0.0)
        some = np.maximum(count, 1.0)
        with np.errstate(over="ignore", invalid="ignore"):
            shift = deviation.T @ known / some  # of column j over the rows that have k too
            square = (deviation**2).T @ known - shift**2 * count
            product = deviation.T @ deviation - shift * shift.T * count
            mean = np.where(count > 0, anchor[:, None] + shift, 0.0)
        return cls(count, mean, np.maximum(square, 0.0), product)

    @classmethod
    def _of_complete(cls, rows: FloatArray) -> CrossProducts:
        n, columns = rows.shape
        if not n:
            return cls.none(columns)
        with np.errstate(over="ignore", invalid="ignore"):
            anchor = rows[n // 2]
            mean = anchor + (rows - anchor).mean(axis=0)
            deviation = rows - mean
            left = deviation.mean(axis=0)  # what rounding the mean left
            product = deviation.T @ deviation - n * np.outer(left, left)
        square = np.broadcast_to(np.diag(product)[:, None], product.shape).copy()
        return cls(np.full(product.shape, float(n)), np.tile(mean[:, None], columns), square, product)

    @property
    def size(self) -> int:
        """The number of columns."""
        return len(self.count)

    def merge(self, other: CrossProducts) -> CrossProducts:
        """Those of both sets of rows; the order of the two does not change a bit, other groupings only the rounding."""
        a, b = sorted((self, other), key=lambda part: part.key)
        n = a.count + b.count
        some = np.maximum(n, 1.0)
        with np.errstate(over="ignore", invalid="ignore"):
            gap = np.where((a.count > 0) & (b.count > 0), b.mean - a.mean, 0.0)
            mean = np.where(a.count > 0, np.where(b.count > 0, a.mean + gap * (b.count / some), a.mean), b.mean)
            share = a.count * (b.count / some)
            square = a.square + b.square + gap * gap * share
            product = a.product + b.product + gap * gap.T * share
        return CrossProducts(n, mean, square, product)

    @property
    def key(self) -> tuple[float, bytes]:
        """What puts two of them in one order, whichever comes first."""
        return float(np.trace(self.count)), b"".join(np.ascontiguousarray(a, "<f8").tobytes() for a in self.arrays)

    @property
    def arrays(self) -> tuple[FloatArray, ...]:
        """All that it holds."""
        return self.count, self.mean, self.square, self.product

    def covariance(self, bias: bool = False) -> FloatArray:
        """The covariances (C, C), divided by the rows of each pair, less one unless `bias`; NaN where there are too few."""
        divisor = self.count if bias else self.count - 1.0
        with np.errstate(all="ignore"):
            return np.where(divisor > 0, self.product / divisor, np.nan)

    def correlation(self) -> FloatArray:
        """Pearson's correlations (C, C) over the rows of each pair; NaN where a column is constant over them."""
        with np.errstate(all="ignore"):
            found = self.product / np.sqrt(self.square) / np.sqrt(self.square.T)
        found = np.clip(np.where(np.isfinite(found), found, np.nan), -1.0, 1.0)
        np.fill_diagonal(found, 1.0)
        return found

    def taken(self, at: list[int]) -> CrossProducts:
        """Those of some of the columns, in that order."""
        return CrossProducts(*(np.ascontiguousarray(a[np.ix_(at, at)]) for a in self.arrays))


def _anchor(values: FloatArray) -> float:
    """A value about which sums do not cancel: the mean, or 0 where there are none."""
    if not len(values):
        return 0.0
    middle = float(values[len(values) // 2])
    with np.errstate(over="ignore"):
        found = middle + float((values - middle).mean())
    return found if np.isfinite(found) else middle


def blocks(size: int, length: int = BLOCK) -> Iterator[slice]:
    """Slices that cover `size` rows."""
    return (slice(a, b) for a, b in pairwise([*range(0, size, length), size]))
