"""A gateway's server in a thread of this process, over a socket, whose fits are made where they are asked for."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from warmfit_fitting.engine import fit_family, goodness_of_fit, prepare
from warmfit_fitting.families.every import EVERY
from warmfit_fitting.intervals import confidence_intervals
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary
from warmfit_server.accepted import NONE
from warmfit_server.grpc_server import GrpcServer
from warmfit_server.identity import engine_version
from warmfit_server.jobs import Answer, Asked, IntervalsAsked
from warmfit_server.settings import Settings


class FitsHere:
    """The workers of a gateway that has none."""

    def __init__(self) -> None:
        self.fits = 0
        self.alive = 1

    async def answering(self, _patience: float) -> int:
        return self.alive

    async def fit(  # the namespace and the timeout are for workers that keep and stop
        self, _namespace: str, summary: ColumnSummary, spec: FitSpec, _timeout: float
    ) -> AsyncGenerator[tuple[FitRow, ...], None]:
        self.fits += 1
        problem = prepare(summary, spec)
        for family in EVERY.resolve(spec.families):
            yield (await asyncio.to_thread(fit_family, problem, family),)

    async def of_row(
        self, _namespace: str, summary: ColumnSummary, spec: FitSpec, row: FitRow, asked: Asked, _deadline: float
    ) -> Answer:
        self.fits += 1
        problem, (family,) = prepare(summary, spec), EVERY.resolve(spec.families)
        if isinstance(asked, IntervalsAsked):
            return await asyncio.to_thread(
                confidence_intervals, problem, family, row, method=asked.method, alpha=asked.alpha,
                quantiles=asked.quantiles or None, n_bootstrap=asked.n_bootstrap, seed=asked.seed,
            )  # fmt: skip
        return await asyncio.to_thread(
            goodness_of_fit, problem, family, row, asked.statistic, asked.n_bootstrap, asked.seed
        )


class Gateway:
    """A running server; `call` runs a coroutine in its event loop."""

    def __init__(self, settings: Settings, workers: type[FitsHere] = FitsHere) -> None:
        self.address = f"{settings.host}:{settings.port}"
        self.settings = settings
        self.workers = workers()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.server: GrpcServer = self.call(self._started())

    async def _started(self) -> GrpcServer:
        server = GrpcServer(self.settings, self.workers, NONE, engine_version())
        await server.start()
        assert await server.serving(10)
        return server

    def call(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    def stop(self) -> None:
        self.call(self.server.stop(0.2))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(data_dir: Path, workers: type[FitsHere] = FitsHere, **settings: Any) -> Iterator[Gateway]:
    gateway = Gateway(Settings.load(port=free_port(), data_dir=data_dir, workers=1, **settings), workers)
    try:
        yield gateway
    finally:
        gateway.stop()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Gateway]]:
    """Start a gateway's server with these settings."""
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(running(tmp_path / "data", **settings))
