"""`SparkSource`: the columns of a Spark frame, summarized where they are by SQL alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from warmfit.rows import Weights
from warmfit.sources.protocol import GroupKey, Outcome, RowChoice, T
from warmfit.sources.refusals import in_column, unknown_column
from warmfit.spark.columns import SparkFrame
from warmfit.spark.counting import summaries
from warmfit.spark.folding import folded
from warmfit.spark.grouping import Chosen, Grouping, key_columns, named
from warmfit.spark.passes import Slots
from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import InvalidInput, UnsupportedType, WarmfitError


@dataclass(frozen=True)
class SparkSource:
    """A Spark frame, classic or Connect, and what is said of its rows."""

    frame: Any
    rows: RowChoice

    @property
    def names(self) -> tuple[str, ...]:
        """The columns there are."""
        return self._opened.names

    @property
    def beside(self) -> frozenset[str]:
        """The columns that say something of the rows of others."""
        return frozenset(self.rows.beside([*self.names, *self.rows.named_columns]))

    def columns(self, names: Sequence[str]) -> Iterator[tuple[str, Outcome]]:
        """Each name with its summary, or with the error that says why there is none; all in the same queries."""
        self._check(names)
        numbers, errors = self._numbers(names)
        outcomes = dict(errors)
        if numbers:
            slots = Slots(self._rows(), tuple(numbers.values()), self._weight(), cached=self._opened.cached)
            plans = {j: self.rows.plans[name] for j, name in enumerate(numbers) if name in self.rows.plans}
            found = summaries(slots, plans, self._analytic)
            outcomes |= {name: named(name, found[j]) for j, name in enumerate(numbers)}
        return ((name, outcomes[name]) for name in names)

    def reduce(self, names: Sequence[str], of_block: Callable[[FloatArray], T], combine: Callable[[T, T], T], /) -> T:
        """What `of_block` makes of every block of rows (N, C), put together; see `Source.reduce`."""
        if self.rows.weights is not None:
            raise InvalidInput("weights= is not available for columns together; leave it out")
        self._check(names)
        numbers, errors = self._numbers(names)
        for error in errors.values():
            if isinstance(error, WarmfitError):
                raise error
        return folded(self._rows(), [numbers[name] for name in names], of_block, combine)

    def groups(self, names: Sequence[str], by: Sequence[str]) -> Iterator[tuple[GroupKey, tuple[Outcome, ...]]]:
        """Each group's key, the values of the columns `by`, and the outcome of each name, in order of key.

        A missing key (null or NaN) is a group of its own, None, and comes last. Raises `InvalidInput` or
        `UnsupportedType` at once for columns that are unknown or cannot be keys.
        """
        self._check([*names, *by])
        keys = {f"k{i}": key for i, key in enumerate(key_columns(self._opened, by))}
        numbers, errors = self._numbers(names)
        rows = self._rows().selectExpr("*", *(f"{sql} as {key}" for key, sql in keys.items()))
        found = Grouping(rows, numbers, tuple(keys), self._weight(), self._analytic).outcomes()
        return found if list(numbers) == list(names) else Chosen(found, tuple(numbers), tuple(names), errors)

    @cached_property
    def _opened(self) -> SparkFrame:
        return SparkFrame(self.frame)

    def _rows(self) -> Any:
        """The rows that are read, columns by position."""
        rows, fraction = self._opened.positional, self.rows.fraction
        return rows if fraction in (None, 1) else rows.sample(fraction, self.rows.seed)

    @property
    def _analytic(self) -> bool:
        return self.rows.weights is not None and self.rows.weights.kind == "analytic"

    def _check(self, names: Sequence[str]) -> None:
        for said, setting in (("censoring", self.rows.censoring), ("truncation", self.rows.truncation)):
            if setting is not None:
                raise InvalidInput(
                    f"{said}= is not available for Spark frames in this version; give .toPandas() or .toArrow() of the "
                    "columns, or one number as lower_bound= or upper_bound= where all rows are truncated alike"
                )
        for name in [*names, *self.rows.beside(names)]:
            if name not in self.names:
                raise unknown_column(name, self.names)

    def _numbers(self, names: Sequence[str]) -> tuple[dict[str, str], dict[str, Outcome]]:
        """The SQL of the columns that hold numbers, and the errors of those that do not."""
        numbers: dict[str, str] = {}
        errors: dict[str, Outcome] = {}
        for name in dict.fromkeys(names):
            try:
                numbers[name] = self._opened.number(name)
            except WarmfitError as error:
                errors[name] = in_column(name, error)
        return numbers, errors

    def _weight(self) -> str | None:
        """The SQL of the weights, which are finite and at least 0; raises `InvalidInput` where they are not."""
        given = self.rows.weights
        if given is None:
            return None
        column = _column_name(given)
        w = self._opened.number(column)
        asked = (
            f"sum(if({w} is null, 1, 0))",
            f"min({w})",
            f"max({w})",
            f"sum(if({w} < 0D or {w} = double('infinity'), 1, 0))",
        )
        missing, least, greatest, bad = self._opened.selected(asked).collect()[0]
        about = f"weights={column!r}: "
        if missing:
            raise InvalidInput(f"{about}{missing} weight(s) are missing; fill them, 0 leaves a row out")
        if bad:
            raise InvalidInput(
                f"{about}{bad} weight(s) are negative or not finite (they lie between {least} and {greatest}); "
                "weights are the number of rows that each row stands for: finite and at least 0"
            )
        if greatest == 0:
            raise InvalidInput(
                f"{about}every weight is 0, so that no row is left; give a positive weight to the rows that count"
            )
        return w


def _column_name(given: Weights) -> str:
    if not isinstance(given.column, str):
        raise UnsupportedType(
            "weights= is one number a row, and the rows of a Spark frame have no order; name a column of the frame"
        )
    return given.column
