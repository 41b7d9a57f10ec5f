"""A service on this machine: a Ray of its own, started and ended with it."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Self

from warmfit_fitting.errors import InvalidInput, ServiceUnavailable
from warmfit_fitting.families.custom import Target
from warmfit_server.settings import Settings

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Ending:
    """What tells the service to end: SIGTERM and Ctrl-C, the first of which counts and the others are not needed.

    While the service starts, the first interrupts the start.
    """

    def __init__(self) -> None:
        self._told = threading.Event()
        self._name = ""
        self._starting = True
        self._before = {which: signal.getsignal(which) for which in SIGNALS}

    def __enter__(self) -> Self:
        self.listen()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for which, handler in self._before.items():
            signal.signal(which, handler)

    def listen(self) -> None:
        """Take the signals; again, after Ray has taken them for itself."""
        for which in SIGNALS:
            signal.signal(which, self._tell)

    def wait(self) -> str:
        """Wait for the end, and say which signal told it."""
        self._starting = False
        while not self._told.wait(0.2):
            pass
        return self._name

    def _tell(self, number: int, _: FrameType | None) -> None:
        if self._told.is_set():
            return
        self._name = signal.Signals(number).name
        self._told.set()
        if self._starting:
            raise KeyboardInterrupt


def check_ports(settings: Settings) -> None:
    """Raise `InvalidInput` where another program listens on a port of the service."""
    for option, host, port in (
        ("--port", settings.host, settings.port),
        ("--http-port", settings.http_host, settings.http_port),
    ):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise InvalidInput(
                    f"cannot listen on {host}:{port} ({error.strerror}); choose another {option}"
                ) from None


@contextmanager
def running(settings: Settings, ending: Ending, targets: tuple[Target, ...] = ()) -> Iterator[None]:
    """Run the service while the block runs; it serves when the block begins and has left no process when it ends.

    `targets`: the families that it accepts beside those of warmfit.
    Raises `ServiceUnavailable` where it cannot start, with the reason.
    """
    os.environ.setdefault("RAY_AUTH_MODE", "disabled")  # loopback only; a token file would outlive this cluster
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    import ray
    from ray import serve

    from warmfit_server.app import APP_NAME, build_app

    try:
        ray.init(
            address="local",
            num_cpus=settings.workers,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
            _metrics_export_port=settings.metrics_port,
        )
        ending.listen()
        logging.getLogger("ray.serve").setLevel(logging.ERROR)  # what there is to say is said by the command
        try:
            http = {"host": settings.http_host, "port": settings.http_port}
            serve.start(proxy_location="HeadOnly", http_options=http, logging_config={"log_level": "WARNING"})
            serve.run(build_app(settings, targets), name=APP_NAME, route_prefix="/")
        except (RuntimeError, ValueError, OSError) as error:
            raise ServiceUnavailable(f"the service did not start: {error}") from error
        yield
    except SystemExit:  # how Ray answers SIGTERM until the signals are ours again
        raise KeyboardInterrupt from None
    finally:
        if ray.is_initialized():
            serve.shutdown()  # type: ignore[no-untyped-call]
            ray.shutdown()
