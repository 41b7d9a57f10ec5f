"""What the service does with mixtures: fits to the summary of a column, in threads that end with their callers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from warmfit_fitting.errors import DeadlineExceeded, InvalidInput
from warmfit_fitting.mixture import MixtureFit, MixtureSpec, fit_mixture
from warmfit_fitting.mixture.sources import SummarySource
from warmfit_fitting.summary import ColumnSummary

MOST_STARTS = 100
MOST_PASSES = 10_000


class Working(Protocol):
    """What has threads for slow work."""

    async def evaluating(self, work: Callable[..., Any], *arguments: object) -> Any:
        """The result of slow work, in threads of its own."""
        ...


def check_admitted(spec: MixtureSpec) -> None:
    """Raise `InvalidInput` for more work than one call may ask."""
    for name, value, most in (("n_init", spec.n_init, MOST_STARTS), ("max_iter", spec.max_iter, MOST_PASSES)):
        if value > most:
            raise InvalidInput(f"{name}={value}; this service takes at most {most} a call").at(name)


async def fitted(working: Working, summary: ColumnSummary, spec: MixtureSpec, deadline: float) -> MixtureFit:
    """The mixture of a column; `deadline`: on the monotonic clock. Raises `DeadlineExceeded`."""
    check_admitted(spec)
    left = threading.Event()

    def ask() -> None:
        if left.is_set() or time.monotonic() > deadline:
            raise DeadlineExceeded("the time allowed for the call ran out before the mixture was fitted")

    try:
        fit: MixtureFit = await working.evaluating(lambda: fit_mixture(SummarySource(summary), spec, ask))
        return fit
    finally:
        left.set()  # a caller who leaves ends the work
