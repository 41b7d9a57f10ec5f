"""`Quantiles`: a distribution function and its inverse as tables that hold a distribution's whole range.

Each tail is a table of t = log p against u, where p is the probability beyond a value and u a coordinate in which
values are smooth: log distance from a finite end, arsinh of the distance from the body otherwise. Between knots stands
a monotone cubic (Fritsch & Carlson 1980, SIAM J. Numer. Anal. 17, 238–246), and knots are added until the cubic is
right to `TOLERANCE` in log p, half-way between any two. The table depends on the distribution alone, and a look-up is
arithmetic on one value, so that a value does not depend on those asked for beside it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from warmfit_fitting.arrays import FloatArray

TOLERANCE = 1e-10  # relative error of the probability beyond a value
_LEAST = 1e-305  # the smallest probability that is tabulated
_PASSES, _HALVINGS, _MOST_KNOTS = 60, 60, 20_000
_ROUNDINGS = 64.0  # of a value, whose effect on log p is no error of the table
_BODY = -50.0  # log p down to which a table is refined even where its tail is noise
_OFF_CENTRE = 0.02  # a new knot stays this share of an interval away from its ends

Function = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True)
class Coordinate:
    """u(y) for the lower tail of a variable whose body is at `middle`, of width `spread`, and that ends at `end`."""

    middle: float
    spread: float
    end: float

    @property
    def _reach(self) -> float:
        return self.middle - self.end

    def of(self, y: FloatArray) -> FloatArray:
        """u at y."""
        if math.isinf(self.end):
            return np.arcsinh((y - self.middle) / self.spread)
        near_end = y - self.end < 0.5 * self._reach
        share = np.where(near_end, y - self.end, y - self.middle) / self._reach
        return np.where(near_end, np.log(share), np.log1p(np.maximum(share, -0.75)))

    def inverse(self, u: FloatArray) -> FloatArray:
        """y at u."""
        if math.isinf(self.end):
            return self.middle + self.spread * np.sinh(u)
        near_end = u < -math.log(2.0)
        return np.where(near_end, self.end, self.middle) + self._reach * np.where(near_end, np.exp(u), np.expm1(u))

    def log_slope(self, y: FloatArray) -> FloatArray:
        """log dy/du at y."""
        if math.isinf(self.end):
            return np.log(np.hypot(self.spread, y - self.middle))
        return np.log(y - self.end)


@dataclass(frozen=True, eq=False)
class Cubic:
    """Monotone cubics between knots `x` (K,), ascending: the rows of `coefficients` (4, K − 1) in the share of the way."""

    x: FloatArray
    coefficients: FloatArray

    @classmethod
    def through(cls, x: FloatArray, y: FloatArray, slope: FloatArray) -> Cubic:
        """The cubics with those values and slopes, or with slopes that keep them monotone, or many such rows."""
        rise, ends = np.diff(y), (slope[..., :-1], slope[..., 1:])
        first, second = (np.clip(np.nan_to_num(s * np.diff(x)), 0.0, 3.0 * rise) for s in ends)
        return cls(x, np.stack([y[..., :-1], first, 3.0 * rise - 2.0 * first - second, first + second - 2.0 * rise]))

    def __call__(self, x: FloatArray) -> FloatArray:
        """The value at x (N,), inside the knots."""
        at = np.clip(np.searchsorted(self.x, x, side="right") - 1, 0, len(self.x) - 2)
        left = self.x[at]
        share = (x - left) / (self.x[at + 1] - left)
        c0, c1, c2, c3 = (c[at] for c in self.coefficients)
        return np.asarray(c0 + share * (c1 + share * (c2 + share * c3)))


class Tail:
    """The lower tail of y: p(y) = P(Y ≤ y), given by its values and its log-density, from points that cover it."""

    def __init__(self, probability: Function, logpdf: Function, coordinate: Coordinate, y: FloatArray) -> None:
        self._probability, self._logpdf, self.coordinate = probability, logpdf, coordinate
        y = self._bottomed(y)
        u, t = coordinate.of(y), np.log(probability(y))
        held = np.isfinite(u) & np.isfinite(t)
        u, t, y = u[held], t[held], y[held]
        rising = np.append(True, (np.diff(u) > 0) & (t[1:] > np.maximum.accumulate(t)[:-1]))
        u, t, y = self._refined(u[rising], t[rising], y[rising])
        self._tabulate(u, t, self._slope(t, y))

    def _bottomed(self, y: FloatArray) -> FloatArray:
        """The points whose probability can be tabulated, down to the smallest such one."""
        held = np.flatnonzero(self._probability(y) >= _LEAST)
        first = int(held[0]) if len(held) else len(y) - 1
        if first == 0 or y[first - 1] == self.coordinate.end:
            return y[first:]
        low, high = (float(v) for v in self.coordinate.of(y[first - 1 : first + 1]))
        for _ in range(_HALVINGS):
            half = (low + high) / 2
            inside = float(self._probability(self.coordinate.inverse(np.array([half])))[0]) >= _LEAST
            low, high = (low, half) if inside else (half, high)
        return np.unique(np.append(self.coordinate.inverse(np.array([high])), y[first:]))

    def _refined(self, u: FloatArray, t: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Knots between which the cubics hold: where they fail, the point at which that was seen becomes a knot."""
        wrong = np.ones(len(t) - 1, dtype=bool)
        for _ in range(_PASSES):
            self._tabulate(u, t, self._slope(t, y))
            at = np.flatnonzero(wrong)
            new_u, new_t, new_y, error = self._tried(u, t, at)
            digits = np.spacing(np.abs(new_y)) * np.exp(self._logpdf(new_y) - new_t)  # what rounding y does to t
            wrong[at] = ~(error <= TOLERANCE + _ROUNDINGS * digits)
            between = (u[at] < new_u) & (new_u < u[at + 1]) & (t[at] < new_t) & (new_t < t[at + 1])
            wrong[at[~between]] = False
            at, still = at[between], wrong[at[between]]
            u, t, y = (np.insert(a, at + 1, b[between]) for a, b in ((u, new_u), (t, new_t), (y, new_y)))
            wrong = np.insert(wrong, at + 1, still)
            if len(t) > _MOST_KNOTS:  # a tail of noise, which must not keep the body from being right
                wrong &= t[:-1] > _BODY
            if not wrong.any() or len(t) > 2 * _MOST_KNOTS:
                break
        return u, t, y

    def _tried(self, u: FloatArray, t: FloatArray, at: NDArray[np.intp]) -> tuple[FloatArray, ...]:
        """A point (u, t, y) half-way up each of the intervals `at`, and the error of the cubics there, in t."""
        aim = (t[at] + t[at + 1]) / 2
        guess = self._backward(aim)
        margin = _OFF_CENTRE * (u[at + 1] - u[at])
        kept = np.clip(guess, u[at] + margin, u[at + 1] - margin)
        y = self.coordinate.inverse(kept)
        new_u, new_t = self.coordinate.of(y), np.log(self._probability(y))  # of y as it is rounded
        error = np.maximum(np.abs(self._forward(new_u) - new_t), np.abs(aim - new_t))
        return new_u, new_t, y, np.where(kept == guess, error, np.inf)

    def _slope(self, t: FloatArray, y: FloatArray) -> FloatArray:
        """du/dt, from the density."""
        return np.exp(t - self._logpdf(y) - self.coordinate.log_slope(y))

    def _tabulate(self, u: FloatArray, t: FloatArray, slope: FloatArray) -> None:
        if len(t) == 1:  # all that doubles can tell of a tail that ends in a spike
            u, t, slope = np.append(u - 1.0, u), np.append(t - 1.0, t), np.ones(2)
        self._forward, self._backward = Cubic.through(u, t, 1.0 / slope), Cubic.through(t, u, slope)

    def probability(self, y: FloatArray) -> FloatArray:
        """P(Y ≤ y) for y up to the last knot."""
        knots, t = self._forward.x, self._backward.x
        u = self.coordinate.of(y)
        lost = (y <= self.coordinate.end) | ((u < knots[0]) & (t[0] < math.log(2.0 * _LEAST)))
        return np.where(lost, 0.0, np.exp(self._forward(np.clip(u, knots[0], knots[-1]))))

    def quantile(self, p: FloatArray) -> FloatArray:
        """The y with P(Y ≤ y) = p, for p up to that of the last knot."""
        t = self._backward.x
        return self.coordinate.inverse(self._backward(np.clip(np.log(p), t[0], t[-1])))


class Quantiles:
    """Both tails of a distribution, joined at the edge nearest its median.

    `cdf`, `sf` and `logpdf` take arrays (N,); `edges` (K,) ascend over the support, from `low` to `high`, and are dense
    where the density bends.
    """

    def __init__(
        self, cdf: Function, sf: Function, logpdf: Function, edges: FloatArray, spread: float, low: float, high: float
    ) -> None:
        values = cdf(edges)
        at = 1 + int(np.argmin(np.abs(values[1:-1] - 0.5)))
        self.middle = float(edges[at])
        self.share = float(values[at])
        self.lower = Tail(cdf, logpdf, Coordinate(self.middle, spread, low), edges[: at + 1])
        mirrored = Coordinate(-self.middle, spread, -high)
        self.upper = Tail(lambda y: sf(-y), lambda y: logpdf(-y), mirrored, -edges[at:][::-1])

    def cdf(self, z: FloatArray) -> FloatArray:
        """P(Z ≤ z)."""
        below = self.lower.probability(np.minimum(z, self.middle))
        return np.where(z <= self.middle, below, 1.0 - self.upper.probability(-np.maximum(z, self.middle)))

    def sf(self, z: FloatArray) -> FloatArray:
        """P(Z > z)."""
        above = self.upper.probability(-np.maximum(z, self.middle))
        return np.where(z > self.middle, above, 1.0 - self.lower.probability(np.minimum(z, self.middle)))

    def quantile(self, below: FloatArray, above: FloatArray) -> FloatArray:
        """The z with P(Z ≤ z) = `below` and P(Z > z) = `above`; both are given, because one is exact in each tail."""
        lower = below <= self.share
        z = np.empty(len(below))
        z[lower] = self.lower.quantile(below[lower])
        z[~lower] = -self.upper.quantile(above[~lower])
        return z
