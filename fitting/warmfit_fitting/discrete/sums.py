"""Sums of a probability function over long runs of whole numbers, with few evaluations.

`Sums` lays panels over a support, each with the Gauss rule of its integers, halves them until halving changes nothing, and
knows the mass below and above each edge: distribution functions, quantiles and moments follow.
"""

from __future__ import annotations

import math

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.discrete.rule import SHORT, run_rule
from warmfit_fitting.families.discrete.family import DiscreteFamily
from warmfit_fitting.families.family import Cost

FARTHEST = 1e25  # panels go no farther out; beyond, a tail that is still there is a power
_GROWTH = 1.5  # of panels away from the mode and from the ends of the support
_PASSES = 60
_LOOKS = 80  # at ever finer grids about the mode
_MOST = {Cost.CHEAP: 20_000, Cost.SPECIAL: 10_000, Cost.SLOW: 1_000}  # panels
_NEARLY = 1e-6
_TOLERANCE = 1e-12  # relative; the halves are then right to the last digits that a log-probability leaves
_NOTHING = -800.0  # a log-mass that no double holds
_HEAVY = 1e-4  # relative error of a tail's exponent


class Sums:
    """The mass of `family` at `shapes` (numbers) over panels of its support.

    `edges` (P+1,): the first integer of each panel, then one past the last; `mass` (P,). `below`, `above` (P+1,): the mass
    before each edge and from it on; `total`: all of it, with what lies beyond the farthest edge as a power. `window`: the
    first and the last integer of a window on which the family is conditioned; `log_mass` is the log of its mass there.
    """

    def __init__(
        self, family: DiscreteFamily, shapes: tuple[FloatArray, ...], window: tuple[float, float] | None = None
    ) -> None:
        self.family, self.shapes, self.log_mass = family, shapes, 0.0
        first, last = window or (-math.inf, math.inf)
        low, high = (float(end) for end in family.support(*shapes))
        self.low, self.high = max(low, first), min(high, last)
        self.mode = self._mode()
        if window is not None:  # in units of its highest probability first: the mass may be less than a double holds
            ends = [end for end in (self.mode, self.low, self.high) if math.isfinite(end)]
            self.log_mass = float(self.logpmf(np.array(ends)).max())
        self.edges, self.mass = self._refined()
        self.tails = self._tail(False), self._tail(True)
        if window is not None:
            total = math.fsum(self.mass) + self._beyond(0, False) + self._beyond(0, True)
            self.log_mass += math.log(total)
            self.mass = self.mass / total
            self.tails = self._tail(False), self._tail(True)
        self.below = np.cumsum([self._beyond(0, False), *self.mass])
        self.above = np.cumsum([self._beyond(0, True), *self.mass[::-1]])[::-1]
        self.total = float(self.below[-1] + self._beyond(0, True))

    def logpmf(self, k: FloatArray) -> FloatArray:
        """The log-probability at points inside the support and the window."""
        at = np.rint(k) if self.family.lattice_only else k
        value = np.asarray(self.family.logpmf(at, *self.shapes), dtype=np.float64) - self.log_mass
        return np.where(np.isnan(value), -np.inf, value)

    def between(self, first: FloatArray, size: FloatArray, order: int = 0, centre: float = 0.0) -> FloatArray:
        """Σ (k − centre)^order f(k) over runs of `size` (K,) integers from `first` (K,) on."""
        nodes, weights = run_rule(size)
        at = np.where(weights > 0, first[:, None] + nodes, first[:, None])
        exponent = self.logpmf(at.ravel()).reshape(at.shape)
        if order:
            exponent = exponent + order * np.log(np.abs(at - centre))
        sign = np.sign(at - centre) ** order
        return np.asarray((np.exp(exponent) * weights * sign).sum(axis=1))

    def cdf(self, k: FloatArray) -> FloatArray:
        """P(X ≤ k) at integers (N,) of the support."""
        at = self._panel(k)
        return np.asarray(self.below[at] + self.between(self.edges[at], k - self.edges[at] + 1))

    def sf(self, k: FloatArray) -> FloatArray:
        """P(X > k) at integers (N,) of the support."""
        at = self._panel(k + 1)
        rest = self.edges[at + 1] - (k + 1)
        inside = self.between(np.where(rest > 0, k + 1, self.edges[at]), np.maximum(rest, 0.0))
        return np.asarray(self.above[at + 1] + inside)

    def _panel(self, k: FloatArray) -> FloatArray:
        return np.clip(np.searchsorted(self.edges, k, side="right") - 1, 0, len(self.edges) - 2)

    def _grid(self, around: float) -> FloatArray:
        """Integers about `around`, one by one first, then ever farther apart, within the support."""
        steps = np.cumprod(np.full(math.ceil(math.log(2 * FARTHEST) / math.log(_GROWTH)), _GROWTH))
        away = np.unique(np.rint(np.concatenate([np.arange(float(SHORT)), SHORT - 1 + steps])))
        both = np.concatenate([around - away, around + away])
        ends = max(self.low, -FARTHEST), min(self.high, FARTHEST)
        return np.unique(both[(both >= ends[0]) & (both <= ends[1])])

    def _anchors(self) -> list[float]:
        ends = [end for end in (self.low, self.high) if math.isfinite(end)]
        return [*ends, 0.0] if len(ends) < 2 or self.low < 0 < self.high else ends

    def _mode(self) -> float:
        """Where the probability is highest, the first integer of the support left out, which may stand out alone."""
        at = np.unique(np.concatenate([self._grid(anchor) for anchor in self._anchors()]))
        at = at[at > self.low] if self.high > self.low else at
        for _ in range(_LOOKS):
            best = int(np.argmax(self.logpmf(at)))
            left, right = at[max(best - 1, 0)], at[min(best + 1, len(at) - 1)]
            if right - left <= 2:
                break
            at = np.unique(np.rint(np.linspace(left, right, 33)))
        return float(at[np.argmax(self.logpmf(at))])

    def _refined(self) -> tuple[FloatArray, FloatArray]:
        """Panels halved until halving them changes nothing: edges (P+1,), masses (P,)."""
        edges = np.unique(np.concatenate([self._grid(anchor) for anchor in (*self._anchors(), self.mode)]))
        edges = edges[self._something(edges)]
        past = min(self.high, edges[-1]) + 1  # one past the support, or a panel of one integer at its farthest
        edges = np.append(edges, past) if past > edges[-1] else edges
        size = np.diff(edges)
        mass = self.between(edges[:-1], size)
        wrong, error = np.ones(len(mass), dtype=bool), np.full(len(mass), np.inf)
        for _ in range(_PASSES):
            at = np.flatnonzero(wrong & (size > SHORT))
            if not len(at) or len(mass) > _MOST[self.family.cost]:
                break
            half = np.floor(size[at] / 2)
            middle = edges[at] + half
            first, second = self.between(edges[at], half), self.between(middle, size[at] - half)
            outwards = np.minimum(np.cumsum(mass), np.cumsum(mass[::-1])[::-1])[at]
            now = np.abs(first + second - mass[at])
            # Half as wide, a panel that is nearly right errs a thousand times less, unless what is left is rounding.
            noise = (now < _NEARLY * mass[at]) & (now > 0.01 * error[at])
            wrong[:] = False
            wrong[at] = (now > _TOLERANCE * outwards + 1e-250) & ~noise
            mass[at], error[at] = first, now
            mass, wrong, error = (
                np.insert(v, at + 1, w) for v, w in ((mass, second), (wrong, wrong[at]), (error, now))
            )
            edges = np.insert(edges, at + 1, middle)
            size = np.diff(edges)
        return edges, mass

    def _something(self, edges: FloatArray) -> FloatArray:
        """Which edges to keep (K,): none but one beyond where nothing is left of a tail."""
        alive = self.logpmf(edges) + np.log1p(np.abs(edges - self.mode)) > _NOTHING
        known = np.flatnonzero(alive)
        keep = np.zeros(len(edges), dtype=bool)
        first, last = (known[0], known[-1]) if len(known) else (0, len(edges) - 1)
        keep[max(first - 1, 0) : last + 2] = True
        return keep

    def _tail(self, upper: bool) -> tuple[float, float, float]:
        """Distance, log-probability and exponent α of a tail that goes on past the farthest edge, as k^(−α−1)."""
        end = self.edges[-1 if upper else 0]
        if math.isfinite(self.high if upper else self.low) or abs(end) < FARTHEST / 4:
            return 1.0, -math.inf, math.inf
        inner = np.array([end / 1e3, end])
        near, far = (float(v) for v in self.logpmf(inner))
        return abs(float(end)), far, (near - far) / math.log(1e3) - 1

    def diverges(self, order: int, upper: bool) -> bool:
        """Whether the moment of that order is infinite through the upper or the lower tail."""
        return self.tails[upper][2] <= order * (1 + _HEAVY)

    def _beyond(self, order: int, upper: bool) -> float:
        distance, log_probability, exponent = self.tails[upper]
        if not exponent > order:
            return 0.0
        return math.exp(log_probability + (order + 1) * math.log(distance)) / (exponent - order)

    def mean(self) -> float:
        """The expected value; infinite, or NaN, as the tails make it."""
        falls, rises = self.diverges(1, upper=False), self.diverges(1, upper=True)
        if falls or rises:
            return math.nan if falls and rises else math.inf if rises else -math.inf
        moment = self.between(self.edges[:-1], np.diff(self.edges), 1, self.mode)
        beyond = self._beyond(1, upper=True) - self._beyond(1, upper=False)
        return self.mode + (math.fsum(moment) + beyond) / self.total

    def var(self) -> float:
        """The variance; infinite as a tail makes it, NaN without a finite mean."""
        mean = self.mean()
        if not math.isfinite(mean):
            return math.nan
        if self.diverges(2, upper=False) or self.diverges(2, upper=True):
            return math.inf
        moment = self.between(self.edges[:-1], np.diff(self.edges), 2, mean)
        return (math.fsum(moment) + self._beyond(2, upper=True) + self._beyond(2, upper=False)) / self.total
