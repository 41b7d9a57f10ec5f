"""Warnings of calls to a service: at the caller's line, however many generators and coroutines lie between."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest

from warmfit import Client, DistributionFitter, FitterConfig, HeavyTailWarning, TruncationNotice, aio

VALUES = np.random.default_rng(5).normal(size=200)
HEAVY = np.random.default_rng(6).standard_cauchy(3_000)
SMALL = ["norm"]
BOUNDED = FitterConfig(bounded=True, included_distributions=SMALL)


def test_the_fitter_and_both_clients_warn_at_the_callers_line(service: Any) -> None:
    async def main() -> None:
        async with aio.Client(service.address) as client:
            await client.fit(VALUES, BOUNDED)

    with Client(service.address) as client, pytest.warns(TruncationNotice) as caught:
        client.fit(VALUES, BOUNDED)
    with pytest.warns(TruncationNotice) as also:
        asyncio.run(main())
    with pytest.warns(TruncationNotice) as again:
        DistributionFitter(service.address).fit(VALUES, config=BOUNDED)
    assert [w.filename for w in (*caught, *also, *again)] == [__file__] * 3


def test_heavy_tails_are_told_once_by_each_of_them(service: Any) -> None:
    config = FitterConfig(included_distributions=SMALL)

    async def main() -> None:
        async with aio.Client(service.address) as client:
            await client.fit(HEAVY, config)

    with Client(service.address) as client, pytest.warns(HeavyTailWarning) as caught:
        client.fit(HEAVY, config)
    with pytest.warns(HeavyTailWarning) as also:
        asyncio.run(main())
    with pytest.warns(HeavyTailWarning) as again:
        DistributionFitter(service.address).fit(HEAVY, config=config)
    assert [w.filename for w in (*caught, *also, *again)] == [__file__] * 3
