"""Streams of the service: how fast samples come, and what becomes of readers who leave or stall."""

from __future__ import annotations

import statistics
import time

import pandas as pd

from service_bars import Bar, timed
from service_peers import Echo, replicas, resident, used
from service_question import column, varied
from warmfit import Client
from warmfit.result import DistributionFitResult

CHUNKS, STREAMS = 64, 7  # 1 MiB each
COLUMNS = 16  # of a fit that is left


def samples(result: DistributionFitResult, client: Client, echo: Echo) -> Bar:
    """Draws in chunks of 1 MiB, and a plain stream of such chunks, in turn."""
    echo.hold(bytes(1 << 20))
    plain, ratios = echo.stream(), []

    def drawn(seed: int) -> None:
        for _ in client.sample(result, CHUNKS << 17, seed=seed):
            pass

    def streamed() -> None:
        for _ in plain(str(CHUNKS).encode()):
            pass

    drawn(0), streamed()  # the first makes the tables
    for seed in range(1, STREAMS + 1):
        own, floor = timed(lambda seed=seed: drawn(seed)), timed(streamed)  # type: ignore[misc]
        ratios.append(floor / own)
        print(f"  sample: {CHUNKS / own:.0f} MiB/s, plain stream {CHUNKS / floor:.0f} MiB/s", flush=True)
    return Bar("bytes per second of a gamma sample, to a plain stream", statistics.median(ratios), 0.5, is_least=True)


def left(client: Client) -> Bar:
    """How long workers go on when the reader of a stream of fits has gone."""
    frame = {f"c{i}": column() + i for i in range(COLUMNS)}
    ref, workers = client.put(pd.DataFrame(frame), list(frame)), replicas("FitWorker")
    took = []
    for bins in (200, 201, 202):
        events = client.fit_stream(ref, varied(bins))
        next(events)
        time.sleep(0.3)
        gone = time.perf_counter()
        events.close()  # type: ignore[attr-defined]
        quiet, before = 0, used(workers)
        while quiet < 3:
            time.sleep(0.1)
            now = used(workers)
            quiet, before = (quiet + 1 if now - before < 0.03 else 0), now
        took.append(time.perf_counter() - gone - 0.3)
        print(f"  workers were idle {took[-1]:.2f} s after the reader had gone", flush=True)
    return Bar("seconds in which workers stop when a reader goes", statistics.median(took), 1.0, unit=" s")


def stalled(result: DistributionFitResult, client: Client) -> Bar:
    """How much a gateway grows while a reader of a sample reads nothing."""
    gateways = replicas("FitGateway")
    chunks = client.sample(result, 10**10, seed=1)
    next(chunks)
    time.sleep(2.0)
    before = resident(gateways)
    time.sleep(4.0)
    grown = resident(gateways) - before
    chunks.close()  # type: ignore[attr-defined]
    return Bar("MiB that a gateway grows by while a reader stalls", grown, 8.0, unit=" MiB")
