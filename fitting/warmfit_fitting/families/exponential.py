"""The exponential group: expon, laplace and its kin, genexpon, truncexpon, gennorm, halfgennorm, exponpow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.families import incomplete_gamma
from warmfit_fitting.families.bulk import LOG_Q, Bulk, log_quartile_bulk, quartile_bulk
from warmfit_fitting.families.family import Family, positive

if TYPE_CHECKING:
    from warmfit_fitting.estimation.features import Features

LOG_2 = math.log(2.0)


class Exponential(Family):
    """f(z) = e^−z on z > 0; scale is the mean, not the rate (Johnson, Kotz & Balakrishnan 1994, ch. 19)."""

    name = "expon"
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray) -> FloatArray:
        return -z

    def cdf(self, z: FloatArray) -> FloatArray:
        return -np.expm1(-z)

    def sf(self, z: FloatArray) -> FloatArray:
        return np.exp(-z)

    def closed_form(self, data: Features) -> tuple[float, ...]:
        return data.minimum, data.mean - data.minimum


class Laplace(Family):
    """f(z) = e^−|z| / 2 on the line (Johnson, Kotz & Balakrishnan 1995, ch. 24)."""

    name = "laplace"
    closed_cdf = True

    def logpdf(self, z: FloatArray) -> FloatArray:
        return -np.abs(z) - LOG_2

    def cdf(self, z: FloatArray) -> FloatArray:
        half = 0.5 * np.exp(-np.abs(z))
        return np.where(z < 0.0, half, 1.0 - half)

    def sf(self, z: FloatArray) -> FloatArray:
        return self.cdf(-z)

    def closed_form(self, data: Features) -> tuple[float, ...]:
        return data.median, data.mean_distance(data.median)


class AsymmetricLaplace(Family):
    """f(z; κ) = e^(−κz) for z > 0, e^(z/κ) for z < 0, over κ + 1/κ, on the line, κ > 0.

    Kotz, Kozubowski & Podgórski (2001), ch. 3; SciPy `laplace_asymmetric`.
    """

    name = "laplace_asymmetric"
    shapes = (positive("kappa"),)
    closed_cdf = True

    def logpdf(self, z: FloatArray, kappa: FloatArray) -> FloatArray:
        return -np.maximum(z * kappa, z / -kappa) - np.log(kappa + 1.0 / kappa)

    def cdf(self, z: FloatArray, kappa: FloatArray) -> FloatArray:
        return self.sf(-z, 1.0 / kappa)

    def sf(self, z: FloatArray, kappa: FloatArray) -> FloatArray:
        upper = np.exp(-kappa * z) / (1.0 + kappa * kappa)
        return np.where(z > 0.0, upper, 1.0 - np.exp(z / kappa) / (1.0 + 1.0 / (kappa * kappa)))

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(0.3,), (1.0,), (3.0,)]

    def closed_form(self, data: Features) -> tuple[float, ...] | None:
        """The value θ with the least √A + √B, A and B the mean excess above and below it (Kotz et al. 2001, sec. 3.5)."""
        above, below = data.mean_excesses
        best = int(np.argmin(np.sqrt(above) + np.sqrt(below)))
        a, b = float(above[best]), float(below[best])
        kappa = float(np.clip((b / a) ** 0.25 if a > 0 else np.inf, 1e-5, 1e5))  # 0 and ∞ are exponentials
        return kappa, float(data.view.x[best]), kappa * a + b / kappa


class LogLaplace(Family):
    """f(z; c) = c/2 · z^(c−1) for z < 1, c/2 · z^(−c−1) for z > 1, on z > 0, c > 0 (SciPy `loglaplace`)."""

    name = "loglaplace"
    shapes = (positive("c"),)
    kinked = True
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        log_z = np.log(z)
        return (np.log(c) - LOG_2) - log_z - c * np.abs(log_z)

    def bulk(self, c: FloatArray) -> Bulk:
        half = math.log(2.0) / c
        return log_quartile_bulk(-half, np.zeros_like(c), half)

    def cdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        log_z = np.log(z)
        half = 0.5 * np.exp(-c * np.abs(log_z))
        return np.where(log_z < 0.0, half, 1.0 - half)

    def sf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        log_z = np.log(z)
        half = 0.5 * np.exp(-c * np.abs(log_z))
        return np.where(log_z > 0.0, half, 1.0 - half)

    def starts(self, data: Features) -> Sequence[tuple[float, ...]]:
        """For a location the scale that puts z = 1 at the median, and 1/c the mean |log z|; the best few locations."""
        unit = data.median - data.minimum or 1.0  # where the smallest value is the median, the data's own unit
        logs, step = np.arange(-14.0, 14.0, 0.5), 0.5
        found = [self._given_gap(data, unit * math.exp(v)) for v in logs]
        best = float(logs[6:][np.argmax([value for value, _ in found[6:]])])  # short of singular gaps
        for _ in range(4):
            nearby = np.linspace(best - step, best + step, 9)
            near = [self._given_gap(data, unit * math.exp(v)) for v in nearby]
            best, step = float(nearby[np.argmax([value for value, _ in near])]), step / 4
            found += near
        return [start for _, start in found]

    def _given_gap(self, data: Features, gap: float) -> tuple[float, tuple[float, ...]]:
        """The profile log-likelihood, a row, and the parameters for loc = minimum − gap, or as near as floats tell."""
        loc = data.minimum - max(gap, 4.0 * math.ulp(max(abs(data.minimum), 1.0)))
        scale = data.median - loc
        log_z = np.log((data.view.x - loc) / scale)
        share = data.view.weight / data.view.total
        c = 1.0 / float(share @ np.abs(log_z))
        return math.log(c / scale) - float(share @ log_z), (c, loc, scale)

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(0.7,), (2.0,), (6.0,)]


class GeneralizedExponential(Family):
    """f(z; a, b, c) = (a + b(1−e^(−cz))) e^(−(a+b)z + (b/c)(1−e^(−cz))) on z > 0, all shapes > 0.

    The hazard climbs from a to a + b at the rate c (Ryu 1993; SciPy `genexpon`). The scale multiplies a, b and c
    alike, so the parametrization is redundant by one; it is left as SciPy has it. c → 0 at constant bc is a linear
    hazard.
    """

    name = "genexpon"
    shapes = (positive("a"), positive("b"), positive("c"))
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, a: FloatArray, b: FloatArray, c: FloatArray) -> FloatArray:
        t = c * z
        rise = -np.expm1(-t)
        return np.log(a + b * rise) - a * z - (b / c) * _lag(t, rise)

    def cdf(self, z: FloatArray, a: FloatArray, b: FloatArray, c: FloatArray) -> FloatArray:
        return -np.expm1(-self._hazard(z, a, b, c))

    def sf(self, z: FloatArray, a: FloatArray, b: FloatArray, c: FloatArray) -> FloatArray:
        return np.exp(-self._hazard(z, a, b, c))

    def _hazard(self, z: FloatArray, a: FloatArray, b: FloatArray, c: FloatArray) -> FloatArray:
        t = c * z
        return a * z + (b / c) * _lag(t, -np.expm1(-t))

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(1.0, 0.3, 1.0), (0.1, 1.0, 0.1), (0.1, 1.0, 1.0), (0.1, 1.0, 10.0), (1.0, 10.0, 0.3)]


def _lag(t: FloatArray, rise: FloatArray) -> FloatArray:
    """t − (1 − e^−t), `rise` being 1 − e^−t; by its Taylor series where the difference cancels."""
    series = 1.0 - t / 3.0 * (1.0 - t / 4.0 * (1.0 - t / 5.0 * (1.0 - t / 6.0 * (1.0 - t / 7.0))))
    return np.where(t < 0.02, 0.5 * t * t * series, t - rise)


class TruncatedExponential(Family):
    """f(z; b) = e^−z / (1 − e^−b) on (0, b), b > 0 in units of the scale (SciPy `truncexpon`)."""

    name = "truncexpon"
    shapes = (positive("b"),)
    low = 0.0
    always_bounded = True
    closed_cdf = True

    def support(self, *shapes: FloatArray) -> tuple[FloatArray, FloatArray]:
        (b,) = shapes
        return np.zeros_like(b), b

    def logpdf(self, z: FloatArray, b: FloatArray) -> FloatArray:
        return -z - np.log(-np.expm1(-b))

    def cdf(self, z: FloatArray, b: FloatArray) -> FloatArray:
        return np.expm1(-z) / np.expm1(-b)

    def sf(self, z: FloatArray, b: FloatArray) -> FloatArray:
        return np.exp(-z) * np.expm1(z - b) / np.expm1(-b)

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(0.3,), (2.0,), (8.0,)]


class GeneralizedNormal(Family):
    """f(z; β) = β e^(−|z|^β) / (2Γ(1/β)) on the line, β > 0 (Subbotin 1923).

    Laplace at β = 1, normal at 2, uniform in the limit.
    """

    name = "gennorm"
    shapes = (positive("beta"),)
    closed_cdf = True
    cusp_at_loc = True

    def logpdf(self, z: FloatArray, beta: FloatArray) -> FloatArray:
        return -(np.abs(z) ** beta) - (special.gammaln(1.0 + 1.0 / beta) + LOG_2)

    def bulk(self, beta: FloatArray) -> Bulk:
        return np.zeros_like(beta), _power_quantile(0.5, beta)

    def cdf(self, z: FloatArray, beta: FloatArray) -> FloatArray:
        return self.sf(-z, beta)

    def sf(self, z: FloatArray, beta: FloatArray) -> FloatArray:
        half = 0.5 * incomplete_gamma.upper(1.0 / beta, beta * np.log(np.abs(z)))
        return np.where(z > 0.0, half, 1.0 - half)

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(0.6,), (1.3,), (3.0,), (10.0,)]

    def starts(self, data: Features) -> Sequence[tuple[float, ...]]:
        """About many values, with the scale (β mean |x − loc|^β)^(1/β) that is best for each."""
        return [
            (beta, loc, (beta * data.mean_power(loc, beta)) ** (1.0 / beta))
            for beta in (0.4, 0.6, 0.8, 1.0, 1.5)
            for loc in data.places
        ] + [(beta, (data.minimum + data.maximum) / 2, 0.51 * (data.maximum - data.minimum)) for beta in (20.0, 200.0)]


def _power_quantile(p: float, beta: FloatArray) -> FloatArray:
    """The p-quantile of |z| under the generalized normal law; for large β, p Γ(1 + 1/β)."""
    uniform = p * special.gamma(1.0 + 1.0 / np.maximum(beta, 1.0))
    return np.where(beta > 50.0, uniform, special.gammaincinv(1.0 / beta, p) ** (1.0 / beta))


class HalfGeneralizedNormal(Family):
    """f(z; β) = β e^(−z^β) / Γ(1/β) on z > 0, β > 0 (SciPy `halfgennorm`)."""

    name = "halfgennorm"
    shapes = (positive("beta"),)
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, beta: FloatArray) -> FloatArray:
        return -(z**beta) - special.gammaln(1.0 + 1.0 / beta)

    def bulk(self, beta: FloatArray) -> Bulk:
        return quartile_bulk(*(_power_quantile(p, beta) for p in (0.25, 0.5, 0.75)))

    def cdf(self, z: FloatArray, beta: FloatArray) -> FloatArray:
        return incomplete_gamma.lower(1.0 / beta, beta * np.log(z))

    def sf(self, z: FloatArray, beta: FloatArray) -> FloatArray:
        return incomplete_gamma.upper(1.0 / beta, beta * np.log(z))

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(0.6,), (1.3,), (3.0,), (10.0,)]


class ExponentialPower(Family):
    """f(z; b) = b z^(b−1) e^(1 + z^b − e^(z^b)) on z > 0, b > 0 (Smith & Bain 1975, Commun. Stat. 4)."""

    name = "exponpow"
    shapes = (positive("b"),)
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, b: FloatArray) -> FloatArray:
        log_z = np.log(z)
        power = np.exp(b * log_z)
        return (b - 1.0) * log_z + power - np.expm1(power) + np.log(b)

    def bulk(self, b: FloatArray) -> Bulk:
        return log_quartile_bulk(*(np.log(np.log1p(-log_q)) / b for log_q in LOG_Q))

    def cdf(self, z: FloatArray, b: FloatArray) -> FloatArray:
        return -np.expm1(-np.expm1(z**b))

    def sf(self, z: FloatArray, b: FloatArray) -> FloatArray:
        return np.exp(-np.expm1(z**b))

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(0.4,), (1.2,), (4.0,)]
