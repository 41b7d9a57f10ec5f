"""`Source`: what a frame must be able to do to be fitted; `RowChoice`: which of its rows count, how much."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from warmfit_fitting.arrays import FloatArray, IntArray
from warmfit_fitting.errors import WarmfitError
from warmfit_fitting.summary.column import ColumnSummary

Outcome = ColumnSummary | WarmfitError


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


@dataclass(frozen=True, slots=True)
class RowChoice:
    """Which rows are read and how many rows each of them stands for.

    `weights`: a column's name, or one number a row; None counts every row once. `fraction`: the share of the
    rows, in (0, 1], drawn with `seed`, the same rows for all columns; None reads every row.
    """

    weights: object = None
    fraction: float | None = None
    seed: int = 42

    @property
    def is_everything(self) -> bool:
        """Whether every row is read and counts once."""
        return self.weights is None and self.fraction is None

    def drawn(self, n_rows: int) -> IntArray | None:
        """The positions (K,) of the rows drawn from `n_rows`, ascending; None where every row is read."""
        if self.fraction is None or self.fraction == 1 or n_rows == 0:
            return None
        size = max(1, round(self.fraction * n_rows))
        rows = np.random.default_rng(self.seed).choice(n_rows, size, replace=False, shuffle=False)
        return np.sort(rows)


@dataclass(frozen=True, slots=True)
class ChosenRows:
    """A `RowChoice` settled for one frame: `positions` (K,), None for all; `weights` (K,), None for 1."""

    positions: IntArray | None
    weights: FloatArray | None

    def of(self, values: FloatArray) -> FloatArray:
        """The chosen ones of `values` (N,)."""
        return values if self.positions is None else values[self.positions]
