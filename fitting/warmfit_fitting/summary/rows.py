"""Rows as they come, censored and truncated ones among them, checked and sorted into the parts of a likelihood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from warmfit_fitting.arrays import BoolArray, FloatArray
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.summary.incomplete import NO_RUNS, Parts
from warmfit_fitting.summary.intervals import Pairs
from warmfit_fitting.summary.survey import Runs

Window = tuple[ArrayLike | None, ArrayLike | None]


@dataclass(frozen=True, slots=True)
class Rows:
    """The parts of `n` rows that were used; `n_missing` had no value."""

    parts: Parts
    n: int
    n_missing: int

    @classmethod
    def known(cls, values: Runs, n: int, n_missing: int) -> Rows:
        """Rows of which every value is known, and none has a window."""
        return cls(Parts.of((values, NO_RUNS, NO_RUNS, NO_RUNS, NO_RUNS)), n, n_missing)


def censored_intervals(values: FloatArray, censoring: ArrayLike | None) -> tuple[FloatArray, FloatArray]:
    """The intervals (lower, upper] of `values` (N,) with codes (N,): 0 known, 1 right-censored, −1 left-censored."""
    check_infinite(values)
    if censoring is None:
        return values, values
    codes = np.asarray(censoring, dtype=np.float64)
    if codes.shape != values.shape:
        raise InvalidInput(f"censoring has the shape {codes.shape}, the values {values.shape}; give one code for each")
    check_codes(codes)
    nan = np.isnan(values)
    lower, upper = np.where((codes < 0) & ~nan, -np.inf, values), np.where((codes > 0) & ~nan, np.inf, values)
    return lower, upper


def parts_of_rows(lower: FloatArray, upper: FloatArray, weights: FloatArray | None, truncation: Window | None) -> Rows:
    """The parts of rows that `summarize_intervals` describes; raises `InvalidInput` as it does."""
    check_shapes(lower, upper, weights, truncation)
    weight = np.ones(len(lower)) if weights is None else np.asarray(weights, dtype=np.float64)
    entry, leave = _windows(truncation, len(lower))
    known = ~(np.isnan(lower) | np.isnan(upper))
    check_weights(weight[known])
    used = known & (weight > 0)
    lower, upper, weight, entry, leave = (a[used] for a in (lower, upper, weight, entry, leave))
    _check_ends(lower, upper)
    lower, upper = _cut(lower, upper, entry, leave)
    parts = _sorted(lower, upper, weight, entry, leave)
    return Rows(parts, len(lower), len(known) - int(known.sum()))


def check_shapes(lower: FloatArray, upper: FloatArray, weights: FloatArray | None, truncation: Window | None) -> None:
    """Raise `InvalidInput` where there is not one of each for every row."""
    if lower.shape != upper.shape or lower.ndim != 1:
        raise InvalidInput(
            f"lower and upper ends have the shapes {lower.shape} and {upper.shape}; give one of each a row"
        )
    if weights is not None and np.shape(weights) != lower.shape:
        raise InvalidInput(f"{len(lower)} rows and {np.size(weights)} weights; give one each")
    for end in truncation or ():
        if end is not None and np.shape(end) not in ((), lower.shape):
            raise InvalidInput(
                f"a truncation bound has the shape {np.shape(end)}; give a number or one for each of {len(lower)} rows"
            )


def _windows(truncation: Window | None, size: int) -> tuple[FloatArray, FloatArray]:
    """The ends of each row's window, (N,) each."""
    ends = []
    for end, beyond in zip(truncation or (None, None), (-np.inf, np.inf), strict=True):
        given = np.asarray(beyond if end is None else end, dtype=np.float64)
        if np.isnan(given).any():
            raise InvalidInput("a truncation bound is missing (NaN); -inf or inf say that a row has none")
        ends.append(np.broadcast_to(given, size))
    return ends[0], ends[1]


def _check_ends(lower: FloatArray, upper: FloatArray) -> None:
    for bad, what in (
        (lower > upper, "begins above its end"),
        (np.isinf(lower) & np.isinf(upper), "is infinite at both ends, so that it says nothing"),
    ):
        if bad.any():
            i = int(np.flatnonzero(bad)[0])
            raise InvalidInput(
                f"{int(bad.sum())} interval(s): ({lower[i]}, {upper[i]}], the first, {what}; drop such rows"
            )


def _cut(lower: FloatArray, upper: FloatArray, entry: FloatArray, leave: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Intervals cut to their rows' windows, of which values must be part."""
    value = lower == upper
    low, high = np.where(value, lower, np.maximum(lower, entry)), np.where(value, upper, np.minimum(upper, leave))
    outside = np.where(value, (lower < entry) | (upper > leave), low >= high) | (entry >= leave)
    if outside.any():
        i = int(np.flatnonzero(outside)[0])
        raise InvalidInput(
            f"{int(outside.sum())} row(s) lie outside their truncation window: the first, from {lower[i]} to {upper[i]}, "
            f"outside [{entry[i]}, {leave[i]}]; such a row could not have been seen, so correct the window or drop it"
        )
    return low, high


def _sorted(lower: FloatArray, upper: FloatArray, weight: FloatArray, entry: FloatArray, leave: FloatArray) -> Parts:
    value = lower == upper
    (above, below, between), (entries, exits, windows) = (
        _by_kind(a, b, np.where(which, weight, 0.0))
        for a, b, which in ((lower, upper, ~value), (entry, leave, np.ones(len(entry), bool)))
    )
    return Parts(Runs.of(lower[value], weight[value]), above, below, between, entries, exits, windows)


def _by_kind(lower: FloatArray, upper: FloatArray, weight: FloatArray) -> tuple[Runs, Runs, Pairs]:
    """Rays above a bound, rays below one, and intervals with two finite ends, of the rows that weigh anything."""
    starts, ends, there = np.isfinite(lower), np.isfinite(upper), weight > 0

    def runs(at: FloatArray, which: BoolArray) -> Runs:
        return Runs.of(at[which & there], weight[which & there])

    both = starts & ends & there
    return runs(lower, starts & ~ends), runs(upper, ends & ~starts), Pairs.of(lower[both], upper[both], weight[both])


def check_codes(codes: FloatArray) -> None:
    """Raise `InvalidInput` for a code of censoring that is none of 0, 1 and −1."""
    unknown = ~np.isin(codes, (-1.0, 0.0, 1.0))
    if unknown.any():
        raise InvalidInput(
            f"censoring has the code {codes[unknown][0]:g}; expected 0 for a known value, 1 for one that lies above the "
            "number given and -1 for one at or below it"
        )


def check_infinite(values: FloatArray) -> None:
    """Raise `InvalidInput` where a value is infinite."""
    if np.isinf(values).any():
        raise InvalidInput(
            f"the column has {int(np.isinf(values).sum())} infinite value(s); "
            "drop them, or replace them by nulls to have them counted as missing"
        )


def check_weights(weights: FloatArray) -> None:
    """Raise `InvalidInput` for weights that are negative, missing or infinite."""
    bad = ~(np.isfinite(weights) & (weights >= 0))
    if bad.any():
        raise InvalidInput(
            f"{int(bad.sum())} weight(s) are negative or not finite (the first is {float(weights[bad][0])}); "
            "weights are the number of rows that each row stands for: finite and at least 0"
        )
