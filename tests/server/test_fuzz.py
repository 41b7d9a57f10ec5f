"""Whatever is sent, the answer is an answer or says what was wrong with the question: never INTERNAL, never UNKNOWN."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any

import grpc
import numpy as np
import psutil
import pytest
from google.protobuf.message import Message
from google.rpc import status_pb2
from tests.server.conftest import FitsHere, Gateway, running
from tests.server.mutation import Mutator

from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.families.every import EVERY
from warmfit_fitting.problem import OUT_OF_TIME
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary, summarize_intervals, summarize_values
from warmfit_proto import codec
from warmfit_proto.v1 import fitting_pb2 as pb
from warmfit_server.handlers import DESCRIPTOR

MESSAGES = 20_000
DEADLINE = 1.0  # seconds of a call
FITTED = 0.005  # seconds of one fit
TOLD = {
    "OK", "INVALID_ARGUMENT", "NOT_FOUND", "ALREADY_EXISTS", "FAILED_PRECONDITION", "OUT_OF_RANGE", "RESOURCE_EXHAUSTED",
    "DEADLINE_EXCEEDED",
}  # fmt: skip
INSIDE = re.compile(
    r"Traceback|\.py\b|site-packages|/(tmp|home|root|usr|work|var|proc|dev)/|0x[0-9a-f]{6}|127\.0\.0\.1"
)
UNEXPLAINED = ("DEADLINE_EXCEEDED",)  # which may come from gRPC itself
NO_MESSAGE = re.compile(r"the message is no warmfit\.v1\.\w+$")  # there is no field then
RNG = np.random.default_rng(6)


class Briefly(FitsHere):
    """Fits that take no longer than they may, of the first families; what takes longer is out of time."""

    async def fit(
        self, _namespace: str, summary: ColumnSummary, spec: FitSpec, timeout: float
    ) -> AsyncIterator[tuple[FitRow, ...]]:
        until = time.monotonic() + min(timeout, FITTED)
        for row in await asyncio.to_thread(_rows, summary, spec, until):
            yield (row,)


def _rows(summary: ColumnSummary, spec: FitSpec, until: float) -> list[FitRow]:
    rows = []
    try:
        problem = prepare(summary, spec)
    except InvalidInput as error:
        return [FitRow(name, "failed", str(error)) for name in spec.families]
    for family in EVERY.resolve(spec.families):
        if time.monotonic() > until:
            rows.append(FitRow(family.name, "timed_out", OUT_OF_TIME))
        else:
            rows.append(fit_family(problem, family, lambda: time.monotonic() > until))
    return rows


def column(name: str, summary: ColumnSummary) -> pb.Column:
    """A column whose fingerprint does not stand in the way of what is changed."""
    message = codec.column_to_wire(name, summary)
    message.summary.fingerprint = ""
    return message


EXACT = column("x", summarize_values(np.array([1.0, 2.0, 4.0, 4.5])))
GAMMA = RNG.gamma(2.0, 1.0, 6_000)
BINNED = column("x", summarize_values(GAMMA))
MORE = column("x", summarize_values(GAMMA[:5_000] * 1.5, plan=summarize_values(GAMMA).plan()))
CENSORED = column("x", summarize_values(np.arange(1.0, 9.0), censoring=np.array([0, 0, 1, 0, -1, 0, 0, 1])))
INTERVALS = column("x", summarize_intervals(np.array([1.0, 2.0, 3.0, 3.0]), np.array([1.5, 4.0, 3.0, np.inf])))
WINDOWED = column("x", summarize_values(np.arange(1.0, 9.0), truncation=(np.zeros(8), np.full(8, 20.0))))
VALUES = pb.Column(name="x", values=pb.ColumnValues(values=[1.0, 2.0, np.nan, 7.0], weights=[1.0, 2.0, 3.0, 0.5]))
CODES = pb.Column(
    name="x", values=pb.ColumnValues(values=[1.0, 2.0, 5.0], censoring=[0, 1, -1], lower_truncation=[0.0] * 3)
)
ENDS = pb.Column(
    name="x", values=pb.ColumnValues(values=[1.0, 2.0, 5.0], upper=[1.0, 3.0, 6.0], upper_truncation=[9.0] * 3)
)
COLUMNS = [EXACT, BINNED, CENSORED, INTERVALS, WINDOWED, VALUES, CODES, ENDS]
NAMED = pb.NamedColumn(dataset="kept", column="x")
SPECS = [
    pb.FitSpec(families=["norm"]),
    pb.FitSpec(families=["expon", "gumbel_r"], support_at_zero=False, lower_bound=0.0, bins=7, evaluations=50),
    pb.FitSpec(families=["norm"], method="auto", fixed=[pb.FixedParameter(name="loc", value=0.0)], seed=3),
    pb.FitSpec(
        families=["gamma"], warm_start=[pb.WarmStart(family="gamma", parameters=[1.0, 0.0, 2.0])], prefilter="safe"
    ),
    pb.FitSpec(families=["poisson"], evaluations=50),
    pb.FitSpec(families=["norm"], n_bootstrap=2, evaluations=50),
]
TASKS = [
    *(pb.FitTask(inline=c, spec=SPECS[i % len(SPECS)]) for i, c in enumerate(COLUMNS)),
    *(pb.FitTask(named=NAMED, spec=spec) for spec in SPECS),
    pb.FitTask(fingerprint=codec.summary_from_wire(EXACT.summary).fingerprint, spec=SPECS[0]),
]
LAWS = [
    pb.Distribution(name="norm", parameters=[0.0, 1.0]),
    pb.Distribution(name="gamma", parameters=[2.0, 0.0, 1.0], lower_bound=0.5, upper_bound=4.0),
    pb.Distribution(name="poisson", parameters=[3.0, 0.0]),
    pb.Distribution(name="weibull_min", parameters=[2.0, 0.0, 1.0]),
]
FITS = [pb.FitRequest(tasks=[task], timeout=0.5) for task in TASKS] + [pb.FitRequest(tasks=TASKS[-2:])]
VALID: dict[str, list[Any]] = {
    "RegisterDataset": [pb.RegisterDatasetRequest(name=name, columns=[c]) for c in COLUMNS for name in ("", "a")],
    "AppendDataset": [
        pb.AppendDatasetRequest(name=name, columns=[c], request_id="r")
        for name in ("kept", "binned")
        for c in (*COLUMNS, MORE)
    ],
    "GetDataset": [pb.GetDatasetRequest(name="kept", with_summaries=True)],
    "ListDatasets": [pb.ListDatasetsRequest(page_size=2, page_token="a")],
    "DeleteDataset": [pb.DeleteDatasetRequest(name="a")],
    "Fit": FITS,
    "FitStream": FITS,
    "ConfidenceIntervals": [
        pb.ConfidenceIntervalsRequest(task=TASKS[0], method="profile", quantiles=[0.5], n_bootstrap=3, seed=1),
        pb.ConfidenceIntervalsRequest(task=TASKS[-1], alpha=0.1),
        pb.ConfidenceIntervalsRequest(task=TASKS[0], method="bootstrap", n_bootstrap=3, timeout=0.5),
    ],
    "GoodnessOfFit": [pb.GoodnessOfFitRequest(task=TASKS[0], statistic=s, n_bootstrap=3) for s in ("ad", "ks")],
    "Sample": [pb.SampleRequest(distribution=d, n=20, seed=1, offset=3, chunk_bytes=64) for d in LAWS],
    "Evaluate": [pb.EvaluateRequest(distribution=d, function=1 + i, points=[0.5, 2.0]) for d in LAWS for i in range(8)],
    "ListDistributions": [pb.ListDistributionsRequest()],
    "GetServerInfo": [pb.GetServerInfoRequest()],
}
SHARES = {
    "ListDistributions": 0.01,
    "GetServerInfo": 0.01,
    "ListDatasets": 0.02,
    "DeleteDataset": 0.02,
    "GetDataset": 0.02,
}


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    limits = {"max_tasks": 8, "max_points": 50, "max_samples": 1_000, "max_bootstrap_rows": 100, "max_datasets": 20}
    caches = {"summary_cache_bytes": 2 << 20, "result_cache_bytes": 1 << 20}
    with running(tmp_path_factory.mktemp("fuzz") / "data", Briefly, **limits, **caches) as gateway:
        yield gateway


class Fuzzer:
    """Sends messages, and keeps what is told that must not be."""

    def __init__(self, channel: grpc.Channel, seed: int) -> None:
        self._mutator = Mutator(seed)
        self.codes: Counter[str] = Counter()
        self.wrong: list[str] = []
        self._calls = {}
        for method in DESCRIPTOR.methods:
            make = channel.unary_stream if method.server_streaming else channel.unary_unary
            self._calls[method.name] = make(f"/{DESCRIPTOR.full_name}/{method.name}")

    def send(self, method: str, valid: list[Message]) -> None:
        """Send one message made of valid ones."""
        data = self._mutator.message(valid)
        call = self._calls[method]
        try:
            answer = call(data, timeout=DEADLINE)
            _ = list(answer) if DESCRIPTOR.methods_by_name[method].server_streaming else answer
            code, told = "OK", ""
        except grpc.RpcError as error:
            code, told = error.code().name, error.details() or ""
            trailers = dict(error.trailing_metadata() or ())
            details = str(status_pb2.Status.FromString(trailers.get("grpc-status-details-bin", b"")))
            explained = "ErrorInfo" in details and (code != "INVALID_ARGUMENT" or "BadRequest" in details)
            told = told + details if explained or code in UNEXPLAINED or NO_MESSAGE.match(told) else f"bare: {told}"
        self.codes[code] += 1
        if code not in TOLD or INSIDE.search(told) or told.startswith("bare"):
            self.wrong.append(f"{method}({data[:300].hex()}): {code}: {told[:500]}")


def test_no_message_is_answered_with_internal_or_lets_anything_of_the_inside_out(gateway: Gateway) -> None:
    rng = np.random.default_rng(2026)
    weights = np.array([SHARES.get(method, 0.115) for method in VALID])
    turns = rng.choice(list(VALID), MESSAGES, p=weights / weights.sum())
    process, half = psutil.Process(), 0
    with grpc.insecure_channel(gateway.address) as channel:
        fuzzer = Fuzzer(channel, seed=7)
        for number, method in enumerate(turns):
            if number % 500 == 0:
                restore(channel)
            if number == MESSAGES // 2:
                half = process.memory_info().rss
            fuzzer.send(method, VALID[method])
        grown = process.memory_info().rss - half
    assert not fuzzer.wrong, "\n".join(fuzzer.wrong[:10])
    assert fuzzer.codes["OK"] > MESSAGES / 20, fuzzer.codes  # mutants that are valid reach what lies behind validation
    assert grown < 64 << 20, f"{grown} bytes more after the second half"


def restore(channel: grpc.Channel) -> None:
    """Have the datasets be as they were."""
    call = channel.unary_unary(f"/{DESCRIPTOR.full_name}/RegisterDataset")
    for name, kept in (("kept", EXACT), ("binned", BINNED)):
        call(pb.RegisterDatasetRequest(name=name, columns=[kept], overwrite=True).SerializeToString(), timeout=30)
