"""`FitGateway`: a Serve replica that hosts a `grpc.aio` server, so that a call takes one hop and no proxy.

Replicas on one machine share the port (SO_REUSEPORT).
"""

from __future__ import annotations

import asyncio
from contextvars import Context
from typing import Any

from ray.serve.handle import DeploymentHandle
from starlette.requests import Request
from starlette.responses import Response

from warmfit_fitting.families.custom import Target
from warmfit_server.accepted import Accepted
from warmfit_server.grpc_server import GrpcServer
from warmfit_server.identity import engine_version
from warmfit_server.internal_port import keep_internal_port_on_loopback
from warmfit_server.logs import write_logs
from warmfit_server.metrics import Metrics
from warmfit_server.settings import Settings
from warmfit_server.workers import Workers


class FitGateway:
    """The body of a gateway replica."""

    async def __init__(  # type: ignore[misc]  # Serve awaits it
        self, settings: Settings, workers: DeploymentHandle[Any], targets: tuple[Target, ...] = ()
    ) -> None:
        self._settings = settings
        write_logs(settings.log_level, settings.log_file)
        keep_internal_port_on_loopback()
        accepted = Accepted.of(targets)
        metrics = Metrics()
        pool = Workers(workers, settings.workers, settings.summary_cache_bytes, accepted, metrics)
        self._server = GrpcServer(settings, pool, accepted, engine_version(targets), metrics)
        await self._server.start()

    async def __call__(self, request: Request) -> Response:
        """The page, and what it asks.

        In a context of its own: calls of workers made in Serve's would count as parts of the request that Serve routes.
        """
        answering = asyncio.create_task(self._server.door.answer(request), context=Context())
        try:
            return await answering
        finally:
            answering.cancel()

    async def check_health(self) -> None:
        """Raise where this replica's server does not answer; Serve then replaces it."""
        await self._server.check()

    async def serving(self, patience: float) -> bool:
        """Whether health says SERVING within `patience` seconds."""
        return await self._server.serving(patience)

    async def drain(self) -> None:
        """Take no more calls, and wait for those under way; a later shutdown then finds nothing left to do."""
        await self._server.stop(self._settings.drain_timeout)

    async def __del__(self) -> None:
        """Drain; Serve calls it on a graceful shutdown."""
        if hasattr(self, "_server"):
            await self._server.stop(self._settings.drain_timeout)
