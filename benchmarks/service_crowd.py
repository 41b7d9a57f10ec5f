"""Many clients at once: how long their calls take, and whether memory stays."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from service_bars import Bar
from service_peers import Echo, replicas, resident

PROCESSES, THREADS = 4, 16
SEGMENTS = 4  # of the load, with the echo before, between and after
LOAD = Path(__file__).with_name("service_load.py")


class Watch:
    """Looks at how much memory gateways and workers hold, every half second of the load on them."""

    def __init__(self) -> None:
        self.seen: list[float] = []
        self._on, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._look, args=(replicas("FitGateway", "FitWorker"),))
        self._thread.start()

    def _look(self, processes: list[object]) -> None:
        while not self._over.wait(0.5):
            if self._on.is_set():
                self.seen.append(resident(processes))  # type: ignore[arg-type]

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look while the block runs."""
        self._on.set()
        yield
        self._on.clear()

    def growth(self) -> float:
        """By how many percent memory grew from the middle of the load to its end."""
        self._over.set()
        self._thread.join()
        some = max(1, len(self.seen) // 10)
        half = len(self.seen) // 2
        middle, end = statistics.median(self.seen[half : half + some]), statistics.median(self.seen[-some:])
        print(f"  memory: {self.seen[0]:.0f} MiB, in the middle {middle:.0f} MiB, at the end {end:.0f} MiB", flush=True)
        return 100 * (end / middle - 1)


def load(address: str, echo: Echo, seconds: float) -> list[Bar]:
    """Many clients at once, each of which repeats its fit; the echo by as many before, between and after."""
    command = [sys.executable, str(LOAD), address, echo.address, str(THREADS)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    clients = [subprocess.Popen(command, **pipes) for _ in range(PROCESSES)]  # type: ignore[call-overload]
    try:
        for process in clients:
            assert "ready" in process.stdout.readline()

        def run(what: str, duration: float) -> tuple[list[float], int]:
            for process in clients:
                print(what, duration, file=process.stdin, flush=True)
            told = [json.loads(process.stdout.readline()) for process in clients]
            for error in {error for it in told for error in it["errors"]}:
                print(f"  {error}", flush=True)
            took = [t for it in told for t in it["took"]]
            p50, p99 = np.quantile(took, (0.5, 0.99)) * 1e3
            print(f"  {what}: {len(took) / duration:.0f} calls/s, p50 {p50:.1f} ms, p99 {p99:.1f} ms", flush=True)
            return took, sum(it["failed"] for it in told)

        watch = Watch()
        floors, took, failed = run("echo", seconds / 12)[0], [], 0
        for _ in range(SEGMENTS):
            with watch.watching():
                some, errors = run("service", seconds / SEGMENTS)
            took, failed = took + some, failed + errors
            floors += run("echo", seconds / 12)[0]
    finally:
        for process in clients:
            process.stdin.close()
            process.wait()
    ratio = float(np.quantile(took, 0.99) / np.quantile(floors, 0.99))
    return [
        Bar(f"errors of {len(took)} fits by {PROCESSES * THREADS} clients at once", failed, 0, unit=""),
        Bar("p99 of these, to the echo by as many", ratio, 3.0),
        Bar("growth of gateways and workers in the second half", watch.growth(), 5.0, unit=" %"),
    ]
