"""What a flow may ask of the driver that runs it, and how it learns that an RPC failed.

A flow is a generator: it yields commands, is sent what each came to, and returns its answer. It decides what to
call, when to try again and what an answer means; it does no I/O. A driver does nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeVar

from warmfit_proto.v1 import fitting_pb2 as pb

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Method:
    """An RPC: its full name, and what its answers are decoded with; None leaves them as bytes."""

    path: str
    decode: Callable[[bytes], Any] | None
    streams: bool = False


def _method(name: str, decode: Callable[[bytes], Any] | None, streams: bool = False) -> Method:
    return Method(f"/warmfit.v1.FittingService/{name}", decode, streams)


REGISTER_DATASET = _method("RegisterDataset", pb.Dataset.FromString)
APPEND_DATASET = _method("AppendDataset", pb.Dataset.FromString)
GET_DATASET = _method("GetDataset", pb.Dataset.FromString)
LIST_DATASETS = _method("ListDatasets", pb.ListDatasetsResponse.FromString)
DELETE_DATASET = _method("DeleteDataset", pb.DeleteDatasetResponse.FromString)
FIT = _method("Fit", None)
FIT_STREAM = _method("FitStream", pb.FitEvent.FromString, streams=True)
FIT_COPULA = _method("FitCopula", pb.Copula.FromString)
FIT_MIXTURE = _method("FitMixture", pb.FitMixtureResponse.FromString)
FIT_MULTIVARIATE_NORMAL = _method("FitMultivariateNormal", pb.MultivariateNormal.FromString)
SAMPLE = _method("Sample", None, streams=True)
EVALUATE = _method("Evaluate", pb.EvaluateResponse.FromString)
LIST_DISTRIBUTIONS = _method("ListDistributions", pb.ListDistributionsResponse.FromString)
GET_SERVER_INFO = _method("GetServerInfo", pb.ServerInfo.FromString)
METHODS = (
    REGISTER_DATASET, APPEND_DATASET, GET_DATASET, LIST_DATASETS, DELETE_DATASET, FIT, FIT_STREAM, SAMPLE, EVALUATE,
    LIST_DISTRIBUTIONS, GET_SERVER_INFO, FIT_COPULA, FIT_MULTIVARIATE_NORMAL, FIT_MIXTURE,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attempt:
    """Make a unary call once; the answer is its response. `timeout`: seconds; `request_id`: of the whole call."""

    method: Method
    request: bytes
    timeout: float
    request_id: str


@dataclass(frozen=True, slots=True)
class Open:
    """Begin a stream, in place of the one before it."""

    method: Method
    request: bytes
    timeout: float
    request_id: str


@dataclass(frozen=True, slots=True)
class Receive:
    """The next message of the stream, or None after the last."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Let `seconds` pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Compute:
    """Run `work`, which may take long and does no I/O of ours; the answer is what it returns."""

    work: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Deliver:
    """Hand `value` to whoever iterates over the flow."""

    value: Any


Command = Attempt | Open | Receive | Wait | Compute | Deliver
Flow = Generator[Command, Any, T]


class Failure(Exception):
    """An RPC that failed, as gRPC tells it; thrown into the flow that asked for it.

    `code`: the name of the status; `trailer`: the value of `grpc-status-details-bin`.
    """

    def __init__(self, code: str, message: str, trailer: bytes | None = None) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.trailer = trailer
