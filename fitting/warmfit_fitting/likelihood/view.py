"""`View`: the weighted points, and the cells they stand for, on which a likelihood is evaluated.

A view is standardized, t = (x − shift)/scale, so that the search neither knows nor cares about the data's unit or
offset. Rows come in groups: a value kept exactly, a bin, or merged neighbours. A group is one point at its mean, or two
at mean ± standard deviation, which integrate a smooth log-density over it to third order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from warmfit_fitting.arrays import BoolArray, FloatArray
from warmfit_fitting.likelihood.masses import Masses, masses, points
from warmfit_fitting.summary import ColumnSummary, Runs
from warmfit_fitting.summary.incomplete import Incomplete

TINY = float(np.finfo(float).tiny)
HUGE = 2.0**900
CLOSE = 1e-6  # share of the way from the median to a held end: what is nearer would lose digits about the median
APART = 64.0  # spreads from the median that a held end may lie and still be what all is measured from


@dataclass(frozen=True, eq=False)
class Groups:
    """`count`, `mean`, `m2` (G,) of neighbouring rows, ascending, and the cells [`lower`, `upper`] (G,) they fill."""

    count: FloatArray
    mean: FloatArray
    m2: FloatArray
    lower: FloatArray
    upper: FloatArray

    def merged(self, last: BoolArray) -> Groups:
        """The groups with neighbours joined; `last` (G,) marks the last one of each run."""
        first = np.concatenate([[0], np.flatnonzero(last)[:-1] + 1])
        owner = np.cumsum(np.concatenate([[0], last[:-1]]))
        count = np.add.reduceat(self.count, first)
        anchor = self.mean[first]
        mean = anchor + np.add.reduceat(self.count * (self.mean - anchor[owner]), first) / count
        m2 = np.add.reduceat(self.m2 + self.count * (self.mean - mean[owner]) ** 2, first)
        return Groups(count, mean, m2, self.lower[first], self.upper[last])


@dataclass(frozen=True, eq=False)
class View:
    """Points `x` (N,) with `weight` (N,) and cells [`lower`, `upper`] (N,), in units of `scale` about `shift`.

    The first and the last point stand for the ends of the data. `minimum`, `maximum`: the extremes of the rows, or what a
    support must hold where rows are incomplete; `mean`, `std`: of all rows, n in the denominator. `shift` and `scale` are
    in the data's unit, all else is standardized. `masses`: the terms of censored rows and of windows, where there are any.
    """

    groups: Groups
    shift: float
    scale: float
    minimum: float
    maximum: float
    mean: float
    std: float
    masses: Masses | None = None
    _coarser: dict[int, View] = field(default_factory=dict)

    @cached_property
    def _points(self) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        g = self.groups
        double = g.m2 > 0
        double[:1] = double[-1:] = False
        owner = np.repeat(np.arange(len(g.count)), np.where(double, 2, 1))
        second = np.concatenate([[False], owner[1:] == owner[:-1]])
        side = np.where(double[owner], np.where(second, 1.0, -1.0), 0.0)
        x = g.mean[owner] + side * np.sqrt(g.m2 / g.count)[owner]
        weight = np.where(double, g.count / 2, g.count)[owner]
        lower, upper = g.lower[owner], g.upper[owner]
        return np.clip(x, lower, upper), weight, lower, upper

    @cached_property
    def x(self) -> FloatArray:
        """Where the points lie, (N,)."""
        return self._points[0]

    @cached_property
    def weight(self) -> FloatArray:
        """The rows that each point stands for, (N,)."""
        return self._points[1]

    @cached_property
    def lower(self) -> FloatArray:
        """The lower ends of the cells, (N,)."""
        return self._points[2]

    @cached_property
    def upper(self) -> FloatArray:
        """The upper ends of the cells, (N,)."""
        return self._points[3]

    @cached_property
    def exact(self) -> bool:
        """Whether every value is known, none of them being in bins."""
        return not self.groups.m2.any()

    @cached_property
    def total(self) -> float:
        """The total weight, that of censored rows included."""
        return self.observed if self.masses is None else self.observed + self.masses.rows

    @cached_property
    def observed(self) -> float:
        """The total weight of the points."""
        return float(self.groups.count.sum())

    @cached_property
    def n_terms(self) -> int:
        """How many terms the log-likelihood has."""
        return len(self.x) + (self.masses.size if self.masses is not None else 0)

    @cached_property
    def cap(self) -> FloatArray:
        """The log of the highest mean density that a cell can have, all mass in it, (N,)."""
        return -np.log(np.maximum(self.upper - self.lower, TINY))

    def standardized(self, value: float) -> float:
        """A value of the data's unit in the view's."""
        return (value - self.shift) / self.scale

    def coarse(self, points: int) -> View:
        """About `points` points: neighbours merged where they are near in rank, in place and in log distance to an end."""
        if len(self.x) <= points and (self.masses is None or self.masses.coarse(points) is self.masses):
            return self
        if points not in self._coarser:
            self._coarser[points] = self._merged(points)
        return self._coarser[points]

    def _merged(self, points: int) -> View:
        rest = None if self.masses is None else self.masses.coarse(points)
        groups = self._merged_groups(points) if len(self.x) > points else self.groups
        return View(groups, self.shift, self.scale, self.minimum, self.maximum, self.mean, self.std, rest)

    def _merged_groups(self, points: int) -> Groups:
        g = self.groups
        rank = (np.cumsum(g.count) - 0.5 * g.count) / self.total
        ends = [np.log(np.maximum(d, TINY)) for d in (g.mean - self.minimum, self.maximum - g.mean)]
        keys = [
            rank * (points * 0.05),
            np.arcsinh(g.mean) * (points * 0.04),
            *(e * (points * 0.01) for e in ends),
        ]
        last = np.ones(len(g.count), bool)
        last[1:-2] = np.any([np.floor(k[2:-1]) != np.floor(k[1:-2]) for k in keys], axis=0)
        return g.merged(last)


def view(summary: ColumnSummary, window: tuple[float, float] = (-np.inf, np.inf), origin: float | None = None) -> View:
    """The fine view: everything that a summary knows.

    `window`: what had to let every row in; `origin`: where a location or an end of the support is held; in the data's unit.
    """
    rest = summary.incomplete
    groups = _ordered(summary)
    places = groups if rest is None else _places(summary, rest)
    shift, scale = _anchors(places, summary)
    if origin is not None:
        shift = _measured_from(origin, places, shift, scale)

    def t(values: FloatArray) -> FloatArray:
        return (values - shift) / scale

    low, high, mean = t(np.array([*summary.extent, summary.mean])).tolist()
    lower, upper = _cells(groups, summary)
    if len(lower) == 1 and lower[0] == upper[0]:  # the only value: known to half the way to the next bound
        half = float(np.min(np.abs(places.mean - lower)[places.mean != lower], initial=np.inf)) / 2
        lower, upper = lower - half, upper + half
    with np.errstate(over="ignore"):
        m2 = groups.m2 / scale / scale
        std = float(np.sqrt(summary.moments.m2 / scale / scale / summary.weight))
    count, factor = groups.count, 1.0
    if summary.analytic:
        factor = summary.size / summary.weight
        count, m2 = count * factor, m2 * factor
    standard = Groups(count, t(groups.mean), m2, t(lower), t(upper))
    if not np.isfinite(std):  # squares of huge values overflow in the data's unit
        std = float(np.sqrt((standard.count * (standard.mean - mean) ** 2 + m2).sum() / standard.count.sum()))
    terms = None if rest is None else masses(rest.censored, rest.truncated, window, shift, scale, factor)
    return View(standard, shift, scale, low, high, mean, std, terms)


def product_limit(summary: ColumnSummary, rest: Incomplete, like: View) -> View:
    """Points for start estimates, in the unit of the view `like`: right-censored rows are spread over the values above.

    The weights are the jumps of the product-limit estimate (Kaplan & Meier 1958, JASA 53); rows censored otherwise are
    taken at their bounds, and windows are left out.
    """
    g = _places(summary, rest)
    bounds = points(rest.censored.above)
    censored = np.bincount(np.searchsorted(g.mean, bounds[0]).clip(0, len(g.mean) - 1), bounds[1], len(g.mean))
    known = np.maximum(g.count - censored, 0.0)
    at_risk = np.cumsum(g.count[::-1])[::-1]
    survival = np.cumprod(1.0 - known / at_risk)
    jump = -np.diff(survival, prepend=1.0, append=0.0)
    jump[-2] += jump[-1]  # what is left above the last value stays there
    count = jump[:-1] * like.total
    x = (g.mean - like.shift) / like.scale
    carries = count > 0
    carries[[0, -1]] = True
    x, count = x[carries], np.maximum(count[carries], TINY)
    mean = float(count @ x) / like.total
    std = float(np.sqrt(count @ (x - mean) ** 2 / like.total))
    groups = Groups(count, x, np.zeros(len(x)), x, x)
    return View(groups, like.shift, like.scale, float(x[0]), float(x[-1]), mean, std)


def _places(summary: ColumnSummary, rest: Incomplete) -> Groups:
    """All rows as single values, censored ones at their bounds."""
    ends = rest.censored.between.ends()
    parts = [points(t) for t in (summary.observed, rest.censored.above, rest.censored.below)]
    runs = Runs.join([ends, *(Runs(*part) for part in parts)])
    return Groups(runs.count, runs.values, np.zeros(len(runs)), runs.values, runs.values)


def _ordered(summary: ColumnSummary) -> Groups:
    """Atoms and filled bins in ascending order; an atom has an empty cell as yet."""
    o = summary.observed
    filled = o.count > 0
    low, high = (o.edges[:-1], o.edges[1:]) if len(o.edges) else (o.edges, o.edges)
    # An atom is the left edge of the bin that follows it: at equal positions it comes first.
    order = np.lexsort((np.repeat([0, 1], [len(o.atoms), filled.sum()]), np.concatenate([o.atoms, low[filled]])))
    columns = (
        (o.atom_count, o.count), (o.atoms, o.mean), (np.zeros(len(o.atoms)), o.m2), (o.atoms, low), (o.atoms, high),
    )  # fmt: skip
    return Groups(*(np.concatenate([atoms, bins[filled]])[order] for atoms, bins in columns))


def _anchors(groups: Groups, summary: ColumnSummary) -> tuple[float, float]:
    """The median and half the interquartile range, or the standard deviation where that is zero."""
    rank = (np.cumsum(groups.count) - 0.5 * groups.count) / summary.weight
    unit = HUGE if max(-summary.minimum, summary.maximum) > HUGE else 1.0  # slopes between huge values overflow
    q1, median, q3 = (unit * np.interp([0.25, 0.5, 0.75], rank, groups.mean / unit)).tolist()
    deviation = float(np.sqrt(summary.variance)) if np.isfinite(summary.moments.m2) else np.inf
    for spread in (q3 / 2 - q1 / 2, deviation, summary.maximum / 2 - summary.minimum / 2):
        if np.isfinite(spread) and spread > 1e-3 * min(deviation, 1e300):
            return median, spread
    return median, summary.maximum - summary.minimum


def _measured_from(origin: float, groups: Groups, median: float, spread: float) -> float:
    """The held `origin`, where values lie so close to it that their distances would be lost about the median."""
    distance = np.abs(groups.mean - origin)
    nearest = float(np.min(distance, where=distance > 0, initial=np.inf))
    away = abs(median - origin)
    return origin if nearest < CLOSE * away and away <= APART * spread else median


def _cells(groups: Groups, summary: ColumnSummary) -> tuple[FloatArray, FloatArray]:
    """The cell of each group: its bin, or half-way to the neighbours for a value kept exactly.

    Bins end at the extremes of the data, but the outermost reach half-way to their neighbours at least. Where all values
    are integers, a bin [a, b) stands for [a − ½, b − ½].
    """
    low, high, x = groups.lower.copy(), groups.upper.copy(), groups.mean
    if not len(x):
        return low, high
    atom = low == high
    half = 0.5 if summary.integral else 0.0
    low[~atom] = np.maximum(low[~atom], summary.minimum) - half
    high[~atom] = np.minimum(high[~atom], summary.maximum + 2 * half) - half
    middle = x[:-1] / 2 + x[1:] / 2
    below = np.concatenate([[x[0] - (middle[0] - x[0])], middle]) if len(x) > 1 else x
    above = np.concatenate([middle, [x[-1] + (x[-1] - middle[-1])]]) if len(x) > 1 else x
    lower, upper = np.where(atom, below, low), np.where(atom, above, high)
    for end in (0, -1):  # bins next to an extreme may be as narrow as floats are; a value is known to half its gap
        lower[end], upper[end] = min(lower[end], below[end]), max(upper[end], above[end])
    return lower, upper
