"""A service on this machine: a Ray of its own, started and ended with it."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from warmfit_fitting.errors import ServiceUnavailable
from warmfit_server.settings import Settings


@contextmanager
def running(settings: Settings) -> Iterator[None]:
    """Run the service while the block runs; it serves when the block begins and has left no process when it ends.

    Raises `ServiceUnavailable` where it cannot start, with the reason.
    """
    os.environ.setdefault("RAY_AUTH_MODE", "disabled")  # loopback only; a token file would outlive this cluster
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    import ray
    from ray import serve

    from warmfit_server.app import APP_NAME, build_app

    ray.init(
        address="local",
        num_cpus=max(settings.workers, 1),
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
    )
    logging.getLogger("ray.serve").setLevel(logging.ERROR)  # what there is to say is said by the command
    try:
        serve.start(
            proxy_location="HeadOnly",
            http_options={"host": settings.http_host, "port": settings.http_port},
            logging_config={"log_level": "WARNING"},
        )
        try:
            serve.run(build_app(settings), name=APP_NAME, route_prefix="/")
        except RuntimeError as error:
            raise ServiceUnavailable(f"the service did not start: {error}") from error
        yield
    finally:
        serve.shutdown()  # type: ignore[no-untyped-call]
        ray.shutdown()


def wait_for_end(signals: tuple[signal.Signals, ...] = (signal.SIGTERM, signal.SIGINT)) -> signal.Signals:
    """Wait until one of the signals comes, and say which; a second one is not waited for."""
    ended = threading.Event()
    seen: list[int] = []

    def end(number: int, _: FrameType | None) -> None:
        seen.append(number)
        ended.set()

    before: list[tuple[signal.Signals, Callable[[int, FrameType | None], object] | int | None]] = [
        (which, signal.signal(which, end)) for which in signals
    ]
    try:
        while not ended.wait(0.2):
            pass
    finally:
        for which, handler in before:
            signal.signal(which, handler)
    return signal.Signals(seen[0])
