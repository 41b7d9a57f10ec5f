"""A Spark frame's groups, one after the other in order of their keys, in bounded memory.

A group of at most `SMALL` rows comes as its values, of which the summary is made here, exactly as of a frame in memory; all
such groups are one sorted query that is read as a stream. Groups with more rows are few beside the rows that they have: they
are counted where they are, as many at a time as `AT_ONCE` allows, by the same queries as columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import length_hint
from typing import Any

import numpy as np

from warmfit.sources.protocol import GroupKey, Outcome
from warmfit.sources.refusals import in_column
from warmfit.spark.columns import SparkFrame
from warmfit.spark.counting import summaries
from warmfit.spark.passes import Slots, changed
from warmfit_fitting.errors import UnsupportedType, WarmfitError
from warmfit_fitting.summary.summarize import summarize_values

SMALL = 8192  # rows of a group: twice what a summary keeps exactly
AT_ONCE = 64  # columns of large groups that are counted by one query
_KEYS = (
    "boolean", "byte", "short", "integer", "long", "float", "double", "decimal", "string", "char", "varchar", "date",
    "timestamp", "timestamp_ntz",
)  # fmt: skip

Outcomes = tuple[Outcome, ...]


@dataclass(frozen=True)
class Grouping:
    """The columns `numbers` (name to SQL) of `rows`, for each combination of values in its columns `keys`.

    `weight`: the SQL of the rows' weights.
    """

    rows: Any
    numbers: Mapping[str, str]
    keys: tuple[str, ...]
    weight: str | None
    analytic: bool

    def outcomes(self) -> Iterator[tuple[GroupKey, Outcomes]]:
        """Each group's key and the summary of each column, in order of key; a missing key is None, and last."""
        counts = self.rows.groupBy(*self.keys).count()
        groups, n_large = counts.selectExpr("count(1)", f"sum(if(count > {SMALL}, 1, 0))").collect()[0]
        large = counts.where(f"count > {SMALL}").orderBy(*self._order(counts)).collect() if n_large else []
        return _Expected(self._outcomes([tuple(row)[:-1] for row in large]), groups)

    def _outcomes(self, large: Sequence[GroupKey]) -> Iterator[tuple[GroupKey, Outcomes]]:
        batches = _Batches(self._large, large, self._per_batch)
        width = len(self.keys)
        for row in self._stream(large):
            number, total, *lists = row[width:]
            if number is None:
                small = (self._small(name, total, entries) for name, entries in zip(self.numbers, lists, strict=True))
                yield tuple(row[:width]), tuple(small)
            else:
                yield tuple(row[:width]), batches.outcomes(number)

    def _order(self, frame: Any) -> list[Any]:
        return [frame[key].asc_nulls_last() for key in self.keys]

    @property
    def _per_batch(self) -> int:
        return max(1, AT_ONCE // max(1, len(self.numbers)))

    def _stream(self, large: Sequence[GroupKey]) -> Iterator[Any]:
        """(key …, number or None, rows, values of each column): one row a group; values of small ones only."""
        rows = self._numbered(large, 0, "left") if large else self.rows.selectExpr("*", "cast(null as int) as g")
        kept = [
            x if self.weight is None else f"if({x} is null, null, struct({x}, {self.weight}))"
            for x in self.numbers.values()
        ]
        values = [f"if(g is null, {entry}, null) as a{j}" for j, entry in enumerate(kept)]
        lists = {f"a{j}": "collect_list" for j in range(len(values))}
        rows = rows.selectExpr(*self.keys, "g", *values).groupBy(*self.keys).agg({"g": "max", "*": "count", **lists})
        rows = rows.selectExpr(*self.keys, "`max(g)`", "`count(1)`", *(f"`collect_list({a})`" for a in lists))
        found: Iterator[Any] = rows.orderBy(*self._order(rows)).toLocalIterator()
        return found

    def _small(self, name: str, total: int, entries: Sequence[Any]) -> Outcome:
        table = np.array(entries, dtype=np.float64)
        values, weights = (
            (table, None) if self.weight is None else (table.reshape(-1, 2)[:, 0], table.reshape(-1, 2)[:, 1])
        )
        try:
            return summarize_values(values, weights, total - len(values), analytic=self.analytic)
        except WarmfitError as error:
            return in_column(name, error)

    def _large(self, start: int, keys: Sequence[GroupKey]) -> list[Outcomes]:
        rows = self._numbered(keys, start, "inner")
        slots = Slots(rows, tuple(self.numbers.values()), self.weight, f"(g - {start})")
        found = summaries(slots, {}, self.analytic)
        width = len(self.numbers)
        if len(found) != width * len(keys):
            raise changed()
        return [
            tuple(named(name, found[i * width + j]) for j, name in enumerate(self.numbers)) for i in range(len(keys))
        ]

    def _numbered(self, keys: Sequence[GroupKey], start: int, how: str) -> Any:
        """The rows with `g`, the number of their group, where it is among `keys`."""
        from pyspark.sql.types import IntegerType, StructField, StructType

        kinds = [self.rows.schema[key].dataType for key in self.keys]
        fields = [StructField(f"n{i}", kind) for i, kind in enumerate(kinds)]
        schema = StructType([StructField("g", IntegerType()), *fields])
        session = self.rows.sparkSession
        numbers = session.createDataFrame([(start + i, *key) for i, key in enumerate(keys)], schema).hint("broadcast")
        equal = [self.rows[key].eqNullSafe(numbers[f"n{i}"]) for i, key in enumerate(self.keys)]
        return self.rows.join(numbers, equal, how).selectExpr(*self.rows.columns, "g")


class _Batches:
    """Large groups' outcomes, a batch at a time, as their numbers come up in order."""

    def __init__(
        self, count: Callable[[int, Sequence[GroupKey]], list[Outcomes]], keys: Sequence[GroupKey], size: int
    ) -> None:
        self._count, self._keys, self._size = count, keys, size
        self._start, self._held = -1, list[Outcomes]()

    def outcomes(self, number: int) -> Outcomes:
        start = number - number % self._size
        if start != self._start:
            self._held = self._count(start, self._keys[start : start + self._size])
            self._start = start
        return self._held[number - start]


class _Expected(Iterator[tuple[GroupKey, Outcomes]]):
    """An iterator of which it is known how many are to come."""

    def __init__(self, items: Iterator[tuple[GroupKey, Outcomes]], left: int) -> None:
        self._items, self._left = items, left

    def __next__(self) -> tuple[GroupKey, Outcomes]:
        found = next(self._items)
        self._left -= 1
        return found

    def __length_hint__(self) -> int:
        return max(self._left, 0)


class Chosen(Iterator[tuple[GroupKey, Outcomes]]):
    """The outcomes of groups for other `names` than they were found for: in their order, with the `errors` of some."""

    def __init__(
        self,
        groups: Iterator[tuple[GroupKey, Outcomes]],
        found: Sequence[str],
        names: Sequence[str],
        errors: Mapping[str, Outcome],
    ) -> None:
        self._groups, self._found, self._names, self._errors = groups, found, names, errors

    def __next__(self) -> tuple[GroupKey, Outcomes]:
        key, outcomes = next(self._groups)
        by_name = {**self._errors, **dict(zip(self._found, outcomes, strict=True))}
        return key, tuple(by_name[name] for name in self._names)

    def __length_hint__(self) -> int:
        return length_hint(self._groups)


def key_columns(opened: SparkFrame, by: Sequence[str]) -> list[str]:
    """The SQL of columns as keys, NaN as null; raises `UnsupportedType` for one by which rows cannot be grouped."""
    for name in by:
        if opened.kind(name) not in _KEYS:
            raise UnsupportedType(
                f"column {name!r} is of type {opened.kind(name)}, by which groups cannot be told apart and ordered; "
                "group by numbers, text, dates or truth values"
            )
    floats = {"float", "double"}
    return [f"nanvl({c}, null)" if opened.kind(n) in floats else c for n, c in ((n, opened.column(n)) for n in by)]


def named(name: str, outcome: Outcome) -> Outcome:
    """The outcome, an error saying which column it is about."""
    return in_column(name, outcome) if isinstance(outcome, WarmfitError) else outcome
