"""What a gateway tells of its calls: logs, metrics and traces."""

from __future__ import annotations

import io
import json
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import grpc
import numpy as np
import pandas as pd
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests.collector import collecting
from tests.server.conftest import Gateway

from warmfit import Client, DistributionFitter, FitterConfigBuilder
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.summary import summarize_values
from warmfit_proto.v1 import fitting_pb2 as pb
from warmfit_proto.v1 import fitting_pb2_grpc
from warmfit_server import tracing
from warmfit_server.call_context import begin, current
from warmfit_server.logs import ROOT, JsonLines, check_log_file, write_logs
from warmfit_server.metrics import NOBODY

T = TypeVar("T")


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[Callable[[], list[dict[str, object]]]]:
    file = tmp_path / "log.json"
    write_logs("info", file)
    yield lambda: [json.loads(line) for line in file.read_text().splitlines()]
    write_logs("warning", None)


def eventually(look: Callable[[], list[T]]) -> list[T]:
    """What there is to see once there is something."""
    until = time.monotonic() + 20
    while not (seen := look()) and time.monotonic() < until:
        time.sleep(0.02)
    return seen


def test_a_call_that_fails_is_logged_with_its_request_its_caller_and_its_status(
    start: Callable[..., Gateway], lines: Callable[[], list[dict[str, object]]]
) -> None:
    gateway = start()
    with grpc.insecure_channel(gateway.address) as channel:
        stub = fitting_pb2_grpc.FittingServiceStub(channel)
        with pytest.raises(grpc.RpcError):
            stub.GetDataset(pb.GetDatasetRequest(name="nothing"), metadata=(("x-request-id", "r-17"),))
    (line,) = eventually(lambda: [line for line in lines() if line["logger"] == "warmfit.calls"])
    assert line["request_id"] == "r-17"
    assert (line["method"], line["code"], line["caller"]) == ("GetDataset", "NOT_FOUND", "anonymous")
    assert isinstance(line["seconds"], float)
    assert line["dataset"] == "nothing"


def test_a_slow_fit_is_logged_with_the_fingerprints_of_its_columns(
    start: Callable[..., Gateway], lines: Callable[[], list[dict[str, object]]]
) -> None:
    with Client(start(slow_call=0.0).address) as client:
        ref = client.put(pd.DataFrame({"x": [1.0, 2.0, 4.0]}), ["x"])
        client.fit(ref, FitterConfigBuilder().with_distributions(["norm"]).build())
    (line,) = eventually(lambda: [line for line in lines() if line.get("method") == "Fit"])
    assert line["dataset"] == summarize_values(np.array([1.0, 2.0, 4.0])).fingerprint


@pytest.mark.parametrize(("given", "kept"), [("r-1", "r-1"), ("two\nlines", "twolines"), ("x" * 1000, "x" * 64)])
def test_a_request_id_is_one_line_of_limited_length(given: str, kept: str) -> None:
    assert begin(given, {}).request_id == kept == current().request_id


def test_a_call_without_a_request_id_gets_one_of_its_own() -> None:
    assert begin("", {}).request_id != begin("", {}).request_id != ""


def test_a_call_about_many_datasets_names_the_first_three() -> None:
    call = begin("", {})
    for name in ("a", "b", "b", "c", "d", "e"):
        call.saw(name)
    assert call.dataset == "a, b, c, …"


def test_logs_hold_neither_tokens_nor_paths(
    start: Callable[..., Gateway], lines: Callable[[], list[dict[str, object]]], tmp_path: Path
) -> None:
    file = tmp_path / "tokens.toml"
    file.write_text('[[token]]\nname = "a"\ntoken = "secret-0123456789"\nscopes = ["read"]')
    gateway = start(tokens_file=file, slow_call=0.0)
    with Client(gateway.address, token="secret-0123456789") as client:
        client.info()
    file.write_text("[[token]]\nname = 1\ntoken = 'secret-0123456789'")
    assert not gateway.server.tokens.refresh()
    logged = eventually(lambda: [line for line in lines() if "tokens stay" in str(line["message"])])
    assert logged
    assert [word for word in ("secret", str(tmp_path)) if word in str(lines())] == []


def test_a_log_file_that_was_rotated_away_is_begun_anew(tmp_path: Path) -> None:
    file = tmp_path / "log.json"
    write_logs("info", file)
    logging.getLogger(ROOT).info("before")
    file.rename(tmp_path / "log.json.1")
    logging.getLogger(ROOT).info("after")
    write_logs("warning", None)
    assert [json.loads(line)["message"] for line in file.read_text().splitlines()] == ["after"]


def test_a_log_file_that_cannot_be_written_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="log_file"):
        check_log_file(tmp_path / "no such folder" / "log.json")


def test_a_quick_call_that_succeeds_is_not_logged_and_a_slow_one_is(
    start: Callable[..., Gateway], lines: Callable[[], list[dict[str, object]]]
) -> None:
    for slow in (60.0, 0.0):
        with Client(start(slow_call=slow).address) as client:
            client.info()
    logged = [line for line in lines() if line["logger"] == "warmfit.calls"]
    assert [line["code"] for line in logged] == ["OK"]


def test_an_error_is_one_line_with_its_traceback() -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonLines())
    log = logging.Logger("warmfit.test")
    log.addHandler(handler)
    try:
        raise ValueError("two\nlines")
    except ValueError:
        log.exception("it failed")
    (line,) = out.getvalue().splitlines()
    assert "ValueError: two" in json.loads(line)["error"]


def test_logs_of_this_package_alone_are_written(lines: Callable[[], list[dict[str, object]]]) -> None:
    logging.getLogger("elsewhere").warning("not ours")
    logging.getLogger(ROOT).debug("too fine")
    logging.getLogger(ROOT).warning("ours")
    assert [line["message"] for line in lines()] == ["ours"]


def test_spans_of_calls_reach_a_collector_within_the_callers_trace(
    start: Callable[..., Gateway], monkeypatch: pytest.MonkeyPatch
) -> None:
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
        gateway = start()
        trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
        with grpc.insecure_channel(gateway.address) as channel:
            stub = fitting_pb2_grpc.FittingServiceStub(channel)
            stub.GetServerInfo(pb.GetServerInfoRequest(), metadata=(("traceparent", f"00-{trace}-{parent}-01"),))
        (span,) = eventually(lambda: collector.spans)
        assert span.name == "warmfit.v1.FittingService/GetServerInfo"
        assert (span.trace_id.hex(), span.parent_span_id.hex()) == (trace, parent)


def test_a_gateway_that_ends_sends_the_spans_that_it_has(
    start: Callable[..., Gateway], monkeypatch: pytest.MonkeyPatch
) -> None:
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "60000")
        gateway = start()
        with Client(gateway.address) as client:
            client.info()
        gateway.call(gateway.server.stop(1.0))
        assert [span.name for span in collector.spans] == ["warmfit.v1.FittingService/GetServerInfo"]


def test_a_workers_span_is_a_child_of_the_calls_span(monkeypatch: pytest.MonkeyPatch) -> None:
    exported = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exported))
    made = tracing.Tracing(provider.get_tracer("test"), provider)
    with made.span("Fit", {}):
        carrier = made.carrier()
    with made.child("FitWorker.fit", carrier, **{"warmfit.families": 3}):
        pass
    made.close()
    call, share = exported.get_finished_spans()
    assert share.parent is not None
    assert (share.parent.span_id, share.context.trace_id) == (call.context.span_id, call.context.trace_id)
    assert share.attributes == {"warmfit.families": 3}


def test_without_an_exporter_nothing_of_opentelemetry_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(tracing.VARIABLE, raising=False)
    made = tracing.Tracing.configured()
    with made.span("Fit", {}) as span, made.child("FitWorker.fit", {}):
        assert span is None
    assert made.carrier() == {}


def test_an_exporter_without_its_package_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(tracing.VARIABLE, "http://127.0.0.1:4317")
    monkeypatch.setitem(__import__("sys").modules, "opentelemetry.exporter.otlp.proto.grpc.trace_exporter", None)
    with pytest.raises(InvalidInput, match=r"warmfit\[tracing\]"):
        tracing.Tracing.configured()


class Counted:
    """Metrics that remember what they were told."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, str]] = []
        self.refusals: list[tuple[str, str]] = []

    def call(self, method: str, code: str, seconds: float, caller: str = NOBODY) -> None:
        assert seconds >= 0
        self.calls.append((method, code, caller))

    def refused(self, reason: str, caller: str = NOBODY) -> None:
        self.refusals.append((reason, caller))


def counted(gateway: Gateway) -> Counted:
    counted, metrics = Counted(), gateway.server.calls.metrics
    metrics.call, metrics.refused = counted.call, counted.refused  # type: ignore[method-assign]
    return counted


def test_every_call_is_counted_by_method_and_status(start: Callable[..., Gateway]) -> None:
    gateway = start(token="0123456789abcdef")
    told = counted(gateway)
    with grpc.insecure_channel(gateway.address) as channel:
        for path in ("warmfit.v1.FittingService/GetServerInfo", "who.knows/What"):
            with pytest.raises(grpc.RpcError):
                channel.unary_unary(f"/{path}")(b"")
    with Client(gateway.address, token="0123456789abcdef") as client:
        client.info()
    assert told.calls == [
        ("GetServerInfo", "UNAUTHENTICATED", "unknown"),
        ("unknown", "UNAUTHENTICATED", "unknown"),
        ("GetServerInfo", "OK", "token"),
    ]
    assert told.refusals == [("unauthenticated", "unknown")] * 2


def test_refusals_are_counted_by_their_reason_and_caller(start: Callable[..., Gateway], tmp_path: Path) -> None:
    file = tmp_path / "tokens.toml"
    file.write_text(
        "\n".join(
            f'[[token]]\nname = "{name}"\ntoken = "{name}-0123456789"\nscopes = ["{scope}"]\nmax_calls = {most}'
            for name, scope, most in (("reader", "read", 9), ("fitter", "fit", 1), ("other", "fit", 9))
        )
    )
    gateway = start(tokens_file=file, max_concurrent_calls=1)
    told, norm = counted(gateway), pb.Distribution(name="norm", parameters=[0.0, 1.0])

    def headers(name: str) -> tuple[tuple[str, str]]:
        return (("authorization", f"Bearer {name}-0123456789"),)

    with grpc.insecure_channel(gateway.address) as channel:
        stub = fitting_pb2_grpc.FittingServiceStub(channel)
        stream = stub.Sample(pb.SampleRequest(distribution=norm, n=10**9), metadata=headers("fitter"))
        next(stream)
        for name in ("reader", "other"):
            with pytest.raises(grpc.RpcError):
                stub.Evaluate(pb.EvaluateRequest(distribution=norm, function=1), metadata=headers(name))
        gateway.server.calls.limit = 9
        with pytest.raises(grpc.RpcError):
            stub.Evaluate(pb.EvaluateRequest(distribution=norm, function=1), metadata=headers("fitter"))
        stream.cancel()
    assert told.refusals == [("permission", "reader"), ("gateway_full", "other"), ("caller_full", "fitter")]


def test_what_caches_came_to_is_told_as_differences(start: Callable[..., Gateway]) -> None:
    gateway = start()
    fitter = DistributionFitter(gateway.address)
    for _ in range(3):
        fitter.fit([1.0, 2.0, 4.0], included_distributions=["norm"])
    answers = gateway.server._caches["answers"]
    assert (answers.hits, answers.misses) == (2, 2)  # the first is asked again when the column has been sent
    assert answers.used > 0
