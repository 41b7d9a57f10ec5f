"""What becomes of a call when the service or the network fails it: tried again, resumed, or an error that says what."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import grpc
import numpy as np
import pytest
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2

from warmfit import (
    Client,
    DeadlineExceeded,
    DistributionFitResult,
    InvalidInput,
    LocalBackend,
    Overloaded,
    RemoteBackend,
    ServiceUnavailable,
    WarmfitError,
)
from warmfit.backends import FitTask
from warmfit.remote.commands import Failure
from warmfit.remote.faults import error_of, pause_asked
from warmfit.remote.retry import Deadline, Policy, Retry
from warmfit_fitting import errors
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import summarize_values
from warmfit_proto.failures import BY_CODE, to_status

FAMILIES = ("norm", "expon", "gamma", "uniform")
GAMMA = DistributionFitResult("gamma", [2.0, 0.0, 1.5])
PATIENCE = 10


def task(column: str = "a", families: tuple[str, ...] = FAMILIES) -> FitTask:
    return FitTask(column, summarize_values(np.random.default_rng(len(column)).gamma(3.0, size=200)), FitSpec(families))


def timeless(answers: Any) -> list[list[str]]:
    return [[repr(replace(row, elapsed=0.0)) for row in rows] for rows in answers]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def come_back(seconds: float) -> bytes:
    status: bytes = to_status(Overloaded("busy"), retry_after=seconds).SerializeToString()
    return status


# ---- which error


@pytest.mark.parametrize("code", [code.name for code in grpc.StatusCode if code is not grpc.StatusCode.OK])
def test_every_status_code_is_an_error_of_the_tree(service: Any, impatient: None, code: str) -> None:
    service.faults.fail("GetServerInfo", code, times=500, message="said so")
    with Client(service.address, timeout=5) as client, pytest.raises(WarmfitError) as caught:
        client.info()
    assert type(caught.value) is BY_CODE[code]
    assert "said so" in str(caught.value) or code == "DEADLINE_EXCEEDED"


@pytest.mark.parametrize("kind", [name for name, cls in vars(errors).items() if isinstance(cls, type)
                                  and issubclass(cls, WarmfitError)])  # fmt: skip
def test_every_error_of_the_tree_arrives_as_it_was_raised(service: Any, impatient: None, kind: str) -> None:
    error = getattr(errors, kind)("the very words")
    service.faults.fail("GetServerInfo", error.grpc_status, times=500, status=to_status(error))
    with Client(service.address, timeout=5) as client, pytest.raises(WarmfitError) as caught:
        client.info()
    assert (type(caught.value).__name__, str(caught.value)) == (kind, "the very words")


def test_a_request_that_is_too_large_says_so_on_either_side(service: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    points = np.linspace(0, 1, 200_000)  # 1.6 MB; the service takes 1 MiB
    with (
        Client(service.address) as client,
        pytest.raises(InvalidInput, match=r"request is too large.*1600.*1048576.*fewer"),
    ):
        client.evaluate(GAMMA, "pdf", points)
    assert not service.faults.requests
    monkeypatch.setattr("warmfit.remote.transport.OPTIONS", (("grpc.max_send_message_length", 1000),))
    with (
        Client(service.address, token="another connection") as client,
        pytest.raises(InvalidInput, match=r"request is too large.*allowed"),
    ):
        client.evaluate(GAMMA, "pdf", points[:1000])


def test_an_answer_that_is_too_large_says_so(service: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("warmfit.remote.transport.OPTIONS", (("grpc.max_receive_message_length", 1000),))
    with (
        Client(service.address, token="another connection") as client,
        pytest.raises(InvalidInput, match=r"answer is too large.*1000 are allowed"),
    ):
        client.distributions()
    assert service.faults.calls == ["ListDistributions"]


# ---- trying again


@pytest.mark.parametrize("streamed", [False, True])
def test_a_service_that_is_away_for_a_moment_goes_unnoticed(service: Any, streamed: bool) -> None:
    method = "FitStream" if streamed else "Fit"
    service.faults.fail(method, "UNAVAILABLE", times=3)
    service.faults.fail("RegisterDataset", "UNAVAILABLE", times=2)
    answers = RemoteBackend(service.address).fit([task()], on_row=(lambda _c, _r: None) if streamed else None)
    assert timeless(answers) == timeless(LocalBackend(1).fit([task()]))
    assert service.faults.calls == [method] * 4 + ["RegisterDataset"] * 3 + [method]
    ids = {entry["x-request-id"] for entry in service.faults.metadata[method]}
    assert len(ids) == 1


def test_a_service_that_is_full_is_tried_again_after_the_pause_it_asks_for(service: Any) -> None:
    busy = status_pb2.Status.FromString(come_back(0.3))
    service.faults.fail("GetServerInfo", "RESOURCE_EXHAUSTED", status=busy)
    started = time.monotonic()
    with Client(service.address) as client:
        assert client.info().version == "0"
    assert time.monotonic() - started >= 0.3


@pytest.mark.parametrize(
    ("code", "trailer", "tried"),
    [("RESOURCE_EXHAUSTED", None, 1), ("INTERNAL", None, 1), ("NOT_FOUND", None, 1), ("UNAUTHENTICATED", None, 1)],
)
def test_what_another_attempt_cannot_mend_is_not_repeated(
    service: Any, code: str, trailer: bytes | None, tried: int
) -> None:
    service.faults.fail("GetServerInfo", code, times=9)
    with Client(service.address) as client, pytest.raises(WarmfitError):
        client.info()
    assert len(service.faults.calls) == tried


def test_the_deadline_bounds_all_attempts_together_and_each_gets_what_is_left(service: Any) -> None:
    service.faults.fail("GetServerInfo", "UNAVAILABLE", times=10_000)
    started = time.monotonic()
    with Client(service.address, timeout=1.0) as client, pytest.raises(ServiceUnavailable):
        client.info()
    assert time.monotonic() - started < 1.2
    left = service.faults.time_left["GetServerInfo"]
    assert len(left) > 2
    assert max(left) <= 1.01
    assert left[-1] < 0.9


def test_a_full_service_that_asks_for_more_time_than_there_is_is_overloaded_at_once(service: Any) -> None:
    service.faults.fail("Fit", "RESOURCE_EXHAUSTED", status=status_pb2.Status.FromString(come_back(100)))
    started = time.monotonic()
    with pytest.raises(Overloaded, match="busy"):
        RemoteBackend(service.address).fit([task()], timeout=5.0)
    assert time.monotonic() - started < 2


def test_a_call_that_takes_too_long_exceeds_its_deadline_and_is_cancelled(service: Any) -> None:
    service.faults.hold("GetServerInfo")
    with Client(service.address, timeout=0.3) as client, pytest.raises(DeadlineExceeded, match=r"longer timeout="):
        client.info()
    assert service.faults.cancelled.wait(PATIENCE)


def test_nobody_there_is_an_error_that_names_the_address_and_what_to_do(impatient: None) -> None:
    port = free_port()
    started = time.monotonic()
    with pytest.raises(ServiceUnavailable, match=rf"127\.0\.0\.1:{port}.*warmfit serve") as caught:
        RemoteBackend(f"127.0.0.1:{port}").fit([task()])
    assert 0.3 < time.monotonic() - started < 3
    assert isinstance(caught.value, ConnectionError)


def test_nobody_there_is_known_by_the_deadline_at_the_latest() -> None:
    started = time.monotonic()
    with Client(f"127.0.0.1:{free_port()}", timeout=0.4) as client, pytest.raises(ServiceUnavailable):
        client.info()
    assert time.monotonic() - started < 1


def test_a_service_that_is_still_starting_is_waited_for(start: Callable[[int], Any]) -> None:
    port = free_port()
    timer = threading.Timer(0.7, start, [port])
    timer.start()
    with Client(f"127.0.0.1:{port}") as client:
        assert client.info().version == "0"
    timer.join()


def test_a_service_that_restarts_is_found_again(start: Callable[[int], Any]) -> None:
    first = start(0)
    backend = RemoteBackend(first.address)
    before = backend.fit([task()])
    first.stop()
    second = start(first.port)
    assert timeless(backend.fit([task()])) == timeless(before)
    assert second.faults.calls[-3:] == ["Fit", "RegisterDataset", "Fit"]


# ---- the policy by itself


def failure(code: str, trailer: bytes | None = None, message: str = "said so") -> Failure:
    return Failure(code, message, trailer)


def test_pauses_grow_to_a_bound_and_are_spread_over_all_of_it() -> None:
    longest = Retry("h:1", Policy(first=1.0, longest=8.0, patience=1e9, jitter=lambda: 1.0), Deadline.after(1e6))
    assert [longest.pause(failure("UNAVAILABLE")) for _ in range(5)] == [1.0, 2.0, 4.0, 8.0, 8.0]
    shortest = Retry("h:1", Policy(jitter=lambda: 0.0), Deadline.after(1e6))
    assert shortest.pause(failure("UNAVAILABLE")) == 0.0
    longest.succeeded()
    assert longest.pause(failure("UNAVAILABLE")) == 1.0


def test_the_pause_that_the_service_asks_for_is_the_least() -> None:
    retry = Retry("h:1", Policy(first=1.0, jitter=lambda: 0.5), Deadline.after(1e6))
    assert retry.pause(failure("RESOURCE_EXHAUSTED", come_back(3.0))) == 3.5


def test_a_deadline_that_ends_a_row_of_failed_connections_is_a_service_that_is_not_there() -> None:
    retry = Retry("h:1", Policy(jitter=lambda: 0.0), Deadline.after(1e6))
    retry.pause(failure("UNAVAILABLE"))
    with pytest.raises(ServiceUnavailable, match="h:1"):
        retry.pause(failure("DEADLINE_EXCEEDED"))


def test_a_service_that_has_answered_is_waited_for_longer_than_one_that_never_did() -> None:
    policy, gone = Policy(patience=0.0, patience_with_known=1e9, jitter=lambda: 1.0), Failure("UNAVAILABLE", "gone")
    with pytest.raises(ServiceUnavailable):
        Retry("never-there:1", policy, Deadline.after(1e6)).pause(gone)
    Retry("was-there:1", policy, Deadline.after(1e6)).succeeded()
    assert Retry("was-there:1", policy, Deadline.after(1e6)).pause(gone) > 0.0
    with pytest.raises(ServiceUnavailable):
        Retry("was-there:1", policy, Deadline.after(0.0)).pause(gone)


CUTS = [
    ("CANCELLED", ""),
    ("CANCELLED", "CANCELLED"),
    ("INTERNAL", "Received RST_STREAM with error code 2"),
    ("UNKNOWN", "Stream removed"),
]


@pytest.mark.parametrize(("code", "message"), CUTS)
def test_a_call_that_was_cut_on_the_way_goes_unnoticed(service: Any, code: str, message: str) -> None:
    service.faults.fail("GetServerInfo", code, message=message)
    with Client(service.address) as client:
        assert client.info().version == "0"
    assert pause_asked(Failure(code, message, b"of the service's own")) is None


def test_a_call_that_is_cancelled_by_the_client_is_not_made_again() -> None:
    assert pause_asked(Failure("CANCELLED", "Channel closed!")) is None


def test_retry_info_beside_other_details_and_none_at_all() -> None:
    info = error_details_pb2.RetryInfo()
    info.retry_delay.FromTimedelta(timedelta(seconds=2))
    packed = any_pb2.Any()
    packed.Pack(info)
    alone = status_pb2.Status(code=8, details=[packed]).SerializeToString()
    assert pause_asked(failure("RESOURCE_EXHAUSTED", alone)) == 2.0
    assert pause_asked(failure("RESOURCE_EXHAUSTED")) is None
    assert pause_asked(failure("UNAVAILABLE", b"\xff not a status")) == 0.0
    too_large = failure("RESOURCE_EXHAUSTED", alone, "Received message larger than max (5 vs. 4)")
    assert pause_asked(too_large) is None
    assert type(error_of(too_large, "h:1")) is InvalidInput


# ---- streams


@pytest.mark.parametrize("breaks", [(0,), (1,), (3,), (2, 0, 4)])
def test_a_broken_sample_goes_on_where_it_ended(service: Any, breaks: tuple[int, ...]) -> None:
    service.faults.break_stream("Sample", *breaks)
    with Client(service.address) as client:
        values = np.concatenate(list(client.sample(GAMMA, 1234, seed=5)))
    np.testing.assert_array_equal(values, GAMMA.sample(1234, random_state=5))
    offsets = [request.offset for request in service.faults.requests["Sample"]]
    assert offsets == [100 * sum(breaks[:k]) for k in range(len(breaks) + 1)]


def test_a_broken_stream_of_fits_repeats_no_row(service: Any) -> None:
    tasks = [task("a"), task("bb"), task("ccc", ("norm",))]
    told: list[tuple[str, str]] = []
    RemoteBackend(service.address).fit(tasks)  # uploaded
    service.faults.break_stream("FitStream", 2, 3, 1)
    answers = RemoteBackend(service.address).fit(
        tasks, on_row=lambda column, row: told.append((column, row.distribution))
    )
    assert timeless(answers) == timeless(LocalBackend(1).fit(tasks))
    assert len(told) == len(set(told)) == 9
    asked = [[list(t.spec.families) for t in request.tasks] for request in service.faults.requests["FitStream"]]
    assert asked == [
        [list(FAMILIES), list(FAMILIES), ["norm"]],
        [["norm", "expon"], list(FAMILIES), ["norm"]],
        [["norm", "expon", "gamma"], ["norm"]],
        [["norm", "expon"], ["norm"]],
    ]


def test_a_stream_that_ends_too_soon_is_a_broken_one(service: Any) -> None:
    whole = service.engine.FitStream
    times = iter([1, 0])
    service.faults.instead["FitStream"] = lambda request, context: [*whole(request, context)][: next(times, None)]
    answers = RemoteBackend(service.address).fit([task()], on_row=lambda _column, _row: None)
    assert timeless(answers) == timeless(LocalBackend(1).fit([task()]))


def test_a_stream_is_heard_out_so_that_the_service_can_keep_its_rows(service: Any) -> None:
    service.engine.summaries[task().summary.fingerprint] = task().summary
    RemoteBackend(service.address).fit([task()], on_row=lambda _column, _row: None)
    with Client(service.address) as client:
        list(client.sample(GAMMA, 250))
    assert service.faults.completed == ["FitStream", "Sample"]


def test_a_stream_that_breaks_when_every_row_is_there_is_good_enough(service: Any) -> None:
    service.engine.summaries[task().summary.fingerprint] = task().summary
    service.faults.break_stream("FitStream", len(FAMILIES))
    answers = RemoteBackend(service.address).fit([task()], on_row=lambda _column, _row: None)
    assert timeless(answers) == timeless(LocalBackend(1).fit([task()]))
    assert service.faults.calls == ["FitStream"]


def test_leaving_a_stream_early_ends_the_work(service: Any) -> None:
    service.faults.hold("FitStream", after=1)
    with Client(service.address) as client:
        ref = client.put({"x": task().summary}, "x")
        for column, result in client.fit_stream(ref):
            assert (column, result.status) in {("x", "ok"), ("x", "skipped"), ("x", "degenerate")}
            assert service.faults.entered.wait(PATIENCE)
            break
        assert service.faults.cancelled.wait(PATIENCE)


def test_ctrl_c_in_a_callback_ends_the_work(service: Any) -> None:
    service.faults.hold("FitStream", after=1)

    def on_row(_column: str, _row: Any) -> None:
        assert service.faults.entered.wait(PATIENCE)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        RemoteBackend(service.address).fit([task()], on_row=on_row)
    assert service.faults.cancelled.wait(PATIENCE)


PROGRAMS = {
    "GetServerInfo": "Client({!r}).info()",
    "Fit": "DistributionFitter({!r}).fit([1.0, 2.0, 4.0])",
    "FitStream": "DistributionFitter({!r}).fit([1.0, 2.0, 4.0], progress_callback=print)",
}


@pytest.mark.parametrize("method", PROGRAMS)
def test_ctrl_c_ends_a_program_that_waits_for_an_answer_and_the_work(service: Any, method: str) -> None:
    summary = summarize_values(np.array([1.0, 2.0, 4.0]))
    service.engine.summaries[summary.fingerprint] = summary
    service.faults.hold(method)
    code = "from warmfit import Client, DistributionFitter; " + PROGRAMS[method].format(service.address)
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True) as program:
        assert service.faults.entered.wait(PATIENCE)
        interrupted = time.monotonic()
        program.send_signal(signal.SIGINT)
        said = program.communicate(timeout=PATIENCE)[1]
    assert "KeyboardInterrupt" in said
    assert service.faults.cancelled.wait(PATIENCE)
    assert time.monotonic() - interrupted < 3
