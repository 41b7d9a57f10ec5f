"""Every error that warmfit raises on purpose, and the gRPC status that carries it over the wire::

    WarmfitError                INTERNAL
    ├── InvalidInput            INVALID_ARGUMENT     also a ValueError: the value given cannot be used
    │   └── UnknownDistribution INVALID_ARGUMENT     no family of that name; the nearest names are given
    ├── UnsupportedType         INVALID_ARGUMENT     also a TypeError: the kind of object given cannot be used
    ├── DatasetNotFound         NOT_FOUND            no dataset of that name or content
    ├── GridMismatch            FAILED_PRECONDITION  summaries on different grids cannot be merged
    ├── FitFailed               FAILED_PRECONDITION  no family could be fitted where one is needed
    ├── Overloaded              RESOURCE_EXHAUSTED   the service admits no more work now
    ├── DeadlineExceeded        DEADLINE_EXCEEDED    also a TimeoutError: the time allowed ran out
    ├── Unauthenticated         UNAUTHENTICATED      no valid credentials
    ├── PermissionDenied        PERMISSION_DENIED    credentials without the needed scope
    ├── ServiceUnavailable      UNAVAILABLE          also a ConnectionError: the service cannot be reached
    └── SerializationError      INVALID_ARGUMENT     a file or message that cannot be read
        ├── MissingFile         INVALID_ARGUMENT     also a FileNotFoundError: there is no file of that name
        └── DataLost            DATA_LOSS            what a service had kept is damaged or gone

A family that fails is a row with a status, never an exception. Messages say what was given, what was expected
and what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import ClassVar, Self

LONGEST_NAME = 64  # characters of an unknown name that are told, and compared with the known ones


class WarmfitError(Exception):
    """The root of the tree; `grpc_status` is the name of the status code that carries the class.

    `field`: which part of what was given is at fault, as a path such as `tasks[0].spec.families`; empty where that is not
    known.
    """

    grpc_status: ClassVar[str] = "INTERNAL"
    field: str = ""

    def at(self, place: str) -> Self:
        """The same error, of a field that lies in `place`, or is that itself."""
        inside = self.field if not self.field or self.field.startswith("[") else f".{self.field}"
        self.field = f"{place}{inside}"
        return self


@contextmanager
def field(place: str) -> Iterator[None]:
    """Errors raised in the block are about `place`, or a field in it."""
    try:
        yield
    except (InvalidInput, UnsupportedType, SerializationError) as error:
        error.at(place)
        raise


class InvalidInput(WarmfitError, ValueError):
    """A value that cannot be used: empty, infinite, out of range, contradictory, unknown."""

    grpc_status = "INVALID_ARGUMENT"


class UnknownDistribution(InvalidInput):
    """A family name that the catalogue does not have."""

    @classmethod
    def named(cls, name: str, known: Iterable[str]) -> UnknownDistribution:
        """The error for `name`, with the nearest of the `known` names."""
        name = name[:LONGEST_NAME]
        near = difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else "`warmfit families` lists the names"
        return cls(f"unknown distribution {name!r}: {hint}")


class UnsupportedType(WarmfitError, TypeError):
    """An object of a kind that cannot be used: a column of strings, a frame of an unknown library."""

    grpc_status = "INVALID_ARGUMENT"


class DatasetNotFound(WarmfitError):
    """No dataset of that name or content is known to the service."""

    grpc_status = "NOT_FOUND"


class GridMismatch(WarmfitError):
    """Two summaries lie on different grids, so their bins cannot be added."""

    grpc_status = "FAILED_PRECONDITION"


class FitFailed(WarmfitError):
    """A fitted family is needed and there is none."""

    grpc_status = "FAILED_PRECONDITION"


class Overloaded(WarmfitError):
    """The service admits no more work now; try again after the delay it names."""

    grpc_status = "RESOURCE_EXHAUSTED"


class DeadlineExceeded(WarmfitError, TimeoutError):
    """The time allowed for the call ran out."""

    grpc_status = "DEADLINE_EXCEEDED"


class Unauthenticated(WarmfitError):
    """No valid credentials were given."""

    grpc_status = "UNAUTHENTICATED"


class PermissionDenied(WarmfitError):
    """The credentials do not carry the scope that the call needs."""

    grpc_status = "PERMISSION_DENIED"


class ServiceUnavailable(WarmfitError, ConnectionError):
    """The service cannot be reached."""

    grpc_status = "UNAVAILABLE"


class SerializationError(WarmfitError):
    """A file or message that cannot be read, or an object that cannot be written."""

    grpc_status = "INVALID_ARGUMENT"


class MissingFile(SerializationError, FileNotFoundError):
    """A file to read that is not there."""


class DataLost(SerializationError):
    """What a service had kept on its disk is damaged or gone; it tells so rather than something else."""

    grpc_status = "DATA_LOSS"
