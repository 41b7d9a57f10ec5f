"""What the workers of one call share: the jobs, how to do one, and where its row goes."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Generic, Protocol, TypeVar

from warmfit_fitting.row import FitRow

GRACE = 1.0  # seconds a worker has to notice that time is up, before its row is given up
TICK = 0.1  # seconds between looks at the clock; also how long Ctrl-C may wait
J = TypeVar("J", bound=Hashable)
R = TypeVar("R")


class Work(Protocol, Generic[J, R]):
    """The jobs J of one call, each of which comes to an R, such as a row, and what is known of them."""

    @property
    def jobs(self) -> Sequence[J]:
        """The jobs, in the order in which they are best begun."""

    @property
    def deadline(self) -> float:
        """When the time is up, by the monotonic clock."""

    def row(self, job: J) -> R:
        """What a job comes to, computed here and now."""

    def lost(self, job: J, why: str) -> R:
        """What is said of a job whose worker is gone."""

    def keep(self, job: J, row: R) -> None:
        """Take what a job came to; by one thread at a time."""

    def should_stop(self) -> bool:
        """Whether the call is over."""

    def known(self, job: J) -> Sequence[FitRow]:
        """Rows kept so far that help with a job."""

    def learn(self, job: J, rows: Sequence[FitRow]) -> None:
        """Take over such rows where the job is to be done."""
