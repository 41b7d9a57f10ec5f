"""`Problem`: a summary and a spec, and what is prepared from them once for all families."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from threading import Lock

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.discrete import engine as counts
from warmfit_fitting.distribution import Distribution
from warmfit_fitting.estimation.features import Features
from warmfit_fitting.estimation.search import POINTS, SKETCH_POINTS
from warmfit_fitting.families.every import EVERY, is_discrete
from warmfit_fitting.families.family import Family
from warmfit_fitting.goodness import Empirical
from warmfit_fitting.likelihood.view import View, product_limit, view
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary
from warmfit_fitting.turnbull import Estimate, turnbull

PATIENCE = 0.05  # seconds between looks at the caller's clock while another computes the same row
OUT_OF_TIME = "the caller's time ran out before the search ended"


@dataclass(frozen=True, eq=False)
class Problem:
    """A summary, a spec, and what is prepared from them once for all families."""

    summary: ColumnSummary
    spec: FitSpec
    _rows: dict[str, FitRow] = field(default_factory=dict)
    _locks: dict[str, Lock] = field(default_factory=lambda: defaultdict(Lock))

    def once(
        self, name: str, fit: Callable[[], FitRow], should_stop: Callable[[], bool] | None = None, stage: str = ""
    ) -> FitRow:
        """The row of family `name` that `fit` computes, once for all who ask for this `stage` of it.

        A row that is not final is not kept. Who waits for another's computation stops waiting when `should_stop` says so.
        """
        key = name + stage
        lock = self._locks[key]
        while not lock.acquire(timeout=PATIENCE):
            if should_stop is not None and should_stop():
                return FitRow(name, "timed_out", OUT_OF_TIME)
        try:
            row = self._rows.get(key) or fit()
            if row.is_final:
                self._rows[key] = row
            return row
        finally:
            lock.release()

    def learn(self, rows: Iterable[FitRow]) -> None:
        """Take over rows of the same problem that were computed elsewhere."""
        for row in rows:
            if row.is_final:
                self._rows.setdefault(row.distribution, row)

    def warm(self) -> None:
        """Prepare now what families share, so that those who copy this problem have it."""
        if is_discrete(name for name in self.spec.families if name in EVERY):
            return
        with np.errstate(all="ignore"):
            _ = self.features, self.empirical if self.summary.incomplete is None else self.nonparametric
            for points in {SKETCH_POINTS, *POINTS.values()}:
                self.view.coarse(points)

    @cached_property
    def counts(self) -> counts.CountProblem:
        """The same problem as discrete families see it."""
        return counts.CountProblem(self.summary, self.spec)

    @cached_property
    def loose(self) -> Problem:
        """The same problem with nothing held, and no goodness of fit: its maxima are good places to start from."""
        loose = Problem(self.summary, replace(self.spec, fixed=(), goodness=False))
        loose.__dict__.update(view=self.view, features=self.features)
        return loose

    @cached_property
    def view(self) -> View:
        """The fine view."""
        return view(self.summary, self.spec.window, self.spec.origin)

    @cached_property
    def features(self) -> Features:
        """Statistics of the fine view, or of an estimate of what it would be if every value were known."""
        rest = self.summary.incomplete
        return Features(self.view if rest is None else product_limit(self.summary, rest, self.view))

    @property
    def density_weight(self) -> float:
        """The weight of the rows whose term is a density, which has a unit."""
        return self.summary.size if self.summary.incomplete is None else self.view.observed

    @cached_property
    def empirical(self) -> Empirical:
        """The empirical distribution function and the histogram."""
        return Empirical.of(self.summary, self.view, self.spec.bins)

    @cached_property
    def nonparametric(self) -> Estimate | None:
        """The nonparametric estimate in the view's unit, where rows are incomplete."""
        rest = self.summary.incomplete
        if rest is None:
            return None
        found = turnbull(self.summary, rest, self.spec.window)
        lower, upper = ((end - self.view.shift) / self.view.scale for end in (found.lower, found.upper))
        low, high = (self.view.standardized(edge) for edge in found.window)
        return replace(found, lower=lower, upper=upper, window=(low, high))

    @cached_property
    def window(self) -> tuple[float, float]:
        """The truncation window in the view's unit."""
        low, high = (self.view.standardized(edge) for edge in self.spec.window)
        return low, high

    def distribution(self, family: Family, theta: FloatArray, ask: Callable[[], None] | None = None) -> Distribution:
        """The fitted distribution in the view's unit; its long quadratures call `ask`."""
        return Distribution(family, theta, self.window, self.summary.size, ask)

    def standardized(self, parameters: tuple[float, ...]) -> FloatArray:
        """Parameters of the data's unit in the view's."""
        *shapes, loc, scale = parameters
        return np.array([*shapes, self.view.standardized(loc), scale / self.view.scale])

    def start_of(self, family: Family) -> FloatArray | None:
        """The parameters, in the view's unit, from which the search of a family is to start; None where none are given."""
        given = dict(self.spec.warm_start).get(family.name)
        return None if given is None else self.standardized(given)

    def errors(self, standard: tuple[float, ...]) -> tuple[float, ...]:
        """Standard errors of the view's unit in the data's."""
        if not standard:
            return ()
        *shapes, loc, scale = standard
        errors = (*shapes, loc * self.view.scale, scale * self.view.scale)
        return tuple(
            math.nan if math.isnan(error) else error for error in errors
        )  # one NaN, so that equal rows are equal

    def parameters(self, family: Family, theta: FloatArray) -> tuple[float, ...]:
        """Parameters of the view's unit in the data's, those that are held at their values to the last digit."""
        *shapes, loc, scale = (float(v) for v in theta)
        found = (*shapes, self.view.shift + self.view.scale * loc, self.view.scale * scale)
        fixed = dict(self.spec.fixed)
        return self.holding(family, tuple(fixed.get(n, v) for n, v in zip(family.parameters, found, strict=True)))

    def holding(self, family: Family, parameters: tuple[float, ...]) -> tuple[float, ...]:
        """Parameters in the data's unit whose support holds the extremes in spite of rounding; what is held stays."""
        *shapes, loc, scale = parameters
        held = dict(self.spec.fixed)
        low, high = (float(end) for end in family.support(*(np.asarray(s) for s in shapes)))
        first, last = self.summary.extent
        reach = max(abs(v) for v in (loc, self.view.shift, scale * low, scale * high) if math.isfinite(v))
        both = math.isfinite(low) and math.isfinite(high)
        for ulps in (0.0, *(2.0**k for k in range(12))):
            out = ulps * math.ulp(reach)  # by which each end moves
            wider = scale + (2 * out / (high - low) if both and "scale" not in held else 0.0)
            moved = loc - out - low * (wider - scale) if math.isfinite(low) else loc + out
            moved = loc if "loc" in held else moved
            if wider > 0 and low <= (first - moved) / wider <= (last - moved) / wider <= high:
                return (*shapes, moved, wider)
        return parameters
