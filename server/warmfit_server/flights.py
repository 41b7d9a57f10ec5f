"""Identical work under way runs once, and ends when the last who waits for it has left."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Any


@dataclass
class _Flight:
    task: asyncio.Task[Any]
    waiters: int = 0


class Flights:
    """Work under way, by key."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, _Flight] = {}

    def __len__(self) -> int:
        return len(self._under_way)

    async def join(self, key: Hashable, start: Callable[[], Awaitable[Any]]) -> Any:
        """The result of the work under `key`, started by `start` where nobody has; cancelled with its last waiter."""
        flight = self._under_way.get(key)
        if flight is None:
            flight = _Flight(asyncio.ensure_future(start()))
            self._under_way[key] = flight
            flight.task.add_done_callback(lambda _: self._landed(key, flight))
        flight.waiters += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiters -= 1
            if flight.waiters == 0 and not flight.task.done():
                flight.task.cancel()
                self._landed(key, flight)

    def _landed(self, key: Hashable, flight: _Flight) -> None:
        if self._under_way.get(key) is flight:
            del self._under_way[key]
        if flight.task.done() and not flight.task.cancelled():
            flight.task.exception()  # seen, whether or not a waiter is left
