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
DETAILS = "grpc-status-details-bin"  # grpc.aio has no abort_with_status


async def refuse(error: Exception, context: grpc.aio.ServicerContext, request_id: str = "") -> NoReturn:
    """End a call with an error."""
    if isinstance(error, asyncio.CancelledError | grpc.aio.AbortError):
        raise error
    if isinstance(error, WarmfitError):
        status = to_status(error, RETRY_AFTER if isinstance(error, Overloaded) else None)
        code = getattr(grpc.StatusCode, error.grpc_status)
        await context.abort(code, str(error), trailing_metadata=((DETAILS, status.SerializeToString()),))
    log.error("a call failed", exc_info=error, extra={"request_id": request_id})
    await context.abort(grpc.StatusCode.INTERNAL, "the service failed; its log says more")
    raise error
