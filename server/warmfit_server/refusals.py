"""Errors put on the wire, in one place.

An error that is none of the tree is logged with its request id and told as INTERNAL, without what it says.
"""

from __future__ import annotations

import asyncio
import logging
from typing import NoReturn

import grpc
import grpc.aio

from warmfit_fitting.errors import Overloaded, WarmfitError
from warmfit_proto.failures import to_status

log = logging.getLogger("warmfit.server")
RETRY_AFTER = 0.2
LONGEST = 1_000  # bytes of a message, which travels thrice, in part escaped: peers take 8 KiB of trailers
DETAILS = "grpc-status-details-bin"  # grpc.aio has no abort_with_status


async def refuse(error: Exception, context: grpc.aio.ServicerContext, request_id: str = "") -> NoReturn:
    """End a call with an error."""
    if isinstance(error, asyncio.CancelledError | grpc.aio.AbortError):
        raise error
    if isinstance(error, WarmfitError):
        told = _short(error)
        status = to_status(told, RETRY_AFTER if isinstance(error, Overloaded) else None)
        code = getattr(grpc.StatusCode, error.grpc_status)
        await context.abort(code, str(told), trailing_metadata=((DETAILS, status.SerializeToString()),))
    log.error("a call failed", exc_info=error, extra={"request_id": request_id})
    await context.abort(grpc.StatusCode.INTERNAL, "the service failed; its log says more")
    raise error


def _short(error: WarmfitError) -> WarmfitError:
    """The error itself, or one of its class that says the beginning of what it does."""
    message = str(error).encode(errors="replace")
    if len(message) <= LONGEST:
        return error
    short = type(error)(message[:LONGEST].decode(errors="ignore") + " …")
    short.field = error.field
    return short
