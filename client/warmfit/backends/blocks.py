"""Many columns that are fitted in step, as blocks that workers take: what `work` needs to know of them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from warmfit.backends.protocol import FitTask, OnRow
from warmfit_fitting.engine import fit_families, fit_family, prepare
from warmfit_fitting.errors import WarmfitError
from warmfit_fitting.families.discrete.family import DiscreteFamily
from warmfit_fitting.families.every import AnyFamily, with_custom
from warmfit_fitting.problem import Problem
from warmfit_fitting.row import FitRow

log = logging.getLogger("warmfit")

POINTS = 1 << 17  # distinct values of a block's columns, and
COLUMNS = 512  # columns, beyond which batches gain nothing and a look at the clock comes late
EACH = 2  # blocks for each worker, at least, so that none waits long for another

Block = tuple[int, ...]
Rows = tuple[tuple[FitRow, ...], ...]


def blocks_of(tasks: Sequence[FitTask], workers: int) -> list[Block]:
    """The tasks, by their places, in blocks of columns of about the same length, which batches best."""
    order = sorted(range(len(tasks)), key=lambda t: len(tasks[t].summary.observed.atoms))
    most = min(COLUMNS, -(-len(tasks) // (EACH * workers)))
    blocks: list[Block] = []
    block: list[int] = []
    points = 0
    for t in order:
        n = len(tasks[t].summary.observed.atoms)
        if block and (
            len(block) >= most or points + n > POINTS or tasks[t].spec.families != tasks[block[0]].spec.families
        ):
            blocks.append(tuple(block))
            block, points = [], 0
        block.append(t)
        points += n
    return [*blocks, tuple(block)] if block else blocks


@dataclass(frozen=True)
class BlockRun:
    """One call: the blocks, the rows that are finished, and the clock."""

    tasks: Sequence[FitTask]
    jobs: Sequence[Block]
    rows: dict[int, tuple[FitRow, ...]]
    deadline: float
    timeout: float | None
    stop: threading.Event
    on_row: OnRow | None

    @cached_property
    def _families(self) -> dict[tuple[str, ...], tuple[AnyFamily, ...]]:
        return {}

    def row(self, job: Block) -> Rows:
        """The rows of a block's columns, computed here and now."""
        tasks = [self.tasks[t] for t in job]
        names, custom = tasks[0].spec.families, tasks[0].custom
        if names not in self._families:
            self._families[names] = with_custom(custom).resolve(names)
        families = self._families[names]
        discrete = any(isinstance(family, DiscreteFamily) for family in families)
        found: dict[int, tuple[FitRow, ...]] = {}
        problems: dict[int, Problem] = {}
        for t, task in zip(job, tasks, strict=True):
            try:
                problems[t] = prepare(task.summary, task.spec, discrete)
            except WarmfitError as error:
                found[t] = _failed(names, str(error))
        try:
            made = fit_families(list(problems.values()), families, self.should_stop)
            found.update(zip(problems, made, strict=True))
        except Exception:  # a user's density may raise anything; of the others' rows none is to be lost
            found.update({t: self._alone(t, problem, families) for t, problem in problems.items()})
        return tuple(found[t] for t in job)

    def _alone(self, t: int, problem: Problem, families: Sequence[AnyFamily]) -> tuple[FitRow, ...]:
        """The rows of one column, a failure's where a family raises."""
        rows = []
        for family in families:
            try:
                rows.append(fit_family(problem, family, self.should_stop))
            except Exception as error:
                log.exception("fitting %s to column %r failed", family.name, self.tasks[t].column)
                rows.append(FitRow(family.name, "failed", f"{type(error).__name__}: {error}"))
        return tuple(rows)

    def lost(self, job: Block, why: str) -> Rows:
        """Rows of a block whose worker is gone."""
        return tuple(_failed(self.tasks[t].spec.families, why) for t in job)

    def keep(self, job: Block, found: Rows) -> None:
        """Take the rows of a block, and tell who wants to know."""
        for t, rows in zip(job, found, strict=True):
            self.rows[t] = tuple(self._timed_out(row) if row.status == "timed_out" else row for row in rows)
            self._tell(t)

    def give_up(self) -> None:
        """Rows for the columns that nobody finished."""
        for t, task in enumerate(self.tasks):
            if t not in self.rows:
                self.rows[t] = tuple(self._timed_out(FitRow(name, "timed_out")) for name in task.spec.families)
                self._tell(t)

    def should_stop(self) -> bool:
        """Whether the call is over."""
        return self.stop.is_set() or time.monotonic() > self.deadline

    def known(self, _job: Block) -> list[FitRow]:
        """Nothing: columns do not help each other."""
        return []

    def learn(self, _job: Block, _rows: Sequence[FitRow]) -> None:
        """Nothing is to be learnt."""

    def _tell(self, t: int) -> None:
        if self.on_row is None:
            return
        try:
            for row in self.rows[t]:
                self.on_row(self.tasks[t].column, row)
        except Exception:
            log.exception("the callback for a finished family failed; the fit goes on")

    def _timed_out(self, row: FitRow) -> FitRow:
        return replace(row, reason=f"not finished in the {self.timeout or 0.0:.3g} s that the timeout left for fitting")


def _failed(names: Sequence[str], why: str) -> tuple[FitRow, ...]:
    return tuple(FitRow(name, "failed", why) for name in names)
