"""The columns of a Spark frame as SQL expressions for float64, null where a value is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from warmfit.sources.refusals import listed, not_numeric
from warmfit_fitting.errors import InvalidInput

_WHOLE = ("byte", "short", "integer", "long")
_FLOATING = ("float", "double")
_ADVICE = {
    "string": "text", "binary": "text", "char": "text", "varchar": "text",
    "date": "instant", "timestamp": "instant", "timestamp_ntz": "instant", "time": "instant",
    "daytimeinterval": "duration", "yearmonthinterval": "duration", "interval": "duration", "calendarinterval": "duration",
}  # fmt: skip


@dataclass(frozen=True)
class SparkFrame:
    """A DataFrame of Spark, classic or Connect, whose columns go by their positions in SQL: `c0`, `c1`, …"""

    native: Any

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The columns there are; raises `InvalidInput` where several have one name."""
        names = tuple(self.native.columns)
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise InvalidInput(f"several columns are named {listed(repeated)}; rename them")
        return names

    @cached_property
    def cached(self) -> bool:
        """Whether Spark has been told to keep the rows."""
        level = self.native.storageLevel
        return bool(level.useMemory or level.useDisk)

    @cached_property
    def positional(self) -> Any:
        """The same frame with its columns named by position, which needs no quoting."""
        return self.native.toDF(*(f"c{i}" for i in range(len(self.names))))

    def column(self, name: str) -> str:
        """The name of a column in `positional`."""
        return f"c{self.names.index(name)}"

    def kind(self, name: str) -> str:
        """The name of a column's type, such as "double"."""
        kind: str = self._type(name).typeName()
        return kind.partition("(")[0]

    def number(self, name: str) -> str:
        """A column as float64 in SQL, null for NaN and for null; raises `UnsupportedType` where it holds no numbers."""
        kind, column = self.kind(name), self.column(name)
        if kind in _FLOATING:
            return f"nanvl(cast({column} as double), cast(null as double))"
        if kind in (*_WHOLE, "decimal", "void"):
            return f"cast({column} as double)"
        if kind == "boolean":
            return f"cast(cast({column} as int) as double)"
        found = self.positional.where(f"{column} is not null").selectExpr(column).limit(1).collect()
        example = found[0][0] if found else "nothing"
        raise not_numeric(self._type(name).simpleString(), example, _ADVICE.get(kind.replace(" ", ""), "other"))

    def selected(self, expressions: Sequence[str]) -> Any:
        """A frame of SQL expressions over the columns of `positional`."""
        return self.positional.selectExpr(*expressions)

    def _type(self, name: str) -> Any:
        return self.native.schema.fields[self.names.index(name)].dataType
