"""A service with tokens and TLS, started by its flags, used with the SDK and the command line, and ended under load."""

from __future__ import annotations

import hashlib
import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
import trustme
from grpc_health.v1 import health_pb2, health_pb2_grpc
from tests.collector import Collector, collecting
from tests.service.conftest import Running, eventually, free_port, serving
from typer.testing import CliRunner

from warmfit import Client, DistributionFitter, RemoteBackend
from warmfit.cli.app import app
from warmfit.remote.commands import Failure
from warmfit.remote.faults import is_away
from warmfit_fitting.errors import PermissionDenied, Unauthenticated
from warmfit_proto.v1 import fitting_pb2 as pb
from warmfit_proto.v1 import fitting_pb2_grpc

pytestmark = pytest.mark.ray
TOKEN, READER = "fitter-0123456789abcdef", "reader-0123456789abcdef"
TOKENS = f"""
[[token]]
name = "fitter"
sha256 = "{hashlib.sha256(TOKEN.encode()).hexdigest()}"
namespace = "risk"
scopes = ["read", "fit"]

[[token]]
name = "reader"
token = "{READER}"
scopes = ["read"]
"""


@dataclass(frozen=True)
class Secured:
    service: Running
    ca: Path
    health_port: int
    collector: Collector


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    folder, authority, health_port = tmp_path_factory.mktemp("secured"), trustme.CA(), free_port()
    ca, cert, key, tokens = (folder / name for name in ("ca.pem", "cert.pem", "key.pem", "tokens.toml"))
    issued = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(ca)
    issued.cert_chain_pems[0].write_to_path(cert)
    issued.private_key_pem.write_to_path(key)
    tokens.write_text(TOKENS)
    flags = ["--tokens-file", tokens, "--tls-cert", cert, "--tls-key", key, "--health-port", health_port]
    with collecting() as collector:
        traced = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint, "OTEL_BSP_SCHEDULE_DELAY": "100"}
        with serving(folder, *map(str, flags), **traced) as service:
            yield Secured(service, ca, health_port, collector)


def test_the_sdk_fits_with_a_token_over_tls_and_not_without(secured: Secured) -> None:
    address = secured.service.address
    backend = RemoteBackend(address, token=TOKEN, tls=secured.ca)
    results = DistributionFitter(backend).fit([1.0, 2.0, 4.0, 8.0], included_distributions=["norm", "gamma"])
    assert {row.status for row in results} == {"ok"}
    with Client(address, token="some-other-0123456789", tls=secured.ca) as client, pytest.raises(Unauthenticated):
        client.info()
    with Client(address, token=READER, tls=secured.ca) as client, pytest.raises(PermissionDenied):
        next(client.sample(results.best()[0], 3))


def test_spans_of_workers_are_children_of_the_calls_span(secured: Secured) -> None:
    credentials = grpc.ssl_channel_credentials(secured.ca.read_bytes())
    with grpc.secure_channel(secured.service.address, credentials) as channel:
        column = pb.Column(name="x", values=pb.ColumnValues(values=[1.0, 3.0, 4.0, 9.0]))
        task = pb.FitTask(inline=column, spec=pb.FitSpec(families=["norm", "gamma"]))
        trace = ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        stub = fitting_pb2_grpc.FittingServiceStub(channel)
        stub.Fit(pb.FitRequest(tasks=[task]), metadata=(("authorization", f"Bearer {TOKEN}"), trace))

    def ours(name: str) -> list[Any]:
        return [span for span in secured.collector.named(name) if span.trace_id.hex() == trace[1][3:35]]

    assert eventually(lambda: len(ours("FitWorker.fit")) == 2 and ours("warmfit.v1.FittingService/Fit") != [], 10)
    (call,) = ours("warmfit.v1.FittingService/Fit")
    assert [share.parent_span_id for share in ours("FitWorker.fit")] == [call.span_id] * 2  # one of each worker


def test_status_is_told_with_a_token_over_tls(secured: Secured) -> None:
    arguments = ["status", "--server", secured.service.address, "--tls-ca", str(secured.ca), "--json"]
    result = CliRunner().invoke(app, [*arguments, "--token", READER])
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert (document["health"], document["workers"], document["load"]) == ("SERVING", 2, None)
    with Client(secured.service.address, token=READER, tls=secured.ca) as client:
        assert eventually(lambda: client.info().workers_answering == 2, 20)
    assert CliRunner().invoke(app, arguments).exit_code == 2


def test_probes_need_neither_token_nor_certificate(secured: Secured) -> None:
    with grpc.insecure_channel(f"127.0.0.1:{secured.health_port}") as channel:
        health = health_pb2_grpc.HealthStub(channel)
        assert health.Check(health_pb2.HealthCheckRequest(), timeout=10).status == 1


def test_logs_are_where_the_command_says_and_hold_no_token(secured: Secured) -> None:
    assert f"logs: {secured.service.log_file}" in (secured.service.data_dir / "serve.log").read_text()
    logged = secured.service.log_file.read_text()
    assert '"caller": "reader"' in logged  # who was refused
    assert not [secret for secret in (TOKEN, READER) if secret in logged]


def test_sigterm_refuses_new_calls_at_once_and_lets_a_fit_of_many_columns_finish(secured: Secured) -> None:
    rng = np.random.default_rng(5)
    columns = [pb.Column(name="x", values=pb.ColumnValues(values=rng.gamma(2.0, size=4_000))) for _ in range(4)]
    credentials = grpc.ssl_channel_credentials(secured.ca.read_bytes())
    options = {"metadata": (("authorization", f"Bearer {TOKEN}"),), "timeout": 60}
    with (
        grpc.secure_channel(secured.service.address, credentials) as busy,
        grpc.secure_channel(secured.service.address, credentials) as idle,
    ):
        other = fitting_pb2_grpc.FittingServiceStub(idle)
        other.GetServerInfo(pb.GetServerInfoRequest(), **options)
        request = pb.FitRequest(tasks=[pb.FitTask(inline=column) for column in columns])
        stream = fitting_pb2_grpc.FittingServiceStub(busy).FitStream(request, **options)
        events, complete = [next(stream)], threading.Event()

        def read() -> None:
            events.extend(stream)
            complete.set()

        reader = threading.Thread(target=read)
        reader.start()
        secured.service.process.send_signal(signal.SIGTERM)
        with pytest.raises(grpc.RpcError) as refused:
            call_for(60.0, lambda: other.GetServerInfo(pb.GetServerInfoRequest(), **options))
        assert not complete.is_set()  # the fit is still under way
        assert means_away(refused.value)
        reader.join(60)
        *rows, last = events
        assert sum(len(event.finished.table.status) for event in rows) == last.complete.n_rows
    assert secured.service.process.wait(60) == 0


def means_away(error: Any) -> bool:
    """Whether the SDK takes it for a service that has gone: gRPC cancels calls that meet a server which begins to end."""
    trailer = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin")
    return is_away(Failure(error.code().name, error.details() or "", trailer))


def call_for(seconds: float, call: Callable[[], object]) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        call()
        threading.Event().wait(0.01)
