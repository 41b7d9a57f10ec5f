"""The groups of a Ray Dataset: brought together by Ray, summarized where they lie, and told in the order of their keys.

Keys travel as text that sorts as they do, so that Ray has one column without nulls to group and to sort by. A group is held
as a whole by the task that summarizes it; this process holds a batch of summaries.
"""

from __future__ import annotations

import math
import pickle
import struct
from collections.abc import Iterator, Sequence
from typing import Any

from warmfit.sources.arrow import frame_table
from warmfit.sources.batches import Batch, Reading
from warmfit.sources.protocol import GroupKey, Outcome
from warmfit_fitting.errors import UnsupportedType

KEY, PART = "warmfit key", "warmfit part"  # names that a Dataset hardly has
AT_ONCE = 256  # groups that are fetched together
MISSING = "~"  # sorts after every digit that a value has


def ray_groups(dataset: Any, reading: Reading, by: Sequence[str]) -> Iterator[tuple[GroupKey, tuple[Outcome, ...]]]:
    """Each group's key with the outcome of each column, in ascending order of key."""
    told = (
        dataset.select_columns(list(dict.fromkeys([*by, *reading.needed])))
        .map_batches(keyed, batch_format="pyarrow", fn_kwargs={"by": list(by)})
        .groupby(KEY)
        .map_groups(group_part, batch_format="pyarrow", fn_kwargs={"reading": reading, "by": list(by)})
        .sort(KEY)
    )
    for batch in told.iter_batches(batch_size=AT_ONCE, batch_format="pyarrow"):
        for part in batch.column(PART):
            key, outcomes = pickle.loads(part.as_py())
            yield key, outcomes


def keyed(table: Any, by: list[str]) -> Any:
    """A task: the rows of a batch with the text of their keys."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = []
    for name in by:
        column = table.column(name).combine_chunks()
        column = column if not isinstance(column, pa.ChunkedArray) else pa.concat_arrays(column.chunks)
        coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        words = pa.array([sortable(name, value) for value in coded.dictionary.to_pylist()], pa.string())
        texts.append(pc.fill_null(words.take(coded.indices), MISSING))
    return table.append_column(KEY, pc.binary_join_element_wise(*texts, "/"))


def sortable(name: str, value: object) -> str:
    """Text that sorts as the values of one column do: hexadecimal digits of their order, numbers all of one kind."""
    value = plain(value)
    if value is None:
        return MISSING
    if isinstance(value, str):
        return value.encode().hex() + "."  # which sorts before the digits of a longer text
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int):
        return f"{value + (1 << 127):032x}"
    if isinstance(value, float):
        (bits,) = struct.unpack(">Q", struct.pack(">d", value + 0.0))
        return f"{bits ^ (0xFFFFFFFFFFFFFFFF if bits >> 63 else 1 << 63):016x}"
    if hasattr(value, "isoformat"):
        return str(value.isoformat(timespec="microseconds") if hasattr(value, "hour") else value.isoformat())
    raise UnsupportedType(
        f"groupby={name!r}: keys of the type {type(value).__name__} have no order here; give numbers, text, dates or times"
    )


def plain(value: object) -> object:
    """A key as a plain Python value, None where it is missing."""
    return None if isinstance(value, float) and math.isnan(value) else value


def group_part(table: Any, reading: Reading, by: list[str]) -> Any:
    """A task: the key and the outcomes of one group."""
    import pyarrow as pa

    key = tuple(plain(table.column(name)[0].as_py()) for name in by)
    outcomes = reading.outcomes(Batch(frame_table(table)))
    part = pickle.dumps((key, outcomes), protocol=5)
    return pa.table({KEY: table.column(KEY).slice(0, 1), PART: pa.array([part], pa.large_binary())})
