"""The driver for asyncio, and the connections of each event loop: one for each endpoint."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, TypeVar

import grpc.aio

from warmfit.remote.commands import METHODS, Attempt, Command, Compute, Deliver, Failure, Flow, Open, Receive, Wait
from warmfit.remote.endpoint import Endpoint
from warmfit.remote.transport import failure_of, metadata, multicallable, open_channel

T = TypeVar("T")


class Connection:
    """A channel of one event loop, and what runs flows over it."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.holders = 0
        self._channel = open_channel(grpc.aio, endpoint)
        self._calls = {method: multicallable(self._channel, method) for method in METHODS}

    async def run(self, flow: Flow[T]) -> T:
        """What the flow returns."""
        ended: list[T] = []
        async for _ in self.iterate(flow, ended):
            raise AssertionError("a flow that delivers is iterated over")
        return ended[0]

    async def iterate(self, flow: Flow[T], ended: list[T] | None = None) -> AsyncGenerator[Any, None]:
        """What the flow delivers; what it returns is put into `ended`."""
        hand = _Hand(self)
        reply: Any = None
        failure: Failure | None = None
        try:
            while True:
                try:
                    command = flow.send(reply) if failure is None else flow.throw(failure)
                except StopIteration as end:
                    if ended is not None:
                        ended.append(end.value)
                    return
                reply = failure = None
                if isinstance(command, Deliver):
                    yield command.value
                else:
                    try:
                        reply = await hand.perform(command)
                    except Failure as failed:
                        failure = failed
        finally:
            hand.close()
            flow.close()

    def start(self, command: Attempt | Open) -> Any:
        """The call, under way."""
        return self._calls[command.method](
            command.request, timeout=command.timeout, metadata=metadata(self.endpoint, command.request_id)
        )

    async def close(self) -> None:
        """Close the channel; calls under way end."""
        await self._channel.close()


class _Hand:
    """Carries out the commands of one flow; has its stream."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._stream: Any = None

    async def perform(self, command: Command) -> Any:
        match command:
            case Attempt():
                return await self._attempt(command)
            case Open():
                self.close()
                self._stream = self._connection.start(command)
            case Receive():
                return await self._receive()
            case Wait():
                await asyncio.sleep(command.seconds)
            case Compute():
                return await asyncio.to_thread(command.work)
        return None

    def close(self) -> None:
        if self._stream is not None:
            self._stream.cancel()
            self._stream = None

    async def _attempt(self, command: Attempt) -> Any:
        try:
            return await self._connection.start(command)
        except grpc.aio.AioRpcError as error:
            raise failure_of(error) from None

    async def _receive(self) -> Any:
        try:
            message = await self._stream.read()
        except grpc.aio.AioRpcError as error:
            raise failure_of(error) from None
        return None if message is grpc.aio.EOF else message


_connections: dict[tuple[asyncio.AbstractEventLoop, Endpoint], Connection] = {}


def hold(endpoint: Endpoint) -> Connection:
    """The connection of an endpoint in the running event loop, for the caller to `release`."""
    key = (asyncio.get_running_loop(), endpoint)
    connection = _connections.get(key)
    if connection is None:
        connection = _connections[key] = Connection(endpoint)
    connection.holders += 1
    return connection


async def release(connection: Connection) -> None:
    """Close a connection that nobody else holds."""
    if forget(connection):
        await connection.close()


def forget(connection: Connection) -> bool:
    """Hold a connection no longer, and say whether nobody does; its channel then closes when it is collected."""
    connection.holders -= 1
    if connection.holders > 0:
        return False
    for key in [key for key, held in _connections.items() if held is connection]:
        del _connections[key]
    return True
