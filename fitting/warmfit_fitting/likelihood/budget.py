"""The deterministic budget of a search: it counts parameter vectors, so that no clock decides an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


class Stopped(Exception):
    """The caller asked for the end (`should_stop`)."""


@dataclass
class Budget:
    """How many parameter vectors may still be tried; `used` counts those that were."""

    limit: int
    should_stop: Callable[[], bool] | None = None
    used: int = 0

    def spend(self, n: int) -> None:
        """Count `n` parameter vectors; raises `Stopped` where the caller wants to end."""
        if self.should_stop is not None and self.should_stop():
            raise Stopped
        self.used += n

    def ask(self) -> None:
        """Raise `Stopped` where the caller wants to end."""
        self.spend(0)

    def anew(self, limit: int) -> None:
        """Let `limit` more vectors be tried, by another search; those already tried stay counted."""
        self.limit = self.used + limit

    @property
    def exhausted(self) -> bool:
        """Whether no more may be tried."""
        return self.used >= self.limit
