"""The deterministic budget of a search: it counts parameter vectors, so that no clock decides an answer."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from warmfit_fitting.families.discrete.family import DiscreteFamily
from warmfit_fitting.families.family import Cost, Family

SLOW_SHARE = 0.1  # of the evaluations that a family may use whose likelihood is slow


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

    @property
    def exhausted(self) -> bool:
        """Whether no more may be tried."""
        return self.used >= self.limit


def limit(evaluations: int, family: Family | DiscreteFamily, incomplete: bool) -> int:
    """How many of `evaluations` a family may use: few where its likelihood is slow, as by quadrature of masses."""
    slow = family.cost is Cost.SLOW or (incomplete and not family.closed_cdf)
    return math.ceil(evaluations * (SLOW_SHARE if slow else 1.0))
