"""A service on this machine: a Ray of its own, started and ended with it."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Self

from warmfit_fitting.errors import InvalidInput, ServiceUnavailable
from warmfit_fitting.families.custom import Target
from warmfit_server.settings import Settings

if TYPE_CHECKING:
    from ray.serve.handle import DeploymentHandle

SIGNALS = (signal.SIGTERM, signal.SIGINT)
LOOPBACK = "127.0.0.1"
PATIENCE = 30.0  # seconds in which health must become SERVING when all deployments are up
REPLY = 5.0  # seconds beyond its own time that a gateway has to answer
LOOK = 0.05  # seconds between looks at whether a signal came: one that Ray's threads take does not wake this one


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
        while not self._told.wait(LOOK):
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
    """Raise `InvalidInput` where another program listens on a port of the service, or two of its ports are the same."""
    asked = [
        ("--port", settings.host, settings.port),
        ("--http-port", settings.http_host, settings.http_port),
        ("--health-port", settings.host, settings.health_port),
        ("--metrics-port", LOOPBACK, settings.metrics_port),
    ]
    seen: dict[int, str] = {}
    for option, host, port in asked:
        if port is None:
            continue
        if port in seen:
            raise InvalidInput(f"{seen[port]} and {option} are both {port}; choose another {option}")
        seen[port] = option
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise InvalidInput(
                    f"cannot listen on {host}:{port} ({error.strerror}); choose another {option}"
                ) from None


@contextmanager
def running(settings: Settings, ending: Ending, targets: tuple[Target, ...] = ()) -> Iterator[Path]:
    """Run the service while the block runs; it serves when the block begins and has left no process when it ends.

    `targets`: the families that it accepts beside those of warmfit. What the block is given is the folder in which Ray
    keeps what its processes write to their standard error.
    Raises `ServiceUnavailable` where it cannot start, with the reason.
    """
    # Ray's own ports run what they are sent, and listen everywhere unless Ray is told that it is no cluster.
    os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    os.environ.setdefault("RAY_AUTH_MODE", "disabled")  # loopback only; a token file would outlive this cluster
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    import ray
    from ray import serve

    from warmfit_server.app import APP_NAME, build_app

    try:
        try:
            context: Any = ray.init(
                address="local",
                num_cpus=settings.workers,
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.ERROR,
                _metrics_export_port=settings.metrics_port,
            )
            ending.listen()
            logging.getLogger("ray.serve").setLevel(logging.ERROR)  # what there is to say is said by the command
            http = {"host": settings.http_host, "port": settings.http_port}
            serve.start(proxy_location="HeadOnly", http_options=http, logging_config={"log_level": "WARNING"})
            gateways = serve.run(build_app(settings, targets), name=APP_NAME, route_prefix="/")
            _await_serving(gateways)
        except Exception as error:  # Ray's are of many kinds, and a machine that is too busy is a bare one
            raise ServiceUnavailable(f"the service did not start: {error}") from error
        yield Path(context.address_info["session_dir"]) / "logs"
        _drain(gateways, settings.drain_timeout)
    except SystemExit:  # how Ray answers SIGTERM until the signals are ours again
        raise KeyboardInterrupt from None
    finally:
        if ray.is_initialized():
            with redirect_stdout(StringIO()):  # where Ray's threads print that what is ended has ended
                serve.shutdown()  # type: ignore[no-untyped-call]
                ray.shutdown()


def _await_serving(gateways: DeploymentHandle[Any]) -> None:
    """Wait until every gateway says SERVING; raises `TimeoutError` where one does not."""
    serving = gateways.broadcast("serving", PATIENCE).results(timeout_s=PATIENCE + REPLY)
    if not all(serving):
        raise TimeoutError(f"health did not become SERVING in {PATIENCE} s; the logs say why")


def _drain(gateways: DeploymentHandle[Any], seconds: float) -> None:
    """Have every gateway end its calls while the workers are still there: Serve ends all deployments side by side."""
    try:
        gateways.broadcast("drain").results(timeout_s=seconds + REPLY, return_exceptions=True)
    except Exception as error:  # a gateway that is gone has no calls, and the end must go on
        logging.getLogger("warmfit.server").warning("draining: %s", type(error).__name__)
