"""The beta group: beta, betaprime, f, rdist, arcsine, gausshyper; and log B(a, b) as the other groups use it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import special

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.families.bulk import Bulk, log_normal_bulk, normal_bulk
from warmfit_fitting.families.family import Cost, Family, Shape, positive
from warmfit_fitting.families.gauss_integral import log_gauss_integral
from warmfit_fitting.families.symmetric_beta import either, symmetric_beta_above

_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156)
LARGE = 200.0  # below this, the differences of log Γ lose less than 1e-13


def stirling_error(x: FloatArray) -> FloatArray:
    """log Γ(x) − ((x − ½) log x − x + ½ log 2π) for x > 0: the series of DLMF 5.11.1 from x = 10 on."""
    r = 1.0 / x
    square, series = r * r, _STIRLING[-1] * r
    for coefficient in _STIRLING[-2::-1]:
        series = series * square + coefficient * r
    small = x < 10.0
    if not np.any(small):
        return series
    direct = special.gammaln(x) - (x - 0.5) * np.log(x) + x - 0.5 * math.log(2.0 * math.pi)
    return np.where(small, direct, series)


def log_beta(a: FloatArray, b: FloatArray) -> FloatArray:
    """log B(a, b), accurate also where both or one of the arguments are large and the three log Γ would cancel."""
    total = a + b
    small = total < LARGE
    if np.all(small):
        return special.betaln(a, b)
    leading = 0.5 * np.log(2.0 * math.pi * total / a / b) - a * np.log1p(b / a) - b * np.log1p(a / b)
    large = leading + stirling_error(a) + stirling_error(b) - stirling_error(total)
    return np.where(small, special.betaln(a, b), large) if np.any(small) else large


def times(factor: FloatArray, logarithm: FloatArray) -> FloatArray:
    """`factor` · `logarithm`, and 0 where the factor is 0, whatever the logarithm is: that of z⁰ at z = 0."""
    product = factor * logarithm
    zero = factor == 0.0
    return np.where(zero, 0.0, product) if np.any(zero) else product


def beta_prime_below(z: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
    """I_{z/(1+z)}(a, b), from whichever of z/(1+z) and 1/(1+z) is the smaller."""
    share = 1.0 / (1.0 + z)
    near = z < 1.0
    return either(near, special.betainc, (a, b, z * share), special.betaincc, (b, a, share))


class Beta(Family):
    """f(z; a, b) = z^(a−1) (1 − z)^(b−1) / B(a, b) on 0 < z < 1, shapes a, b > 0.

    Johnson, Kotz & Balakrishnan 1995, ch. 25.
    """

    name = "beta"
    shapes = (positive("a"), positive("b"))
    low = 0.0
    high = 1.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
        return times(a - 1.0, np.log(z)) + times(b - 1.0, np.log1p(-z)) - log_beta(a, b)

    def bulk(self, a: FloatArray, b: FloatArray) -> Bulk:
        total = a + b
        return normal_bulk(a / total, np.sqrt(a * b / (total + 1.0)) / total)

    def cdf(self, z: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
        return special.betainc(a, b, z)

    def sf(self, z: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
        return special.betaincc(a, b, z)


class BetaPrime(Family):
    """f(z; a, b) = z^(a−1) (1 + z)^(−a−b) / B(a, b) on z > 0, shapes a, b > 0.

    Johnson, Kotz & Balakrishnan 1995, ch. 25.7; a is the weight of the lower tail, b of the upper.
    """

    name = "betaprime"
    shapes = (positive("a"), positive("b"))
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
        return times(a - 1.0, np.log(z)) - (a + b) * np.log1p(z) - log_beta(a, b)

    def bulk(self, a: FloatArray, b: FloatArray) -> Bulk:
        return log_normal_bulk(np.log(a / b), np.sqrt(1.0 / a + 1.0 / b))

    def cdf(self, z: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
        return beta_prime_below(z, a, b)

    def sf(self, z: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
        return beta_prime_below(1.0 / z, b, a)


class F(Family):
    """The ratio of two mean squares, with dfn and dfd degrees of freedom, both > 0, on z > 0.

    f(z) = r^(dfn/2) z^(dfn/2−1) (1 + rz)^(−(dfn+dfd)/2) / B(dfn/2, dfd/2), r = dfn/dfd
    (Johnson, Kotz & Balakrishnan 1995, ch. 27).
    """

    name = "f"
    shapes = (positive("dfn"), positive("dfd"))
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, dfn: FloatArray, dfd: FloatArray) -> FloatArray:
        a, b, ratio = 0.5 * dfn, 0.5 * dfd, dfn / dfd
        constant = a * np.log(ratio) - log_beta(a, b)
        return times(a - 1.0, np.log(z)) - (a + b) * np.log1p(ratio * z) + constant

    def bulk(self, dfn: FloatArray, dfd: FloatArray) -> Bulk:
        return log_normal_bulk(np.zeros_like(dfn), np.sqrt(2.0 / dfn + 2.0 / dfd))

    def cdf(self, z: FloatArray, dfn: FloatArray, dfd: FloatArray) -> FloatArray:
        return beta_prime_below(dfn / dfd * z, 0.5 * dfn, 0.5 * dfd)

    def sf(self, z: FloatArray, dfn: FloatArray, dfd: FloatArray) -> FloatArray:
        return beta_prime_below(dfd / dfn / z, 0.5 * dfd, 0.5 * dfn)


class RDist(Family):
    """f(z; c) = (1 − z²)^(c/2−1) / B(½, c/2) on −1 < z < 1, shape c > 0: the symmetric beta on (−1, 1).

    SciPy's page of `rdist`; c = 2 is uniform, c = 4 is Epanechnikov's kernel.
    """

    name = "rdist"
    shapes = (positive("c"),)
    low = -1.0
    high = 1.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        power = 0.5 * c - 1.0
        # 1 − z² rounds near the ends where it is small, and its logarithm near 0 where c is large
        log_height = np.where(np.abs(z) < 0.5, np.log1p(-z * z), np.log((1.0 - z) * (1.0 + z)))
        return times(power, log_height) - log_beta(np.full_like(c, 0.5), 0.5 * c)

    def bulk(self, c: FloatArray) -> Bulk:
        return normal_bulk(np.zeros_like(c), 1.0 / np.sqrt(c + 1.0))

    def cdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return symmetric_beta_above(-z, 0.5 * c)

    def sf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return symmetric_beta_above(z, 0.5 * c)

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return ((0.7,), (2.0,), (4.0,), (12.0,))


class ArcSine(Family):
    """f(z) = 1 / (π √(z (1 − z))) on 0 < z < 1 (Johnson, Kotz & Balakrishnan 1995, ch. 25.3)."""

    name = "arcsine"
    low = 0.0
    high = 1.0
    closed_cdf = True

    def logpdf(self, z: FloatArray) -> FloatArray:
        return -0.5 * np.log(z * (1.0 - z)) - math.log(math.pi)

    def cdf(self, z: FloatArray) -> FloatArray:
        return 2.0 / math.pi * np.arcsin(np.sqrt(z))

    def sf(self, z: FloatArray) -> FloatArray:
        return 2.0 / math.pi * np.arcsin(np.sqrt(1.0 - z))


class GaussHyper(Family):
    """f(x; a, b, c, z) = C x^(a−1) (1 − x)^(b−1) (1 + zx)^−c on 0 < x < 1, a, b > 0, c real, z > −1.

    1/C = B(a, b) ₂F₁(c, a; a+b; −z); Armero & Bayarri 1994, The Statistician 43, 139–153. The constant is integrated
    rather than taken from ₂F₁, whose series fail for large c or z.
    """

    name = "gausshyper"
    off_by_default = "gausshyper takes a tenth of a second to fit; name it to fit it."
    shapes = (positive("a"), positive("b"), Shape("c"), Shape("z", -1.0))
    low = 0.0
    high = 1.0
    cost = Cost.SPECIAL

    def logpdf(self, z: FloatArray, a: FloatArray, b: FloatArray, c: FloatArray, zeta: FloatArray) -> FloatArray:
        kernel = times(a - 1.0, np.log(z)) + times(b - 1.0, np.log1p(-z)) - c * np.log1p(zeta * z)
        return kernel - log_gauss_integral(a, b, c, zeta)

    def bulk(self, a: FloatArray, b: FloatArray, c: FloatArray, z: FloatArray) -> Bulk:
        total = a + b
        return normal_bulk(a / total, np.sqrt(a * b / (total + 1.0)) / total)

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return tuple((a, b, c, 1.0) for a, b in ((0.7, 0.7), (1.5, 4.0), (4.0, 1.5), (4.0, 4.0)) for c in (-2.0, 2.0))
