"""From a failed RPC to the error that the caller sees, and whether the service asked to be tried again."""

from __future__ import annotations

import re

from warmfit.remote.commands import Failure
from warmfit_fitting.errors import DeadlineExceeded, InvalidInput, ServiceUnavailable, WarmfitError
from warmfit_proto.failures import from_status, retry_delay

_TOO_LARGE = re.compile(r"(Sent|Received) message larger than max(?: \((\d+) vs\. (\d+)\))?")
_CANCELLED_HERE = re.compile(r"Channel closed|Locally cancelled")
_CUT = re.compile(r"RST_STREAM|GOAWAY|Stream removed|Socket closed")


def error_of(failure: Failure, address: str) -> WarmfitError:
    """The error of a failed RPC, of the class that the service named or that its status means."""
    too_large = _too_large(failure)
    if too_large is not None:
        return too_large
    error = from_status("UNAVAILABLE" if _is_cut(failure) else failure.code, failure.message, failure.trailer)
    if failure.trailer is None and type(error) is ServiceUnavailable:
        return ServiceUnavailable(
            f"no service answers at {address} ({failure.message or failure.code}); start one with `warmfit serve`, "
            "or check the address, the network and whether it speaks TLS"
        )
    if failure.trailer is None and type(error) is DeadlineExceeded:
        return DeadlineExceeded(f"the service at {address} did not answer in the time allowed; give a longer timeout=")
    return error


def pause_asked(failure: Failure) -> float | None:
    """The seconds after which the failed RPC may be made again, 0 where the service does not say; None for never."""
    if is_away(failure):
        return retry_delay(failure.trailer) or 0.0
    if failure.code == "RESOURCE_EXHAUSTED" and _too_large(failure) is None:
        return retry_delay(failure.trailer)
    return None


def is_away(failure: Failure) -> bool:
    """Whether the service cannot be reached, or was lost while it answered."""
    return failure.code == "UNAVAILABLE" or _is_cut(failure)


def _is_cut(failure: Failure) -> bool:
    """Whether the stream of an RPC was cut under it, by a server that ends or a proxy; gRPC has several codes for that.

    An error of the service has a trailer.
    """
    if failure.trailer is not None:
        return False
    if failure.code == "CANCELLED":
        return _CANCELLED_HERE.search(failure.message) is None
    return failure.code in ("INTERNAL", "UNKNOWN") and _CUT.search(failure.message) is not None


def _too_large(failure: Failure) -> InvalidInput | None:
    found = _TOO_LARGE.search(failure.message) if failure.code == "RESOURCE_EXHAUSTED" else None
    if found is None:
        return None
    answer = found[1] == "Received" and "CLIENT" in failure.message
    sizes = f": a message of {found[2]} bytes, where {found[3]} are allowed" if found[2] else ""
    return InvalidInput(
        f"the {'answer' if answer else 'request'} is too large{sizes}; "
        "ask for fewer columns, families or points in one call"
    )
