"""Twice the load that a gateway admits: who is refused is told when to come back, and who is admitted does not notice.

Rounds of as many callers as calls are admitted take turns with rounds of twice as many; every caller asks for new fits,
one after the other, without the SDK and its retries, and comes back after the time it was told.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import grpc
import numpy as np
from google.rpc import error_details_pb2, status_pb2

from own_processes import serving
from warmfit_fitting.summary import summarize_values
from warmfit_proto import codec
from warmfit_proto.v1 import fitting_pb2 as pb
from warmfit_proto.v1 import fitting_pb2_grpc

ADMITTED = 4
ROUNDS, ROUND = 4, 4.0  # seconds
DEADLINE = 30.0
FAMILIES = ("norm", "gamma", "gumbel_r", "weibull_min")
MOST = 2.0  # times as long as without overload
TOLD = ("OK", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED")
COLUMN = codec.column_to_wire("x", summarize_values(np.random.default_rng(1).gamma(2.0, 3.0, 4000)))


class Callers:
    """Callers that ask for one fit after the other, each a question of its own."""

    def __init__(self, address: str) -> None:
        self.codes: Counter[str] = Counter()
        self.bare = 0  # refused without being told when to come back
        self._address = address
        self._asked = 0
        self._lock = threading.Lock()

    def round(self, number: int) -> list[float]:
        """Seconds that admitted calls of `number` callers took in one round."""
        took: list[float] = []
        until = time.monotonic() + ROUND
        threads = [threading.Thread(target=self._ask, args=(until, took)) for _ in range(number)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return took

    def _ask(self, until: float, took: list[float]) -> None:
        with grpc.insecure_channel(self._address, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
            stub = fitting_pb2_grpc.FittingServiceStub(channel)
            while time.monotonic() < until:
                began = time.monotonic()
                try:
                    stub.Fit(self._question(), timeout=DEADLINE)
                    took.append(time.monotonic() - began)
                    code = "OK"
                except grpc.RpcError as error:
                    code = error.code().name
                    time.sleep(self._pause(error) if code == "RESOURCE_EXHAUSTED" else 0.0)
                with self._lock:
                    self.codes[code] += 1

    def _question(self) -> pb.FitRequest:
        with self._lock:
            self._asked += 1
            spec = pb.FitSpec(families=FAMILIES, seed=self._asked)
        return pb.FitRequest(tasks=[pb.FitTask(inline=COLUMN, spec=spec)])

    def _pause(self, error: grpc.RpcError) -> float:
        trailers = dict(error.trailing_metadata() or ())
        for detail in status_pb2.Status.FromString(trailers.get("grpc-status-details-bin", b"")).details:
            info = error_details_pb2.RetryInfo()
            if detail.Unpack(info):
                return float(info.retry_delay.ToTimedelta().total_seconds())
        self.bare += 1
        return 0.0


def overload() -> list[str]:
    """Problems that twice the admitted load brings to light; prints what was measured."""
    limit = {"WARMFIT_SERVER_MAX_CONCURRENT_CALLS": str(ADMITTED)}
    with (
        tempfile.TemporaryDirectory(prefix="warmfit-overload-") as folder,
        serving(Path(folder), "--workers", "2", **limit) as service,
    ):
        callers = Callers(service.address)
        callers.round(ADMITTED)  # warm
        full: list[float] = []
        over: list[float] = []
        for _ in range(ROUNDS):
            full += callers.round(ADMITTED)
            over += callers.round(2 * ADMITTED)
    quantiles = [float(np.quantile(over, q) / np.quantile(full, q)) for q in (0.5, 0.95)]
    codes = ", ".join(f"{count} {code}" for code, count in sorted(callers.codes.items()))
    print(f"twice the admitted load: {codes}")
    print(
        f"  admitted calls take {quantiles[0]:.2f} x (p50) and {quantiles[1]:.2f} x (p95) what they take at full load"
    )
    problems = [f"a call ended with {code}" for code in callers.codes if code not in TOLD]
    if callers.bare or not callers.codes["RESOURCE_EXHAUSTED"]:
        problems.append(f"{callers.bare} calls were refused without being told when to come back")
    if max(quantiles) > MOST:
        problems.append(f"admitted calls took more than {MOST:g} times as long under overload")
    return problems
