"""From a summary and a spec to one row per family: a pure function, whatever else goes on."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

import numpy as np

from warmfit_fitting import continuous
from warmfit_fitting.admission import check_column, check_support, needs_masses
from warmfit_fitting.batched import engine as batched
from warmfit_fitting.discrete import engine as counts
from warmfit_fitting.estimation.search import Contents
from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.families.discrete.family import DiscreteFamily
from warmfit_fitting.families.every import AnyFamily, is_discrete
from warmfit_fitting.families.family import Family
from warmfit_fitting.families.nested import NESTED
from warmfit_fitting.families.relations import REPARAMETRIZATIONS, same_model
from warmfit_fitting.likelihood.budget import Budget, Stopped, limit
from warmfit_fitting.problem import OUT_OF_TIME, Problem
from warmfit_fitting.resampling import pvalues
from warmfit_fitting.resampling.pvalues import with_pvalues
from warmfit_fitting.row import CUT_SHORT, FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary

MANY_SHAPES = 2  # free ones, with which likelihoods have several tops: what is held is first left free, for a start
Stage = Callable[[Problem, AnyFamily, Callable[[], bool] | None], FitRow]


def prepare(summary: ColumnSummary, spec: FitSpec, discrete: bool | None = None) -> Problem:
    """The problem to fit; raises `InvalidInput` for a column that no family can be fitted to.

    `discrete`: whether the spec's families are; None where none of them is a user's own.
    """
    check_column(summary)
    of_counts = is_discrete(spec.families) if discrete is None else discrete
    if of_counts:
        counts.check(summary, spec)
    check_support(summary, spec, of_counts)
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
    held = [name for name, _ in problem.spec.fixed]
    same = None if same_model(family.name, held) == family.name else REPARAMETRIZATIONS.get(family.name)
    if same is None or isinstance(family, DiscreteFamily):
        return stage(problem, family, should_stop)
    row = stage(problem, CATALOGUE[same.name], should_stop)
    parameters = problem.holding(family, same.translate(row.parameters)) if row.parameters else ()
    if parameters and not parameters[-1] > 0:
        return FitRow(family.name, "failed", f"its scale is below the smallest float; {same.name} fits")
    errors = continuous.errors_of(problem, family, parameters, row.method) if row.standard_errors else ()
    return replace(row, distribution=family.name, parameters=parameters, standard_errors=errors)


def leans_on(name: str) -> frozenset[str]:
    """The families whose rows are computed on the way to that of `name`: itself in other words, those it contains."""
    same = REPARAMETRIZATIONS.get(name)
    return frozenset({same.name} if same else {inner.name for inner in NESTED.get(name, ())})


def _fitted(problem: Problem, family: AnyFamily, should_stop: Callable[[], bool] | None) -> FitRow:
    """The row with estimates and, where they are asked for, metrics."""

    def fitted() -> FitRow:
        if problem.spec.batched:
            try:
                (made,) = batched.rows_of([problem], [family], Budget(0, should_stop).ask)
            except Stopped:
                return FitRow(family.name, "timed_out", OUT_OF_TIME, method=_first(problem.spec))
            if family.name in made:
                return made[family.name]
        return _timed(problem, family, should_stop)

    return problem.once(family.name, fitted, should_stop)


def fit_families(
    problems: Sequence[Problem], families: Sequence[AnyFamily], should_stop: Callable[[], bool] | None = None
) -> list[tuple[FitRow, ...]]:
    """The rows of families on many problems, the same as `fit_family` gives: in step where their specs are `batched`.

    `families`: those of every spec, in its order.
    """
    with suppress(Stopped):
        for problem, rows in zip(
            problems, batched.rows_of(problems, families, Budget(0, should_stop).ask), strict=True
        ):
            problem.learn(rows.values())
    return [tuple(fit_family(problem, family, should_stop) for family in families) for problem in problems]


def _judged(problem: Problem, family: AnyFamily, should_stop: Callable[[], bool] | None) -> FitRow:
    """The same with p-values; where the caller's time runs out on the way to them, the row says so."""

    def judged() -> FitRow:
        row, started = _fitted(problem, family, should_stop), time.perf_counter()
        try:
            row = with_pvalues(problem, family, row, Budget(0, should_stop).ask)
        except Stopped:
            row = row.also(CUT_SHORT)
        return replace(row, elapsed=row.elapsed + time.perf_counter() - started)

    return problem.once(family.name, judged, should_stop, stage=" with p-values")


def _timed(problem: Problem, family: AnyFamily, should_stop: Callable[[], bool] | None) -> FitRow:
    started = time.perf_counter()
    masses = needs_masses(problem.spec, problem.summary) or problem.spec.method == "mse"
    by_sums = isinstance(family, DiscreteFamily)  # which cost little beside a quadrature
    budget = Budget(limit(problem.spec.evaluations, family, masses and not by_sums), should_stop)
    try:
        with np.errstate(all="ignore"):  # densities overflow far from the data; what is not finite is seen to below
            row = (
                counts.fit(problem.counts, family, budget)
                if isinstance(family, DiscreteFamily)
                else continuous.fit(problem, family, budget, lambda: _contained(problem, family, should_stop))
            )
    except Stopped:
        row = FitRow(family.name, "timed_out", OUT_OF_TIME, method=_first(problem.spec))
    except (ArithmeticError, ValueError, np.linalg.LinAlgError) as error:
        row = FitRow(family.name, "failed", f"numerical failure: {error}", method=_first(problem.spec))
    return replace(row, n_evaluations=budget.used, elapsed=time.perf_counter() - started)


def _first(spec: FitSpec) -> str:
    """The method that is tried first."""
    return "mle" if spec.method == "auto" else spec.method


def _contained(problem: Problem, family: Family, should_stop: Callable[[], bool] | None) -> Contents:
    """The fits of the families that this one contains, in its own parameters and the view's unit."""
    found, logliks, loose = [], [-math.inf], []
    if problem.spec.fixed and len({s.name for s in family.shapes} - set(dict(problem.spec.fixed))) >= MANY_SHAPES:
        row = _row(problem.loose, family, should_stop, _fitted)
        if row.status == "timed_out":
            raise Stopped
        loose = [problem.standardized(row.parameters)] if row.parameters else []
    for inner in NESTED.get(family.name, ()):
        row = _row(problem, CATALOGUE[inner.name], should_stop, _fitted)
        if row.status == "timed_out":
            raise Stopped
        if row.status == "ok":
            placed = inner.placed(tuple(problem.standardized(row.parameters).tolist()))
            found += placed
            if inner.holds(row.parameters) and continuous.keeps_held(problem, family, placed):
                logliks.append(row.loglik + problem.density_weight * math.log(problem.view.scale))
    size = len(family.parameters)
    free = np.array(loose).reshape(-1, size) if problem.spec.fixed else None
    return Contents(np.array(found).reshape(-1, size), max(logliks), free)


def measure(problem: Problem, family: AnyFamily, row: FitRow, ask: Callable[[], None] | None = None) -> FitRow:
    """The row with KS, AD, CvM and SSE, where it has parameters, and with p-values, where the spec asks for them.

    `ask` is called now and then and may raise.
    """
    if isinstance(family, DiscreteFamily):
        measured = counts.measured(problem.counts, family, row)
    else:
        measured = continuous.measure(problem, family, row, ask)
    return with_pvalues(problem, family, measured, ask) if problem.spec.n_bootstrap else measured


def goodness_of_fit(
    problem: Problem,
    family: AnyFamily,
    row: FitRow,
    statistic: str,
    n_bootstrap: int,
    seed: int,
    ask: Callable[[], None] | None = None,
) -> pvalues.GoodnessOfFit:
    """The test of one statistic ("ks", "ad", "cvm") of one row, measured first where it was not; see `pvalues`."""
    if row.status == "ok" and math.isnan(row.ks_statistic):
        plain = Problem(problem.summary, replace(problem.spec, n_bootstrap=0))
        row = measure(plain, family, row, ask)
    return pvalues.goodness_of_fit(problem, family, row, statistic, n_bootstrap, seed, ask)
