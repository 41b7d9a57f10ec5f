"""One real service for all tests that need one: `warmfit serve` as a process, spoken to over a socket."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import psutil
import pytest

ROOT = Path(__file__).parents[2]
OWN = {
    "kumaraswamy": "KUMARASWAMY",
    "borel": "BOREL",
    "broken": "BROKEN",
    "hanging": "HANGING",
}  # families of tests/service/families.py
ACCEPTED = [part for name, it in OWN.items() for part in ("--distribution", f"{name}=tests.service.families:{it}")]
START = 120.0  # seconds that a service may take to be ready on a busy machine


@dataclass(frozen=True)
class Running:
    """A service under test, by its address and its process."""

    address: str
    http_port: int
    metrics_port: int
    log_file: Path
    process: psutil.Process
    data_dir: Path

    def replicas(self, deployment: str) -> list[psutil.Process]:
        """The processes of a deployment's replicas."""
        return [p for p in self.process.children(recursive=True) if f":{deployment}" in _title(p)]


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(data_dir: Path, *arguments: str, **variables: str) -> Iterator[Running]:
    """A service of two workers while the block runs; it ends with status 0 and leaves no process."""
    port, http_port, metrics_port = free_port(), free_port(), free_port()
    logs = data_dir / "log.json"
    command = [sys.executable, "-m", "warmfit", "serve", "--port", str(port), "--http-port", str(http_port)]
    command += ["--metrics-port", str(metrics_port), "--log-file", str(logs)]
    command += ["--workers", "2", "--data-dir", str(data_dir), *arguments]
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))  # where its replicas find ACCEPTED
    environment = {**os.environ, "PYTHONPATH": path, **variables}
    with (
        (data_dir / "serve.log").open("wb") as log,
        subprocess.Popen(command, stderr=log, stdout=log, env=environment) as started,
    ):
        process = psutil.Process(started.pid)
        try:
            wait_until_ready(data_dir / "serve.log", started)
            yield Running(f"127.0.0.1:{port}", http_port, metrics_port, logs, process, data_dir)
        finally:
            family = [process, *process.children(recursive=True)] if process.is_running() else []
            started.send_signal(signal.SIGTERM)
            code = started.wait(60)
        _, alive = psutil.wait_procs(family, timeout=10)
        assert code == 0, (data_dir / "serve.log").read_text()
        assert not alive, f"the service left {alive} behind"


def wait_until_ready(log: Path, started: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START
    while "ready on" not in log.read_text():
        assert started.poll() is None, log.read_text()
        assert time.monotonic() < deadline, f"not ready after {START} s: {log.read_text()}"
        threading.Event().wait(0.1)


@pytest.fixture
def channel(service: Running) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(service.address) as channel:
        yield channel


def eventually(holds: Callable[[], bool], seconds: float) -> bool:
    """Whether something comes to hold in time."""
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.2)
    return True


def busy(processes: list[psutil.Process], seconds: float) -> float:
    """The share of a processor that processes use together."""

    def used() -> float:
        return sum(sum(p.cpu_times()[:2]) for p in processes)

    before, start = used(), time.monotonic()
    threading.Event().wait(seconds)
    return (used() - before) / (time.monotonic() - start)


def becomes_idle(processes: list[psutil.Process]) -> bool:
    """Whether processes stop working long before the work that they were given could be done."""
    until = time.monotonic() + 10.0
    while time.monotonic() < until:
        if busy(processes, 0.5) < 0.2:
            return True
    return False
