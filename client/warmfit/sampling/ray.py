"""Rows made by Ray's workers, one block of the Dataset for each part."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.sampling.rows import RowSampler, split_rows


@dataclass(frozen=True)
class OnRay:
    """The workers of a Ray cluster, on which `warmfit` must be installed. Gives a Ray Dataset, its rows in order."""

    def sample(self, sampler: RowSampler, n: int, parts: int, seed: int) -> Any:
        """The rows, made anew, and the same, each time the dataset is read."""
        import ray.data

        numbers = ray.data.range(parts, override_num_blocks=parts)
        dataset = numbers.map_batches(_maker(sampler, n, parts, seed), batch_size=None, batch_format="numpy")
        dataset.context.execution_options.preserve_order = True
        return dataset


def _maker(sampler: RowSampler, n: int, parts: int, seed: int) -> Callable[[Any], Iterator[dict[str, FloatArray]]]:
    """What turns a batch of numbers of parts into the rows of these parts."""

    def make(batch: Any) -> Iterator[dict[str, FloatArray]]:
        ranges = split_rows(n, parts)
        for number in batch["id"]:
            for rows in ranges[int(number)].chunks():
                columns = sampler.rows(rows.start, rows.stop, seed).T
                yield {name: column.copy() for name, column in zip(sampler.columns, columns, strict=True)}

    return make
