"""From blocks of numbers to a `ColumnSummary`: one pass where a column has few distinct values, two otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import reduce

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.summary.column import ColumnSummary, Plan
from warmfit_fitting.summary.survey import Runs, Survey
from warmfit_fitting.summary.tally import Tally

BLOCK = 1 << 20  # rows sorted at a time: bounds the memory beyond the data to a few blocks


def summarize_values(values: FloatArray, weights: FloatArray | None = None, n_missing: int = 0) -> ColumnSummary:
    """The summary of `values` (N,) float64, with frequency `weights` (N,) or 1 each.

    NaNs are dropped and counted, beside `n_missing` that the caller dropped. Raises `InvalidInput` for infinities,
    for weights that are negative or not finite, and where nothing is left. The same rows give the same bits in
    whatever order they come, up to 2²⁰ rows; beyond, the same grid and counts, and sums equal to rounding.
    """

    def blocks() -> Iterator[tuple[Runs, int, int]]:
        for start in range(0, max(len(values), 1), BLOCK):
            part = slice(start, start + BLOCK)
            yield clean(values[part], None if weights is None else weights[part])

    return summarize_blocks(blocks, n_missing)


def summarize_blocks(blocks: Callable[[], Iterable[tuple[Runs, int, int]]], n_missing: int = 0) -> ColumnSummary:
    """The summary of a column that comes in blocks of (runs, rows used, rows missing); `blocks()` may be called twice."""
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
    plan = Plan(survey.grid(), survey.candidates)
    if len(surveys) == 1:
        return ColumnSummary.from_tally(survey, plan, plan.tally(kept[0]))
    edges = plan.grid.edges(survey.minimum, survey.maximum)
    tallies = (Tally.binned(runs, edges, plan.candidates) for runs, _, _ in blocks() if len(runs))
    return ColumnSummary.from_tally(survey, plan, reduce(lambda a, b: a.merge(b, edges), tallies))


def clean(values: FloatArray, weights: FloatArray | None) -> tuple[Runs, int, int]:
    """The runs of one block, its rows used and its rows missing; raises `InvalidInput` as `summarize_values` does."""
    if not np.all(np.isfinite(values)):
        if np.isinf(values).any():
            raise InvalidInput(
                f"the column has {int(np.isinf(values).sum())} infinite value(s); "
                "drop them, or replace them by nulls to have them counted as missing"
            )
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


def check_weights(weights: FloatArray) -> None:
    """Raise `InvalidInput` for weights that are negative, missing or infinite."""
    bad = ~(np.isfinite(weights) & (weights >= 0))
    if bad.any():
        raise InvalidInput(
            f"{int(bad.sum())} weight(s) are negative or not finite (the first is {float(weights[bad][0])}); "
            "weights are the number of rows that each row stands for: finite and at least 0"
        )
