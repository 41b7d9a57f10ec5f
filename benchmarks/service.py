"""What the service costs, as ratios to a plain `grpc.aio` echo and to the embedded engine in the same run.

make bench-service, or `python benchmarks/service.py [--seconds S]`: S seconds of load, 60 by default. It starts all that it
needs, writes a section of docs/performance.md, and says last whether every bar was met; exit code 1 where one was missed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import numpy as np

import ledger
from service_bars import Bar, timed
from service_crowd import PROCESSES, THREADS, load
from service_peers import Echo, echoing, serving
from service_question import Question, question, varied
from service_streams import left, samples, stalled
from warmfit import Client, DistributionFitter

BLOCKS, ROUNDS, CALLS = 5, 20, 25  # calls of each kind in a row; ratios are medians of those of the blocks
NEW_CONFIGS = 7
EMBEDDED = Path(__file__).with_name("service_embedded.py")


def repeats(asked: Question, client: Client, address: str, echo: Echo) -> list[Bar]:
    """Repeated fits of a reference, by the fitter and by the client, calls of every kind in turn."""
    fitter, plain = DistributionFitter(address), echo.unary()
    calls: dict[str, Callable[[], object]] = {
        "echo": lambda: plain(asked.request),
        "DistributionFitter.fit": lambda: fitter.fit(asked.ref, config=asked.config),
        "Client.fit": lambda: client.fit(asked.ref, asked.config),
    }
    ratios: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
    for _ in range(BLOCKS):
        took: dict[str, list[float]] = {name: [] for name in calls}
        for _ in range(ROUNDS):
            for name, call in calls.items():
                took[name] += [timed(call) for _ in range(CALLS)]
        points = {name: np.quantile(t, (0.5, 0.99)) for name, t in took.items()}
        for name in calls:
            ratios[name].append(tuple(points[name] / points["echo"]))  # type: ignore[arg-type]
        print(f"  echo: p50 {points['echo'][0] * 1e3:.3f} ms, p99 {points['echo'][1] * 1e3:.3f} ms", flush=True)
    bars = []
    for name in list(calls)[1:]:
        p50, p99 = (statistics.median(ratio) for ratio in zip(*ratios[name], strict=True))
        bars += [
            Bar(f"repeated `{name}`, p50, to the echo", p50, 1.5),
            Bar(f"the same, p99 of {ROUNDS * CALLS}", p99, 3.0),
        ]
    return bars


@contextmanager
def embedded() -> Iterator[Callable[[int], float]]:
    """What fits a configuration in a process that speaks to nobody, and says how many seconds it took."""
    command = [sys.executable, str(EMBEDDED)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def fit(bins: int) -> float:
            print(bins, file=process.stdin, flush=True)
            return float(process.stdout.readline())  # type: ignore[union-attr]

        fit(2)
        yield fit
        process.stdin.close()


def new_configs(asked: Question, client: Client) -> Bar:
    """Configurations that nobody asked for before, on a warm dataset, here and there in turn."""
    ratios = []
    with embedded() as here:
        for bins in range(100, 100 + NEW_CONFIGS):
            there = timed(lambda bins=bins: client.fit(asked.ref, varied(bins)))  # type: ignore[misc]
            own = here(bins)
            ratios.append((there - 0.003) / own)
            print(f"  new configuration: {there:.3f} s, embedded {own:.3f} s", flush=True)
    return Bar("a new configuration, less 3 ms, to the embedded engine", statistics.median(ratios), 1.25)


def measure(seconds: float) -> tuple[list[Bar], str]:
    """All figures, and what is to be said of them."""
    with echoing() as echo, serving() as address, Client(address) as client:
        asked = question(client)
        (gamma,) = [fit for fit in asked.results if fit.distribution == "gamma"]
        size = hold_the_answer(address, asked, echo)
        bars = repeats(asked, client, address, echo)
        bars += load(address, echo, seconds)
        bars.append(new_configs(asked, client))
        bars += [left(client), stalled(gamma, client), samples(gamma, client, echo)]
    text = (
        f"`make bench-service`: one gateway, {os.cpu_count()} workers, clients and a plain `grpc.aio` echo on one machine; "
        f"a registered column of gamma draws, fitted with the default catalogue ({len(asked.results)} families). A request "
        f"has {len(asked.request)} bytes and its answer {size}; the echo is sent and sends as many. Calls take turns, "
        f"and ratios are medians of {BLOCKS} blocks of {ROUNDS * CALLS} calls each. The load is {seconds:g} s of "
        f"{PROCESSES * THREADS} clients in {PROCESSES} processes; the embedded engine fits the same column in a process of "
        "its own."
    )
    return bars, text


def hold_the_answer(address: str, asked: Question, echo: Echo) -> int:
    """Have the echo answer what the service does; its size in bytes."""
    with grpc.insecure_channel(address) as channel:
        answer: bytes = channel.unary_unary("/warmfit.v1.FittingService/Fit")(asked.request)
    echo.hold(answer)
    return len(answer)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0, help="of load by many clients at once")
    bars, text = measure(parser.parse_args().seconds)
    page = ledger.table(("", "measured", "bar", "met"), [bar.row for bar in bars])
    ledger.put("performance.md", "service", ledger.section("The service, against an echo", text, page))
    print(page)
    missed = [bar.what for bar in bars if not bar.is_met]
    print(
        f"verdict: {len(missed)} of {len(bars)} bars missed: {'; '.join(missed)}"
        if missed
        else f"verdict: all {len(bars)} bars met"
    )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
