"""Columns that say something of the rows of others: weights, codes of censoring, ends of intervals and windows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from warmfit.rows import Censoring, Truncation, Weights
from warmfit.sources.refusals import unknown_column
from warmfit.sources.tables import Table
from warmfit_fitting.arrays import BoolArray, FloatArray
from warmfit_fitting.errors import InvalidInput, WarmfitError
from warmfit_fitting.summary.rows import check_weights

Told = frozenset[float] | None
TEXT = {"": 0.0, "none": 0.0, "right": 1.0, "left": -1.0}
_CODES = "0 for a known value, 1 for one that lies above the number given and -1 for one at or below it"
_CENSORED = {"right": (0.0, 1.0), "left": (0.0, -1.0), "event": (1.0, 0.0)}  # the codes of False and True


@dataclass(frozen=True)
class Beside:
    """A table, and `bare`, which makes a table of a column that is given as it is.

    `whole`: the table has all rows. Of a part of them it cannot be said that no weight is positive, nor that codes are
    ambiguous; `check_some_weigh` and `check_codes_tell` are for whoever has seen all parts.
    """

    table: Table
    bare: Callable[[object], Table]
    whole: bool = True

    def weights(self, given: Weights) -> FloatArray:
        """One weight a row (N,); raises `InvalidInput` where some are missing, negative or infinite, or all are 0."""
        with about("weights", given.column):
            weights = self._numbers(given.column, "weight")
            missing = int(np.isnan(weights).sum())
            if missing:
                raise InvalidInput(f"{missing} weight(s) are missing; fill them, 0 leaves a row out")
            check_weights(weights)
            if self.whole:
                check_some_weigh(len(weights) == 0 or bool(weights.any()))
            return weights

    def codes(self, given: Censoring, used: BoolArray) -> FloatArray:
        """The code of each row (N,): 0 known, 1 right-censored, −1 left-censored; 0 for rows that are not `used` (N,)."""
        with about("censoring", given.column):
            codes, told = self._coded(given)
            if self.whole:
                check_codes_tell(told)
            missing = int(np.isnan(codes[used]).sum())
            if missing:
                raise InvalidInput(f"{missing} code(s) are missing; fill them, 0 or 'none' says that a value is known")
            return np.where(used, codes, 0.0)

    def told(self, given: Censoring) -> Told:
        """Which codes the table has, where their meaning is not said; None where it is, by a kind or in words."""
        with about("censoring", given.column):
            return self._coded(given)[1] if given.kind is None else None

    def _coded(self, given: Censoring) -> tuple[FloatArray, Told]:
        """The code of each row (N,), NaN where it is missing, and what `told` says of them."""
        table, name = self._located(given.column, "code")
        text = table.text(name)
        if text is not None:
            return _coded_text(text, given), None
        codes = _coded(table.numbers(name), given)
        return codes, frozenset(np.unique(codes[~np.isnan(codes)]).tolist()) if given.kind is None else None

    def ends(self, given: tuple[object, object]) -> tuple[FloatArray, FloatArray]:
        """The ends of intervals (N,) each: a missing one is open, and NaN both where a row is open on both sides."""
        ends = []
        for column, beyond in zip(given, (-np.inf, np.inf), strict=True):
            with about("censoring", column):
                ends.append(_open(self._numbers(column, "end of an interval"), beyond))
        nothing = (ends[0] == -np.inf) & (ends[1] == np.inf)
        return np.where(nothing, np.nan, ends[0]), np.where(nothing, np.nan, ends[1])

    def window(self, given: Truncation) -> tuple[FloatArray | None, FloatArray | None]:
        """The ends of each row's window (N,), infinite where it has none; None where no row has one."""
        low, high = self._window_end(given.lower, -np.inf), self._window_end(given.upper, np.inf)
        return low, high

    def _window_end(self, end: object, beyond: float) -> FloatArray | None:
        if end is None or isinstance(end, float):
            return None if end is None else np.full(self.table.n_rows, end)
        with about("truncation", end):
            return _open(self._numbers(end, "bound"), beyond)

    def _numbers(self, column: object, entry: str) -> FloatArray:
        table, name = self._located(column, entry)
        return table.numbers(name)

    def _located(self, column: object, entry: str) -> tuple[Table, str]:
        """The table and the name of a column; raises `InvalidInput` where it is not there, or not as long as the table."""
        if isinstance(column, str):
            if column not in self.table.names:
                raise unknown_column(column, self.table.names)
            return self.table, column
        table = self.bare(column)
        if table.n_rows != self.table.n_rows:
            raise InvalidInput(f"{table.n_rows} {entry}(s) for {self.table.n_rows} row(s); give one for each row")
        return table, table.names[0]


def check_some_weigh(some: bool) -> None:
    """Raise `InvalidInput` where there are rows, and `some` says that none of them weighs anything."""
    if not some:
        raise InvalidInput("every weight is 0, so that no row is left; give a positive weight to the rows that count")


def check_codes_tell(told: Told) -> None:
    """Raise `InvalidInput` where all codes of a column together do not say what they mean."""
    if told is not None and -1.0 not in told:
        raise InvalidInput(
            "nothing but 0 and 1, or False and True, which mean an observed value in some tables and a censored row in "
            "others; say which: kind='event' where 1 is an observed value, kind='right' (or 'left') where 1 is a "
            "censored row, as in Censoring(column, kind='event')"
        )


@contextmanager
def about(setting: str, column: object) -> Iterator[None]:
    """Errors say which setting, and which column of it, they are about."""
    try:
        yield
    except WarmfitError as error:
        raise type(error)(f"{setting}{f'={column!r}' if isinstance(column, str) else ''}: {error}") from None


def _open(ends: FloatArray, beyond: float) -> FloatArray:
    return np.where(np.isnan(ends), beyond, ends)


def _coded(numbers: FloatArray, given: Censoring) -> FloatArray:
    """Codes of numbers, or of truth values as 0 and 1; NaN stays."""
    known = numbers[~np.isnan(numbers)]
    strange = known[~np.isin(known, (0.0, 1.0) if given.kind in _CENSORED else (-1.0, 0.0, 1.0))]
    if len(strange):
        expected = "True or False, or 1 and 0" if given.kind in _CENSORED else _CODES
        raise InvalidInput(f"unknown code {strange[0]:g}; expected {expected}")
    if given.kind in _CENSORED:
        no, yes = _CENSORED[given.kind]
        return np.where(np.isnan(numbers), np.nan, np.where(numbers == 1, yes, no))
    return numbers


def _coded_text(text: list[str | None], given: Censoring) -> FloatArray:
    """Codes of words; NaN where one is missing."""
    example = next((word for word in text if word is not None), None)
    if given.kind in _CENSORED and example is not None:
        raise InvalidInput(f"kind={given.kind!r} expects True or False, or 1 and 0; found {example!r}")
    words = {word: word.strip().lower() for word in set(text) if word is not None}
    for word, plain in sorted(words.items()):
        if plain not in TEXT:
            raise InvalidInput(f"unknown code {word!r}; expected 'right', 'left' or 'none'")
    return np.array([np.nan if word is None else TEXT[words[word]] for word in text])
