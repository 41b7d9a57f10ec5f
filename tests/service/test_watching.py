"""A real service watched from outside: health, drain, metrics, logs, and what it listens on."""

from __future__ import annotations

import ipaddress
import json
import urllib.request

import grpc
import numpy as np
import psutil
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from prometheus_client.parser import text_string_to_metric_families
from tests.service.conftest import Running, eventually

from warmfit import Client
from warmfit_proto.v1 import fitting_pb2 as pb
from warmfit_proto.v1 import fitting_pb2_grpc
from warmfit_server.metrics import GATEWAY, WORKER

pytestmark = pytest.mark.ray
SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING
ON_EVENTS = {"warmfit_refused_total", "warmfit_worker_deaths_total", "warmfit_cache_evictions_total"}


def a_fit(seed: int, request_id: str = "", families: tuple[str, ...] = ("norm", "gamma")) -> tuple[pb.FitRequest, dict]:
    column = pb.Column(name="x", values=pb.ColumnValues(values=np.random.default_rng(seed).gamma(2.0, size=4_000)))
    request = pb.FitRequest(tasks=[pb.FitTask(inline=column, spec=pb.FitSpec(families=families))])
    return request, {"metadata": (("x-request-id", request_id),), "timeout": 120}


def test_health_turns_not_serving_when_no_worker_is_left_and_back_when_there_is_one(
    service: Running, channel: grpc.Channel
) -> None:
    def health() -> int:
        return int(health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=10).status)

    def is_down_while_workers_die() -> bool:
        for worker in service.replicas("FitWorker"):
            worker.kill()
        return health() == NOT_SERVING

    assert health() == SERVING
    assert eventually(is_down_while_workers_die, 20)
    with Client(service.address) as client:
        told = client.info()
        assert told.troubles == ("no worker answers",)
        assert told.workers_answering == 0
        assert eventually(lambda: health() == SERVING, 90)
        assert eventually(lambda: client.info().workers_answering == 2, 60)


def test_prometheus_reads_every_metric_of_gateways_and_workers(service: Running, channel: grpc.Channel) -> None:
    request, options = a_fit(71)
    for _ in range(2):
        fitting_pb2_grpc.FittingServiceStub(channel).Fit(request, **options)
    expected = {metric.name for metric in (*GATEWAY, *WORKER)} - ON_EVENTS

    def missing() -> set[str]:
        with urllib.request.urlopen(f"http://127.0.0.1:{service.metrics_port}/metrics", timeout=10) as answer:
            families = text_string_to_metric_families(answer.read().decode())
        told = {sample.name.removeprefix("ray_") for family in families for sample in family.samples}
        return {name for name in expected if not told & {name, f"{name}_bucket"}}

    assert eventually(lambda: not missing(), 25), missing()


def test_the_request_id_of_a_slow_fit_stands_in_the_logs_of_gateway_and_worker(
    service: Running, channel: grpc.Channel
) -> None:
    request, options = a_fit(72, "request-72", ("hanging",))
    request.timeout = 1.5
    fitting_pb2_grpc.FittingServiceStub(channel).Fit(request, **options)

    def lines() -> list[dict[str, object]]:
        every = [json.loads(line) for line in service.log_file.read_text().splitlines()]
        return [line for line in every if line.get("request_id") == "request-72"]

    assert eventually(lambda: len(lines()) >= 2, 10)
    by_logger = {line["logger"]: line for line in lines()}
    assert by_logger["warmfit.calls"]["process"] != by_logger["warmfit.server"]["process"]
    assert by_logger["warmfit.calls"]["dataset"] == by_logger["warmfit.server"]["dataset"]
    assert str(service.data_dir) not in service.log_file.read_text()


def test_nothing_of_the_service_listens_beyond_loopback(service: Running) -> None:
    listening = [
        (process.name(), connection.laddr)
        for process in (service.process, *service.process.children(recursive=True))
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(listening) > 5
    beyond = [(name, place) for name, place in listening if not _is_loopback(place.ip)]
    assert not beyond


def _is_loopback(ip: str) -> bool:
    address = ipaddress.ip_address(ip)
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback
