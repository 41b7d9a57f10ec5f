"""`FitWorker`: a warm actor that keeps summaries with everything prepared from them, and fits families on them.

A fit runs in a thread, which the engine's `should_stop` ends at its next evaluation when the caller goes away or the
time is up.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from warmfit_fitting.engine import fit_family, goodness_of_fit
from warmfit_fitting.errors import DeadlineExceeded, InvalidInput, WarmfitError
from warmfit_fitting.families.catalogue import Catalogue
from warmfit_fitting.families.custom import Target
from warmfit_fitting.families.every import EVERY, AnyFamily
from warmfit_fitting.intervals import confidence_intervals
from warmfit_fitting.problem import OUT_OF_TIME, Problem
from warmfit_fitting.row import FitRow
from warmfit_fitting.summary import ColumnSummary
from warmfit_server.accepted import Accepted
from warmfit_server.internal_port import keep_internal_port_on_loopback
from warmfit_server.jobs import Answer, Batch, IntervalsAsked, Job, ManyJob, RowAnswer, RowJob
from warmfit_server.logs import write_logs
from warmfit_server.many import Many
from warmfit_server.metrics import WorkerMetrics
from warmfit_server.prepared import Prepared
from warmfit_server.settings import Settings
from warmfit_server.tracing import Tracing

log = logging.getLogger("warmfit.server")
THREADS = 4  # fits that share a worker's processor, so that a long one does not hold up a short one
INTERVAL = 0.02  # seconds between batches: rows that finish sooner travel together
GRACE = 0.5  # seconds beyond the deadline in which the thread may notice that time is up; less than a gateway waits
METRICS_PERIOD = 2.0  # seconds between looks at what changes all the time


class FitWorker:
    """The body of a worker replica."""

    async def __init__(self, settings: Settings, targets: tuple[Target, ...] = ()) -> None:  # type: ignore[misc]
        write_logs(settings.log_level, settings.log_file)
        keep_internal_port_on_loopback()
        self._settings = settings
        self._accepted = Accepted.of(targets)
        warnings.simplefilter("ignore")  # what a family's own code warns of is nobody's here to read
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="fit")
        self._prepared = Prepared(settings, self._accepted.catalogue)
        self._metrics = WorkerMetrics()
        self._tracing = Tracing.configured()
        self._jobs = 0
        self._telling = asyncio.create_task(self._tell_metrics())

    async def pid(self) -> int:
        """The process that runs this worker."""
        return os.getpid()

    async def fit(self, job: Job) -> AsyncIterator[Batch]:
        """The rows of a job as they are finished, a batch at a time."""
        summary, catalogue = await self._summary(job), self._accepted.catalogue
        run = _Run(job, catalogue, asyncio.get_running_loop())
        with self._under_way(job, "fit"):
            try:
                self._threads.submit(run.work, lambda: self._prepared.problem(job, summary))
                while (rows := await run.finished()) is not None:
                    for row in rows:
                        self._metrics.row(row.status, catalogue[row.distribution].cost.value, row.elapsed)
                    yield Batch(rows)
            finally:
                run.stop.set()

    async def fit_many(self, job: ManyJob) -> list[tuple[FitRow, ...]]:
        """The rows of many columns, all at once."""
        catalogue, stop = self._accepted.catalogue, threading.Event()
        deadline = time.monotonic() + job.timeout
        run = Many(job, catalogue, lambda: stop.is_set() or time.monotonic() > deadline)
        self._jobs += len(job.summaries)
        try:
            with self._tracing.child("FitWorker.fit_many", job.trace, **{"warmfit.columns": len(job.summaries)}):
                found = await asyncio.get_running_loop().run_in_executor(self._threads, run.rows)
        finally:
            stop.set()
            self._jobs -= len(job.summaries)
        for rows in found:
            for row in rows:
                self._metrics.row(row.status, catalogue[row.distribution].cost.value, row.elapsed)
        return found

    async def of_row(self, job: RowJob) -> RowAnswer:
        """What is asked of one row: intervals, or a test of fit."""
        summary, stop = await self._summary(job), threading.Event()
        deadline = time.monotonic() + job.timeout

        def answer() -> RowAnswer:
            problem = self._prepared.problem(job, summary)
            return _answered(problem, self._accepted.catalogue, job, lambda: _go_on(stop, deadline))

        with self._under_way(job, "of_row"):
            try:
                return await asyncio.get_running_loop().run_in_executor(self._threads, answer)
            finally:
                stop.set()

    async def _summary(self, job: Job) -> ColumnSummary | bytes:
        held = self._prepared.summary(job)
        if held is not None:
            return held
        encoded: bytes = await job.summary
        return encoded

    @contextmanager
    def _under_way(self, job: Job, what: str) -> Iterator[None]:
        """A job under way while the block runs; it has a span, and a line in the log where it was slow."""
        started, families = time.monotonic(), len(job.spec.families)
        self._jobs += 1
        try:
            with self._tracing.child(f"FitWorker.{what}", job.trace, **{"warmfit.families": families}):
                yield
        finally:
            self._jobs -= 1
            seconds = time.monotonic() - started
            if seconds > self._settings.slow_call:
                about = {"request_id": job.request_id, "dataset": job.fingerprint, "namespace": job.namespace}
                fields = {**about, "method": what, "seconds": round(seconds, 6)}
                log.info("%s of %d families", what, families, extra=fields)

    async def _tell_metrics(self) -> None:
        while True:
            self._prepared.tell(self._metrics)
            self._metrics.set("warmfit_jobs_under_way", self._jobs)
            await asyncio.sleep(METRICS_PERIOD)


def _answered(
    problem: Problem | InvalidInput, catalogue: Catalogue[AnyFamily], job: RowJob, ask: Callable[[], None]
) -> RowAnswer:
    if isinstance(problem, InvalidInput):
        return RowAnswer(problem)
    (family,) = catalogue.resolve(job.spec.families)
    try:
        return RowAnswer(_answer(problem, family, job, ask))
    except WarmfitError as error:
        return RowAnswer(error)


def _answer(problem: Problem, family: AnyFamily, job: RowJob, ask: Callable[[], None]) -> Answer:
    asked = job.asked
    if isinstance(asked, IntervalsAsked):
        return confidence_intervals(
            problem, family, job.row, method=asked.method, alpha=asked.alpha, quantiles=asked.quantiles or None,
            n_bootstrap=asked.n_bootstrap, seed=asked.seed, ask=ask,
        )  # fmt: skip
    return goodness_of_fit(problem, family, job.row, asked.statistic, asked.n_bootstrap, asked.seed, ask)


def _go_on(stop: threading.Event, deadline: float) -> None:
    """Raise where the caller has gone or the time is up."""
    if stop.is_set() or time.monotonic() > deadline:
        raise DeadlineExceeded("the time allowed for the call ran out before the intervals were known")


class _Run:
    """One job in a thread, and the rows that wait to be sent."""

    def __init__(self, job: Job, catalogue: Catalogue[AnyFamily], loop: asyncio.AbstractEventLoop) -> None:
        self.job = job
        self._catalogue = catalogue
        self.stop = threading.Event()
        self._deadline = time.monotonic() + job.timeout
        self._loop = loop
        self._rows: asyncio.Queue[FitRow | None] = asyncio.Queue()
        self._over = False
        self._left = list(job.spec.families)

    def work(self, prepare: Callable[[], Problem | InvalidInput]) -> None:
        """Prepare the column and fit the families, in a thread."""
        try:
            if self.stop.is_set():
                return
            problem = self._prepared(prepare)
            for family in self._catalogue.resolve(self.job.spec.families):
                if self.stop.is_set():
                    return
                if isinstance(problem, InvalidInput):
                    row = FitRow(family.name, "failed", str(problem))
                else:
                    row = self._fit(problem, family)
                self._send(row)
        finally:
            self._send(None)

    def _prepared(self, prepare: Callable[[], Problem | InvalidInput]) -> Problem | InvalidInput:
        try:
            return prepare()
        except Exception:
            log.exception("preparing a column failed", extra={"request_id": self.job.request_id})
            return InvalidInput("the engine failed on this column; the service's log says more")

    def _fit(self, problem: Problem, family: AnyFamily) -> FitRow:
        try:
            return fit_family(problem, family, self._should_stop)
        except Exception as error:
            log.exception("fitting %s failed", family.name, extra={"request_id": self.job.request_id})
            if (
                family.name not in EVERY
            ):  # what a family's own code says, its users are told, as where it is fitted locally
                return FitRow(family.name, "failed", f"{type(error).__name__}: {error}")
            return FitRow(family.name, "failed", "the engine failed on this family; the service's log says more")

    async def finished(self) -> tuple[FitRow, ...] | None:
        """The rows finished since the last call, at least one; None when there are no more.

        What a family's own code holds up beyond the deadline is given up.
        """
        if self._over:
            return None
        rows: list[FitRow] = []
        until = self._loop.time() + max(self._deadline - time.monotonic(), 0.0) + GRACE
        while True:
            try:
                row = await asyncio.wait_for(self._rows.get(), until - self._loop.time())
            except TimeoutError:
                return tuple(rows) or self._given_up()
            if row is None:
                self._over = True
                return tuple(rows) or None
            if not rows:
                until = self._loop.time() + INTERVAL
            rows.append(row)
            self._left.remove(row.distribution)

    def _given_up(self) -> tuple[FitRow, ...] | None:
        """Rows for the families that are not finished in time; no more come."""
        self._over = True
        self.stop.set()
        return tuple(FitRow(name, "timed_out", OUT_OF_TIME) for name in self._left) or None

    def _send(self, row: FitRow | None) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._rows.put_nowait, row)

    def _should_stop(self) -> bool:
        return self.stop.is_set() or time.monotonic() > self._deadline
