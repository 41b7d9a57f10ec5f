"""From key columns to the groups of a table: the rows of each, and its key, in ascending order."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from warmfit.sources.protocol import GroupKey
from warmfit.sources.tables import Table
from warmfit_fitting.arrays import AnyArray, IntArray
from warmfit_fitting.errors import UnsupportedType

MOST = 2**62  # combinations of keys beyond which codes are made dense before more are combined


@dataclass(frozen=True, eq=False)
class Groups:
    """The rows of a table in the order of their groups.

    `order` (N,): positions of the rows, those of a group side by side, in the table's order within it. `first` (G + 1,):
    where each group begins in `order`, and where the last one ends. `levels`: of each key column the distinct keys in
    ascending order; `codes` (G, K): which of them each group has, their number for a missing one.
    """

    order: IntArray
    first: IntArray
    levels: tuple[AnyArray, ...]
    codes: IntArray

    @classmethod
    def of(cls, table: Table, by: Sequence[str]) -> Groups:
        """The groups of rows with equal keys in the columns `by`; raises `UnsupportedType` for keys without an order."""
        columns = [_coded(name, table.keys(name)) for name in by]
        place = np.zeros(table.n_rows, np.int64)
        size = 1
        for codes, levels in columns:
            if size * (len(levels) + 1) > MOST:
                place = np.unique(place, return_inverse=True)[1]
                size = int(place.max(initial=0)) + 1
            place, size = place * (len(levels) + 1) + codes, size * (len(levels) + 1)
        order = np.argsort(place, kind="stable")
        placed = place[order]
        begins = np.flatnonzero(np.concatenate([[True], placed[1:] != placed[:-1]])[: len(placed)])
        chosen = order[begins]
        codes = np.column_stack([codes[chosen] for codes, _ in columns])
        return cls(order, np.append(begins, len(order)), tuple(levels for _, levels in columns), codes)

    def __len__(self) -> int:
        return len(self.codes)

    def keys(self) -> Iterator[GroupKey]:
        """The key of each group."""
        lists = [[*_plain(levels), None] for levels in self.levels]
        return (
            tuple(held[c] for held, c in zip(lists, row, strict=True)) for row in map(np.ndarray.tolist, self.codes)
        )


def _coded(name: str, keys: AnyArray) -> tuple[IntArray, AnyArray]:
    """Which of the distinct keys, in ascending order, each row has; their number where it has none."""
    try:
        codes, levels = pd.factorize(keys, sort=True, use_na_sentinel=True)
        mixed = levels.dtype == object and len({_sort(value) for value in levels}) > 1
    except TypeError:
        mixed = True
    if mixed:
        kinds = sorted({type(key).__name__ for key in keys})
        raise UnsupportedType(
            f"groupby={name!r}: keys of the types {', '.join(kinds)} have no common order; give keys of one kind"
        )
    return np.where(codes < 0, len(levels), codes).astype(np.int64), np.asarray(levels)


def _sort(value: object) -> type:
    """The kind of keys that a key can be compared with; numbers are all of one."""
    return float if isinstance(value, int | float | np.number) and not isinstance(value, bool) else type(value)


def _plain(levels: AnyArray) -> list[object]:
    """Keys as plain Python values, an instant as a `datetime`."""
    if levels.dtype.kind == "M":
        levels = levels.astype("datetime64[us]")
    elif levels.dtype.kind == "m":
        levels = levels.astype("timedelta64[us]")
    plain: list[object] = levels.tolist()
    return [_of_python(value) for value in plain]


def _of_python(value: object) -> object:
    """A key as Python has it, without pandas' own types of instants and durations."""
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime(warn=False)
    if isinstance(value, pd.Timedelta):
        return value.to_pytimedelta()
    return None if isinstance(value, float) and math.isnan(value) else value
