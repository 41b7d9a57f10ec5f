"""Families on a bounded interval: uniform, triang, trapezoid, bradford, anglit, cosine, semicircular, argus."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.families.bulk import Bulk
from warmfit_fitting.families.family import Family, Shape, positive

if TYPE_CHECKING:
    from warmfit_fitting.estimation.features import Features


class Uniform(Family):
    """f(z) = 1 on 0 < z < 1."""

    name = "uniform"
    low = 0.0
    high = 1.0
    closed_cdf = True

    def logpdf(self, z: FloatArray) -> FloatArray:
        return np.zeros_like(z)

    def cdf(self, z: FloatArray) -> FloatArray:
        return z

    def sf(self, z: FloatArray) -> FloatArray:
        return 1.0 - z

    def closed_form(self, data: Features) -> tuple[float, ...]:
        return data.minimum, data.maximum - data.minimum


class Triang(Family):
    """f(z; c) = 2 min(z/c, (1−z)/(1−c)) on 0 < z < 1, mode 0 < c < 1 (Johnson, Kotz & Balakrishnan 1995, ch. 26.9)."""

    name = "triang"
    shapes = (Shape("c", 0.0, 1.0),)
    kinked = True
    low = 0.0
    high = 1.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return np.log(np.minimum(z * (2.0 / c), (1.0 - z) * (2.0 / (1.0 - c))))

    def cdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return np.where(z < c, z * (z / c), 1.0 - (1.0 - z) * ((1.0 - z) / (1.0 - c)))

    def sf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return np.where(z < c, 1.0 - z * (z / c), (1.0 - z) * ((1.0 - z) / (1.0 - c)))


class Trapezoid(Family):
    """f(z; c, d) = 2/(1 + d − c) · min(z/c, 1, (1−z)/(1−d)) on 0 < z < 1, 0 < c ≤ d < 1.

    van Dorp & Kotz 2003, Metrika 58, 85–97; level between c and d. Free coordinates: the logarithms of the shares of
    the rise c and the level d − c against that of the fall 1 − d.
    """

    name = "trapezoid"
    shapes = (Shape("c", 0.0, 1.0), Shape("d", 0.0, 1.0))
    ordered = ("c", "d")
    kinked = True
    low = 0.0
    high = 1.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, c: FloatArray, d: FloatArray) -> FloatArray:
        side = np.minimum(z / c, (1.0 - z) / (1.0 - d))
        return np.log(np.minimum(side, 1.0)) + np.log(2.0 / (1.0 + d - c))

    def cdf(self, z: FloatArray, c: FloatArray, d: FloatArray) -> FloatArray:
        half = 1.0 / (1.0 + d - c)
        rising = np.where(z < c, z * (z / c), 2.0 * z - c)
        return np.where(z < d, half * rising, 1.0 - half * (1.0 - z) * ((1.0 - z) / (1.0 - d)))

    def sf(self, z: FloatArray, c: FloatArray, d: FloatArray) -> FloatArray:
        return self.cdf(1.0 - z, 1.0 - d, 1.0 - c)

    def to_free(self, *shapes: FloatArray) -> tuple[FloatArray, ...]:
        c, d = shapes
        fall = np.log1p(-d)
        return np.log(c) - fall, np.log(np.maximum(d - c, 1e-15)) - fall

    def from_free(self, *free: FloatArray) -> tuple[FloatArray, ...]:
        rise, level = (np.exp(np.clip(v, -34.0, 34.0)) for v in free)
        total = rise + level + 1.0
        return rise / total, np.minimum((rise + level) / total, 1.0 - 1e-15)

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return ((0.1, 0.2), (0.1, 0.5), (0.1, 0.9), (0.35, 0.65), (0.5, 0.9), (0.8, 0.9))


class Bradford(Family):
    """f(z; c) = c / (log(1+c) (1 + cz)) on 0 < z < 1, shape c > 0 (Johnson, Kotz & Balakrishnan 1995, ch. 12.8)."""

    name = "bradford"
    shapes = (positive("c"),)
    low = 0.0
    high = 1.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return np.log(c / np.log1p(c)) - np.log1p(c * z)

    def cdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return np.log1p(c * z) / np.log1p(c)

    def sf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return np.log1p(c * (1.0 - z) / (1.0 + c * z)) / np.log1p(c)

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return ((0.5,), (5.0,), (50.0,))


class Anglit(Family):
    """f(z) = cos 2z on −π/4 < z < π/4 (SciPy's page)."""

    name = "anglit"
    low = -0.25 * math.pi
    high = 0.25 * math.pi
    closed_cdf = True

    def logpdf(self, z: FloatArray) -> FloatArray:
        return np.log(np.cos(2.0 * z))

    def cdf(self, z: FloatArray) -> FloatArray:
        return np.sin(z + 0.25 * math.pi) ** 2

    def sf(self, z: FloatArray) -> FloatArray:
        return np.sin(0.25 * math.pi - z) ** 2


def segment_share(angle: FloatArray) -> FloatArray:
    """(y − sin y)/(2π), the share of a disc cut off by a chord of central angle y, 0 ≤ y ≤ 2π, exact for small y."""
    square = angle * angle
    series = np.ones_like(angle)
    for k in range(8, 0, -1):
        series = 1.0 - square / ((2 * k + 2) * (2 * k + 3)) * series
    return np.where(angle < 1.0, angle * square / 6.0 * series, angle - np.sin(angle)) / (2.0 * math.pi)


class Cosine(Family):
    """f(z) = (1 + cos z)/(2π) on −π < z < π: the raised cosine (SciPy's page)."""

    name = "cosine"
    low = -math.pi
    high = math.pi
    closed_cdf = True

    def logpdf(self, z: FloatArray) -> FloatArray:
        return 2.0 * np.log(np.cos(0.5 * z)) - math.log(math.pi)

    def cdf(self, z: FloatArray) -> FloatArray:
        return segment_share(math.pi + z)

    def sf(self, z: FloatArray) -> FloatArray:
        return segment_share(math.pi - z)


class Semicircular(Family):
    """f(z) = 2 √(1 − z²) / π on −1 < z < 1 (Wigner 1955)."""

    name = "semicircular"
    low = -1.0
    high = 1.0
    closed_cdf = True

    def logpdf(self, z: FloatArray) -> FloatArray:
        return 0.5 * np.log((1.0 - z) * (1.0 + z)) + math.log(2.0 / math.pi)

    def cdf(self, z: FloatArray) -> FloatArray:
        return segment_share(4.0 * np.arcsin(np.sqrt(0.5 * (1.0 + z))))

    def sf(self, z: FloatArray) -> FloatArray:
        return segment_share(4.0 * np.arcsin(np.sqrt(0.5 * (1.0 - z))))


class Argus(Family):
    """f(z; χ) = χ³ z √(1−z²) exp(−χ²(1−z²)/2) / (√(2π) Ψ(χ)) on 0 < z < 1, shape chi > 0.

    Ψ(χ) = Φ(χ) − χφ(χ) − ½ = P(3/2, χ²/2)/2, P the incomplete gamma function (ARGUS Collaboration 1990).
    """

    name = "argus"
    shapes = (positive("chi"),)
    low = 0.0
    high = 1.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, chi: FloatArray) -> FloatArray:
        half = 0.5 * chi * chi
        slack = (1.0 - z) * (1.0 + z)
        # χ³/P(3/2, χ²/2): for small χ through P(3/2, t) = t^1.5 e^−t ₁F₁(1; 5/2; t)/Γ(5/2)
        small = math.log(3.0) + np.minimum(half, 2.0) - np.log(special.hyp1f1(1.0, 2.5, np.minimum(half, 2.0)))
        large = 3.0 * np.log(chi) + 0.5 * math.log(2.0 / math.pi) - np.log(special.gammainc(1.5, half))
        return np.log(z * np.sqrt(slack)) - half * slack + np.where(half < 1.0, small, large)

    def bulk(self, chi: FloatArray) -> Bulk:
        fall = 0.3 / (1.0 + chi * chi / 3.0)
        return 1.0 - fall, 0.5 * fall

    def cdf(self, z: FloatArray, chi: FloatArray) -> FloatArray:
        half = 0.5 * chi * chi
        slack = (1.0 - z) * (1.0 + z)
        # ∫ √t e^−t dt over (half·slack, half): by Gauss's rule where the interval is short, else as a difference
        nodes, weights = np.polynomial.legendre.leggauss(16)
        t = slack[..., None] + (z * z)[..., None] * (0.5 + 0.5 * nodes)
        integrand = np.sqrt(t) * np.exp(-np.asarray(half)[..., None] * t)
        short = z * z * (integrand @ weights) * 0.5 * half**1.5 / math.gamma(1.5)
        long = np.where(
            half < 1.0,
            special.gammainc(1.5, half) - special.gammainc(1.5, half * slack),
            special.gammaincc(1.5, half * slack) - special.gammaincc(1.5, half),
        )
        return np.where((z * z < 0.5) & (half * z * z < 1.0), short, long) / special.gammainc(1.5, half)

    def sf(self, z: FloatArray, chi: FloatArray) -> FloatArray:
        half = 0.5 * chi * chi
        return special.gammainc(1.5, half * (1.0 - z) * (1.0 + z)) / special.gammainc(1.5, half)
