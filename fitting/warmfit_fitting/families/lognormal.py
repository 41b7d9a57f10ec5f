"""Transformations of the normal: lognorm, gibrat, powerlognorm, johnsonsb, johnsonsu, fatiguelife, dpareto_lognorm.

φ and Φ are the density and distribution function of the standard normal.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import special

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.families.bulk import LOG_Q, QUARTILE, Bulk, log_normal_bulk, log_quartile_bulk, quartile_bulk
from warmfit_fitting.families.family import Cost, Family, Shape, positive
from warmfit_fitting.families.normal import LOG_SQRT_2PI, SQRT_2, SQRT_HALF_PI


class Lognormal(Family):
    """f(z; s) = φ(log z / s) / (s z) on z > 0, s > 0 the deviation of log z (Johnson, Kotz & Balakrishnan 1994, ch. 14)."""

    name = "lognorm"
    shapes = (positive("s"),)
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, s: FloatArray) -> FloatArray:
        log_z = np.log(z)
        return -log_z * (1.0 + log_z * (0.5 / (s * s))) - (np.log(s) + LOG_SQRT_2PI)

    def bulk(self, s: FloatArray) -> Bulk:
        return log_normal_bulk(np.zeros_like(s), s)

    def cdf(self, z: FloatArray, s: FloatArray) -> FloatArray:
        return special.ndtr(np.log(z) / s)

    def sf(self, z: FloatArray, s: FloatArray) -> FloatArray:
        return special.ndtr(-np.log(z) / s)

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(1e-3,), (0.2,), (0.7,), (1.8,)]


class Gibrat(Family):
    """f(z) = φ(log z) / z on z > 0: the lognormal with s = 1 (SciPy `gibrat`)."""

    name = "gibrat"
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray) -> FloatArray:
        log_z = np.log(z)
        return -log_z * (1.0 + 0.5 * log_z) - LOG_SQRT_2PI

    def cdf(self, z: FloatArray) -> FloatArray:
        return special.ndtr(np.log(z))

    def sf(self, z: FloatArray) -> FloatArray:
        return special.ndtr(-np.log(z))


class PowerLognormal(Family):
    """f(z; c, s) = c φ(y) Φ(−y)^(c−1) / (s z), y = log z / s, on z > 0; c, s > 0 (SciPy `powerlognorm`)."""

    name = "powerlognorm"
    shapes = (positive("c", far=1e30), positive("s"))
    low = 0.0
    closed_cdf = True
    cost = Cost.SPECIAL

    def logpdf(self, z: FloatArray, c: FloatArray, s: FloatArray) -> FloatArray:
        log_z = np.log(z)
        log_power = (c - 1.0) * special.log_ndtr(log_z / -s)
        return log_power - log_z * (1.0 + log_z * (0.5 / (s * s))) + (np.log(c / s) - LOG_SQRT_2PI)

    def bulk(self, c: FloatArray, s: FloatArray) -> Bulk:
        return log_quartile_bulk(*(-s * special.ndtri_exp(log_q / c) for log_q in LOG_Q))

    def cdf(self, z: FloatArray, c: FloatArray, s: FloatArray) -> FloatArray:
        return -np.expm1(c * special.log_ndtr(np.log(z) / -s))

    def sf(self, z: FloatArray, c: FloatArray, s: FloatArray) -> FloatArray:
        return np.exp(c * special.log_ndtr(np.log(z) / -s))

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(0.2, 0.3), (0.2, 1.0), (1.0, 0.5), (5.0, 0.7), (5.0, 2.0)]


class JohnsonBounded(Family):
    """f(z; a, b) = b φ(a + b log(z/(1−z))) / (z(1−z)) on (0, 1), real a, b > 0 (Johnson 1949, Biometrika 36)."""

    name = "johnsonsb"
    shapes = (Shape("a"), positive("b"))
    low = 0.0
    high = 1.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
        log_z, log_rest = np.log(z), np.log1p(-z)
        y = a + b * (log_z - log_rest)
        return -0.5 * y * y - (log_z + log_rest) + (np.log(b) - LOG_SQRT_2PI)

    def bulk(self, a: FloatArray, b: FloatArray) -> Bulk:
        return quartile_bulk(*(special.expit((q - a) / b) for q in (-QUARTILE, 0.0, QUARTILE)))

    def cdf(self, z: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
        return special.ndtr(a + b * (np.log(z) - np.log1p(-z)))

    def sf(self, z: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
        return special.ndtr(b * (np.log1p(-z) - np.log(z)) - a)

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(0.0, 0.4), (0.0, 1.2), (-1.5, 1.0), (1.5, 1.0), (-4.0, 2.0), (4.0, 2.0)]


class JohnsonUnbounded(Family):
    """f(z; a, b) = b φ(a + b asinh z) / √(z² + 1) on the line, real a, b > 0 (Johnson 1949, Biometrika 36)."""

    name = "johnsonsu"
    shapes = (Shape("a"), positive("b"))
    closed_cdf = True

    def logpdf(self, z: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
        w = np.arcsinh(z)
        y = a + b * w
        return -0.5 * y * y - np.log(np.cosh(w)) + (np.log(b) - LOG_SQRT_2PI)

    def bulk(self, a: FloatArray, b: FloatArray) -> Bulk:
        middle = np.clip(-a / b, -300.0, 300.0)
        return np.sinh(middle), np.cosh(middle) * np.sinh(np.minimum(QUARTILE / b, 300.0))

    def cdf(self, z: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
        return special.ndtr(a + b * np.arcsinh(z))

    def sf(self, z: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
        return special.ndtr(-a - b * np.arcsinh(z))

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(0.0, 0.8), (0.0, 2.5), (-1.0, 1.0), (1.0, 1.0), (-4.0, 2.5), (4.0, 2.5)]


class FatigueLife(Family):
    """f(z; c) = (z + 1) e^(−(z−1)²/(2zc²)) / (2c√(2πz³)) on z > 0, c > 0 (Birnbaum & Saunders 1969, J. Appl. Prob. 6)."""

    name = "fatiguelife"
    shapes = (positive("c"),)
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        root = np.sqrt(z)
        y = (z - 1.0) / (c * root)
        return np.log1p(z) - 1.5 * np.log(z) - 0.5 * y * y - (np.log(2.0 * c) + LOG_SQRT_2PI)

    def bulk(self, c: FloatArray) -> Bulk:
        return log_normal_bulk(np.zeros_like(c), 2.0 * np.arcsinh(0.5 * c))

    def cdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return special.ndtr((z - 1.0) / (c * np.sqrt(z)))

    def sf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return special.ndtr((1.0 - z) / (c * np.sqrt(z)))

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(1e-3,), (0.2,), (0.8,), (2.5,)]


class DoubleParetoLognormal(Family):
    """f(z; u, s, a, b) = ab/(a+b) φ(y)(R(as − y) + R(bs + y))/z, y = (log z − u)/s, R = (1−Φ)/φ, on z > 0.

    s, a, b > 0; tails z^(−a−1) and z^(b−1) (Reed & Jorgensen 2004, Commun. Stat. 33; SciPy `dpareto_lognorm`). The real
    shape u is a log-scale, so it and `scale` are one parameter twice; both are kept, as SciPy has them.
    """

    name = "dpareto_lognorm"
    shapes = (Shape("u"), positive("s"), positive("a"), positive("b"))
    low = 0.0
    closed_cdf = True
    cost = Cost.SPECIAL

    def logpdf(self, z: FloatArray, u: FloatArray, s: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
        # Of the arguments of R at most the smaller is negative; where it is, R(m) = √(π/2)(2e^(m²/2) − erfcx(−m/√2)),
        # and the exponent (m² − y²)/2 is taken as a product, because both squares can be huge.
        log_z = np.log(z)
        y = (log_z - u) / s
        right, left = a * s, b * s
        near, far = right - y, left + y
        least = np.minimum(near, far)
        outside = least < 0.0
        slope = np.where(near < far, right, -left)
        half = 0.5 * slope * slope - slope * y
        ratio = special.erfcx(np.maximum(near, far) / SQRT_2) + np.copysign(
            special.erfcx(np.abs(least) / SQRT_2), least
        )
        factor = np.where(outside, 2.0 + np.exp(-0.5 * least * least) * ratio, ratio)
        constant = np.log(a) - np.log1p(a / b) + np.log(0.5)
        return np.where(outside, half, -0.5 * y * y) + np.log(factor) - log_z + constant

    def bulk(self, u: FloatArray, s: FloatArray, a: FloatArray, b: FloatArray) -> Bulk:
        return log_normal_bulk(u + 1.0 / a - 1.0 / b, np.sqrt(s * s + a**-2 + b**-2))

    def cdf(self, z: FloatArray, u: FloatArray, s: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
        y = (np.log(z) - u) / s
        return np.where(y < 0.0, self._tail(-y, s, b, a), 1.0 - self._tail(y, s, a, b))

    def sf(self, z: FloatArray, u: FloatArray, s: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
        y = (np.log(z) - u) / s
        return np.where(y > 0.0, self._tail(y, s, a, b), 1.0 - self._tail(-y, s, b, a))

    def _tail(self, y: FloatArray, s: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
        """Φ(−y) + φ(y)(b R(as − y) − a R(bs + y))/(a + b) for y > 0, as a sum of positive terms."""
        density = np.exp(-0.5 * y * y - LOG_SQRT_2PI)
        mills = SQRT_HALF_PI * special.erfcx(y / SQRT_2)
        other = SQRT_HALF_PI * special.erfcx((b * s + y) / SQRT_2)
        near = a * s - y
        inside = density * SQRT_HALF_PI * special.erfcx(near / SQRT_2)
        outside = np.exp(a * s * (0.5 * a * s - y)) * special.ndtr(-near)
        power = np.where(near < 0.0, outside, inside)
        return (a * density * (mills - other) + b * (density * mills + power)) / (a + b)

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(0.0, s, a, b) for s in (0.2, 1.0) for a, b in ((1.5, 1.5), (1.5, 6.0), (6.0, 1.5), (6.0, 6.0))]
