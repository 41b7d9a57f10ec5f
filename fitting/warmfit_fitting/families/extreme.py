"""The extreme-value group: gumbel_r, gumbel_l, genextreme, gompertz, moyal, landau."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy import special, stats

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.families.bulk import LOG_P, LOG_Q, Bulk, quartile_bulk
from warmfit_fitting.families.family import Cost, Family, Shape, positive
from warmfit_fitting.families.normal import LOG_SQRT_2PI, SQRT_2

if TYPE_CHECKING:
    from warmfit_fitting.estimation.features import Features


class GumbelRight(Family):
    """f(z) = e^(−z − e^−z) on the line, of largest values (Johnson, Kotz & Balakrishnan 1995, ch. 22)."""

    name = "gumbel_r"
    closed_cdf = True

    def logpdf(self, z: FloatArray) -> FloatArray:
        return -z - np.exp(-z)

    def cdf(self, z: FloatArray) -> FloatArray:
        return np.exp(-np.exp(-z))

    def sf(self, z: FloatArray) -> FloatArray:
        return -np.expm1(-np.exp(-z))


class GumbelLeft(Family):
    """f(z) = e^(z − e^z) on the line, of smallest values (Johnson, Kotz & Balakrishnan 1995, ch. 22)."""

    name = "gumbel_l"
    closed_cdf = True

    def logpdf(self, z: FloatArray) -> FloatArray:
        return z - np.exp(z)

    def cdf(self, z: FloatArray) -> FloatArray:
        return -np.expm1(-np.exp(z))

    def sf(self, z: FloatArray) -> FloatArray:
        return np.exp(-np.exp(z))


class GeneralizedExtreme(Family):
    """f(z; c) = (1 − cz)^(1/c − 1) e^(−(1 − cz)^(1/c)) where 1 − cz > 0, real c (Coles 2001, ch. 3).

    c is SciPy's, the negative of the ξ of the textbooks: c > 0 has the upper end 1/c, c < 0 the lower end 1/c, and
    c = 0 is Gumbel. y = −log(1 − cz)/c follows the Gumbel law.
    """

    name = "genextreme"
    shapes = (Shape("c"),)
    closed_cdf = True

    def support(self, *shapes: FloatArray) -> tuple[FloatArray, FloatArray]:
        (c,) = shapes
        with np.errstate(divide="ignore", over="ignore"):
            end = 1.0 / c
        return np.where(c < 0.0, end, -np.inf), np.where(c > 0.0, end, np.inf)

    def logpdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        y = _gumbel_variate(z, c)
        return (c - 1.0) * y - np.exp(-y)

    def bulk(self, c: FloatArray) -> Bulk:
        c = np.where(c == 0.0, 1e-200, c)
        return quartile_bulk(*(-np.expm1(np.clip(c * np.log(-log_p), -300.0, 300.0)) / c for log_p in LOG_P))

    def cdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return np.exp(-np.exp(-_gumbel_variate(z, c)))

    def sf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return -np.expm1(-np.exp(-_gumbel_variate(z, c)))

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(-3.0,), (-1.3,), (-0.6,), (-0.15,), (0.05,), (0.3,), (0.9,)]

    def starts(self, data: Features) -> Sequence[tuple[float, ...]]:
        """Supports that end just beyond the data, on either side."""
        found = []
        for c in (0.5, 1.0, 2.0):
            for gap in (1e-6, 0.02, 0.3):
                below, above = data.quantile(0.3), data.quantile(0.7)
                beyond = gap * (data.iqr or data.std)
                found.append((-c, below, c * (below - data.minimum + beyond)))
                found.append((c, above, c * (data.maximum - above + beyond)))
        return [start for start in found if start[2] > 0]


def _gumbel_variate(z: FloatArray, c: FloatArray) -> FloatArray:
    """−log(1 − cz)/c, and z at c = 0: log1p is exact to rounding for any other c, so a tiny c stands for 0."""
    c = np.where(c == 0.0, 1e-200, c)
    return np.log1p(-c * z) / -c


class Gompertz(Family):
    """f(z; c) = c e^(z − c(e^z − 1)) on z > 0, c > 0 (Johnson, Kotz & Balakrishnan 1995, ch. 22)."""

    name = "gompertz"
    shapes = (positive("c"),)
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return z - c * np.expm1(z) + np.log(c)

    def bulk(self, c: FloatArray) -> Bulk:
        return quartile_bulk(*(np.log1p(-log_q / c) for log_q in LOG_Q))

    def cdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return -np.expm1(-c * np.expm1(z))

    def sf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return np.exp(-c * np.expm1(z))

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return [(0.01,), (0.2,), (3.0,)]


class Moyal(Family):
    """f(z) = e^(−(z + e^−z)/2) / √(2π) on the line (Moyal 1955, Phil. Mag. 46)."""

    name = "moyal"
    closed_cdf = True

    def logpdf(self, z: FloatArray) -> FloatArray:
        return -0.5 * (z + np.exp(-z)) - LOG_SQRT_2PI

    def cdf(self, z: FloatArray) -> FloatArray:
        return special.erfc(np.exp(-0.5 * z) / SQRT_2)

    def sf(self, z: FloatArray) -> FloatArray:
        return special.erf(np.exp(-0.5 * z) / SQRT_2)


class Landau(Family):
    """The stable law of index 1 and skewness 1, on the line (Landau 1944, J. Phys. USSR 8; SciPy `landau`).

    f(z) = (π/2) g(πz/2 + log(π/2)) with g(x) = (1/π) ∫ from 0 to ∞ of e^(−t log t − xt) sin(πt) dt. SciPy's page
    gives g as the density, but its code, like Boost's, has the unit of the characteristic function
    e^(−|t|(1 + (2i/π) sgn t log|t|)).
    """

    name = "landau"
    closed_cdf = True
    cost = Cost.SPECIAL

    def logpdf(self, z: FloatArray) -> FloatArray:
        # Left of −4 the density soon underflows: there the saddle-point series of g in 1/s, s = e^(−1−x) the saddle.
        # Far right of everything it is 2/(πz²).
        log_s = (-0.5 * math.pi) * z - (1.0 + math.log(0.5 * math.pi))
        r = np.exp(-log_s)
        series = r * np.polyval(_LANDAU_SADDLE, np.minimum(r, 1.0))
        left = 0.5 * log_s - np.exp(log_s) + np.log1p(series) + (math.log(0.5 * math.pi) - LOG_SQRT_2PI)
        right = -2.0 * np.log(np.abs(z)) - math.log(0.5 * math.pi)
        middle = np.log(stats.landau._pdf(np.clip(z, -5.0, 1e100)))
        return np.where(z < -4.0, left, np.where(z > 1e100, right, middle))

    def cdf(self, z: FloatArray) -> FloatArray:
        return np.asarray(stats.landau._cdf(z))

    def sf(self, z: FloatArray) -> FloatArray:
        return np.asarray(stats.landau._sf(z))


_LANDAU_SADDLE = (
    -4175309343349 / 4815794995200,
    272785979 / 1337720832,
    -2482411 / 39813120,
    11237 / 414720,
    -23 / 1152,
    1 / 24,
)  # of s^−6 to s^−1, by expanding s log s + xs about the saddle and integrating term by term
