"""kstwo: the two-sided Kolmogorov–Smirnov statistic, exact for few points, for many by interpolation towards its limit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.polynomial import chebyshev
from scipy import special, stats

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.families.bulk import Bulk
from warmfit_fitting.families.family import Cost, Family, positive
from warmfit_fitting.families.statistics import KSOne, KSTwoBign
from warmfit_fitting.families.strip import MANY_POLES, ONE_SIDED, SHORT, by_poles, by_series

if TYPE_CHECKING:
    from warmfit_fitting.estimation.features import Features

FEW = 32  # points up to which the power series is divided out; beyond it loses digits
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
_JOINT = 0.52  # √n x that parts the two tables
_PIECE = 16  # coefficients on each piece
_ORDER = 36  # of the Chebyshev series in √n x


class KSTwo(Family):
    """The two-sided Kolmogorov–Smirnov statistic D of n points, on 1/(2n) < z < 1, n a whole number.

    Up to 32 points, the coefficient of the generating function; beyond, its first poles for small √n z, and else the
    density of `kstwobign` at √n z + 1/(6√n) times a correction of order 1/n, interpolated in 1/√n between exact
    ones (the expansion of Pelz & Good 1976, JRSS B 38, 152–156, in the variable of Vrbik 2018). Right to 1e-6 in the log
    where the density of √n z exceeds 1e-7; beyond, the tails have the right order only.
    """

    name = "kstwo"
    off_by_default = "kstwo takes a tenth of a second to a whole one to fit; name it to fit it."
    shapes = (positive("n", near=0.5),)
    integer_shapes = ("n",)
    high = 1.0
    cost = Cost.SPECIAL

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
    pieces = _pieces(int(n))
    first, rest = x <= 1.0 / n, x > pieces.end
    many = n > FEW
    parts = [
        (first, _on_first_piece),
        ((x > 1.0 / n) & (x <= pieces.end), pieces.logpdf),
        (~first & rest & (not many), _by_one_side),
        (~first & rest & many & (t < _JOINT), _LOW.logpdf),
        (~first & rest & many & (t >= _JOINT), _BODY.logpdf),
    ]
    result = np.empty(len(x))
    for where, logpdf in parts:
        if where.any():
            result[where] = logpdf(x[where], n)
    return np.where((x > 0.5 / n) & (x < 1.0), result, -np.inf)


def _on_first_piece(x: FloatArray, n: float) -> FloatArray:
    """F = n! (2x − 1/n)^n for 1/(2n) < x ≤ 1/n."""
    return float(special.gammaln(n + 1.0)) + math.log(2.0 * n) + (n - 1.0) * np.log(2.0 * x - 1.0 / n)


@dataclass(frozen=True, eq=False)
class Pieces:
    """log f from 1/n to `end`, Chebyshev series (J, C) on each of the pieces between multiples of 1/(2n), where f bends."""

    end: float
    series: FloatArray

    def logpdf(self, x: FloatArray, n: float) -> FloatArray:
        """log f at x (N,) in the range."""
        place = 2.0 * n * x - 2.0
        piece = np.clip(np.floor(place), 0.0, len(self.series) - 1.0)
        chosen = self.series[piece.astype(np.intp)].T
        return np.asarray(chebyshev.chebval(2.0 * (place - piece) - 1.0, chosen, tensor=False))


@lru_cache(maxsize=512)
def _pieces(n: int) -> Pieces:
    exact, end = by_series, min(0.5, math.sqrt(ONE_SIDED / n))  # from ½ on only one side can be as far
    if n > FEW:
        exact, end = by_poles, min(SHORT / n, MANY_POLES / math.sqrt(n))
    count = math.floor(2.0 * n * end - 2.0)
    if count < 1:
        return Pieces(1.0 / n, np.zeros((0, _PIECE)))
    share = np.cos(math.pi * (np.arange(_PIECE) + 0.5) / _PIECE)
    at = np.arange(count)[:, None] + 0.5 * (share + 1.0)
    log_f = exact((at.ravel() + 2.0) / (2.0 * n), float(n)).reshape(at.shape)
    return Pieces(
        (count + 2.0) / (2.0 * n), np.asarray(chebyshev.chebfit(share, log_f.T, _PIECE - 1).T, dtype=np.float64)
    )


def _by_one_side(x: FloatArray, n: float) -> FloatArray:
    """Twice the density of the one-sided statistic."""
    return math.log(2.0) + KSOne().logpdf(x, np.asarray(n))


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
