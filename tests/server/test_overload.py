"""More calls than are admitted: some are refused and told when to come back, the others are answered as ever."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import numpy as np
from google.rpc import error_details_pb2, status_pb2
from tests.server.conftest import FitsHere, Gateway, running

from warmfit import Client, FitterConfig
from warmfit_fitting.row import FitRow
from warmfit_proto.v1 import fitting_pb2 as pb
from warmfit_server.handlers import DESCRIPTOR

ADMITTED, CALLERS = 2, 8
VALUES = [1.0, 2.0, 4.0, 7.0]


class Gated(FitsHere):
    """Workers that begin when `opened` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = threading.Event()

    async def fit(self, *asked: Any) -> AsyncIterator[tuple[FitRow, ...]]:
        await asyncio.to_thread(self.opened.wait, 30)
        async for rows in super().fit(*asked):
            yield rows


def fit(gateway: Gateway, seed: int, refused: Callable[[], None], timeout: float = 30.0) -> str:
    """The code with which a fit of its own question ends; one that is refused must be told when to come back."""
    column = pb.Column(name="x", values=pb.ColumnValues(values=VALUES))
    task = pb.FitTask(inline=column, spec=pb.FitSpec(families=["norm"], seed=seed))
    with grpc.insecure_channel(gateway.address) as channel:
        try:
            call = channel.unary_unary(f"/{DESCRIPTOR.full_name}/Fit")
            call(pb.FitRequest(tasks=[task]).SerializeToString(), timeout=timeout)
            return "OK"
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
                return str(error.code().name)
            refused()
            return "RESOURCE_EXHAUSTED" if comes_back_after(error) > 0.0 else "refused, and not told for how long"


def comes_back_after(error: Any) -> float:
    trailers = dict(error.trailing_metadata())
    for detail in status_pb2.Status.FromString(trailers["grpc-status-details-bin"]).details:
        info = error_details_pb2.RetryInfo()
        if detail.Unpack(info):
            return float(info.retry_delay.ToTimedelta().total_seconds())
    return 0.0


def test_what_is_too_much_is_refused_with_the_time_to_come_back_and_what_is_admitted_is_answered(
    tmp_path: Path,
) -> None:
    with running(tmp_path, Gated, max_concurrent_calls=ADMITTED) as gateway, ThreadPoolExecutor(CALLERS) as pool:
        workers = gateway.workers
        assert isinstance(workers, Gated)
        refused = threading.Semaphore(0)
        asked = [pool.submit(fit, gateway, seed, refused.release) for seed in range(CALLERS)]
        for _ in range(CALLERS - ADMITTED):
            assert refused.acquire(timeout=30)
        workers.opened.set()
        codes = [call.result(30) for call in asked]
        assert sorted(codes) == ["OK"] * ADMITTED + ["RESOURCE_EXHAUSTED"] * (CALLERS - ADMITTED)
        assert fit(gateway, CALLERS, refused.release) == "OK"  # there is room again


def test_a_call_whose_time_runs_out_in_a_full_gateway_frees_its_place(tmp_path: Path) -> None:
    with running(tmp_path, Gated, max_concurrent_calls=1) as gateway:
        workers = gateway.workers
        assert isinstance(workers, Gated)
        assert fit(gateway, 1, lambda: None, timeout=0.2) in ("OK", "DEADLINE_EXCEEDED")  # OK: rows that say timed_out
        workers.opened.set()
        codes = [fit(gateway, 2 + turn, lambda: None) for turn in range(50)]
        assert codes[-1] == "OK"


def test_clients_of_ours_come_back_until_each_has_its_answer(tmp_path: Path) -> None:
    config = FitterConfig(included_distributions=("norm",))

    def ask(number: int) -> float:
        with Client(gateway.address) as client:
            return float(client.fit(np.array([*VALUES, float(number)]), config).best()[0].parameters[0])

    with running(tmp_path, max_concurrent_calls=1) as gateway, ThreadPoolExecutor(CALLERS) as pool:
        means = list(pool.map(ask, range(CALLERS)))
    np.testing.assert_allclose(means, [np.mean([*VALUES, number]) for number in range(CALLERS)])
