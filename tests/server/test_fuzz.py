"""Whatever is sent, the answer is an answer or says what was wrong with the question: never INTERNAL, never UNKNOWN."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, NoReturn

import grpc
import grpc.aio
import psutil
import pytest
from tests.server.answering import DEADLINE, Answers, over
from tests.server.conftest import FitsHere, running
from tests.server.messages import REGISTERED, VALID, turns
from tests.server.mutation import Mutator

from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.families.every import EVERY
from warmfit_fitting.problem import OUT_OF_TIME
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary
from warmfit_proto.v1 import fitting_pb2 as pb
from warmfit_server.about import About
from warmfit_server.accepted import NONE
from warmfit_server.access import Caller, Scope, calls_as
from warmfit_server.answers import Answers as Kept
from warmfit_server.calls import Calls
from warmfit_server.handlers import DESCRIPTOR, Handlers
from warmfit_server.health import Health
from warmfit_server.service import Service
from warmfit_server.servicer import Servicer
from warmfit_server.settings import Settings
from warmfit_server.vitals import Vitals

PARTS, PART = 3, 6_000  # messages
OVER_A_SOCKET = 1_500
FITTED = 0.005  # seconds of one fit
FLAT = 48 << 20  # bytes by which memory may differ
LIMITS = {"max_tasks": 8, "max_points": 50, "max_samples": 1_000, "max_bootstrap_rows": 100, "max_datasets": 20}
CACHES = {"summary_cache_bytes": 2 << 20, "result_cache_bytes": 1 << 20}


class Briefly(FitsHere):
    """Fits that take no longer than they may; what takes longer has failed, and is not gone on with."""

    async def fit(
        self, _namespace: str, summary: ColumnSummary, spec: FitSpec, timeout: float
    ) -> AsyncIterator[tuple[FitRow, ...]]:
        for row in await asyncio.to_thread(_rows, summary, spec, time.monotonic() + min(timeout, FITTED)):
            yield (row,)


def _rows(summary: ColumnSummary, spec: FitSpec, until: float) -> list[FitRow]:
    rows = []
    try:
        problem = prepare(summary, spec)
    except InvalidInput as error:  # as a worker answers
        return [FitRow(name, "failed", str(error)) for name in spec.families]
    for family in EVERY.resolve(spec.families):
        if time.monotonic() > until:
            rows.append(FitRow(family.name, "failed", OUT_OF_TIME))
        else:
            rows.append(fit_family(problem, family, lambda: time.monotonic() > until))
    return [row if row.is_final else FitRow(row.distribution, "failed", OUT_OF_TIME) for row in rows]


class Context:
    """What a handler needs of gRPC, without it."""

    def __init__(self) -> None:
        self.code, self.told, self.trailer = "OK", "", b""
        self._until = time.monotonic() + DEADLINE
        self._ended: list[Callable[[Any], None]] = []

    def invocation_metadata(self) -> tuple[tuple[str, str], ...]:
        return ()

    def time_remaining(self) -> float:
        return self._until - time.monotonic()

    def add_done_callback(self, callback: Callable[[Any], None]) -> None:
        self._ended.append(callback)

    async def write(self, data: bytes) -> None:
        assert isinstance(data, bytes)

    async def abort(self, code: grpc.StatusCode, told: str, trailing_metadata: Any = ()) -> NoReturn:
        self.code, self.told = code.name, told
        self.trailer = dict(trailing_metadata).get("grpc-status-details-bin", b"")
        raise grpc.aio.AbortError

    def end(self) -> None:
        for callback in self._ended:
            callback(self)


class Inside:
    """The handlers of a gateway without its server: a message costs a third of what it does over a socket."""

    def __init__(self, data_dir: Path) -> None:
        settings = Settings.load(data_dir=data_dir, workers=1, **LIMITS, **CACHES)
        calls, workers, health = Calls(1_000, 60.0), Briefly(), Health([""])
        service = Service(settings, workers, NONE)
        about = About(settings, "", calls, health, Vitals(health, workers, lambda: None), service.caches)
        handlers = Handlers(Servicer(service, about), Kept(1 << 20, 60.0), calls).generic()
        self._handlers = {name: handlers.service(_Details(name)) for name in VALID}
        calls_as(Caller("fuzzer", "default", frozenset(Scope)))

    async def send(self, method: str, data: bytes) -> Context:
        """What became of one message."""
        context, handler = Context(), self._handlers[method]
        try:
            await asyncio.wait_for((handler.unary_unary or handler.unary_stream)(data, context), DEADLINE)
        except grpc.aio.AbortError:
            pass
        except TimeoutError:
            context.code = "DEADLINE_EXCEEDED"
        context.end()
        return context


class _Details:
    def __init__(self, method: str) -> None:
        self.method = f"/{DESCRIPTOR.full_name}/{method}"
        self.invocation_metadata = ()


def test_every_method_is_sent_something() -> None:
    assert set(VALID) == {method.name for method in DESCRIPTOR.methods}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # numerics of what no rows have
@pytest.mark.parametrize("part", range(PARTS))
def test_no_message_is_answered_with_internal_or_lets_anything_of_the_inside_out(tmp_path: Path, part: int) -> None:
    mutator, answers, process = Mutator(part), Answers(), psutil.Process()

    async def send_all() -> int:
        inside, settled = Inside(tmp_path), 0
        for number, method in enumerate(turns(PART, part)):
            if number % 500 == 0:
                for name, column in REGISTERED.items():
                    request = pb.RegisterDatasetRequest(name=name, columns=[column], overwrite=True)
                    assert (await inside.send("RegisterDataset", request.SerializeToString())).code == "OK"
            if number == PART // 4:
                settled = process.memory_info().rss
            data = mutator.message(VALID[method])
            context = await inside.send(method, data)
            answers.take(method, data, context.code, context.told, context.trailer)
        return process.memory_info().rss - settled

    grown = asyncio.run(send_all())
    assert not answers.wrong, "\n".join(answers.wrong[:10])
    assert answers.codes["OK"] > PART / 20, answers.codes  # valid mutants reach what lies behind validation
    assert grown < FLAT


def test_over_a_socket_it_is_the_same(tmp_path: Path) -> None:
    with running(tmp_path, Briefly, **LIMITS, **CACHES) as gateway:
        answers = over(gateway.address, OVER_A_SOCKET, seed=PARTS)
    assert not answers.wrong, "\n".join(answers.wrong[:10])
    assert answers.codes["OK"] > OVER_A_SOCKET / 20, answers.codes
