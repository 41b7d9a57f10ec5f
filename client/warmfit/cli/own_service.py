"""A service of our own for as long as a block runs: `warmfit serve` as a child process on loopback."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from warmfit_fitting.errors import ServiceUnavailable

_READY = "ready on"
_PATIENCE = 60.0  # seconds that a service is given to let calls finish


@contextmanager
def own_service(say: Callable[[str], None], workers: int | None = None) -> Iterator[str]:
    """The address of a service that runs while the block does; what it says goes to `say`, line by line.

    Raises `ServiceUnavailable` where it does not come up, with its last words.
    """
    with tempfile.TemporaryDirectory(prefix="warmfit-") as data_dir:
        port, http_port = _free_ports(2)
        command = [sys.executable, "-m", "warmfit", "serve", "--port", str(port), "--http-port", str(http_port)]
        command += ["--data-dir", data_dir, *(["--workers", str(workers)] if workers else [])]
        with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as service:
            try:
                _await_ready(service, say)
                yield f"127.0.0.1:{port}"
            finally:
                _end(service, say)


def _end(service: subprocess.Popen[str], say: Callable[[str], None]) -> None:
    service.send_signal(signal.SIGTERM)
    try:
        _, said = service.communicate(timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        service.kill()
        _, said = service.communicate()
    for line in (said or "").splitlines():
        say(line)


def _await_ready(service: subprocess.Popen[str], say: Callable[[str], None]) -> None:
    assert service.stderr is not None
    last = ""
    for line in service.stderr:
        say(line.rstrip())
        if _READY in line:
            return
        last = line.strip() or last
    raise ServiceUnavailable(f"the service did not start: {last or 'it said nothing'}")


def _free_ports(n: int) -> list[int]:
    probes = [socket.socket() for _ in range(n)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()
