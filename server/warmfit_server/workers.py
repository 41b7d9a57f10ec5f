"""The gateway's view of the workers: one fit split over them, retried where a worker dies, cancelled as one."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import ray
from ray.exceptions import RayActorError, RayError
from ray.serve.exceptions import RayServeException
from ray.serve.handle import DeploymentHandle

from warmfit_fitting.errors import DeadlineExceeded, ServiceUnavailable, WarmfitError
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary
from warmfit_server.accepted import NONE, Accepted
from warmfit_server.cache import ByteCache
from warmfit_server.call_context import current
from warmfit_server.jobs import Answer, Asked, Batch, Job, ManyJob, RowAnswer, RowJob, split
from warmfit_server.metrics import Metrics
from warmfit_server.sharding import session
from warmfit_server.together import Together

log = logging.getLogger("warmfit.server")
ATTEMPTS = 8  # of a family whose worker dies; a new worker takes a few seconds
PAUSE = 0.25  # seconds before the first retry, doubled each time


@dataclass
class _Shard:
    """The families of one worker that are still to come."""

    spec: FitSpec
    number: int
    finished: bool = False

    def take(self, rows: tuple[FitRow, ...]) -> None:
        """Strike off the families of `rows`."""
        done = {row.distribution for row in rows}
        left = tuple(name for name in self.spec.families if name not in done)
        self.finished = not left
        self.spec = replace(self.spec, families=left) if left else self.spec


class Workers:
    """Fits on the worker deployment behind `handle`, `size` replicas of it."""

    def __init__(
        self,
        handle: DeploymentHandle[Any],
        size: int,
        broadcast_bytes: int,
        accepted: Accepted = NONE,
        metrics: Metrics | None = None,
    ) -> None:
        self._handle = handle
        self._fit = handle.fit
        self._fit_many = handle.fit_many
        self._together = Together(self._many, size)
        self._of_row = handle.of_row
        self._size = size
        self._catalogue = accepted.catalogue
        self._metrics = metrics or Metrics()
        self._broadcast = ByteCache[str, Any](broadcast_bytes)  # references keep the object store's copies alive

    async def answering(self, patience: float) -> int:
        """How many workers answer within `patience` seconds; where one holds up the count, whether any does."""
        try:
            told = await self._handle.broadcast("pid").results_async(timeout_s=patience, return_exceptions=True)
            return sum(isinstance(pid, int) for pid in told)
        except TimeoutError:
            return await self._any_answers(patience)
        except (RayError, RayServeException):  # there is none, or none that is known to be
            return 0

    async def _any_answers(self, patience: float) -> int:
        response: Any = self._handle.pid.remote()
        try:
            await asyncio.wait_for(response, patience)
        except (TimeoutError, RayError, RayServeException):
            return 0
        finally:
            response.cancel()
        return 1

    async def fit(
        self, namespace: str, summary: ColumnSummary, spec: FitSpec, timeout: float
    ) -> AsyncGenerator[tuple[FitRow, ...], None]:
        """The rows of a fit as they are finished, in whatever order; ends early only by cancellation."""
        deadline = time.monotonic() + timeout
        if spec.batched:
            yield await self._together.fit(namespace, summary, spec, deadline)
            return
        rows: asyncio.Queue[tuple[FitRow, ...] | BaseException | None] = asyncio.Queue()
        shards = [_Shard(part, number) for number, part in enumerate(split(spec, self._size, self._catalogue))]
        tasks = [asyncio.create_task(self._work(shard, namespace, summary, deadline, rows)) for shard in shards]
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

    async def _work(
        self, shard: _Shard, namespace: str, summary: ColumnSummary, deadline: float, rows: asyncio.Queue[Any]
    ) -> None:
        try:
            for attempt in range(ATTEMPTS):
                try:
                    async for batch in self._batches(namespace, shard, summary, deadline):
                        shard.take(batch.rows)
                        await rows.put(batch.rows)
                except RayActorError:
                    self._lost("a worker died during a fit; its families are fitted elsewhere")
                if shard.finished:
                    break
                if deadline > time.monotonic():
                    await asyncio.sleep(PAUSE * 2**attempt)
            else:
                raise ServiceUnavailable("no worker stays up to fit this; try again later")
            await rows.put(None)
        except Exception as error:
            await rows.put(error)

    async def _batches(
        self, namespace: str, shard: _Shard, summary: ColumnSummary, deadline: float
    ) -> AsyncIterator[Batch]:
        left, call = deadline - time.monotonic(), current()
        reference = self._reference(summary)
        job = Job(namespace, summary.fingerprint, reference, shard.spec, left, call.request_id, call.trace)
        where = _session(namespace, summary, shard.number)
        response: Any = self._fit.options(stream=True, session_id=where).remote(job)
        try:
            async for batch in response:
                yield batch
        finally:
            response.cancel()  # a worker whose rows nobody reads stops; nothing happens to one that is done

    async def _many(
        self, namespace: str, summaries: Sequence[ColumnSummary], spec: FitSpec, timeout: float
    ) -> Sequence[tuple[FitRow, ...]]:
        """The rows of many columns, by one worker."""
        deadline, call = time.monotonic() + timeout, current()
        encoded = tuple(summary.to_bytes() for summary in summaries)
        for attempt in range(ATTEMPTS):
            left = deadline - time.monotonic()
            response: Any = self._fit_many.remote(ManyJob(namespace, encoded, spec, left, call.request_id, call.trace))
            try:
                found: Sequence[tuple[FitRow, ...]] = await response
                return found
            except RayActorError:
                self._lost("a worker died during a fit of many columns; they are fitted elsewhere")
                await asyncio.sleep(PAUSE * 2**attempt)
            finally:
                response.cancel()
        raise ServiceUnavailable("no worker stays up to fit this; try again later")

    async def of_row(
        self, namespace: str, summary: ColumnSummary, spec: FitSpec, row: FitRow, asked: Asked, deadline: float
    ) -> Answer:
        """What is asked of one row of a fit; raises the errors of the computation."""
        for attempt in range(ATTEMPTS):
            left = deadline - time.monotonic()
            if left <= 0:
                raise DeadlineExceeded("the time allowed for the call ran out")
            reference, call = self._reference(summary), current()
            job = RowJob(namespace, summary.fingerprint, reference, spec, left, call.request_id, call.trace, row, asked)
            response: Any = self._of_row.options(session_id=_session(namespace, summary, 0)).remote(job)
            try:
                found: RowAnswer = await response
            except RayActorError:
                self._lost("a worker died in the middle of an answer; it is computed elsewhere")
                await asyncio.sleep(PAUSE * 2**attempt)
                continue
            finally:
                response.cancel()  # a worker whose answer nobody awaits stops
            if isinstance(found.answer, WarmfitError):
                raise found.answer
            return found.answer
        raise ServiceUnavailable("no worker stays up to answer this; try again later")

    def _lost(self, told: str) -> None:
        self._metrics.add("warmfit_worker_deaths_total")
        log.warning("%s", told, extra={"request_id": current().request_id})

    def _reference(self, summary: ColumnSummary) -> Any:
        reference = self._broadcast.get(summary.fingerprint)
        if reference is None:
            encoded = summary.to_bytes()
            reference = ray.put(encoded)
            self._broadcast.put(summary.fingerprint, reference, len(encoded))
        return reference


def _session(namespace: str, summary: ColumnSummary, shard: int) -> str:
    return session(f"{namespace}:{summary.fingerprint}", shard)
