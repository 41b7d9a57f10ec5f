"""The normal group: norm, halfnorm, foldnorm, powernorm, skewnorm, truncnorm, exponnorm.

φ, Φ and log Φ are the density, distribution function and log distribution function of the standard normal.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.families.bulk import LOG_Q, Bulk, normal_bulk, quartile_bulk
from warmfit_fitting.families.family import Cost, Family, Shape, positive

if TYPE_CHECKING:
    from warmfit_fitting.estimation.features import Features

LOG_SQRT_2PI = 0.5 * math.log(2.0 * math.pi)
SQRT_2 = math.sqrt(2.0)
SQRT_HALF_PI = math.sqrt(0.5 * math.pi)

_LEGENDRE_NODES, _LEGENDRE_WEIGHTS = np.polynomial.legendre.leggauss(8)
_LAGUERRE_NODES, _LAGUERRE_WEIGHTS = np.polynomial.laguerre.laggauss(24)


class Normal(Family):
    """f(z) = φ(z) = e^(−z²/2) / √(2π) on the line (Johnson, Kotz & Balakrishnan 1994, ch. 13)."""

    name = "norm"
    closed_cdf = True

    def logpdf(self, z: FloatArray) -> FloatArray:
        return -0.5 * z * z - LOG_SQRT_2PI

    def cdf(self, z: FloatArray) -> FloatArray:
        return special.ndtr(z)

    def sf(self, z: FloatArray) -> FloatArray:
        return special.ndtr(-z)

    def closed_form(self, data: Features) -> tuple[float, ...]:
        return data.mean, data.std


class HalfNormal(Family):
    """f(z) = √(2/π) e^(−z²/2) on z > 0 (Johnson, Kotz & Balakrishnan 1994, ch. 13)."""

    name = "halfnorm"
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray) -> FloatArray:
        return -0.5 * z * z + (math.log(2.0) - LOG_SQRT_2PI)

    def cdf(self, z: FloatArray) -> FloatArray:
        return special.erf(z / SQRT_2)

    def sf(self, z: FloatArray) -> FloatArray:
        return special.erfc(z / SQRT_2)


class FoldedNormal(Family):
    """f(z; c) = √(2/π) cosh(cz) e^(−(z² + c²)/2) on z > 0, the law of |N(c, 1)|, c > 0 (SciPy `foldnorm`)."""

    name = "foldnorm"
    shapes = (positive("c"),)
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        d = z - c
        return np.log1p(np.exp(-2.0 * c * z)) - 0.5 * d * d - LOG_SQRT_2PI

    def bulk(self, c: FloatArray) -> Bulk:
        return normal_bulk(np.sqrt(c * c + 0.45), np.ones_like(c))

    def cdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        # Φ(z−c) − Φ(−z−c) cancels near the origin, where the Taylor series of the density at 0 takes over.
        c2, z2 = c * c, z * z
        density = 2.0 * np.exp(-0.5 * c2 - LOG_SQRT_2PI)
        series = density * z * (1.0 + z2 * ((c2 - 1.0) / 6.0 + z2 * (c2 * c2 - 6.0 * c2 + 3.0) / 120.0))
        return np.where(z * (1.0 + c) < 1e-2, series, special.ndtr(z - c) - special.ndtr(-z - c))

    def sf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return special.ndtr(c - z) + special.ndtr(-c - z)


class PowerNormal(Family):
    """f(z; c) = c φ(z) Φ(−z)^(c−1) on the line, c > 0: the least of c normals where c is whole (SciPy `powernorm`)."""

    name = "powernorm"
    shapes = (positive("c", far=1e30),)
    closed_cdf = True
    cost = Cost.SPECIAL

    def logpdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return (c - 1.0) * special.log_ndtr(-z) - 0.5 * z * z + (np.log(c) - LOG_SQRT_2PI)

    def bulk(self, c: FloatArray) -> Bulk:
        return quartile_bulk(*(-special.ndtri_exp(log_q / c) for log_q in LOG_Q))

    def cdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return -np.expm1(c * special.log_ndtr(-z))

    def sf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return np.exp(c * special.log_ndtr(-z))

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(0.1,), (0.5,), (3.0,), (20.0,), (1e9,)]


class SkewNormal(Family):
    """f(z; a) = 2 φ(z) Φ(az) on the line, real a with the sign of the skewness (Azzalini 1985, Scand. J. Stat. 12)."""

    name = "skewnorm"
    shapes = (Shape("a"),)
    closed_cdf = True
    cost = Cost.SPECIAL

    def logpdf(self, z: FloatArray, a: FloatArray) -> FloatArray:
        return special.log_ndtr(a * z) - 0.5 * z * z + (math.log(2.0) - LOG_SQRT_2PI)

    def bulk(self, a: FloatArray) -> Bulk:
        delta = a / np.hypot(1.0, a)
        return normal_bulk(0.8 * delta, np.sqrt(1.0 - 0.64 * delta * delta))

    def cdf(self, z: FloatArray, a: FloatArray) -> FloatArray:
        return self.sf(-z, -a)

    def sf(self, z: FloatArray, a: FloatArray) -> FloatArray:
        """Φ(−z) + 2 T(z, a) with Owen's T (Owen 1956), which cancels in the thin tail: there T's remainder is summed.

        Φ(−z) − 2 T(z, |a|) = ∫ from |a| to ∞ of e^(−z²(1 + x²)/2) / (π(1 + x²)) dx, put into Gauss–Laguerre form by
        x² = a² + 2s/z².
        """
        thin = z * a
        square = thin * thin
        tail = np.zeros(np.broadcast_shapes(np.shape(z), np.shape(a)))
        for s, weight in zip(2.0 * _LAGUERRE_NODES, _LAGUERRE_WEIGHTS, strict=True):
            tail = tail + weight / ((z * z + square + s) * np.sqrt(square + s))
        tail = tail * z * np.exp(-0.5 * (z * z + square)) / math.pi
        return np.where((z > 0.0) & (thin < -3.0), tail, special.ndtr(-z) + 2.0 * special.owens_t(z, a))

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(-20.0,), (-5.0,), (-1.5,), (1.5,), (5.0,), (20.0,)]


def normal_mass(a: FloatArray, b: FloatArray, width: FloatArray | None = None) -> tuple[FloatArray, FloatArray]:
    """The mass of (a, b) under e^(−t²/2), a < b, infinite ends allowed: (near, mass).

    `near` is the distance from 0 to the interval, and `mass` is ∫ e^(−(t² − near²)/2) dt, so that nothing underflows
    far out; narrow intervals are integrated by Gauss–Legendre, because the difference of the ends would cancel;
    `width` is b − a, for callers who know it better than the difference does.
    """
    near = np.maximum(np.maximum(a, -b), 0.0)
    far = np.maximum(b, -a)
    width = b - a if width is None else width
    drop = np.exp(-0.5 * width * (near + far))
    apart = SQRT_HALF_PI * (special.erfcx(near / SQRT_2) - special.erfcx(far / SQRT_2) * drop)
    astride = SQRT_HALF_PI * (special.erf(b / SQRT_2) - special.erf(a / SQRT_2))
    narrow = np.zeros_like(width)
    for node, weight in zip(0.5 + 0.5 * _LEGENDRE_NODES, 0.5 * _LEGENDRE_WEIGHTS, strict=True):
        step = node * width
        narrow = narrow + weight * np.exp(-step * (near + 0.5 * step))
    return near, np.where(near == 0.0, astride, np.where(width * (1.0 + near) < 1.0, width * narrow, apart))


class TruncatedNormal(Family):
    """f(z; a, b) = φ(z) / (Φ(b) − Φ(a)) on (a, b), real a < b, which are in units of the scale (SciPy `truncnorm`).

    With both ends far on one side it nears the truncated exponential, without loss of digits.
    """

    name = "truncnorm"
    shapes = (Shape("a"), Shape("b"))
    ordered = ("a", "b")
    always_bounded = True
    closed_cdf = True

    def support(self, *shapes: FloatArray) -> tuple[FloatArray, FloatArray]:
        a, b = shapes
        return a, b

    def logpdf(self, z: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
        near, mass = normal_mass(a, b)
        return -0.5 * (z - near) * (z + near) - np.log(mass)

    def cdf(self, z: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
        return self._share(a, z, a, b)

    def sf(self, z: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
        return self._share(z, b, a, b)

    def _share(self, start: FloatArray, stop: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
        near, mass = normal_mass(a, b)
        part_near, part = normal_mass(start, stop)
        return np.exp(-0.5 * (part_near - near) * (part_near + near)) * (part / mass)

    def to_free(self, *shapes: FloatArray) -> tuple[FloatArray, ...]:
        a, b = shapes
        return np.arcsinh(a), np.log(b - a)

    def from_free(self, *free: FloatArray) -> tuple[FloatArray, ...]:
        lower, log_width = free
        a = np.sinh(np.clip(lower, -9.9, 9.9))
        width = np.exp(np.clip(log_width, -20.0, 20.0))
        return a, a + np.maximum(width, 4.0 * np.spacing(np.abs(a)))

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(-2.0, 2.0), (-0.5, 0.5), (-0.5, 3.0), (-3.0, 0.5), (1.0, 5.0), (-5.0, -1.0)]


class ExponentiallyModifiedNormal(Family):
    """f(z; K) = e^(1/(2K²) − z/K) erfc((1/K − z)/√2) / (2K) on the line: N(0, 1) plus K times Exp(1), K > 0.

    Grushka (1972), Anal. Chem. 44; SciPy `exponnorm`. K → 0 is the normal.
    """

    name = "exponnorm"
    shapes = (positive("K"),)
    closed_cdf = True
    cost = Cost.SPECIAL

    def logpdf(self, z: FloatArray, k: FloatArray) -> FloatArray:
        return self._log_parts(z, 1.0 / k)[0] - np.log(2.0 * k)

    def bulk(self, K: FloatArray) -> Bulk:
        return normal_bulk(K * (1.0 + 0.7 * K) / (1.0 + K), np.hypot(1.0, 0.8 * K))

    def cdf(self, z: FloatArray, k: FloatArray) -> FloatArray:
        log_excess, scaled = self._log_parts(z, 1.0 / k)
        left = 0.5 * np.exp(-0.5 * z * z) * (special.erfcx(-z / SQRT_2) - scaled)
        return np.where(z < 0.0, left, special.ndtr(z) - 0.5 * np.exp(log_excess))

    def sf(self, z: FloatArray, k: FloatArray) -> FloatArray:
        return special.ndtr(-z) + 0.5 * np.exp(self._log_parts(z, 1.0 / k)[0])

    def _log_parts(self, z: FloatArray, rate: FloatArray) -> tuple[FloatArray, FloatArray]:
        """log(2K f) and erfcx(|1/K − z|/√2); left of 1/K the huge exponents have cancelled on paper."""
        u = (rate - z) / SQRT_2
        scaled = special.erfcx(np.abs(u))
        left = u > 0.0
        factor = np.where(left, scaled, 2.0 - scaled * np.exp(-u * u))
        return np.log(factor) + np.where(left, -0.5 * z * z, rate * (0.5 * rate - z)), scaled

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(0.3,), (1.5,), (6.0,), (1e3,)]
