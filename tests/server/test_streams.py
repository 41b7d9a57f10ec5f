"""Streams over a socket: readers who stall hold up the work, readers who leave end it."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterator

import grpc
import pytest
from tests.server.conftest import Gateway

from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary
from warmfit_proto.v1 import fitting_pb2 as pb
from warmfit_proto.v1 import fitting_pb2_grpc
from warmfit_server import service
from warmfit_server.settings import MIB

NORM = pb.Distribution(name="norm", parameters=[0.0, 1.0])
PATIENCE = 10.0


@pytest.fixture
def gateway(start: Callable[..., Gateway]) -> Gateway:
    return start()


@pytest.fixture
def stub(gateway: Gateway) -> Iterator[fitting_pb2_grpc.FittingServiceStub]:
    with grpc.insecure_channel(gateway.address) as channel:
        yield fitting_pb2_grpc.FittingServiceStub(channel)


def settles(count: Callable[[], int]) -> int:
    """What a count stands at when it has stayed the same for a while."""
    until, before = time.monotonic() + PATIENCE, -1
    while (now := count()) != before:
        assert time.monotonic() < until, f"still growing at {now}"
        before = now
        time.sleep(0.3)
    return before


class Endless:
    """Workers whose fits of a column have a batch of one row whenever somebody takes it."""

    def __init__(self) -> None:
        self.batches = 0
        self.open: set[str] = set()
        self.most_open = 0
        self.closed = threading.Event()

    async def fit(
        self, _namespace: str, summary: ColumnSummary, spec: FitSpec, _timeout: float
    ) -> AsyncGenerator[tuple[FitRow, ...], None]:
        self.open.add(summary.fingerprint)
        self.most_open = max(self.most_open, len(self.open))
        try:
            while True:
                self.batches += 1
                yield (FitRow(spec.families[0], "failed", "x" * 10_000),)
        finally:
            self.open.discard(summary.fingerprint)
            self.closed.set()


@pytest.fixture
def endless(gateway: Gateway) -> Endless:
    workers = Endless()
    gateway.workers.fit = workers.fit  # type: ignore[method-assign]
    return workers


def request_of(n: int) -> pb.FitRequest:
    spec = pb.FitSpec(families=["norm"])
    values = [pb.ColumnValues(values=[1.0, 2.0, 4.0 + i]) for i in range(n)]
    return pb.FitRequest(tasks=[pb.FitTask(inline=pb.Column(name="x", values=v), spec=spec) for v in values])


def test_a_reader_of_a_sample_who_stalls_holds_up_the_drawing(
    stub: fitting_pb2_grpc.FittingServiceStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn, real = [], service.draw
    monkeypatch.setattr(service, "draw", lambda *asked: drawn.append(asked) or real(*asked))
    stream = stub.Sample(pb.SampleRequest(distribution=NORM, n=10**10, chunk_bytes=MIB))
    next(stream)
    stalled = settles(lambda: len(drawn))
    assert stalled < 64  # what is drawn ahead, and what the connection takes
    for _ in range(stalled):
        next(stream)
    assert len(drawn) > stalled
    stream.cancel()
    settles(lambda: len(drawn))


def test_chunks_come_in_order_with_the_same_values_however_they_are_split(
    stub: fitting_pb2_grpc.FittingServiceStub,
) -> None:
    def values(size: int, offset: int = 0) -> list[float]:
        asked = pb.SampleRequest(distribution=NORM, n=1_000, seed=7, offset=offset, chunk_bytes=size)
        chunks = list(stub.Sample(asked))
        assert [chunk.offset for chunk in chunks] == list(range(offset, 1_000, size // 8))
        return [value for chunk in chunks for value in chunk.values]

    whole = values(8 * 1_000)
    assert values(8 * 64) == whole
    assert values(8 * 7, offset=333) == whole[333:]


def test_columns_of_one_stream_are_fitted_side_by_side_and_none_of_it_outruns_its_reader(
    stub: fitting_pb2_grpc.FittingServiceStub, endless: Endless
) -> None:
    stream = stub.FitStream(request_of(5))
    tasks = {next(stream).finished.task for _ in range(20)}
    assert tasks == set(range(5))
    assert endless.most_open == 5
    stalled = settles(lambda: endless.batches)
    for _ in range(stalled):
        next(stream)
    assert endless.batches > stalled
    stream.cancel()
    assert endless.closed.wait(PATIENCE)
    assert settles(lambda: len(endless.open)) == 0


def test_no_more_columns_are_open_at_once_than_the_limit(
    stub: fitting_pb2_grpc.FittingServiceStub, endless: Endless, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("warmfit_server.servicer.TASKS_AT_ONCE", 2)
    stream = stub.FitStream(request_of(5))
    assert {next(stream).finished.task for _ in range(20)} == {0, 1}
    assert endless.most_open == 2
    stream.cancel()
    assert settles(lambda: len(endless.open)) == 0
