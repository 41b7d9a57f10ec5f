"""`RayRows`: rows of several columns of a Ray Dataset, folded on Ray's workers.

What a block of rows comes to crosses back by pickle and is put together here in the order of the blocks.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Generic

import numpy as np

from warmfit.sources.protocol import T
from warmfit.sources.refusals import unknown_column
from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import InvalidInput, UnsupportedType

_RESULT = "result"


@dataclass(frozen=True)
class RayRows:
    """The rows of a Ray Dataset."""

    dataset: Any

    @classmethod
    def of(cls, data: object) -> RayRows | None:
        """The rows of a Ray Dataset; None for anything else."""
        return cls(data) if type(data).__module__.startswith("ray.data") and hasattr(data, "map_batches") else None

    @property
    def names(self) -> tuple[str, ...]:
        """The columns there are."""
        schema = self.dataset.schema()
        return () if schema is None else tuple(str(name) for name in schema.names)

    def reduce(self, names: Sequence[str], of_block: Callable[[FloatArray], T], combine: Callable[[T, T], T], /) -> T:
        """What `of_block` makes of every block of rows (N, C), put together; see `Source.reduce`."""
        known = self.names
        for name in names:
            if name not in known:
                raise unknown_column(name, known)
        chosen = self.dataset.select_columns(list(names))
        chosen.context.execution_options.preserve_order = True
        work = OfBatch(tuple(names), of_block)
        results = chosen.map_batches(work, batch_size=None, batch_format="pyarrow").take_all()
        return together((bytes(row[_RESULT]) for row in results), combine)


@dataclass(frozen=True)
class OfBatch(Generic[T]):
    """What a block of a Ray Dataset comes to, as one row."""

    names: tuple[str, ...]
    of_block: Callable[[FloatArray], T]

    def __call__(self, block: Any) -> Any:
        """The row, as a table of one pickled result."""
        import pyarrow as pa

        columns = [block.column(name) for name in self.names]
        return pa.table({_RESULT: pa.array([pickle.dumps(self.of_block(_numbers(columns)))], pa.binary())})


def _numbers(columns: Iterable[Any]) -> FloatArray:
    """Arrow columns as rows (N, C), nulls as NaN; raises `UnsupportedType` for what holds no numbers."""
    import pyarrow as pa

    try:
        return np.column_stack([np.asarray(column.cast(pa.float64()).to_numpy(), np.float64) for column in columns])
    except pa.ArrowInvalid as error:
        raise UnsupportedType(f"a column holds no numbers: {error}") from None


def together(results: Iterable[bytes], combine: Callable[[T, T], T]) -> T:
    """Results put together in their order; they are pickles that functions of ours wrote."""
    parts: list[T] = [pickle.loads(data) for data in results]
    if not parts:
        raise InvalidInput("the dataset has no rows; give rows to fit")
    return reduce(combine, parts)
