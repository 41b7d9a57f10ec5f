"""`Incomplete`: what a column has beside values that are known: censored rows, and rows that a window had to let in.

The log-likelihood of a row whose value is known to lie in C and could be seen only in T is log P(C) − log P(T), C being
part of T, or log f(x) − log P(T) (Kalbfleisch & Prentice 2002, The Statistical Analysis of Failure Time Data, sec. 3.2).
So the parts separate, and each merges alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from warmfit_fitting.summary.intervals import Intervals, Pairs
from warmfit_fitting.summary.survey import Runs
from warmfit_fitting.summary.tally import Tally

NO_RUNS = Runs(np.zeros(0), np.zeros(0))
NO_PAIRS = Pairs(np.zeros(0), np.zeros(0), np.zeros(0))


@dataclass(frozen=True, slots=True)
class Incomplete:
    """`censored`: rows of which an interval is known. `truncated`: the windows of rows, known or censored, that have one.

    `lowest`, `highest`: a support begins at `lowest` or below it and ends at `highest` or above, or some row has no
    probability; infinite where no row demands it, as with rows that are all censored on one side.
    """

    censored: Intervals
    truncated: Intervals
    lowest: float
    highest: float


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a column's rows before they are counted: runs of values and bounds, and pairs."""

    observed: Runs
    above: Runs
    below: Runs
    between: Pairs
    entries: Runs
    exits: Runs
    windows: Pairs

    @classmethod
    def of(cls, rays: Sequence[Runs], between: Pairs = NO_PAIRS, windows: Pairs = NO_PAIRS) -> Parts:
        """Parts whose one-dimensional ones come in the order of `rays`."""
        observed, above, below, entries, exits = rays
        return cls(observed, above, below, between, entries, exits, windows)

    @classmethod
    def exact(cls, observed: Tally, incomplete: Incomplete | None) -> Parts:
        """The parts of a summary that keeps every value; of one that does not, its pairs and atoms."""
        rays = [tally.runs() for tally in tallies(observed, incomplete)]
        if incomplete is None:
            return cls.of(rays)
        return cls.of(rays, incomplete.censored.between, incomplete.truncated.between)

    @property
    def plain(self) -> bool:
        """Whether every row's value is known, and none has a window."""
        return not any(len(part) for part in (*self.rays()[1:], self.between, self.windows))

    def rays(self) -> tuple[Runs, Runs, Runs, Runs, Runs]:
        """What is one-dimensional: values, bounds of censoring above and below, of truncation above and below."""
        return self.observed, self.above, self.below, self.entries, self.exits

    def places(self) -> Runs:
        """All rows, the censored ones at their bounds."""
        return Runs.join([self.observed, self.above, self.below, self.between.ends()])

    def join(self, other: Parts) -> Parts:
        """The parts of both sets of rows."""
        rays = [Runs.join(pair) for pair in zip(self.rays(), other.rays(), strict=True)]
        return Parts.of(rays, self.between.join(other.between), self.windows.join(other.windows))

    def extent(self) -> tuple[float, float]:
        """The `lowest` and `highest` of `Incomplete`."""
        lows = np.concatenate([self.observed.values, self.below.values, self.between.upper])
        highs = np.concatenate([self.observed.values, self.above.values, self.between.lower])
        return float(lows.min(initial=np.inf)), float(highs.max(initial=-np.inf))


def tallies(observed: Tally, incomplete: Incomplete | None) -> tuple[Tally, ...]:
    """The tallies of a summary in the order of `Parts.rays`."""
    if incomplete is None:
        return (observed, *(Tally.exact(NO_RUNS) for _ in range(4)))
    censored, truncated = incomplete.censored, incomplete.truncated
    return observed, censored.above, censored.below, truncated.above, truncated.below


def places(observed: Tally, incomplete: Incomplete | None) -> Runs:
    """All rows of a summary: values, censored ones at their bounds, bins at their means."""
    runs = [] if incomplete is None else [incomplete.censored.between.ends()]
    for tally in tallies(observed, incomplete)[:3]:
        filled = tally.count > 0
        runs += [tally.runs(), Runs(tally.mean[filled], tally.count[filled])]
    return Runs.join(runs)


def demanded(incomplete: Incomplete | None, minimum: float, maximum: float) -> tuple[float, float]:
    """`lowest` and `highest`; the extremes where every value is known."""
    return (minimum, maximum) if incomplete is None else (incomplete.lowest, incomplete.highest)
