"""Power laws: lomax, pareto, genpareto, truncpareto, kappa3, loguniform, reciprocal, alpha, powerlaw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from warmfit_fitting.arrays import FloatArray, clip
from warmfit_fitting.families.bulk import LOG_P, LOG_Q, Bulk, log_quartile_bulk, normal_bulk, quartile_bulk
from warmfit_fitting.families.family import Family, Shape, positive
from warmfit_fitting.families.normal import LOG_SQRT_2PI, normal_mass

if TYPE_CHECKING:
    from warmfit_fitting.estimation.features import Features


class Lomax(Family):
    """f(z; c) = c (1 + z)^(−c−1) on z > 0, c > 0: the Pareto moved to 0 (Johnson et al. 1994, ch. 20)."""

    name = "lomax"
    shapes = (positive("c"),)
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return np.log(c) - (c + 1.0) * np.log1p(z)

    def bulk(self, c: FloatArray) -> Bulk:
        return quartile_bulk(*(np.expm1(np.minimum(-log_q / c, 300.0)) for log_q in LOG_Q))

    def cdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return -np.expm1(-c * np.log1p(z))

    def sf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return np.exp(-c * np.log1p(z))


class Pareto(Family):
    """f(z; b) = b z^(−b−1) on z > 1, b > 0 (Johnson, Kotz & Balakrishnan 1994, ch. 20)."""

    name = "pareto"
    shapes = (positive("b"),)
    low = 1.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, b: FloatArray) -> FloatArray:
        return np.log(b) - (b + 1.0) * np.log(z)

    def bulk(self, b: FloatArray) -> Bulk:
        center, spread = log_quartile_bulk(*(-log_q / b for log_q in LOG_Q))
        return center + 0.1 * spread, spread

    def cdf(self, z: FloatArray, b: FloatArray) -> FloatArray:
        return -np.expm1(-b * np.log(z))

    def sf(self, z: FloatArray, b: FloatArray) -> FloatArray:
        return np.exp(-b * np.log(z))


class GeneralizedPareto(Family):
    """f(z; c) = (1 + cz)^(−1 − 1/c) on z > 0, and z < −1/c where c < 0; real c, exponential at c = 0 (Coles 2001, ch. 4).

    With y = log(1 + cz)/c, y follows the exponential law.
    """

    name = "genpareto"
    shapes = (Shape("c"),)
    low = 0.0
    closed_cdf = True

    def support(self, *shapes: FloatArray) -> tuple[FloatArray, FloatArray]:
        (c,) = shapes
        with np.errstate(divide="ignore", over="ignore"):
            return np.zeros_like(c), np.where(c < 0.0, -1.0 / c, np.inf)

    def logpdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return -(1.0 + c) * _exponential_variate(z, c)

    def bulk(self, c: FloatArray) -> Bulk:
        c = np.where(c == 0.0, 1e-200, c)
        return quartile_bulk(*(np.expm1(np.clip(-c * log_q, -300.0, 300.0)) / c for log_q in LOG_Q))

    def cdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return -np.expm1(-_exponential_variate(z, c))

    def sf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return np.exp(-_exponential_variate(z, c))

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(-0.9,), (-0.3,), (0.05,), (0.5,), (1.5,)]

    def starts(self, data: Features) -> Sequence[tuple[float, ...]]:
        """Bounded supports that just hold the data."""
        span = data.maximum - data.minimum
        return [
            (c, data.minimum - gap * span, -c * span * (1.0 + gap) * (1.0 + above))
            for c in (-0.15, -0.4, -0.8, -1.0, -1.5, -3.0)
            for gap in (1e-6, 0.05)
            for above in (1e-6, 0.02)
        ]


def _exponential_variate(z: FloatArray, c: FloatArray) -> FloatArray:
    """log(1 + cz)/c, which is z at c = 0: log1p is exact to rounding for any c but 0, so 0 stands for a tiny c."""
    c = np.where(c == 0.0, 1e-200, c)
    return np.log1p(c * z) / c


class TruncatedPareto(Family):
    """f(z; b, c) = b z^(−b−1) / (1 − c^−b) on (1, c), real b, c > 1 (Aban, Meerschaert & Panorska 2006, JASA 101).

    The density rises for b < −1; b = 0, which SciPy leaves out, is the log-uniform. As the location goes to −∞ the
    family nears the truncated exponential, where location, scale, b and c are three parameters in four; they are
    left as SciPy has them.
    """

    name = "truncpareto"
    shapes = (Shape("b"), Shape("c", 1.0))
    low = 1.0
    always_bounded = True
    closed_cdf = True

    def support(self, *shapes: FloatArray) -> tuple[FloatArray, FloatArray]:
        _, c = shapes
        return np.ones_like(c), c

    def logpdf(self, z: FloatArray, b: FloatArray, c: FloatArray) -> FloatArray:
        return -(b + 1.0) * np.log(z) - _log_decay_integral(np.log(c), b)

    def cdf(self, z: FloatArray, b: FloatArray, c: FloatArray) -> FloatArray:
        return np.exp(_log_decay_integral(np.log(z), b) - _log_decay_integral(np.log(c), b))

    def sf(self, z: FloatArray, b: FloatArray, c: FloatArray) -> FloatArray:
        rest = _log_decay_integral(np.log1p((c - z) / z), b) - b * np.log(z)
        return np.exp(rest - _log_decay_integral(np.log(c), b))

    def to_free(self, *shapes: FloatArray) -> tuple[FloatArray, ...]:
        b, c = shapes
        length = np.log(c)
        return np.arcsinh(b * length), np.log(length)  # the decay over the whole support stays as c nears 1: truncexpon

    def from_free(self, *free: FloatArray) -> tuple[FloatArray, ...]:
        decay, log_length = free
        length = np.exp(clip(log_length, -20.0, 6.5))
        return np.sinh(clip(decay, -30.0, 30.0)) / length, np.exp(length)

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(-2.0, 3.0), (0.5, 3.0), (0.5, 100.0), (2.0, 3.0), (2.0, 30.0)]


def _log_decay_integral(length: FloatArray, rate: FloatArray) -> FloatArray:
    """log ∫ from 0 to `length` of e^(−rate·t) dt, for a rate of either sign or 0."""
    t = rate * length
    size = np.abs(t)
    share = np.where(size == 0.0, 1.0, -np.expm1(-size) / np.where(size == 0.0, 1.0, size))
    return np.log(length) + np.log(share) + np.maximum(-t, 0.0)


class Kappa3(Family):
    """f(z; a) = a (a + z^a)^(−1 − 1/a) on z > 0, a > 0 (Mielke & Johnson 1973, Mon. Weather Rev. 101; SciPy `kappa3`)."""

    name = "kappa3"
    shapes = (positive("a"),)
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, a: FloatArray) -> FloatArray:
        log_a = np.log(a)
        power = a * np.log(z)
        total = np.maximum(power, log_a) + np.log1p(np.exp(-np.abs(power - log_a)))  # log(a + z^a)
        return log_a - (1.0 + 1.0 / a) * total

    def bulk(self, a: FloatArray) -> Bulk:
        return log_quartile_bulk(*(log_p + (np.log(a) - np.log(-np.expm1(a * log_p))) / a for log_p in LOG_P))

    def cdf(self, z: FloatArray, a: FloatArray) -> FloatArray:
        return np.exp(-_softplus(np.log(a) - a * np.log(z)) / a)

    def sf(self, z: FloatArray, a: FloatArray) -> FloatArray:
        return -np.expm1(-_softplus(np.log(a) - a * np.log(z)) / a)

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(0.5,), (1.5,), (6.0,)]


def _softplus(t: FloatArray) -> FloatArray:
    """log(1 + e^t) without overflow."""
    return np.maximum(t, 0.0) + np.log1p(np.exp(-np.abs(t)))


class LogUniform(Family):
    """f(z; a, b) = 1 / (z log(b/a)) on (a, b), 0 < a < b (SciPy `loguniform`).

    a and the scale are one parameter twice, as SciPy has it.
    """

    name = "loguniform"
    shapes = (positive("a"), positive("b"))
    ordered = ("a", "b")
    low = 0.0
    always_bounded = True
    closed_cdf = True

    def support(self, *shapes: FloatArray) -> tuple[FloatArray, FloatArray]:
        a, b = shapes
        return a, b

    def logpdf(self, z: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
        return -np.log(z) - np.log(log_ratio(a, b))

    def cdf(self, z: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
        return log_ratio(a, z) / log_ratio(a, b)

    def sf(self, z: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
        return log_ratio(z, b) / log_ratio(a, b)

    def to_free(self, *shapes: FloatArray) -> tuple[FloatArray, ...]:
        a, b = shapes
        return np.log(a), np.log(log_ratio(a, b))

    def from_free(self, *free: FloatArray) -> tuple[FloatArray, ...]:
        log_a, log_log_ratio = free
        a = np.exp(np.clip(log_a, -300.0, 300.0))
        return a, a * np.exp(np.exp(np.clip(log_log_ratio, -34.0, 5.9)))

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(1.0, 3.0), (1.0, 30.0), (1.0, 1e4)]


class Reciprocal(LogUniform):
    """The log-uniform under its other name."""

    name = "reciprocal"


def log_ratio(a: FloatArray, b: FloatArray) -> FloatArray:
    """log(b/a) for 0 < a < b, without cancellation where they are close and without overflow where they are not."""
    return np.where(b > 2.0 * a, np.log(b) - np.log(a), np.log1p((b - a) / a))


class Alpha(Family):
    """f(z; a) = φ(a − 1/z) / (z² Φ(a)) on z > 0, a > 0: 1/z is N(a, 1) kept above 0 (Johnson et al. 1994, p. 173)."""

    name = "alpha"
    shapes = (positive("a"),)
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, a: FloatArray) -> FloatArray:
        y = a - 1.0 / z
        return -2.0 * np.log(z) - 0.5 * y * y - (special.log_ndtr(a) + LOG_SQRT_2PI)

    def bulk(self, a: FloatArray) -> Bulk:
        square = a * a + 0.45
        return normal_bulk(square**-0.5, 1.0 / square)

    def cdf(self, z: FloatArray, a: FloatArray) -> FloatArray:
        return special.ndtr(a - 1.0 / z) / special.ndtr(a)

    def sf(self, z: FloatArray, a: FloatArray) -> FloatArray:
        near, mass = normal_mass(a - 1.0 / z, a, 1.0 / z)
        return mass * np.exp(-0.5 * near * near - LOG_SQRT_2PI) / special.ndtr(a)

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(0.3,), (2.0,), (8.0,), (300.0,)]


class PowerLaw(Family):
    """f(z; a) = a z^(a−1) on (0, 1), a > 0: the beta with second shape 1 (SciPy `powerlaw`)."""

    name = "powerlaw"
    shapes = (positive("a"),)
    low = 0.0
    high = 1.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, a: FloatArray) -> FloatArray:
        return (a - 1.0) * np.log(z) + np.log(a)

    def bulk(self, a: FloatArray) -> Bulk:
        return log_quartile_bulk(*(log_p / a for log_p in LOG_P))

    def cdf(self, z: FloatArray, a: FloatArray) -> FloatArray:
        return z**a

    def sf(self, z: FloatArray, a: FloatArray) -> FloatArray:
        return -np.expm1(a * np.log(z))

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(0.4,), (1.5,), (5.0,)]
