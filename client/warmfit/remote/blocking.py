"""The driver that blocks, and the connections of this process: one for each endpoint.

Ctrl-C while a call waits cancels the call; leaving a stream early cancels the stream.
"""

from __future__ import annotations

import os
import time
from collections.abc import Generator
from threading import RLock
from typing import Any, TypeVar

import grpc

from warmfit.remote.commands import METHODS, Attempt, Command, Compute, Deliver, Failure, Flow, Open, Receive, Wait
from warmfit.remote.endpoint import Endpoint
from warmfit.remote.retry import Caller
from warmfit.remote.transport import failure_of, metadata, multicallable, open_channel

T = TypeVar("T")


class Connection:
    """A channel, and who runs flows over it; threads may share it."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.caller = Caller(endpoint.address)
        self.holders = 0
        self.is_shared = False  # held until the process ends
        self.is_closed = False
        self._channel = open_channel(grpc, endpoint)
        self._calls = {method: multicallable(self._channel, method) for method in METHODS}

    def run(self, flow: Flow[T]) -> T:
        """What the flow returns."""
        driving = self.iterate(flow)
        while True:
            try:
                next(driving)
            except StopIteration as end:
                answer: T = end.value
                return answer

    def iterate(self, flow: Flow[T]) -> Generator[Any, None, T]:
        """What the flow delivers."""
        hand = _Hand(self)
        reply: Any = None
        failure: Failure | None = None
        try:
            while True:
                try:
                    command = flow.send(reply) if failure is None else flow.throw(failure)
                except StopIteration as end:
                    answer: T = end.value
                    return answer
                reply = failure = None
                if isinstance(command, Deliver):
                    yield command.value
                else:
                    try:
                        reply = hand.perform(command)
                    except Failure as failed:
                        failure = failed
        finally:
            hand.close()
            flow.close()

    def start(self, command: Attempt | Open) -> Any:
        """The response of a unary call, or the stream."""
        return self._calls[command.method](
            command.request, timeout=command.timeout, metadata=metadata(self.endpoint, command.request_id)
        )

    def close(self) -> None:
        """Close the channel; calls under way end."""
        self._channel.close()


class _Hand:
    """Carries out the commands of one flow; has its stream."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._stream: Any = None

    def perform(self, command: Command) -> Any:
        match command:
            case Attempt():
                return self._attempt(command)
            case Open():
                self.close()
                self._stream = self._connection.start(command)
            case Receive():
                return self._receive()
            case Wait():
                time.sleep(command.seconds)
            case Compute():
                return command.work()
        return None

    def close(self) -> None:
        if self._stream is not None:
            self._stream.cancel()
            self._stream = None

    def _attempt(self, command: Attempt) -> Any:
        try:
            return self._connection.start(command)  # which gRPC cancels where Ctrl-C ends the wait
        except grpc.RpcError as error:
            raise failure_of(error) from None

    def _receive(self) -> Any:
        try:
            return next(self._stream, None)
        except grpc.RpcError as error:
            raise failure_of(error) from None


_connections: dict[tuple[int, Endpoint], Connection] = {}
_lock = RLock()  # a client that is collected lets go of its connection wherever its thread happens to be


def hold(endpoint: Endpoint) -> Connection:
    """The connection of an endpoint, for the caller to `release`; made where there is none in this process."""
    with _lock:
        key = (os.getpid(), endpoint)  # a channel does not survive a fork
        while True:
            connection = _connections.get(key)
            if connection is None:
                connection = _connections[key] = Connection(endpoint)
            connection.holders += 1
            if not connection.is_closed:  # by a client that was collected here
                return connection


def release(connection: Connection) -> None:
    """Close a connection that nobody else holds."""
    with _lock:
        connection.holders -= 1
        if connection.holders > 0:
            return
        connection.is_closed = True
        key = (os.getpid(), connection.endpoint)
        if _connections.get(key) is connection:
            del _connections[key]
    connection.close()


def shared(endpoint: Endpoint) -> Connection:
    """The connection of an endpoint, held until the process ends: backends and references come and go."""
    connection = _connections.get((os.getpid(), endpoint))
    if connection is not None and connection.is_shared:
        return connection
    connection = hold(endpoint)
    connection.is_shared = True
    return connection
