"""gRPC handlers around the servicer: messages parsed and errors put on the wire in one place.

Parsing is ours and not grpc's, because a message that cannot be parsed is the caller's mistake (INVALID_ARGUMENT)
and not ours (INTERNAL).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeAlias, TypeVar

import grpc
import grpc.aio
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from warmfit_fitting.errors import InvalidInput, Overloaded
from warmfit_proto.v1 import fitting_pb2 as pb
from warmfit_server.access import Caller, caller
from warmfit_server.answers import Answers
from warmfit_server.refusals import refuse
from warmfit_server.servicer import Servicer

DESCRIPTOR = pb.DESCRIPTOR.services_by_name["FittingService"]
Context: TypeAlias = grpc.aio.ServicerContext
M = TypeVar("M", bound=Message)


class Handlers:
    """Makes the handlers of the service, and counts the calls under way."""

    def __init__(self, servicer: Servicer, answers: Answers, max_concurrent: int) -> None:
        self._servicer = servicer
        self._answers = answers
        self.limit = max_concurrent
        self.of_caller: Counter[str] = Counter()

    @property
    def under_way(self) -> int:
        """The calls under way."""
        return self.of_caller.total()

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
        namespace = caller().namespace
        known = self._answers.get(namespace, data)
        if known is not None:
            return known
        try:
            with self._admitted():
                request = _parsed(pb.FitRequest, data)
                return self._answers.keep(namespace, data, request, await self._servicer.Fit(request, context))
        except Exception as error:
            await refuse(error, context)

    def _unary(
        self, request_type: type[Message], function: Callable[[Any, Context], Awaitable[Message]]
    ) -> Callable[[bytes, Context], Awaitable[bytes]]:
        async def handle(data: bytes, context: Context) -> bytes:
            try:
                with self._admitted():
                    message = await function(_parsed(request_type, data), context)
                    return message.SerializeToString()
            except Exception as error:
                await refuse(error, context)

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
                await refuse(error, context)

        return handle

    def _admitted(self) -> _Admission:
        return _Admission(self, caller())


class _Admission:
    """A place among the calls under way, of all callers and of one; raises `Overloaded` where there is none."""

    def __init__(self, handlers: Handlers, caller: Caller) -> None:
        self._handlers = handlers
        self._caller = caller

    def __enter__(self) -> None:
        handlers, own = self._handlers, self._handlers.of_caller[self._caller.name]
        if handlers.under_way >= handlers.limit:
            raise Overloaded(f"{handlers.limit} calls are under way at this gateway; try again shortly")
        if self._caller.max_calls is not None and own >= self._caller.max_calls:
            raise Overloaded(f"{own} calls of this token are under way at this gateway; try again shortly")
        handlers.of_caller[self._caller.name] = own + 1

    def __exit__(self, *_: object) -> None:
        self._handlers.of_caller[self._caller.name] -= 1


def _parsed(request_type: type[M], data: bytes) -> M:
    try:
        return request_type.FromString(data)
    except DecodeError as error:
        raise InvalidInput(f"the message is no {request_type.DESCRIPTOR.full_name}") from error
