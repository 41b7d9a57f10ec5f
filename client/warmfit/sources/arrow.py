"""Batches of Arrow: record batches of any sizes as tables of one size. Imports nothing of Arrow before it is used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import narwhals as nw

from warmfit.sources.tables import FrameTable
from warmfit_fitting.errors import UnsupportedType


def pyarrow(what: str) -> Any:
    """The module; raises `UnsupportedType` where it is not installed, saying `what` needs it."""
    try:
        import pyarrow
    except ImportError:
        raise UnsupportedType(f"{what} needs pyarrow; pip install 'warmfit[arrow]'") from None
    return pyarrow


def in_blocks(batches: Iterable[Any], size: int) -> Iterator[FrameTable]:
    """The rows of record batches as tables of `size` rows, the last one of what is left."""
    import pyarrow as pa

    held: list[Any] = []
    n_held = 0
    for batch in batches:
        held.append(batch)
        n_held += batch.num_rows
        while n_held >= size:
            table = pa.Table.from_batches(held)
            yield frame_table(table.slice(0, size))
            held = table.slice(size).to_batches()
            n_held -= size
    if held:
        yield frame_table(pa.Table.from_batches(held))


def frame_table(table: Any) -> FrameTable:
    """An Arrow table as the sources read it."""
    return FrameTable(nw.from_native(table, eager_only=True))
