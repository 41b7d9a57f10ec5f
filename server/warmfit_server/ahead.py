"""Work done ahead of a slow taker, in threads, and never far ahead."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable
from concurrent.futures import Executor
from itertools import islice
from typing import Any, TypeVar

T = TypeVar("T")
Stop = Callable[[], bool]
"""Whether nobody waits for the work any more."""


async def in_order(
    work: Callable[[int, Stop], T], items: Iterable[int], depth: int, threads: Executor
) -> AsyncGenerator[T, None]:
    """What `work(item, is_over)` returns for each item, in order; at most `depth` are under way or wait to be taken.

    When the taker leaves, what has not begun does not begin, and what is under way is told by `is_over()`.
    """
    loop, over, rest = asyncio.get_running_loop(), threading.Event(), iter(items)
    pending: deque[asyncio.Future[T]] = deque()
    try:
        while True:
            for item in islice(rest, depth - len(pending)):
                pending.append(loop.run_in_executor(threads, work, item, over.is_set))
                pending[-1].add_done_callback(_seen)
            if not pending:
                return
            yield await pending.popleft()
    finally:
        over.set()
        for future in pending:
            future.cancel()


def _seen(future: asyncio.Future[Any]) -> None:
    """Look at an error that nobody may be left to see."""
    if not future.cancelled():
        future.exception()
