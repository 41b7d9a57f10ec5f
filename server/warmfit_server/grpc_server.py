"""`GrpcServer`: everything of a gateway but the replica that it lives in: listening, access, health, drain."""

from __future__ import annotations

import asyncio
import logging
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer
from grpc_reflection.v1alpha import reflection

from warmfit_fitting.errors import SerializationError
from warmfit_server.accepted import Accepted
from warmfit_server.answers import Answers
from warmfit_server.calls import Calls
from warmfit_server.guard import HEALTH, REFLECTION, Guard
from warmfit_server.handlers import DESCRIPTOR, Handlers
from warmfit_server.listening import credentials_of, listen, make_server
from warmfit_server.metrics import Metrics
from warmfit_server.service import Fits, Service
from warmfit_server.servicer import Servicer
from warmfit_server.settings import Settings
from warmfit_server.store import collect
from warmfit_server.tokens import Tokens
from warmfit_server.tracing import Tracing

log = logging.getLogger("warmfit.server")
NAMES = (DESCRIPTOR.full_name, "")  # health is told of the service and of the server as a whole
PROBE_TIMEOUT = 2.0
COLLECT_PERIOD = 3600.0  # seconds between removals of what no dataset needs any more
METRICS_PERIOD = 2.0  # seconds between looks at what changes all the time


class GrpcServer:
    """A server over `workers`, for one event loop.

    `accepted`: the families that it knows; `engine`: what the bits of its answers depend on. Raises `InvalidInput` for
    tokens or certificates that cannot be used.
    """

    def __init__(self, settings: Settings, workers: Fits, accepted: Accepted, engine: str) -> None:
        self.settings = settings
        self.tokens = Tokens(settings.tokens_file, settings.token, settings.namespace)
        self.calls = Calls(settings.max_concurrent_calls, settings.slow_call, Metrics(), Tracing.configured())
        service, answers = (
            Service(settings, workers, accepted),
            Answers(settings.result_cache_bytes, settings.cache_ttl),
        )
        self._caches = {"answers": answers.held, **service.caches}
        handlers = Handlers(Servicer(service, engine), answers, self.calls)
        self._health = HealthServicer()
        self._socket = Path(tempfile.mkdtemp(prefix="warmfit-")) / "gateway.sock"
        self._server = make_server(settings, [Guard(self.tokens, self.calls, _open_to_all(settings))])
        self._server.add_generic_rpc_handlers((handlers.generic(),))
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        if settings.reflection != "off":
            reflection.enable_server_reflection((DESCRIPTOR.full_name, HEALTH, REFLECTION), self._server)
        listen(self._server, f"{settings.host}:{settings.port}", credentials_of(settings))
        listen(self._server, f"unix:{self._socket}", None)
        self._probes = self._for_probes()
        self._tasks: list[asyncio.Task[None]] = []

    def _for_probes(self) -> grpc.aio.Server | None:
        """A server of health alone, on a plaintext port for probes that have neither token nor certificate."""
        if self.settings.health_port is None:
            return None
        server = grpc.aio.server(options=[("grpc.so_reuseport", 1)])
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        listen(server, f"{self.settings.host}:{self.settings.health_port}", None)
        return server

    async def start(self) -> None:
        """Listen, and say so."""
        await self._server.start()
        if self._probes is not None:
            await self._probes.start()
        duties = (self._refresh_tokens(), self._tell_metrics(), self._collect())
        self._tasks = [asyncio.create_task(duty) for duty in duties]
        await self._tell(health_pb2.HealthCheckResponse.SERVING)
        log.info("gateway %d listens on %s:%d", os.getpid(), self.settings.host, self.settings.port)

    async def check(self) -> None:
        """Raise where this server does not answer on its private socket; the shared port may answer from a sibling."""
        token = (("authorization", f"Bearer {self.tokens.probe.get_secret_value()}"),)
        async with grpc.aio.insecure_channel(f"unix:{self._socket}") as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            await stub.Check(health_pb2.HealthCheckRequest(), timeout=PROBE_TIMEOUT, metadata=token)

    async def stop(self, grace: float) -> None:
        """Say NOT_SERVING, let calls under way finish within `grace` seconds, then stop."""
        await self._tell(health_pb2.HealthCheckResponse.NOT_SERVING)
        await self._server.stop(grace)
        if self._probes is not None:
            await self._probes.stop(0)
        for task in self._tasks:
            task.cancel()
        with suppress(OSError):
            self._socket.unlink(missing_ok=True)
            self._socket.parent.rmdir()

    async def _refresh_tokens(self) -> None:
        while True:
            await asyncio.sleep(self.settings.tokens_refresh)
            await asyncio.to_thread(self.tokens.refresh)

    async def _collect(self) -> None:
        while True:
            try:
                removed = await asyncio.to_thread(collect, self.settings.data_dir)
                log.info("%d summaries that no dataset needs any more were removed", removed)
            except (OSError, SerializationError) as error:
                log.error("summaries that no dataset needs stay where they are: %s", error)
            await asyncio.sleep(COLLECT_PERIOD)

    async def _tell_metrics(self) -> None:
        while True:
            for cache in self._caches.values():
                cache.expire()
            self.calls.metrics.caches(self._caches)
            self.calls.metrics.under_way(self.calls.under_way)
            await asyncio.sleep(METRICS_PERIOD)

    async def _tell(self, status: Any) -> None:
        for name in NAMES:
            await self._health.set(name, status)


def _open_to_all(settings: Settings) -> list[str]:
    """The services whose methods need no token."""
    open_to_all = [HEALTH] if settings.health == "open" else []
    return [*open_to_all, REFLECTION] if settings.reflection == "open" else open_to_all
