"""What can be said of rows beside their values: `Weights`, `Censoring` and `Truncation`.

Each names columns of the frame, or holds one entry a row. What the entries say is read by the sources; here is checked
only that something readable was given.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sized
from dataclasses import dataclass, fields
from numbers import Real
from typing import Any, TypeAlias

from warmfit import validation as check
from warmfit_fitting.errors import InvalidInput

WEIGHTS = ("frequency", "analytic")
CENSORING = ("codes", "right", "left", "event", "interval")

Bounds: TypeAlias = tuple[float | None, float | None]


class _Said:
    """Equality that compares arrays as a whole."""

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(check.same(getattr(self, f.name), getattr(other, f.name)) for f in fields(self))  # type: ignore[arg-type]

    __hash__ = None  # type: ignore[assignment]  # arrays are mutable


@dataclass(frozen=True, eq=False)
class Weights(_Said):
    """How much each row counts; `column` is a column's name or one number a row, finite and at least 0.

    `kind="frequency"`: a row stands for so many equal rows, and n in AIC and BIC is the total weight.
    `kind="analytic"`: a row's term in the log-likelihood counts so much beside the others, as with weights that are
    inverse variances or correct a sample's design; only ratios matter, and n is the number of rows.

    A row of weight 0 is left out. In JSON: `{"column": "w", "kind": "analytic"}`.
    """

    column: Any
    kind: str = "frequency"

    def __post_init__(self) -> None:
        check.member("the kind of weights", self.kind, WEIGHTS)
        _check_column("weights", self.column, "number")

    @classmethod
    def of(cls, given: object) -> Weights:
        """Weights as they may be given: a column's name or numbers (frequencies), `Weights`, or its JSON."""
        if isinstance(given, cls):
            return given
        return cls(**_json(given)) if _is_json(given) else cls(given)


@dataclass(frozen=True, eq=False)
class Censoring(_Said):
    """Which rows are known only to lie above, below or between bounds.

    `column` is a column's name or one entry a row, whose meaning `kind` says:

    - `"codes"`: 0, "none" or "" where the value is known; 1 or "right" where it lies above the number given; −1 or
      "left" where at or below it;
    - `"right"`, `"left"`: True (1) where the row is censored on that side, False (0) where its value is known;
    - `"event"`: True (1) where the event was observed and the value is known, False (0) where the row is censored on
      the right, as in survival tables;
    - `"interval"`: a pair of columns, the lower and the upper end of the interval (lower, upper] that holds the value.
      They replace the values of the column that is fitted. Equal ends are a known value; an end that is missing or
      infinite is open; a row open at both ends is a missing value.

    Without a kind, codes are recognized by what the column holds; one of nothing but 0 and 1, or False and True, is
    refused, because it means an event in some tables and a censored row in others. In JSON:
    `{"column": "died", "kind": "event"}`.
    """

    column: Any
    kind: str | None = None

    def __post_init__(self) -> None:
        if self.kind is not None:
            check.member("the kind of censoring", self.kind, CENSORING)
        if self.kind != "interval":
            _check_column("censoring", self.column, "code")
            return
        if not _is_pair(self.column):
            check.refuse_type(
                "censoring", self.column, "a pair of columns for kind='interval', the lower and upper ends"
            )
        object.__setattr__(self, "column", tuple(_check_column("censoring", end, "number") for end in self.column))

    @classmethod
    def of(cls, name: str, given: object) -> Censoring:
        """Censoring as it may be given: a column's name or codes, a tuple of two (an interval), `Censoring`, its JSON."""
        if isinstance(given, cls):
            return given
        if _is_json(given):
            return cls(**_json(given))
        if isinstance(given, tuple):
            if len(given) != 2:
                check.refuse_type(name, given, "a tuple of two columns, the ends of intervals; give codes as a list")
            return cls(given, "interval")
        return cls(given)

    @property
    def ends(self) -> tuple[Any, Any] | None:
        """The columns of lower and upper ends, None for other kinds."""
        return self.column if self.kind == "interval" else None


@dataclass(frozen=True, eq=False)
class Truncation(_Said):
    """The window in which a value had to lie for its row to be seen: [`lower`, `upper`].

    Each end is a number for all rows, a column's name or one number a row, or None where there is no bound. A missing or
    infinite entry of a column says that its row has no bound there.
    """

    lower: Any = None
    upper: Any = None

    def __post_init__(self) -> None:
        for name, beyond in (("lower", -math.inf), ("upper", math.inf)):
            object.__setattr__(self, name, _end(name, getattr(self, name), beyond))
        low, high = self.bounds
        if low is not None and high is not None and not low < high:
            raise InvalidInput(f"truncation: the lower end {low} is not below the upper end {high}")

    @classmethod
    def of(cls, name: str, given: Any) -> Truncation:
        """A window as it may be given: a pair (lower, upper), or `Truncation`."""
        if isinstance(given, cls):
            return given
        if not _is_pair(given):
            check.refuse_type(name, given, "a pair (lower, upper), or {column: (lower, upper)}")
        return cls(given[0], given[1])

    @property
    def bounds(self) -> Bounds:
        """The ends that are one number for all rows."""
        low, high = (end if isinstance(end, float) else None for end in (self.lower, self.upper))
        return low, high

    @property
    def by_row(self) -> Truncation | None:
        """What each row has of its own; None where there is nothing."""
        low, high = (None if isinstance(end, float) else end for end in (self.lower, self.upper))
        return None if low is None and high is None else Truncation(low, high)


def by_column(kind: type[Censoring] | type[Truncation], name: str, given: object) -> Any:
    """The setting for all columns, or a mapping of columns to theirs; None entries of a mapping are left out."""
    if not isinstance(given, Mapping) or _is_json(given):
        return kind.of(name, given)
    if not given:
        raise InvalidInput(f"{name} is an empty mapping; name a column in it, or leave it out")
    return {
        check.text(f"a key of {name}", key): kind.of(f"{name}[{key!r}]", value)
        for key, value in given.items()
        if value is not None
    }


def of_column(setting: Any, column: str) -> Any:
    """What a setting that may be by column says of one; None where it says nothing."""
    return setting.get(column) if isinstance(setting, Mapping) else setting


def _is_json(given: object) -> bool:
    return isinstance(given, Mapping) and set(given) == {"column", "kind"}


def _json(given: Any) -> dict[str, Any]:
    return {"column": given["column"], "kind": given["kind"]}


def _is_pair(given: object) -> bool:
    return isinstance(given, tuple | list) and len(given) == 2


def _check_column(name: str, value: object, entry: str) -> object:
    """A column's name, or a sequence of one dimension."""
    if isinstance(value, str):
        return check.text(name, value, "a column's name")
    shape = getattr(value, "shape", None)
    if isinstance(value, bytes | Mapping | set | frozenset) or not isinstance(value, Sized):
        check.refuse_type(name, value, f"a column's name, or one {entry} per row")
    if shape is not None and len(shape) != 1:
        raise InvalidInput(f"{name} has shape {tuple(shape)}; expected one dimension, one {entry} per row")
    return value


def _end(name: str, value: Any, beyond: float) -> object:
    """One end of a window: None, a float or a column; an infinite number is none."""
    if isinstance(value, Real):
        return None if float(value) == beyond else check.real(f"truncation's {name} end", value)
    return None if value is None else _check_column(f"truncation's {name} end", value, "number")
