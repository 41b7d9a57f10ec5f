"""`HttpContext`: an HTTP request as the handlers of gRPC see a call, so that both doors lead into the same rooms."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import grpc

from warmfit_fitting.errors import WarmfitError
from warmfit_proto.failures import from_status, retry_delay
from warmfit_server.refusals import DETAILS

AHEAD = 16  # messages that wait for a slow reader
END = None


class Refused(Exception):
    """A call that was ended with an error. `status`: the name of its code; `retry_after`: seconds, where they are known."""

    def __init__(self, status: str, error: WarmfitError, retry_after: float | None) -> None:
        super().__init__(str(error))
        self.status = status
        self.error = error
        self.retry_after = retry_after


class HttpContext:
    """What handlers ask of a call: its headers, who wants to know of its end, and where messages of a stream go."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers
        self._done: list[Callable[[Any], None]] = []
        self._messages: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._room = asyncio.Semaphore(AHEAD)

    def invocation_metadata(self) -> tuple[tuple[str, str], ...]:
        """The headers, by which request ids and traces come."""
        return tuple(self._headers.items())

    def time_remaining(self) -> None:
        """HTTP has no deadline of a call; the request's own timeout and the service's hold."""

    def add_done_callback(self, callback: Callable[[Any], None]) -> None:
        """Have `callback` told when the answer is sent."""
        self._done.append(callback)

    async def abort(
        self, code: grpc.StatusCode, details: str, trailing_metadata: tuple[tuple[str, bytes], ...] = ()
    ) -> NoReturn:
        """End the call with an error."""
        trailer = dict(trailing_metadata).get(DETAILS)
        raise Refused(code.name, from_status(code.name, details, trailer), retry_delay(trailer))

    async def write(self, message: bytes) -> None:
        """Send a message of a stream; waits while the reader is slow."""
        await self._room.acquire()
        self._messages.put_nowait(message)

    def end(self) -> None:
        """Say that no further message comes."""
        self._messages.put_nowait(END)

    async def read(self) -> bytes | None:
        """The next message of a stream, None at its end."""
        message = await self._messages.get()
        self._room.release()
        return message

    def close(self) -> None:
        """Tell all who wanted to know that the answer is sent, or its reader gone."""
        for callback in self._done:
            callback(self)
        self._done.clear()
