"""`LocalBackend`: fits on this machine, in processes forked from this one, or in threads where that is not safe.

Families of all columns are one queue, the cheap ones first, so that a time limit costs few rows, and those that others
contain before the others. Rows do not depend on who computes them. A worker that hangs in a user's density keeps
neither the call nor the interpreter from ending. Why processes: docs/adr/0007.
"""

from __future__ import annotations

import logging
import math
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from warmfit.backends import forks, threads
from warmfit.backends.blocks import BlockRun, blocks_of
from warmfit.backends.protocol import FitTask, OnRow
from warmfit_fitting.engine import fit_family, leans_on, prepare
from warmfit_fitting.errors import InvalidInput, UnsupportedType, WarmfitError
from warmfit_fitting.families.discrete.family import DiscreteFamily
from warmfit_fitting.families.every import AnyFamily, with_custom
from warmfit_fitting.families.family import Cost
from warmfit_fitting.families.nested import depth
from warmfit_fitting.problem import Problem
from warmfit_fitting.row import FitRow

log = logging.getLogger("warmfit")

MANY_POINTS = 200_000  # distinct values, of each family again, from which on forking pays where columns go in step
MANY = 24  # families of all columns from which on forking pays
_COST = {cost: rank for rank, cost in enumerate(Cost)}


class LocalBackend:
    """Fits with `max_workers` workers, by default one for each processor.

    They are processes forked from this one where there is much to do and no other thread that a fork could leave in
    the middle of something (on Linux); threads else, of which one is as fast as several.
    """

    name = "local"

    def __init__(self, max_workers: int | None = None) -> None:
        self._asked = _checked_workers(max_workers)

    @property
    def max_workers(self) -> int:
        """How many workers there may be."""
        return self._asked or _processors()

    def __repr__(self) -> str:
        return f"LocalBackend(max_workers={self.max_workers})"

    def fit(
        self, tasks: Sequence[FitTask], *, on_row: OnRow | None = None, timeout: float | None = None
    ) -> list[tuple[FitRow, ...]]:
        """One tuple of rows for each task; see `ExecutionBackend.fit`."""
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        many = [t for t, task in enumerate(tasks) if task.spec.batched]
        rest = [t for t, task in enumerate(tasks) if not task.spec.batched]
        answers = dict(zip(rest, self._one_by_one([tasks[t] for t in rest], deadline, timeout, on_row), strict=True))
        answers.update(zip(many, self._in_step([tasks[t] for t in many], deadline, timeout, on_row), strict=True))
        return [answers[t] for t in range(len(tasks))]

    def _in_step(
        self, tasks: Sequence[FitTask], deadline: float, timeout: float | None, on_row: OnRow | None
    ) -> list[tuple[FitRow, ...]]:
        """The rows of tasks that are fitted in step, in blocks."""
        for task in tasks[:1]:
            with_custom(task.custom).resolve(task.spec.families)
        blocks = blocks_of(tasks, self.max_workers)
        run = BlockRun(tasks, blocks, {}, deadline, timeout, threading.Event(), on_row)
        workers = min(self.max_workers, len(blocks))
        points = sum(len(task.summary.observed.atoms) * len(task.spec.families) for task in tasks)
        try:
            if workers > 1 and points >= MANY_POINTS and forks.are_safe():
                forks.work(run, workers)
            else:
                threads.work(run, workers if self._asked else min(workers, 1))
        finally:
            run.stop.set()
        run.give_up()
        return [run.rows[t] for t in range(len(tasks))]

    def _one_by_one(
        self, tasks: Sequence[FitTask], deadline: float, timeout: float | None, on_row: OnRow | None
    ) -> list[tuple[FitRow, ...]]:
        """The rows of tasks whose families are searched each by itself."""
        run = Run([Column.of(task) for task in tasks], deadline, timeout, on_row)
        workers = min(self.max_workers, len(run.jobs))
        try:
            if workers > 1 and len(run.jobs) >= MANY and forks.are_safe():
                run.share()
                forks.work(run, workers)
            else:
                threads.work(run, workers if self._asked else min(workers, 1))
        finally:
            run.stop.set()  # however the call ends, threads end at their next evaluation
        run.give_up()
        return run.answers()


def _processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _checked_workers(max_workers: int | None) -> int | None:
    if max_workers is None:
        return None
    if isinstance(max_workers, bool) or not isinstance(max_workers, int):
        raise UnsupportedType(f"max_workers={max_workers!r}; expected a whole number, or None for one a processor")
    if max_workers < 1:
        raise InvalidInput(f"max_workers={max_workers}; expected at least 1")
    return max_workers


@dataclass(frozen=True)
class Column:
    """A task with its families looked up and its problem prepared, or the error that says why not."""

    task: FitTask
    families: tuple[AnyFamily, ...]
    problem: Problem | WarmfitError

    @classmethod
    def of(cls, task: FitTask) -> Column:
        """The column of a task; raises `UnknownDistribution` for a family that neither the catalogue nor the task has."""
        families = with_custom(task.custom).resolve(task.spec.families)
        try:
            is_discrete = any(isinstance(family, DiscreteFamily) for family in families)
            return cls(task, families, prepare(task.summary, task.spec, is_discrete))
        except WarmfitError as error:
            return cls(task, families, error)

    def row(self, family: AnyFamily, should_stop: Callable[[], bool]) -> FitRow:
        """The row of one family, whatever it raises."""
        if isinstance(self.problem, WarmfitError):
            return FitRow(family.name, "failed", str(self.problem))
        try:
            return fit_family(self.problem, family, should_stop)
        except Exception as error:  # a user's density may raise anything
            log.exception("fitting %s to column %r failed", family.name, self.task.column)
            return FitRow(family.name, "failed", f"{type(error).__name__}: {error}")


@dataclass(frozen=True)
class Job:
    """One family of one column, by their positions."""

    column: int
    family: int


class Run:
    """One call: the jobs, the rows finished so far, and the clock."""

    def __init__(self, columns: Sequence[Column], deadline: float, timeout: float | None, on_row: OnRow | None) -> None:
        self.columns = columns
        self.timeout = timeout
        self.on_row = on_row
        self.deadline = deadline
        self.stop = threading.Event()
        jobs = [Job(c, f) for c, column in enumerate(columns) for f in range(len(column.families))]
        self.jobs = sorted(jobs, key=lambda job: (_COST[self._family(job).cost], depth(self._family(job).name)))
        self.rows: dict[Job, FitRow] = {}

    def share(self) -> None:
        """Prepare what all workers need of a column, before they part."""
        if len(self.columns) == 1 and isinstance(self.columns[0].problem, Problem):
            self.columns[0].problem.warm()

    def row(self, job: Job) -> FitRow:
        """The row of a job, computed here and now."""
        return self.columns[job.column].row(self._family(job), self.should_stop)

    def lost(self, job: Job, why: str) -> FitRow:
        """The row of a job whose process is gone."""
        return FitRow(self.name(job), "failed", why)

    def name(self, job: Job) -> str:
        """The family of a job."""
        return self._family(job).name

    def known(self, job: Job) -> list[FitRow]:
        """Rows that the job would otherwise compute on the way to its own."""
        column = self.columns[job.column]
        wanted = leans_on(self.name(job))
        places = (Job(job.column, f) for f, family in enumerate(column.families) if family.name in wanted)
        return [self.rows[place] for place in places if place in self.rows]

    def learn(self, job: Job, rows: Sequence[FitRow]) -> None:
        """Take over rows that another worker computed."""
        problem = self.columns[job.column].problem
        if isinstance(problem, Problem):
            problem.learn(rows)

    def keep(self, job: Job, row: FitRow) -> None:
        """Take the row of a job, and tell who wants to know."""
        row = self._timed_out(row) if row.status == "timed_out" else row
        self.rows[job] = row
        if self.on_row is None:
            return
        try:
            self.on_row(self.columns[job.column].task.column, row)
        except Exception:
            log.exception("the callback for a finished family failed; the fit goes on")

    def give_up(self) -> None:
        """Rows for the jobs that nobody finished."""
        for job in self.jobs:
            if job not in self.rows:
                self.keep(job, FitRow(self.name(job), "timed_out"))

    def answers(self) -> list[tuple[FitRow, ...]]:
        """The rows, in the order in which they were asked for."""
        return [
            tuple(self.rows[Job(c, f)] for f in range(len(column.families))) for c, column in enumerate(self.columns)
        ]

    def should_stop(self) -> bool:
        """Whether the call is over."""
        return self.stop.is_set() or time.monotonic() > self.deadline

    def _family(self, job: Job) -> AnyFamily:
        return self.columns[job.column].families[job.family]

    def _timed_out(self, row: FitRow) -> FitRow:
        return replace(row, reason=f"not finished in the {self.timeout:.3g} s that the timeout left for fitting")
