"""The gamma group: gamma, erlang, chi2, chi, invgamma, gengamma, loggamma, nakagami, maxwell, rayleigh, dgamma, pearson3.

The densities with a shape, but for Pearson's, are that of w = log(G/a), G a gamma variable of shape a, times the
derivative of w: in w nothing cancels, however large a grows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from warmfit_fitting.arrays import FloatArray, clip
from warmfit_fitting.families import incomplete_gamma
from warmfit_fitting.families.bulk import Bulk, log_normal_bulk, normal_bulk
from warmfit_fitting.families.family import Family, Shape, positive
from warmfit_fitting.families.normal import LOG_SQRT_2PI

if TYPE_CHECKING:
    from warmfit_fitting.estimation.features import Features

LOG_2 = math.log(2.0)


def _stirling_error(a: FloatArray) -> FloatArray:
    """log Γ(a) − ((a − 1/2) log a − a + log √(2π)), by Stirling's series for large a (Abramowitz & Stegun 6.1.41)."""
    r = 1.0 / a
    r2 = r * r
    series = r * (1 / 12 - r2 * (1 / 360 - r2 * (1 / 1260 - r2 * (1 / 1680 - r2 / 1188))))
    return np.where(a < 16.0, special.gammaln(a) - (a - 0.5) * np.log(a) + a - LOG_SQRT_2PI, series)


def _log_ratio_logpdf(w: FloatArray, a: FloatArray) -> FloatArray:
    """The log-density of w = log(G/a), G ~ gamma(a)."""
    constant = 0.5 * np.log(a) - LOG_SQRT_2PI - _stirling_error(a)
    return a * (w - np.expm1(w)) + constant


class Gamma(Family):
    """f(z; a) = z^(a−1) e^−z / Γ(a) on z > 0, shape a > 0 (Johnson, Kotz & Balakrishnan 1994, ch. 17)."""

    name = "gamma"
    shapes = (positive("a"),)
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, a: FloatArray) -> FloatArray:
        log_z = np.log(z)
        return _log_ratio_logpdf(log_z - np.log(a), a) - log_z

    def bulk(self, a: FloatArray) -> Bulk:
        return normal_bulk(a, np.sqrt(a))

    def cdf(self, z: FloatArray, a: FloatArray) -> FloatArray:
        return incomplete_gamma.lower_of(a, z)

    def sf(self, z: FloatArray, a: FloatArray) -> FloatArray:
        return special.gammaincc(a, z)

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(0.1,), (0.5,), (2.0,), (10.0,), (1e4,)]


class Erlang(Gamma):
    """Gamma under another name; the shape is not held to integers."""

    name = "erlang"


class ChiSquared(Family):
    """f(z; k) = z^(k/2−1) e^(−z/2) / (2^(k/2) Γ(k/2)) on z > 0, k = `df` > 0 (Johnson et al. 1994, ch. 18)."""

    name = "chi2"
    shapes = (positive("df"),)
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, df: FloatArray) -> FloatArray:
        log_z = np.log(z)
        return _log_ratio_logpdf(log_z - np.log(df), 0.5 * df) - log_z

    def bulk(self, df: FloatArray) -> Bulk:
        return normal_bulk(df, np.sqrt(2.0 * df))

    def cdf(self, z: FloatArray, df: FloatArray) -> FloatArray:
        return incomplete_gamma.lower_of(0.5 * df, 0.5 * z)

    def sf(self, z: FloatArray, df: FloatArray) -> FloatArray:
        return special.gammaincc(0.5 * df, 0.5 * z)

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(1.0,), (4.0,), (20.0,)]


class Chi(Family):
    """f(z; k) = 2^(1−k/2) z^(k−1) e^(−z²/2) / Γ(k/2) on z > 0, k = `df` > 0 (Johnson et al. 1994, ch. 18)."""

    name = "chi"
    shapes = (positive("df"),)
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, df: FloatArray) -> FloatArray:
        log_z = np.log(z)
        return _log_ratio_logpdf(2.0 * log_z - np.log(df), 0.5 * df) - log_z + LOG_2

    def bulk(self, df: FloatArray) -> Bulk:
        return normal_bulk(np.sqrt(df), np.sqrt(0.5 * df / (0.5 + df)))

    def cdf(self, z: FloatArray, df: FloatArray) -> FloatArray:
        return incomplete_gamma.lower_of(0.5 * df, 0.5 * z * z)

    def sf(self, z: FloatArray, df: FloatArray) -> FloatArray:
        return special.gammaincc(0.5 * df, 0.5 * z * z)

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(0.5,), (1.5,), (5.0,), (1e4,)]


class InverseGamma(Family):
    """f(z; a) = z^(−a−1) e^(−1/z) / Γ(a) on z > 0, a > 0: the reciprocal of a gamma (SciPy `invgamma`)."""

    name = "invgamma"
    shapes = (positive("a"),)
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, a: FloatArray) -> FloatArray:
        log_z = np.log(z)
        return _log_ratio_logpdf(-log_z - np.log(a), a) - log_z

    def bulk(self, a: FloatArray) -> Bulk:
        return normal_bulk(1.0 / a, a**-1.5)

    def cdf(self, z: FloatArray, a: FloatArray) -> FloatArray:
        return special.gammaincc(a, 1.0 / z)

    def sf(self, z: FloatArray, a: FloatArray) -> FloatArray:
        return incomplete_gamma.lower_of(a, 1.0 / z)

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(0.7,), (3.0,), (12.0,), (1e4,)]


class GeneralizedGamma(Family):
    """f(z; a, c) = |c| z^(ca−1) e^(−z^c) / Γ(a) on z > 0, a > 0, real c ≠ 0 (Stacy 1962, Ann. Math. Stat. 33).

    Weibull at a = 1, gamma at c = 1, inverse gamma at c = −1, lognormal in the limit a → ∞.
    """

    name = "gengamma"
    shapes = (positive("a"), Shape("c"))
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, a: FloatArray, c: FloatArray) -> FloatArray:
        log_z = np.log(z)
        return _log_ratio_logpdf(c * log_z - np.log(a), a) + np.log(np.abs(c)) - log_z

    def bulk(self, a: FloatArray, c: FloatArray) -> Bulk:
        return log_normal_bulk(np.log(a) / c, 1.0 / (np.abs(c) * np.sqrt(a)))

    def cdf(self, z: FloatArray, a: FloatArray, c: FloatArray) -> FloatArray:
        log_power = c * np.log(z)
        return np.where(c > 0.0, incomplete_gamma.lower(a, log_power), incomplete_gamma.upper(a, log_power))

    def sf(self, z: FloatArray, a: FloatArray, c: FloatArray) -> FloatArray:
        log_power = c * np.log(z)
        return np.where(c > 0.0, incomplete_gamma.upper(a, log_power), incomplete_gamma.lower(a, log_power))

    def to_free(self, *shapes: FloatArray) -> tuple[FloatArray, ...]:
        """Skewness q = ±a^(−½) and standard deviation σ = 1/(|c| √a) of log z, as Prentice (1974) has them.

        (Biometrika 61, 539–544.) q = 0 is the lognormal, from which SciPy's shapes keep away: its scale underflows.
        """
        a, c = shapes
        return np.arcsinh(np.copysign(1.0 / np.sqrt(a), c)), -np.log(np.abs(c) * np.sqrt(a))

    def from_free(self, *free: FloatArray) -> tuple[FloatArray, ...]:
        sigma = np.exp(clip(free[1], -20.0, 20.0))
        q = np.sinh(clip(free[0], -11.0, 11.0))
        q = np.copysign(np.maximum(np.abs(q), 1e-5 + 0.03 * sigma), q)
        return q**-2.0, q / sigma

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [
            (0.5, 1.0),
            (0.5, 4.0),
            (2.0, 0.7),
            (2.0, 2.0),
            (10.0, 0.5),
            (1.0, -1.5),
            (4.0, -0.7),
            (0.5, -4.0),
        ]


class LogGamma(Family):
    """f(z; c) = e^(cz − e^z) / Γ(c) on the line, c > 0: the logarithm of a gamma (SciPy `loggamma`)."""

    name = "loggamma"
    shapes = (positive("c"),)
    closed_cdf = True

    def logpdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return _log_ratio_logpdf(z - np.log(c), c)

    def bulk(self, c: FloatArray) -> Bulk:
        return normal_bulk(special.digamma(c), np.sqrt(1.0 / c + 1.0 / (c * c)))

    def cdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return incomplete_gamma.lower(c, z)

    def sf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return incomplete_gamma.upper(c, z)

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(1e-3,), (0.02,), (0.2,), (1.0,), (10.0,), (1e4,)]


class Nakagami(Family):
    """f(z; ν) = 2ν^ν z^(2ν−1) e^(−νz²) / Γ(ν) on z > 0, ν > 0 (Nakagami 1960; SciPy `nakagami`)."""

    name = "nakagami"
    shapes = (positive("nu"),)
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, nu: FloatArray) -> FloatArray:
        log_z = np.log(z)
        return _log_ratio_logpdf(2.0 * log_z, nu) - log_z + LOG_2

    def bulk(self, nu: FloatArray) -> Bulk:
        return normal_bulk(np.sqrt(nu / (0.3 + nu)), 0.5 / np.sqrt(0.3 + nu))

    def cdf(self, z: FloatArray, nu: FloatArray) -> FloatArray:
        return incomplete_gamma.lower_of(nu, nu * z * z)

    def sf(self, z: FloatArray, nu: FloatArray) -> FloatArray:
        return special.gammaincc(nu, nu * z * z)

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(0.4,), (1.5,), (8.0,)]


class Maxwell(Family):
    """f(z) = √(2/π) z² e^(−z²/2) on z > 0: chi with three degrees of freedom (SciPy `maxwell`)."""

    name = "maxwell"
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray) -> FloatArray:
        return 2.0 * np.log(z) - 0.5 * z * z + (LOG_2 - LOG_SQRT_2PI)

    def cdf(self, z: FloatArray) -> FloatArray:
        return special.gammainc(1.5, 0.5 * z * z)

    def sf(self, z: FloatArray) -> FloatArray:
        return special.gammaincc(1.5, 0.5 * z * z)


class Rayleigh(Family):
    """f(z) = z e^(−z²/2) on z > 0: chi with two degrees of freedom (SciPy `rayleigh`)."""

    name = "rayleigh"
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray) -> FloatArray:
        return np.log(z) - 0.5 * z * z

    def cdf(self, z: FloatArray) -> FloatArray:
        return -np.expm1(-0.5 * z * z)

    def sf(self, z: FloatArray) -> FloatArray:
        return np.exp(-0.5 * z * z)


class DoubleGamma(Family):
    """f(z; a) = |z|^(a−1) e^−|z| / (2Γ(a)) on the line, a > 0: a gamma with a random sign (SciPy `dgamma`)."""

    name = "dgamma"
    shapes = (positive("a"),)
    closed_cdf = True
    cusp_at_loc = True

    def logpdf(self, z: FloatArray, a: FloatArray) -> FloatArray:
        log_z = np.log(np.abs(z))
        return _log_ratio_logpdf(log_z - np.log(a), a) - log_z - LOG_2

    def bulk(self, a: FloatArray) -> Bulk:
        return normal_bulk(np.zeros_like(a), np.sqrt(a * (a + 1.0)))

    def cdf(self, z: FloatArray, a: FloatArray) -> FloatArray:
        return self.sf(-z, a)

    def sf(self, z: FloatArray, a: FloatArray) -> FloatArray:
        half = 0.5 * special.gammaincc(a, np.abs(z))
        return np.where(z > 0.0, half, 1.0 - half)

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(0.6,), (1.3,), (4.0,)]

    def starts(self, data: Features) -> Sequence[tuple[float, ...]]:
        """About many values, with the scale mean |x − loc| / a that is best for each."""
        return [(a, loc, data.mean_power(loc, 1.0) / a) for a in (0.6, 0.9, 1.3, 2.0, 3.5, 6.0) for loc in data.places]


class Pearson3(Family):
    """The gamma of shape α = 4/skew² standardized to mean 0 and variance 1, mirrored where skew < 0 (SciPy `pearson3`).

    With h = skew/2: f(z; skew) ∝ (1 + hz)^(1/h² − 1) e^(−z/h) where 1 + hz > 0, that is on (−2/skew, ∞) for skew > 0 and
    (−∞, −2/skew) for skew < 0; skew = 0 is the standard normal.
    """

    name = "pearson3"
    shapes = (Shape("skew"),)
    closed_cdf = True

    def support(self, *shapes: FloatArray) -> tuple[FloatArray, FloatArray]:
        (skew,) = shapes
        with np.errstate(divide="ignore", over="ignore"):
            end = -2.0 / skew
        return np.where(skew > 0.0, end, -np.inf), np.where(skew < 0.0, end, np.inf)

    def logpdf(self, z: FloatArray, skew: FloatArray) -> FloatArray:
        h = 0.5 * skew
        t = h * z
        log_t = np.log1p(t)
        return _log1p_excess(z, t, log_t, h) - log_t - (LOG_SQRT_2PI + _stirling_error(1.0 / (h * h)))

    def cdf(self, z: FloatArray, skew: FloatArray) -> FloatArray:
        return self.sf(-z, -skew)

    def sf(self, z: FloatArray, skew: FloatArray) -> FloatArray:
        h = 0.5 * skew
        t = h * z
        shape = 1.0 / (h * h)
        upper, lower = special.gammaincc(shape, shape * (1.0 + t)), special.gammainc(shape, shape * (1.0 + t))
        # Near the normal, Temme's uniform expansion of the incomplete gamma function (DLMF 8.12; DiDonato & Morris
        # 1986, ACM TOMS 12), because SciPy's series for it stops short in the lower tail of large shapes.
        root = np.copysign(np.sqrt(-2.0 * _log1p_excess(z, t, np.log1p(t), h)), z)
        eta = h * root
        near = np.polyval((-1.7875514403292181e-4, 1 / 2835, 1 / 864, -2 / 135, 1 / 12, -1 / 3), eta)
        first = np.where(np.abs(eta) < 0.05, near, 1.0 / t - 1.0 / eta)
        second = np.polyval((2.0576131687242798e-4, -9.9022633744855967e-4, 1 / 378, -1 / 288, -1 / 540), eta)
        correction = h * (first + h * h * second) * np.exp(-0.5 * root * root - LOG_SQRT_2PI)
        normal = special.ndtr(-root) + correction
        return np.where(np.abs(h) < 5e-3, normal, np.where(h > 0.0, upper, lower))

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(-2.5,), (-0.8,), (0.1,), (0.8,), (2.5,)]

    def starts(self, data: Features) -> Sequence[tuple[float, ...]]:
        """Supports that end just beyond the data, on either side, with the mean where it is."""
        found = []
        for skew in (0.7, 1.3, 2.0, 3.0, 5.0):
            for gap in (1e-6, 0.02, 0.3):
                below, above = data.mean - data.minimum + gap * data.iqr, data.maximum - data.mean + gap * data.iqr
                found += [(skew, data.mean, 0.5 * skew * below), (-skew, data.mean, 0.5 * skew * above)]
        return found


def _log1p_excess(z: FloatArray, t: FloatArray, log_t: FloatArray, h: FloatArray) -> FloatArray:
    """(log(1 + t) − t)/h² for t = hz, `log_t` being log(1 + t); by its Taylor series where the difference cancels."""
    series = -1 / 2 + t * (1 / 3 - t * (1 / 4 - t * (1 / 5 - t * (1 / 6 - t / 7))))
    return np.where(np.abs(t) < 0.01, z * z * series, (log_t - t) / (h * h))
