"""`RayBackend`: fits on a Ray cluster, in actors of its own that stay warm from one call to the next."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from warmfit import validation as check
from warmfit.backends.protocol import FitTask, OnRow
from warmfit_fitting.errors import InvalidInput, ServiceUnavailable
from warmfit_fitting.row import FitRow

ALONE = (
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"  # 0: no other machine belongs to the cluster, which listens on loopback then
)


class RayBackend:
    """Fits in actors on the cluster at `address`, as many as `num_cpus` says, by default one for each of its processors.

    `address`: None for the Ray to which this process is connected, or that at `RAY_ADDRESS`, or else one that is started on
    this machine with `num_cpus` processors and reached by nobody else; "auto" for the one that runs on this machine;
    "host:port" or "ray://host:port" for another. Nothing is started, and nobody asked, before the first fit.

    The actors keep summaries, and what is prepared from them, and take no processor from the cluster's account while
    they wait, so that Datasets can be read beside them. `close()`, or the end of a `with` block, ends them, and Ray where
    this backend connected to it; a Ray that was there before goes on. The cluster's machines need warmfit installed, in
    the same version, and a user's own families must be importable there or be picklable by value.
    """

    name = "ray"

    def __init__(self, address: str | None = None, num_cpus: int | None = None) -> None:
        self.address = None if address is None else check.text("address", address, "an address, such as 'auto'")
        self.num_cpus = None if num_cpus is None else check.whole("num_cpus", num_cpus)
        self._crew: Any = None
        self._connected = False

    def __repr__(self) -> str:
        return f"RayBackend(address={self.address!r}, num_cpus={self.num_cpus})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def fit(
        self, tasks: Sequence[FitTask], *, on_row: OnRow | None = None, timeout: float | None = None
    ) -> list[tuple[FitRow, ...]]:
        """One tuple of rows for each task; see `ExecutionBackend.fit`.

        An actor that dies during a fit is replaced, and its families are fitted again. Raises `InvalidInput` where Ray is
        not installed, `ServiceUnavailable` where there is no cluster at the address.
        """
        if not tasks:
            return []
        from warmfit.backends.ray_fits import fit_tasks

        deadline = math.inf if timeout is None else time.monotonic() + timeout
        return fit_tasks(self._workers, tasks, deadline, timeout, on_row)

    def close(self) -> None:
        """End the actors, and the connection to Ray where this backend made it; the next fit starts anew."""
        crew, self._crew = self._crew, None
        if crew is not None and _ray().is_initialized() and crew.is_of_this_connection:
            crew.dismiss()
        if self._connected:
            import ray

            self._connected = False
            ray.shutdown()

    def _workers(self) -> Any:
        """The actors, hired anew where Ray has ended since."""
        ray = _ray()
        if not ray.is_initialized():
            self._crew = None
            self._connect()
        elif not self._connected:
            self._check_connection()
        if self._crew is None or not self._crew.is_of_this_connection:
            from warmfit.backends.ray_crew import Crew

            self._crew = Crew(self.num_cpus)
        return self._crew

    def _connect(self) -> None:
        address = self.address or os.environ.get("RAY_ADDRESS") or "local"
        try:
            if address == "local":
                start_on_loopback(self.num_cpus)
            else:
                _ray().init(address=address, **({} if address.startswith("ray://") else {"log_to_driver": False}))
        except Exception as error:  # of a start that takes too long, Ray says so with no class of its own
            raise ServiceUnavailable(f"no Ray at {address!r}: {error}") from error
        self._connected = True

    def _check_connection(self) -> None:
        """Raise `InvalidInput` where this process is connected to another Ray than the one asked for."""
        if self.address in (None, "auto", "local"):
            return
        there = _ray().get_runtime_context().gcs_address
        if not self.address.startswith("ray://") and self.address != there:
            raise InvalidInput(
                f"address={self.address!r}: this process is connected to the Ray at {there}, and can be to one only; "
                "leave the address out, or call ray.shutdown() first"
            )


def start_on_loopback(num_cpus: int | None = None, **settings: Any) -> None:
    """Start a Ray of this process's own, whose ports nobody else reaches: they run what they are sent."""
    os.environ[ALONE] = "0"
    os.environ.setdefault("RAY_AUTH_MODE", "disabled")  # a token file would outlive it
    ray = _ray()
    from ray._private import ray_constants

    ray_constants.ENABLE_RAY_CLUSTER = False  # what the variable says, to a Ray that was imported before
    ray.init(address="local", num_cpus=num_cpus, include_dashboard=False, log_to_driver=False, **settings)


def _ray() -> Any:
    try:
        import ray
    except ImportError:
        raise InvalidInput("the ray backend needs Ray; pip install 'warmfit[ray]'") from None
    return ray
