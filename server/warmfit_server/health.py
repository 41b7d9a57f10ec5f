"""`Health`: `grpc.health.v1` for one gateway, which serves while nothing that it needs is missing and it does not end.

gRPC's own servicer forgets the other watchers of a service when one leaves, and waits for a slow one; here each
watcher looks for itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from typing import Any

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

log = logging.getLogger("warmfit.server")
Response = health_pb2.HealthCheckResponse
WATCHERS = 1_000  # at once; a watch needs no token where health is open to all
ENDING = "this gateway is ending"


class Health(health_pb2_grpc.HealthServicer):  # type: ignore[misc]
    """The health of the services in `names`; it stands in the way of serving as long as it has troubles."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = frozenset(names)
        self._troubles: dict[str, str] = {}
        self._ends = False
        self._watchers = 0
        self._changed = asyncio.Event()

    @property
    def troubles(self) -> list[str]:
        """What keeps the gateway from serving, in words; empty where nothing does."""
        return [ENDING] if self._ends else list(self._troubles.values())

    @property
    def is_serving(self) -> bool:
        """Whether health says SERVING."""
        return not self.troubles

    def trouble(self, what: str, told: str) -> None:
        """Something that the gateway needs is missing."""
        if self._troubles.get(what) != told:
            self._troubles[what] = told
            log.warning("not serving: %s", told)
            self._tell()

    def well(self, what: str) -> None:
        """What was missing is there again."""
        if self._troubles.pop(what, None) is not None:
            log.info("%s", "serving" if self.is_serving else f"not serving: {'; '.join(self.troubles)}")
            self._tell()

    def end(self) -> None:
        """Say NOT_SERVING for good; watches end when they have told it."""
        self._ends = True
        self._tell()

    async def changes(self) -> None:
        """Wait until something has changed."""
        await self._changed.wait()

    def _tell(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def _status(self, name: str) -> Any:
        if name not in self._names:
            return None
        return Response.SERVING if self.is_serving else Response.NOT_SERVING

    async def Check(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        """The status now."""
        status = self._status(request.service)
        if status is None:
            await context.abort(grpc.StatusCode.NOT_FOUND, "no such service here")
        return Response(status=status)

    async def Watch(self, request: Any, context: grpc.aio.ServicerContext) -> None:
        """The status now and whenever it is another."""
        if self._watchers >= WATCHERS:
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, f"{WATCHERS} watch already; ask with Check")
        self._watchers += 1
        try:
            told = None
            while True:
                changed, now = self._changed, self._status(request.service) or Response.SERVICE_UNKNOWN
                if now != told:
                    await context.write(Response(status=now))
                    told = now
                if self._ends:
                    return
                await changed.wait()
        finally:
            self._watchers -= 1
