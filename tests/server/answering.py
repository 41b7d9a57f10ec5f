"""What may be answered to a message that no client of ours sends."""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice
from typing import Any

import grpc
from google.rpc import error_details_pb2, status_pb2
from tests.server.messages import REGISTERED, VALID, turns
from tests.server.mutation import Mutator

from warmfit_proto.v1 import fitting_pb2 as pb
from warmfit_server.handlers import DESCRIPTOR

DEADLINE = 1.0  # seconds of a call
AT_MOST = 50  # messages that are read of a stream
TOLD = {
    "OK", "INVALID_ARGUMENT", "NOT_FOUND", "FAILED_PRECONDITION", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED",
}  # fmt: skip
INSIDE = re.compile(
    r"Traceback|\.py\b|site-packages|/(tmp|home|root|usr|work|var|proc|dev)/|0x[0-9a-f]{6}|127\.0\.0\.1"
)
NO_MESSAGE = re.compile(r"the message is no warmfit\.v1\.\w+$")  # there is no field then
LONGEST = 8 << 10  # bytes of trailers that clients of gRPC take


class Answers:
    """The codes of answers, and those answers that must not be given."""

    def __init__(self) -> None:
        self.codes: Counter[str] = Counter()
        self.wrong: list[str] = []

    def take(self, method: str, data: bytes, code: str, told: str, trailer: bytes) -> None:
        """Judge one answer."""
        self.codes[code] += 1
        why = _why_not(code, told, trailer)
        if why:
            self.wrong.append(f"{method}({data[:300].hex()}): {code}: {why}: {told[:500]}")


def _why_not(code: str, told: str, trailer: bytes) -> str:
    """What is wrong with an answer, empty where nothing is."""
    if code not in TOLD:
        return "no such code"
    if code in ("OK", "DEADLINE_EXCEEDED"):
        return ""
    status = status_pb2.Status.FromString(trailer)
    kinds = {detail.TypeName() for detail in status.details}
    if f"google.rpc.{error_details_pb2.ErrorInfo.DESCRIPTOR.name}" not in kinds:
        return "nothing says which error it is"
    if code == "INVALID_ARGUMENT" and "google.rpc.BadRequest" not in kinds and not NO_MESSAGE.match(told):
        return "nothing says which field"
    if 3 * len(told.encode()) + len(trailer) > LONGEST:
        return "too long to be heard"
    return "it lets something of the inside out" if INSIDE.search(told + str(status)) else ""


def over(address: str, number: int, seed: int) -> Answers:
    """The answers to a number of messages that are sent to the service at an address."""
    mutator, answers = Mutator(seed), Answers()
    with grpc.insecure_channel(address) as channel:
        calls = {method.name: _callable(channel, method) for method in DESCRIPTOR.methods}
        for name, column in REGISTERED.items():
            request = pb.RegisterDatasetRequest(name=name, columns=[column], overwrite=True)
            calls["RegisterDataset"](request.SerializeToString(), timeout=30)
        for method in turns(number, seed):
            data = mutator.message(VALID[method])
            try:
                answer = calls[method](data, timeout=DEADLINE)
                if DESCRIPTOR.methods_by_name[method].server_streaming:
                    _ = list(islice(answer, AT_MOST))
                    answer.cancel()
                answers.take(method, data, "OK", "", b"")
            except grpc.RpcError as error:
                trailer = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin", b"")
                answers.take(method, data, error.code().name, error.details() or "", trailer)
    return answers


def _callable(channel: grpc.Channel, method: Any) -> Any:
    make = channel.unary_stream if method.server_streaming else channel.unary_unary
    return make(f"/{DESCRIPTOR.full_name}/{method.name}")
