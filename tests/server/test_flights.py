from __future__ import annotations

import asyncio

import pytest

from warmfit_server.flights import Flights


def test_identical_work_under_way_runs_once() -> None:
    async def main() -> None:
        flights, runs, gate = Flights(), [], asyncio.Event()

        async def work() -> int:
            runs.append(1)
            await gate.wait()
            return len(runs)

        waiting = [asyncio.create_task(flights.join("key", work)) for _ in range(5)]
        await asyncio.sleep(0)
        gate.set()
        assert await asyncio.gather(*waiting) == [1] * 5
        assert len(flights) == 0

    asyncio.run(main())


def test_work_goes_on_while_one_waiter_is_left_and_ends_with_the_last() -> None:
    async def main() -> None:
        flights, ended = Flights(), asyncio.Event()

        async def work() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()

        first, last = (asyncio.create_task(flights.join("key", work)) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.sleep(0.01)
        assert not ended.is_set()
        last.cancel()
        await asyncio.wait_for(ended.wait(), 1.0)
        assert len(flights) == 0

    asyncio.run(main())


def test_a_failure_reaches_every_waiter_and_is_not_remembered() -> None:
    async def main() -> None:
        flights = Flights()

        async def fail() -> None:
            await asyncio.sleep(0)
            raise ValueError("no")

        waiting = [asyncio.create_task(flights.join("key", fail)) for _ in range(2)]
        assert [type(e) for e in await asyncio.gather(*waiting, return_exceptions=True)] == [ValueError] * 2
        with pytest.raises(ValueError, match="no"):
            await flights.join("key", fail)

    asyncio.run(main())
