"""Several streams heard as one, no faster than somebody listens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from typing import Any, TypeVar

T = TypeVar("T")
_END = object()


async def side_by_side(streams: Iterable[AsyncGenerator[T, None]], at_once: int) -> AsyncGenerator[T, None]:
    """The items of all streams as they come; at most `at_once` streams are open, one begins where another has ended.

    A stream waits until its item is taken, so that a listener who stalls holds up all of them. The first error ends all;
    so does a listener who leaves.
    """
    rest, items = iter(streams), asyncio.Queue[Any](1)

    async def lane() -> None:
        try:
            for stream in rest:
                async with aclosing(stream):
                    async for item in stream:
                        await items.put(item)
            await items.put(_END)
        except Exception as error:
            await items.put(error)

    lanes = [asyncio.create_task(lane()) for _ in range(at_once)]
    try:
        open_lanes = len(lanes)
        while open_lanes:
            item = await items.get()
            if item is _END:
                open_lanes -= 1
            elif isinstance(item, Exception):
                raise item
            else:
                yield item
    finally:
        for task in lanes:
            task.cancel()
        await asyncio.gather(*lanes, return_exceptions=True)
