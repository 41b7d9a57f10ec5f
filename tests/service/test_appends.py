"""Appends to a dataset of the real service, also while gateways die."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from tests.service.conftest import Running

from warmfit import Client, DistributionFitter, FitterConfig
from warmfit_fitting.summary import summarize_values

pytestmark = pytest.mark.ray

RNG = np.random.default_rng(8)
FIRST, MORE = RNG.gamma(2.0, 5.0, 12_000), RNG.gamma(2.0, 5.0, 600)
CONFIG = FitterConfig(included_distributions=("gamma", "lognorm", "gumbel_r"))


@pytest.fixture
def client(service: Running) -> Iterator[Client]:
    with Client(service.address) as client:
        yield client


def test_a_dataset_grows_and_its_fit_starts_from_the_one_before(client: Client) -> None:
    before = client.put(FIRST, name="grows")
    old = client.fit(before, CONFIG)
    ref = client.append("grows", MORE[:300])
    ref = client.append("grows", MORE[300:])
    whole = summarize_values(np.concatenate([FIRST, MORE]), plan=before.summaries()["value"].plan())
    there = ref.summaries()["value"]
    assert (there.n, there.grid) == (len(FIRST) + len(MORE), whole.grid)
    np.testing.assert_array_equal(there.observed.count, whole.observed.count)
    warm = FitterConfig(included_distributions=CONFIG.included_distributions, warm_start=old)
    remote = client.fit(ref, warm)
    local = DistributionFitter().fit({"value": there}, config=warm)
    assert [r.parameters for r in remote] == [r.parameters for r in local]
    assert sum(r.n_evaluations for r in remote) < sum(r.n_evaluations for r in client.fit(ref, CONFIG)) / 2


def test_no_append_that_was_acknowledged_is_lost_when_gateways_are_killed(service: Running, client: Client) -> None:
    client.put([0.0], name="survives")
    acknowledged: list[float] = []
    enough = threading.Event()

    def append(numbers: range) -> None:
        with Client(service.address) as own:
            for number in numbers:
                own.append("survives", [float(number)])
                acknowledged.append(float(number))
                if len(acknowledged) == 10:
                    enough.set()

    writers = [threading.Thread(target=append, args=(range(start, start + 12),)) for start in (100, 200, 300)]
    for writer in writers:
        writer.start()
    assert enough.wait(60)
    for gateway in service.replicas("FitGateway"):
        gateway.kill()
    for writer in writers:
        writer.join(120)
    assert len(acknowledged) == 36  # not one call failed
    kept = client.get("survives").summaries()["value"]
    assert kept == summarize_values(np.array([0.0, *acknowledged]))
