"""`RowSampler`: what can draw any range of the rows of a sample; here, that of one fitted distribution."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Protocol, runtime_checkable

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.families.every import AnyScipy
from warmfit_fitting.fitted import UNBOUNDED, fitted
from warmfit_fitting.sampling.draws import Invertible, draw

CHUNK = 1 << 17  # rows handed on at a time


@runtime_checkable
class RowSampler(Protocol):
    """A sample of `columns` whose row i is a pure function of the sampler, the seed and i.

    It crosses to other processes by pickle. A sampler of d columns may use as many random words a row as it likes, as
    long as those of row i depend on i alone: words w·i, …, w·i + w − 1 of the seed, for w words a row.
    """

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        ...

    def rows(self, start: int, stop: int, seed: int) -> FloatArray:
        """Rows `start`, …, `stop` − 1 of the sample of a seed, (stop − start, d)."""
        ...


@dataclass(frozen=True)
class RowRange:
    """Rows `start`, …, `stop` − 1 of a sample."""

    start: int
    stop: int

    def chunks(self, size: int = CHUNK) -> Iterator[RowRange]:
        """The same rows, at most `size` at a time."""
        for start in range(self.start, self.stop, size):
            yield RowRange(start, min(start + size, self.stop))


def split_rows(n: int, parts: int) -> list[RowRange]:
    """`n` rows in `parts` ranges whose sizes differ by one at most, in order; some are empty where n < parts."""
    if n < 0 or parts < 1:
        raise InvalidInput(f"n={n}, parts={parts}; expected rows from 0, in at least one part")
    ends = [n * part // parts for part in range(parts + 1)]
    return [RowRange(start, stop) for start, stop in pairwise(ends)]


@dataclass(frozen=True)
class DistributionSampler:
    """The sample of a family at its parameters, conditioned on `window`, as one column.

    `custom`: the object of a user's own family. Raises what `warmfit_fitting.fitted.fitted` does, when rows are drawn.
    """

    name: str
    parameters: tuple[float, ...]
    window: tuple[float, float] = UNBOUNDED
    custom: AnyScipy | None = None
    column: str = "sample"

    @property
    def columns(self) -> tuple[str, ...]:
        """The name of the column."""
        return (self.column,)

    @cached_property
    def distribution(self) -> Invertible:
        """The distribution, with its tables."""
        return fitted(self.name, self.parameters, self.window, self.custom)

    def rows(self, start: int, stop: int, seed: int) -> FloatArray:
        """Rows `start`, …, `stop` − 1 of the sample of a seed, (stop − start, 1)."""
        return np.reshape(draw(self.distribution, stop - start, seed, start), (-1, 1))
