"""`BackendFactory`: backends by name, and the one that suits a frame."""

from __future__ import annotations

import difflib

from warmfit.backends.local import LocalBackend
from warmfit.backends.protocol import ExecutionBackend
from warmfit.sources import open_source
from warmfit_fitting.errors import InvalidInput

_AVAILABLE = ("local",)


class BackendFactory:
    """Makes backends by name; every frame that this version reads is fitted by the local one."""

    @staticmethod
    def create(name: str, *, max_workers: int | None = None) -> ExecutionBackend:
        """The backend of that name; raises `InvalidInput` for an unknown one, with the names there are."""
        if not BackendFactory.is_available(name):
            near = difflib.get_close_matches(str(name), _AVAILABLE, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise InvalidInput(f"unknown backend {name!r}: {hint}available: {', '.join(_AVAILABLE)}")
        return LocalBackend(max_workers)

    @staticmethod
    def for_dataframe(df: object) -> ExecutionBackend:
        """The backend that fits where the frame is; raises `UnsupportedType` for what cannot be read."""
        open_source(df)
        return LocalBackend()

    @staticmethod
    def get_available() -> list[str]:
        """The names that `create` takes."""
        return list(_AVAILABLE)

    @staticmethod
    def is_available(name: str) -> bool:
        """Whether `create` takes the name."""
        return name in _AVAILABLE
