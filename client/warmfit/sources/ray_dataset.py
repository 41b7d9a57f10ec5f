"""A Ray Dataset: each batch is surveyed and counted where it lies, and what that told is merged, there and then here.

Rows never come to this process, whose memory holds a few surveys. Both passes run the Dataset's plan; one that gives other
rows the second time is refused, and one that is expensive to run is better materialized first.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from warmfit.sources.arrow import frame_table
from warmfit.sources.batches import (
    Batch,
    Counts,
    Grouped,
    Plans,
    Reading,
    Survey,
    check_weights_of_all,
    unreadable,
)
from warmfit.sources.ordered import block_size
from warmfit.sources.protocol import RowChoice, T
from warmfit.sources.ray_groups import ray_groups
from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import InvalidInput, WarmfitError

FAN = 16  # surveys that one task merges
PART = "part"  # the column of what tasks return


@dataclass(frozen=True)
class RayPasses:
    """Both passes over a Ray Dataset."""

    dataset: Any

    @property
    def names(self) -> tuple[str, ...]:
        """The columns there are."""
        return tuple(self.dataset.columns() or ())

    def check(self, rows: RowChoice) -> None:
        """Raise `InvalidInput` for a share of the rows, because they have no order in which it could be drawn."""
        if rows.fraction is not None and rows.fraction != 1:
            raise InvalidInput(
                f"sample_fraction={rows.fraction}: the rows of a Ray Dataset have no order in which the same ones could be "
                f"drawn again; give dataset.random_sample({rows.fraction}, seed=…).materialize()"
            )

    def survey(self, reading: Reading) -> Survey:
        """The first pass over all rows."""
        parts = self._parts(reading, survey_part, {"reading": reading}, merge_surveys, {})
        return reduce(Survey.merge, parts, Survey())

    def count(self, reading: Reading, plans: Plans) -> Counts:
        """The second pass over all rows."""
        import ray

        shared = ray.put(dict(plans))
        parts = self._parts(reading, count_part, {"reading": reading, "plans": shared}, merge_counts, {"plans": shared})
        return reduce(lambda a, b: _merged_counts(a, b, plans), parts, {})

    def reduce(self, reading: Reading, of_block: Callable[[FloatArray], T], combine: Callable[[T, T], T]) -> T:
        """What `of_block` makes of every block of rows, put together; see `Source.reduce`."""
        told_with = {"reading": reading, "of_block": of_block}
        parts = list(self._parts(reading, block_part, told_with, combined_parts, {"combine": combine}))
        return reduce(combine, parts) if parts else of_block(np.empty((0, len(reading.names))))

    def groups(self, reading: Reading, by: Sequence[str]) -> Grouped:
        """The outcomes of each group; what must be known of all rows together is found out first."""
        refused: dict[str, WarmfitError] = {}
        if reading.rows.weights is not None or reading.rows.censoring is not None:
            survey = self.survey(reading)
            check_weights_of_all(survey, reading.rows)
            refused = unreadable(reading, survey)
        for key, outcomes in ray_groups(self.dataset, reading, by):
            yield key, tuple(refused.get(name, told) for name, told in zip(reading.names, outcomes, strict=True))

    def _parts(
        self,
        reading: Reading,
        told: Callable[..., Any],
        told_with: dict[str, Any],
        merge: Callable[..., Any],
        merge_with: dict[str, Any],
    ) -> Iterator[Any]:
        """What `told` says of each batch, merged by tasks, in the order of the rows."""
        columns = list(reading.needed)
        with _in_order(self.dataset):
            parts = (
                self.dataset.select_columns(columns)
                .map_batches(
                    told,
                    batch_size=block_size(len(columns)),
                    batch_format="pyarrow",
                    zero_copy_batch=True,
                    fn_kwargs=told_with,
                )
                .map_batches(merge, batch_size=FAN, batch_format="pyarrow", zero_copy_batch=True, fn_kwargs=merge_with)
            )
            for batch in parts.iter_batches(batch_size=1, batch_format="pyarrow"):
                yield from _unpacked(batch)


@contextmanager
def _in_order(dataset: Any) -> Iterator[None]:
    """Have results come in the order of the rows, so that sums are rounded alike each time."""
    options = dataset.context.execution_options
    before = options.preserve_order
    options.preserve_order = True
    try:
        yield
    finally:
        options.preserve_order = before


def survey_part(table: Any, reading: Reading) -> Any:
    """A task: the survey of one batch."""
    return _packed(reading.survey(Batch(frame_table(table))))


def count_part(table: Any, reading: Reading, plans: Any) -> Any:
    """A task: the counts of one batch."""
    return _packed(reading.count(Batch(frame_table(table)), _fetched(plans)))


def block_part(table: Any, reading: Reading, of_block: Callable[[FloatArray], Any]) -> Any:
    """A task: what is made of one batch of columns together."""
    return _packed(of_block(reading.block(Batch(frame_table(table)))))


def combined_parts(parts: Any, combine: Callable[[Any, Any], Any]) -> Any:
    """A task: what was made of several batches, put together."""
    return _packed(reduce(combine, _unpacked(parts)))


def merge_surveys(parts: Any) -> Any:
    """A task: several surveys as one."""
    return _packed(reduce(Survey.merge, _unpacked(parts), Survey()))


def merge_counts(parts: Any, plans: Any) -> Any:
    """A task: the counts of several batches as one."""
    known = _fetched(plans)
    nothing: Counts = {}
    return _packed(reduce(lambda a, b: _merged_counts(a, b, known), _unpacked(parts), nothing))


def _merged_counts(a: Counts, b: Counts, plans: Plans) -> Counts:
    if not a or not b:
        return a or b
    return {name: plans[name].merge(count, b[name]) for name, count in a.items()}


def _fetched(plans: Any) -> Mapping[str, Any]:
    import ray

    fetched: Mapping[str, Any] = ray.get(plans) if isinstance(plans, ray.ObjectRef) else plans
    return fetched


def _packed(part: Any) -> Any:
    import pyarrow as pa

    return pa.table({PART: pa.array([pickle.dumps(part, protocol=5)], pa.large_binary())})


def _unpacked(parts: Any) -> Iterator[Any]:
    return (pickle.loads(part.as_py()) for part in parts.column(PART))
