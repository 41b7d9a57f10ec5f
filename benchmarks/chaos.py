"""Whether a service that loses its processes, again and again, fails its callers: never a call, never a bit, not for long.

make chaos

A real service under the load of eight clients is fitted to without faults, then loses processes to SIGKILL: each kind in
turn, then some at random (seeded). Every answer is compared with that of the time without faults, bit for bit; every
append that was acknowledged must be there once. Then what a power cut leaves behind (`power_cuts.py`), and twice the load
that is admitted (`overload.py`). A table, and the verdict last; status 1 where it is bad.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from chaos_client import SHARED, own
from overload import overload
from own_processes import serving
from power_cuts import power_cuts
from warmfit import Client
from warmfit_fitting.errors import WarmfitError
from warmfit_fitting.summary import summarize_values

CLIENTS = 8
QUIET = 15.0  # seconds without faults, first
APART = 14.0  # seconds between kills
END = 120.0  # seconds that the last calls may take
WHOLE = 90.0  # seconds, after those, in which a process must have been replaced
BACK = 10.0  # seconds in which latency must be as before
WINDOW = 2.0  # seconds over which latencies are judged
BEFORE = 6.0  # seconds before a kill, whose latencies are as normal as those without faults
AS_BEFORE = 2.0  # times that calls typically take what they took before
WORK = 8 << 20  # bytes that the yardstick digests
KINDS = {"worker": ":FitWorker", "gateway": ":FitGateway", "controller": "ServeController", "proxy": "ProxyActor"}
"""What is killed, and what its title says. There is no process of the store: gateways write, and die while they do."""


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

    def different(self, until: float) -> list[str]:
        """The questions whose answers are not all those from before `until`."""
        known: dict[str, set[str]] = defaultdict(set)
        for call in self.calls:
            if call.get("digest") and call["began"] < until:
                known[call["key"]].add(call["digest"])
        return [
            call["key"]
            for call in self.calls
            if call.get("digest") and known[call["key"]] and known[call["key"]] != {call["digest"]}
        ]

    def appended(self, name: str) -> list[float]:
        """The values that a dataset acknowledged."""
        return [float(key.split()[-1]) for c in self.calls if (key := c.get("key", "")).startswith(f"append {name} ")]


@dataclass(frozen=True)
class Kill:
    """One process that was killed, and when."""

    kind: str
    at: float


def title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def victims(service: psutil.Process, kind: str) -> list[psutil.Process]:
    """The processes of a kind."""
    return [p for p in service.children(recursive=True) if KINDS[kind] in title(p)]


def kill(service: psutil.Process, kind: str, rng: np.random.Generator) -> Kill:
    """Kill one process of a kind."""
    found = victims(service, kind)
    found[int(rng.integers(len(found)))].kill()
    return Kill(kind, time.monotonic())


@dataclass
class Strength:
    """How many processes of each kind a service has when nothing is wrong, and how many gateways have begun to listen."""

    service: psutil.Process
    log: Path
    full: dict[str, int]

    @classmethod
    def of(cls, service: psutil.Process, log: Path) -> Strength:
        """That of a service that is whole now."""
        return cls(service, log, {kind: len(victims(service, kind)) for kind in KINDS})

    def awaited(self, gateways_killed: int) -> bool:
        """Whether the service is whole again in time: one fault at a time is what it has to bear."""
        until = time.monotonic() + WHOLE
        while time.monotonic() < until:
            there = all(len(victims(self.service, kind)) >= number for kind, number in self.full.items())
            if there and self.log.read_text().count(" listens on port ") >= self.full["gateway"] + gateways_killed:
                return True
            time.sleep(0.5)
        return False


class Yardstick:
    """How long a piece of work of its own takes, all the time: what else the machine does is no fault of the service."""

    def __init__(self) -> None:
        self._took: list[tuple[float, float]] = []
        self._work = bytes(WORK)
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            began = time.monotonic()
            hashlib.blake2b(self._work)
            self._took.append((began, time.monotonic() - began))
            time.sleep(0.15)

    def between(self, since: float, until: float) -> float:
        """Seconds that the work took there, on average."""
        return float(np.mean([took for at, took in list(self._took) if since <= at < until] or [0.0]))


@dataclass(frozen=True)
class Normal:
    """What is normal without faults. `took`: the median of calls, by what they are; `work`: of the yardstick; seconds."""

    took: dict[str, float]
    work: float
    yardstick: Yardstick
    until: float

    @classmethod
    def of(cls, records: Records, yardstick: Yardstick, since: float, until: float) -> Normal:
        """What was normal between two times."""
        took: dict[str, list[float]] = defaultdict(list)
        for call in records.calls:
            if since <= call["began"] and call["began"] + call["seconds"] < until:
                took[call["what"]].append(call["seconds"])
        medians = {what: float(np.median(seconds)) for what, seconds in took.items()}
        return cls(medians, yardstick.between(since, until), yardstick, until)

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


def lost(address: str, records: Records) -> list[str]:
    """The datasets that do not hold exactly what they acknowledged."""
    wrong = []
    with Client(address) as client:
        for name in (SHARED, *(own(number) for number in range(CLIENTS))):
            try:
                (kept,) = client.get(name).summaries().values()
            except WarmfitError as error:
                wrong.append(f"{name}: {error}")
                continue
            if kept != summarize_values(np.array([0.0, *records.appended(name)])):
                wrong.append(f"{name}: {kept.n} values, acknowledged {len(records.appended(name)) + 1}")
    return wrong


def clients(address: str) -> list[subprocess.Popen[str]]:
    """The processes of the load."""
    program = str(Path(__file__).with_name("chaos_client.py"))
    with Client(address) as client:
        for name in (SHARED, *(own(number) for number in range(CLIENTS))):
            client.put([0.0], name=name)
    return [
        subprocess.Popen([sys.executable, program, address, str(number)], text=True, stdin=-1, stdout=-1)
        for number in range(CLIENTS)
    ]


def kills(folder: Path, gateways: int, workers: int, kinds: list[str], at_random: int, seed: int) -> list[str]:
    """Problems that killing processes of a service under load brings to light; prints the table."""
    rng, records, yardstick = np.random.default_rng(seed), Records(), Yardstick()
    with serving(folder, "--gateways", str(gateways), "--workers", str(workers)) as service:
        load = clients(service.address)
        for client in load:
            threading.Thread(target=records.listen, args=(client,), daemon=True).start()
        while len(records.ready) < CLIENTS:
            time.sleep(0.1)
        time.sleep(3.0)  # warm
        since = time.monotonic()
        time.sleep(QUIET)
        quiet_until = time.monotonic()
        planned = [*kinds, *(str(k) for k in rng.choice(list(KINDS), at_random))]
        done: list[Kill] = []
        problems: list[str] = []
        strength = Strength.of(service.process, folder / "log.json")
        for kind in planned:
            done.append(kill(service.process, kind, rng))
            print(f"killed a {kind}", file=sys.stderr, flush=True)
            time.sleep(APART)
            if not strength.awaited(sum(this.kind == "gateway" for this in done)):
                problems.append(f"a {kind} was not replaced within {WHOLE:.0f} s")
        for client in load:
            assert client.stdin is not None
            client.stdin.close()
        for client in load:
            client.wait(END)
        wrong = lost(service.address, records)
    return problems + told(records, done, Normal.of(records, yardstick, since, quiet_until), wrong)


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
    different = records.different(normal.until)
    for what in sorted(normal.took):
        calls = [c["seconds"] for c in records.calls if c["what"] == what]
        print(f"  {what:24s} {len(calls):6d} calls, p50 {np.median(calls) * 1e3:7.1f} ms, slowest {max(calls):5.1f} s")
    failed = len(records.failed)
    print(f"{len(records.calls)} calls, {failed} failed, {len(different)} answers differ, {len(wrong)} datasets wrong")
    problems += sorted({f"failed: {c['what']}: {c['error']}" for c in records.failed})
    problems += sorted({f"another answer: {key}" for key in different})
    return problems + [f"appends: {line}" for line in wrong]


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the service is ended
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--random", type=int, default=6, help="kills at random, after each kind in turn")
    parser.add_argument("--gateways", type=int, default=2)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kinds", nargs="*", choices=list(KINDS), default=list(KINDS), help="killed in turn")
    parser.add_argument("--only-kills", action="store_true", help="neither power cuts nor overload")
    parser.add_argument("--folder", type=Path, help="where data and logs are left; without it they are removed")
    asked = parser.parse_args()
    print(f"seed {asked.seed}, {CLIENTS} clients, {asked.gateways} gateways, {asked.workers} workers")
    with tempfile.TemporaryDirectory(prefix="warmfit-chaos-") as temporary:
        folder = asked.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        problems = kills(folder, asked.gateways, asked.workers, asked.kinds, asked.random, asked.seed)
    if not asked.only_kills:
        problems += power_cuts(asked.seed)
        problems += overload()
    for problem in problems:
        print(f"  {problem}")
    print("verdict: " + ("BAD" if problems else "good"))
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
