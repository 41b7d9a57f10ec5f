"""One discrete family on one column: what `engine.fit_family` hands over for families of counts."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from warmfit_fitting import goodness
from warmfit_fitting.admission import check_support
from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.discrete.features import CountFeatures, completed, count_view
from warmfit_fitting.discrete.goodness import ChiSquare, CountCells, chi_square, measure
from warmfit_fitting.discrete.law import UNBOUNDED, CountLaw
from warmfit_fitting.discrete.masses import CountMasses, count_masses
from warmfit_fitting.discrete.moments import matched, refuse_spacings, unavailable
from warmfit_fitting.discrete.objective import CountObjective
from warmfit_fitting.discrete.search import search
from warmfit_fitting.discrete.space import Space
from warmfit_fitting.discrete.window import common_window, whole_window
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.families.discrete.family import DiscreteFamily
from warmfit_fitting.likelihood.budget import Budget
from warmfit_fitting.likelihood.view import View
from warmfit_fitting.prefilter import ruled_out
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary

EXACT = 2.0**53  # beyond it a float64 does not hold every whole number

UNMEASURED = "KS, AD, CvM and SSE of counts are not known where rows are censored or their windows differ"


@dataclass(frozen=True, eq=False)
class CountProblem:
    """A column of whole numbers and what is prepared from it once for all discrete families."""

    summary: ColumnSummary
    spec: FitSpec

    @cached_property
    def loc(self) -> float:
        """Where counting begins: 0 unless it is held elsewhere."""
        return dict(self.spec.fixed).get("loc", 0.0)

    @cached_property
    def shapes(self) -> dict[str, float]:
        """The shapes that are held fixed."""
        return {name: value for name, value in self.spec.fixed if name != "loc"}

    @cached_property
    def view(self) -> View:
        """The fine view of the known values less `loc`."""
        return count_view(self.summary, self.loc)

    @cached_property
    def window(self) -> tuple[float, float]:
        """The first and the last integer, in the data's unit, that the spec's bounds let in."""
        return whole_window(self.spec.window)

    @cached_property
    def masses(self) -> CountMasses | None:
        """The terms of censored rows and of windows, less `loc`; None where there are none."""
        return count_masses(self.summary, self.loc, self.window)

    @cached_property
    def features(self) -> CountFeatures:
        """Statistics of the fine view, or of what it would be about if every value were known."""
        return CountFeatures(self.view if self.summary.incomplete is None else completed(self.summary, self.loc))

    @cached_property
    def cells(self) -> CountCells:
        """The rows as cells of integers."""
        return CountCells(self.view)

    @cached_property
    def measurable(self) -> tuple[float, float] | None:
        """The window, less `loc`, of the law that all rows come from; None where rows are censored or windows differ."""
        window = common_window(self.summary, self.window)
        return None if window is None else (window[0] - self.loc, window[1] - self.loc)


def check(summary: ColumnSummary, spec: FitSpec) -> None:
    """Raise `InvalidInput` for a column or a question that no discrete family can be fitted to."""
    if spec.method == "mse":
        refuse_spacings()
    if not summary.integral:
        raise InvalidInput(
            f"{_fraction(summary)} is not a whole number; discrete families take integers, "
            "so fit continuous ones, or round the values first if they are counts"
        )
    size = max(abs(summary.minimum), abs(summary.maximum))
    if size > EXACT:
        raise InvalidInput(f"values reach {size:g}; beyond 2**53 whole numbers are not exact, so give smaller units")
    if spec.support_at_zero:
        raise InvalidInput(
            "support_at_zero is for continuous families; a discrete one begins where loc says, 0 by default"
        )


def _fraction(summary: ColumnSummary) -> str:
    """A value of the column that is no whole number, as exactly as the summary knows one."""
    o = summary.observed
    bounds = np.zeros(0) if summary.incomplete is None else summary.places().values
    for value in (summary.minimum, summary.maximum, *o.atoms, *(bounds if summary.is_exact else ())):
        if value != round(value):
            return repr(float(value))
    alone = o.mean[(o.count == 1) & (o.mean != np.rint(o.mean))]
    return repr(float(alone[0])) if len(alone) else f"one of the values from {summary.minimum!r} to {summary.maximum!r}"


def fit(problem: CountProblem, family: DiscreteFamily, budget: Budget) -> FitRow:
    """The row of one family; its likelihood being regular, the method "auto" is "mle"."""
    row = _fit(problem, family, budget)
    return replace(row, method="mme") if problem.spec.method == "mme" else row


def _without_moments(problem: CountProblem, family: DiscreteFamily) -> str:
    """Why the method of moments does not apply, or nothing."""
    if problem.masses is not None:
        if problem.summary.incomplete is not None:
            return "moments are those of known values; rows are censored or truncated"
        return "the method of moments is for whole distributions; moments between bounds are not available"
    return unavailable(family.name, problem.shapes)


def _fit(problem: CountProblem, family: DiscreteFamily, budget: Budget) -> FitRow:
    by_moments = problem.spec.method == "mme"
    reason = why_not(problem, family) or (_without_moments(problem, family) if by_moments else "")
    if reason:
        return FitRow(family.name, "skipped", reason)
    space = Space(family, problem.shapes)
    objective = CountObjective(family, problem.view, budget, problem.masses)
    start = dict(problem.spec.warm_start).get(family.name)
    warm = None if start is None else np.array(start[:-1])
    found = matched(objective, problem.shapes) if by_moments else search(objective, space, problem.features, warm)
    if isinstance(found, str):
        return FitRow(family.name, "failed", found)
    if found is None:
        return FitRow(family.name, "failed", "no parameters were found that give every row a probability")
    n, k = problem.summary.size, space.n_free
    row = FitRow(
        family.name, "ok", "", (*(float(v) for v in found.theta), problem.loc), k, found.loglik,
        *goodness.information_criteria(found.loglik, k, n), ending=found.ending,
        standard_errors=(*found.errors, 0.0) if found.errors else (),
    )  # fmt: skip
    if not all(map(math.isfinite, (*row.parameters, row.loglik))):
        return FitRow(family.name, "failed", "the search ended at parameters that are not finite")
    return measured(problem, family, row) if problem.spec.goodness else row


def measured(problem: CountProblem, family: DiscreteFamily, row: FitRow) -> FitRow:
    """The row with KS, AD, CvM and SSE, where it has parameters."""
    if not row.parameters:
        return row
    if problem.measurable is None:
        return row.also(UNMEASURED)
    g = measure(problem.cells, law_of(family, row, problem.measurable))
    return replace(
        row, ks_statistic=g.ks_statistic, ks_error_bound=g.ks_error_bound, ad_statistic=g.ad_statistic,
        cvm_statistic=g.cvm_statistic, sse=g.sse,
    )  # fmt: skip


def pearson(
    summary: ColumnSummary,
    family: DiscreteFamily,
    parameters: tuple[float, ...],
    k: int,
    window: tuple[float, float] = UNBOUNDED,
) -> ChiSquare:
    """Pearson's χ² of a fit (shapes, loc) that estimated `k` parameters, truncated to `window`.

    Raises `InvalidInput` for fractions, for values outside the window, and for rows that are censored or have windows
    that differ.
    """
    lower, upper = window
    spec = FitSpec((family.name,), lower_bound=lower, upper_bound=upper, fixed=(("loc", parameters[-1]),))
    check(summary, spec)
    check_support(summary, spec, discrete=True)
    problem = CountProblem(summary, spec)
    if problem.measurable is None:
        raise InvalidInput(
            "Pearson's χ² needs values that are known, all seen in one window; it has no cells for others"
        )
    return chi_square(problem.cells, CountLaw(family, parameters[:-1], problem.measurable), k)


def law_of(family: DiscreteFamily, row: FitRow, window: tuple[float, float] = UNBOUNDED) -> CountLaw:
    """The fitted law, with `loc` at zero, truncated to `window`."""
    return CountLaw(family, row.parameters[:-1], window)


def why_not(problem: CountProblem, family: DiscreteFamily) -> str:
    """The reason that keeps a family from being fitted, or nothing."""
    if family.refusal:
        return family.refusal
    loc, summary = problem.loc, problem.summary
    if loc != round(loc):
        return f"loc={loc:g} is not a whole number, so that no value of the column could be reached"
    shifted = f" with loc={loc:g}" if loc else ""
    if problem.view.minimum < family.low:
        return f"its support{shifted} begins at {family.low + loc:g}, above the smallest value, {summary.minimum:g}"
    if problem.view.maximum > family.high:
        return f"its support{shifted} ends at {family.high + loc:g}, below the largest value, {summary.maximum:g}"
    return _against_fixed(problem.shapes, family) or ruled_out(family.name, problem.spec, problem.summary)


def _against_fixed(fixed: dict[str, float], family: DiscreteFamily) -> str:
    shapes: dict[str, FloatArray] = {s.name: np.array([s.low, s.high]) for s in family.shapes}
    for name, value in fixed.items():
        if name not in shapes:
            return f"it has no parameter {name!r} to hold fixed; it has {', '.join(family.parameters)}"
        low, high = shapes[name]
        if not low < value < high:
            return f"{name}={value:g} lies outside ({low:g}, {high:g})"
        if name in family.integer_shapes and value != round(value):
            return f"{name}={value:g} is not a whole number"
    return ""
