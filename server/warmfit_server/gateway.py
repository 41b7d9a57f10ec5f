"""`FitGateway`: a Serve replica that hosts a `grpc.aio` server, so that a call takes one hop and no proxy.

Replicas on one machine share the port (SO_REUSEPORT). Each also listens on a private Unix socket, which its own health
check probes: the shared port may be answered by a sibling.
"""

from __future__ import annotations

import asyncio
import logging
import os
import tempfile
from pathlib import Path
from typing import Any

import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer
from grpc_reflection.v1alpha import reflection
from ray.serve.handle import DeploymentHandle

from warmfit_server.answers import Answers
from warmfit_server.guard import HEALTH, REFLECTION, Guard
from warmfit_server.handlers import DESCRIPTOR, Handlers
from warmfit_server.listening import credentials_of, listen, make_server
from warmfit_server.service import Service
from warmfit_server.servicer import Servicer
from warmfit_server.settings import Settings
from warmfit_server.tokens import Tokens
from warmfit_server.workers import Workers

log = logging.getLogger("warmfit.server")
NAMES = (DESCRIPTOR.full_name, "")  # health is told of the service and of the server as a whole
PROBE_TIMEOUT = 2.0


class FitGateway:
    """The body of a gateway replica."""

    async def __init__(  # type: ignore[misc]  # Serve awaits it
        self, settings: Settings, workers: DeploymentHandle[Any]
    ) -> None:
        self._settings, secret = settings, settings.token
        pool = Workers(workers, settings.workers, settings.summary_cache_bytes)
        self._servicer = Servicer(Service(settings, pool))
        self._handlers = Handlers(self._servicer, Answers(settings.result_cache_bytes), settings.max_concurrent_calls)
        self._health = HealthServicer()
        self._socket = Path(tempfile.mkdtemp(prefix="warmfit-")) / "gateway.sock"
        self._tokens = Tokens(settings.tokens_file, secret and secret.get_secret_value(), settings.namespace)
        self._server = make_server(settings, [Guard(self._tokens, DESCRIPTOR.full_name, _open_to_all(settings))])
        self._server.add_generic_rpc_handlers((self._handlers.generic(),))
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        if settings.reflection != "off":
            reflection.enable_server_reflection((DESCRIPTOR.full_name, HEALTH, REFLECTION), self._server)
        listen(self._server, f"{settings.host}:{settings.port}", credentials_of(settings))
        self._probes = await self._listen_for_probes()
        await self._server.start()
        self._refreshing = asyncio.create_task(self._refresh_tokens())
        await self._tell(health_pb2.HealthCheckResponse.SERVING)
        log.info("gateway %d listens on %s:%d", os.getpid(), settings.host, settings.port)

    async def _listen_for_probes(self) -> grpc.aio.Server:
        """A server of health alone: on the private socket, and on a plaintext port for probes where there is one."""
        server = grpc.aio.server(options=[("grpc.so_reuseport", 1)])
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        listen(server, f"unix:{self._socket}", None)
        if self._settings.health_port is not None:
            listen(server, f"{self._settings.host}:{self._settings.health_port}", None)
        await server.start()
        return server

    async def _refresh_tokens(self) -> None:
        while True:
            await asyncio.sleep(self._settings.tokens_refresh)
            await asyncio.to_thread(self._tokens.refresh)

    async def __call__(self, _request: Any) -> dict[str, Any]:
        """What the HTTP side answers: that this gateway is there."""
        return {"service": DESCRIPTOR.full_name, "port": self._settings.port, "calls": self._handlers.under_way}

    async def check_health(self) -> None:
        """Raise where this replica's server does not answer; Serve then replaces it."""
        async with grpc.aio.insecure_channel(f"unix:{self._socket}") as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            await stub.Check(health_pb2.HealthCheckRequest(), timeout=PROBE_TIMEOUT)

    async def __del__(self) -> None:
        """Drain: say NOT_SERVING, let calls under way finish, then stop; Serve calls it on a graceful shutdown."""
        if not hasattr(self, "_server"):
            return
        await self._tell(health_pb2.HealthCheckResponse.NOT_SERVING)
        await self._server.stop(self._settings.drain_timeout)
        await self._probes.stop(0)
        self._refreshing.cancel()
        self._socket.unlink(missing_ok=True)
        await asyncio.to_thread(self._socket.parent.rmdir)

    async def _tell(self, status: Any) -> None:
        for name in NAMES:
            await self._health.set(name, status)


def _open_to_all(settings: Settings) -> list[str]:
    """The services whose methods need no token."""
    open_to_all = [HEALTH] if settings.health == "open" else []
    return [*open_to_all, REFLECTION] if settings.reflection == "open" else open_to_all
