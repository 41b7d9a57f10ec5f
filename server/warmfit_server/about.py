"""`About`: what a gateway says of itself; how much of it, depends on who asks.

Whoever may read learns of versions, limits and health, and of what is the caller's own. What all callers together do,
and what is kept for them, is for administrators: from hits of a cache one tenant could learn what another has asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

from warmfit_proto.v1 import fitting_pb2 as pb
from warmfit_server.access import Caller, Scope
from warmfit_server.cache import ByteCache
from warmfit_server.calls import Calls
from warmfit_server.health import Health
from warmfit_server.settings import Settings
from warmfit_server.vitals import Vitals

API_VERSION = "v1"


class About:
    """One gateway, as `GetServerInfo` tells of it."""

    def __init__(
        self,
        settings: Settings,
        engine: str,
        calls: Calls,
        health: Health,
        vitals: Vitals,
        caches: Mapping[str, ByteCache[Any, Any]],
    ) -> None:
        self._settings = settings
        self._engine = engine
        self._calls = calls
        self._health = health
        self._vitals = vitals
        self._caches = caches
        self._started = datetime.now(UTC)

    def told(self, caller: Caller, datasets: int | None) -> pb.ServerInfo:
        """What `caller` may know; `datasets`: how many named ones its namespace has, None if unknown."""
        info = pb.ServerInfo(
            version=metadata.version("warmfit"),
            api_version=API_VERSION,
            engine=self._engine,
            workers=self._settings.workers,
            max_message_bytes=self._settings.max_message_bytes,
            gateways=self._settings.gateways,
            workers_answering=self._vitals.answering,
            troubles=self._health.troubles,
            datasets=datasets,
            calls=self._calls.of_caller[caller.name],
            limits=self._limits(caller),
        )
        info.started.FromDatetime(self._started)
        if Scope.ADMIN in caller.scopes:
            info.load.CopyFrom(self._load())
        return info

    def _limits(self, caller: Caller) -> pb.Limits:
        s = self._settings
        return pb.Limits(
            calls=s.max_concurrent_calls,
            calls_of_caller=s.max_concurrent_calls if caller.max_calls is None else caller.max_calls,
            datasets=s.max_datasets if caller.max_datasets is None else caller.max_datasets,
            tasks=s.max_tasks,
            points=s.max_points,
            samples=s.max_samples,
            bootstrap_rows=s.max_bootstrap_rows,
            timeout=s.default_timeout,
        )

    def _load(self) -> pb.Load:
        caches = [
            pb.Cache(
                name=name, bytes=c.used, limit=c.budget, hits=c.hits, misses=c.misses, evictions=c.evictions
            )
            for name, c in self._caches.items()
        ]  # fmt: skip
        return pb.Load(calls=self._calls.under_way, caches=caches)
