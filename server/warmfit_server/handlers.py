"""gRPC handlers around the servicer: messages parsed and calls accounted for in one place.

Parsing is ours and not grpc's, because a message that cannot be parsed is the caller's mistake (INVALID_ARGUMENT)
and not ours (INTERNAL).
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any, TypeAlias, TypeVar

import grpc
import grpc.aio
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from warmfit_fitting.errors import InvalidInput
from warmfit_proto.v1 import fitting_pb2 as pb
from warmfit_server.access import caller
from warmfit_server.answers import Answers
from warmfit_server.calls import Calls
from warmfit_server.servicer import Servicer

DESCRIPTOR = pb.DESCRIPTOR.services_by_name["FittingService"]
Context: TypeAlias = grpc.aio.ServicerContext
M = TypeVar("M", bound=Message)


class Handlers:
    """Makes the handlers of the service."""

    def __init__(self, servicer: Servicer, answers: Answers, calls: Calls) -> None:
        self._servicer = servicer
        self._answers = answers
        self._calls = calls

    def generic(self) -> grpc.GenericRpcHandler:
        """The handler of every method."""
        methods = {method.name: self._handler(method) for method in DESCRIPTOR.methods}
        return grpc.method_handlers_generic_handler(DESCRIPTOR.full_name, methods)

    def _handler(self, method: MethodDescriptor) -> Any:
        if method.name == "Fit":
            return grpc.unary_unary_rpc_method_handler(self._fit)
        if method.server_streaming:
            return grpc.unary_stream_rpc_method_handler(self.stream(method))
        return grpc.unary_unary_rpc_method_handler(self.unary(method))

    async def _fit(self, data: bytes, context: Context) -> bytes:
        """`Fit`, with answers that are known given as they are, at once where nothing stands against the call."""
        who, started = caller(), time.perf_counter()
        namespace, is_free = who.namespace, self._calls.are_free_for(who)
        known = self._answers.get(namespace, data) if is_free else None
        if known is not None:
            self._calls.answered("Fit", who, started, context)
            return known
        async with self._calls.call("Fit", context):
            known = None if is_free else self._answers.get(namespace, data)
            if known is not None:
                return known
            request = _parsed(pb.FitRequest, data)
            return self._answers.keep(namespace, data, request, await self._servicer.Fit(request, context))
        raise AssertionError("a call that failed was refused")

    def unary(self, method: MethodDescriptor) -> Callable[[bytes, Context], Awaitable[bytes]]:
        """What answers an encoded request with an encoded response."""
        request_type, function = GetMessageClass(method.input_type), getattr(self._servicer, method.name)

        async def handle(data: bytes, context: Context) -> bytes:
            async with self._calls.call(method.name, context):
                message: Message = await function(_parsed(request_type, data), context)
                return message.SerializeToString()
            raise AssertionError("a call that failed was refused")

        return handle

    def stream(self, method: MethodDescriptor) -> Callable[[bytes, Context], Awaitable[None]]:
        """What writes the encoded responses to an encoded request."""
        request_type, function = GetMessageClass(method.input_type), getattr(self._servicer, method.name)

        async def handle(data: bytes, context: Context) -> None:
            async with (
                self._calls.call(method.name, context),
                aclosing(function(_parsed(request_type, data), context)) as answers,
            ):
                async for message in answers:
                    data = message if isinstance(message, bytes) else message.SerializeToString()
                    await context.write(data)  # waits while the reader is slow

        return handle


def _parsed(request_type: type[M], data: bytes) -> M:
    try:
        return request_type.FromString(data)
    except DecodeError as error:
        raise InvalidInput(f"the message is no {request_type.DESCRIPTOR.full_name}") from error
