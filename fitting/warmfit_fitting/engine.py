"""From a summary and a spec to one row per family: a pure function, whatever else goes on."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from threading import Lock

import numpy as np

from warmfit_fitting import goodness
from warmfit_fitting.admission import check_column, check_support, why_not
from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.discrete import engine as counts
from warmfit_fitting.distribution import Distribution
from warmfit_fitting.estimation.coordinates import Coordinates
from warmfit_fitting.estimation.features import Features
from warmfit_fitting.estimation.search import POINTS, SKETCH_POINTS, Contents, Estimate, errors_at, search
from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.families.discrete.family import DiscreteFamily
from warmfit_fitting.families.every import EVERY, AnyFamily, is_discrete
from warmfit_fitting.families.family import Cost, Family
from warmfit_fitting.families.nested import NESTED
from warmfit_fitting.families.relations import REPARAMETRIZATIONS
from warmfit_fitting.goodness import Empirical
from warmfit_fitting.likelihood.budget import Budget, Stopped
from warmfit_fitting.likelihood.objective import Objective
from warmfit_fitting.likelihood.view import View, product_limit, view
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary

MASS_TOLERANCE = 1e-3
MASS_POINTS = 300  # about which the mass of a density is taken
PATIENCE = 0.05  # seconds between looks at the caller's clock while another computes the same row
OUT_OF_TIME = "the caller's time ran out before the search ended"
UNMEASURED = "KS, AD, CvM and SSE are not known where rows are censored or truncated"
SLOW_SHARE = 0.1  # of the evaluations that a family may use whose likelihood is slow


@dataclass(frozen=True, eq=False)
class Problem:
    """A summary, a spec, and what is prepared from them once for all families."""

    summary: ColumnSummary
    spec: FitSpec
    _rows: dict[str, FitRow] = field(default_factory=dict)
    _locks: dict[str, Lock] = field(default_factory=lambda: defaultdict(Lock))

    def once(self, name: str, fit: Callable[[], FitRow], should_stop: Callable[[], bool] | None = None) -> FitRow:
        """The row that `fit` computes, computed once for all who ask for `name`; a row cut short is not kept.

        Who waits for another's computation stops waiting when `should_stop` says so.
        """
        lock = self._locks[name]
        while not lock.acquire(timeout=PATIENCE):
            if should_stop is not None and should_stop():
                return FitRow(name, "timed_out", OUT_OF_TIME)
        try:
            row = self._rows.get(name) or fit()
            if row.status != "timed_out":
                self._rows[name] = row
            return row
        finally:
            lock.release()

    def learn(self, rows: Iterable[FitRow]) -> None:
        """Take over rows of the same problem that were computed elsewhere."""
        for row in rows:
            if row.status != "timed_out":
                self._rows.setdefault(row.distribution, row)

    def warm(self) -> None:
        """Prepare now what families share, so that those who copy this problem have it."""
        if is_discrete(name for name in self.spec.families if name in EVERY):
            return
        with np.errstate(all="ignore"):
            _ = self.features, self.empirical
            for points in {SKETCH_POINTS, *POINTS.values()}:
                self.view.coarse(points)

    @cached_property
    def counts(self) -> counts.CountProblem:
        """The same problem as discrete families see it."""
        return counts.CountProblem(self.summary, self.spec)

    @cached_property
    def view(self) -> View:
        """The fine view."""
        return view(self.summary, self.spec.window)

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

    def errors(self, standard: tuple[float, ...]) -> tuple[float, ...]:
        """Standard errors of the view's unit in the data's."""
        if not standard:
            return ()
        *shapes, loc, scale = standard
        return (*shapes, loc * self.view.scale, scale * self.view.scale)

    def parameters(self, family: Family, theta: FloatArray) -> tuple[float, ...]:
        """Parameters of the view's unit in the data's."""
        *shapes, loc, scale = (float(v) for v in theta)
        return self.holding(family, (*shapes, self.view.shift + self.view.scale * loc, self.view.scale * scale))

    def holding(self, family: Family, parameters: tuple[float, ...]) -> tuple[float, ...]:
        """Parameters in the data's unit whose support holds the extremes in spite of rounding."""
        *shapes, loc, scale = parameters
        low, high = (float(end) for end in family.support(*(np.asarray(s) for s in shapes)))
        first, last = self.summary.extent
        reach = max(abs(v) for v in (loc, self.view.shift, scale * low, scale * high) if math.isfinite(v))
        both = math.isfinite(low) and math.isfinite(high)
        for ulps in (0.0, *(2.0**k for k in range(12))):
            out = ulps * math.ulp(reach)  # by which each end moves
            wider = scale + (2 * out / (high - low) if both else 0.0)
            moved = loc - out - low * (wider - scale) if math.isfinite(low) else loc + out
            if wider > 0 and low <= (first - moved) / wider <= (last - moved) / wider <= high:
                return (*shapes, moved, wider)
        return parameters


def prepare(summary: ColumnSummary, spec: FitSpec, discrete: bool | None = None) -> Problem:
    """The problem to fit; raises `InvalidInput` for a column that no family can be fitted to.

    `discrete`: whether the spec's families are; None where none of them is a user's own.
    """
    check_column(summary)
    if is_discrete(spec.families) if discrete is None else discrete:
        counts.check(summary, spec)
    check_support(summary, spec)
    return Problem(summary, spec)


def fit_family(problem: Problem, family: AnyFamily, should_stop: Callable[[], bool] | None = None) -> FitRow:
    """The row of one family; a family that cannot be fitted has a row that says why.

    The same distributions under several names (gamma, erlang, chi2) are fitted once, and their rows translated.
    """
    same = None if problem.spec.fixed else REPARAMETRIZATIONS.get(family.name)
    if same is None or isinstance(family, DiscreteFamily):
        return problem.once(family.name, lambda: _timed(problem, family, should_stop), should_stop)
    row = fit_family(problem, CATALOGUE[same.name], should_stop)
    parameters = problem.holding(family, same.translate(row.parameters)) if row.parameters else ()
    if parameters and not parameters[-1] > 0:
        return FitRow(family.name, "failed", f"its scale is below the smallest float; {same.name} fits")
    errors = _errors(problem, family, parameters) if row.standard_errors else ()
    return replace(row, distribution=family.name, parameters=parameters, standard_errors=errors)


def leans_on(name: str) -> frozenset[str]:
    """The families whose rows are computed on the way to that of `name`: itself in other words, those it contains."""
    same = REPARAMETRIZATIONS.get(name)
    return frozenset({same.name} if same else {inner.name for inner in NESTED.get(name, ())})


def _errors(problem: Problem, family: Family, parameters: tuple[float, ...]) -> tuple[float, ...]:
    """The standard errors of a family at parameters that another name's fit gave it."""
    coordinates = _coordinates(problem, family)
    objective = Objective(family, problem.view, Budget(problem.spec.evaluations), problem.window)
    with np.errstate(all="ignore"):
        free = coordinates.free(problem.standardized(parameters)[None])[0]
        return problem.errors(errors_at(objective, coordinates, free))


def _timed(problem: Problem, family: AnyFamily, should_stop: Callable[[], bool] | None) -> FitRow:
    started = time.perf_counter()
    by_quadrature = problem.summary.incomplete is not None and not family.closed_cdf
    share = SLOW_SHARE if family.cost is Cost.SLOW or by_quadrature else 1.0
    budget = Budget(math.ceil(problem.spec.evaluations * share), should_stop)
    try:
        with np.errstate(all="ignore"):  # densities overflow far from the data; what is not finite is seen to below
            row = (
                counts.fit(problem.counts, family, budget)
                if isinstance(family, DiscreteFamily)
                else _fitted(problem, family, budget)
            )
    except Stopped:
        row = FitRow(family.name, "timed_out", OUT_OF_TIME)
    except (ArithmeticError, ValueError, np.linalg.LinAlgError) as error:
        row = FitRow(family.name, "failed", f"numerical failure: {error}")
    return replace(row, n_evaluations=budget.used, elapsed=time.perf_counter() - started)


def _fitted(problem: Problem, family: Family, budget: Budget) -> FitRow:
    reason = why_not(family, problem.spec, problem.summary)
    if reason:
        return FitRow(family.name, "skipped", reason)
    coordinates = _coordinates(problem, family)
    objective = Objective(family, problem.view, budget, problem.window)
    estimate = _estimate(problem, family, objective, coordinates)
    if estimate is None:
        return FitRow(family.name, "failed", _nowhere(problem))
    estimate = replace(estimate, theta=family.whole(estimate.theta))
    n, k = problem.summary.size, coordinates.n_free
    loglik = estimate.loglik - problem.density_weight * math.log(problem.view.scale)
    row = FitRow(
        family.name, "ok", "", problem.parameters(family, estimate.theta), k, loglik,
        *goodness.information_criteria(loglik, k, n), ending=estimate.ending,
        standard_errors=problem.errors(estimate.errors),
    )  # fmt: skip
    row = _checked(problem, family, estimate, row, budget.ask)
    return measure(problem, family, row, budget.ask) if problem.spec.goodness else row


def _nowhere(problem: Problem) -> str:
    """Why no parameters give every row a density."""
    if problem.spec.support_at_zero and problem.summary.minimum == 0:
        return "0 is among the values, where its density is 0 or infinite; drop the zeros or leave support_at_zero out"
    return "no parameters were found that give every row a density"


def _coordinates(problem: Problem, family: Family) -> Coordinates:
    v = problem.view
    fixed = dict(problem.spec.fixed)
    if "loc" in fixed:
        fixed["loc"] = v.standardized(fixed["loc"])
    if "scale" in fixed:
        fixed["scale"] = fixed["scale"] / v.scale
    edge = v.standardized(0.0) if problem.spec.support_at_zero and "loc" not in fixed else None
    return Coordinates(family, v.minimum, v.maximum, fixed, edge)


def _estimate(problem: Problem, family: Family, objective: Objective, coordinates: Coordinates) -> Estimate | None:
    plain = problem.window == (-math.inf, math.inf) and not problem.spec.fixed and not problem.spec.support_at_zero
    known = family.closed_form(problem.features) if plain and problem.summary.incomplete is None else None
    if known is not None:
        theta = np.array(known)
        held = coordinates.theta(coordinates.free(theta[None]))  # a support that rounding leaves no row outside
        loglik = float(objective(held)[0]) * problem.view.total
        errors = errors_at(objective, coordinates, coordinates.free(theta[None])[0])
        return Estimate(theta, loglik, "closed_form", errors)
    return search(objective, coordinates, problem.features, _contained(problem, family, objective.budget.should_stop))


def _contained(problem: Problem, family: Family, should_stop: Callable[[], bool] | None) -> Contents:
    """The fits of the families that this one contains, in its own parameters and the view's unit."""
    found, logliks = [], [-math.inf]
    for inner in () if problem.spec.fixed else NESTED.get(family.name, ()):
        row = fit_family(problem, CATALOGUE[inner.name], should_stop)
        if row.status == "timed_out":
            raise Stopped
        if row.status == "ok":
            found += inner.placed(tuple(problem.standardized(row.parameters).tolist()))
            if inner.holds(row.parameters):
                logliks.append(row.loglik + problem.density_weight * math.log(problem.view.scale))
    return Contents(np.array(found).reshape(-1, len(family.parameters)), max(logliks))


def _checked(
    problem: Problem, family: Family, estimate: Estimate, row: FitRow, ask: Callable[[], None] | None
) -> FitRow:
    """The row with the status it deserves: its numbers finite, its density one at every value and of mass one."""
    if not all(math.isfinite(v) for v in (*row.parameters, row.loglik)):
        return FitRow(family.name, "failed", "the search ended at parameters that are not finite")
    if not row.parameters[-1] > 0:
        return FitRow(family.name, "failed", "its scale is below the smallest float")
    *shapes, loc, scale = (np.asarray(v) for v in estimate.theta)
    with np.errstate(all="ignore"):
        density = family.logpdf((problem.view.x - loc) / scale, *shapes) - np.log(scale)
    if not np.all(np.isfinite(density)):
        return replace(row, status="degenerate", reason="its density is not finite at one of the values")
    if not family.closed_cdf or not family.trusted:
        mass = problem.distribution(family, estimate.theta, ask).mass(problem.features.view.coarse(MASS_POINTS).x)
        if not abs(mass - 1) < MASS_TOLERANCE:
            return FitRow(family.name, "failed", f"its density integrates to {mass:.4g} there, not to 1")
    return row


def measure(problem: Problem, family: AnyFamily, row: FitRow, ask: Callable[[], None] | None = None) -> FitRow:
    """The row with KS, AD, CvM and SSE, where it has parameters; `ask` is called now and then and may raise."""
    if isinstance(family, DiscreteFamily):
        return counts.measured(problem.counts, family, row)
    if not row.parameters:
        return row
    if problem.summary.incomplete is not None:
        return replace(row, reason=row.reason or UNMEASURED)
    fitted = problem.distribution(family, problem.standardized(row.parameters), ask)
    with np.errstate(all="ignore"):
        g = goodness.measure(problem.empirical, fitted, problem.view.scale)
    return replace(
        row, ks_statistic=g.ks_statistic, ks_error_bound=g.ks_error_bound, ad_statistic=g.ad_statistic,
        cvm_statistic=g.cvm_statistic, sse=g.sse,
    )  # fmt: skip
