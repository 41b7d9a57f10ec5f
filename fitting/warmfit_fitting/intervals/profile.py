"""Profile-likelihood intervals: the values that twice the log-likelihood rejects by no more than the quantile of χ².

The profile of a parameter, or of a quantile, is the highest log-likelihood with that value held; the interval is where
2 (l_max − l_profile) ≤ χ²₁(1 − α) (Venzon & Moolgavkar 1988, Appl. Stat. 37, 87–94; Meeker & Escobar 1998, ch. 8). An
end is that of the domain, finite or infinite, where the profile does not fall that far on the way to it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.intervals.axis import Axis
from warmfit_fitting.intervals.lattice_ends import first, smallest
from warmfit_fitting.intervals.quantile_profile import QuantileProfile
from warmfit_fitting.intervals.surface import Surface, check_budget
from warmfit_fitting.intervals.wald import NONE, Interval, errors, free_names, regular_part, with_ties

CLOSE = 1e-6  # by how much the root of the drop may miss its level
NARROW = 1e-12  # a bracket of relative width beyond which there is nothing to tell
STEPS = 200  # of the search for an end
FIRST_STEP = 0.1  # on the axis, where no standard error says how wide the interval is
LONGEST = 3.0  # times the last step is the next one, where the drop is followed outwards

Drop = Callable[[float], float]


@dataclass(eq=False)
class ParameterProfile:
    """2 (l_max − l) of one parameter held at values, the others following from where they were last."""

    surface: Surface
    name: str
    highest: float
    _last: FloatArray | None = field(default=None, init=False)

    def __call__(self, value: float) -> float:
        """The drop at `value`, infinite where no other parameters give every row a density."""
        near = self.surface.estimate.copy() if self._last is None else self._last.copy()
        near[self.surface.names.index(self.name)] = value
        check_budget(self.surface, self.name)
        top, theta = self.surface.holding(self.name, value).peak(near)
        if not math.isfinite(top):
            return math.inf
        self._last = theta
        return max(2.0 * (self.highest - top), 0.0)


def parameter_intervals(surface: Surface, z: float) -> dict[str, Interval]:
    """The interval of every parameter that is not held."""
    highest, _ = surface.peak(surface.estimate)
    known = errors(regular_part(surface))
    found = np.zeros(len(surface.names)) if known is None else known[0]
    intervals = {}
    for name in free_names(surface):
        error = float(found[surface.names.index(name)])
        intervals[name] = _interval(surface, name, highest, z, error)
    return with_ties(surface, intervals)


def _interval(surface: Surface, name: str, highest: float, z: float, error: float) -> Interval:
    """The interval of one parameter whose standard error is about `error`."""
    value = float(surface.estimate[surface.names.index(name)])
    below, above = (ParameterProfile(surface, name, highest) for _ in range(2))
    if name in surface.whole:
        return _whole_ends(below, above, value, z)
    axis, reach = surface.axis(name), surface.reach(name)
    return crossing(below, value, axis, -1.0, z, error, reach), crossing(above, value, axis, 1.0, z, error, reach)


def quantile_interval(surface: Surface, p: float, z: float) -> Interval:
    """The interval of the quantile of probability `p`, NaN where there is none, as where a whole number was estimated."""
    if surface.whole:
        return NONE
    estimate, axis = surface.quantile(p), surface.quantile_axis
    profile = QuantileProfile.of(surface, p)
    if axis is None:
        ends = smallest(profile.signed, estimate, z)
    else:
        span = profile.error(estimate)
        low, high = (crossing(profile.drop, estimate, axis, side, z, span, None) for side in (-1.0, 1.0))
        ends = (low, high) if low < estimate < high else NONE  # it could not be followed to both
    return ends


def crossing(
    drop: Drop, estimate: float, axis: Axis, side: float, z: float, error: float, reach: tuple[float, float] | None
) -> float:
    """Where √drop first reaches `z` on a side of the estimate, or the end of the axis where it does not within `reach`.

    That may be an edge, beyond which the drop is infinite; without a `reach` there is none, and NaN where it was lost.
    `error`: about the standard error of the estimate, 0 where it is not known. √drop is nearly a straight line on the
    axis, so that a secant finds the place; its steps outwards are bounded, and inside a bracket it falls back on halves.
    """
    start = axis.to(estimate)
    limit = math.inf if reach is None else abs(axis.to(reach[side > 0]) - start)
    step = error * axis.slope(estimate) * z if error > 0 else FIRST_STEP * max(1.0, abs(start) / 10)
    inner, outer = (0.0, 0.0), (math.inf, math.inf)  # distance from the start, and the root of the drop there
    at = min(step, limit)
    for _ in range(STEPS):
        root = math.sqrt(drop(axis.back(start + side * at)))
        if abs(root - z) < CLOSE:
            break
        if root > z:
            outer = at, root
        elif at >= limit:
            return axis.high if side > 0 else axis.low
        else:
            inner = at, root
        at = _next(inner, outer, z, at, limit)
        if math.isfinite(outer[0]) and outer[0] - inner[0] <= max(NARROW * outer[0], 4 * math.ulp(start)):
            if reach is None:
                return math.nan
            break  # an edge, beyond which there is no likelihood
    return axis.back(start + side * at)


def _next(inner: tuple[float, float], outer: tuple[float, float], z: float, at: float, limit: float) -> float:
    """The next distance to try."""
    (a, low), (b, high) = inner, outer
    if math.isinf(b):
        ahead = at * z / low if low > 0 else math.inf
        return min(max(ahead, 1.05 * at), LONGEST * at, limit)
    if math.isinf(high):
        return (a + b) / 2
    share = (z - low) / (high - low)
    return a + (b - a) * min(max(share, 0.02), 0.98)


def _whole_ends(below: ParameterProfile, above: ParameterProfile, value: float, z: float) -> Interval:
    """The least and the greatest whole number that is not rejected."""
    least, greatest = below.surface.reach(below.name)
    low = first(lambda m: m >= least and math.sqrt(below(m)) <= z, value, -1.0)
    high = first(lambda m: m > greatest or math.sqrt(above(m)) > z, value, 1.0) - 1.0
    return low, high if high < greatest else below.surface.axis(below.name).high
