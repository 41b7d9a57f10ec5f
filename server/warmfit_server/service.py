"""What the service does, without the wire: datasets, fits with their caches, draws and evaluations."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import DatasetNotFound, InvalidInput
from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.fitted import Fitted, fitted
from warmfit_fitting.row import FitRow
from warmfit_fitting.sampling import draw
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary
from warmfit_server.cache import ByteCache
from warmfit_server.flights import Flights
from warmfit_server.identity import fit_key
from warmfit_server.settings import Settings
from warmfit_server.store import DatasetRecord, DatasetStore
from warmfit_server.workers import Workers

ROW_BYTES = 700  # about what a row takes in the result cache
FUNCTIONS = ("pdf", "logpdf", "cdf", "sf", "ppf", "isf")


@dataclass(frozen=True)
class Task:
    """A summary and the question asked of it."""

    summary: ColumnSummary
    spec: FitSpec


class Service:
    """One gateway's service; for one event loop."""

    def __init__(self, settings: Settings, workers: Workers) -> None:
        self.settings = settings
        self.store = DatasetStore(settings.data_dir, settings.namespace)
        self._workers = workers
        self._flights = Flights()
        self._summaries = ByteCache[tuple[str, str], ColumnSummary](settings.summary_cache_bytes)
        self._results = ByteCache[Any, tuple[FitRow, ...]](settings.result_cache_bytes)

    # ---- datasets

    async def register(self, name: str, columns: Mapping[str, ColumnSummary], overwrite: bool) -> DatasetRecord | None:
        """Keep columns by content, and on disk under `name` unless it is empty."""
        if not columns:
            raise InvalidInput("no columns to register; send at least one")
        for summary in columns.values():
            self._keep(summary)
        return await asyncio.to_thread(self.store.put, name, columns, overwrite) if name else None

    async def dataset(self, name: str) -> DatasetRecord:
        """The latest version of a named dataset."""
        return await asyncio.to_thread(self.store.get, name)

    async def summary(self, fingerprint: str) -> ColumnSummary:
        """The summary of that content; raises `DatasetNotFound` where this service does not have it."""
        held = self._summaries.get((self.settings.namespace, fingerprint))
        if held is None:
            held = await asyncio.to_thread(self.store.summary, fingerprint)
            if held is None:
                raise DatasetNotFound(f"no column with the fingerprint {fingerprint[:64]!r} is registered; register it")
            self._keep(held)
        return held

    def _keep(self, summary: ColumnSummary) -> None:
        size = 8 * (2 * len(summary.observed.atoms) + 4 * len(summary.observed.edges)) + 500
        self._summaries.put((self.settings.namespace, summary.fingerprint), summary, size)

    # ---- fits

    async def fit(self, task: Task, timeout: float) -> tuple[FitRow, ...]:
        """The rows of a task in the order of its families, from the cache or from the workers."""
        key = fit_key(self.settings.namespace, task.summary.fingerprint, task.spec)
        rows = self._results.get(key)
        if rows is None:
            # A fit with less time may end early: it is not the same work.
            rows = await self._flights.join((key, timeout), lambda: self._compute(task, timeout))
        return rows

    async def _compute(self, task: Task, timeout: float) -> tuple[FitRow, ...]:
        rows = [row async for batch in self._workers.fit(task.summary, task.spec, timeout) for row in batch]
        return self._finished(task, rows)

    async def fit_stream(self, task: Task, timeout: float) -> AsyncIterator[tuple[FitRow, ...]]:
        """The rows of a task as they are finished; all at once where they are known."""
        known = self._results.get(fit_key(self.settings.namespace, task.summary.fingerprint, task.spec))
        if known is not None:
            yield known
            return
        rows: list[FitRow] = []
        async for batch in self._workers.fit(task.summary, task.spec, timeout):
            rows += batch
            yield batch
        self._finished(task, rows)

    def _finished(self, task: Task, rows: Sequence[FitRow]) -> tuple[FitRow, ...]:
        """The rows in order, kept unless some were cut short."""
        by_name = {row.distribution: row for row in rows}
        ordered = tuple(by_name[name] for name in task.spec.families)
        if all(row.status != "timed_out" for row in ordered):
            key = fit_key(self.settings.namespace, task.summary.fingerprint, task.spec)
            self._results.put(key, ordered, ROW_BYTES * len(ordered))
        return ordered

    # ---- distributions

    async def evaluate(
        self, name: str, parameters: Sequence[float], window: tuple[float, float], function: str, points: FloatArray
    ) -> FloatArray:
        """A function of a distribution at points, (N,)."""
        if len(points) > self.settings.max_points:
            raise InvalidInput(f"{len(points)} points; this service takes at most {self.settings.max_points} a call")

        def values() -> FloatArray:
            return np.asarray(getattr(_distribution(name, tuple(parameters), window), function)(points))

        return await asyncio.to_thread(values)

    async def sample(
        self,
        name: str,
        parameters: Sequence[float],
        window: tuple[float, float],
        n: int,
        seed: int,
        offset: int,
        chunk: int,
    ) -> AsyncIterator[tuple[int, FloatArray]]:
        """Chunks of at most `chunk` values, each with its offset, of values `offset`, …, n − 1 of a sample."""
        if n > self.settings.max_samples or offset > n:
            raise InvalidInput(f"n={n}, offset={offset}; expected offset ≤ n ≤ {self.settings.max_samples}")
        distribution = await asyncio.to_thread(_distribution, name, tuple(parameters), window)
        for start in range(offset, n, chunk):
            yield start, await asyncio.to_thread(draw, distribution, min(chunk, n - start), seed, start)


@lru_cache(maxsize=16)  # a table of quantiles may take a few MB
def _distribution(name: str, parameters: tuple[float, ...], window: tuple[float, float]) -> Fitted:
    """The distribution, with the tables that earlier calls have built for it."""
    return fitted(name, parameters, window)


def check_families(names: Sequence[str]) -> None:
    """Raise `UnknownDistribution` for a name that the catalogue does not have."""
    CATALOGUE.resolve(names)
