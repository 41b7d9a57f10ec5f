"""Which worker a shard of a fit goes to: the same one each time, and another for each shard."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Protocol, TypeVar


class Replica(Protocol):
    """A worker, by a name that it keeps."""

    @property
    def unique_id(self) -> str:
        """The name."""
        ...


R = TypeVar("R", bound=Replica)


def session(key: str, shard: int) -> str:
    """The session of a shard; `key` says of what, such as a dataset's fingerprint."""
    return f"{key}/{shard}"


def preferred(session: str, replicas: Iterable[R]) -> list[R]:
    """The replicas in the order in which the shard of a session tries them.

    They stand in an order that depends on the key and on themselves alone (rendezvous hashing: Thaler & Ravishankar
    1998), so that few keys move when a worker comes or goes; shard i begins at the i-th of them.
    """
    key, _, shard = session.rpartition("/")
    order = sorted(replicas, key=lambda replica: _digest(key, replica.unique_id), reverse=True)
    first = int(shard) % len(order) if order and shard.isdecimal() else 0
    return order[first:] + order[:first]


def _digest(key: str, replica: str) -> bytes:
    return hashlib.blake2b(f"{key}\0{replica}".encode(), digest_size=8).digest()
