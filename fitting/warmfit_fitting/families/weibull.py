"""The Weibull group: weibull_min, weibull_max, invweibull, exponweib, truncweibull_min, dweibull."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from warmfit_fitting.arrays import BoolArray, FloatArray, clip
from warmfit_fitting.families.bulk import LOG_P, LOG_Q, Bulk, log_quartile_bulk
from warmfit_fitting.families.family import Family, positive
from warmfit_fitting.families.pareto import log_ratio

if TYPE_CHECKING:
    from warmfit_fitting.estimation.features import Features


class WeibullMin(Family):
    """f(z; c) = c z^(c−1) e^(−z^c) on z > 0, c > 0 (Johnson, Kotz & Balakrishnan 1994, ch. 21)."""

    name = "weibull_min"
    shapes = (positive("c"),)
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        log_z = np.log(z)
        return (c - 1.0) * log_z - np.exp(c * log_z) + np.log(c)

    def bulk(self, c: FloatArray) -> Bulk:
        return log_quartile_bulk(*(np.log(-log_q) / c for log_q in LOG_Q))

    def cdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return -np.expm1(-(z**c))

    def sf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return np.exp(-(z**c))

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(0.25,), (0.6,), (1.5,), (5.0,), (1e4,)]


class WeibullMax(Family):
    """f(z; c) = c (−z)^(c−1) e^(−(−z)^c) on z < 0, c > 0: `weibull_min` mirrored."""

    name = "weibull_max"
    shapes = (positive("c"),)
    high = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        log_z = np.log(-z)
        return (c - 1.0) * log_z - np.exp(c * log_z) + np.log(c)

    def bulk(self, c: FloatArray) -> Bulk:
        center, spread = log_quartile_bulk(*(np.log(-log_q) / c for log_q in LOG_Q))
        return -center, spread

    def cdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return np.exp(-((-z) ** c))

    def sf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return -np.expm1(-((-z) ** c))

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(0.6,), (1.5,), (5.0,), (1e4,)]


class InverseWeibull(Family):
    """f(z; c) = c z^(−c−1) e^(−z^−c) on z > 0, c > 0, also called Fréchet (SciPy `invweibull`)."""

    name = "invweibull"
    shapes = (positive("c"),)
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        log_z = np.log(z)
        return np.log(c) - (c + 1.0) * log_z - np.exp(-c * log_z)

    def bulk(self, c: FloatArray) -> Bulk:
        return log_quartile_bulk(*(np.log(-log_p) / -c for log_p in LOG_P))

    def cdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return np.exp(-(z**-c))

    def sf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return -np.expm1(-(z**-c))

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(0.8,), (2.5,), (10.0,), (1e4,)]


class ExponentiatedWeibull(Family):
    """f(z; a, c) = a c z^(c−1) e^(−z^c) (1 − e^(−z^c))^(a−1) on z > 0, a, c > 0 (Mudholkar & Srivastava 1993)."""

    name = "exponweib"
    shapes = (positive("a"), positive("c"))
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, a: FloatArray, c: FloatArray) -> FloatArray:
        log_z = np.log(z)
        log_power = c * log_z
        power = np.exp(log_power)
        return (a - 1.0) * _log_weibull_cdf(log_power, power) - power + (c - 1.0) * log_z + np.log(a * c)

    def bulk(self, a: FloatArray, c: FloatArray) -> Bulk:
        powers = (log_p / a for log_p in LOG_P)  # log F^(1/a), near which log z^c is where it is far below 0
        return log_quartile_bulk(*(np.where(p < -40.0, p, np.log(-np.log(-np.expm1(p)))) / c for p in powers))

    def evaluable(self, lowest: FloatArray, highest: FloatArray, *shapes: FloatArray) -> BoolArray | bool:
        a, c = shapes  # where z^c underflows, SciPy's (a − 1) log(1 − e^(−z^c)) is infinite
        within: BoolArray = (a == 1.0) | (c * np.log(lowest) > -700.0)
        return within

    def cdf(self, z: FloatArray, a: FloatArray, c: FloatArray) -> FloatArray:
        log_power = c * np.log(z)
        return np.exp(a * _log_weibull_cdf(log_power, np.exp(log_power)))

    def sf(self, z: FloatArray, a: FloatArray, c: FloatArray) -> FloatArray:
        log_power = c * np.log(z)
        return -np.expm1(a * _log_weibull_cdf(log_power, np.exp(log_power)))

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(0.3, 1.0), (0.3, 4.0), (1.0, 1.5), (5.0, 0.5), (5.0, 1.5), (30.0, 0.5)]


def _log_weibull_cdf(log_power: FloatArray, power: FloatArray) -> FloatArray:
    """log(1 − e^−p) from log p and p, to full relative precision at both ends."""
    decay = np.log1p(-np.exp(-power))
    return np.where(power > 0.5, decay, np.where(log_power < -40.0, log_power, np.log(-np.expm1(-power))))


class TruncatedWeibullMin(Family):
    """f(z; c, a, b) = c z^(c−1) e^(−z^c) / (e^(−a^c) − e^(−b^c)) on (a, b), c > 0, 0 < a < b (SciPy `truncweibull_min`)."""

    name = "truncweibull_min"
    shapes = (positive("c"), positive("a"), positive("b"))
    ordered = ("a", "b")
    low = 0.0
    always_bounded = True
    closed_cdf = True

    def support(self, *shapes: FloatArray) -> tuple[FloatArray, FloatArray]:
        _, a, b = shapes
        return a, b

    def logpdf(self, z: FloatArray, c: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
        log_z = np.log(z)
        constant = np.log(c) + a**c - _log_mass(a, b, c)
        return (c - 1.0) * log_z - np.exp(c * log_z) + constant

    def cdf(self, z: FloatArray, c: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
        return np.exp(_log_mass(a, z, c) - _log_mass(a, b, c))

    def sf(self, z: FloatArray, c: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
        passed = np.exp(_log_power_step(a, z, c))
        return np.exp(_log_mass(z, b, c) - _log_mass(a, b, c) - passed)

    def evaluable(self, lowest: FloatArray, highest: FloatArray, *shapes: FloatArray) -> BoolArray | bool:
        c, a, b = shapes
        enough: BoolArray = np.exp(-(a**c)) - np.exp(-(b**c)) > 1e-10  # which SciPy takes the logarithm of
        return enough

    def to_free(self, *shapes: FloatArray) -> tuple[FloatArray, ...]:
        c, a, b = shapes
        return np.log(c), np.log(c) + c * np.log(a), np.log(b / a - 1.0)

    def from_free(self, *free: FloatArray) -> tuple[FloatArray, ...]:
        """c, the hazard c·a^c where the law begins, in units of a, and (b − a)/a: as c nears 0 they stay, a Pareto's."""
        c = np.exp(clip(free[0], -20.0, 20.0))
        a = np.exp(clip((free[1] - np.log(c)) / c, -20.0, 20.0))
        return c, a, a * (1.0 + np.exp(clip(free[2], -16.0, 40.0)))

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [
            (0.7, 0.05, 3.0),
            (1.5, 0.05, 0.7),
            (1.5, 0.05, 2.5),
            (1.5, 0.7, 3.0),
            (4.0, 0.3, 1.0),
            (4.0, 0.7, 1.6),
        ]


def _log_power_step(start: FloatArray, stop: FloatArray, c: FloatArray) -> FloatArray:
    """log(stop^c − start^c) for start < stop, without cancellation where they are close, or underflow."""
    return c * np.log(stop) + np.log(-np.expm1(-c * log_ratio(start, stop)))


def _log_mass(start: FloatArray, stop: FloatArray, c: FloatArray) -> FloatArray:
    """log(1 − e^(start^c − stop^c)), the share of the Weibull beyond `start` that lies before `stop`."""
    log_step = _log_power_step(start, stop, c)
    return _log_weibull_cdf(log_step, np.exp(log_step))


class DoubleWeibull(Family):
    """f(z; c) = c/2 · |z|^(c−1) e^(−|z|^c) on the line, c > 0: a Weibull with a random sign (SciPy `dweibull`)."""

    name = "dweibull"
    shapes = (positive("c"),)
    closed_cdf = True
    cusp_at_loc = True

    def logpdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        log_z = np.log(np.abs(z))
        return (c - 1.0) * log_z - np.exp(c * log_z) + (np.log(c) - math.log(2.0))

    def bulk(self, c: FloatArray) -> Bulk:
        return np.zeros_like(c), np.exp(math.log(math.log(2.0)) / c)

    def cdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return self.sf(-z, c)

    def sf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        half = 0.5 * np.exp(-(np.abs(z) ** c))
        return np.where(z > 0.0, half, 1.0 - half)

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(0.7,), (1.5,), (4.0,)]

    def starts(self, data: Features) -> Sequence[tuple[float, ...]]:
        """About many values, with the scale (mean |x − loc|^c)^(1/c) that is best for each."""
        return [
            (c, loc, data.mean_power(loc, c) ** (1.0 / c))
            for c in (0.6, 0.9, 1.2, 1.7, 2.5, 4.0)
            for loc in data.places
        ]
