"""What `DistributionFitter(target)` may be given, and the backend that it means."""

from __future__ import annotations

import os

from warmfit.backends.local import LocalBackend
from warmfit.backends.protocol import ExecutionBackend
from warmfit.remote.endpoint import ADDRESS_VARIABLE
from warmfit_fitting.errors import InvalidInput, UnsupportedType


def backend_for(target: object, backend: object, spark: object) -> ExecutionBackend:
    """The backend that a fitter's arguments mean; `backend` wins, `spark` is another name for `target`.

    Without either it is the service at `WARMFIT_ADDRESS`, where that is set, and this process otherwise. Raises
    `InvalidInput` for a string that is no address, `UnsupportedType` for anything that this version cannot fit with.
    """
    if backend is not None:
        return _checked("backend", backend)
    if target is not None and spark is not None and target is not spark:
        raise InvalidInput("target= and spark= are two names of one argument and were given different values")
    chosen = spark if target is None else target
    if chosen is not None:
        return _checked("target", chosen)
    return _remote(None) if os.environ.get(ADDRESS_VARIABLE) else LocalBackend()


def _remote(address: str | None) -> ExecutionBackend:
    from warmfit.backends.remote import RemoteBackend  # imports gRPC

    return RemoteBackend(address)


def _checked(argument: str, given: object) -> ExecutionBackend:
    if isinstance(given, str):
        return _remote(given)
    if type(given).__module__.partition(".")[0] == "pyspark":
        from warmfit.backends.spark import SparkBackend

        return SparkBackend(given)
    if isinstance(given, type) or not isinstance(given, ExecutionBackend):
        kind = f"the class {given.__name__}" if isinstance(given, type) else f"a {type(given).__name__}"
        raise UnsupportedType(
            f"{argument}= is {kind}; expected a backend, such as LocalBackend(), or an address, such as 'localhost:50051'"
        )
    return given
