"""What this process remembers of summaries: those it has met, and which of them a service is known to have.

A summary is named by its content, so that nothing here can be out of date; a service may have evicted one, and
says so.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Generic, TypeVar

from warmfit_fitting.summary.column import ColumnSummary

K = TypeVar("K")
V = TypeVar("V")

KEPT = 64  # summaries of at most about 200 KB, or 1 MB where rows are incomplete
KNOWN = 16_384  # fingerprints


class Recent(Generic[K, V]):
    """The entries used last, at most `size`; threads may share it."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: OrderedDict[K, V] = OrderedDict()
        self._lock = Lock()

    def get(self, key: K) -> V | None:
        """The entry of `key`, or None."""
        with self._lock:
            if key not in self._entries:
                return None
            self._entries.move_to_end(key)
            return self._entries[key]

    def put(self, key: K, value: V) -> None:
        """Keep an entry, in place of the one used longest ago where there are too many."""
        with self._lock:
            self._entries[key] = value
            self._entries.move_to_end(key)
            if len(self._entries) > self._size:
                self._entries.popitem(last=False)


class Summaries:
    """Summaries by fingerprint, and the fingerprints that each address is known to have."""

    def __init__(self) -> None:
        self._kept = Recent[str, ColumnSummary](KEPT)
        self._known = Recent[tuple[str, str], bool](KNOWN)

    def get(self, fingerprint: str) -> ColumnSummary | None:
        """The summary of that content, where it is still held."""
        return self._kept.get(fingerprint)

    def keep(self, summary: ColumnSummary) -> None:
        """Hold a summary for later."""
        self._kept.put(summary.fingerprint, summary)

    def know(self, address: str, fingerprint: str) -> None:
        """Note that the service at `address` has that content."""
        self._known.put((address, fingerprint), True)

    def is_known(self, address: str, fingerprint: str) -> bool:
        """Whether the service at `address` had that content when it was last asked."""
        return self._known.get((address, fingerprint)) is not None


SUMMARIES = Summaries()
ANSWERED = Recent[str, bool](KNOWN)
"""The addresses from which an answer has come."""
