"""Rows made by Spark's executors, one partition of the DataFrame for each part."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from warmfit_fitting.sampling.rows import RowSampler, split_rows


@dataclass(frozen=True)
class OnSpark:
    """The executors of a session, classic or Connect; `warmfit` must be installed there. Gives a Spark DataFrame."""

    session: Any

    def sample(self, sampler: RowSampler, n: int, parts: int, seed: int) -> Any:
        """The rows, made anew, and the same, each time the frame is read."""
        schema = ", ".join(f"`{name.replace('`', '``')}` double" for name in sampler.columns)
        numbers = self.session.range(0, parts, 1, parts)
        return numbers.mapInArrow(_maker(sampler, n, parts, seed), schema)


def _maker(sampler: RowSampler, n: int, parts: int, seed: int) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """What turns batches of numbers of parts into the rows of these parts."""

    def make(batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as pa

        ranges, names = split_rows(n, parts), list(sampler.columns)
        for batch in batches:
            for number in batch.column(0).to_pylist():
                for rows in ranges[number].chunks():
                    columns = sampler.rows(rows.start, rows.stop, seed).T
                    yield pa.record_batch([pa.array(column) for column in columns], names=names)

    return make
