"""kstwo: the two-sided Kolmogorov–Smirnov statistic, exact for few points and by interpolation towards its limit for many.

With a = nx and w(y; z) = Σ_{j≤y} (−z)^j (y − j)^j / j!, the generating function of a Poisson process that stays in a strip
gives P(D < x) = n!/n^n [z^n] w(a; z)² / w(2a; z) (Kemperman 1961, The Passage Problem for a Stationary Markov Chain,
ch. 3; the exit identity of spectrally one-sided processes), and ∂w/∂y = −z w(y − 1; z) its density.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.polynomial import chebyshev
from scipy import special, stats

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.families.bulk import Bulk
from warmfit_fitting.families.family import Cost, Family, positive
from warmfit_fitting.families.statistics import KSOne, KSTwoBign

if TYPE_CHECKING:
    from warmfit_fitting.estimation.features import Features

FEW = 32  # points up to which the power series is divided out; beyond it loses digits
_ONE_SIDED = 2.5  # n x² from which on the other side takes off less than 1e-6 of the density
_COUNTS = (
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    10,
    12,
    15,
    18,
    22,
    27,
    33,
    45,
    70,
    120,
    250,
    1000,
    10_000,
)  # that searches begin with
_PROBABILITIES = np.array([0.02, 0.06, 0.12, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.88, 0.94, 0.98])
_KEPT = 2  # counts, those whose quantiles fit best
_POLES = 4
_STEPS = 9  # of Newton's method, which is there by then
_MORE_POLES = 0.45  # √n x below which the others add less than 1e-20
_MANY_POLES = 1.2  # √n x above which those that are left out add 1e-8
_JOINT = 0.52  # √n x that parts the two tables
_SHORT = 8.0  # n x up to which w keeps its digits
_ORDER = 36  # of the Chebyshev series in √n x


class KSTwo(Family):
    """The two-sided Kolmogorov–Smirnov statistic D of n points, on 1/(2n) < z < 1, n a whole number.

    Up to 32 points, the coefficient of the generating function; beyond, its first poles for small √n z, and else the
    density of `kstwobign` at √n z + 1/(6√n) times a correction of order 1/n, interpolated in 1/√n between exact
    ones (the expansion of Pelz & Good 1976, JRSS B 38, 152–156, in the variable of Vrbik 2018). Right to 1e-6 in the log
    where the density of √n z exceeds 1e-7; beyond, the tails have the right order only.
    """

    name = "kstwo"
    shapes = (positive("n", near=0.5),)
    integer_shapes = ("n",)
    high = 1.0
    cost = Cost.SLOW

    def support(self, *shapes: FloatArray) -> tuple[FloatArray, FloatArray]:
        return 0.5 / np.rint(np.maximum(shapes[0], 1.0)), np.asarray(1.0)

    def logpdf(self, z: FloatArray, n: FloatArray) -> FloatArray:
        z, n = np.broadcast_arrays(z, np.rint(np.maximum(n, 1.0)))
        result = np.empty(z.shape)
        for count in np.unique(n):
            chosen = n == count
            result[chosen] = _log_density(z[chosen], float(count))
        return result

    def bulk(self, n: FloatArray) -> Bulk:
        """The quartiles of the limit at √n z + 1/(6√n), moved in 1/n to those of n = 1."""
        root = np.sqrt(n)
        return (0.8276 - 1.0 / (6.0 * root) + 0.089 / n) / root, (0.1714 - 0.0464 / n) / root

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return ((20.0,),)

    def starts(self, data: Features) -> Sequence[tuple[float, ...]]:
        """Many counts, as a search cannot pass smoothly between them, each with its quantiles laid on the data's."""
        at = np.array([data.quantile(p) for p in _PROBABILITIES])
        lines = [(*_line(*_quantiles(n), at), float(n)) for n in _COUNTS]
        return [(n, loc, scale) for _, loc, scale, n in sorted(lines)[:_KEPT]]


@cache
def _quantiles(n: int) -> tuple[FloatArray, FloatArray]:
    """The quantiles of `_PROBABILITIES`, and their precisions up to a factor, (P,)."""
    edges = np.linspace(0.5 / n, min(1.0, 2.5 / math.sqrt(n)), 600)
    middle, width = 0.5 * (edges[1:] + edges[:-1]), edges[1] - edges[0]
    density = np.exp(_log_density(middle, float(n)))
    cdf = np.concatenate([[0.0], np.cumsum(density) * width])
    q = np.interp(_PROBABILITIES, cdf, edges)
    return q, np.interp(q, middle, density) ** 2 / (_PROBABILITIES * (1.0 - _PROBABILITIES))


def _line(q: FloatArray, precision: FloatArray, at: FloatArray) -> tuple[float, float, float]:
    """The location and scale that bring the quantiles q nearest to `at`, after the share of `at` that they leave."""
    weight = precision / precision.sum()
    center, place = float((weight * q).sum()), float((weight * at).sum())
    slope = float((weight * (q - center) * (at - place)).sum() / (weight * (q - center) ** 2).sum())
    left = float((weight * (at - place - slope * (q - center)) ** 2).sum() / (weight * (at - place) ** 2).sum())
    return left, place - slope * center, slope


def _log_density(x: FloatArray, n: float) -> FloatArray:
    """log f at x (N,) for a whole n."""
    t = x * math.sqrt(n)
    if n <= FEW:
        parts = [(n * x * x < _ONE_SIDED, _by_series), (n * x * x >= _ONE_SIDED, _by_one_side)]
    else:
        short = (n * x <= _SHORT) & (t < _MANY_POLES)
        low = t < _JOINT
        parts = [(short, _by_poles), (~short & low, _LOW.logpdf), (~short & ~low, _BODY.logpdf)]
    result = np.empty(len(x))
    for where, logpdf in parts:
        if where.any():
            result[where] = logpdf(x[where], n)
    return np.where((x > 0.5 / n) & (x < 1.0), result, -np.inf)


def _by_one_side(x: FloatArray, n: float) -> FloatArray:
    """Twice the density of the one-sided statistic."""
    return math.log(2.0) + KSOne().logpdf(x, np.asarray(n))


# ---- the generating function


def _w(y: FloatArray, terms: int) -> FloatArray:
    """The coefficients (terms, N) of w(y; z/e) in powers of z."""
    j = np.arange(float(terms))[:, None]
    size = np.exp(special.xlogy(j, np.maximum(y - j, 0.0)) - special.gammaln(j + 1.0) - j)
    return np.where(y >= j, np.where(j % 2 == 0, size, -size), 0.0)


def _product(a: FloatArray, b: FloatArray) -> FloatArray:
    """The product of two polynomials, rows of coefficients (A, N), (B, N)."""
    result = np.zeros((len(a) + len(b) - 1, a.shape[1]))
    for i, row in enumerate(a):
        result[i : i + len(b)] += row * b
    return result


def _quotient(a: FloatArray, b: FloatArray, terms: int) -> FloatArray:
    """The power series a/b, b beginning with 1, up to the given number of terms (terms, N)."""
    reach = len(b) - 1
    falling = b[:0:-1]
    series = np.zeros((reach + terms, a.shape[1]))
    for i in range(terms):
        series[reach + i] = (a[i] if i < len(a) else 0.0) - (falling * series[i : i + reach]).sum(axis=0)
    return series[reach:]


def _by_series(x: FloatArray, n: float) -> FloatArray:
    """The coefficient of z^n in the derivative of w(a)²/w(2a) by x, 2n [w(a)² w(2a − 1)/w(2a) − w(a) w(a − 1)] z/w(2a)."""
    a, count = n * x, int(n)
    terms = int(2.0 * min(n, math.sqrt(_ONE_SIDED * n))) + 2
    once, less = _w(a, terms), _w(a - 1.0, terms)
    twice, before = _w(2.0 * a, terms), _w(2.0 * a - 1.0, terms)
    inner = _product(_quotient(_product(once, once), twice, count), before)[:count]
    taken = _product(once, less)[:count]
    inner[: len(taken)] -= taken
    coefficient = _quotient(inner, twice, count)[count - 1]
    return np.log(2.0 * coefficient) + _log_factor(n) + math.log(n) - 1.0


def _log_factor(n: float) -> float:
    """log(n! e^n/n^n)."""
    return float(special.gammaln(n + 1.0)) - n * math.log(n) + n


def _by_poles(x: FloatArray, n: float) -> FloatArray:
    """From the residues at the least roots ζ of w(2a; z), whose parts of F are n!/n^n · −w(a; ζ)²/(∂w/∂z(2a; ζ) ζ^(n+1))."""
    twice = _w(2.0 * n * x, int(2.0 * _SHORT) + 2)
    roots = _roots(twice, 2.0 * n * x)
    largest, total = _residue(x, n, roots[0], twice)
    for root in roots[1:]:
        size, factor = _residue(x, n, root, twice)
        part = np.exp(size - largest) * factor
        total = total + np.where(x * math.sqrt(n) > _MORE_POLES, part, 0.0)
    return largest + np.log(total) + math.log(n)


def _roots(polynomial: FloatArray, reach: FloatArray) -> list[FloatArray]:
    """The least roots, each (N,), by Newton's method on what is left after dividing by those found (Maehly 1954).

    It begins just below them, where a strip of width `reach` (N,) has the exponents of Brownian motion's.
    """
    slope, found = _derivative(polynomial), list[FloatArray]()
    for k in range(1, _POLES + 1):
        root = np.exp(0.5 * (k * math.pi / (reach + 2.0 / 3.0)) ** 2)
        for _ in range(_STEPS):
            taken = sum((1.0 / (root - other) for other in found), np.zeros_like(root))
            root = root - 1.0 / (_value(slope, root) / _value(polynomial, root) - taken)
        found.append(root)
    return found


def _residue(x: FloatArray, n: float, root: FloatArray, twice: FloatArray) -> tuple[FloatArray, FloatArray]:
    """log |F|, and F′/|F| by a, of the part of F that belongs to a root of w(2a; z) with coefficients `twice`."""
    a, terms = n * x, len(twice)
    once, less, before = _w(a, terms), _w(a - 1.0, terms), _w(2.0 * a - 1.0, terms)
    slope = _derivative(twice)
    here, d, dd = _value(once, root), _value(slope, root), _value(_derivative(slope), root)
    scaled = root / math.e  # z itself: ∂/∂y w = −z w(y − 1)
    moved = 2.0 * scaled * _value(before, root) / d  # dζ/da
    change = -scaled * _value(less, root) + _value(_derivative(once), root) * moved  # of w(a; ζ)
    mixed = -2.0 * (_value(before, root) / math.e + scaled * _value(_derivative(before), root))
    log_slope = 2.0 * change / here - (mixed + dd * moved) / d - (n + 1.0) * moved / root
    log_size = _log_factor(n) + np.log(here * here / np.abs(d)) - (n + 1.0) * np.log(root)
    return log_size, -np.sign(d) * log_slope


def _value(coefficients: FloatArray, z: FloatArray) -> FloatArray:
    """A polynomial (T, N) at z (N,)."""
    result = np.zeros_like(z)
    for row in coefficients[::-1]:
        result = result * z + row
    return result


def _derivative(coefficients: FloatArray) -> FloatArray:
    """The coefficients of the derivative."""
    return coefficients[1:] * np.arange(1.0, len(coefficients))[:, None]


# ---- towards the limit


@dataclass(frozen=True)
class Corrections:
    """n (log f_n − log f_∞) as a function of t = √n x in [low, high] and of 1/√n, from `counts` for which it is exact.

    `split`: where log cdf gives way to log sf as what is differentiated.
    """

    low: float
    high: float
    counts: tuple[int, ...]
    upper: bool

    def logpdf(self, x: FloatArray, n: float) -> FloatArray:
        """log f; beyond the ends the correction stays what it is there, but for what n x⁴ does to the upper tail."""
        root = math.sqrt(n)
        t = root * x
        held = np.clip(t, self.low, self.high)
        share = (2.0 * held - self.low - self.high) / (self.high - self.low)
        series = np.asarray(self._weights(1.0 / root)) @ _series(self)
        beyond = 4.0 / 9.0 * (t**4 - held**4)
        return (
            KSTwoBign().logpdf(t + 1.0 / (6.0 * root))
            + (chebyshev.chebval(share, series) - beyond) / n
            + math.log(root)
        )

    def _weights(self, at: float) -> list[float]:
        """Lagrange's weights of the counts at 1/√n = `at`."""
        places = [1.0 / math.sqrt(count) for count in self.counts]
        return [math.prod((at - q) / (p - q) for q in places if q != p) for p in places]


@cache
def _series(c: Corrections) -> FloatArray:
    """The Chebyshev coefficients (C, T) in t of the correction for each count, from SciPy's exact distribution function."""
    share = np.cos(math.pi * (np.arange(_ORDER) + 0.5) / _ORDER)
    t = 0.5 * (c.low + c.high) + 0.5 * (c.high - c.low) * share
    rows = []
    for n in c.counts:
        root = math.sqrt(n)
        log_p = np.log([(stats.kstwo.sf if c.upper else stats.kstwo.cdf)(at, n) for at in t / root])
        slope = chebyshev.chebval(share, chebyshev.chebder(chebyshev.chebfit(share, log_p, _ORDER - 1)))
        slope = slope * (2.0 / (c.high - c.low))
        log_f = log_p + np.log(-slope if c.upper else slope)
        rows.append(chebyshev.chebfit(share, n * (log_f - KSTwoBign().logpdf(t + 1.0 / (6.0 * root))), _ORDER - 1))
    return np.array(rows)


_LOW = Corrections(0.22, 0.55, (90, 110, 140, 5000), upper=False)
_BODY = Corrections(0.48, 3.0, (40, 60, 90, 140, 5000), upper=True)
