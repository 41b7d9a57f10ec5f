"""Distributions of test statistics and of uniform sums: ksone, kstwobign, irwinhall."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from scipy import special

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.families.bulk import Bulk, normal_bulk
from warmfit_fitting.families.family import Cost, Family, Shape


class KSOne(Family):
    """The one-sided Kolmogorov–Smirnov statistic D⁺ of n points, on 0 < z < 1.

    P(D⁺ > z) = z Σ_j C(n, j) (z + j/n)^(j−1) (1 − z − j/n)^(n−j), j ≤ n(1 − z) (Birnbaum & Tingey 1951). The sum has n
    terms, so n is held to at most 500.
    """

    name = "ksone"
    shapes = (Shape("n", 0.5, 500.5),)
    integer_shapes = ("n",)
    low = 0.0
    high = 1.0
    closed_cdf = True
    cost = Cost.SLOW

    def logpdf(self, z: FloatArray, n: FloatArray) -> FloatArray:
        return _by_count(_log_birnbaum_tingey, z, n)

    def bulk(self, n: FloatArray) -> Bulk:
        return 0.6 / np.sqrt(n + 1.0), 0.2 / np.sqrt(n + 1.0)

    def cdf(self, z: FloatArray, n: FloatArray) -> FloatArray:
        return 1.0 - special.smirnov(np.rint(n), z)

    def sf(self, z: FloatArray, n: FloatArray) -> FloatArray:
        return special.smirnov(np.rint(n), z)

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return ((2.0,), (8.0,), (40.0,))


def _by_count(logpdf: Callable[[FloatArray, int], FloatArray], z: FloatArray, n: FloatArray) -> FloatArray:
    """`logpdf(points, count)` for the points of each rounded n in turn."""
    z, n = np.broadcast_arrays(z, np.rint(n))
    result = np.empty(z.shape)
    for count in np.unique(n):
        chosen = n == count
        result[chosen] = logpdf(z[chosen], int(count))
    return result


def _log_birnbaum_tingey(z: FloatArray, n: int) -> FloatArray:
    """The logarithm of the derivative of Birnbaum & Tingey's sum; its signs cost log₁₀ n digits at most."""
    j = np.arange(1.0, n)[:, None]
    choose = special.gammaln(n + 1.0) - special.gammaln(j + 1.0) - special.gammaln(n - j + 1.0)
    height, rest = z + j / n, (1.0 - j / n) - z
    log_term = choose + (j - 1.0) * np.log(height) + (n - j) * np.log(rest)
    log_term = np.where(rest > 0.0, log_term, -math.inf)
    factor = z * ((n - j) / rest - (j - 1.0) / height) - 1.0
    first = math.log(n) + (n - 1.0) * np.log1p(-z)
    largest = np.maximum(np.max(log_term, axis=0, initial=-math.inf), first)
    terms = np.where(rest > 0.0, factor * np.exp(log_term - largest), 0.0)
    return largest + np.log(np.exp(first - largest) + terms.sum(axis=0))


class KSTwoBign(Family):
    """The limit of √n D for the two-sided Kolmogorov–Smirnov statistic D, on z > 0 (Kolmogorov 1933).

    f(z) = 8z Σ_k (−1)^(k−1) k² e^(−2k²z²), or in the dual series
    √(2π)/z² Σ_k ((2k−1)²π²/(4z²) − 1) e^(−(2k−1)²π²/(8z²)), which converges fast for small z.
    """

    name = "kstwobign"
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray) -> FloatArray:
        square = z * z
        return np.where(z < 1.0, _log_dual_series(z), np.log(8.0 * z) - 2.0 * square + _log_series(square))

    def cdf(self, z: FloatArray) -> FloatArray:
        rate = -(math.pi**2) / 8.0 / z / z
        dual = math.sqrt(2.0 * math.pi) / z * (np.exp(rate) + np.exp(9.0 * rate) + np.exp(25.0 * rate))
        return np.where(z < 1.0, dual, 1.0 - special.kolmogorov(z))

    def sf(self, z: FloatArray) -> FloatArray:
        return special.kolmogorov(z)


def _log_series(square: FloatArray) -> FloatArray:
    """log Σ_k (−1)^(k−1) k² e^(−2(k²−1)z²), for z ≥ 1."""
    return np.log1p(-4.0 * np.exp(-6.0 * square) + 9.0 * np.exp(-16.0 * square) - 16.0 * np.exp(-30.0 * square))


def _log_dual_series(z: FloatArray) -> FloatArray:
    """The log-density for z < 1; the leading term is taken out, so that it does not underflow."""
    unit = math.pi / 2.0 / z
    unit = unit * unit
    terms = (unit - 1.0) + (9.0 * unit - 1.0) * np.exp(-4.0 * unit) + (25.0 * unit - 1.0) * np.exp(-12.0 * unit)
    return 0.5 * math.log(2.0 * math.pi) - 2.0 * np.log(z) - 0.5 * unit + np.log(terms)


_MOST_TERMS = 60


class IrwinHall(Family):
    """The sum of n uniform variables on (0, 1), on 0 < z < n; n is held to at most 60, where the sum is normal to all ends.

    f is the cardinal B-spline: f_n(z) = (z f_{n−1}(z) + (n − z) f_{n−1}(z − 1))/(n − 1), a recurrence of positive terms
    (de Boor 1978, ch. X), where the alternating sum loses all digits from n ≈ 20 on.
    """

    name = "irwinhall"
    shapes = (Shape("n", 0.5, _MOST_TERMS + 0.5),)
    integer_shapes = ("n",)
    low = 0.0
    always_bounded = True
    cost = Cost.SLOW

    def support(self, *shapes: FloatArray) -> tuple[FloatArray, FloatArray]:
        n = np.rint(shapes[0])
        return np.zeros_like(n), n

    def logpdf(self, z: FloatArray, n: FloatArray) -> FloatArray:
        return _by_count(_log_cardinal_spline, z, n)

    def bulk(self, n: FloatArray) -> Bulk:
        return normal_bulk(0.5 * n, np.sqrt(n / 12.0))

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return ((1.0,), (2.0,), (3.0,), (12.0,))


def _log_cardinal_spline(z: FloatArray, n: int) -> FloatArray:
    """log f_n(z) through the n values f_m(z − j) of the recurrence; by symmetry from the nearer end, as a power there."""
    z = np.minimum(z, n - z)
    cell = np.clip(np.floor(np.nan_to_num(z)), 0.0, max(n - 1.0, 0.0))
    fraction = z - cell
    values = np.ones((1, z.size))  # values[i] = f_m(fraction + i), i = 0 … m − 1
    for m in range(2, n + 1):
        at = fraction + np.arange(m)[:, None]
        padded = np.pad(values, ((1, 1), (0, 0)))
        values = (at * padded[1:] + (m - at) * padded[:-1]) / (m - 1)
    inner = np.log(values[cell.astype(int), np.arange(z.size)])
    outer = (n - 1) * np.log(z) - math.lgamma(n)  # exact for z < 1, where the recurrence may underflow
    return np.where(z < 1.0, outer, inner)
