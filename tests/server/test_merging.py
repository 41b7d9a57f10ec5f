from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing

import pytest

from warmfit_server.merging import side_by_side


class Streams:
    """Endless streams that count how many are open and what they have made."""

    def __init__(self, length: int = 10**9) -> None:
        self.length = length
        self.open = 0
        self.most_open = 0
        self.made = 0

    async def one(self, number: int) -> AsyncGenerator[tuple[int, int], None]:
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            for item in range(self.length):
                await asyncio.sleep(0)
                self.made += 1
                yield number, item
        finally:
            self.open -= 1

    def several(self, n: int) -> Iterator[AsyncGenerator[tuple[int, int], None]]:
        return (self.one(number) for number in range(n))


def test_every_item_comes_once_and_each_streams_items_in_their_order() -> None:
    streams = Streams(length=5)

    async def body() -> list[tuple[int, int]]:
        return [item async for item in side_by_side(streams.several(7), 3)]

    items = asyncio.run(body())
    assert sorted(items) == [(n, i) for n in range(7) for i in range(5)]
    for number in range(7):
        assert [i for n, i in items if n == number] == list(range(5))
    assert streams.most_open == 3
    assert {n for n, _ in items[:4]} != {0}  # they run side by side


def test_a_listener_who_stalls_holds_up_the_streams() -> None:
    streams = Streams()

    async def body() -> None:
        async with aclosing(side_by_side(streams.several(4), 4)) as items:
            await anext(items)
            for _ in range(200):
                await asyncio.sleep(0)
            assert streams.made <= 7  # one taken, one waiting to be, and one in the hand of each stream

    asyncio.run(body())


def test_a_listener_who_leaves_closes_every_stream() -> None:
    streams = Streams()

    async def body() -> None:
        async with aclosing(side_by_side(streams.several(9), 4)) as items:
            await anext(items)
            assert streams.open == 4
        assert streams.open == 0

    asyncio.run(body())


def test_the_first_error_ends_all_and_reaches_the_listener() -> None:
    streams = Streams()

    async def broken() -> AsyncGenerator[tuple[int, int], None]:
        await asyncio.sleep(0)
        raise ValueError("broken")
        yield 0, 0

    async def body() -> None:
        several = [streams.one(0), broken(), streams.one(2)]
        async for _ in side_by_side(several, 3):
            pass

    with pytest.raises(ValueError, match="broken"):
        asyncio.run(body())
    assert streams.open == 0
