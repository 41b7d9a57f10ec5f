"""A service of a program's own, as a process whose replicas it can find, and kill."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

START = 180.0  # seconds that a service may take to be ready on a busy machine
END = 90.0


@dataclass(frozen=True)
class Running:
    """A service by its address and its process."""

    address: str
    process: psutil.Process


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(data_dir: Path, *arguments: str, **variables: str) -> Iterator[Running]:
    """A service while the block runs."""
    port, log = free_port(), data_dir / "serve.log"
    command = [sys.executable, "-m", "warmfit", "serve", "--port", str(port), "--http-port", str(free_port())]
    command += ["--data-dir", str(data_dir), "--log-file", str(data_dir / "log.json"), *arguments]
    with (
        log.open("wb") as out,
        subprocess.Popen(command, stderr=out, stdout=out, env={**os.environ, **variables}) as it,
    ):
        try:
            _await_ready(log, it)
            yield Running(f"127.0.0.1:{port}", psutil.Process(it.pid))
        finally:
            it.send_signal(signal.SIGTERM)
            it.wait(END)


def _await_ready(log: Path, started: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START
    while "ready on" not in log.read_text():
        if started.poll() is not None or time.monotonic() > until:
            raise SystemExit(f"the service did not start: {log.read_text()}")
        time.sleep(0.1)
