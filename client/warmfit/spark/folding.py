"""Blocks of a Spark frame's rows folded where they are, by Arrow on the executors: what SQL has no words for."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from typing import Any, TypeVar

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import WarmfitError

T = TypeVar("T")
BLOCK = 1 << 17  # rows taken together at a time


def folded(rows: Any, numbers: Sequence[str], of_block: Callable[[FloatArray], T], combine: Callable[[T, T], T]) -> T:
    """What `of_block` makes of the blocks of `rows`, put together; `numbers`: the SQL of each column, null where missing.

    Each partition is folded by itself, and the results in the order of partitions. The functions and their results
    are pickled; `warmfit` must be installed on the executors.
    """
    selected = rows.selectExpr(*(f"{number} as x{i}" for i, number in enumerate(numbers)))
    answers = selected.mapInArrow(_folding(len(numbers), of_block, combine), "part binary").collect()
    parts = [pickle.loads(row[0]) for row in answers]
    for part in parts:
        if isinstance(part, WarmfitError):
            raise part
    return reduce(combine, parts) if parts else of_block(np.empty((0, len(numbers))))


def _folding(
    columns: int, of_block: Callable[[FloatArray], T], combine: Callable[[T, T], T]
) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """What turns the batches of a partition into one row: the pickled result, or the error that was raised."""

    def fold(batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as pa

        try:
            made: Any = reduce(combine, map(of_block, _blocks(batches, columns)))
        except WarmfitError as error:
            made = error
        yield pa.record_batch([pa.array([pickle.dumps(made)], pa.binary())], names=["part"])

    return fold


def _blocks(batches: Iterator[Any], columns: int) -> Iterator[FloatArray]:
    """The rows of batches, at least `BLOCK` at a time but for the last, which may be none."""
    waiting: list[FloatArray] = []
    for batch in batches:
        arrays = [column.to_numpy(zero_copy_only=False) for column in batch.columns]
        waiting.append(np.column_stack(arrays).astype(np.float64, copy=False))
        if sum(map(len, waiting)) >= BLOCK:
            yield np.concatenate(waiting)
            waiting = []
    yield np.concatenate(waiting) if waiting else np.empty((0, columns))
