"""Passes over rows of several columns where they are: on Spark's executors, on Ray's workers.

What a block of rows comes to crosses back by pickle, one for each partition, and is put together here in the order of the
partitions, so that the same partitions give the same bits.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Generic

import numpy as np

from warmfit.sources.protocol import T
from warmfit.sources.refusals import unknown_column
from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import InvalidInput, UnsupportedType

_NUMBER, _RESULT = "number", "result"


def rows_elsewhere(data: object) -> SparkRows | RayRows | None:
    """The rows of a Spark frame or of a Ray Dataset; None for anything else."""
    module, kind = type(data).__module__, type(data).__name__
    if module.startswith("pyspark.") and kind == "DataFrame":
        return SparkRows(data)
    if module.startswith("ray.data") and hasattr(data, "map_batches"):
        return RayRows(data)
    return None


@dataclass(frozen=True)
class SparkRows:
    """The rows of a Spark frame, classic or Connect."""

    frame: Any

    @property
    def names(self) -> tuple[str, ...]:
        """The columns there are."""
        return tuple(self.frame.columns)

    def reduce(self, names: Sequence[str], of_block: Callable[[FloatArray], T], combine: Callable[[T, T], T], /) -> T:
        """What `of_block` makes of every block of rows (N, C), put together; see `Source.reduce`."""
        _check(names, self.names)
        quoted = [f"cast(`{name.replace('`', '``')}` as double) as c{j}" for j, name in enumerate(names)]
        work = _OfPartition(of_block, combine)
        results = self.frame.selectExpr(*quoted).mapInArrow(work, f"{_NUMBER} long, {_RESULT} binary").collect()
        return _together(((row[0], bytes(row[1])) for row in results), combine)


@dataclass(frozen=True)
class RayRows:
    """The rows of a Ray Dataset."""

    dataset: Any

    @property
    def names(self) -> tuple[str, ...]:
        """The columns there are."""
        schema = self.dataset.schema()
        return () if schema is None else tuple(str(name) for name in schema.names)

    def reduce(self, names: Sequence[str], of_block: Callable[[FloatArray], T], combine: Callable[[T, T], T], /) -> T:
        """What `of_block` makes of every block of rows (N, C), put together; see `Source.reduce`."""
        _check(names, self.names)
        chosen = self.dataset.select_columns(list(names))
        chosen.context.execution_options.preserve_order = True
        work = _OfBatch(tuple(names), of_block)
        results = chosen.map_batches(work, batch_size=None, batch_format="pyarrow").take_all()
        return _together(((number, bytes(row[_RESULT])) for number, row in enumerate(results)), combine)


@dataclass(frozen=True)
class _OfPartition(Generic[T]):
    """What a partition of a Spark frame comes to, as one row."""

    of_block: Callable[[FloatArray], T]
    combine: Callable[[T, T], T]

    def __call__(self, batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as pa
        from pyspark import TaskContext

        parts = [self.of_block(_numbers(batch.columns)) for batch in batches if batch.num_rows]
        if parts:
            context = TaskContext.get()
            number = 0 if context is None else context.partitionId()
            result = pickle.dumps(reduce(self.combine, parts))
            yield pa.record_batch([pa.array([number], pa.int64()), pa.array([result], pa.binary())], [_NUMBER, _RESULT])


@dataclass(frozen=True)
class _OfBatch(Generic[T]):
    """What a block of a Ray Dataset comes to, as one row."""

    names: tuple[str, ...]
    of_block: Callable[[FloatArray], T]

    def __call__(self, block: Any) -> Any:
        import pyarrow as pa

        columns = [block.column(name) for name in self.names]
        return pa.table({_RESULT: pa.array([pickle.dumps(self.of_block(_numbers(columns)))], pa.binary())})


def _numbers(columns: Iterable[Any]) -> FloatArray:
    """Arrow columns as rows (N, C), nulls as NaN; raises `UnsupportedType` for what holds no numbers."""
    import pyarrow as pa

    try:
        parts = [column.cast(pa.float64()).to_numpy(zero_copy_only=False) for column in columns]
    except TypeError:
        parts = [column.cast(pa.float64()).to_numpy() for column in columns]
    except pa.ArrowInvalid as error:
        raise UnsupportedType(f"a column holds no numbers: {error}") from None
    return np.column_stack([np.asarray(part, dtype=np.float64) for part in parts])


def _together(results: Iterable[tuple[int, bytes]], combine: Callable[[T, T], T]) -> T:
    """Results by partition, put together in their order; they are pickles that functions of ours wrote."""
    parts: list[T] = [pickle.loads(data) for _, data in sorted(results, key=lambda result: result[0])]
    if not parts:
        raise InvalidInput("the frame has no rows; give rows to fit")
    return reduce(combine, parts)


def _check(names: Sequence[str], known: Sequence[str]) -> None:
    for name in names:
        if name not in known:
            raise unknown_column(name, tuple(known))
