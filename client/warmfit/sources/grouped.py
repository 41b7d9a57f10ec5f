"""The rows of a table by group: sorted by key once, and each group summarized from a slice of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from warmfit.sources.chosen import ChosenRows
from warmfit.sources.keys import Groups
from warmfit.sources.protocol import GroupKey, Outcome, RowChoice
from warmfit.sources.refusals import in_column
from warmfit_fitting.arrays import BoolArray, FloatArray, IntArray
from warmfit_fitting.errors import WarmfitError
from warmfit_fitting.summary.column import Plan
from warmfit_fitting.summary.rows import censored_intervals, check_infinite
from warmfit_fitting.summary.summarize import summarize_intervals, summarize_values

Ends = tuple[FloatArray | None, FloatArray | None]


@dataclass(frozen=True, eq=False)
class SortedColumn:
    """A column with what is said of its rows, all (N,), in the order of the groups.

    `values`, or the ends of intervals, `upper` None where values are known; `codes` of censoring; `window`: the ends of
    each row's own.
    """

    name: str
    values: FloatArray
    upper: FloatArray | None
    codes: FloatArray | None
    window: Ends | None
    weights: FloatArray | None
    analytic: bool
    plan: Plan | None

    def outcome(self, rows: slice, drawn: BoolArray | None) -> Outcome:
        """The summary of some rows, those that are `drawn` (N,), or why there is none."""
        try:
            return self._summary(rows, None if drawn is None else drawn[rows])
        except WarmfitError as error:
            return in_column(self.name, error)

    def _summary(self, rows: slice, drawn: BoolArray | None) -> Outcome:
        def some(values: FloatArray | None) -> FloatArray | None:
            return None if values is None else values[rows] if drawn is None else values[rows][drawn]

        values, weights = self.values[rows] if drawn is None else self.values[rows][drawn], some(self.weights)
        upper, codes = some(self.upper), some(self.codes)
        if self.window is None and upper is None and codes is None:
            return summarize_values(values, weights, analytic=self.analytic, plan=self.plan)
        if upper is None:
            check_infinite(values)
            values, upper = censored_intervals(values, codes)
        window = None if self.window is None else (some(self.window[0]), some(self.window[1]))
        return summarize_intervals(values, upper, weights, truncation=window, analytic=self.analytic, plan=self.plan)


@dataclass(frozen=True)
class Unread:
    """A column that cannot be read, for any group, and why."""

    error: WarmfitError

    def outcome(self, rows: slice, drawn: BoolArray | None) -> Outcome:  # noqa: ARG002 - those of a `SortedColumn`
        """Why there is no summary."""
        return self.error


def sorted_column(name: str, chosen: ChosenRows, order: IntArray) -> SortedColumn | Unread:
    """A column of a table in the `order` of its groups, with all that is said of its rows."""
    try:
        values, upper, codes = chosen.known(name)
        window = chosen.window(name)
    except WarmfitError as error:
        return Unread(in_column(name, error))

    def in_order(numbers: FloatArray | None) -> FloatArray | None:
        return None if numbers is None else numbers[order]

    window = None if window is None else (in_order(window[0]), in_order(window[1]))
    plan, weights = chosen.rows.plans.get(name), in_order(chosen.weights)
    return SortedColumn(
        name, values[order], in_order(upper), in_order(codes), window, weights, chosen.rows.analytic, plan
    )


class GroupOutcomes(Iterator[tuple[GroupKey, tuple[Outcome, ...]]]):
    """Each group's key with the outcome of each column; `drawn` (N,), in the order of the groups: the rows that count.

    How many groups are left is its `length_hint`.
    """

    def __init__(self, groups: Groups, columns: Sequence[SortedColumn | Unread], drawn: BoolArray | None) -> None:
        self._columns, self._drawn = columns, drawn
        first = groups.first.tolist()
        self._left = len(groups)
        self._groups = zip(groups.keys(), first[:-1], first[1:], strict=True)

    def __next__(self) -> tuple[GroupKey, tuple[Outcome, ...]]:
        key, start, stop = next(self._groups)
        self._left -= 1
        rows = slice(start, stop)
        return key, tuple(column.outcome(rows, self._drawn) for column in self._columns)

    def __length_hint__(self) -> int:
        return self._left


def drawn_rows(groups: Groups, rows: RowChoice) -> BoolArray | None:
    """Which rows, in the order of the groups, are drawn; None for all of them."""
    positions = rows.drawn(len(groups.order))
    if positions is None:
        return None
    drawn = np.zeros(len(groups.order), bool)
    drawn[positions] = True
    return drawn[groups.order]
