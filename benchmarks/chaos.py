"""Whether a service that loses its processes, again and again, fails its callers: never a call, never a bit, not for long.

make chaos

A real service under the load of eight clients is fitted to without faults, then loses processes to SIGKILL: each kind in
turn, then some at random (seeded), one at a time. Every answer is compared with that of the time without faults, bit for
bit; every append that was acknowledged must be there once. Then what a power cut leaves behind (`power_cuts.py`), and
twice the load that is admitted (`overload.py`). A table, and the verdict last; status 1 where it is bad.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

from chaos_client import SHARED, own
from judgement import APART, Kill, Normal, Records, Yardstick, told
from overload import overload
from own_processes import serving
from power_cuts import power_cuts
from warmfit import Client
from warmfit_fitting.errors import WarmfitError
from warmfit_fitting.summary import summarize_values

CLIENTS = 8
QUIET = 15.0  # seconds without faults, first
END = 120.0  # seconds that the last calls may take
WHOLE = 90.0  # seconds, after those between kills, in which a process must have been replaced
KINDS = {"worker": ":FitWorker", "gateway": ":FitGateway", "controller": "ServeController", "proxy": "ProxyActor"}
"""What is killed, and what its title says. There is no process of the store: gateways write, and die while they do."""


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
            if any(client.poll() is not None for client in load):
                return ["a client did not start"]
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
    yardstick.end()
    return problems + told(records, done, Normal.of(records, yardstick, since, quiet_until), wrong)


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
