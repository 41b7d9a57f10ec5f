"""gRPC handlers around the servicer: messages parsed and errors put on the wire in one place.

Parsing is ours and not grpc's, because a message that cannot be parsed is the caller's mistake (INVALID_ARGUMENT)
and not ours (INTERNAL). An error that is none of the tree is logged with its request id and told as INTERNAL, without
what it says.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NoReturn, TypeAlias, TypeVar

import grpc
import grpc.aio
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from warmfit_fitting.errors import InvalidInput, Overloaded, WarmfitError
from warmfit_proto.failures import to_status
from warmfit_proto.v1 import fitting_pb2 as pb
from warmfit_server.answers import Answers
from warmfit_server.servicer import Servicer

log = logging.getLogger("warmfit.server")
DESCRIPTOR = pb.DESCRIPTOR.services_by_name["FittingService"]
Context: TypeAlias = grpc.aio.ServicerContext
M = TypeVar("M", bound=Message)
RETRY_AFTER = 0.2
DETAILS = "grpc-status-details-bin"  # grpc.aio has no abort_with_status


class Handlers:
    """Makes the handlers of the service, and counts the calls under way."""

    def __init__(self, servicer: Servicer, answers: Answers, max_concurrent: int) -> None:
        self._servicer = servicer
        self._answers = answers
        self._limit = max_concurrent
        self.under_way = 0

    def generic(self) -> grpc.GenericRpcHandler:
        """The handler of every method."""
        methods = {method.name: self._handler(method) for method in DESCRIPTOR.methods}
        return grpc.method_handlers_generic_handler(DESCRIPTOR.full_name, methods)

    def _handler(self, method: MethodDescriptor) -> Any:
        request_type = GetMessageClass(method.input_type)
        function = getattr(self._servicer, method.name)
        if method.server_streaming:
            return grpc.unary_stream_rpc_method_handler(self._stream(request_type, function))
        return grpc.unary_unary_rpc_method_handler(
            self._fit if method.name == "Fit" else self._unary(request_type, function)
        )

    async def _fit(self, data: bytes, context: Context) -> bytes:
        """`Fit`, with answers that are known given as they are."""
        known = self._answers.get(data)
        if known is not None:
            return known
        try:
            with self._admitted():
                request = _parsed(pb.FitRequest, data)
                return self._answers.keep(data, request, await self._servicer.Fit(request, context))
        except Exception as error:
            await _refuse(error, context)

    def _unary(
        self, request_type: type[Message], function: Callable[[Any, Context], Awaitable[Message]]
    ) -> Callable[[bytes, Context], Awaitable[bytes]]:
        async def handle(data: bytes, context: Context) -> bytes:
            try:
                with self._admitted():
                    message = await function(_parsed(request_type, data), context)
                    return message.SerializeToString()
            except Exception as error:
                await _refuse(error, context)

        return handle

    def _stream(
        self, request_type: type[Message], function: Callable[[Any, Context], AsyncIterator[Message | bytes]]
    ) -> Callable[[bytes, Context], Awaitable[None]]:
        async def handle(data: bytes, context: Context) -> None:
            try:
                with self._admitted():
                    answers = function(_parsed(request_type, data), context)
                    try:
                        async for message in answers:
                            data = message if isinstance(message, bytes) else message.SerializeToString()
                            await context.write(data)  # waits while the reader is slow
                    finally:
                        await answers.aclose()  # type: ignore[attr-defined]
            except Exception as error:
                await _refuse(error, context)

        return handle

    def _admitted(self) -> _Admission:
        return _Admission(self)


class _Admission:
    """A place among the calls under way; raises `Overloaded` where there is none."""

    def __init__(self, handlers: Handlers) -> None:
        self._handlers = handlers

    def __enter__(self) -> None:
        if self._handlers.under_way >= self._handlers._limit:
            raise Overloaded(f"{self._handlers._limit} calls are under way at this gateway; try again shortly")
        self._handlers.under_way += 1

    def __exit__(self, *_: object) -> None:
        self._handlers.under_way -= 1


def _parsed(request_type: type[M], data: bytes) -> M:
    try:
        return request_type.FromString(data)
    except DecodeError as error:
        raise InvalidInput(f"the message is no {request_type.DESCRIPTOR.full_name}") from error


async def _refuse(error: Exception, context: Context) -> NoReturn:
    if isinstance(error, asyncio.CancelledError | grpc.aio.AbortError):
        raise error
    if isinstance(error, WarmfitError):
        status = to_status(error, RETRY_AFTER if isinstance(error, Overloaded) else None)
        code = getattr(grpc.StatusCode, error.grpc_status)
        await context.abort(code, str(error), trailing_metadata=((DETAILS, status.SerializeToString()),))
    metadata = dict(context.invocation_metadata() or ())
    log.error("call %s failed", metadata.get("x-request-id", "without id"), exc_info=error)
    await context.abort(grpc.StatusCode.INTERNAL, "the service failed; its log says more")
    raise error
