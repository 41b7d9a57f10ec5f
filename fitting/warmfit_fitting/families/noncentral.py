"""The noncentral group: ncx2, ncf, nct, rice.

None declares its distribution function: those of SciPy take a time that grows with the noncentrality.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.families.bessel import log_ive_along
from warmfit_fitting.families.beta import log_beta, stirling_error
from warmfit_fitting.families.bulk import QUARTILE, Bulk, log_normal_bulk, normal_bulk
from warmfit_fitting.families.family import Cost, Family, Shape, positive
from warmfit_fitting.families.kummer import log_kummer
from warmfit_fitting.families.student import log1p_square
from warmfit_fitting.families.tabulated import Table

if TYPE_CHECKING:
    from warmfit_fitting.estimation.features import Features

_STEPS = np.arange(-14.0, 13.0, 0.3)
_NODES = (_STEPS - np.expm1(-0.4 * _STEPS)) / 1.4
_WEIGHTS = 0.3 * (1.0 + 0.4 * np.exp(-0.4 * _STEPS)) / 1.4


class NCX2(Family):
    """f(z; df, nc) = ½ e^(−(z+nc)/2) (z/nc)^(v/2) I_v(√(nc z)), v = df/2 − 1, on z > 0; df, nc > 0.

    Johnson, Kotz & Balakrishnan 1995, ch. 29.
    """

    name = "ncx2"
    shapes = (positive("df", far=200.0), positive("nc"))  # beyond, SciPy's Bessel function underflows
    low = 0.0
    cost = Cost.SPECIAL

    def logpdf(self, z: FloatArray, df: FloatArray, nc: FloatArray) -> FloatArray:
        order = 0.5 * df - 1.0
        root, centre = np.sqrt(z), np.sqrt(nc)
        distance = root - centre
        log_z, log_nc = np.log(z), np.log(nc)
        bessel = log_ive_along(order, root * centre, 0.5 * (log_z + log_nc))
        return (0.5 * order) * (log_z - log_nc) - 0.5 * distance * distance + bessel - math.log(2.0)

    def bulk(self, df: FloatArray, nc: FloatArray) -> Bulk:
        return normal_bulk(df + nc, np.sqrt(2.0 * df + 4.0 * nc))

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return tuple((df, nc) for df in (0.5, 2.0, 20.0) for nc in (0.3, 5.0, 100.0))

    def starts(self, data: Features) -> Sequence[tuple[float, ...]]:
        """Nearly normal, a noncentrality of 10⁵ having that for its limit."""
        df, nc = np.array([2.0, 20.0]), np.array([1e5, 1e5])
        center, spread = self.bulk(df, nc)
        scale = QUARTILE * data.std / spread
        return list(zip(df.tolist(), nc.tolist(), (data.mean - scale * center).tolist(), scale.tolist(), strict=True))


class Rice(Family):
    """f(z; b) = z e^(−(z²+b²)/2) I₀(bz) on z > 0, shape b > 0: the length of a normal vector with mean length b.

    Rice 1945, Bell System Technical Journal 24, 46–156; b → 0 is Rayleigh.
    """

    name = "rice"
    shapes = (positive("b"),)
    low = 0.0
    cost = Cost.SPECIAL

    def logpdf(self, z: FloatArray, b: FloatArray) -> FloatArray:
        distance = z - b
        return np.log(z) + np.log(special.i0e(b * z)) - 0.5 * distance * distance

    def bulk(self, b: FloatArray) -> Bulk:
        return normal_bulk(np.sqrt(b * b + 1.4), np.full_like(b, 0.9))


class NCT(Family):
    """(normal + nc) / √(chi²_df / df) on the line; df > 0, nc real and of the sign of the skewness.

    f(z) = const (1 + w²)^(−(df+1)/2) exp(−nc²/(2(1 + w²))) ∫₀^∞ y^df exp(−(y − m)²/2) dy, w = z/√df,
    m = nc w/√(1 + w²) (Johnson, Kotz & Balakrishnan 1995, ch. 31).
    """

    name = "nct"
    shapes = (positive("df"), Shape("nc"))
    cost = Cost.SLOW

    def logpdf(self, z: FloatArray, df: FloatArray, nc: FloatArray) -> FloatArray:
        n = df + 1.0
        w = z / np.sqrt(df)
        length = np.hypot(1.0, w)
        # the integrand's mode in log y lies at y = √n e^θ
        theta = np.arcsinh((0.5 * nc / np.sqrt(n)) * (w / length))
        rise = np.exp(theta)
        mode_squared = n * (rise * rise)
        constant = 0.5 * n * np.log1p(1.0 / df) - 0.5 * np.log(n / df) - stirling_error(0.5 * df)
        height = n * theta - 0.5 * n * np.expm1(-2.0 * theta) - 0.5 * np.log1p(mode_squared / n)
        kernel = -0.5 * n * log1p_square(w) - 0.5 * (nc / length) ** 2
        return constant + kernel + height + tabulated_area(n, rise) - 0.5 - math.log(math.sqrt(2.0) * math.pi)

    def bulk(self, df: FloatArray, nc: FloatArray) -> Bulk:
        return normal_bulk(nc, np.sqrt(1.0 + nc * nc / (2.0 * df)))

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return tuple((df, nc) for df in (1.5, 5.0, 30.0) for nc in (-2.0, 0.3, 2.0))


def log_peak_area(n: FloatArray, mode_squared: FloatArray) -> FloatArray:
    """log ∫ exp(n(s − expm1 s) − ½ y₀² expm1(s)²) dτ, s = τ/√(n + y₀²), y₀² = `mode_squared`, by the trapezoidal rule.

    The integrand is y^(n−1) exp(−(y − m)²/2) dy in log y, at unit curvature of its mode. It is analytic, falls off like
    a normal density above and like e^(ns) below, where the nodes are spread exponentially; the rule then converges
    geometrically (Trefethen & Weideman 2014).
    """
    scale = 1.0 / np.sqrt(n + mode_squared)
    half = 0.5 * mode_squared
    area = np.zeros_like(mode_squared)
    for node, weight in zip(_NODES, _WEIGHTS, strict=True):
        s = node * scale
        rise = np.expm1(s)
        area += weight * np.exp(n * (s - rise) - half * rise * rise)
    return np.log(area)


_PANELS = 24


@cache
def _area_table() -> Table:
    """`log_peak_area` of α = 1/n, 0 < α ≤ 1, and x = P/(1 + y₀/√n), to 1e-12."""

    def area(alpha: FloatArray, x: FloatArray) -> FloatArray:
        ratio = _PANELS / x - 1.0
        return log_peak_area(1.0 / alpha, ratio * ratio / alpha)

    return Table.of(area, _PANELS, (22, 10))


def tabulated_area(n: FloatArray, ratio: FloatArray) -> FloatArray:
    """`log_peak_area` for n > 1 (K, 1) and y₀ = √n `ratio` (K, N) from its table."""
    return _area_table()(1.0 / n, _PANELS / (1.0 + ratio))


class NCF(Family):
    """(noncentral chi²_dfn / dfn) / (chi²_dfd / dfd) on z > 0; dfn, dfd, nc > 0.

    The F density times e^(−nc/2) ₁F₁((dfn+dfd)/2; dfn/2; y), y = (nc/2) r z/(1 + r z), r = dfn/dfd
    (Johnson, Kotz & Balakrishnan 1995, ch. 30).
    """

    name = "ncf"
    shapes = (positive("dfn"), positive("dfd"), positive("nc"))
    low = 0.0
    cost = Cost.SLOW

    def logpdf(self, z: FloatArray, dfn: FloatArray, dfd: FloatArray, nc: FloatArray) -> FloatArray:
        a, b = 0.5 * dfn, 0.5 * dfd
        odds = dfn / dfd * z
        constant = a * np.log(dfn / dfd) - log_beta(a, b) - 0.5 * nc
        central = special.xlogy(a - 1.0, z) - (a + b) * np.log1p(odds)
        return central + log_kummer(a + b, a, (0.5 * nc) / (1.0 + 1.0 / odds)) + constant

    def bulk(self, dfn: FloatArray, dfd: FloatArray, nc: FloatArray) -> Bulk:
        mean = dfn + nc
        return log_normal_bulk(np.log(mean / dfn), np.sqrt((2.0 * dfn + 4.0 * nc) / mean**2 + 2.0 / dfd))

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return tuple((dfn, dfd, nc) for dfn, dfd in ((2.0, 5.0), (10.0, 5.0), (10.0, 30.0)) for nc in (0.5, 8.0))
