"""`CountLaw`: a discrete family at its shapes, `loc` at zero, truncated or not: probabilities, quantiles, moments."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property

import numpy as np

from warmfit_fitting.arrays import BoolArray, FloatArray
from warmfit_fitting.discrete.sums import Sums
from warmfit_fitting.families.discrete.family import DiscreteFamily

DENSE = 1 << 16  # integers at most that are tabulated one by one
_EDGE = 1e-20  # of the mass may lie outside what counts as its reach, on either side
_USEFUL = 0.9  # of the mass must lie in a table
UNBOUNDED = (-math.inf, math.inf)
_HALVINGS = 400  # enough to halve the widest panel to one integer


class CountLaw:
    """`family` at `shapes`; functions of arrays (N,) of finite whole numbers, or of probabilities inside (0, 1).

    `window`: the first and the last integer to which the law is truncated, f(k | k in window) = f(k)/P(window), as with
    `loc` at zero; infinite where it is not.
    """

    def __init__(
        self, family: DiscreteFamily, shapes: tuple[float, ...], window: tuple[float, float] = UNBOUNDED
    ) -> None:
        self.family = family
        self.shapes = tuple(np.asarray(v, dtype=np.float64) for v in shapes)
        with np.errstate(all="ignore"):
            low, high = (float(end) for end in family.support(*self.shapes))
        self.low, self.high = max(low, window[0]), min(high, window[1])
        self.window = window if (self.low, self.high) != (low, high) else None
        self.closed = family.closed_cdf and self.window is None

    @cached_property
    def sums(self) -> Sums:
        """The mass over panels of the support."""
        with np.errstate(all="ignore"):
            return Sums(self.family, self.shapes, self.window)

    @cached_property
    def reach(self) -> tuple[float, float]:
        """The integers between which all but nothing of the mass lies."""
        sums = self.sums
        first = sums.edges[max(int(np.searchsorted(sums.below, _EDGE)) - 1, 0)]
        last = sums.edges[min(int(np.searchsorted(-sums.above, -_EDGE)), len(sums.edges) - 1)]
        return float(first), float(min(last, self.high))

    @cached_property
    def table(self) -> tuple[FloatArray, FloatArray, FloatArray] | None:
        """The first integers that hold mass, and cdf and sf there; None where these are too few to be of use."""
        sums, (first, last) = self.sums, self.reach
        last = min(last, first + DENSE - 1)
        with np.errstate(all="ignore"):
            if last < self.high and not float(sums.cdf(np.array([last]))[0]) > _USEFUL:
                return None
        k = np.arange(first, last + 1)
        if self.closed:
            return k, self._closed(self.family.cdf, k), self._closed(self.family.sf, k)
        p = np.exp(sums.logpmf(k)).astype(np.longdouble)
        below = float(np.asarray(sums.cdf(k[:1] - 1))[0]) if first > self.low else 0.0
        above = float(np.asarray(sums.sf(k[-1:]))[0]) if last < self.high else 0.0
        upwards = np.cumsum(p) + below
        downwards = np.append(np.cumsum(p[::-1])[::-1][1:], 0.0) + above
        return k, np.minimum(upwards, 1.0).astype(np.float64), np.minimum(downwards, 1.0).astype(np.float64)

    def logpmf(self, k: FloatArray) -> FloatArray:
        """The log-probability, −inf outside the support and off the integers."""
        inside = (k >= self.low) & (k <= self.high) & (k == np.rint(k))
        with np.errstate(all="ignore"):
            value = self.family.logpmf(np.where(inside, k, self._some), *self.shapes)
        return np.where(inside & ~np.isnan(value), value - self._log_mass, -np.inf)

    @property
    def _log_mass(self) -> float:
        """The log of the mass of the window."""
        return 0.0 if self.window is None else self.sums.log_mass

    def cdf(self, k: FloatArray) -> FloatArray:
        """P(X ≤ k)."""
        value = self._inside(k, self.family.cdf, 1, lambda at: self.sums.cdf(at))
        return np.where(k < self.low, 0.0, np.where(k >= self.high, 1.0, value))

    def sf(self, k: FloatArray) -> FloatArray:
        """P(X > k), without cancellation where it is small."""
        value = self._inside(k, self.family.sf, 2, lambda at: self.sums.sf(at))
        return np.where(k < self.low, 1.0, np.where(k >= self.high, 0.0, value))

    @property
    def _some(self) -> float:
        """An integer of the support."""
        return self.low if math.isfinite(self.low) else min(self.high, 0.0)

    def _closed(self, function: Callable[..., FloatArray], k: FloatArray) -> FloatArray:
        with np.errstate(all="ignore"):
            return np.clip(np.nan_to_num(np.asarray(function(k, *self.shapes), dtype=np.float64)), 0.0, 1.0)

    def _inside(
        self,
        k: FloatArray,
        closed: Callable[..., FloatArray],
        column: int,
        summed: Callable[[FloatArray], FloatArray],
    ) -> FloatArray:
        """A function at integers of the support: closed, from the table, or summed; anything elsewhere."""
        inside = (k >= self.low) & (k < self.high)
        k = np.where(inside, k, self._some)
        if self.closed:
            return self._closed(closed, k)
        value = np.empty(k.shape)
        done = np.zeros(k.shape, dtype=bool)
        if self.table is not None:
            first = self.table[0][0]
            done = (k >= first) & (k <= self.table[0][-1])
            value[done] = self.table[column][(k[done] - first).astype(np.int64)]
        with np.errstate(all="ignore"):
            value[~done] = np.clip(summed(k[~done]), 0.0, 1.0)
        return value

    def quantile(self, q: FloatArray) -> FloatArray:
        """The smallest integer whose cdf is at least `q`, 0 < q < 1."""
        return self._sought(q, self.cdf, 1, lambda value, p: value >= p)

    def upper_quantile(self, q: FloatArray) -> FloatArray:
        """The smallest integer whose sf is at most `q`, 0 < q < 1."""
        return self._sought(q, self.sf, 2, lambda value, p: value <= p)

    def _sought(
        self,
        q: FloatArray,
        function: Callable[[FloatArray], FloatArray],
        column: int,
        reached: Callable[[FloatArray, FloatArray], BoolArray],
    ) -> FloatArray:
        """The smallest integer where `function` has reached `q` (N,): looked up, or bisected between panels' edges."""
        found = np.full(q.shape, np.nan)
        if self.table is not None:
            k, values = self.table[0], self.table[column]
            rising = values if column == 1 else -values
            at = np.searchsorted(rising, q if column == 1 else -q)
            sure = (at > 0) & (at < len(k))
            sure |= (at == 0) & bool(k[0] <= self.low)
            found[sure] = k[np.minimum(at[sure], len(k) - 1)]
        left = np.isnan(found)
        if left.any():
            found[left] = self._bisected(q[left], function, reached)
        return found

    def _bisected(
        self,
        q: FloatArray,
        function: Callable[[FloatArray], FloatArray],
        reached: Callable[[FloatArray, FloatArray], BoolArray],
    ) -> FloatArray:
        edges = self.sums.edges
        values = function(edges)
        rising = values if values[0] <= values[-1] else -values
        at = np.searchsorted(rising, q if values[0] <= values[-1] else -q)
        below = np.where(at > 0, edges[np.maximum(at - 1, 0)], self.low - 1 if math.isfinite(self.low) else -np.inf)
        upto = np.where(at < len(edges), edges[np.minimum(at, len(edges) - 1)], self.high)
        below = np.where(np.isfinite(below), below, edges[0] - np.abs(edges[0]) - 1)
        upto = np.where(np.isfinite(upto), upto, np.abs(edges[-1]) * 2 + 1)
        for _ in range(_HALVINGS):
            middle = np.floor(below / 2 + upto / 2)
            middle = np.where(middle <= below, below + 1, middle)
            going = (upto - below > 1) & (middle < upto)
            if not going.any():
                break
            there = reached(function(middle), q)
            upto, below = np.where(going & there, middle, upto), np.where(going & ~there, middle, below)
        return upto

    def mean(self) -> float:
        """The expected value."""
        with np.errstate(all="ignore"):
            return self.sums.mean()

    def var(self) -> float:
        """The variance."""
        with np.errstate(all="ignore"):
            return self.sums.var()
