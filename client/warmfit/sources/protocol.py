"""`Source`: what a frame must be able to do to be fitted; `RowChoice`: which of its rows count, how much, as what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np

from warmfit.rows import Censoring, Truncation, Weights, by_column, of_column
from warmfit_fitting.arrays import FloatArray, IntArray
from warmfit_fitting.errors import WarmfitError
from warmfit_fitting.summary.column import ColumnSummary, Plan

Outcome = ColumnSummary | WarmfitError
T = TypeVar("T")
GroupKey = tuple[object, ...]
"""The values of the key columns of a group, plain Python ones, None where a key is missing (null, or NaN)."""


@runtime_checkable
class Source(Protocol):
    """A frame, wherever it lives, that can be summarized column by column."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns there are, in the frame's order."""
        ...

    def columns(self, names: Sequence[str]) -> Iterator[tuple[str, Outcome]]:
        """Each name with its summary, or with the error that says why there is none, in the order of `names`.

        Raises `InvalidInput` at once where a name is unknown or the weights cannot be used.
        """
        ...

    def groups(self, names: Sequence[str], by: Sequence[str]) -> Iterator[tuple[GroupKey, tuple[Outcome, ...]]]:
        """Each group's key with the outcome of each column, in ascending order of key.

        Groups are of rows with equal values in the columns `by`, and are made one after another, so that those behind need
        not be kept. Rows without a key are a group of their own, whose key is None and comes last; so it is in each column
        of several. Text is ordered by its code points. Where the iterator has a `length_hint`, progress knows the total.
        Raises `InvalidInput` at once where a name is unknown, and where there are no rows to group, as in summaries made
        earlier.
        """
        ...

    def reduce(self, names: Sequence[str], of_block: Callable[[FloatArray], T], combine: Callable[[T, T], T], /) -> T:
        """What `of_block` makes of every block of rows, put together by `combine`: an aggregate of columns together.

        A block is (N, C) float64, a column for each of `names`, NaN where a value is missing; every row is in one block.
        Blocks may be empty, of any size and in any order, and both functions are called where the rows are, so that they
        and what they return can be pickled. Raises `InvalidInput` where a name is unknown, and where there are no rows but
        only their summaries; what `of_block` raises is raised here.
        """
        ...


@dataclass(frozen=True)
class RowChoice:
    """Which rows are read, how many rows each of them stands for, and what is known of its value.

    `weights`: None counts every row once. `censoring`, `truncation`: for all columns, or by column as a mapping; None
    where every value is known, and where no row had to lie in a window. All three as they may be given to `fit`; they
    are held as `Weights`, `Censoring` and `Truncation`. `fraction`: the share of the rows, in (0, 1], drawn with `seed`,
    the same rows for all columns; None reads every row. `plans`: by column, those of summaries that the rows are to join.
    """

    weights: Any = None
    censoring: Any = None
    truncation: Any = None
    fraction: float | None = None
    seed: int = 42
    plans: Mapping[str, Plan] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.weights is not None:
            object.__setattr__(self, "weights", Weights.of(self.weights))
        for name, kind in (("censoring", Censoring), ("truncation", Truncation)):
            given = getattr(self, name)
            if given is not None:
                object.__setattr__(self, name, by_column(kind, name, given))

    @property
    def settings(self) -> tuple[str, ...]:
        """The keywords that were given, by which not every row is read, or as more than a value that counts once."""
        given = (self.weights, self.censoring, self.truncation, self.fraction)
        names = ("weights", "censoring", "truncation", "sample_fraction")
        return tuple(name for name, value in zip(names, given, strict=True) if value is not None)

    @property
    def named_columns(self) -> frozenset[str]:
        """The columns that a setting is given for by name."""
        return frozenset(c for said in (self.censoring, self.truncation) if isinstance(said, Mapping) for c in said)

    @property
    def analytic(self) -> bool:
        """Whether weights say how precise rows are, not how many."""
        return self.weights is not None and self.weights.kind == "analytic"

    @property
    def codes(self) -> frozenset[str]:
        """The columns that hold codes of censoring."""
        said = self.censoring.values() if isinstance(self.censoring, Mapping) else [self.censoring]
        return frozenset(c.column for c in said if c is not None and c.ends is None and isinstance(c.column, str))

    def censoring_of(self, column: str) -> Censoring | None:
        """What is said of the censoring of one column."""
        found: Censoring | None = of_column(self.censoring, column)
        return found

    def truncation_of(self, column: str) -> Truncation | None:
        """What is said of the window of one column."""
        found: Truncation | None = of_column(self.truncation, column)
        return found

    def beside(self, columns: Sequence[str]) -> list[str]:
        """The names of the columns that say something of the rows of `columns`."""
        given = [self.weights.column] if self.weights else []
        for column in columns:
            censoring, window = self.censoring_of(column), self.truncation_of(column)
            given += [] if censoring is None else censoring.ends or [censoring.column]
            given += [] if window is None else [window.lower, window.upper]
        return list(dict.fromkeys(name for name in given if isinstance(name, str)))

    def drawn(self, n_rows: int) -> IntArray | None:
        """The positions (K,) of the rows drawn from `n_rows`, ascending; None where every row is read."""
        if self.fraction is None or self.fraction == 1 or n_rows == 0:
            return None
        size = max(1, round(self.fraction * n_rows))
        rows = np.random.default_rng(self.seed).choice(n_rows, size, replace=False, shuffle=False)
        return np.sort(rows)
