"""What the service does, without the wire: datasets, fits with their caches, draws and evaluations."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol, TypeAlias

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.discrete.fitted import FittedCounts
from warmfit_fitting.errors import (
    DatasetNotFound,
    DeadlineExceeded,
    FitFailed,
    GridMismatch,
    InvalidInput,
    UnknownDistribution,
    field,
)
from warmfit_fitting.fitted import Fitted, fitted
from warmfit_fitting.problem import OUT_OF_TIME
from warmfit_fitting.row import FitRow
from warmfit_fitting.sampling import draw
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary, Plan
from warmfit_server.accepted import NONE, Accepted
from warmfit_server.access import Caller
from warmfit_server.cache import ByteCache
from warmfit_server.drawing import chunks_ahead
from warmfit_server.flights import Flights
from warmfit_server.identity import fit_key
from warmfit_server.jobs import Answer, Asked
from warmfit_server.records import DatasetRecord
from warmfit_server.refits import check_refits
from warmfit_server.settings import Settings
from warmfit_server.store import DatasetStore

ROW_BYTES = 700  # about what a row takes in the result cache
GRACE = 1.0  # seconds that rows cut short by the deadline have to arrive
EVALUATORS = 2  # threads that evaluate and draw
FIRST_BLOCK = 64  # points evaluated at first in one go; twice as many each time that is quick
BLOCK_TIME = 0.05
MAX_REQUEST_ID = 128
FUNCTIONS = ("pdf", "logpdf", "cdf", "sf", "ppf", "isf", "pmf", "logpmf")


Count: TypeAlias = Callable[[DatasetRecord, Mapping[str, Plan]], Mapping[str, ColumnSummary]]
"""New rows, counted to join a dataset."""


class Fits(Protocol):
    """Where fits are made."""

    def fit(
        self, namespace: str, summary: ColumnSummary, spec: FitSpec, timeout: float
    ) -> AsyncGenerator[tuple[FitRow, ...], None]:
        """The rows of a fit as they are finished, in whatever order."""
        ...

    async def of_row(
        self, namespace: str, summary: ColumnSummary, spec: FitSpec, row: FitRow, asked: Asked, deadline: float
    ) -> Answer:
        """What is asked of one row of a fit."""
        ...


@dataclass(frozen=True)
class Task:
    """A summary, the question asked of it, and in whose namespace."""

    summary: ColumnSummary
    spec: FitSpec
    namespace: str

    @property
    def key(self) -> tuple[str, str, FitSpec]:
        """What makes two tasks the same."""
        return fit_key(self.namespace, self.summary.fingerprint, self.spec)


class Service:
    """One gateway's service; for one event loop."""

    def __init__(self, settings: Settings, workers: Fits, accepted: Accepted = NONE) -> None:
        self.settings = settings
        self.accepted = accepted
        self.law = lru_cache(maxsize=16)(self._made)  # a table of quantiles may take a few MB
        self._stores: dict[str, DatasetStore] = {}
        self._workers = workers
        self._flights = Flights()
        self._evaluators = ThreadPoolExecutor(EVALUATORS, thread_name_prefix="evaluate")
        self._summaries = ByteCache[tuple[str, str], ColumnSummary](settings.summary_cache_bytes, settings.cache_ttl)
        self._results = ByteCache[Any, tuple[FitRow, ...]](settings.result_cache_bytes, settings.cache_ttl)

    @property
    def caches(self) -> dict[str, ByteCache[Any, Any]]:
        """What is kept, by its name in the metrics."""
        return {"summaries": self._summaries, "rows": self._results}

    # ---- datasets

    def store(self, namespace: str) -> DatasetStore:
        """The named datasets of a namespace."""
        if namespace not in self._stores:
            self._stores[namespace] = DatasetStore(self.settings.data_dir, namespace)
        return self._stores[namespace]

    async def register(
        self, caller: Caller, name: str, columns: Mapping[str, ColumnSummary], overwrite: bool
    ) -> DatasetRecord | None:
        """Keep columns by content, and on disk under `name` unless it is empty."""
        if not columns:
            raise InvalidInput("no columns to register; send at least one").at("columns")
        for summary in columns.values():
            self._keep(caller.namespace, summary)
        if not name:
            return None
        most = self.settings.max_datasets if caller.max_datasets is None else caller.max_datasets
        return await asyncio.to_thread(self.store(caller.namespace).put, name, columns, overwrite, most)

    async def append(self, namespace: str, name: str, count: Count, request_id: str) -> DatasetRecord:
        """Add rows to a named dataset; what `count` makes of them is counted on the dataset's plans, by column.

        Rows are counted anew where another writer has put the dataset on other grids in the meantime.
        """
        if not 0 < len(request_id) <= MAX_REQUEST_ID:
            raise InvalidInput(
                f"a request_id of {len(request_id)} characters; expected 1 to {MAX_REQUEST_ID}, such as a UUID"
            ).at("request_id")
        store, before = self.store(namespace), None
        while True:
            record = await self.dataset(namespace, name)
            plans = await self._plans(namespace, record)
            try:
                columns = await asyncio.to_thread(count, record, plans)
                record = await asyncio.to_thread(store.append, name, columns, request_id)
            except GridMismatch:
                grids = {column: plan.grid for column, plan in plans.items()}
                if grids == before:
                    raise
                before = grids
                continue
            for column in record.columns:
                await self.summary(namespace, column.fingerprint)  # warm for the fit that comes next
            return record

    async def _plans(self, namespace: str, record: DatasetRecord) -> dict[str, Plan]:
        """The plans of a dataset's columns; none for those that are exact, which take rows as they are."""
        held = {c.name: await self.summary(namespace, c.fingerprint) for c in record.columns if not c.exact}
        return {name: summary.plan() for name, summary in held.items()}

    async def dataset(self, namespace: str, name: str) -> DatasetRecord:
        """The latest version of a named dataset."""
        return await asyncio.to_thread(self.store(namespace).get, name)

    async def summary(self, namespace: str, fingerprint: str) -> ColumnSummary:
        """The summary of that content; raises `DatasetNotFound` where the namespace does not have it."""
        held = self._summaries.get((namespace, fingerprint))
        if held is None:
            held = await asyncio.to_thread(self.store(namespace).summary, fingerprint)
            if held is None:
                raise DatasetNotFound(f"no column with the fingerprint {fingerprint[:64]!r} is registered; register it")
            self._keep(namespace, held)
        return held

    def _keep(self, namespace: str, summary: ColumnSummary) -> None:
        self._summaries.put((namespace, summary.fingerprint), summary, summary.nbytes)

    # ---- fits

    async def fit(self, task: Task, deadline: float) -> tuple[FitRow, ...]:
        """The rows of a task in the order of its families, from the cache or from the workers.

        `deadline`: on the monotonic clock. The same fit under way for another caller is joined; where that one's time was
        shorter, it is gone on with.
        """
        while (known := self._results.get(task.key)) is None:
            left = deadline - time.monotonic()
            if left <= 0:
                return _out_of_time(task)
            joined = self._flights.join(task.key, lambda: self._compute(task, deadline))
            try:
                rows: tuple[FitRow, ...] = await asyncio.wait_for(joined, left + GRACE)
            except TimeoutError:
                return _out_of_time(task)
            if time.monotonic() >= deadline or all(row.is_final for row in rows):
                return rows
        return known

    async def _compute(self, task: Task, deadline: float) -> tuple[FitRow, ...]:
        left = deadline - time.monotonic()
        rows = [
            row async for batch in self._workers.fit(task.namespace, task.summary, task.spec, left) for row in batch
        ]
        return self._finished(task, rows)

    async def fit_stream(self, task: Task, deadline: float) -> AsyncGenerator[tuple[FitRow, ...], None]:
        """The rows of a task as they are finished; all at once where they are known."""
        known = self._results.get(task.key)
        left = deadline - time.monotonic()
        if known is not None or left <= 0:
            yield known or _out_of_time(task)
            return
        rows: list[FitRow] = []
        async with aclosing(self._workers.fit(task.namespace, task.summary, task.spec, left)) as batches:
            async for batch in batches:
                rows += batch
                yield batch
        self._finished(task, rows)

    def _finished(self, task: Task, rows: Sequence[FitRow]) -> tuple[FitRow, ...]:
        """The rows in order, kept unless some were cut short."""
        by_name = {row.distribution: row for row in rows}
        ordered = tuple(by_name[name] for name in task.spec.families)
        if all(row.is_final for row in ordered):
            self._results.put(task.key, ordered, ROW_BYTES * len(ordered))
        return ordered

    # ---- uncertainty

    async def of_row(self, task: Task, asked: Asked, deadline: float) -> tuple[FitRow, Answer]:
        """The row of the one family of a task, and what is asked of it.

        Raises `InvalidInput` where that takes more refits than this service admits, `FitFailed` for a family without a
        fit.
        """
        check_refits(task.summary, asked.refits, self.settings.max_bootstrap_rows)
        (row,) = await self.fit(task, deadline)
        if row.status == "timed_out":
            raise DeadlineExceeded("the time allowed for the call ran out before the family was fitted")
        if row.status != "ok":
            raise FitFailed(f"{row.distribution} has no fit ({row.status}: {row.reason})")
        return row, await self._workers.of_row(task.namespace, task.summary, task.spec, row, asked, deadline)

    # ---- distributions

    @property
    def max_samples(self) -> int:
        """Values of one sample."""
        return self.settings.max_samples

    async def evaluate(
        self, name: str, parameters: Sequence[float], window: tuple[float, float], function: str, points: FloatArray
    ) -> FloatArray:
        """A function of a distribution at points, (N,)."""
        if len(points) > self.settings.max_points:
            most = self.settings.max_points
            raise InvalidInput(f"{len(points)} points; this service takes at most {most} a call").at("points")
        distribution = await self.evaluating(self.law, name, tuple(parameters), window)
        parts, done, size = [], 0, FIRST_BLOCK
        while done < len(points):  # in blocks, so that a call whose caller has gone ends
            started = time.monotonic()
            with field("function"):
                parts.append(await self.evaluating(getattr(distribution, function), points[done : done + size]))
            done, size = done + size, size * (2 if time.monotonic() - started < BLOCK_TIME else 1)
        return np.concatenate([np.asarray(part) for part in parts]) if parts else points

    async def evaluating(self, work: Callable[..., Any], *arguments: object) -> Any:
        """The result of slow work in threads of its own: datasets and fits do not wait for it."""
        return await asyncio.get_running_loop().run_in_executor(self._evaluators, work, *arguments)

    async def sample(
        self,
        name: str,
        parameters: Sequence[float],
        window: tuple[float, float],
        n: int,
        seed: int,
        offset: int,
        chunk: int,
        encode: Callable[[int, FloatArray], bytes],
    ) -> AsyncGenerator[bytes, None]:
        """Encoded chunks of at most `chunk` values, each with its offset, of values `offset`, …, n − 1 of a sample.

        While one is sent, the next ones are drawn and encoded.
        """
        if n > self.settings.max_samples or offset > n:
            wrong = "offset" if offset > n else "n"
            raise InvalidInput(f"n={n}, offset={offset}; expected offset ≤ n ≤ {self.settings.max_samples}").at(wrong)
        distribution = await self.evaluating(self.law, name, tuple(parameters), window)

        def draws(start: int, size: int) -> FloatArray:
            return draw(distribution, size, seed, start)

        async with aclosing(self.drawn_ahead(draws, range(offset, n, chunk), encode)) as chunks:
            async for encoded in chunks:
                yield encoded

    def drawn_ahead(
        self,
        draws: Callable[[int, int], FloatArray],
        rows: range,
        encode: Callable[[int, FloatArray], bytes],
        columns: int = 1,
    ) -> AsyncGenerator[bytes, None]:
        """The chunks of a sample, as `chunks_ahead` has them, by this service's threads."""
        return chunks_ahead(draws, rows, encode, self._evaluators, columns)

    def _made(self, name: str, parameters: tuple[float, ...], window: tuple[float, float]) -> Fitted | FittedCounts:
        """The distribution, with the tables that earlier calls have built for it."""
        with field("distribution"):
            try:
                return fitted(name, parameters, window, self.accepted.custom_object(name))
            except UnknownDistribution as error:
                raise error.at("name") from None


def _out_of_time(task: Task) -> tuple[FitRow, ...]:
    return tuple(FitRow(name, "timed_out", OUT_OF_TIME) for name in task.spec.families)
