"""The bars of the benchmark of the service: a figure, and what it must be."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """A figure and what it must be: at most `limit`, or at least where `is_least`."""

    what: str
    value: float
    limit: float
    unit: str = " ×"
    is_least: bool = False

    @property
    def is_met(self) -> bool:
        """Whether the figure is as it must be."""
        return self.value >= self.limit if self.is_least else self.value <= self.limit

    @property
    def row(self) -> tuple[str, str, str, str]:
        """A row of the table."""
        side = "at least" if self.is_least else "at most"
        told = "yes" if self.is_met else "**no**"
        return self.what, f"{self.value:.2f}{self.unit}", f"{side} {self.limit:g}{self.unit}", told


def timed(call: Callable[[], object]) -> float:
    """Seconds of a call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
