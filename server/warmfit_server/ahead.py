"""Work done ahead of a slow taker, in a thread, and never far ahead."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Iterable
from concurrent.futures import Executor
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")
Stop = Callable[[], bool]
"""Whether nobody waits for the work any more."""


class Ended(Exception):
    """Nothing is left to take."""


async def in_order(
    work: Callable[[int, Stop], T], items: Iterable[int], depth: int, threads: Executor
) -> AsyncGenerator[T, None]:
    """What `work(item, is_over)` returns for each item, in order; at most `depth` are under way or wait to be taken.

    One item is under way at a time: threads that share an interpreter slow each other down. The thread that has done
    one begins with the next without waiting for the event loop; whoever else wants a thread has its turn in between. When
    the taker leaves, what has not begun does not begin, and what is under way is told by `is_over()`.
    """
    line = _Line(work, items, depth, threads)
    try:
        while True:
            line.go_on()
            try:
                result = await line.take()
            except Ended:
                return
            yield result
            line.given()
    finally:
        line.over.set()


class _Line(Generic[T]):
    """What is made by threads and taken on an event loop."""

    def __init__(self, work: Callable[[int, Stop], T], items: Iterable[int], depth: int, threads: Executor) -> None:
        self.over = threading.Event()
        self._work, self._rest, self._depth, self._threads = work, iter(items), depth, threads
        self._loop = asyncio.get_running_loop()
        self._done: asyncio.Queue[tuple[T] | BaseException] = asyncio.Queue()
        self._lock, self._held, self._is_busy = threading.Lock(), 0, False

    async def take(self) -> T:
        """The next result; raises what its work raised, and `Ended` after the last one."""
        outcome = await self._done.get()
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome[0]

    def given(self) -> None:
        """Make room: the last result that was taken is dealt with."""
        with self._lock:
            self._held -= 1

    def go_on(self) -> None:
        """Have the next item made, where there is room and nobody is at it."""
        with self._lock:
            if self._is_busy or self._held == self._depth or self.over.is_set():
                return
            self._is_busy = True
            self._held += 1
        self._threads.submit(self._make)

    def _make(self) -> None:
        """In a thread: make the next item, and have the one after it made."""
        if self.over.is_set():
            return
        outcome: tuple[T] | BaseException
        try:
            outcome = (self._work(next(self._rest), self.over.is_set),)
        except StopIteration:
            outcome = Ended()
        except BaseException as error:
            outcome = error
        with suppress(RuntimeError):  # the loop is closed, and its takers gone
            self._loop.call_soon_threadsafe(self._done.put_nowait, outcome)
        if isinstance(outcome, tuple):
            with self._lock:
                self._is_busy = False
            with suppress(RuntimeError):  # the threads are shut down
                self.go_on()
