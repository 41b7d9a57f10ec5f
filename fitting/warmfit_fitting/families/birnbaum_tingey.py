"""The one-sided Kolmogorov–Smirnov statistic D⁺ of n points, by Birnbaum & Tingey's sum (1951).

P(D⁺ > z) = z Σ_j C(n, j) (z + j/n)^(j−1) (1 − z − j/n)^(n−j), 0 ≤ j ≤ n(1 − z).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from scipy import special

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.families.tabulated import by_rows

_BLOCK = 1 << 13  # terms summed at a time


@cache
def _counts(n: int) -> tuple[FloatArray, FloatArray]:
    """j = 1 … n − 1 and the logarithms of C(n, j), (n − 1, 1) each."""
    j = np.arange(1.0, n)[:, None]
    return j, special.gammaln(n + 1.0) - special.gammaln(j + 1.0) - special.gammaln(n - j + 1.0)


def _terms(z: FloatArray, n: int) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """z + j/n and 1 − z − j/n, the logs of the terms without the factor z, (n − 1, M) each, and their largest (M,)."""
    j, choose = _counts(n)
    height, rest = z + j / n, (1.0 - j / n) - z
    log_term = np.log(np.maximum(rest, 0.0))
    log_term *= n - j
    log_term += choose
    log_term += (j - 1.0) * np.log(height)
    return height, rest, log_term, np.max(log_term, axis=0, initial=-np.inf)


def _log_density(z: FloatArray, n: int) -> FloatArray:
    """The logarithm of the derivative of the sum at `z` (M,); its signs cost log₁₀ n digits at most."""
    j, _ = _counts(n)
    height, rest, log_term, largest = _terms(z, n)
    first = np.log(n) + (n - 1.0) * np.log1p(-z) if n > 1 else np.zeros_like(z)
    largest = np.maximum(largest, first)
    log_term -= largest
    beyond = rest <= 0.0
    factor = np.divide(n - j, rest, out=rest)
    factor -= np.divide(j - 1.0, height, out=height)
    factor *= z
    factor -= 1.0
    factor *= np.exp(log_term, out=log_term)
    factor[beyond] = 0.0
    return largest + np.log(np.exp(first - largest) + factor.sum(axis=0))


def _log_survival(z: FloatArray, n: int) -> FloatArray:
    """The logarithm of the sum at `z` (M,)."""
    _, _, log_term, largest = _terms(z, n)
    first = n * np.log1p(-z)
    log_z = np.log(z)
    largest = np.maximum(largest + log_z, first)
    log_term += log_z - largest
    return largest + np.log(np.exp(first - largest) + np.exp(log_term, out=log_term).sum(axis=0))


def log_density(z: FloatArray, n: FloatArray) -> FloatArray:
    """The log-density of D⁺ at 0 < z < 1 for whole n ≥ 1."""
    return _by_count(_log_density, z, n)


def survival(z: FloatArray, n: FloatArray) -> FloatArray:
    """P(D⁺ > z) for whole n ≥ 1."""
    inside = np.where((z > 0.0) & (z < 1.0), z, 0.5)
    return np.where(z <= 0.0, 1.0, np.where(z >= 1.0, 0.0, np.exp(_by_count(_log_survival, inside, n))))


def below(z: FloatArray, n: FloatArray) -> FloatArray:
    """P(D⁺ ≤ z) for whole n ≥ 1; up to z = 1/n it is z (1 + z)^(n−1), by Abel's identity."""
    start = np.clip(z, 0.0, 1.0 / n)
    return np.where(n * z <= 1.0, start * np.exp((n - 1.0) * np.log1p(start)), 1.0 - survival(z, n))


def _by_count(function: Callable[[FloatArray, int], FloatArray], z: FloatArray, n: FloatArray) -> FloatArray:
    """`function(points, count)` block by block for the points of the rows of each n in turn."""
    shape, z, (n,) = by_rows(z, n)
    z = np.broadcast_to(z, (len(n), z.shape[1]))
    result = np.empty(z.shape)
    for count in np.unique(n):
        rows = n[:, 0] == count
        points = z[rows]
        result[rows] = _in_blocks(function, points.ravel(), int(count)).reshape(points.shape)
    return result.reshape(shape)


def _in_blocks(function: Callable[[FloatArray, int], FloatArray], z: FloatArray, n: int) -> FloatArray:
    """`function(z, n)` in blocks of at least two points: NumPy adds the terms of a single one in another order."""
    size = max(_BLOCK // n, 2)
    padded = np.append(z, z[-1:])
    parts = [function(padded[i : i + size + 1], n)[:size] for i in range(0, len(z), size)]
    return np.concatenate(parts)[: len(z)] if parts else z
