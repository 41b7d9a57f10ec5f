"""What `DistributionFitter(target)` may be given, and the backend that it means."""

from __future__ import annotations

import os

from warmfit.backends.local import LocalBackend
from warmfit.backends.protocol import ExecutionBackend
from warmfit_fitting.errors import InvalidInput, UnsupportedType

ADDRESS_VARIABLE = "WARMFIT_ADDRESS"
_LATER = "the remote service arrives with a later version; leave it out to fit in this process"


def backend_for(target: object, backend: object, spark: object) -> ExecutionBackend:
    """The backend that a fitter's arguments mean; `backend` wins, `spark` is another name for `target`.

    Raises `InvalidInput` for an address, given or in the environment, and `UnsupportedType` for anything else
    that this version cannot fit with.
    """
    if backend is not None:
        return _checked("backend", backend)
    if target is not None and spark is not None and target is not spark:
        raise InvalidInput("target= and spark= are two names of one argument and were given different values")
    chosen = spark if target is None else target
    if chosen is not None:
        return _checked("target", chosen)
    address = os.environ.get(ADDRESS_VARIABLE)
    if address:
        raise InvalidInput(f"{ADDRESS_VARIABLE}={address!r} is set: {_LATER.replace('leave it out', 'unset it')}")
    return LocalBackend()


def _checked(argument: str, given: object) -> ExecutionBackend:
    if isinstance(given, str):
        hint = " (LocalBackend() is the local one)" if given == LocalBackend.name else ""
        raise InvalidInput(f"{argument}={given!r}: {_LATER}{hint}")
    if type(given).__module__.partition(".")[0] == "pyspark":
        raise UnsupportedType(
            f"{argument}= is a {type(given).__name__}: fitting on Spark arrives with a later version; "
            "leave it out and give a pandas, polars or Arrow frame"
        )
    if isinstance(given, type) or not isinstance(given, ExecutionBackend):
        kind = f"the class {given.__name__}" if isinstance(given, type) else f"a {type(given).__name__}"
        raise UnsupportedType(f"{argument}= is {kind}; expected a backend, such as LocalBackend()")
    return given
