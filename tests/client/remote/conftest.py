"""A small real service on a loopback port, built on the engine, that fails where a test tells it to."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import Any

import grpc
import numpy as np
import pytest

from warmfit.remote import retry
from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.errors import DatasetNotFound, InvalidInput, WarmfitError
from warmfit_fitting.families.catalogue import CATALOGUE, DEFAULT_EXCLUSIONS
from warmfit_fitting.families.every import EVERY
from warmfit_fitting.fitted import fitted
from warmfit_fitting.row import FitRow
from warmfit_fitting.sampling import draw
from warmfit_proto import codec
from warmfit_proto.failures import to_status
from warmfit_proto.v1 import fitting_pb2 as pb
from warmfit_proto.v1 import fitting_pb2_grpc as rpc

FAMILIES = tuple(name for name in CATALOGUE.names if name not in DEFAULT_EXCLUSIONS)
FUNCTIONS = ("", "pdf", "logpdf", "cdf", "sf", "ppf", "isf", "pmf", "logpmf")
PATIENCE = 10  # seconds that a test waits for what must happen


class Engine(rpc.FittingServiceServicer):
    """The RPCs, as plainly as they can be written."""

    def __init__(self) -> None:
        self.summaries: dict[str, Any] = {}
        self.datasets: dict[str, pb.Dataset] = {}

    def RegisterDataset(self, request: Any, _context: Any) -> pb.Dataset:
        columns = {column.name: codec.column_from_wire(column) for column in request.columns}
        dataset = pb.Dataset(name=request.name, fingerprint="-".join(s.fingerprint[:8] for s in columns.values()))
        for name, s in columns.items():
            self.summaries[s.fingerprint] = s
            dataset.columns.add(name=name, fingerprint=s.fingerprint, n=s.n, n_missing=s.n_missing, exact=s.is_exact)
        there = self.datasets.get(request.name)
        if there is not None and there != dataset and not request.overwrite:
            raise InvalidInput(f"a dataset named {request.name!r} exists")
        if request.name:
            self.datasets[request.name] = dataset
        return dataset

    def GetDataset(self, request: Any, _context: Any) -> pb.Dataset:
        if request.name not in self.datasets:
            raise DatasetNotFound(f"no dataset named {request.name!r}")
        answer = pb.Dataset()
        answer.CopyFrom(self.datasets[request.name])
        for column in answer.columns if request.with_summaries else ():
            column.summary.CopyFrom(codec.summary_to_wire(self.summaries[column.fingerprint]))
        return answer

    def ListDatasets(self, request: Any, _context: Any) -> pb.ListDatasetsResponse:
        names = [name for name in sorted(self.datasets) if name > request.page_token]
        token = names[0] if len(names) > 1 else ""  # pages of one
        return pb.ListDatasetsResponse(datasets=[self.datasets[n] for n in names[:1]], next_page_token=token)

    def DeleteDataset(self, request: Any, _context: Any) -> pb.DeleteDatasetResponse:
        if self.datasets.pop(request.name, None) is None:
            raise DatasetNotFound(f"no dataset named {request.name!r}")
        return pb.DeleteDatasetResponse()

    def Fit(self, request: Any, _context: Any) -> pb.FitResponse:
        tasks = self.tasks(request)
        return pb.FitResponse(tables=[codec.table_to_wire([row() for row in task]) for task in tasks])

    def FitStream(self, request: Any, _context: Any) -> Iterator[pb.FitEvent]:
        for number, task in enumerate(self.tasks(request)):
            for row in reversed(task):
                finished = pb.FinishedRows(task=number, table=codec.table_to_wire([row()]))
                yield pb.FitEvent(finished=finished)
        yield pb.FitEvent(complete=pb.FitComplete())

    def Sample(self, request: Any, _context: Any) -> Iterator[pb.SampleChunk]:
        d = request.distribution
        distribution = fitted(d.name, d.parameters, codec.window_from_wire(d))
        for start in range(request.offset, request.n, 100):
            values = draw(distribution, min(100, request.n - start), request.seed, start)
            yield pb.SampleChunk(offset=start, values=values)

    def Evaluate(self, request: Any, _context: Any) -> pb.EvaluateResponse:
        d = request.distribution
        distribution = fitted(d.name, d.parameters, codec.window_from_wire(d))
        return pb.EvaluateResponse(values=getattr(distribution, FUNCTIONS[request.function])(np.array(request.points)))

    def ListDistributions(self, _request: Any, _context: Any) -> pb.ListDistributionsResponse:
        infos = [pb.DistributionInfo(name=name, parameters=f.parameters) for name, f in EVERY.items()]
        return pb.ListDistributionsResponse(distributions=infos)

    def GetServerInfo(self, _request: Any, _context: Any) -> pb.ServerInfo:
        info = pb.ServerInfo(version="0", api_version="v1", engine="e", workers=1, max_message_bytes=1)
        info.started.FromSeconds(1_700_000_000)
        return info

    def tasks(self, request: Any) -> list[list[Callable[[], FitRow]]]:
        asked = []
        for task in request.tasks:
            if task.fingerprint not in self.summaries:
                raise DatasetNotFound(f"no column with the fingerprint {task.fingerprint!r}")
            spec = codec.spec_from_wire(task.spec, FAMILIES)
            families = EVERY.resolve(spec.families)
            asked.append(rows(self.summaries[task.fingerprint], spec, families))
        return asked


def rows(summary: Any, spec: Any, families: Any) -> list[Callable[[], FitRow]]:
    """What computes each row; a column that cannot be fitted has failed rows, as everywhere."""
    try:
        problem = prepare(summary, spec)
    except WarmfitError as error:
        return [lambda name=f.name, why=str(error): FitRow(name, "failed", why) for f in families]
    return [lambda f=f: fit_family(problem, f) for f in families]


class Faults(grpc.ServerInterceptor):
    """What goes wrong on the way to the engine, and what was asked of it.

    `calls`: methods in order; `requests`, `metadata`, `time_left`: by method, one entry a call.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.requests: dict[str, list[Any]] = defaultdict(list)
        self.metadata: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.time_left: dict[str, list[float]] = defaultdict(list)
        self.cancelled = threading.Event()
        self.entered = threading.Event()
        self.completed: list[str] = []  # streams that came to their end
        self.instead: dict[str, Callable[[Any, Any], Any]] = {}  # of the engine, by method
        self._failing: dict[str, list[tuple[grpc.StatusCode, str, bytes | None]]] = defaultdict(list)
        self._breaking: dict[str, list[int]] = defaultdict(list)
        self._held: dict[str, int] = {}

    def fail(self, method: str, code: str, times: int = 1, message: str = "made to fail", status: Any = None) -> None:
        """Have the next calls fail before they reach the engine."""
        trailer = None if status is None else status.SerializeToString()
        self._failing[method] += [(grpc.StatusCode[code], message, trailer)] * times

    def break_stream(self, method: str, *after: int) -> None:
        """Have the next streams end after that many messages, with UNAVAILABLE."""
        self._breaking[method] += after

    def hold(self, method: str, after: int = 0) -> None:
        """Have calls wait, streams after that many messages, until the client goes away."""
        self._held[method] = after

    def intercept_service(self, continuation: Any, details: Any) -> Any:
        handler, method = continuation(details), details.method.rpartition("/")[2]
        if handler is None or not method[0].isupper():
            return handler
        self.calls.append(method)
        self.metadata[method].append(dict(details.invocation_metadata))
        make = (
            grpc.unary_stream_rpc_method_handler if handler.response_streaming else grpc.unary_unary_rpc_method_handler
        )
        inner = handler.unary_stream if handler.response_streaming else handler.unary_unary
        behave = self._stream if handler.response_streaming else self._unary
        return make(
            lambda request, context: behave(method, inner, request, context),
            handler.request_deserializer,
            handler.response_serializer,
        )

    def _unary(self, method: str, inner: Any, request: Any, context: Any) -> Any:
        self._begin(method, request, context)
        if method in self._held:
            self._wait(context)
        try:
            return self.instead.get(method, inner)(request, context)
        except WarmfitError as error:
            _abort(context, error)

    def _stream(self, method: str, inner: Any, request: Any, context: Any) -> Iterator[Any]:
        self._begin(method, request, context)
        after = self._breaking[method].pop(0) if self._breaking[method] else None
        try:
            for sent, message in enumerate(self.instead.get(method, inner)(request, context)):
                if sent == after:
                    context.abort(grpc.StatusCode.UNAVAILABLE, "made to break")
                if self._held.get(method) == sent:
                    self._wait(context)
                yield message
            self.completed.append(method)
        except WarmfitError as error:
            _abort(context, error)

    def _begin(self, method: str, request: Any, context: Any) -> None:
        self.requests[method].append(request)
        self.time_left[method].append(context.time_remaining())
        if self._failing[method]:
            code, message, trailer = self._failing[method].pop(0)
            if trailer is not None:
                context.set_trailing_metadata((("grpc-status-details-bin", trailer),))
            context.abort(code, message)

    def _wait(self, context: Any) -> None:
        gone = threading.Event()
        if not context.add_callback(gone.set):
            gone.set()
        self.entered.set()
        if gone.wait(PATIENCE):
            self.cancelled.set()
        context.abort(grpc.StatusCode.CANCELLED, "the client is gone")


def _abort(context: Any, error: WarmfitError) -> None:
    status = to_status(error)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode[error.grpc_status], str(error))


class Service:
    """The service that is running: its address, engine and faults."""

    def __init__(self, port: int = 0, credentials: grpc.ServerCredentials | None = None) -> None:
        self.engine, self.faults = Engine(), Faults()
        options = (("grpc.max_receive_message_length", 1 << 20), ("grpc.so_reuseport", 0))
        pool = futures.ThreadPoolExecutor(8)
        self._server = grpc.server(pool, interceptors=[self.faults], options=options)
        rpc.add_FittingServiceServicer_to_server(self.engine, self._server)
        add, *secrets = (
            (self._server.add_insecure_port,) if credentials is None else (self._server.add_secure_port, credentials)
        )
        self.port = add(f"127.0.0.1:{port}", *secrets)
        self.address = f"127.0.0.1:{self.port}"
        self._server.start()

    def stop(self) -> None:
        """End at once."""
        self._server.stop(None).wait(PATIENCE)


@pytest.fixture
def service() -> Iterator[Service]:
    running = Service()
    yield running
    running.stop()


@pytest.fixture
def start() -> Iterator[Callable[..., Service]]:
    """What starts a service on a port of the test's choice, or with credentials."""
    started: list[Service] = []

    def begin(port: int = 0, credentials: grpc.ServerCredentials | None = None) -> Service:
        started.append(Service(port, credentials))
        return started[-1]

    yield begin
    for running in started:
        running.stop()


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WARMFIT_ADDRESS", raising=False)
    monkeypatch.delenv("WARMFIT_TOKEN", raising=False)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A policy that gives up on a service that is not there after half a second."""
    monkeypatch.setattr(retry, "POLICY", retry.Policy(first=0.01, longest=0.05, patience=0.5, patience_with_known=0.5))
