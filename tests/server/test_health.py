"""Health, and the end of a gateway: what it says while something is missing, and to whom."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from tests.server.conftest import Gateway

from warmfit_proto.v1 import fitting_pb2 as pb
from warmfit_proto.v1 import fitting_pb2_grpc
from warmfit_server import vitals
from warmfit_server.handlers import DESCRIPTOR
from warmfit_server.store import DatasetStore

STATUS = health_pb2.HealthCheckResponse
NORM = pb.Distribution(name="norm", parameters=[0.0, 1.0])


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks follow each other quickly."""
    for name in ("PERIOD", "SOON", "DISK_PERIOD"):
        monkeypatch.setattr(vitals, name, 0.02)


@contextmanager
def stubs(gateway: Gateway) -> Iterator[tuple[Any, Any]]:
    with grpc.insecure_channel(gateway.address) as channel:
        yield fitting_pb2_grpc.FittingServiceStub(channel), health_pb2_grpc.HealthStub(channel)


def becomes(gateway: Gateway, status: int, name: str = "") -> bool:
    until = time.monotonic() + 10
    with stubs(gateway) as (_, health):
        while time.monotonic() < until:
            if health.Check(health_pb2.HealthCheckRequest(service=name)).status == status:
                return True
            time.sleep(0.02)
    return False


@pytest.mark.parametrize("name", ["", DESCRIPTOR.full_name])
def test_health_is_not_serving_while_no_worker_answers(start: Callable[..., Gateway], name: str) -> None:
    gateway = start()
    assert becomes(gateway, STATUS.SERVING, name)
    gateway.workers.alive = 0
    assert becomes(gateway, STATUS.NOT_SERVING, name)
    gateway.workers.alive = 1
    assert becomes(gateway, STATUS.SERVING, name)


def test_a_look_in_vain_is_no_trouble_and_three_are(monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    from warmfit_server.health import Health

    answers = iter([1, 0, 0, 1, 0, 0, 0])
    seen: list[tuple[int, bool]] = []

    class Workers:
        async def answering(self, _: float) -> int:
            seen.append((len(seen), health.is_serving))
            try:
                return next(answers)
            except StopIteration:
                raise asyncio.CancelledError from None

    health = Health([""])
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(vitals.Vitals(health, Workers(), lambda: None).watch_workers())
    assert [serving for _, serving in seen] == [False, True, True, True, True, True, True, False]


def test_health_is_not_serving_while_the_data_directory_cannot_be_written_to(start: Callable[..., Gateway]) -> None:
    gateway = start()
    folder: Path = gateway.settings.data_dir
    DatasetStore(folder, "default").check()
    aside = folder.with_name("aside")
    folder.rename(aside)
    folder.write_text("a file where the folder was")
    assert becomes(gateway, STATUS.NOT_SERVING)
    with stubs(gateway) as (fitting, _):
        told = fitting.GetServerInfo(pb.GetServerInfoRequest())
    assert list(told.troubles) == [vitals.NO_DISK]
    folder.unlink()
    aside.rename(folder)
    assert becomes(gateway, STATUS.SERVING)


def test_every_watcher_is_told_of_every_change_also_when_another_leaves(start: Callable[..., Gateway]) -> None:
    gateway = start()
    with stubs(gateway) as (_, health):
        first, second, other = (health.Watch(health_pb2.HealthCheckRequest(service=name)) for name in ("", "", "who"))
        assert [next(first).status, next(second).status] == [STATUS.SERVING] * 2
        assert next(other).status == STATUS.SERVICE_UNKNOWN
        first.cancel()
        gateway.workers.alive = 0
        assert next(second).status == STATUS.NOT_SERVING
        gateway.workers.alive = 1
        assert next(second).status == STATUS.SERVING


def test_health_of_a_service_that_is_not_here_is_not_found(start: Callable[..., Gateway]) -> None:
    with stubs(start()) as (_, health), pytest.raises(grpc.RpcError) as caught:
        health.Check(health_pb2.HealthCheckRequest(service="who"))
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


class Ending:
    """A gateway that is being stopped, in a thread."""

    def __init__(self, gateway: Gateway, grace: float) -> None:
        self._thread = threading.Thread(target=lambda: gateway.call(gateway.server.stop(grace)))
        self.begun = time.monotonic()
        self._thread.start()

    def seconds(self) -> float:
        self._thread.join(20)
        assert not self._thread.is_alive()
        return time.monotonic() - self.begun


def test_a_drain_tells_watchers_refuses_new_calls_at_once_and_lets_those_under_way_finish(
    start: Callable[..., Gateway],
) -> None:
    gateway = start()
    with stubs(gateway) as (fitting, health), stubs(gateway) as (elsewhere, _):
        elsewhere.GetServerInfo(pb.GetServerInfoRequest())
        watch = health.Watch(health_pb2.HealthCheckRequest())
        assert next(watch).status == STATUS.SERVING
        stream = fitting.Sample(pb.SampleRequest(distribution=NORM, n=20_000_000, chunk_bytes=1 << 20))
        values = len(next(stream).values)
        ending = Ending(gateway, 15.0)
        assert next(watch).status == STATUS.NOT_SERVING
        refused = time.monotonic()
        with pytest.raises(grpc.RpcError) as caught:
            elsewhere.GetServerInfo(pb.GetServerInfoRequest())
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        assert time.monotonic() - refused < 1.0
        values += sum(len(chunk.values) for chunk in stream)
        assert values == 20_000_000
        assert ending.seconds() < 14.0  # and not all of its grace


def test_a_watcher_does_not_hold_up_the_end(start: Callable[..., Gateway]) -> None:
    gateway = start()
    with stubs(gateway) as (_, health):
        watch = health.Watch(health_pb2.HealthCheckRequest())
        next(watch)
        assert Ending(gateway, 15.0).seconds() < 5.0
        assert [answer.status for answer in watch] == [STATUS.NOT_SERVING]


def test_a_call_that_arrives_during_the_drain_is_refused_as_unavailable(start: Callable[..., Gateway]) -> None:
    gateway = start()
    gateway.server.calls.draining = True
    with stubs(gateway) as (fitting, _), pytest.raises(grpc.RpcError) as caught:
        fitting.GetServerInfo(pb.GetServerInfoRequest())
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert "another one answers" in caught.value.details()


def test_a_gateway_that_has_ended_is_not_replaced_for_it(start: Callable[..., Gateway]) -> None:
    gateway = start()
    gateway.call(gateway.server.check())
    gateway.call(gateway.server.stop(0.1))
    gateway.call(gateway.server.check())


def test_a_port_for_probes_tells_health_and_nothing_else(start: Callable[..., Gateway]) -> None:
    from tests.server.conftest import free_port

    port = free_port()
    start(token="0123456789abcdef", health="token", health_port=port)
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        assert health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest()).status == STATUS.SERVING
        with pytest.raises(grpc.RpcError) as caught:
            fitting_pb2_grpc.FittingServiceStub(channel).GetServerInfo(pb.GetServerInfoRequest())
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
