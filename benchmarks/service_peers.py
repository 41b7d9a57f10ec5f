"""What the benchmark of the service talks to: a service of its own and a plain echo, and where their processes are."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import psutil

from echo import HOLD
from warmfit.cli.own_service import own_service

LARGEST = [("grpc.max_receive_message_length", -1)]


@dataclass(frozen=True)
class Echo:
    """The echo at `address`, by a channel of this process."""

    address: str
    channel: grpc.Channel

    def unary(self) -> Any:
        """What asks for the bytes that are held."""
        return self.channel.unary_unary("/echo/Unary")

    def stream(self) -> Any:
        """What asks for the bytes that are held, as often as the request says."""
        return self.channel.unary_stream("/echo/Stream")

    def hold(self, answer: bytes) -> None:
        """Have it answer these bytes."""
        self.unary()(HOLD + answer)


@contextmanager
def echoing() -> Iterator[Echo]:
    """An echo while the block runs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    command = [sys.executable, str(Path(__file__).with_name("echo.py")), address.rpartition(":")[2]]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert "ready" in process.stdout.readline()
            with grpc.insecure_channel(address, options=LARGEST) as channel:
                yield Echo(address, channel)
        finally:
            process.terminate()


@contextmanager
def serving() -> Iterator[str]:
    """The address of a service with one gateway, and one worker for each processor, while the block runs."""
    with own_service(lambda line: print(f"  {line}", file=sys.stderr)) as address:
        yield address


def replicas(*deployments: str) -> list[psutil.Process]:
    """The processes of deployments, of the service that this process has started."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            title = " ".join(process.cmdline())
        except psutil.Error:
            continue
        if any(f":{deployment}" in title for deployment in deployments):
            found.append(process)
    return found


def used(processes: list[psutil.Process]) -> float:
    """Seconds of a processor that processes have used."""
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def resident(processes: list[psutil.Process]) -> float:
    """MiB that processes hold, what they share counted in parts."""
    return sum(process.memory_full_info().pss for process in processes) / 2**20
