"""What the service counts, through Ray's own metrics: Prometheus reads them from Ray's port, as `ray_warmfit_…`.

`GATEWAY` and `WORKER` say all there is; dashboards, alert rules and `docs/service/watch.md` are tested against them. Labels
have few values: methods, statuses, names of tokens and of caches, never what a caller may make up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ray.util import metrics as ray_metrics

from warmfit_server.cache import ByteCache

SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0]
EVENTS = ("hits", "misses", "evictions")
NOBODY = "unknown"  # the caller of a call without a valid token


@dataclass(frozen=True)
class Metric:
    """One metric: its name without `ray_`, what it is, and the labels it has."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    description: str
    labels: tuple[str, ...] = ()

    def made(self) -> Any:
        """The metric of this process."""
        if self.kind == "histogram":
            return ray_metrics.Histogram(self.name, self.description, SECONDS, self.labels)
        kind = ray_metrics.Counter if self.kind == "counter" else ray_metrics.Gauge
        return kind(self.name, self.description, self.labels)


CACHES = (
    Metric("warmfit_cache_hits_total", "counter", "Look-ups that found something.", ("cache",)),
    Metric("warmfit_cache_misses_total", "counter", "Look-ups that found nothing.", ("cache",)),
    Metric("warmfit_cache_evictions_total", "counter", "Entries that left for want of room or time.", ("cache",)),
    Metric("warmfit_cache_bytes", "gauge", "Bytes held.", ("cache",)),
    Metric("warmfit_cache_limit_bytes", "gauge", "Bytes that may be held.", ("cache",)),
)
GATEWAY = (
    Metric("warmfit_calls_total", "counter", "Calls that have ended, by status.", ("method", "code", "caller")),
    Metric("warmfit_call_seconds", "histogram", "How long calls take.", ("method",)),
    Metric("warmfit_calls_under_way", "gauge", "Calls under way."),
    Metric("warmfit_calls_limit", "gauge", "Calls that may be under way."),
    Metric(
        "warmfit_refused_total",
        "counter",
        "Calls that were not admitted: gateway_full, caller_full, draining, unauthenticated or permission.",
        ("reason", "caller"),
    ),
    Metric("warmfit_serving", "gauge", "1 where health says SERVING, 0 otherwise."),
    Metric("warmfit_workers_answering", "gauge", "Workers that answered this gateway when it last asked."),
    Metric("warmfit_worker_deaths_total", "counter", "Work begun anew because its worker died."),
    *CACHES,
)
WORKER = (
    Metric("warmfit_rows_total", "counter", "Families fitted, by the status of their row.", ("status", "cost")),
    Metric("warmfit_fit_seconds", "histogram", "How long one family takes.", ("cost",)),
    Metric("warmfit_jobs_under_way", "gauge", "Shares of fits that a worker has, waiting ones too."),
    *CACHES,
)


class _Process:
    """The metrics of one process, by name."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._made = {metric.name: metric.made() for metric in metrics}
        self._told: dict[tuple[str, str], int] = {}

    def add(self, name: str, count: float = 1, **labels: str) -> None:
        """Add to a counter."""
        self._made[name].inc(count, labels)

    def set(self, name: str, value: float, **labels: str) -> None:
        """Say what a gauge stands at."""
        self._made[name].set(value, labels)

    def observe(self, name: str, value: float, **labels: str) -> None:
        """Put a value into a histogram."""
        self._made[name].observe(value, labels)

    def caches(self, caches: Mapping[str, ByteCache[Any, Any]]) -> None:
        """What caches have come to since they were last told of."""
        for name, cache in caches.items():
            for event in EVENTS:
                now = getattr(cache, event)
                new = now - self._told.get((name, event), 0)
                if new > 0:
                    self.add(f"warmfit_cache_{event}_total", new, cache=name)
                self._told[name, event] = now
            self.set("warmfit_cache_bytes", cache.used, cache=name)
            self.set("warmfit_cache_limit_bytes", cache.budget, cache=name)


class Metrics(_Process):
    """The metrics of a gateway."""

    def __init__(self) -> None:
        super().__init__(GATEWAY)
        self._ended: Counter[tuple[str, str, str]] = Counter()

    def call(self, method: str, code: str, seconds: float, caller: str = NOBODY) -> None:
        """A call has ended; it is counted when `tell` is called next, because Ray's counters are slow."""
        self._ended[method, code, caller] += 1
        self.observe("warmfit_call_seconds", seconds, method=method)

    def tell(self) -> None:
        """Count the calls that have ended since this was last done."""
        ended, self._ended = self._ended, Counter()
        for (method, code, caller), count in ended.items():
            self.add("warmfit_calls_total", count, method=method, code=code, caller=caller)

    def refused(self, reason: str, caller: str = NOBODY) -> None:
        """A call was not admitted."""
        self.add("warmfit_refused_total", reason=reason, caller=caller)


class WorkerMetrics(_Process):
    """The metrics of a worker."""

    def __init__(self) -> None:
        super().__init__(WORKER)

    def row(self, status: str, cost: str, seconds: float) -> None:
        """A family was fitted, or what else became of it."""
        self.add("warmfit_rows_total", status=status, cost=cost)
        if seconds == seconds:
            self.observe("warmfit_fit_seconds", seconds, cost=cost)
