"""A family with its parameters: distribution and survival function at sorted points, closed or by quadrature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.families.family import Family
from warmfit_fitting.likelihood.quadrature import composite
from warmfit_fitting.likelihood.tails import CANCELLED, LEAST, log_mass
from warmfit_fitting.likelihood.view import TINY

BLOCK = 1 << 12  # points of a density evaluated in one go
_NODES, _WEIGHTS = composite((0.0, 1.0), 8)
_NODES_AT_END = _NODES**12  # in a panel that ends where a density may be singular: smooth for powers above −0.9
_WEIGHTS_AT_END = _WEIGHTS * 12 * _NODES**11
_REACH = np.sinh(np.arange(0.0, 42.0, 0.25))  # panel edges away from the body, in its spreads, to 1e18
_APPROACH = np.exp(-np.concatenate([np.arange(0.0, 42.0, 0.75), np.arange(42.0, 700.0, 3.0)]))  # towards a finite end
_CORE = np.exp(np.arange(-9.0, 7.0, 0.5))  # panel edges about z = 0, where a standard form may bend sharply


@dataclass(frozen=True, eq=False)
class Distribution:
    """`family` at `theta` (P,), shapes, loc, scale, conditioned on `window`; `total` rows stand behind it.

    `ask`, where given, is called now and then during long quadratures, and may raise to end them.
    """

    family: Family
    theta: FloatArray
    window: tuple[float, float]
    total: float
    ask: Callable[[], None] | None = None

    @property
    def shapes(self) -> tuple[FloatArray, ...]:
        """The shape parameters as arrays."""
        return tuple(np.asarray(v) for v in self.theta[:-2])

    def cdf_sf(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """P(X ≤ x) and P(X > x) at ascending `x` (N,), each without cancellation where it is small."""
        with np.errstate(all="ignore"):
            if self.window == (-np.inf, np.inf):
                return self._unconditioned(x)
            return self._conditioned(x)

    def _conditioned(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The same given that X lies in the window."""
        cdf, sf = self._unconditioned(np.concatenate([self.window[:1], x, self.window[1:]]))
        (low, high), (low_sf, high_sf) = cdf[[0, -1]], sf[[0, -1]]
        cdf, sf = cdf[1:-1], sf[1:-1]
        mass = high - low if high < 0.5 else low_sf - high_sf
        if not mass > max(LEAST, CANCELLED * min(high, low_sf)):
            return self._far_out(x)
        below = np.where(cdf < 0.5, cdf - low, low_sf - sf) / mass
        above = np.where(cdf < 0.5, high - cdf, sf - high_sf) / mass
        return np.clip(below, 0.0, 1.0), np.clip(above, 0.0, 1.0)

    def _far_out(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """`_conditioned` where the window lies so far out that only logs of its mass can be told."""
        columns = tuple(np.full((len(x), 1), v) for v in self.theta[:-2])
        start, at, stop = (
            (np.full((len(x), 1), 1.0) * np.reshape(v, (-1, 1)) - self.theta[-2]) / self.theta[-1]
            for v in (self.window[0], x, self.window[1])
        )
        whole, below, above = (
            log_mass(self.family, columns, *ends)[:, 0] for ends in ((start, stop), (start, at), (at, stop))
        )
        return np.clip(np.exp(below - whole), 0.0, 1.0), np.clip(np.exp(above - whole), 0.0, 1.0)

    def _unconditioned(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        z = (x - self.theta[-2]) / self.theta[-1]
        low, high = self.family.support(*self.shapes)
        inside = np.clip(z, low, high)
        if not self.family.closed_cdf:
            cdf, sf = self._by_quadrature(inside)
        else:
            middle = len(z) // 2
            lower, upper = inside[:middle], inside[middle:]
            below, above = self.family.cdf(lower, *self.shapes), self.family.sf(upper, *self.shapes)
            cdf, sf = np.concatenate([below, 1 - above]), np.concatenate([1 - below, above])
        return np.where(z >= high, 1.0, np.where(z < low, 0.0, cdf)), np.where(
            z >= high, 0.0, np.where(z < low, 1.0, sf)
        )

    def mass(self, x: FloatArray) -> float:
        """The integral of the density over its support, by quadrature around the ascending points `x`; 1 if it is one."""
        with np.errstate(all="ignore"):
            return float(self._panels((x - self.theta[-2]) / self.theta[-1])[1].sum())

    def _by_quadrature(self, z: FloatArray) -> tuple[FloatArray, FloatArray]:
        edges, mass = self._panels(z)
        at = np.minimum(np.searchsorted(edges, z), len(edges) - 1)  # infinite ones lie beyond all edges
        below = np.concatenate([[0.0], np.cumsum(mass)])
        above = np.concatenate([np.cumsum(mass[::-1])[::-1], [0.0]])
        return np.minimum(below[at], 1.0), np.minimum(above[at], 1.0)

    def _panels(self, z: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Panel edges that include `z` and cover the support, and the mass in each panel."""
        low, high = (float(end) for end in self.family.support(*self.shapes))
        q1, middle, q3 = np.quantile(z[np.isfinite(z)], [0.25, 0.5, 0.75])
        edges = panel_edges(z, float(middle), max(float(q3 - q1), TINY), low, high)
        points, weight = panel_rule(edges[:-1], edges[1:], low, high)
        density = np.exp(self._logpdf(points.ravel())).reshape(points.shape)
        return edges, (np.where(np.isfinite(density), density, 0.0) * weight).sum(axis=1)

    def _logpdf(self, z: FloatArray) -> FloatArray:
        """The log-density at `z` (N,), block by block, the caller asked before each whether to go on."""
        if self.ask is None:
            return self.family.logpdf(z, *self.shapes)
        parts = []
        for start in range(0, len(z), BLOCK):
            self.ask()
            parts.append(self.family.logpdf(z[start : start + BLOCK], *self.shapes))
        return np.concatenate(parts)


def panel_edges(also: FloatArray, middle: float, spread: float, low: float, high: float) -> FloatArray:
    """Ascending edges of panels on which a density is smooth that has its body at `middle` and ends at `low` and `high`.

    They are dense about the body, about 0 and towards finite ends, and include `also`.
    """
    parts = [also, middle + spread * _REACH, middle - spread * _REACH, -_CORE, np.zeros(1), _CORE]
    for end in (low, high):
        if np.isfinite(end):
            sign = 1.0 if end == low else -1.0
            parts += [np.array([end]), end + sign * _APPROACH * max(abs(middle - end), spread)]
    edges: FloatArray = np.unique(np.concatenate(parts))
    return edges[np.isfinite(edges) & (edges >= low) & (edges <= high)]


def panel_rule(left: FloatArray, right: FloatArray, low: float, high: float) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights (K, 8) for the integrals from `left` to `right` (K,), where a density may be singular at an end.

    It may be so at `low`, 0 and `high`.
    """
    share, weight = (np.tile(part, (len(left), 1)) for part in (_NODES, _WEIGHTS))
    starts, ends = (np.isin(edges, [low, 0.0, high]) for edges in (left, right))
    share[starts], weight[starts] = _NODES_AT_END, _WEIGHTS_AT_END
    share[ends], weight[ends] = 1 - _NODES_AT_END, _WEIGHTS_AT_END
    width = (right - left)[:, None]
    return left[:, None] + width * share, weight * width
