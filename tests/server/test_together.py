"""Fits of many columns are gathered into jobs; each caller gets its own rows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import numpy as np
import pytest

from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary, summarize_values
from warmfit_server.together import MOST, Together

SPEC = FitSpec(families=("norm",), batched=True)


def column(n: int) -> ColumnSummary:
    return summarize_values(np.arange(float(n + 2)))


async def rows_of_sizes(
    _namespace: str, summaries: Sequence[ColumnSummary], _spec: FitSpec, _timeout: float
) -> list[tuple[FitRow, ...]]:
    return [(FitRow("norm", "ok", loglik=float(summary.n)),) for summary in summaries]


def test_columns_asked_for_together_are_few_jobs_and_everyone_gets_its_own_rows() -> None:
    jobs: list[int] = []

    async def many(
        namespace: str, summaries: Sequence[ColumnSummary], spec: FitSpec, timeout: float
    ) -> list[tuple[FitRow, ...]]:
        jobs.append(len(summaries))
        return await rows_of_sizes(namespace, summaries, spec, timeout)

    async def main() -> None:
        together = Together(many, 2)
        later = time.monotonic() + 60
        found = await asyncio.gather(*(together.fit("", column(n), SPEC, later) for n in range(300)))
        assert [rows[0].loglik for rows in found] == [float(n + 2) for n in range(300)]
        assert sum(jobs) == 300
        assert max(jobs) <= MOST
        assert len(jobs) <= 4

    asyncio.run(main())


def test_namespaces_and_specs_are_never_mixed() -> None:
    seen: list[tuple[str, FitSpec]] = []

    async def many(
        namespace: str, summaries: Sequence[ColumnSummary], spec: FitSpec, timeout: float
    ) -> list[tuple[FitRow, ...]]:
        seen.append((namespace, spec))
        return await rows_of_sizes(namespace, summaries, spec, timeout)

    async def main() -> None:
        together = Together(many, 1)
        other = FitSpec(families=("norm",), batched=True, goodness=False)
        asked = [("a", SPEC), ("b", SPEC), ("a", other)]
        await asyncio.gather(*(together.fit(who, column(1), spec, time.monotonic() + 60) for who, spec in asked))
        assert seen == asked

    asyncio.run(main())


def test_an_error_reaches_all_who_wait() -> None:
    async def many(*_: object) -> list[tuple[FitRow, ...]]:
        raise InvalidInput("no")

    async def main() -> None:
        together = Together(many, 1)
        waiting = [together.fit("", column(n), SPEC, time.monotonic() + 60) for n in range(3)]
        found = await asyncio.gather(*waiting, return_exceptions=True)
        assert [str(error) for error in found] == ["no"] * 3

    asyncio.run(main())


def test_a_job_goes_on_for_one_caller_and_ends_with_the_last() -> None:
    ended = asyncio.Event()

    async def many(*_: object) -> list[tuple[FitRow, ...]]:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()
        return []

    async def main() -> None:
        together = Together(many, 1)
        callers = [asyncio.create_task(together.fit("", column(n), SPEC, time.monotonic() + 60)) for n in range(2)]
        await asyncio.sleep(0.1)
        callers[0].cancel()
        await asyncio.sleep(0.05)
        assert not ended.is_set()
        callers[1].cancel()
        await asyncio.wait_for(ended.wait(), 5)
        with pytest.raises(asyncio.CancelledError):
            await callers[1]

    asyncio.run(main())
