"""`Panels`: the mass and the moments of a family's density, by adaptive quadrature that needs no data to find its body.

They stand behind the distribution functions that have no closed form and behind every mean and variance.
"""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.distribution import panel_edges, panel_rule
from warmfit_fitting.families.family import Family

_FAR = np.exp(np.arange(42.0, 708.0, 4.0))  # panel edges out to where doubles end, in spreads
_TOLERANCE = 1e-10  # of a panel's mass, against all the mass from it outwards
_NOTHING = 1e-305  # mass that doubles hold with few digits
_NEXT_TO_NOTHING = -700.0  # the log of about that
_DIGITS = 1e4  # roundings of its edges that a panel must be wide for halves to tell anything
_LOOKS, _PASSES, _MOST = 60, 30, 10_000
_HEAVY = 1e-9  # how near a tail's exponent may come to a moment's order, relatively, for the moment to be finite


class Panels:
    """The standard form of `family` at `shapes`, on the part of its support between `low` and `high`.

    `edges` (K,) ascend; `below` and `above` (K,) are the integrals of the density from `low` to each of them and from
    each of them to `high`, `total` is all of it.
    """

    def __init__(self, family: Family, shapes: tuple[FloatArray, ...], low: float, high: float) -> None:
        self.family, self.shapes, self.low, self.high = family, shapes, low, high
        self.middle, self.spread = self._located()
        self.edges, mass = self._refined()
        below = np.cumsum([self._beyond(0, False), *mass])
        above = np.cumsum([self._beyond(0, True), *mass[::-1]])[::-1]
        self.below, self.above, self.total = below, above, float(below[-1] + self._beyond(0, True))

    def logpdf(self, z: FloatArray) -> FloatArray:
        """The log-density at points inside."""
        return np.asarray(self.family.logpdf(z, *self.shapes), dtype=np.float64)

    def integral(self, left: FloatArray, right: FloatArray) -> FloatArray:
        """The integrals of the density from `left` to `right` (K,), each inside one panel."""
        return self._integral(left, right, 0, 0.0)

    def _integral(self, left: FloatArray, right: FloatArray, order: int, centre: float) -> FloatArray:
        """∫ |z − centre|^order f(z) dz from each of `left` to `right`, without overflow on the way."""
        points, weight = panel_rule(left, right, self.low, self.high)
        exponent = self.logpdf(points.ravel()).reshape(points.shape) + np.log(weight)
        if order:
            exponent += order * np.log(np.abs(points - centre))
        value = np.exp(exponent)
        return np.asarray(np.where(np.isfinite(value), value, 0.0).sum(axis=1))

    def _located(self) -> tuple[float, float]:
        """Where the body is and how wide: the quartiles on panels that are laid around the last guess of them."""
        ends = [end for end in (self.low, self.high) if math.isfinite(end)]
        middle = math.fsum(ends) / 2 if len(ends) == 2 else ends[0] + (1 if ends[0] == self.low else -1) if ends else 0
        middle, spread = float(middle), (self.high - self.low) / 4 if len(ends) == 2 else 1.0
        for _ in range(_LOOKS):
            q1, q2, q3 = self._quartiles(panel_edges(np.empty(0), middle, spread, self.low, self.high))
            found = max(q3 - q1, 4e-16 * abs(q2), 1e-300)
            settled = 0.5 < found / spread < 2 and abs(q2 - middle) < spread
            middle, spread = q2, found
            if settled:
                break
        return middle, spread

    def _quartiles(self, edges: FloatArray) -> list[float]:
        width = np.diff(edges)
        mass = self.logpdf(edges[:-1] + 0.5 * width) + np.log(width)
        mass = np.where(np.isfinite(mass), mass, -np.inf)
        share = np.cumsum(np.exp(mass - mass.max()))
        return [float(v) for v in np.interp([0.25, 0.5, 0.75], np.append(0.0, share / share[-1]), edges)]

    def _refined(self) -> tuple[FloatArray, FloatArray]:
        """Panels halved until halving them changes nothing: edges (K,), masses (K − 1,)."""
        also = np.concatenate(
            [self._far(self.middle - self.spread * _FAR), self._far(self.middle + self.spread * _FAR)]
        )
        edges = panel_edges(also, self.middle, self.spread, self.low, self.high)
        mass = self.integral(edges[:-1], edges[1:])
        wrong = np.ones(len(mass), dtype=bool)
        for _ in range(_PASSES):
            half = edges[:-1] + np.diff(edges) / 2
            wide = np.diff(edges) > _DIGITS * np.spacing(np.maximum(np.abs(edges[:-1]), np.abs(edges[1:])))
            at = np.flatnonzero(wrong & wide)
            if not len(at) or len(mass) > _MOST:
                break
            first, second = self.integral(edges[at], half[at]), self.integral(half[at], edges[at + 1])
            outwards = np.minimum(np.cumsum(mass), np.cumsum(mass[::-1])[::-1])[at]
            wrong[:] = False
            wrong[at] = np.abs(first + second - mass[at]) > _TOLERANCE * outwards + _NOTHING
            mass[at] = first
            mass, wrong = np.insert(mass, at + 1, second), np.insert(wrong, at + 1, wrong[at])
            edges = np.insert(edges, at + 1, half[at])
        return edges, mass

    def _far(self, z: FloatArray) -> FloatArray:
        """The points, which lead away, up to where nothing is left: beyond it a density may be noise, and overflow."""
        z = z[(z >= self.low) & (z <= self.high) & np.isfinite(z)]
        something = self.logpdf(z) + np.log(np.abs(z)) > _NEXT_TO_NOTHING
        return z[np.logical_and.accumulate(something)]

    @cached_property
    def _tails(self) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
        """For the lower and the upper tail: distance, log-density and exponent α where doubles end, as |z|^(−α−1)."""
        density = self.logpdf(self.edges)
        distance = np.abs(self.edges - self.middle)
        return self._tail(distance[::-1], density[::-1], self.low), self._tail(distance, density, self.high)

    def _tail(self, distance: FloatArray, density: FloatArray, end: float) -> tuple[float, float, float]:
        known = np.flatnonzero(~np.isnan(density))
        if math.isfinite(end) or len(known) < 2 or not np.isfinite(density[known[-1]]):
            return 1.0, -math.inf, math.inf
        last, inner = known[-1], known[-2]
        slope = (density[inner] - density[last]) / math.log(distance[last] / distance[inner])
        return float(distance[last]), float(density[last]), float(slope) - 1

    def diverges(self, order: int, upper: bool) -> bool:
        """Whether the moment of that order is infinite through the upper or the lower tail."""
        return self._tails[upper][2] <= order * (1 + _HEAVY)

    def _beyond(self, order: int, upper: bool) -> float:
        """∫ |z − middle|^order f(z) dz beyond the last edge, where the density is a power."""
        distance, density, exponent = self._tails[upper]
        if not exponent > order:
            return 0.0
        return math.exp(min(density + (order + 1) * math.log(distance), 700.0)) / (exponent - order)

    def mean(self) -> float:
        """The expected value given that it lies inside; infinite, or NaN, as the tails make it."""
        falls, rises = self.diverges(1, upper=False), self.diverges(1, upper=True)
        if falls or rises:
            return math.nan if falls and rises else math.inf if rises else -math.inf
        left, right = self.edges[:-1], self.edges[1:]
        moment = self._integral(left, right, 1, self.middle) * np.where(right > self.middle, 1.0, -1.0)
        beyond = self._beyond(1, upper=True) - self._beyond(1, upper=False)
        return self.middle + (math.fsum(moment) + beyond) / self.total

    def var(self) -> float:
        """The variance given that it lies inside; infinite as a tail makes it, NaN without a finite mean."""
        mean = self.mean()
        if not math.isfinite(mean):
            return math.nan
        if self.diverges(2, upper=False) or self.diverges(2, upper=True):
            return math.inf
        moment = self._integral(self.edges[:-1], self.edges[1:], 2, mean)
        return (math.fsum(moment) + self._beyond(2, upper=True) + self._beyond(2, upper=False)) / self.total

    def cdf(self, z: FloatArray) -> FloatArray:
        """The integral of the density from `low` to `z` (N,) over the total."""
        at = self._panel(z)
        return np.asarray((self.below[at] + self.integral(self.edges[at], z)) / self.total)

    def sf(self, z: FloatArray) -> FloatArray:
        """The integral of the density from `z` (N,) to `high` over the total."""
        at = self._panel(z)
        return np.asarray((self.above[at + 1] + self.integral(z, self.edges[at + 1])) / self.total)

    def _panel(self, z: FloatArray) -> FloatArray:
        return np.clip(np.searchsorted(self.edges, z, side="right") - 1, 0, len(self.edges) - 2)
