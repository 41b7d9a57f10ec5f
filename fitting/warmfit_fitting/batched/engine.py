"""Rows of many columns at once, for specs that are `batched`; a row does not depend on the columns beside its own.

Where the maximum of a family that is smooth in its parameters, with one shape at most, is reached from a few starts as a
regular end of Newton's method, its row is made here. All else has none, and is left to the search of single columns: other
families, columns that are binned, incomplete or long, other methods than maximum likelihood, and climbs that end elsewhere.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

import numpy as np

from warmfit_fitting import continuous, goodness
from warmfit_fitting.admission import why_not
from warmfit_fitting.arrays import BoolArray, FloatArray
from warmfit_fitting.batched.columns import LENGTHS, Columns, alike
from warmfit_fitting.batched.distances import distances
from warmfit_fitting.batched.errors import standard_errors
from warmfit_fitting.batched.search import Found, found_at, search
from warmfit_fitting.estimation.coordinates import Coordinates
from warmfit_fitting.estimation.refound import SEVERAL_TOPS
from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.families.every import AnyFamily
from warmfit_fitting.families.family import Cost, Family
from warmfit_fitting.families.nested import NESTED
from warmfit_fitting.families.relations import REPARAMETRIZATIONS
from warmfit_fitting.problem import Problem
from warmfit_fitting.resampling.batch import batches
from warmfit_fitting.row import Ending, FitRow

LEAST_EVALUATIONS = 2000  # that a spec must allow
FEWEST = 8  # distinct values, of fewer of which columns are left to the search
Ask = Callable[[], None] | None


def serves(family: AnyFamily) -> bool:
    """Whether a family's rows can be made side by side."""
    if not isinstance(family, Family) or not family.trusted or family.refusal or not batches(family):
        return False
    if family.name in SEVERAL_TOPS or family.name in REPARAMETRIZATIONS or family.cost is Cost.SLOW:
        return False
    placed = not family.shapes or (len(family.shapes) == 1 and family.knows_bulk)
    return placed and family.closed_cdf and all(serves(CATALOGUE[i.name]) for i in NESTED.get(family.name, ()))


def stands(problem: Problem) -> bool:
    """Whether a problem's column can stand beside others."""
    spec, summary = problem.spec, problem.summary
    plain = spec.method == "mle" and spec.window == (-math.inf, math.inf) and not spec.fixed
    cold = not spec.support_at_zero and not spec.warm_start and spec.evaluations >= LEAST_EVALUATIONS
    exact = summary.is_exact and summary.incomplete is None and not summary.analytic
    return spec.batched and plain and cold and exact and FEWEST <= len(summary.observed.atoms) <= LENGTHS[-1]


def rows_of(problems: Sequence[Problem], families: Sequence[AnyFamily], ask: Ask = None) -> list[dict[str, FitRow]]:
    """By family the rows that are made side by side, of each problem; `ask` is called now and then and may raise."""
    made: list[dict[str, FitRow]] = [{} for _ in problems]
    places = [place for place, problem in enumerate(problems) if stands(problem)]
    served = [family for family in families if isinstance(family, Family) and serves(family)]
    if not places or not served:
        return made
    with np.errstate(all="ignore"):
        for which in alike([problems[place] for place in places]):
            part = [problems[places[i]] for i in which.tolist()]
            step = _Step(Columns.of(part), ask)
            for family in served:
                for i, row in zip(which.tolist(), step.rows(family), strict=True):
                    if row is not None:
                        made[places[i]][family.name] = row
    return made


class _Step:
    """The families of columns side by side, each searched once."""

    def __init__(self, columns: Columns, ask: Ask) -> None:
        self._columns, self._ask = columns, ask
        self._found: dict[str, tuple[Coordinates, Found]] = {}

    def rows(self, family: Family) -> list[FitRow | None]:
        """The rows of a family, None where the search of single columns is to make it."""
        started = time.perf_counter()
        coordinates, found = self._at(family)
        columns = self._columns
        answers: list[FitRow | None] = [None] * len(columns)
        errors = standard_errors(family, columns, coordinates, found)
        known = found.known & _finite_at_ends(family, columns, found.theta)
        measured = distances(family, columns, found.theta) if columns.problems[0].spec.goodness else None
        elapsed = (time.perf_counter() - started) / len(columns)
        for k in np.flatnonzero(known).tolist():
            problem = columns.problems[k]
            if why_not(family, problem.spec, problem.summary):
                continue
            theta, loglik = found.theta[k], float(found.loglik[k])
            loglik -= problem.density_weight * math.log(problem.view.scale)
            parameters = problem.parameters(family, theta)
            if not (math.isfinite(loglik) and all(map(math.isfinite, parameters)) and parameters[-1] > 0):
                continue
            row = FitRow(
                family.name, "ok", "", parameters, coordinates.n_free, loglik,
                *goodness.information_criteria(loglik, coordinates.n_free, problem.summary.size),
                standard_errors=problem.errors(errors[k]), ending=self._ending(family, errors[k]),
                n_evaluations=int(found.evaluations[k]), elapsed=elapsed,
            )  # fmt: skip
            answers[k] = row if measured is None else measured.of(k, row)
        return answers

    def _at(self, family: Family) -> tuple[Coordinates, Found]:
        if family.name not in self._found:
            self._found[family.name] = self._searched(family)
        return self._found[family.name]

    def _searched(self, family: Family) -> tuple[Coordinates, Found]:
        columns = self._columns
        first = continuous.coordinates_of(columns.problems[0], family)
        coordinates = Coordinates(family, columns.data.minimum, columns.data.maximum, reach=first.reach)
        closed = _closed(family, columns)
        if closed is not None:
            return coordinates, found_at(family, columns, coordinates, closed, self._ask)
        inner = []
        for contained in NESTED.get(family.name, ()):
            found = self._at(CATALOGUE[contained.name])[1]
            placed = [
                contained.placed(tuple(theta)) if ok else []
                for theta, ok in zip(found.theta.tolist(), found.known, strict=True)
            ]
            missing = (math.nan,) * len(family.parameters)
            theta = np.array([place[0] if place else missing for place in placed], dtype=np.float64)
            held = np.array([contained.holds(tuple(t)) for t in found.theta.tolist()])
            inner.append((theta, np.where(held & found.known, found.loglik, -np.inf)))
        return coordinates, search(family, columns, coordinates, inner, self._ask)

    @staticmethod
    def _ending(family: Family, errors: tuple[float, ...]) -> Ending:
        if _has_closed_form(family):
            return "closed_form"
        return "converged" if errors and np.isfinite(errors).all() else "boundary"


def _has_closed_form(family: Family) -> bool:
    return type(family).closed_form is not Family.closed_form


def _closed(family: Family, columns: Columns) -> FloatArray | None:
    """The maxima (K, P) of a family whose are known in closed form, NaN where one is not; None for other families."""
    if not _has_closed_form(family):
        return None
    known = [family.closed_form(problem.features) for problem in columns.problems]
    missing = (math.nan,) * len(family.parameters)
    return np.array([missing if theta is None else theta for theta in known], dtype=np.float64)


def _finite_at_ends(family: Family, columns: Columns, theta: FloatArray) -> BoolArray:
    """Whether densities are finite at the extremes (K,): a smooth one is infinite nowhere else."""
    x = columns.data.x[:, [0, -1]]
    z = (x - theta[:, -2:-1]) / theta[:, -1:]
    shapes = tuple(theta[:, i : i + 1] for i in range(theta.shape[1] - 2))
    return np.asarray(np.isfinite(family.logpdf(z, *shapes) - np.log(theta[:, -1:])).all(axis=1))
