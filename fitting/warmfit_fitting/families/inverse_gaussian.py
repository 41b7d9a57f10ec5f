"""The inverse Gaussian and hyperbolic group.

invgauss, wald, recipinvgauss, norminvgauss, geninvgauss, genhyperbolic, levy, levy_l.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import special

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.families.bessel import log_kve, log_kve_along
from warmfit_fitting.families.bulk import Bulk, log_normal_bulk, normal_bulk
from warmfit_fitting.families.family import Cost, Family, Shape, positive


def _normal_angles(z: FloatArray, mu: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(z/μ − 1)/√z and (z/μ + 1)/√z, the two normal deviates of the inverse Gaussian distribution function."""
    root = np.sqrt(z)
    return (z - mu) / mu / root, (z / mu + 1.0) / root


def _inverse_gaussian_below(z: FloatArray, mu: FloatArray) -> FloatArray:
    """P(Z ≤ z); e^(2/μ) Φ(−β) is written as e^(−α²/2) erfcx(β/√2)/2, so that nothing overflows."""
    alpha, beta = _normal_angles(z, mu)
    return special.ndtr(alpha) + 0.5 * np.exp(-0.5 * alpha * alpha) * special.erfcx(beta / math.sqrt(2.0))


def _inverse_gaussian_above(z: FloatArray, mu: FloatArray) -> FloatArray:
    """P(Z > z), a difference of two Mills ratios times the normal density."""
    alpha, beta = _normal_angles(z, mu)
    height = 0.5 * np.exp(-0.5 * alpha * alpha)
    far = special.erfcx(beta / math.sqrt(2.0))
    tail = height * (special.erfcx(alpha / math.sqrt(2.0)) - far)
    return np.where(alpha > 0.0, tail, special.ndtr(-alpha) - height * far)


class InvGauss(Family):
    """f(z; μ) = (2π z³)^−½ exp(−(z − μ)² / (2 z μ²)) on z > 0, shape mu > 0.

    Johnson, Kotz & Balakrishnan 1994, ch. 15.
    """

    name = "invgauss"
    shapes = (positive("mu"),)
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, mu: FloatArray) -> FloatArray:
        relative = (z - mu) / mu
        return -0.5 * relative * (relative / z) - 1.5 * np.log(z) - 0.5 * math.log(2.0 * math.pi)

    def bulk(self, mu: FloatArray) -> Bulk:
        center = mu / (1.0 + 0.45 * mu)
        return normal_bulk(center, center**1.5)

    def cdf(self, z: FloatArray, mu: FloatArray) -> FloatArray:
        return _inverse_gaussian_below(z, mu)

    def sf(self, z: FloatArray, mu: FloatArray) -> FloatArray:
        return _inverse_gaussian_above(z, mu)

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(1e-4,), (0.5,), (1.5,), (5.0,)]


class Wald(Family):
    """f(z) = (2π z³)^−½ exp(−(z − 1)² / (2z)) on z > 0: the inverse Gaussian with μ = 1."""

    name = "wald"
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray) -> FloatArray:
        return -0.5 * (z - 1.0) * ((z - 1.0) / z) - 1.5 * np.log(z) - 0.5 * math.log(2.0 * math.pi)

    def cdf(self, z: FloatArray) -> FloatArray:
        return _inverse_gaussian_below(z, np.asarray(1.0))

    def sf(self, z: FloatArray) -> FloatArray:
        return _inverse_gaussian_above(z, np.asarray(1.0))


class RecipInvGauss(Family):
    """f(z; μ) = (2π z)^−½ exp(−(1 − μz)² / (2 z μ²)) on z > 0, shape mu > 0: 1/Z of the inverse Gaussian (SciPy's page)."""

    name = "recipinvgauss"
    shapes = (positive("mu"),)
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, mu: FloatArray) -> FloatArray:
        excess = z - 1.0 / mu
        return -0.5 * (excess * (excess / z) + np.log(z)) - 0.5 * math.log(2.0 * math.pi)

    def bulk(self, mu: FloatArray) -> Bulk:
        return normal_bulk(1.0 / mu + 0.45, np.sqrt(1.0 / mu + 0.5))

    def cdf(self, z: FloatArray, mu: FloatArray) -> FloatArray:
        return _inverse_gaussian_above(1.0 / z, mu)

    def sf(self, z: FloatArray, mu: FloatArray) -> FloatArray:
        return _inverse_gaussian_below(1.0 / z, mu)


def _skew_to_free(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(log a, artanh(b/a)) for |b| < a."""
    return np.log(a), 0.5 * (np.log(a + b) - np.log(a - b))


def _skew_from_free(log_a: FloatArray, lean: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The inverse of `_skew_to_free`; clipped where a² − b² would cancel."""
    a = np.exp(np.clip(log_a, -20.0, 9.3))
    return a, a * np.tanh(np.clip(lean, -8.0, 8.0))


def _hyperbolic_exponent(z: FloatArray, q: FloatArray, a: FloatArray, b: FloatArray, gamma: FloatArray) -> FloatArray:
    """γ + bz − a√(1+z²), γ = √(a² − b²), as −(γz − b)²/(a√(1+z²) + bz + γ): no cancellation for large a."""
    slack = gamma * z - b
    return -slack * (slack / (a * q + b * z + gamma))


def _hyperbola(z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """q = √(1 + z²) and log q, also where z² overflows."""
    square = 1.0 + z * z
    if np.isinf(square).any():
        q = np.hypot(1.0, z)
        return q, np.log(q)
    return np.sqrt(square), 0.5 * np.log(square)


class NormInvGauss(Family):
    """f(z; a, b) = a K₁(aq)/(πq) exp(√(a²−b²) + bz), q = √(1+z²), on the line, |b| < a.

    Barndorff-Nielsen 1997, Scandinavian Journal of Statistics 24, 1–13; a: small is heavy-tailed, b: skewness.
    """

    name = "norminvgauss"
    shapes = (positive("a"), Shape("b"))
    leaning = ("a", "b")
    cost = Cost.SPECIAL

    def logpdf(self, z: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
        gamma = np.sqrt((a - b) * (a + b))
        q, log_q = _hyperbola(z)
        bessel = np.log(special.k1e(a * q)) - log_q
        return _hyperbolic_exponent(z, q, a, b, gamma) + bessel + np.log(a / math.pi)

    def bulk(self, a: FloatArray, b: FloatArray) -> Bulk:
        gamma = np.sqrt((a - b) * (a + b))
        return normal_bulk(b / gamma, a * gamma**-1.5)

    def to_free(self, *shapes: FloatArray) -> tuple[FloatArray, ...]:
        return _skew_to_free(shapes[0], shapes[1])

    def from_free(self, *free: FloatArray) -> tuple[FloatArray, ...]:
        return _skew_from_free(free[0], free[1])

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return tuple((a, a * lean) for a in (0.4, 1.5, 6.0) for lean in (-0.7, 0.0, 0.7))


class GenInvGauss(Family):
    """f(z; p, b) = z^(p−1) exp(−b(z + 1/z)/2) / (2 K_p(b)) on z > 0, p real, b > 0 (Jørgensen 1982)."""

    name = "geninvgauss"
    shapes = (Shape("p", far=50.0), positive("b", near=1e-5))  # beyond, SciPy's Bessel functions overflow
    low = 0.0

    def logpdf(self, z: FloatArray, p: FloatArray, b: FloatArray) -> FloatArray:
        constant = math.log(2.0) + log_kve(p, b)
        return (p - 1.0) * np.log(z) - (0.5 * b) * (z - 1.0) * ((z - 1.0) / z) - constant

    def bulk(self, p: FloatArray, b: FloatArray) -> Bulk:
        size = np.hypot(p, b)
        return log_normal_bulk(np.arcsinh(p / b), size**-0.5)

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return tuple((p, b) for p in (-2.0, 0.3, 2.0) for b in (0.1, 1.0, 6.0, 300.0))


class GenHyperbolic(Family):
    """The normal variance-mean mixture over geninvgauss(p, √(a²−b²)), on the line, p real, |b| < a.

    f(z; p, a, b) = γ^p e^(bz) K_{p−½}(aq) q^(p−½) / (√(2π) a^(p−½) K_p(γ)), q = √(1+z²), γ = √(a²−b²)
    (Barndorff-Nielsen 1977; McNeil, Frey & Embrechts 2015, ch. 6.2). p = −½ is norminvgauss, p = 1 the hyperbolic.
    """

    name = "genhyperbolic"
    off_by_default = "genhyperbolic takes a tenth of a second to fit; name it to fit it."
    shapes = (Shape("p"), positive("a"), Shape("b"))
    leaning = ("a", "b")
    cost = Cost.SPECIAL

    def logpdf(self, z: FloatArray, p: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
        gamma = np.sqrt((a - b) * (a + b))
        q, log_q = _hyperbola(z)
        order = p - 0.5
        constant = p * np.log(gamma) - order * np.log(a) - log_kve(p, gamma) - 0.5 * math.log(2.0 * math.pi)
        bessel = log_kve_along(order, a * q, np.log(a) + log_q) + order * log_q
        return _hyperbolic_exponent(z, q, a, b, gamma) + bessel + constant

    def bulk(self, p: FloatArray, a: FloatArray, b: FloatArray) -> Bulk:
        gamma = np.sqrt((a - b) * (a + b))
        size = np.hypot(p, gamma)
        mixing = (np.maximum(p, 0.0) + 1.0 + size) / (gamma * gamma + 1.0)
        return normal_bulk(b * mixing, np.sqrt(mixing + (b * mixing) ** 2 / (1.0 + size)))

    def to_free(self, *shapes: FloatArray) -> tuple[FloatArray, ...]:
        return (shapes[0], *_skew_to_free(shapes[1], shapes[2]))

    def from_free(self, *free: FloatArray) -> tuple[FloatArray, ...]:
        return (np.clip(free[0], -30.0, 30.0), *_skew_from_free(free[1], free[2]))

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return tuple((p, a, a * lean) for p, a in ((-1.5, 0.3), (0.5, 1.0), (1.0, 4.0)) for lean in (-0.6, 0.0, 0.6))


class Levy(Family):
    """f(z) = (2π z³)^−½ e^(−1/(2z)) on z > 0: stable with index ½ (Feller 1971, ch. VI)."""

    name = "levy"
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray) -> FloatArray:
        return -1.5 * np.log(z) - 0.5 / z - 0.5 * math.log(2.0 * math.pi)

    def cdf(self, z: FloatArray) -> FloatArray:
        return special.erfc(math.sqrt(0.5) / np.sqrt(z))

    def sf(self, z: FloatArray) -> FloatArray:
        return special.erf(math.sqrt(0.5) / np.sqrt(z))


class LevyL(Family):
    """f(z) = (2π |z|³)^−½ e^(−1/(2|z|)) on z < 0: the mirror image of `levy`."""

    name = "levy_l"
    high = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray) -> FloatArray:
        return -1.5 * np.log(-z) + 0.5 / z - 0.5 * math.log(2.0 * math.pi)

    def cdf(self, z: FloatArray) -> FloatArray:
        return special.erf(math.sqrt(0.5) / np.sqrt(-z))

    def sf(self, z: FloatArray) -> FloatArray:
        return special.erfc(math.sqrt(0.5) / np.sqrt(-z))
