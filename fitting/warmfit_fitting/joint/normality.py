"""Tests of whether rows come from a multivariate normal distribution, on the rows that have every column.

Mardia (1970), "Measures of multivariate skewness and kurtosis with applications", Biometrika 57, 519–530: from third
moments and squared distances, which are sums over rows. Henze & Zirkler (1990), "A class of invariant consistent tests for
multivariate normality", Communications in Statistics – Theory and Methods 19, 3595–3617: from all pairs of rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import linalg, special

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.joint.products import blocks

MOST_ROWS = 20_000  # of which all pairs are looked at
_BLOCK = 1 << 12


@dataclass(frozen=True)
class NormalityTest:
    """What was measured, and how often a normal distribution would give that much or more; `n`: rows used."""

    name: str
    statistic: float
    pvalue: float
    n: int


@dataclass(frozen=True, eq=False)
class WhitenedSums:
    """Over `n` rows y, whitened: `third` (C, C, C), Σ y⊗y⊗y, and `fourth`, Σ |y|⁴."""

    n: int
    third: FloatArray
    fourth: float

    def merge(self, other: WhitenedSums) -> WhitenedSums:
        """The sums over both sets of rows."""
        return WhitenedSums(self.n + other.n, self.third + other.third, self.fourth + other.fourth)


@dataclass(frozen=True, eq=False)
class Whitening:
    """From a block of rows (N, C) to the sums about `mean` (C,), whitened by a Cholesky `factor` (C, C) of a covariance."""

    mean: FloatArray
    factor: FloatArray

    def __call__(self, rows: FloatArray) -> WhitenedSums:
        """The sums over a block."""
        size = len(self.mean)
        total = WhitenedSums(0, np.zeros((size, size, size)), 0.0)
        for y in self._whitened(rows):
            pairs = (y[:, :, None] * y[:, None, :]).reshape(len(y), size * size)
            third = (pairs.T @ y).reshape(size, size, size)
            total = total.merge(WhitenedSums(len(y), third, float(((y**2).sum(axis=1) ** 2).sum())))
        return total

    def _whitened(self, rows: FloatArray) -> list[FloatArray]:
        rows = rows[~np.isnan(rows).any(axis=1)]
        return [
            linalg.solve_triangular(self.factor, (rows[part] - self.mean).T, lower=True).T
            for part in blocks(len(rows), _BLOCK)
        ]

    @classmethod
    def of(cls, mean: FloatArray, covariance: FloatArray) -> Whitening:
        """The whitening by a covariance (C, C); raises `InvalidInput` for a singular one."""
        try:
            return cls(mean, np.asarray(np.linalg.cholesky(covariance), dtype=np.float64))
        except np.linalg.LinAlgError:
            raise InvalidInput(
                "the covariance matrix is singular: a column is constant or a sum of others; leave it out of the test"
            ) from None


def mardia(sums: WhitenedSums) -> tuple[NormalityTest, NormalityTest]:
    """Mardia's tests of skewness (χ²) and kurtosis (normal), of rows whitened by their biased covariance."""
    n, size = sums.n, len(sums.third)
    skewness = n / 6.0 * float(((sums.third / n) ** 2).sum())
    freedom = size * (size + 1) * (size + 2) / 6
    kurtosis = (sums.fourth / n - size * (size + 2)) / math.sqrt(8.0 * size * (size + 2) / n)
    return (
        NormalityTest("mardia_skewness", skewness, float(special.chdtrc(freedom, skewness)), n),
        NormalityTest("mardia_kurtosis", kurtosis, float(2 * special.ndtr(-abs(kurtosis))), n),
    )


def henze_zirkler(rows: FloatArray, mean: FloatArray, covariance: FloatArray) -> NormalityTest:
    """Henze & Zirkler's test of rows (N, C) with their mean (C,) and biased covariance (C, C); its lognormal p-value.

    Raises `InvalidInput` for more rows than all pairs of which can be looked at.
    """
    rows = rows[~np.isnan(rows).any(axis=1)]
    n, p = rows.shape
    if n > MOST_ROWS:
        raise InvalidInput(
            f"{n} rows; Henze and Zirkler's test looks at all pairs of at most {MOST_ROWS}: give a sample of the rows, or "
            "use 'mardia'"
        )
    y = linalg.solve_triangular(Whitening.of(mean, covariance).factor, (rows - mean).T, lower=True).T
    squared = (y**2).sum(axis=1)
    beta = ((2 * p + 1) * n / 4) ** (1 / (p + 4)) / math.sqrt(2)
    b2, pairs = beta**2, 0.0
    for part in blocks(n, 512):
        distance = squared[part, None] + squared[None, :] - 2 * y[part] @ y.T
        pairs += float(np.exp(-0.5 * b2 * np.maximum(distance, 0.0)).sum())
    single = float(np.exp(-b2 / (2 * (1 + b2)) * squared).sum())
    statistic = pairs / n - 2 * (1 + b2) ** (-p / 2) * single + n * (1 + 2 * b2) ** (-p / 2)
    expected, variance = _moments(b2, p)
    location = math.log(expected**2 / math.sqrt(variance + expected**2))
    spread = math.sqrt(math.log1p(variance / expected**2))
    return NormalityTest(
        "henze_zirkler", statistic, float(special.ndtr((location - math.log(max(statistic, 1e-300))) / spread)), n
    )


def _moments(b2: float, p: int) -> tuple[float, float]:
    """The mean and the variance of the statistic under normality (theorem 2.2 of the paper)."""
    a, w, b4, b8 = 1 + 2 * b2, (1 + b2) * (1 + 3 * b2), b2**2, b2**4
    expected = 1 - a ** (-p / 2) * (1 + p * b2 / a + p * (p + 2) * b4 / (2 * a**2))
    variance = (
        2 * (1 + 4 * b2) ** (-p / 2)
        + 2 * a ** (-p) * (1 + 2 * p * b4 / a**2 + 3 * p * (p + 2) * b8 / (4 * a**4))
        - 4 * w ** (-p / 2) * (1 + 3 * p * b4 / (2 * w) + p * (p + 2) * b8 / (2 * w**2))
    )
    return expected, variance
