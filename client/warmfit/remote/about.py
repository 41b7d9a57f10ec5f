"""What the service says of itself, as a flow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from warmfit.remote.commands import GET_SERVER_INFO, Flow
from warmfit.remote.retry import Caller, Deadline, always
from warmfit_proto.v1 import fitting_pb2 as pb


@dataclass(frozen=True)
class Limits:
    """What one gateway takes on; `timeout` is in seconds.

    `calls`, `calls_of_caller`: under way at once, of all callers and of this one. `datasets`: named ones in the caller's
    namespace. `tasks`, `points`, `samples`: in one call. `bootstrap_rows`: refits times rows of one family.
    """

    calls: int
    calls_of_caller: int
    datasets: int
    tasks: int
    points: int
    samples: int
    bootstrap_rows: int
    timeout: float


@dataclass(frozen=True)
class CacheUse:
    """What one cache of a gateway holds, in bytes, and what has become of look-ups since the gateway started."""

    name: str
    bytes: int
    limit: int
    hits: int
    misses: int
    evictions: int


@dataclass(frozen=True)
class Load:
    """What all callers together make of one gateway. `calls`: under way."""

    calls: int
    caches: tuple[CacheUse, ...]


@dataclass(frozen=True)
class ServerInfo:
    """What a service says of itself. `engine`: what must be equal for results to be equal.

    `started`, `calls`, `troubles` and `load` are of the gateway that answered. `workers_answering`: of the `workers`,
    when they were last asked. `troubles`: why health says NOT_SERVING. `datasets`: named ones in the caller's namespace,
    None where that is not known. `calls`: the caller's under way. `load`: None unless the token has the scope `admin`.
    """

    version: str
    api_version: str
    engine: str
    workers: int
    started: datetime
    max_message_bytes: int
    gateways: int
    workers_answering: int
    troubles: tuple[str, ...]
    datasets: int | None
    calls: int
    limits: Limits
    load: Load | None

    @property
    def is_serving(self) -> bool:
        """Whether health says SERVING."""
        return not self.troubles


def info(caller: Caller, timeout: float) -> Flow[ServerInfo]:
    """What the service says of itself."""
    answer = yield from caller.call(GET_SERVER_INFO, always(b""), caller.retry(Deadline.after(timeout)))
    return ServerInfo(
        version=answer.version,
        api_version=answer.api_version,
        engine=answer.engine,
        workers=answer.workers,
        started=answer.started.ToDatetime(UTC),
        max_message_bytes=answer.max_message_bytes,
        gateways=answer.gateways,
        workers_answering=answer.workers_answering,
        troubles=tuple(answer.troubles),
        datasets=answer.datasets if answer.HasField("datasets") else None,
        calls=answer.calls,
        limits=_limits(answer.limits),
        load=_load(answer.load) if answer.HasField("load") else None,
    )


def _limits(message: pb.Limits) -> Limits:
    return Limits(**{field.name: getattr(message, field.name) for field in pb.Limits.DESCRIPTOR.fields})


def _load(message: pb.Load) -> Load:
    names = [field.name for field in pb.Cache.DESCRIPTOR.fields]
    caches = tuple(CacheUse(**{name: getattr(cache, name) for name in names}) for cache in message.caches)
    return Load(message.calls, caches)
