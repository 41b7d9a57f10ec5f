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

from warmfit_fitting.families.custom import Target
from warmfit_server.accepted import Accepted
from warmfit_server.answers import Answers
from warmfit_server.handlers import DESCRIPTOR, Handlers
from warmfit_server.identity import engine_version
from warmfit_server.service import Service
from warmfit_server.servicer import Servicer
from warmfit_server.settings import Settings
from warmfit_server.workers import Workers

log = logging.getLogger("warmfit.server")
NAMES = (DESCRIPTOR.full_name, "")  # health is told of the service and of the server as a whole
PROBE_TIMEOUT = 2.0


class FitGateway:
    """The body of a gateway replica."""

    async def __init__(  # type: ignore[misc]  # Serve awaits it
        self, settings: Settings, workers: DeploymentHandle[Any], targets: tuple[Target, ...] = ()
    ) -> None:
        self._settings = settings
        accepted = Accepted.of(targets)
        pool = Workers(workers, settings.workers, settings.summary_cache_bytes, accepted)
        self._servicer = Servicer(Service(settings, pool, accepted), engine_version(targets))
        self._handlers = Handlers(self._servicer, Answers(settings.result_cache_bytes), settings.max_concurrent_calls)
        self._health = HealthServicer()
        self._socket = Path(tempfile.mkdtemp(prefix="warmfit-")) / "gateway.sock"
        self._server = _server(settings)
        self._server.add_generic_rpc_handlers((self._handlers.generic(),))
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        reflection.enable_server_reflection(
            (DESCRIPTOR.full_name, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name, reflection.SERVICE_NAME),
            self._server,
        )
        for address in (f"{settings.host}:{settings.port}", f"unix:{self._socket}"):
            if self._server.add_insecure_port(address) == 0:
                raise RuntimeError(f"cannot listen on {address}")
        await self._server.start()
        await self._tell(health_pb2.HealthCheckResponse.SERVING)
        log.info("gateway %d listens on %s:%d", os.getpid(), settings.host, settings.port)

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
        self._socket.unlink(missing_ok=True)
        await asyncio.to_thread(self._socket.parent.rmdir)

    async def _tell(self, status: Any) -> None:
        for name in NAMES:
            await self._health.set(name, status)


def _server(settings: Settings) -> grpc.aio.Server:
    return grpc.aio.server(
        options=[
            ("grpc.so_reuseport", 1),
            ("grpc.max_receive_message_length", settings.max_message_bytes),
            ("grpc.max_send_message_length", settings.max_message_bytes),
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.http2.min_recv_ping_interval_without_data_ms", 5_000),
        ]
    )
