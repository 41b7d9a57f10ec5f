"""From blocks of numbers to a `ColumnSummary`: one pass where a column has few distinct values, two otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import reduce

import numpy as np
from numpy.typing import ArrayLike

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.summary.blocks import summarize_rows
from warmfit_fitting.summary.column import ColumnSummary, Plan
from warmfit_fitting.summary.rows import (
    Rows,
    Window,
    censored_intervals,
    check_infinite,
    check_shapes,
    check_weights,
    parts_of_rows,
)
from warmfit_fitting.summary.survey import EXACT_LIMIT, Runs, Survey
from warmfit_fitting.summary.tally import Tally

BLOCK = 1 << 20  # rows sorted at a time: bounds the memory beyond the data to a few blocks


def summarize_values(
    values: FloatArray,
    weights: FloatArray | None = None,
    n_missing: int = 0,
    *,
    censoring: ArrayLike | None = None,
    truncation: Window | None = None,
    analytic: bool = False,
    plan: Plan | None = None,
) -> ColumnSummary:
    """The summary of `values` (N,) float64, with `weights` (N,) or 1 each.

    Weights are frequencies, the number of rows that a row stands for, unless they are `analytic`: then they say how
    precise a row is, and rows count by their number. `censoring` (N,): 0 where the value is known, 1 where it lies above
    the number given, −1 where at or below it. `truncation`: the lower and the upper end of the window in which a row's
    value had to lie for the row to be seen, each (N,), one number or None (see `summarize_intervals`). To discrete families
    every number given is part of its set: 1 says "at least", −1 "at most", and a window lets its ends in.

    `plan`: that of a summary with which this one is to merge, on whose grid rows are counted then; up to 4096 distinct
    values are kept exactly all the same, for they merge with any.

    NaNs are dropped and counted, beside `n_missing` that the caller dropped. Raises `InvalidInput` for infinities,
    for weights that are negative or not finite, and where nothing is left; `GridMismatch` where rows that are no whole
    numbers are to be counted on the grid of a column of whole ones. The same rows give the same bits in
    whatever order they come, up to 2²⁰ rows; beyond, the same grid and counts, and sums equal to rounding.
    """
    if censoring is not None or truncation is not None:
        lower, upper = censored_intervals(values, censoring)
        return summarize_intervals(
            lower, upper, weights, n_missing, truncation=truncation, analytic=analytic, plan=plan
        )

    def blocks() -> Iterator[tuple[Runs, int, int]]:
        for start in range(0, max(len(values), 1), BLOCK):
            part = slice(start, start + BLOCK)
            yield clean(values[part], None if weights is None else weights[part])

    summary = _few(values, weights, n_missing) or summarize_blocks(blocks, n_missing, plan)
    return replace(summary, analytic=True) if analytic and weights is not None else summary


def _few(values: FloatArray, weights: FloatArray | None, n_missing: int) -> ColumnSummary | None:
    """The summary of values so few that all are kept; None where they are more, or none."""
    if len(values) > EXACT_LIMIT:
        return None
    runs, used, missing = clean(values, weights)
    return ColumnSummary.from_runs(runs, used, n_missing + missing) if len(runs) else None


def summarize_intervals(
    lower: FloatArray,
    upper: FloatArray,
    weights: FloatArray | None = None,
    n_missing: int = 0,
    *,
    truncation: Window | None = None,
    analytic: bool = False,
    plan: Plan | None = None,
) -> ColumnSummary:
    """The summary of rows whose value lies in (`lower`, `upper`], (N,) each, or is known where both ends are equal.

    `lower` = −∞: left-censored, at `upper` or below; `upper` = ∞: right-censored, above `lower`. NaN at either end: a
    missing row. `weights`, `truncation`, `analytic`, `plan`: as for `summarize_values`. An interval is cut to its
    row's window.
    Discrete families take both ends as part of the interval, (0, 0), (1, 1), (2, 5), (6, ∞) being a table of 0, 1, 2 to 5
    and 6 or more; a row that its window leaves a single count is to be given as that count.
    Raises `InvalidInput` for ends in the wrong order, rows of which nothing is known, rows outside their windows.
    """
    check_shapes(lower, upper, weights, truncation)

    def blocks() -> Iterator[Rows]:
        for start in range(0, max(len(lower), 1), BLOCK):
            part = slice(start, start + BLOCK)
            window = None if truncation is None else (_part(truncation[0], part), _part(truncation[1], part))
            yield parts_of_rows(lower[part], upper[part], None if weights is None else weights[part], window)

    return replace(summarize_rows(blocks, n_missing, plan), analytic=analytic and weights is not None)


def _part(end: ArrayLike | None, part: slice) -> ArrayLike | None:
    """The ends of some rows' windows; one number is that of all of them."""
    return end if end is None or np.ndim(end) == 0 else np.asarray(end)[part]


def summarize_blocks(
    blocks: Callable[[], Iterable[tuple[Runs, int, int]]], n_missing: int = 0, joined: Plan | None = None
) -> ColumnSummary:
    """The summary of a column that comes in blocks of (runs, rows used, rows missing); `blocks()` may be called twice.

    `joined`: the plan of the summary that these rows are to merge with.
    """
    surveys: list[Survey] = []
    kept: list[Runs] = []  # a single block need not be sorted again
    for runs, used, missing in blocks():
        surveys.append(Survey.of(runs, used, missing))
        kept = [*kept, runs][:2] if len(kept) < 2 else kept
    survey = reduce(Survey.merge, surveys, Survey.of(Runs(np.zeros(0), np.zeros(0)), 0, n_missing))
    if not len(survey.sample):
        raise InvalidInput(
            f"the column has no values ({survey.n_missing} missing, 0 left); give at least two different numbers"
        )
    if survey.complete:
        return ColumnSummary.from_survey(survey)
    plan = joined or Plan(survey.grid(), survey.candidates)
    make = ColumnSummary.from_tally if joined is None else ColumnSummary.joining
    if len(surveys) == 1:
        return make(survey, plan, plan.tally(kept[0]))
    edges = plan.grid.edges(survey.minimum, survey.maximum)
    tallies = (Tally.binned(runs, edges, plan.candidates) for runs, _, _ in blocks() if len(runs))
    return make(survey, plan, reduce(lambda a, b: a.merge(b, edges), tallies))


def clean(values: FloatArray, weights: FloatArray | None) -> tuple[Runs, int, int]:
    """The runs of one block, its rows used and its rows missing; raises `InvalidInput` as `summarize_values` does."""
    if not np.all(np.isfinite(values)):
        check_infinite(values)
        known = ~np.isnan(values)
        values, weights = values[known], None if weights is None else weights[known]
        missing = len(known) - len(values)
    else:
        missing = 0
    if weights is not None:
        check_weights(weights)
        values = values[weights > 0]
        weights = weights[weights > 0]
    return Runs.of(values, weights), len(values), missing
