"""The logistic group: logistic, genlogistic, halflogistic, genhalflogistic, hypsecant, fisk, burr, burr12, mielke.

All are written through log σ(u) and log σ(−u), σ the logistic function, which lose nothing in either tail.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import special

from warmfit_fitting.arrays import BoolArray, FloatArray
from warmfit_fitting.families.bulk import LOG_P, LOG_Q, Bulk, log_quartile_bulk, quartile_bulk
from warmfit_fitting.families.family import Family, positive


def log_sigmoid_pair(u: FloatArray) -> tuple[FloatArray, FloatArray]:
    """log σ(u) and log σ(−u), σ(u) = 1/(1 + e^−u), both with full relative accuracy."""
    shared = np.log1p(np.exp(-np.abs(u)))
    return np.minimum(u, 0.0) - shared, -np.maximum(u, 0.0) - shared


def _log_expm1(u: FloatArray) -> FloatArray:
    """log(e^u − 1) of u > 0, without overflow."""
    return u + np.log(-np.expm1(-u))


LOG_OVERFLOW = 700.0


class Logistic(Family):
    """f(z) = e^−z / (1 + e^−z)² on the line (Johnson, Kotz & Balakrishnan 1995, ch. 23)."""

    name = "logistic"
    closed_cdf = True

    def logpdf(self, z: FloatArray) -> FloatArray:
        distance = np.abs(z)
        return -distance - 2.0 * np.log1p(np.exp(-distance))

    def cdf(self, z: FloatArray) -> FloatArray:
        return special.expit(z)

    def sf(self, z: FloatArray) -> FloatArray:
        return special.expit(-z)


class GenLogistic(Family):
    """f(z; c) = c e^−z / (1 + e^−z)^(c+1) on the line, shape c > 0: type I, c < 1 skews left.

    Johnson, Kotz & Balakrishnan 1995, ch. 23.10.
    """

    name = "genlogistic"
    shapes = (positive("c"),)
    closed_cdf = True

    def logpdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        below, above = log_sigmoid_pair(z)
        return c * below + above + np.log(c)

    def bulk(self, c: FloatArray) -> Bulk:
        return quartile_bulk(*(-_log_expm1(-log_p / c) for log_p in LOG_P))

    def cdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return np.exp(c * special.log_expit(z))

    def sf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return -np.expm1(c * special.log_expit(z))

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(0.5,), (1.5,), (5.0,), (1e4,)]


class HalfLogistic(Family):
    """f(z) = 2 e^−z / (1 + e^−z)² on z > 0 (Johnson, Kotz & Balakrishnan 1995, ch. 23.11)."""

    name = "halflogistic"
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray) -> FloatArray:
        return math.log(2.0) - z - 2.0 * np.log1p(np.exp(-z))

    def cdf(self, z: FloatArray) -> FloatArray:
        return np.tanh(0.5 * z)

    def sf(self, z: FloatArray) -> FloatArray:
        return 2.0 * special.expit(-z)


class GenHalfLogistic(Family):
    """f(z; c) = 2 (1 − cz)^(1/c − 1) / (1 + (1 − cz)^(1/c))² on 0 < z < 1/c, shape c > 0.

    Johnson, Kotz & Balakrishnan 1995, ch. 23.11; c → 0 is the half-logistic.
    """

    name = "genhalflogistic"
    shapes = (positive("c"),)
    low = 0.0
    always_bounded = True
    closed_cdf = True

    def support(self, *shapes: FloatArray) -> tuple[FloatArray, FloatArray]:
        return np.zeros_like(shapes[0]), 1.0 / np.asarray(shapes[0])

    def logpdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        odds = np.log1p(-c * z) / c
        return (1.0 - c) * odds - 2.0 * np.log1p(np.exp(odds)) + math.log(2.0)

    def bulk(self, c: FloatArray) -> Bulk:
        return quartile_bulk(*(-np.expm1(c * math.log((1 - p) / (1 + p))) / c for p in (0.25, 0.5, 0.75)))

    def cdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return np.tanh(-0.5 * np.log1p(-c * z) / c)

    def sf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return 2.0 * special.expit(np.log1p(-c * z) / c)


class HypSecant(Family):
    """f(z) = sech(z)/π on the line (Johnson, Kotz & Balakrishnan 1995, ch. 23.11)."""

    name = "hypsecant"
    closed_cdf = True

    def logpdf(self, z: FloatArray) -> FloatArray:
        distance = np.abs(z)
        return math.log(2.0 / math.pi) - distance - np.log1p(np.exp(-2.0 * distance))

    def cdf(self, z: FloatArray) -> FloatArray:
        return 2.0 / math.pi * np.arctan(np.exp(z))

    def sf(self, z: FloatArray) -> FloatArray:
        return 2.0 / math.pi * np.arctan(np.exp(-z))


class Fisk(Family):
    """f(z; c) = c z^(c−1) / (1 + z^c)² on z > 0, shape c > 0: the log-logistic (Kleiber & Kotz 2003, ch. 6.4)."""

    name = "fisk"
    shapes = (positive("c"),)
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        log_z = np.log(z)
        distance = np.abs(c * log_z)
        return np.log(c) - log_z - distance - 2.0 * np.log1p(np.exp(-distance))

    def bulk(self, c: FloatArray) -> Bulk:
        third = math.log(3.0) / c
        return log_quartile_bulk(-third, np.zeros_like(c), third)

    def cdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return special.expit(c * np.log(z))

    def sf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return special.expit(-c * np.log(z))

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(0.5,), (1.5,), (5.0,), (1e4,)]


class Burr(Family):
    """f(z; c, d) = c d z^(−c−1) / (1 + z^−c)^(d+1) on z > 0, shapes c, d > 0: Burr III, or Dagum.

    Kleiber & Kotz 2003, ch. 6.3; c is the weight of the upper tail, c d of the lower.
    """

    name = "burr"
    shapes = (positive("c"), positive("d"))
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, c: FloatArray, d: FloatArray) -> FloatArray:
        log_z = np.log(z)
        below, above = log_sigmoid_pair(c * log_z)
        return d * below + above - log_z + np.log(c * d)

    def bulk(self, c: FloatArray, d: FloatArray) -> Bulk:
        return log_quartile_bulk(*(-_log_expm1(-log_p / d) / c for log_p in LOG_P))

    def evaluable(self, lowest: FloatArray, highest: FloatArray, *shapes: FloatArray) -> BoolArray | bool:
        farthest = np.maximum(-np.log(lowest), np.log(highest))
        within: BoolArray = shapes[0] * farthest < LOG_OVERFLOW
        return within

    def cdf(self, z: FloatArray, c: FloatArray, d: FloatArray) -> FloatArray:
        return np.exp(d * special.log_expit(c * np.log(z)))

    def sf(self, z: FloatArray, c: FloatArray, d: FloatArray) -> FloatArray:
        return -np.expm1(d * special.log_expit(c * np.log(z)))


class Burr12(Family):
    """f(z; c, d) = c d z^(c−1) / (1 + z^c)^(d+1) on z > 0, shapes c, d > 0: Burr XII, or Singh–Maddala.

    Kleiber & Kotz 2003, ch. 6.2; c is the weight of the lower tail, c d of the upper.
    """

    name = "burr12"
    shapes = (positive("c"), positive("d"))
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, c: FloatArray, d: FloatArray) -> FloatArray:
        log_z = np.log(z)
        below, above = log_sigmoid_pair(c * log_z)
        return d * above + below - log_z + np.log(c * d)

    def bulk(self, c: FloatArray, d: FloatArray) -> Bulk:
        return log_quartile_bulk(*(_log_expm1(-log_q / d) / c for log_q in LOG_Q))

    def cdf(self, z: FloatArray, c: FloatArray, d: FloatArray) -> FloatArray:
        return -np.expm1(d * special.log_expit(-c * np.log(z)))

    def sf(self, z: FloatArray, c: FloatArray, d: FloatArray) -> FloatArray:
        return np.exp(d * special.log_expit(-c * np.log(z)))


class Mielke(Family):
    """f(z; k, s) = k z^(k−1) / (1 + z^s)^(1 + k/s) on z > 0, shapes k, s > 0: Burr III with c = s, d = k/s.

    Mielke & Johnson 1973, Monthly Weather Review 101, 275–280; k is the weight of the lower tail, s of the upper.
    """

    name = "mielke"
    shapes = (positive("k"), positive("s"))
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, k: FloatArray, s: FloatArray) -> FloatArray:
        log_z = np.log(z)
        below, above = log_sigmoid_pair(s * log_z)
        return (k / s) * below + above - log_z + np.log(k)

    def bulk(self, k: FloatArray, s: FloatArray) -> Bulk:
        return log_quartile_bulk(*(-_log_expm1(-log_p * s / k) / s for log_p in LOG_P))

    def cdf(self, z: FloatArray, k: FloatArray, s: FloatArray) -> FloatArray:
        return np.exp((k / s) * special.log_expit(s * np.log(z)))

    def sf(self, z: FloatArray, k: FloatArray, s: FloatArray) -> FloatArray:
        return -np.expm1((k / s) * special.log_expit(s * np.log(z)))
