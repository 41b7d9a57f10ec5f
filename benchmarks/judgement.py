"""What the clients of `chaos.py` have told, and whether latency was back in time, whatever else the machine did."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import threading
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np

APART = 14.0  # seconds between kills
BACK = 10.0  # seconds in which latency must be as before
WINDOW = 2.0  # seconds over which latencies are judged
BEFORE = 6.0  # seconds before a kill, whose latencies are as normal as those without faults
AS_BEFORE = 2.0  # times that calls typically take what they took before
WORK = "import sys, hashlib\nfor _ in sys.stdin: hashlib.blake2b(bytes(4 << 20)); print(flush=True)"  # milliseconds


@dataclass
class Records:
    """What the clients have told."""

    calls: list[dict[str, Any]] = field(default_factory=list)
    ready: set[int] = field(default_factory=set)

    def listen(self, client: subprocess.Popen[str]) -> None:
        """Take the lines of one client."""
        assert client.stdout is not None
        for line in client.stdout:
            told = json.loads(line)
            if "ready" in told:
                self.ready.add(told["ready"])
            else:
                self.calls.append(told)

    @property
    def failed(self) -> list[dict[str, Any]]:
        """The calls that failed."""
        return [call for call in self.calls if "error" in call]

    @property
    def different(self) -> list[str]:
        """The questions that had more than one answer, with and without faults."""
        answers: dict[str, set[str]] = defaultdict(set)
        for call in self.calls:
            if call.get("digest"):
                answers[call["key"]].add(call["digest"])
        return sorted(key for key, found in answers.items() if len(found) > 1)

    def appended(self, name: str) -> list[float]:
        """The values that a dataset acknowledged."""
        return [float(key.split()[-1]) for c in self.calls if (key := c.get("key", "")).startswith(f"append {name} ")]


@dataclass(frozen=True)
class Kill:
    """One process that was killed, and when."""

    kind: str
    at: float


class Yardstick:
    """How long a process takes that is asked for a piece of work now and then, as a worker is, but has no load.

    What else the machine does is no fault of the service.
    """

    def __init__(self) -> None:
        self._took: list[tuple[float, float]] = []
        self._process = subprocess.Popen([sys.executable, "-c", WORK], stdin=-1, stdout=-1, text=True)
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(OSError):  # when it is ended
            while True:
                began = time.monotonic()
                print(file=self._process.stdin, flush=True)
                self._process.stdout.readline()
                self._took.append((began, time.monotonic() - began))
                time.sleep(0.1)

    def between(self, since: float, until: float) -> float:
        """Seconds that the work took there, on average."""
        return float(np.mean([took for at, took in list(self._took) if since <= at < until] or [0.0]))

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()


@dataclass(frozen=True)
class Normal:
    """What is normal without faults. `took`: the median of calls, by what they are; `work`: of the yardstick; seconds."""

    took: dict[str, float]
    work: float
    yardstick: Yardstick

    @classmethod
    def of(cls, records: Records, yardstick: Yardstick, since: float, until: float) -> Normal:
        """What was normal between two times."""
        took: dict[str, list[float]] = defaultdict(list)
        for call in records.calls:
            if since <= call["began"] and call["began"] + call["seconds"] < until:
                took[call["what"]].append(call["seconds"])
        medians = {what: float(np.median(seconds)) for what, seconds in took.items()}
        return cls(medians, yardstick.between(since, until), yardstick)

    def busy(self, since: float, until: float) -> float:
        """How many times slower the machine is between two times, at least 1."""
        return max(1.0, self.yardstick.between(since, until) / self.work)


def back_after(records: Records, normal: Normal, at: float, until: float) -> float:
    """Seconds after which, from the kill at `at` on, latencies are as before; what ends in a window is judged there."""
    last, before = 0.0, typical(records, normal, at - BEFORE, at)
    for start in np.arange(at, until - WINDOW, WINDOW / 4):
        busy = max(before, normal.busy(start, start + WINDOW))
        if typical(records, normal, start, start + WINDOW) > AS_BEFORE * busy:
            last = start + WINDOW - at
    return last


def typical(records: Records, normal: Normal, since: float, until: float) -> float:
    """How many times longer than without faults calls typically took that ended between two times; at least 1."""
    ended = (c for c in records.calls if since <= c["began"] + c["seconds"] < until)
    times = [c["seconds"] / normal.took[c["what"]] for c in ended]
    return max(1.0, float(np.median(times))) if times else math.inf


def told(records: Records, done: list[Kill], normal: Normal, wrong: list[str]) -> list[str]:
    """Print what happened, and return what should not have."""
    problems = []
    print(f"{'killed':12s} {'latency back after':>18s} {'longest call':>13s} {'calls':>7s} {'failed':>7s}")
    for this in done:
        following = this.at + APART
        calls = [c for c in records.calls if this.at <= c["began"] + c["seconds"] < following]
        back = back_after(records, normal, this.at, following)
        failed, longest = sum("error" in c for c in calls), max((c["seconds"] for c in calls), default=0.0)
        print(f"{this.kind:12s} {back:16.1f} s {longest:11.1f} s {len(calls):7d} {failed:7d}")
        if max(back, longest / normal.busy(this.at, following)) > BACK:
            problems.append(f"latency was not back {BACK:.0f} s after a {this.kind} was killed")
    different = records.different
    for what in sorted(normal.took):
        calls = [c["seconds"] for c in records.calls if c["what"] == what]
        print(f"  {what:24s} {len(calls):6d} calls, p50 {np.median(calls) * 1e3:7.1f} ms, slowest {max(calls):5.1f} s")
    counts = f"{len(records.failed)} failed, {len(different)} questions with two answers, {len(wrong)} datasets wrong"
    print(f"{len(records.calls)} calls, {counts}")
    problems += sorted({f"failed: {c['what']}: {c['error']}" for c in records.failed})
    problems += [f"another answer: {key}" for key in different]
    return problems + [f"appends: {line}" for line in wrong]
