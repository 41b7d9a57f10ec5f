"""`LocalBackend`: fits in threads of this process; the arithmetic is NumPy's and SciPy's, which let threads run.

Families of all columns are one queue, the cheap ones first, so that a time limit costs few rows. Rows do not depend on
the number of threads. Threads are daemons: one that hangs in a user's density keeps neither the call nor the
interpreter from ending.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from queue import Empty, SimpleQueue

from warmfit.backends.protocol import FitTask, OnRow
from warmfit_fitting.engine import Problem, fit_family, prepare
from warmfit_fitting.errors import InvalidInput, UnsupportedType, WarmfitError
from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.families.family import Cost, Family
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
    """A task with its families looked up and its problem prepared, by the first thread that needs it."""

    task: FitTask
    families: tuple[Family, ...]
    lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, task: FitTask) -> _Column:
        return cls(task, CATALOGUE.extended(task.custom).resolve(task.spec.families))

    @cached_property
    def _problem(self) -> Problem | WarmfitError:
        try:
            return prepare(self.task.summary, self.task.spec)
        except WarmfitError as error:
            return error

    @property
    def problem(self) -> Problem | WarmfitError:
        with self.lock:
            return self._problem

    def row(self, index: int, should_stop: Callable[[], bool]) -> FitRow:
        family = self.families[index]
        problem = self.problem
        if isinstance(problem, WarmfitError):
            return FitRow(family.name, "failed", str(problem))
        try:
            return fit_family(problem, family, should_stop)
        except Exception as error:  # a user's density may raise anything
            log.exception("fitting %s to column %r failed", family.name, self.task.column)
            return FitRow(family.name, "failed", f"{type(error).__name__}: {error}")


@dataclass(frozen=True)
class _Job:
    column: int
    family: int


class _Run:
    """One call: the jobs, the rows finished so far, and the clock."""

    def __init__(self, columns: Sequence[_Column], timeout: float | None, on_row: OnRow | None) -> None:
        self.columns = columns
        self.timeout = timeout
        self.on_row = on_row
        self.deadline = None if timeout is None else time.monotonic() + timeout
        self.stop = threading.Event()
        self.jobs = sorted(_jobs(columns), key=lambda job: _COST[columns[job.column].families[job.family].cost])
        self.rows: dict[_Job, FitRow] = {}
        self._finished: SimpleQueue[tuple[_Job, FitRow]] = SimpleQueue()

    def work(self, n_threads: int) -> None:
        """Run every job, or as many as the time allows."""
        waiting = iter(self.jobs)
        lock = threading.Lock()
        for number in range(n_threads):
            arguments = (waiting, lock)
            threading.Thread(target=self._serve, args=arguments, name=f"warmfit-{number}", daemon=True).start()
        while len(self.rows) < len(self.jobs) and not self._given_up():
            self._collect()
        for job in self.jobs:
            if job not in self.rows:
                self._keep(job, self._timed_out(job))

    def answers(self) -> list[tuple[FitRow, ...]]:
        """The rows, in the order in which they were asked for."""
        return [
            tuple(self.rows[_Job(c, f)] for f in range(len(column.families)))
            for c, column in enumerate(self.columns)
        ]

    def _serve(self, waiting: Iterator[_Job], lock: threading.Lock) -> None:
        while not self._should_stop():
            with lock:
                job = next(waiting, None)
            if job is None:
                return
            self._finished.put((job, self.columns[job.column].row(job.family, self._should_stop)))

    def _collect(self) -> None:
        try:
            job, row = self._finished.get(timeout=TICK)
        except Empty:
            return
        self._keep(job, self._timed_out(job, row) if row.status == "timed_out" else row)

    def _keep(self, job: _Job, row: FitRow) -> None:
        self.rows[job] = row
        if self.on_row is None:
            return
        try:
            self.on_row(self.columns[job.column].task.column, row)
        except Exception:
            log.exception("the callback for a finished family failed; the fit goes on")

    def _timed_out(self, job: _Job, row: FitRow | None = None) -> FitRow:
        name = self.columns[job.column].families[job.family].name
        how = "was not begun" if row is None else "did not end"
        return FitRow(name, "timed_out", f"its fit {how} within the timeout of {self.timeout} s for the whole call")

    def _should_stop(self) -> bool:
        return self.stop.is_set() or self._is_past(0.0)

    def _given_up(self) -> bool:
        """Whether the time is up, and what the threads were at is finished or has had its grace."""
        return self._is_past(GRACE)

    def _is_past(self, grace: float) -> bool:
        return self.deadline is not None and time.monotonic() > self.deadline + grace


def _jobs(columns: Iterable[_Column]) -> Iterator[_Job]:
    for c, column in enumerate(columns):
        for f in range(len(column.families)):
            yield _Job(c, f)
