"""One continuous family fitted to one column: from the search's estimate to a row that has the status it deserves."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from warmfit_fitting import goodness, incomplete_goodness
from warmfit_fitting.admission import needs_masses, why_not
from warmfit_fitting.estimation.coordinates import REACH, Coordinates
from warmfit_fitting.estimation.errors import errors_at
from warmfit_fitting.estimation.methods import rule
from warmfit_fitting.estimation.methods.moments import SampleMoments, Unmatched, matched
from warmfit_fitting.estimation.methods.spacings import maximum_spacing, spacing_errors
from warmfit_fitting.estimation.search import Contents, Estimate, search
from warmfit_fitting.families.family import Family
from warmfit_fitting.likelihood.budget import Budget
from warmfit_fitting.likelihood.objective import Objective
from warmfit_fitting.problem import Problem
from warmfit_fitting.row import FitRow

MASS_TOLERANCE = 1e-3
ROUNDING = (
    4e-15  # by which a held scale is stretched, lest rounding of the unit leaves the extremes outside its support
)
MASS_POINTS = 300  # about which the mass of a density is taken
UNMEASURED = "SSE is not known where rows are censored or truncated"

Contained = Callable[[], Contents]


def fit(problem: Problem, family: Family, budget: Budget, contained: Contained) -> FitRow:
    """The row of one family; `contained` gives the fits of the families that it contains, where they are needed.

    The method "auto" is maximum likelihood, and maximum spacing where that is not regular; see `methods.rule`.
    """
    method = problem.spec.method
    if method != "auto":
        return replace(_fit(problem, family, budget, contained, method), method=method)
    limit = budget.limit
    row = _fit(problem, family, budget, contained, "mle")
    if not rule.irregular(problem, coordinates_of(problem, family), row):
        return row
    budget.anew(limit)
    other = _fit(problem, family, budget, contained, "mse")
    return replace(other, method="mse") if other.status == "ok" else row


def _fit(problem: Problem, family: Family, budget: Budget, contained: Contained, method: str) -> FitRow:
    """The row of one family by one method."""
    reason = why_not(family, problem.spec, problem.summary) or rule.why_not(method, family, problem)
    if reason:
        return FitRow(family.name, "skipped", reason)
    coordinates = coordinates_of(problem, family, method)
    objective = Objective(family, problem.view, budget, problem.window, coordinates.held)
    estimate = _estimate(problem, family, objective, coordinates, contained, method)
    if isinstance(estimate, Unmatched):
        return FitRow(family.name, "skipped" if estimate.impossible else "failed", estimate.reason)
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


def coordinates_of(problem: Problem, family: Family, method: str = "mle") -> Coordinates:
    """The free coordinates in which `method` estimates a family's parameters, what is held fixed left out."""
    v = problem.view
    fixed = dict(problem.spec.fixed)
    if "loc" in fixed:
        fixed["loc"] = v.standardized(fixed["loc"])
    if "scale" in fixed:
        between = math.isfinite(family.low) and math.isfinite(family.high)
        fixed["scale"] = fixed["scale"] / v.scale * (1 + (ROUNDING if between else 0.0))
    edge = v.standardized(0.0) if problem.spec.support_at_zero and "loc" not in fixed else None
    by_masses = needs_masses(problem.spec, problem.summary) or method == "mse"
    return Coordinates(family, v.minimum, v.maximum, fixed, edge, REACH if by_masses else math.inf)


def keeps_held(problem: Problem, family: Family, placed: Sequence[Sequence[float]]) -> bool:
    """Whether parameters in the view's unit, those of laws of another family, have the values that are held fixed."""
    fixed = coordinates_of(problem, family).fixed
    return all(
        math.isclose(value, fixed.get(name, value), rel_tol=1e-9, abs_tol=1e-12)
        for theta in placed
        for name, value in zip(family.parameters, theta, strict=True)
    )


def _estimate(
    problem: Problem,
    family: Family,
    objective: Objective,
    coordinates: Coordinates,
    contained: Contained,
    method: str,
) -> Estimate | Unmatched | None:
    if method == "mse":
        start = problem.start_of(family)
        places = contained().theta if start is None else np.concatenate([start[None], contained().theta])
        return maximum_spacing(objective, coordinates, problem.features, places)
    if method == "mme":
        return matched(objective, coordinates, SampleMoments.of(problem.summary, problem.view))
    plain = problem.window == (-math.inf, math.inf) and not problem.spec.fixed and not problem.spec.support_at_zero
    known = family.closed_form(problem.features) if plain and problem.summary.incomplete is None else None
    if known is not None:
        theta = np.array(known)
        held = coordinates.theta(coordinates.free(theta[None]))  # a support that rounding leaves no row outside
        loglik = float(objective(held)[0]) * problem.view.total
        errors = errors_at(objective, coordinates, coordinates.free(theta[None])[0])
        return Estimate(theta, loglik, "closed_form", errors)
    return search(objective, coordinates, problem.features, contained(), problem.start_of(family))


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


def errors_of(
    problem: Problem, family: Family, parameters: tuple[float, ...], method: str = "mle"
) -> tuple[float, ...]:
    """The standard errors of a family at parameters that another name's fit gave it by that method."""
    coordinates = coordinates_of(problem, family, method)
    objective = Objective(family, problem.view, Budget(problem.spec.evaluations), problem.window, coordinates.held)
    theta = problem.standardized(parameters)
    with np.errstate(all="ignore"):
        if method == "mse":
            return problem.errors(spacing_errors(objective, coordinates, theta))
        return problem.errors(errors_at(objective, coordinates, coordinates.free(theta[None])[0]))


def measure(problem: Problem, family: Family, row: FitRow, ask: Callable[[], None] | None = None) -> FitRow:
    """The row with KS, AD, CvM and SSE, where it has parameters; `ask` is called now and then and may raise."""
    if not row.parameters:
        return row
    fitted = problem.distribution(family, problem.standardized(row.parameters), ask)
    estimate = problem.nonparametric
    with np.errstate(all="ignore"):
        if estimate is None:
            g = goodness.measure(problem.empirical, fitted, problem.view.scale)
        elif estimate.reason:
            return replace(row, reason=row.reason or f"KS, AD, CvM and SSE are not known: {estimate.reason}")
        else:
            g = incomplete_goodness.measure(estimate, replace(fitted, window=estimate.window))
            row = replace(row, reason=row.reason or UNMEASURED)
    return replace(
        row, ks_statistic=g.ks_statistic, ks_error_bound=g.ks_error_bound, ad_statistic=g.ad_statistic,
        cvm_statistic=g.cvm_statistic, sse=g.sse,
    )  # fmt: skip
