from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing

import pytest

from warmfit_server.ahead import Stop, in_order

PATIENCE = 10.0


def with_threads(body: Callable[[ThreadPoolExecutor], object], n: int = 2) -> object:
    with ThreadPoolExecutor(n) as threads:
        return asyncio.run(body(threads))  # type: ignore[arg-type]


def test_results_come_in_the_order_of_the_items_and_one_is_made_at_a_time() -> None:
    at_once = threading.Lock()

    def work(item: int, _: Stop) -> int:
        assert at_once.acquire(blocking=False)
        threading.Event().wait(0.002 if item % 3 == 0 else 0.0)
        at_once.release()
        return item

    async def body(threads: ThreadPoolExecutor) -> list[int]:
        return [result async for result in in_order(work, range(20), 3, threads)]

    assert with_threads(body) == list(range(20))


def test_two_takers_share_one_thread_in_turn() -> None:
    begun: list[str] = []

    async def body(threads: ThreadPoolExecutor) -> None:
        def take(name: str) -> AsyncGenerator[None, None]:
            return in_order(lambda _item, _stop: begun.append(name), range(50), 4, threads)

        async def all_of(name: str) -> None:
            async for _ in take(name):
                await asyncio.sleep(0.001)

        await asyncio.gather(all_of("a"), all_of("b"))

    with_threads(body, 1)
    assert sorted(begun) == ["a"] * 50 + ["b"] * 50
    assert 10 < begun[:50].count("a") < 40


def test_no_more_is_done_ahead_than_was_asked_for() -> None:
    begun = []

    def work(item: int, _: Stop) -> int:
        begun.append(item)
        return item

    async def body(threads: ThreadPoolExecutor) -> None:
        async with aclosing(in_order(work, range(100), 3, threads)) as results:
            assert await anext(results) == 0
            await asyncio.sleep(0.05)
            assert len(begun) <= 3
            assert await anext(results) == 1
            await asyncio.sleep(0.05)
            assert len(begun) <= 4

    with_threads(body)
    assert len(begun) <= 4


def test_work_whose_taker_left_is_told_and_what_waits_never_begins() -> None:
    begun, under_way, told = [], threading.Event(), threading.Event()

    def work(item: int, is_over: Stop) -> int:
        begun.append(item)
        if item == 0:
            return item
        under_way.set()
        while not is_over():
            assert not told.wait(0.001)
        told.set()
        return item

    async def body(threads: ThreadPoolExecutor) -> None:
        async with aclosing(in_order(work, range(100), 4, threads)) as results:
            await anext(results)
            await asyncio.to_thread(under_way.wait, PATIENCE)
        assert await asyncio.to_thread(told.wait, PATIENCE)

    with_threads(body, 1)
    assert begun == [0, 1]


def test_an_error_reaches_the_taker_in_its_place() -> None:
    def work(item: int, _: Stop) -> int:
        if item >= 2:
            raise ValueError(f"item {item}")
        return item

    got: list[int] = []

    async def body(threads: ThreadPoolExecutor) -> None:
        async for result in in_order(work, range(9), 4, threads):
            got.append(result)

    with pytest.raises(ValueError, match="item 2"):
        with_threads(body)
    assert got == [0, 1]
