"""Rows that are not in this process's memory: which objects are such, and how their batches are read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from warmfit.sources.batches import Passes
from warmfit.sources.ordered import Ordered
from warmfit.sources.protocol import RowChoice
from warmfit.sources.streams import LazyBlocks, is_lazy_frame, is_stream, opened_stream


def opened_passes(data: object, names: Sequence[str] | None, rows: RowChoice) -> Passes | None:
    """What reads `data` in batches; None for what is no file, stream or distributed table.

    Raises `InvalidInput` for a file that cannot be read, `UnsupportedType` where a library is missing.
    """
    if isinstance(data, str | Path):
        from warmfit.sources.files import open_files

        return Ordered(open_files(data, names or (), rows.codes))
    if is_ray_dataset(data):
        from warmfit.sources.ray_dataset import RayPasses

        return RayPasses(data)
    if is_lazy_frame(data):
        return Ordered(LazyBlocks(data))
    return Ordered(opened_stream(data)) if is_stream(data) else None


def is_ray_dataset(data: object) -> bool:
    """Whether an object is a Ray Dataset; Ray is not imported to find out."""
    return any(kind.__module__ == "ray.data.dataset" and kind.__name__ == "Dataset" for kind in type(data).__mro__)
