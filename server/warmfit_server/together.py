"""Fits of many columns that are asked for at about the same time, gathered into jobs of many columns each.

Specs that are `batched` are fitted in step, which pays for many columns at once; whose rows are whose does not change them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary

GATHER = 0.005  # seconds that the first of a job waits for others
MOST = 128  # columns of a job
LEAST = 16  # columns that are worth a job of their own, where there are several workers

Rows = tuple[FitRow, ...]
Many = Callable[[str, Sequence[ColumnSummary], FitSpec, float], Awaitable[Sequence[Rows]]]
"""The rows of some columns of a namespace, fitted within so many seconds."""


@dataclass(frozen=True, eq=False)
class _Waiting:
    """A column, the end of its caller's time, and where its rows are awaited."""

    summary: ColumnSummary
    deadline: float
    rows: asyncio.Future[Rows]


class Together:
    """Gathers fits with one spec and fits them by `many`, spread over `size` workers; for one event loop."""

    def __init__(self, many: Many, size: int) -> None:
        self._many, self._size = many, size
        self._waiting: dict[tuple[str, FitSpec], list[_Waiting]] = {}
        self._jobs: set[asyncio.Task[None]] = set()

    async def fit(self, namespace: str, summary: ColumnSummary, spec: FitSpec, deadline: float) -> Rows:
        """The rows of a column; raises what the job that it is part of raises."""
        key, loop = (namespace, spec), asyncio.get_running_loop()
        waiting = self._waiting.setdefault(key, [])
        one = _Waiting(summary, deadline, loop.create_future())
        waiting.append(one)
        if len(waiting) == 1:
            loop.call_later(GATHER, self._begin, key)
        return await one.rows

    def _begin(self, key: tuple[str, FitSpec]) -> None:
        left = [one for one in self._waiting.pop(key) if not one.rows.done()]
        size = min(MOST, max(LEAST, -(-len(left) // self._size)))
        for start in range(0, len(left), size):
            part = left[start : start + size]
            job = asyncio.create_task(self._job(key, part))
            self._jobs.add(job)
            job.add_done_callback(self._jobs.discard)
            for one in part:
                one.rows.add_done_callback(partial(_end, part, job))

    async def _job(self, key: tuple[str, FitSpec], part: Sequence[_Waiting]) -> None:
        namespace, spec = key
        left = max(one.deadline for one in part) - time.monotonic()
        try:
            found = await self._many(namespace, [one.summary for one in part], spec, left)
        except Exception as error:
            for one in part:
                if not one.rows.done():
                    one.rows.set_exception(error)
            return
        for one, rows in zip(part, found, strict=True):
            if not one.rows.done():
                one.rows.set_result(rows)


def _end(part: Sequence[_Waiting], job: asyncio.Task[None], _: asyncio.Future[Rows]) -> None:
    """End a job that nobody waits for any more."""
    if all(one.rows.done() for one in part):
        job.cancel()
