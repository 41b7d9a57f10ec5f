"""The gateway's view of the workers: one fit split over them, retried where a worker dies, cancelled as one."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import ray
from ray.exceptions import RayActorError
from ray.serve.handle import DeploymentHandle

from warmfit_fitting.errors import DeadlineExceeded, ServiceUnavailable, WarmfitError
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary
from warmfit_server.cache import ByteCache
from warmfit_server.jobs import Answer, Asked, Batch, Job, RowAnswer, RowJob, split

log = logging.getLogger("warmfit.server")
ATTEMPTS = 8  # of a family whose worker dies; a new worker takes a few seconds
PAUSE = 0.25  # seconds before the first retry, doubled each time


@dataclass
class _Shard:
    """The families of one worker that are still to come."""

    spec: FitSpec
    finished: bool = False

    def take(self, rows: tuple[FitRow, ...]) -> None:
        """Strike off the families of `rows`."""
        done = {row.distribution for row in rows}
        left = tuple(name for name in self.spec.families if name not in done)
        self.finished = not left
        self.spec = replace(self.spec, families=left) if left else self.spec


class Workers:
    """Fits on the worker deployment behind `handle`, `size` replicas of it."""

    def __init__(self, handle: DeploymentHandle[Any], size: int, broadcast_bytes: int) -> None:
        self._fit = handle.fit.options(stream=True)
        self._of_row = handle.of_row
        self._size = size
        self._broadcast = ByteCache[str, Any](broadcast_bytes)  # references keep the object store's copies alive

    async def fit(self, summary: ColumnSummary, spec: FitSpec, timeout: float) -> AsyncIterator[tuple[FitRow, ...]]:
        """The rows of a fit as they are finished, in whatever order; ends early only by cancellation."""
        deadline = time.monotonic() + timeout
        rows: asyncio.Queue[tuple[FitRow, ...] | BaseException | None] = asyncio.Queue()
        shards = [_Shard(part) for part in split(spec, self._size)]
        tasks = [asyncio.create_task(self._work(shard, summary, deadline, rows)) for shard in shards]
        try:
            left = len(tasks)
            while left:
                item = await rows.get()
                if item is None:
                    left -= 1
                elif isinstance(item, BaseException):
                    raise item
                else:
                    yield item
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self, shard: _Shard, summary: ColumnSummary, deadline: float, rows: asyncio.Queue[Any]) -> None:
        try:
            for attempt in range(ATTEMPTS):
                try:
                    async for batch in self._batches(shard.spec, summary, deadline):
                        shard.take(batch.rows)
                        await rows.put(batch.rows)
                except RayActorError:
                    log.warning("a worker died during a fit; its families are fitted elsewhere")
                if shard.finished:
                    break
                if deadline > time.monotonic():
                    await asyncio.sleep(PAUSE * 2**attempt)
            else:
                raise ServiceUnavailable("no worker stays up to fit this; try again later")
            await rows.put(None)
        except Exception as error:
            await rows.put(error)

    async def _batches(self, spec: FitSpec, summary: ColumnSummary, deadline: float) -> AsyncIterator[Batch]:
        job = Job(summary.fingerprint, self._reference(summary), spec, deadline - time.monotonic())
        response: Any = self._fit.remote(job)
        try:
            async for batch in response:
                yield batch
        finally:
            response.cancel()  # a worker whose rows nobody reads stops; nothing happens to one that is done

    async def of_row(self, summary: ColumnSummary, spec: FitSpec, row: FitRow, asked: Asked, deadline: float) -> Answer:
        """What is asked of one row of a fit; raises the errors of the computation."""
        for attempt in range(ATTEMPTS):
            left = deadline - time.monotonic()
            if left <= 0:
                raise DeadlineExceeded("the time allowed for the call ran out")
            job = RowJob(summary.fingerprint, self._reference(summary), spec, left, row, asked)
            response: Any = self._of_row.remote(job)
            try:
                found: RowAnswer = await response
            except RayActorError:
                log.warning("a worker died in the middle of an answer; it is computed elsewhere")
                await asyncio.sleep(PAUSE * 2**attempt)
                continue
            finally:
                response.cancel()  # a worker whose answer nobody awaits stops
            if isinstance(found.answer, WarmfitError):
                raise found.answer
            return found.answer
        raise ServiceUnavailable("no worker stays up to answer this; try again later")

    def _reference(self, summary: ColumnSummary) -> Any:
        reference = self._broadcast.get(summary.fingerprint)
        if reference is None:
            encoded = summary.to_bytes()
            reference = ray.put(encoded)
            self._broadcast.put(summary.fingerprint, reference, len(encoded))
        return reference
