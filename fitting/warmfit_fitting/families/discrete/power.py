"""Counts from 1 on with heavy tails: Zipf, its finite form, Yule–Simon and the logarithmic series.

Sources: Johnson, Kemp & Kotz (2005), "Univariate Discrete Distributions", ch. 7 and 11; Simon (1955), Biometrika 42.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import special

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.discrete.features import CountFeatures
from warmfit_fitting.families.discrete.family import DiscreteFamily, probability, whole_number
from warmfit_fitting.families.discrete.probabilities import log_beta
from warmfit_fitting.families.family import Cost, Shape, positive

_DIRECT = 20  # terms of a harmonic sum that are added one by one
_EVEN_BERNOULLI = (1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160)  # B₂ⱼ/(2j)!


class Zipf(DiscreteFamily):
    """k^(−a)/ζ(a), a > 1."""

    name = "zipf"
    shapes = (Shape("a", 1.0, near=1e-6, far=1e3),)
    low = 1.0
    closed_cdf = True
    cost = Cost.SPECIAL

    def logpmf(self, k: FloatArray, a: FloatArray) -> FloatArray:
        return -a * np.log(k) - np.log1p(special.zetac(a))

    def cdf(self, k: FloatArray, a: FloatArray) -> FloatArray:
        return np.exp(np.log(harmonic(k, a)) - np.log1p(special.zetac(a)))

    def sf(self, k: FloatArray, a: FloatArray) -> FloatArray:
        return special.zeta(a, k + 1) / special.zeta(a, 1.0)

    def starts(self, data: CountFeatures) -> Sequence[tuple[float, ...]]:
        slope = 1 + 1 / max(data.mean_log, 1e-3)
        return [(slope,), (1 + 0.5 * (slope - 1),), (1 + 2 * (slope - 1),)]


class Zipfian(DiscreteFamily):
    """k^(−a)/Σ j^(−a) on 1 … n, a ≥ 0.

    Whatever a, the probabilities of the data fall with n: its estimate is the largest value.
    """

    name = "zipfian"
    shapes = (positive("a", far=1e3), whole_number("n"))
    integer_shapes = ("n",)
    low = 1.0
    closed_cdf = True
    cost = Cost.SPECIAL

    def support(self, a: FloatArray, n: FloatArray) -> tuple[FloatArray, FloatArray]:
        return np.asarray(1.0), n

    def logpmf(self, k: FloatArray, a: FloatArray, n: FloatArray) -> FloatArray:
        return -a * np.log(k) - np.log(harmonic(n, a))

    def cdf(self, k: FloatArray, a: FloatArray, n: FloatArray) -> FloatArray:
        return harmonic(k, a) / harmonic(n, a)

    def sf(self, k: FloatArray, a: FloatArray, n: FloatArray) -> FloatArray:
        return harmonic(n, a, k + 1) / harmonic(n, a)

    def starts(self, data: CountFeatures) -> Sequence[tuple[float, ...]]:
        return [(a, data.maximum) for a in (0.1, 0.5, 1.0, 2.0)]


class YuleSimon(DiscreteFamily):
    """α B(k, α + 1)."""

    name = "yulesimon"
    shapes = (positive("alpha", near=1e-6, far=1e6),)
    low = 1.0
    closed_cdf = True

    def logpmf(self, k: FloatArray, alpha: FloatArray) -> FloatArray:
        return np.log(alpha) + log_beta(k, alpha + 1)

    def cdf(self, k: FloatArray, alpha: FloatArray) -> FloatArray:
        return -np.expm1(self._log_sf(k, alpha))

    def sf(self, k: FloatArray, alpha: FloatArray) -> FloatArray:
        return np.exp(self._log_sf(k, alpha))

    @staticmethod
    def _log_sf(k: FloatArray, alpha: FloatArray) -> FloatArray:
        """ln of k B(k, α + 1) = Γ(k + 1) Γ(α + 1)/Γ(k + α + 1)."""
        return np.log(alpha * k / (alpha + k)) + log_beta(k, alpha)

    def starts(self, data: CountFeatures) -> Sequence[tuple[float, ...]]:
        moments = data.mean / max(data.mean - 1, 1e-6)
        return [(min(moments, 1e5),), (1 / max(data.mean_log, 1e-3),)]


class LogSeries(DiscreteFamily):
    """−p^k/(k ln(1 − p))."""

    name = "logser"
    shapes = (probability(),)
    low = 1.0

    def logpmf(self, k: FloatArray, p: FloatArray) -> FloatArray:
        return k * np.log(p) - np.log(k) - np.log(-np.log1p(-p))

    def starts(self, data: CountFeatures) -> Sequence[tuple[float, ...]]:
        near_one = 1 - 1 / (data.mean * max(np.log(data.mean), 1.0) * 2 + 1)
        return [(float(near_one),), (0.5,)]


def harmonic(n: FloatArray, a: FloatArray, first: FloatArray | float = 1.0) -> FloatArray:
    """Σ j^(−a) from j = `first` to `n`: the head term by term, the rest by Euler and Maclaurin's formula."""
    n, a, first = np.broadcast_arrays(*(np.asarray(v, dtype=np.float64) for v in (n, a, first)))
    total = np.zeros(n.shape)
    for j in range(_DIRECT):
        total += np.where(first + j <= n, (first + j) ** -a, 0.0)
    start = first + _DIRECT  # the first term that is still to be added
    more = n >= start
    if more.any():
        total = np.where(more, total + _tail(np.minimum(start, n), n, a), total)
    return total


def _tail(m: FloatArray, n: FloatArray, a: FloatArray) -> FloatArray:
    """Σ j^(−a) from m to n, m ≥ 20."""
    ratio = np.log(n / m)
    power = (1 - a) * ratio
    integral = m ** (1 - a) * ratio * np.where(power == 0, 1.0, special.exprel(power))
    total = integral + 0.5 * (m**-a + n**-a)
    derivative = a
    for j, factor in enumerate(_EVEN_BERNOULLI):
        order = 2 * j + 1
        total = total + factor * derivative * (m ** (-a - order) - n ** (-a - order))
        derivative = derivative * (a + order) * (a + order + 1)
    return total
