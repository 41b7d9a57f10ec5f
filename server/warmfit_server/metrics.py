"""What the service counts, through Ray's own metrics: Prometheus reads them from Ray's port, as `ray_warmfit_…`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ray.util.metrics import Counter, Gauge, Histogram

from warmfit_server.cache import ByteCache

SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0]


class Metrics:
    """The metrics of one process."""

    def __init__(self) -> None:
        self._calls = Counter("warmfit_calls_total", "Calls that have ended, by status.", ("method", "code"))
        self._seconds = Histogram("warmfit_call_seconds", "How long calls take.", SECONDS, ("method",))
        self._under_way = Gauge("warmfit_calls_under_way", "Calls under way.")
        self._rows = Counter("warmfit_rows_total", "Families fitted, by the status of their row.", ("status",))
        cache = ("cache",)
        self._events = {
            "hits": Counter("warmfit_cache_hits_total", "Look-ups that found something.", cache),
            "misses": Counter("warmfit_cache_misses_total", "Look-ups that found nothing.", cache),
            "evictions": Counter("warmfit_cache_evictions_total", "Entries that left for want of room or time.", cache),
        }
        self._bytes = Gauge("warmfit_cache_bytes", "Bytes held.", cache)
        self._told: dict[tuple[str, str], int] = {}

    def call(self, method: str, code: str, seconds: float) -> None:
        """A call has ended."""
        self._calls.inc(1, {"method": method, "code": code})
        self._seconds.observe(seconds, {"method": method})

    def rows(self, statuses: Mapping[str, int]) -> None:
        """Families were fitted; how many rows of each status."""
        for status, count in statuses.items():
            self._rows.inc(count, {"status": status})

    def under_way(self, calls: int) -> None:
        """How many calls are under way."""
        self._under_way.set(calls)

    def caches(self, caches: Mapping[str, ByteCache[Any, Any]]) -> None:
        """What caches have come to since they were last told of."""
        for name, cache in caches.items():
            tag = {"cache": name}
            for event, counter in self._events.items():
                now = getattr(cache, event)
                new = now - self._told.get((name, event), 0)
                if new > 0:
                    counter.inc(new, tag)
                self._told[name, event] = now
            self._bytes.set(cache.used, tag)
