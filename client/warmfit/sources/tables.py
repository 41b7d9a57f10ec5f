"""Tables held in this process, as named columns of float64: frames (through narwhals) and NumPy arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import narwhals as nw

from warmfit.sources.conversion import (
    from_array,
    from_objects,
    from_series,
    keys_of,
    keys_of_series,
    text_of,
    text_of_series,
)
from warmfit_fitting.arrays import AnyArray, FloatArray


class Table(Protocol):
    """Named columns of equal length."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns there are."""
        ...

    @property
    def n_rows(self) -> int:
        """The number of rows."""
        ...

    def only(self, names: Sequence[str], /) -> Table:
        """The table of these columns, read into memory where it was not yet."""
        ...

    def numbers(self, name: str) -> FloatArray:
        """One column (N,), NaN where a value is missing; raises `UnsupportedType` where it has no numbers."""
        ...

    def text(self, name: str) -> list[str | None] | None:
        """The strings of one column (N,), None where one is missing; None for a column that holds no text."""
        ...

    def keys(self, name: str) -> AnyArray:
        """One column (N,) as keys of groups: numbers, instants, or objects, missing ones null, NaT or NaN."""
        ...


@dataclass(frozen=True)
class FrameTable:
    """A pandas, polars or Arrow frame; a column whose label is no string goes by the label's text."""

    frame: nw.DataFrame[Any]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns there are."""
        return tuple(str(label) for label in self.frame.columns)

    @property
    def n_rows(self) -> int:
        """The number of rows."""
        return len(self.frame)

    def only(self, _names: Sequence[str], /) -> FrameTable:
        """The table of these columns, in memory."""
        return self  # already in memory; to pick columns would copy them

    def numbers(self, name: str) -> FloatArray:
        """One column (N,), NaN where a value is missing."""
        return from_series(self.frame[:, self.names.index(name)])

    def text(self, name: str) -> list[str | None] | None:
        """The strings of one column (N,); None for a column that holds no text."""
        return text_of_series(self.frame[:, self.names.index(name)])

    def keys(self, name: str) -> AnyArray:
        """One column (N,) as keys of groups."""
        return keys_of_series(self.frame[:, self.names.index(name)])


@dataclass(frozen=True)
class LazyTable:
    """A polars LazyFrame; only the columns asked for are collected, in one query."""

    frame: nw.LazyFrame[Any]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns there are."""
        return tuple(self.frame.collect_schema().names())

    @property
    def n_rows(self) -> int:
        """The number of rows."""
        return self.only(self.names).n_rows

    def only(self, names: Sequence[str], /) -> FrameTable:
        """The table of these columns, in memory."""
        return FrameTable(self.frame.select(*names).collect())

    def numbers(self, name: str) -> FloatArray:
        """One column (N,), NaN where a value is missing."""
        return self.only([name]).numbers(name)

    def text(self, name: str) -> list[str | None] | None:
        """The strings of one column (N,); None for a column that holds no text."""
        return self.only([name]).text(name)

    def keys(self, name: str) -> AnyArray:
        """One column (N,) as keys of groups."""
        return self.only([name]).keys(name)


@dataclass(frozen=True)
class ArrayTable:
    """Columns that are NumPy arrays (masked ones too) or lists of numbers, each (N,)."""

    arrays: Mapping[str, AnyArray | list[Any] | tuple[Any, ...] | range]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns there are."""
        return tuple(self.arrays)

    @property
    def n_rows(self) -> int:
        """The number of rows."""
        return len(next(iter(self.arrays.values()))) if self.arrays else 0

    def only(self, _names: Sequence[str], /) -> ArrayTable:
        """The table of these columns, in memory."""
        return self

    def numbers(self, name: str) -> FloatArray:
        """One column (N,), NaN where a value is missing."""
        values = self.arrays[name]
        return from_objects(values) if isinstance(values, list | tuple | range) else from_array(values)

    def text(self, name: str) -> list[str | None] | None:
        """The strings of one column (N,); None for a column that holds no text."""
        return text_of(self.arrays[name])

    def keys(self, name: str) -> AnyArray:
        """One column (N,) as keys of groups."""
        return keys_of(self.arrays[name])
