"""The nonparametric maximum-likelihood estimate of a distribution from censored and truncated rows.

With no censoring but from the right and no truncation but from the left it is the product-limit estimate, rows being at
risk from their entry on (Kaplan & Meier 1958, JASA 53, 457–481; Lynden-Bell 1971, MNRAS 155, 95–118). Otherwise mass lies on
the innermost intervals, between which the estimate is determined and within which it is not (Turnbull 1976, JRSS B 38,
290–295; with the ends of windows as Frydman 1994, JRSS B 56, 71–74, corrects them), and is found by self-consistency,
speeded up by squared extrapolation (Varadhan & Roland 2008, Scand. J. Stat. 35, 335–353).

The likelihood separates into censored sets and windows, so which set belongs to which window need not be known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from warmfit_fitting.arrays import FloatArray, IntArray
from warmfit_fitting.likelihood.masses import points
from warmfit_fitting.summary import ColumnSummary, Intervals
from warmfit_fitting.summary.incomplete import Incomplete

ROUNDS = 500  # of extrapolation
SETTLED = 1e-8  # the change of the distribution function in a round that ends the search
ENOUGH = 1e-5  # the same after the last round, for the estimate to be taken
LOST = 1e-9  # of the weight at risk: a product-limit estimate that is this small before the last value is of no use
UNCONNECTED = "nobody is at risk between some of the values, so that their distribution is not determined"
Window = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Sets:
    """Weighted sets: the points a (M,), or (a, b] where there is a b."""

    a: FloatArray
    weight: FloatArray
    b: FloatArray | None = None


@dataclass(frozen=True, eq=False)
class Estimate:
    """Masses (J,) of the intervals (`lower`, `upper`] (J,), or points where both are equal, ascending, given `window`.

    `window`: what some row could have been; of the distribution outside of it nothing is known. `coarseness`: the
    greatest mass of a bin, whose values are taken to lie at two points. `reason`: why there is no estimate.
    """

    lower: FloatArray
    upper: FloatArray
    mass: FloatArray
    window: Window
    coarseness: float = 0.0
    reason: str = ""


def turnbull(summary: ColumnSummary, rest: Incomplete, window: Window) -> Estimate:
    """The estimate from a summary with incomplete rows, all of which lay in `window`, in the data's unit."""
    seen = _seen(summary, rest, window)
    values = Sets(*points(summary.observed))
    censored, windows = _sets(rest.censored, seen), _sets(rest.truncated, seen)
    coarseness = float(summary.observed.count.max(initial=0.0)) / summary.weight
    right = not len(rest.censored.between) and not len(points(rest.censored.below)[0])
    late = not len(rest.truncated.between) and not len(points(rest.truncated.below)[0])
    if right and late and np.isinf(seen[1]):
        lower, upper, mass, reason = _product_limit(values, censored, windows)
    else:
        lower, upper, mass, reason = _self_consistent(values, censored, windows)
    return Estimate(lower, upper, mass, seen, coarseness, reason)


def _seen(summary: ColumnSummary, rest: Incomplete, window: Window) -> Window:
    """The smallest interval that holds every row's window."""
    if rest.truncated.weight < summary.weight * (1.0 - 1e-12):
        return window
    parts = _sets(rest.truncated, window)
    assert parts.b is not None
    return float(parts.a.min()), float(parts.b.max())


def _sets(part: Intervals, within: Window) -> Sets:
    """Rays and intervals as sets, cut to `within`."""
    above, below, pairs = points(part.above), points(part.below), part.between
    a = np.concatenate([above[0], np.full(len(below[0]), -np.inf), pairs.lower])
    b = np.concatenate([np.full(len(above[0]), np.inf), below[0], pairs.upper])
    weight = np.concatenate([above[1], below[1], pairs.count])
    return Sets(np.clip(a, *within), weight, np.clip(b, *within))


Masses = tuple[FloatArray, FloatArray, FloatArray, str]


def _product_limit(values: Sets, censored: Sets, windows: Sets) -> Masses:
    """S(t) = Π (1 − events/at risk) at the values, and what is left beyond the last of them and all that is censored."""
    at, where = np.unique(values.a, return_inverse=True)
    events = np.bincount(where, values.weight, len(at))
    at_risk = _from(at, values) + _from(at, censored) - _from(at, windows)
    hazard = np.clip(events / at_risk, 0.0, 1.0)
    survival = np.cumprod(1.0 - hazard)
    if (survival[:-1] < LOST).any():
        return at, at, hazard, UNCONNECTED
    mass = -np.diff(survival, prepend=1.0)
    last = float(max(at[-1], censored.a.max(initial=-np.inf)))
    if survival[-1] < LOST:
        return at, at, mass, ""
    return np.append(at, last), np.append(at, np.inf), np.append(mass, survival[-1]), ""


def _from(at: FloatArray, sets: Sets) -> FloatArray:
    """The weight of the sets that begin at `at` (A,) or later."""
    order = np.argsort(sets.a, kind="stable")
    total = np.append(np.cumsum(sets.weight[order][::-1])[::-1], 0.0)
    rest: FloatArray = total[np.searchsorted(sets.a[order], at)]
    return rest


def _self_consistent(values: Sets, censored: Sets, windows: Sets) -> Masses:
    """The masses of the innermost intervals at which a step of self-consistency changes nothing."""
    assert censored.b is not None
    assert windows.b is not None
    rank = np.unique(np.concatenate([values.a, censored.a, censored.b, windows.a, windows.b]))

    def key(place: FloatArray, side: int) -> IntArray:
        return 3 * np.searchsorted(rank, place) + side

    # at one place: a point begins, then what includes the place ends, then what excludes it begins
    starts = np.concatenate([key(values.a, 0), key(censored.a, 2)])
    stops = np.concatenate([key(values.a, 1), key(censored.b, 1)])
    weight = np.concatenate([values.weight, censored.weight])
    left = np.unique(np.concatenate([starts, key(windows.b, 2)]))
    right = np.unique(np.concatenate([stops, key(windows.a, 1)]))
    following = np.searchsorted(right, left)
    nearest = np.append(right, np.iinfo(np.int64).max)[following]
    inner = nearest < np.append(left[1:], np.iinfo(np.int64).max)
    first, last = left[inner], nearest[inner]
    inside = np.searchsorted(first, starts), np.searchsorted(last, stops, side="right")
    through = np.searchsorted(first, key(windows.a, 2)), np.searchsorted(last, key(windows.b, 1), side="right")
    step = _step(inside, weight, through, windows.weight)
    mass, change = _extrapolated(step, np.full(len(first), 1.0 / len(first)))
    reason = "" if change < ENOUGH else "the nonparametric estimate of their distribution was not found"
    return rank[first // 3], rank[last // 3], mass, reason


def _step(
    inside: tuple[IntArray, IntArray], weight: FloatArray, through: tuple[IntArray, IntArray], windowed: FloatArray
) -> Callable[[FloatArray], FloatArray]:
    """One step of self-consistency on masses (J,); sets and windows hold the intervals from one to before another."""

    def spread(ends: tuple[IntArray, IntArray], share: FloatArray, size: int) -> FloatArray:
        change = np.bincount(ends[0], share, size + 1) - np.bincount(ends[1], share, size + 1)
        total: FloatArray = np.cumsum(change)[:-1]
        return total

    def step(mass: FloatArray) -> FloatArray:
        upto = np.concatenate([[0.0], np.cumsum(mass)])
        total = upto[-1]
        rows = spread(inside, weight / np.maximum(upto[inside[1]] - upto[inside[0]], 1e-300), len(mass))
        if len(windowed):
            share = windowed / np.maximum(upto[through[1]] - upto[through[0]], 1e-300)
            rows = rows + float(share.sum()) - spread(through, share, len(mass))
        new: FloatArray = mass * np.maximum(rows, 0.0) / total
        new /= new.sum()
        return new

    return step


def _extrapolated(step: Callable[[FloatArray], FloatArray], mass: FloatArray) -> tuple[FloatArray, float]:
    """The fixed point of `step` from `mass` (J,), and by how much the last step changed the distribution function."""
    change = np.inf
    for _ in range(ROUNDS):
        once = step(mass)
        twice = step(once)
        first, second = once - mass, (twice - once) - (once - mass)
        size = float(np.sqrt((second * second).sum()))
        length = -max(float(np.sqrt((first * first).sum())) / size, 1.0) if size > 0 else -1.0
        ahead = mass - 2 * length * first + length * length * second
        new = step(np.where(ahead > 0, ahead, twice) if length < -1.0 else twice)
        change = float(np.abs(np.cumsum(new - mass)).max())
        mass = new
        if change < SETTLED:
            break
    return mass, float(np.abs(np.cumsum(step(mass) - mass)).max())
