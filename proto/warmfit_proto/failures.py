"""Between the error tree and the standard error model of gRPC (google.rpc.Status with details, AIP-193).

`ErrorInfo.reason` is the name of the class and its domain is `warmfit`; `RetryInfo` says when to come back; `BadRequest`
names the field of the request that is at fault.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import DecodeError
from google.rpc import code_pb2, error_details_pb2, status_pb2

from warmfit_fitting import errors
from warmfit_fitting.errors import WarmfitError

DOMAIN = "warmfit"
CLASSES: dict[str, type[WarmfitError]] = {
    name: cls for name, cls in vars(errors).items() if isinstance(cls, type) and issubclass(cls, WarmfitError)
}
# What a peer that speaks no details means by a status code.
BY_CODE: dict[str, type[WarmfitError]] = {
    "CANCELLED": errors.ServiceUnavailable,
    "UNKNOWN": WarmfitError,
    "INVALID_ARGUMENT": errors.InvalidInput,
    "DEADLINE_EXCEEDED": errors.DeadlineExceeded,
    "NOT_FOUND": errors.DatasetNotFound,
    "ALREADY_EXISTS": errors.InvalidInput,
    "PERMISSION_DENIED": errors.PermissionDenied,
    "RESOURCE_EXHAUSTED": errors.Overloaded,
    "FAILED_PRECONDITION": errors.InvalidInput,
    "ABORTED": errors.ServiceUnavailable,
    "OUT_OF_RANGE": errors.InvalidInput,
    "UNIMPLEMENTED": errors.InvalidInput,
    "INTERNAL": WarmfitError,
    "UNAVAILABLE": errors.ServiceUnavailable,
    "DATA_LOSS": errors.DataLost,
    "UNAUTHENTICATED": errors.Unauthenticated,
}


def to_status(error: WarmfitError, retry_after: float | None = None) -> status_pb2.Status:
    """The status that carries an error, and after how many seconds to try again where that is known."""
    details: list[Any] = [error_details_pb2.ErrorInfo(reason=type(error).__name__, domain=DOMAIN)]
    if retry_after is not None:
        delay = duration_pb2.Duration()
        delay.FromTimedelta(timedelta(seconds=retry_after))
        details.append(error_details_pb2.RetryInfo(retry_delay=delay))
    if error.field:
        violation = error_details_pb2.BadRequest.FieldViolation(field=error.field, description=str(error))
        details.append(error_details_pb2.BadRequest(field_violations=[violation]))
    packed = [any_pb2.Any() for _ in details]
    for slot, detail in zip(packed, details, strict=True):
        slot.Pack(detail)
    code = code_pb2.Code.Value(error.grpc_status)
    return status_pb2.Status(code=code, message=str(error), details=packed)


def from_status(code: str, message: str, trailer: bytes | None) -> WarmfitError:
    """The error of a failed call: by its details where it has them, by its status code otherwise.

    `trailer`: the value of `grpc-status-details-bin`.
    """
    status = _parsed(trailer)
    error = BY_CODE.get(code, WarmfitError)(message or f"the call ended with {code}")
    for detail in status.details if status else ():
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info) and info.domain == DOMAIN and info.reason in CLASSES:
            error = CLASSES[info.reason](status.message if status else message)
    error.field = _field(status)
    return error


def _field(status: status_pb2.Status | None) -> str:
    """The field that a status says is at fault, the first of several; empty where it says nothing."""
    for detail in status.details if status else ():
        bad = error_details_pb2.BadRequest()
        if detail.Unpack(bad) and bad.field_violations:
            return str(bad.field_violations[0].field)
    return ""


def retry_delay(trailer: bytes | None) -> float | None:
    """After how many seconds the service asks to be tried again, or None."""
    status = _parsed(trailer)
    for detail in status.details if status else ():
        retry = error_details_pb2.RetryInfo()
        if detail.Unpack(retry):
            return float(retry.retry_delay.ToTimedelta().total_seconds())
    return None


def _parsed(trailer: bytes | None) -> status_pb2.Status | None:
    if not trailer:
        return None
    try:
        return status_pb2.Status.FromString(trailer)
    except DecodeError:
        return None
