"""From a summary and a spec to one row per family: a pure function, whatever else goes on."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from warmfit_fitting import continuous
from warmfit_fitting.admission import check_column, check_support
from warmfit_fitting.discrete import engine as counts
from warmfit_fitting.estimation.search import Contents
from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.families.discrete.family import DiscreteFamily
from warmfit_fitting.families.every import AnyFamily, is_discrete
from warmfit_fitting.families.family import Family
from warmfit_fitting.families.nested import NESTED
from warmfit_fitting.families.relations import REPARAMETRIZATIONS
from warmfit_fitting.likelihood.budget import Budget, Stopped, limit
from warmfit_fitting.problem import OUT_OF_TIME, Problem
from warmfit_fitting.resampling.pvalues import with_pvalues
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary

Stage = Callable[[Problem, AnyFamily, Callable[[], bool] | None], FitRow]


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

    The same distributions under several names (gamma, erlang, chi2) are fitted once, and their rows translated. p-values
    are computed for families that are asked for, and not for those that are fitted on the way.
    """
    return _row(
        problem, family, should_stop, _judged if problem.spec.n_bootstrap and problem.spec.goodness else _fitted
    )


def _row(problem: Problem, family: AnyFamily, should_stop: Callable[[], bool] | None, stage: Stage) -> FitRow:
    """The row of one family as far as `stage` brings it."""
    same = None if problem.spec.fixed else REPARAMETRIZATIONS.get(family.name)
    if same is None or isinstance(family, DiscreteFamily):
        return stage(problem, family, should_stop)
    row = stage(problem, CATALOGUE[same.name], should_stop)
    parameters = problem.holding(family, same.translate(row.parameters)) if row.parameters else ()
    if parameters and not parameters[-1] > 0:
        return FitRow(family.name, "failed", f"its scale is below the smallest float; {same.name} fits")
    errors = continuous.errors_of(problem, family, parameters) if row.standard_errors else ()
    return replace(row, distribution=family.name, parameters=parameters, standard_errors=errors)


def leans_on(name: str) -> frozenset[str]:
    """The families whose rows are computed on the way to that of `name`: itself in other words, those it contains."""
    same = REPARAMETRIZATIONS.get(name)
    return frozenset({same.name} if same else {inner.name for inner in NESTED.get(name, ())})


def _fitted(problem: Problem, family: AnyFamily, should_stop: Callable[[], bool] | None) -> FitRow:
    """The row with estimates and, where they are asked for, metrics."""
    return problem.once(family.name, lambda: _timed(problem, family, should_stop), should_stop)


def _judged(problem: Problem, family: AnyFamily, should_stop: Callable[[], bool] | None) -> FitRow:
    """The same with p-values; where the caller's time runs out on the way to them, a row that says so."""

    def judged() -> FitRow:
        row, started = _fitted(problem, family, should_stop), time.perf_counter()
        try:
            row = with_pvalues(problem, family, row, Budget(0, should_stop).ask)
        except Stopped:
            return FitRow(family.name, "timed_out", OUT_OF_TIME, n_evaluations=row.n_evaluations, elapsed=row.elapsed)
        return replace(row, elapsed=row.elapsed + time.perf_counter() - started)

    return problem.once(f"{family.name} with p-values", judged, should_stop)


def _timed(problem: Problem, family: AnyFamily, should_stop: Callable[[], bool] | None) -> FitRow:
    started = time.perf_counter()
    budget = Budget(limit(problem.spec.evaluations, family, problem.summary.incomplete is not None), should_stop)
    try:
        with np.errstate(all="ignore"):  # densities overflow far from the data; what is not finite is seen to below
            row = (
                counts.fit(problem.counts, family, budget)
                if isinstance(family, DiscreteFamily)
                else continuous.fit(problem, family, budget, lambda: _contained(problem, family, should_stop))
            )
    except Stopped:
        row = FitRow(family.name, "timed_out", OUT_OF_TIME)
    except (ArithmeticError, ValueError, np.linalg.LinAlgError) as error:
        row = FitRow(family.name, "failed", f"numerical failure: {error}")
    return replace(row, n_evaluations=budget.used, elapsed=time.perf_counter() - started)


def _contained(problem: Problem, family: Family, should_stop: Callable[[], bool] | None) -> Contents:
    """The fits of the families that this one contains, in its own parameters and the view's unit."""
    found, logliks = [], [-math.inf]
    for inner in () if problem.spec.fixed else NESTED.get(family.name, ()):
        row = _row(problem, CATALOGUE[inner.name], should_stop, _fitted)
        if row.status == "timed_out":
            raise Stopped
        if row.status == "ok":
            found += inner.placed(tuple(problem.standardized(row.parameters).tolist()))
            if inner.holds(row.parameters):
                logliks.append(row.loglik + problem.density_weight * math.log(problem.view.scale))
    return Contents(np.array(found).reshape(-1, len(family.parameters)), max(logliks))


def measure(problem: Problem, family: AnyFamily, row: FitRow, ask: Callable[[], None] | None = None) -> FitRow:
    """The row with KS, AD, CvM and SSE, where it has parameters, and with p-values, where the spec asks for them.

    `ask` is called now and then and may raise.
    """
    if isinstance(family, DiscreteFamily):
        measured = counts.measured(problem.counts, family, row)
    else:
        measured = continuous.measure(problem, family, row, ask)
    return with_pvalues(problem, family, measured, ask) if problem.spec.n_bootstrap else measured
