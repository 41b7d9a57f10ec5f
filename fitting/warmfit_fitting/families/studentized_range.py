"""studentized_range: its double integral as a table for each pair of shapes, both integrals by the trapezoidal rule."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import special

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.families.bulk import Bulk, log_normal_bulk
from warmfit_fitting.families.family import Cost, Family, Shape, positive
from warmfit_fitting.families.rows import by_row

_STEP = 0.05  # of the grids of log w and log q
_LOG_W = _STEP * np.arange(-160, 85)  # of the range: from 3e-4, below which its density is a power, to 67
_BELOW = 160  # steps by which the power continues it
_LOG_Q = _STEP * np.arange(-140, 141)  # of the studentized range: from 1e-3 to 1100, powers beyond
_MIDDLE = np.arange(0.0, 6.01, 0.15)  # of the two extremes
_NARROW = 0.045  # the standard deviation of log s below which the step does not resolve it
_HERMITE, _HERMITE_WEIGHT = np.polynomial.hermite_e.hermegauss(12)
_NOTHING = -600.0  # log f below which the products underflow
_TAPS = np.arange(-2, 4)  # of the interpolation
_SCALE = [float(math.prod(i - j for j in _TAPS if j != i)) for i in _TAPS]


class StudentizedRange(Family):
    """The range of k normal variables over an independent standard deviation with df degrees of freedom, on z > 0.

    f(q) = ∫ s h(qs; k) g(s; df) ds with the density h(w; k) = k(k − 1) ∫ φ(u) φ(u + w) [Φ(u + w) − Φ(u)]^(k−2) du of the
    range and g that of √(χ²/df) (Lund & Lund 1983, Applied Statistics 32, 204–210); k > 1, searched up to 500, df > 0. In
    logarithms the outer integral is a convolution: h is tabulated over log w, f over log q, and log f is interpolated.
    """

    name = "studentized_range"
    shapes = (Shape("k", 1.0, near=1e-2, far=500.0), positive("df", near=0.05, far=1e5))
    low = 0.0
    cost = Cost.SPECIAL
    off_by_default = "studentized_range takes half a second to a whole one to fit; name it to fit it."

    def logpdf(self, z: FloatArray, k: FloatArray, df: FloatArray) -> FloatArray:
        return by_row(_log_density, z, k, df)

    def bulk(self, k: FloatArray, df: FloatArray) -> Bulk:
        """The median to some hundredths and the spread to a tenth, laid through computed ones."""
        center = 2.0 * special.ndtri((k - 0.375) / (k + 0.25)) / (1.0 + 0.23 / (k - 1.0))
        spread = 0.75 / (k - 1.0) + 0.2
        return log_normal_bulk(np.log(center) + 0.34 / df, np.sqrt(spread * spread + 0.5 / df + 0.3 / (df * df)))

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return ((2.0, 10.0), (3.0, 3.0), (5.0, 30.0), (20.0, 10.0))


def _log_density(z: FloatArray, k: float, df: float) -> FloatArray:
    """log f at z (N,) from a table over log q, continued as a power at both its ends."""
    table = _log_table(k, df)
    held = np.flatnonzero(table > _NOTHING)
    first, last = held[0], held[-1]
    at = (np.log(z) - _LOG_Q[0]) / _STEP
    inside = np.clip(at, first, last)
    left = np.clip(np.floor(inside), first + 2, last - 3)
    value = _interpolated(table, left, inside - left)
    below = (k - 2.0) * _STEP if first == 0 else table[first + 1] - table[first]
    above = table[last] - table[last - 1]
    return value + np.where(at < first, (at - first) * below, np.where(at > last, (at - last) * above, 0.0))


def _interpolated(table: FloatArray, left: FloatArray, share: FloatArray) -> FloatArray:
    """Lagrange's quintic through six entries of `table` about `left` (N,), at `share` (N,) of the step beyond it."""
    index = left.astype(np.intp)
    return sum((table[index + tap] * w for tap, w in zip(_TAPS, _weights(share), strict=True)), np.zeros(len(index)))


def _weights(share: FloatArray) -> list[FloatArray]:
    """Lagrange's weights of the six entries, at a `share` of the step beyond the third."""
    away = [share - tap for tap in _TAPS]
    return [np.asarray(math.prod(d for j, d in enumerate(away) if j != i) / scale) for i, scale in enumerate(_SCALE)]


def _log_table(k: float, df: float) -> FloatArray:
    """log f over `_LOG_Q`; −inf where it is nothing."""
    log_h = _log_range_density(k) + _LOG_W  # of log w
    slope = log_h[1] - log_h[0]
    log_h = np.concatenate([log_h[0] + slope * np.arange(-_BELOW, 0), log_h])
    top = float(log_h.max())
    if 2.0 * df * _NARROW**2 < 1.0:
        log_p = _log_density_of_log_s(_STEP * np.arange(1 - len(_LOG_Q), len(log_h)) + _OFFSET, df)
        most = float(log_p.max())
        windows = sliding_window_view(np.exp(log_p - most), len(log_h))[::-1]
        h = np.exp(log_h - top)
        h[0] /= -math.expm1(-(k - 1.0 + df) * _STEP)  # and all below it: there both factors are powers
        sums = np.einsum("ij,j->i", windows, h) * _STEP
        return np.log(sums) + (top + most) - _LOG_Q
    return _narrow(log_h, df) - _LOG_Q


_OFFSET = _LOG_W[0] - _STEP * _BELOW - _LOG_Q[0]  # of the first log w from the first log q


def _narrow(log_h: FloatArray, df: float) -> FloatArray:
    """log of the convolution for large df, by Gauss and Hermite's rule in log s."""
    sigma = math.sqrt(0.5 / df)
    y = sigma * _HERMITE
    log_weight = _log_density_of_log_s(y, df) + 0.5 * _HERMITE**2 + np.log(_HERMITE_WEIGHT * sigma)
    terms = np.full((len(y), len(_LOG_Q)), -np.inf)
    for row, move, weight in zip(terms, (y - _OFFSET) / _STEP, log_weight, strict=True):
        whole = math.floor(move)
        index = np.arange(len(row)) + whole
        index = index[(index >= 2) & (index < len(log_h) - 3)]
        taps = [
            log_h[index + tap] * factor for tap, factor in zip(_TAPS, _weights(np.array(move - whole)), strict=True)
        ]
        row[index - whole] = sum(taps, np.zeros(len(index))) + weight
    return np.asarray(np.logaddexp.reduce(terms, axis=0))


def _log_density_of_log_s(y: FloatArray, df: float) -> FloatArray:
    """The log-density of log √(χ²/df) at y."""
    half = 0.5 * df
    constant = math.log(2.0) + half * math.log(half) - float(special.gammaln(half)) - half
    return constant + df * y - half * np.expm1(2.0 * y)


# ---- the range of k normal variables


def _log_coverage() -> FloatArray:
    """log [Φ(v + w/2) − Φ(v − w/2)], (W, V): the probability of lying between the extremes."""
    w, v = np.exp(_LOG_W)[:, None], _MIDDLE
    between = np.where(
        v > 0.5 * w,
        special.ndtr(0.5 * w - v) - special.ndtr(-0.5 * w - v),
        special.ndtr(v + 0.5 * w) - special.ndtr(v - 0.5 * w),
    )
    near = np.exp(-0.5 * v * v) / math.sqrt(2.0 * math.pi) * w * (1.0 + (v * v - 1.0) * w * w / 24.0)
    return np.log(np.where(w < 1e-2, near, between))


_COVERAGE = _log_coverage()
_GAP = _COVERAGE - _COVERAGE[:, :1]
_MIDDLE_WEIGHT = np.where(_MIDDLE == 0.0, 1.0, 2.0) * (_MIDDLE[1] - _MIDDLE[0]) / (2.0 * math.pi)


def _log_range_density(k: float) -> FloatArray:
    """log h over `_LOG_W`: φ(v − w/2) φ(v + w/2) = e^(−v² − w²/4)/(2π), times the coverage to the power k − 2."""
    around = np.exp((k - 2.0) * _GAP - _MIDDLE * _MIDDLE) * _MIDDLE_WEIGHT
    along = (k - 2.0) * _COVERAGE[:, 0] - 0.25 * np.exp(2.0 * _LOG_W)
    return np.asarray(math.log(k * (k - 1.0)) + along + np.log(around.sum(axis=1)))
