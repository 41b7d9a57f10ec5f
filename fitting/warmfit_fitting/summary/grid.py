"""Where the bins of a summary lie: a closed-form grid that follows the data's shape and never its order.

The edges are the union of a uniform grid in sign(z)·asinh|z|, z = (x − centre)/spread, which is linear in the body
and logarithmic in the tails, and of uniform grids in log|x − low| and log|high − x|, which resolve a density that is
singular at an end of its support. Bins are half-open, [edge, next edge). The anchors belong to the grid, not to the
data: later rows beyond them fall on the same formula.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from warmfit_fitting.arrays import FloatArray

FORMULA = 1
ASINH_STEP = 1 / 64
LOG_STEP = 1 / 16
RESOLUTION = 2.0**-60  # no edge lies nearer to `low` or `high` than this share of the spread


@dataclass(frozen=True, slots=True)
class Grid:
    """The anchors and the step of the union grid.

    `low`, `high`, `centre`, `spread`: in the data's unit; spread > 0. `level`: the steps are doubled that often, so
    that every edge of a level is an edge of the level below. `integral`: edges are rounded up to integers.
    """

    low: float
    high: float
    centre: float
    spread: float
    level: int = 0
    integral: bool = False
    formula: int = FORMULA

    def coarser(self) -> Grid:
        """The same grid with its steps doubled."""
        return Grid(self.low, self.high, self.centre, self.spread, self.level + 1, self.integral, self.formula)

    def edges(self, minimum: float, maximum: float) -> FloatArray:
        """The sorted edges that enclose [minimum, maximum]: the first ≤ minimum, the last > maximum."""
        margin = max(self.spread, math.ulp(minimum), math.ulp(maximum))
        reach_down = min(minimum, self.low) - margin
        reach_up = max(maximum, self.high) + margin
        parts = [self._asinh_edges(reach_down, reach_up)]
        parts += [self._log_edges(anchor, reach_down, reach_up) for anchor in (self.low, self.high)]
        edges = np.concatenate(parts)
        if self.integral:
            edges = np.ceil(edges)
        edges = np.unique(edges[np.isfinite(edges)])
        first = max(int(np.searchsorted(edges, minimum, side="right")) - 1, 0)
        last = min(int(np.searchsorted(edges, maximum, side="right")), len(edges) - 1)
        return self._enclose(edges[first : last + 1], minimum, maximum)

    def _asinh_edges(self, reach_down: float, reach_up: float) -> FloatArray:
        step = ASINH_STEP * 2.0**self.level
        first = math.floor(self._asinh_key(reach_down) / step) - 1
        last = math.ceil(self._asinh_key(reach_up) / step) + 1
        with np.errstate(over="ignore"):
            edges: FloatArray = self.centre + self.spread * np.sinh(np.arange(first, last + 1) * step)
            return edges

    def _asinh_key(self, x: float) -> float:
        z = x / self.spread - self.centre / self.spread
        limit = 1e300
        return math.asinh(min(max(z, -limit), limit))

    def _log_edges(self, anchor: float, reach_down: float, reach_up: float) -> FloatArray:
        step = LOG_STEP * 2.0**self.level
        finest = max(self.spread * RESOLUTION, 4 * math.ulp(anchor))
        widest = min(max(reach_up - anchor, anchor - reach_down, 2 * finest), 1e308)
        k = np.arange(math.ceil(math.log(finest) / step), math.ceil(math.log(widest) / step) + 1)
        with np.errstate(over="ignore"):
            distance = np.exp(k * step)
            return np.concatenate([anchor - distance, anchor + distance])

    @staticmethod
    def _enclose(edges: FloatArray, minimum: float, maximum: float) -> FloatArray:
        """`edges` with an outer edge added where rounding left an extreme outside."""
        if edges[0] > minimum:
            edges = np.concatenate([[minimum], edges])
        if edges[-1] <= maximum:
            edges = np.concatenate([edges, [math.nextafter(maximum, math.inf)]])
        return edges
