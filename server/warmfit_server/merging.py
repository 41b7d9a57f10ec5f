"""Several streams heard as one, no faster than somebody listens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


async def side_by_side(streams: Iterable[AsyncGenerator[T, None]], at_once: int) -> AsyncGenerator[T, None]:
    """The items of all streams as they come; at most `at_once` streams are open, one begins where another has ended.

    Each stream makes one item ahead and then waits until that is taken, so that a listener who stalls holds up all of them.
    The first error ends all; so does a listener who leaves.
    """
    rest = iter(streams)
    taking: dict[asyncio.Future[T], AsyncGenerator[T, None]] = {}
    held: list[AsyncGenerator[T, None]] = []  # the one whose item is being taken

    def take(stream: AsyncGenerator[T, None]) -> None:
        taking[asyncio.ensure_future(anext(stream))] = stream

    try:
        for stream in islice(rest, at_once):
            take(stream)
        while taking:
            done, _ = await asyncio.wait(taking, return_when=asyncio.FIRST_COMPLETED)
            for future in [future for future in taking if future in done]:
                held = [taking.pop(future)]
                try:
                    item = future.result()
                except StopAsyncIteration:
                    held = list(islice(rest, 1))
                else:
                    yield item
                for stream in held:
                    take(stream)
    finally:
        for future in taking:
            future.cancel()
        await asyncio.gather(*taking, return_exceptions=True)
        for stream in {*taking.values(), *held}:
            await stream.aclose()
