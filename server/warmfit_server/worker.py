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
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.families.every import EVERY, AnyFamily, is_discrete
from warmfit_fitting.problem import Problem
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary
from warmfit_server.cache import ByteCache
from warmfit_server.jobs import Batch, Job

log = logging.getLogger("warmfit.server")
THREADS = 4  # fits that share a worker's processor, so that a long one does not hold up a short one
INTERVAL = 0.02  # seconds between batches: rows that finish sooner travel together
OVERHEAD = 40  # bytes kept per byte of a summary: views, points, rows
PREPARED = 8000  # bytes of a summary without any rows that what is prepared from it is worth


class FitWorker:
    """The body of a worker replica."""

    def __init__(self, cache_bytes: int) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="fit")
        self._summaries = ByteCache[str, ColumnSummary](cache_bytes)
        self._problems = ByteCache[tuple[str, FitSpec], Problem](cache_bytes)

    async def pid(self) -> int:
        """The process that runs this worker."""
        return os.getpid()

    async def fit(self, job: Job) -> AsyncIterator[Batch]:
        """The rows of a job as they are finished, a batch at a time."""
        summary = await self._summary(job)
        run = _Run(job, asyncio.get_running_loop())
        try:
            self._threads.submit(run.work, self._problem(job, summary))
            while (rows := await run.finished()) is not None:
                yield Batch(rows)
        finally:
            run.stop.set()

    async def _summary(self, job: Job) -> ColumnSummary:
        summary = self._summaries.get(job.fingerprint)
        if summary is None:
            encoded: bytes = await job.summary
            summary = ColumnSummary.from_bytes(encoded)
            self._summaries.put(job.fingerprint, summary, summary.nbytes)
        return summary

    def _problem(self, job: Job, summary: ColumnSummary) -> Problem | InvalidInput:
        """What is prepared once for all fits that differ in their families only."""
        any_of_kind = ("poisson",) if is_discrete(job.spec.families) else ("norm",)
        key = job.fingerprint, replace(job.spec, families=any_of_kind)
        problem = self._problems.get(key)
        if problem is None:
            try:
                problem = prepare(summary, job.spec)
            except InvalidInput as error:
                return error
            self._problems.put(key, problem, OVERHEAD * (summary.nbytes + PREPARED))
        return problem


class _Run:
    """One job in a thread, and the rows that wait to be sent."""

    def __init__(self, job: Job, loop: asyncio.AbstractEventLoop) -> None:
        self.job = job
        self.stop = threading.Event()
        self._deadline = time.monotonic() + job.timeout
        self._loop = loop
        self._rows: asyncio.Queue[FitRow | None] = asyncio.Queue()
        self._over = False

    def work(self, problem: Problem | InvalidInput) -> None:
        """Fit the families, in a thread."""
        try:
            for family in EVERY.resolve(self.job.spec.families):
                if self.stop.is_set():
                    return
                if isinstance(problem, InvalidInput):
                    row = FitRow(family.name, "failed", str(problem))
                else:
                    row = self._fit(problem, family)
                self._send(row)
        finally:
            self._send(None)

    def _fit(self, problem: Problem, family: AnyFamily) -> FitRow:
        try:
            return fit_family(problem, family, self._should_stop)
        except Exception:
            log.exception("fitting %s failed", family.name)
            return FitRow(family.name, "failed", "the engine failed on this family; the service's log says more")

    async def finished(self) -> tuple[FitRow, ...] | None:
        """The rows finished since the last call, at least one; None when there are no more."""
        if self._over:
            return None
        rows: list[FitRow] = []
        until = self._loop.time() + 3600.0
        while True:
            try:
                row = await asyncio.wait_for(self._rows.get(), until - self._loop.time())
            except TimeoutError:
                return tuple(rows)
            if row is None:
                self._over = True
                return tuple(rows) or None
            if not rows:
                until = self._loop.time() + INTERVAL
            rows.append(row)

    def _send(self, row: FitRow | None) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._rows.put_nowait, row)

    def _should_stop(self) -> bool:
        return self.stop.is_set() or time.monotonic() > self._deadline
