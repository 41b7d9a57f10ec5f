"""`LocalBackend`: fits in threads of this process; the arithmetic is NumPy's, which lets other threads run.

Families of all columns are one queue, the cheap ones first, so that a time limit costs few rows. Rows do not
depend on the number of threads. Threads are daemons: one that hangs in a user's density keeps neither the
call nor the interpreter from ending.
"""

from __future__ import annotations

import logging
import math
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue

from warmfit.backends.protocol import FitTask, OnRow
from warmfit_fitting.engine import Problem, fit_family, prepare
from warmfit_fitting.errors import InvalidInput, UnsupportedType, WarmfitError
from warmfit_fitting.families.discrete.family import DiscreteFamily
from warmfit_fitting.families.every import AnyFamily, with_custom
from warmfit_fitting.families.family import Cost
from warmfit_fitting.row import FitRow

log = logging.getLogger("warmfit")

GRACE = 1.0  # seconds a thread has to notice that time is up, before its row is given up
TICK = 0.1  # seconds between looks at the clock; also how long Ctrl-C may wait
_COST = {cost: rank for rank, cost in enumerate(Cost)}


class LocalBackend:
    """Fits in `max_workers` threads, by default one for each processor."""

    name = "local"

    def __init__(self, max_workers: int | None = None) -> None:
        self.max_workers = _checked_workers(max_workers)

    def __repr__(self) -> str:
        return f"LocalBackend(max_workers={self.max_workers})"

    def fit(
        self, tasks: Sequence[FitTask], *, on_row: OnRow | None = None, timeout: float | None = None
    ) -> list[tuple[FitRow, ...]]:
        """One tuple of rows for each task; see `ExecutionBackend.fit`."""
        run = _Run([_Column.of(task) for task in tasks], timeout, on_row)
        try:
            run.work(min(self.max_workers, len(run.jobs)))
        finally:
            run.stop.set()  # however the call ends, threads end at their next evaluation
        return run.answers()


def _checked_workers(max_workers: int | None) -> int:
    if max_workers is None:
        return os.cpu_count() or 1
    if isinstance(max_workers, bool) or not isinstance(max_workers, int):
        raise UnsupportedType(f"max_workers={max_workers!r}; expected a whole number, or None for one a processor")
    if max_workers < 1:
        raise InvalidInput(f"max_workers={max_workers}; expected at least 1")
    return max_workers


@dataclass(frozen=True)
class _Column:
    """A task with its families looked up and its problem prepared, or the error that says why not."""

    task: FitTask
    families: tuple[AnyFamily, ...]
    problem: Problem | WarmfitError

    @classmethod
    def of(cls, task: FitTask) -> _Column:
        families = with_custom(task.custom).resolve(task.spec.families)
        try:
            is_discrete = any(isinstance(family, DiscreteFamily) for family in families)
            return cls(task, families, prepare(task.summary, task.spec, is_discrete))
        except WarmfitError as error:
            return cls(task, families, error)

    def row(self, family: AnyFamily, should_stop: Callable[[], bool]) -> FitRow:
        if isinstance(self.problem, WarmfitError):
            return FitRow(family.name, "failed", str(self.problem))
        try:
            return fit_family(self.problem, family, should_stop)
        except Exception as error:  # a user's density may raise anything
            log.exception("fitting %s to column %r failed", family.name, self.task.column)
            return FitRow(family.name, "failed", f"{type(error).__name__}: {error}")


@dataclass(frozen=True)
class _Job:
    """One family of one column, by their positions."""

    column: int
    family: int


class _Run:
    """One call: the jobs, the rows finished so far, and the clock."""

    def __init__(self, columns: Sequence[_Column], timeout: float | None, on_row: OnRow | None) -> None:
        self.columns = columns
        self.timeout = timeout
        self.on_row = on_row
        self.deadline = math.inf if timeout is None else time.monotonic() + timeout
        self.stop = threading.Event()
        jobs = [_Job(c, f) for c, column in enumerate(columns) for f in range(len(column.families))]
        self.jobs = sorted(jobs, key=lambda job: _COST[self._family(job).cost])
        self.rows: dict[_Job, FitRow] = {}
        self._waiting = SimpleQueue[_Job]()
        self._finished = SimpleQueue[tuple[_Job, FitRow] | None]()  # None: a thread has ended

    def work(self, n_threads: int) -> None:
        """Run every job, or as many as the time allows."""
        for job in self.jobs:
            self._waiting.put(job)
        for number in range(n_threads):
            threading.Thread(target=self._serve, name=f"warmfit-{number}", daemon=True).start()
        while n_threads and time.monotonic() < self.deadline + GRACE:
            n_threads -= self._collect()
        for job in self.jobs:
            if job not in self.rows:
                self._keep(job, self._timed_out(FitRow(self._family(job).name, "timed_out")))

    def answers(self) -> list[tuple[FitRow, ...]]:
        """The rows, in the order in which they were asked for."""
        return [
            tuple(self.rows[_Job(c, f)] for f in range(len(column.families))) for c, column in enumerate(self.columns)
        ]

    def _serve(self) -> None:
        try:
            while not self._should_stop():
                job = self._waiting.get_nowait()
                self._finished.put((job, self.columns[job.column].row(self._family(job), self._should_stop)))
        except Empty:
            pass
        finally:
            self._finished.put(None)

    def _collect(self) -> int:
        """Keep the next row, if one comes; the number of threads that have ended meanwhile."""
        try:
            finished = self._finished.get(timeout=TICK)
        except Empty:
            return 0
        if finished is None:
            return 1
        job, row = finished
        self._keep(job, self._timed_out(row) if row.status == "timed_out" else row)
        return 0

    def _keep(self, job: _Job, row: FitRow) -> None:
        self.rows[job] = row
        if self.on_row is None:
            return
        try:
            self.on_row(self.columns[job.column].task.column, row)
        except Exception:
            log.exception("the callback for a finished family failed; the fit goes on")

    def _family(self, job: _Job) -> AnyFamily:
        return self.columns[job.column].families[job.family]

    def _timed_out(self, row: FitRow) -> FitRow:
        return replace(row, reason=f"not finished in the {self.timeout:.3g} s that the timeout left for fitting")

    def _should_stop(self) -> bool:
        return self.stop.is_set() or time.monotonic() > self.deadline
