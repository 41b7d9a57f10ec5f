"""levy_stable: Zolotarev's integral, by Gauss and Legendre's rule on panels that follow its integrand."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.polynomial.polynomial import polyval

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.families.bulk import Bulk
from warmfit_fitting.families.family import Cost, Family, Shape
from warmfit_fitting.families.rows import by_row

if TYPE_CHECKING:
    from warmfit_fitting.estimation.features import Features

_LEAST_ALPHA = 0.2
_NEAR_ONE = 1e-7  # how far alpha stays from 1, where the integral has a limit but its parts have none
_LEAST_ANGLE = 1e-15  # stands for 0 where a tail vanishes, at |beta| = 1 and alpha = 2
_REACH = 80.0  # of the coordinate s of the angle
_GRID = np.linspace(-_REACH, _REACH, 201)
_HELD = 60.0  # |s| of the peak beyond which the density is a power
_TOP = math.log(38.0)  # log g above which e^(−g) is nothing
# panel edges: from the place where log g = _TOP, and about that where log g = 0, in units of s − log g
_FROM_TOP = np.array([0.0, 0.8, 1.6, 2.4, 3.4, 4.6, 6.0, 8.0, 11.0, 15.0, 20.0, 30.0])
_ABOUT_PEAK = np.array([-7.0, -5.0, -3.4, -2.1, -1.0, 0.2, 1.8, 4.0, 7.0, 12.0, 20.0, 40.0, 80.0])
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)
# (q₉₅ − q₅)/(q₇₅ − q₂₅) of symmetric stable laws, and about their alpha
_SPAN = (2.45, 2.5, 2.6, 2.8, 3.0, 3.5, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 25.0, 60.0)
_SPAN_ALPHA = (1.97, 1.92, 1.81, 1.66, 1.56, 1.39, 1.28, 1.13, 1.03, 0.9, 0.82, 0.7, 0.59, 0.45)
# alpha, and artanh((q₉₅ + q₅ − 2q₅₀)/(q₉₅ − q₅)) / beta
_LOPSIDED = ((0.4, 0.6, 0.8, 1.2, 1.5, 1.8, 2.0), (3.0, 2.0, 1.5, 0.85, 0.46, 0.15, 0.05))
# of (mode in S₀ at beta = 1)/(alpha − 2) in powers of alpha − 2, laid through computed ones
_MODE = (0.2426, 0.5364, 3.8285, 7.9009, 7.7707, 3.5906, 0.6130)
_NEWTON = 2
_STEP = 1e-4


class LevyStable(Family):
    """The stable laws, given by their characteristic function (Nolan 2020, Univariate Stable Distributions, ch. 1).

    φ(t) = exp(−|t|^α (1 − iβ sgn(t) tan(πα/2))) for α ≠ 1, exp(−|t| (1 + iβ (2/π) sgn(t) log |t|)) for α = 1; shapes
    alpha, the tail's index, from 0.2 to 2, and −1 < beta < 1. This is SciPy's default, Nolan's S₁, in which the bulk goes
    to ±∞ as alpha passes 1; `bulk` goes with it. By Zolotarev (1986, One-Dimensional Stable Distributions, § 2.2), for z > 0

        f(z) = |α/(α−1)|/(πz) ∫ g e^(−g) dθ,  g = z^(α/(α−1)) V(θ).

    V is monotone; with θ a logistic function of s, log g is close to linear in s on both sides, and the panels of the
    quadrature are laid out by log g and s. log f is right to 2e-6, mostly to 1e-8, down to log f ≈ −25, and beyond it to a
    few digits. A fit with alpha < 0.8 and |beta| > 0.9, whose density has a front next to loc, may end tens of nats below
    the maximum.
    """

    name = "levy_stable"
    shapes = (Shape("alpha", _LEAST_ALPHA, 2.0), Shape("beta", -1.0, 1.0))
    closed_cdf = True
    cost = Cost.SLOW
    off_by_default = "levy_stable takes a quarter of a second to a whole one to fit; name it to fit it."

    def logpdf(self, z: FloatArray, alpha: FloatArray, beta: FloatArray) -> FloatArray:
        return by_row(_log_density, z, alpha, beta)

    def cdf(self, z: FloatArray, alpha: FloatArray, beta: FloatArray) -> FloatArray:
        return by_row(_upper_tail, -np.asarray(z), alpha, -np.asarray(beta))

    def sf(self, z: FloatArray, alpha: FloatArray, beta: FloatArray) -> FloatArray:
        return by_row(_upper_tail, z, alpha, beta)

    def bulk(self, alpha: FloatArray, beta: FloatArray) -> Bulk:
        """The mode, to a hundredth, for it and not the median stays in its place where beta and the tail change; and 1."""
        return beta * (_TANGENT(alpha) - (2.0 - alpha) * polyval(alpha - 2.0, _MODE)), np.ones_like(alpha)

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return ((1.5, 0.0),)

    def starts(self, data: Features) -> Sequence[tuple[float, ...]]:
        """From quantiles (McCulloch 1986, Communications in Statistics B 15, 1109–1136)."""
        low, q1, middle, q3, high = (data.quantile(p) for p in (0.05, 0.25, 0.5, 0.75, 0.95))
        if not low < q1 < q3 < high:
            return ()
        alpha = float(np.interp((high - low) / (q3 - q1), _SPAN, _SPAN_ALPHA))
        lopsided = math.atanh((high + low - 2.0 * middle) / (high - low) * 0.999) / float(np.interp(alpha, *_LOPSIDED))
        beta = min(max(lopsided, -0.95), 0.95)
        skewed = beta * beta * (2.0 - alpha) ** 2 / math.sqrt(alpha)
        scale = 0.5 * (q3 - q1) / math.exp(0.06 * (1.0 / (alpha * alpha) - 1.0) + 0.4 * skewed)
        mode = float(self.bulk(np.array(alpha), np.array(beta))[0])
        center = beta * (_tangent(alpha) + 0.57 * (2.0 - alpha))  # the median, to a tenth or two as the spread
        return ((alpha, beta, middle - scale * center, scale), (alpha, beta, _densest(data) - scale * mode, scale))


def _densest(data: Features) -> float:
    """The middle of the shortest of the intervals that hold a twentieth of the rows."""
    ends = np.array([data.quantile(p) for p in np.linspace(0.0, 1.0, 201)])
    first = int(np.argmin(ends[10:] - ends[:-10]))
    return float(ends[first] + ends[first + 10]) / 2.0


def _tangent(alpha: float) -> float:
    """tan(πα/2), to full precision next to 1 and 2."""
    if alpha > 1.5:
        return -math.tan(0.5 * math.pi * (2.0 - alpha))
    return 1.0 / math.tan(0.5 * math.pi * (1.0 - alpha))


_TANGENT = np.vectorize(_tangent, otypes=[np.float64])


def _off_one(z: FloatArray, alpha: float, beta: float) -> tuple[FloatArray, float]:
    """z and alpha, moved away from 1 with the bulk in its place."""
    if abs(alpha - 1.0) >= _NEAR_ONE:
        return z, alpha
    moved = 1.0 + math.copysign(_NEAR_ONE, alpha - 1.0)
    shift = _tangent(moved) - (0.0 if alpha == 1.0 else _tangent(alpha))
    return z + beta * shift, moved


def _log_density(z: FloatArray, alpha: float, beta: float) -> FloatArray:
    z, alpha = _off_one(z, alpha, beta)
    result = np.empty(len(z))
    for sign, chosen in ((1.0, z >= 0.0), (-1.0, z < 0.0)):
        if chosen.any():
            result[chosen] = Side.of(alpha, sign * beta).logpdf(np.abs(z[chosen]))
    return result


def _upper_tail(z: FloatArray, alpha: float, beta: float) -> FloatArray:
    z, alpha = _off_one(z, alpha, beta)
    result = np.empty(len(z))
    above = z >= 0.0
    if above.any():
        result[above] = Side.of(alpha, beta).beyond(z[above])
    if not above.all():
        below = Side.of(alpha, -beta)
        result[~above] = (math.pi - below.width) / math.pi + below.within(-z[~above])
    return result


@dataclass(frozen=True)
class Side:
    """The half-line z > 0 of a stable law, alpha ≠ 1. Angles are measured from both ends of the range of θ.

    `width`: θ₀ + π/2, the range of θ, π times the mass; `eta`: π − alpha · width; `omega`: π − width, each without
    cancellation; `constant`: log cos(αθ₀)/(alpha − 1).
    """

    alpha: float
    width: float
    eta: float
    omega: float
    constant: float

    @classmethod
    def of(cls, alpha: float, beta: float) -> Side:
        """The upper side at those shapes; tan(πα/2 + αθ₀) = (1 + β) t/(1 − β t²) with t = tan(πα/2) = tan(αθ₀)/β."""
        t = _tangent(alpha)
        rest = math.atan2(abs(t) * (1.0 - beta), 1.0 + beta * t * t)
        both = math.atan2(abs(t) * (1.0 + beta), 1.0 - beta * t * t)
        constant = -0.5 * math.log1p((beta * t) ** 2) / (alpha - 1.0)
        both, rest = max(both, _LEAST_ANGLE), max(rest, _LEAST_ANGLE)
        if alpha < 1.0:
            return cls(alpha, both / alpha, math.pi - both, rest / alpha, constant)
        return cls(alpha, (math.pi * (alpha - 1.0) + rest) / alpha, both, (math.pi - rest) / alpha, constant)

    @property
    def power(self) -> float:
        """α/(α − 1), of z in g."""
        return self.alpha / (self.alpha - 1.0)

    def log_v(self, s: FloatArray) -> FloatArray:
        """log V, falling in s."""
        return self._log_v_and_share(s)[0]

    def _log_v_and_share(self, s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """log V, and the share 1/(1 + e^(−s)) of the range of θ that lies on the side on which V is infinite."""
        a = self.alpha
        odds = np.exp(-s)
        share = 1.0 / (1.0 + odds)
        near, far = self.width * share, self.width * (odds * share)
        low, high = (near, far) if a > 1.0 else (far, near)  # from −θ₀ and from π/2
        turned = a * low
        first = np.sin(np.minimum(turned, self.eta + a * high))  # sin α(θ₀ + θ)
        second = np.sin(np.minimum(high, self.omega + low))  # cos θ
        other = self.eta + (a - 1.0) * high if a > 1.0 else self.omega + (1.0 - a) * low
        third = np.sin(np.minimum(turned + high, other))  # cos(αθ₀ + (α − 1)θ)
        return self.constant + self.power * np.log(second / first) + np.log(third / second), share

    @cached_property
    def _log_v(self) -> FloatArray:
        return self.log_v(_GRID)

    @cached_property
    def _place(self) -> FloatArray:
        """What panels are laid out by, rising in s."""
        return _GRID - self._log_v

    def _solved(self, log_v: FloatArray) -> FloatArray:
        """The s at which log V has the values (N,): between grid points, then by Newton's method."""
        s = np.interp(-log_v, -self._log_v, _GRID)
        for _ in range(_NEWTON):
            value, beside = self.log_v(np.stack([s, s + _STEP]))
            move = _STEP * (log_v - value) / (beside - value)
            s = s + np.where(np.abs(move) < 1.0, move, 0.0)
        return np.minimum(np.maximum(s, -_REACH), _REACH)

    def _held(self, z: FloatArray) -> FloatArray:
        """log z, no further out than where the peak leaves |s| < `_HELD`."""
        low, high = np.sort(-self.log_v(np.array([-_HELD, _HELD])) / self.power)
        return np.minimum(np.maximum(np.log(z), low), high)

    def logpdf(self, z: FloatArray) -> FloatArray:
        """The log-density at z (N,); constant towards 0 and a power towards ∞, beyond where the integral is taken."""
        log_z = self._held(z)
        total = self._integral(log_z, _density)[0]
        beyond = np.maximum(np.log(z) - log_z, 0.0)
        return np.log(abs(self.power) / math.pi * total) - log_z - (1.0 + self.alpha) * beyond

    def beyond(self, z: FloatArray) -> FloatArray:
        """P(Z > z), (N,)."""
        value = self._low_part(z) if self.alpha > 1.0 else self._high_part(z)
        return value * np.exp(-self.alpha * np.maximum(np.log(z) - self._held(z), 0.0))

    def within(self, z: FloatArray) -> FloatArray:
        """P(0 < Z ≤ z), (N,)."""
        value = self._high_part(z) if self.alpha > 1.0 else self._low_part(z)
        return value * np.exp(np.minimum(np.log(z) - self._held(z), 0.0))

    def _low_part(self, z: FloatArray) -> FloatArray:
        """∫ e^(−g) dθ/π, by what is missing where that is less."""
        log_z = self._held(z)
        most = self._solved(-self.power * log_z) < 0.0
        value = np.empty(len(z))
        value[most] = self.width / math.pi - self._high_part(z[most])
        total, _, end = self._integral(log_z[~most], _remaining)
        value[~most] = (total + self.width / (1.0 + np.exp(end))) / math.pi
        return value

    def _high_part(self, z: FloatArray) -> FloatArray:
        """∫ (1 − e^(−g)) dθ/π."""
        total, start, _ = self._integral(self._held(z), _taken)
        return (total + self.width / (1.0 + np.exp(-start))) / math.pi

    def _integral(self, log_z: FloatArray, kernel: Kernel) -> tuple[FloatArray, FloatArray, FloatArray]:
        """∫ kernel(log g, g) dθ and the range of s that it was taken over, each (N,).

        Where V has a plateau (next to |beta| = 1, and to alpha = 2), the integrand may have two peaks: panels are laid from
        the place where g stops being large, and about the place where g = 1; elsewhere the two are one.
        """
        shift = self.power * log_z
        top, peak = self._solved(np.stack([_TOP - shift, -shift]))
        top_place, peak_place = np.interp(np.stack([top, peak]), _GRID, self._place)
        edges = self._edges(np.maximum(peak_place[:, None] + _ABOUT_PEAK, top_place[:, None]))
        total = self._panels(edges, shift, kernel)
        apart = top_place < peak_place + _ABOUT_PEAK[0]
        if apart.any():
            until = (peak_place + _ABOUT_PEAK[0])[apart, None]
            early = self._edges(np.minimum(top_place[apart, None] + _FROM_TOP, until))
            total[apart] += self._panels(early, shift[apart], kernel)
        return total, np.minimum(top, edges[:, 0]), edges[:, -1]

    def _edges(self, place: FloatArray) -> FloatArray:
        return np.interp(place, self._place, _GRID)

    def _panels(self, edges: FloatArray, shift: FloatArray, kernel: Kernel) -> FloatArray:
        """The integral over the panels between `edges` (N, E), of s."""
        half = 0.5 * (edges[:, 1:, None] - edges[:, :-1, None])
        s = edges[:, :-1, None] + half * (1.0 + _NODES)
        log_v, share = self._log_v_and_share(s)
        log_g = log_v + shift[:, None, None]
        height = kernel(log_g, np.exp(log_g)) * (share * (1.0 / (1.0 + np.exp(s))))
        return (half * (_WEIGHTS * self.width) * height).sum(axis=(1, 2))


Kernel = Callable[[FloatArray, FloatArray], FloatArray]


def _density(log_g: FloatArray, g: FloatArray) -> FloatArray:
    return np.asarray(np.exp(log_g - g))


def _remaining(_: FloatArray, g: FloatArray) -> FloatArray:
    return np.asarray(np.exp(-g))


def _taken(_: FloatArray, g: FloatArray) -> FloatArray:
    return np.asarray(-np.expm1(-g))
