"""A worker in this process: its event loop stays free, and what becomes of families is told and counted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest

from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import summarize_values
from warmfit_server import prepared, worker
from warmfit_server.jobs import Job
from warmfit_server.settings import Settings
from warmfit_server.worker import FitWorker

T = TypeVar("T")
SUMMARY = summarize_values(np.random.default_rng(1).gamma(2.0, size=200))


def job(summary: Awaitable[bytes], timeout: float = 60.0) -> Job:
    spec = FitSpec(("norm", "gamma"))
    return Job("default", SUMMARY.fingerprint, summary, spec, timeout, "r-1", {})


async def sent() -> bytes:
    return SUMMARY.to_bytes()


async def never_needed() -> bytes:
    raise AssertionError("the worker has this summary")


async def rows(of: FitWorker, asked: Job) -> list[FitRow]:
    return [row async for batch in of.fit(asked) for row in batch.rows]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[FitWorker], Awaitable[T]]], T]:
    """Runs a coroutine with a worker; the process stays as it was."""
    monkeypatch.setattr(worker, "keep_internal_port_on_loopback", lambda: None)

    async def begun(work: Callable[[FitWorker], Awaitable[T]]) -> T:
        here = FitWorker.__new__(FitWorker)
        await here.__init__(Settings.load(data_dir=tmp_path, log_level="error"))  # type: ignore[misc]
        return await work(here)

    return lambda work: asyncio.run(begun(work))


def slowly(seconds: float) -> Callable[..., Any]:
    def prepare(*arguments: Any) -> Any:
        time.sleep(seconds)
        return worker_prepare(*arguments)

    return prepare


worker_prepare = prepared.prepare


def test_preparing_a_column_does_not_hold_up_what_else_the_worker_is_asked(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepared, "prepare", slowly(1.0))

    async def work(here: FitWorker) -> tuple[list[FitRow], float]:
        fit = asyncio.create_task(rows(here, job(sent())))
        longest = 0.0
        while not fit.done():
            asked = time.monotonic()
            await here.pid()
            await asyncio.sleep(0.01)
            longest = max(longest, time.monotonic() - asked)
        return await fit, longest

    found, longest = run(work)
    assert [row.status for row in found] == ["ok", "ok"]
    assert longest < 0.9


def test_a_column_that_takes_too_long_to_prepare_has_rows_that_are_cut_short(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepared, "prepare", slowly(2.0))
    found = run(lambda here: rows(here, job(sent(), timeout=0.1)))
    assert {row.distribution: row.status for row in found} == {"norm": "timed_out", "gamma": "timed_out"}


def test_a_column_on_which_the_engine_fails_has_rows_that_say_so(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Any:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr(prepared, "prepare", fail)
    found = run(lambda here: rows(here, job(sent())))
    assert [row.status for row in found] == ["failed", "failed"]
    assert all("the engine failed" in row.reason and "secret" not in row.reason for row in found)


def test_a_summary_and_what_was_prepared_from_it_are_kept(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    prepares: list[object] = []

    def count(*arguments: Any) -> Any:
        prepares.append(arguments)
        return worker_prepare(*arguments)

    monkeypatch.setattr(prepared, "prepare", count)

    async def twice(here: FitWorker) -> list[FitRow]:
        return [*await rows(here, job(sent())), *await rows(here, job(never_needed()))]

    assert len(run(twice)) == 4
    assert len(prepares) == 1


def test_rows_are_counted_by_status_and_cost(run: Callable[..., Any]) -> None:
    counted: list[tuple[str, str]] = []

    async def work(here: FitWorker) -> None:
        here._metrics.row = lambda status, cost, _seconds: counted.append((status, cost))  # type: ignore[method-assign]
        await rows(here, job(sent()))

    run(work)
    assert sorted(counted) == [("ok", "cheap"), ("ok", "cheap")]
