"""`GrpcServer`: everything of a gateway but the replica that it lives in: listening, access, health, drain."""

from __future__ import annotations

import asyncio
import logging
import os
from typing import Protocol

import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from warmfit_server.about import About
from warmfit_server.accepted import Accepted
from warmfit_server.answers import Answers
from warmfit_server.calls import Calls
from warmfit_server.guard import HEALTH, REFLECTION, REFLECTION_OF_LATER, Guard
from warmfit_server.handlers import DESCRIPTOR, Handlers
from warmfit_server.health import Health
from warmfit_server.listening import credentials_of, listen, make_server
from warmfit_server.metrics import Metrics
from warmfit_server.page.door import Door
from warmfit_server.private_socket import NAME, make_socket_folder, remove_socket_folder
from warmfit_server.service import Fits, Service
from warmfit_server.servicer import Servicer
from warmfit_server.settings import Settings
from warmfit_server.store import DatasetStore, collect
from warmfit_server.tokens import Tokens
from warmfit_server.tracing import Tracing
from warmfit_server.vitals import Answering, Vitals

log = logging.getLogger("warmfit.server")
NAMES = (DESCRIPTOR.full_name, "")  # health is told of the service and of the server as a whole
PROBE_TIMEOUT = 10.0  # seconds: one that is dead is known at once, one on a busy machine must not be ended for it
COLLECT_PERIOD = 3600.0  # seconds between removals of what no dataset needs any more
METRICS_PERIOD = 2.0  # seconds between looks at what changes all the time
LOOK = 0.02  # seconds between looks at whether calls have ended
FAREWELL = 2.0  # seconds that watches and reflection have to end when no call is left


class WarmWorkers(Fits, Answering, Protocol):
    """Where fits are made, and which can be asked whether it is there."""


class GrpcServer:
    """A server over `workers`, for one event loop; `door` answers HTTP.

    `accepted`: the families that it knows; `engine`: what the bits of its answers depend on. Raises `InvalidInput` for
    tokens or certificates that cannot be used.
    """

    def __init__(
        self, settings: Settings, workers: WarmWorkers, accepted: Accepted, engine: str, metrics: Metrics | None = None
    ) -> None:
        self.settings = settings
        self.tokens = Tokens(settings.tokens_file, settings.token, settings.namespace)
        self.calls = Calls(
            settings.max_concurrent_calls, settings.slow_call, metrics or Metrics(), Tracing.configured()
        )
        self.health = Health(NAMES)
        self._vitals = Vitals(self.health, workers, DatasetStore(settings.data_dir, settings.namespace).check)
        service = Service(settings, workers, accepted)
        answers = Answers(settings.result_cache_bytes, settings.cache_ttl)
        self._caches = {"answers": answers.held, **service.caches}
        about = About(settings, engine, self.calls, self.health, self._vitals, self._caches)
        handlers = Handlers(Servicer(service, about), answers, self.calls)
        self._socket = make_socket_folder() / NAME
        guard = Guard(self.tokens, self.calls, _open_to_all(settings))
        self.door = Door(settings, guard, handlers, self.calls)
        self._server = make_server(settings, [guard])
        self._server.add_generic_rpc_handlers((handlers.generic(),))
        health_pb2_grpc.add_HealthServicer_to_server(self.health, self._server)
        if settings.reflection != "off":
            reflection.enable_server_reflection((DESCRIPTOR.full_name, HEALTH, REFLECTION), self._server)
        listen(self._server, f"{settings.host}:{settings.port}", credentials_of(settings))
        listen(self._server, f"unix:{self._socket}", None)
        self._probes = self._for_probes()
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping: asyncio.Task[None] | None = None

    def _for_probes(self) -> grpc.aio.Server | None:
        """A server of health alone, on a plaintext port for probes that have neither token nor certificate."""
        if self.settings.health_port is None:
            return None
        server = grpc.aio.server(options=[("grpc.so_reuseport", 1)])
        health_pb2_grpc.add_HealthServicer_to_server(self.health, server)
        listen(server, f"{self.settings.host}:{self.settings.health_port}", None)
        return server

    async def start(self) -> None:
        """Listen, and say so."""
        await self._server.start()
        if self._probes is not None:
            await self._probes.start()
        duties = (
            self._refresh_tokens(),
            self._tell_metrics(),
            self._collect(),
            self._vitals.watch_workers(),
            self._vitals.watch_disk(),
        )
        self._tasks = [asyncio.create_task(duty) for duty in duties]
        log.info("gateway %d listens on port %d", os.getpid(), self.settings.port)

    async def serving(self, patience: float) -> bool:
        """Whether health says SERVING within `patience` seconds."""
        try:
            async with asyncio.timeout(patience):
                while not self.health.is_serving:
                    await self.health.changes()
        except TimeoutError:
            return False
        return True

    async def check(self) -> None:
        """Raise where this server does not answer on its private socket; the shared port may answer from a sibling."""
        if self._stopping is not None:
            return
        token = (("authorization", f"Bearer {self.tokens.probe.get_secret_value()}"),)
        async with grpc.aio.insecure_channel(f"unix:{self._socket}") as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            await stub.Check(health_pb2.HealthCheckRequest(), timeout=PROBE_TIMEOUT, metadata=token)

    async def stop(self, grace: float) -> None:
        """Say NOT_SERVING, take no more calls, let those under way finish within `grace` seconds, then stop.

        Once it has begun, every other call of it waits for the same end.
        """
        if self._stopping is None:
            self._stopping = asyncio.create_task(self._stop(grace))
        await asyncio.shield(self._stopping)

    async def _stop(self, grace: float) -> None:
        self.calls.draining = True
        self.health.end()
        stopping = asyncio.create_task(self._server.stop(grace))  # which refuses what is new, at once
        while self.calls.open and not stopping.done():
            await asyncio.sleep(LOOK)
        await self._server.stop(FAREWELL)  # what is left are watches and reflection, which may never end
        await stopping
        if self._probes is not None:
            await self._probes.stop(FAREWELL)
        for task in self._tasks:
            task.cancel()
        self.calls.metrics.tell()
        remove_socket_folder(self._socket.parent)
        await asyncio.to_thread(self.calls.tracing.close)

    async def _refresh_tokens(self) -> None:
        while True:
            await asyncio.sleep(self.settings.tokens_refresh)
            await asyncio.to_thread(self.tokens.refresh)

    async def _collect(self) -> None:
        while True:
            try:
                removed = await asyncio.to_thread(collect, self.settings.data_dir)
                log.info("%d summaries that no dataset needs any more were removed", removed)
            except OSError as error:
                log.error("summaries that no dataset needs stay where they are: %s", error)
            await asyncio.sleep(COLLECT_PERIOD)

    async def _tell_metrics(self) -> None:
        metrics = self.calls.metrics
        while True:  # all that stands at something, also where it does not change: Ray forgets what is not told again
            for cache in self._caches.values():
                cache.expire()
            metrics.tell()
            metrics.caches(self._caches)
            metrics.set("warmfit_calls_under_way", self.calls.under_way)
            metrics.set("warmfit_calls_limit", self.calls.limit)
            metrics.set("warmfit_serving", int(self.health.is_serving))
            metrics.set("warmfit_workers_answering", self._vitals.answering)
            await asyncio.sleep(METRICS_PERIOD)


def _open_to_all(settings: Settings) -> list[str]:
    """The services whose methods need no token."""
    open_to_all = [HEALTH] if settings.health == "open" else []
    return [*open_to_all, REFLECTION, REFLECTION_OF_LATER] if settings.reflection == "open" else open_to_all
