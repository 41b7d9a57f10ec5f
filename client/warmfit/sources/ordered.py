"""Batches that are read one after another in this process, in the same order each time: files and streams of Arrow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Protocol

import narwhals as nw
import numpy as np

from warmfit.sources.batches import Batch, Counts, Grouped, Plans, Reading, Survey, no_bare_columns
from warmfit.sources.protocol import RowChoice, T
from warmfit.sources.refusals import listed
from warmfit.sources.summarized import TableSource
from warmfit.sources.tables import ArrayTable, FrameTable, Table
from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.summary.summarize import BLOCK

MOST = 1 << 27  # entries that are held to be grouped
WIDE = 16  # columns from which on blocks are shorter
SHORTEST = 1 << 14  # rows


class Blocks(Protocol):
    """Rows that can be read again, in blocks."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns there are."""
        ...

    def n_rows(self) -> int:
        """The number of rows."""
        ...

    def keyed(self, by: Sequence[str]) -> Blocks:
        """The same rows, of which the columns `by` are to be read as keys of groups."""
        ...

    def tables(self, names: Sequence[str], size: int) -> Iterator[FrameTable]:
        """These columns of all rows, in blocks of `size` rows but the last; the same ones each time."""
        ...


@dataclass(frozen=True)
class Ordered:
    """Both passes over blocks, of which one is held at a time; a single block is read once.

    Blocks begin where they do in a table in memory, so that the summaries are the same to the last bit, unless there are so
    many columns that blocks must be shorter.
    """

    blocks: Blocks
    _kept: list[Batch] = field(default_factory=list)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns there are."""
        return self.blocks.names

    def check(self, rows: RowChoice) -> None:
        """Nothing to refuse: the rows have an order, so that any choice of them can be made."""

    def survey(self, reading: Reading) -> Survey:
        """The first pass over all rows."""
        found = Survey()
        for batch in self._batches(reading):
            self._kept[:] = [*self._kept, batch][:2]
            found = found.merge(reading.survey(batch))
        return found

    def reduce(self, reading: Reading, of_block: Callable[[FloatArray], T], combine: Callable[[T, T], T]) -> T:
        """What `of_block` makes of every block of rows, put together; see `Source.reduce`."""
        parts = (of_block(reading.block(batch)) for batch in self._batches(reading))
        first = next(parts, None)
        if first is None:
            return of_block(np.empty((0, len(reading.names))))
        return reduce(combine, parts, first)

    def count(self, reading: Reading, plans: Plans) -> Counts:
        """The second pass over all rows."""
        kept = list(self._kept)
        self._kept.clear()
        counts: Counts = {}
        for batch in kept if len(kept) == 1 else self._batches(reading):
            for name, count in reading.count(batch, plans).items():
                counts[name] = plans[name].merge(counts[name], count) if name in counts else count
        return counts

    def groups(self, reading: Reading, by: Sequence[str]) -> Grouped:
        """The outcomes of each group; what is needed of all rows is held, and refused where that is too much."""
        columns = tuple(dict.fromkeys([*by, *reading.needed]))
        blocks, n_rows = [], 0
        for table in self.blocks.keyed(by).tables(columns, block_size(len(columns))):
            n_rows += table.n_rows
            if n_rows * len(columns) > MOST:
                raise InvalidInput(
                    f"groupby={listed(by)}: more than {MOST // len(columns)} rows are too many to be grouped here; read "
                    "them with Ray or Spark, as by ray.data.read_parquet, and give that Dataset"
                )
            blocks.append(table.frame)
        whole: Table = FrameTable(nw.concat(blocks)) if blocks else ArrayTable({name: [] for name in columns})
        return TableSource(whole, reading.rows, no_bare_columns).groups(reading.names, by)

    def _batches(self, reading: Reading) -> Iterator[Batch]:
        names = reading.needed
        drawn = reading.rows.drawn(self.blocks.n_rows()) if reading.rows.fraction is not None else None
        begin = 0
        for table in self.blocks.tables(names, block_size(len(names))):
            end = begin + table.n_rows
            if drawn is None:
                yield Batch(table)
            else:
                first, last = np.searchsorted(drawn, [begin, end])
                yield Batch(table, drawn[first:last] - begin)
            begin = end


def block_size(n_columns: int) -> int:
    """How many rows of so many columns are held at a time."""
    return max(BLOCK * WIDE // max(n_columns, WIDE), SHORTEST)
