"""`Many`: a worker's job of many columns, fitted in step."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from warmfit_fitting.engine import fit_families, fit_family, prepare
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.families.catalogue import Catalogue
from warmfit_fitting.families.every import EVERY, AnyFamily, is_discrete
from warmfit_fitting.problem import Problem
from warmfit_fitting.row import FitRow
from warmfit_fitting.summary import ColumnSummary
from warmfit_server.jobs import ManyJob

log = logging.getLogger("warmfit.server")


@dataclass(frozen=True)
class Many:
    """A job, the families that are known, and what says that the work is to end."""

    job: ManyJob
    catalogue: Catalogue[AnyFamily]
    should_stop: Callable[[], bool]

    def rows(self) -> list[tuple[FitRow, ...]]:
        """The rows of each column, in the order of the spec's families."""
        names = self.job.spec.families
        families, discrete = self.catalogue.resolve(names), is_discrete(names, self.catalogue)
        problems = [self._problem(encoded, discrete) for encoded in self.job.summaries]
        sound = [problem for problem in problems if isinstance(problem, Problem)]
        try:
            found = iter(fit_families(sound, families, self.should_stop))
        except Exception:  # a family's own code may raise anything; of the others no row is to be lost
            log.exception("fitting many columns failed", extra={"request_id": self.job.request_id})
            found = iter([tuple(self._row(problem, family) for family in families) for problem in sound])
        return [
            next(found) if isinstance(problem, Problem) else tuple(FitRow(n, "failed", str(problem)) for n in names)
            for problem in problems
        ]

    def _problem(self, encoded: bytes, discrete: bool) -> Problem | InvalidInput:
        try:
            return prepare(ColumnSummary.from_bytes(encoded), self.job.spec, discrete)
        except InvalidInput as error:
            return error

    def _row(self, problem: Problem, family: AnyFamily) -> FitRow:
        try:
            return fit_family(problem, family, self.should_stop)
        except Exception as error:
            told = "the engine failed on this family; the service's log says more"
            return FitRow(family.name, "failed", told if family.name in EVERY else f"{type(error).__name__}: {error}")
