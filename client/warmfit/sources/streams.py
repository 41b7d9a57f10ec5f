"""Tables of other libraries that come as a stream: of Arrow, by its C interface, and polars' lazy frames, by batches.

A stream can be read once, and both passes need its rows: those of the columns needed are kept in a temporary file between
them, not in memory.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import narwhals as nw

from warmfit.sources.arrow import in_blocks, pyarrow
from warmfit.sources.tables import FrameTable
from warmfit_fitting.errors import InvalidInput, UnsupportedType

_READ_OTHERWISE = ("pandas", "polars", "pyarrow", "narwhals", "numpy")  # libraries whose objects are read as they are


def is_stream(data: object) -> bool:
    """Whether an object is an Arrow stream that nothing else here reads."""
    library, kind = type(data).__module__.partition(".")[0], type(data).__name__
    return hasattr(data, "__arrow_c_stream__") and (library not in _READ_OTHERWISE or kind == "RecordBatchReader")


def opened_stream(data: Any) -> ArrowStream:
    """The stream of an object; raises `UnsupportedType` where pyarrow is missing, or the stream is no table."""
    pa = pyarrow(f"an Arrow stream ({type(data).__name__})")
    try:
        reader = pa.RecordBatchReader.from_stream(data)
    except (TypeError, ValueError) as error:
        raise UnsupportedType(
            f"a {type(data).__name__} is no stream of record batches ({error}); give a table"
        ) from None
    return ArrowStream(reader)


@dataclass(frozen=True)
class ArrowStream:
    """The rows of a stream, in a temporary file once they have been read."""

    reader: Any
    _kept: dict[tuple[str, ...], Any] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns there are."""
        return tuple(self.reader.schema.names)

    def n_rows(self) -> int:
        """Not known before the stream has ended; raises `InvalidInput`."""
        raise InvalidInput(
            "sample_fraction: how many rows an Arrow stream has is not known before its end; "
            "give a share of them as a stream, or a table"
        )

    def keyed(self, by: Sequence[str]) -> ArrowStream:  # noqa: ARG002 - keys have their types
        """The same rows."""
        return self

    def tables(self, names: Sequence[str], size: int) -> Iterator[FrameTable]:
        """These columns of all rows, in blocks of `size` rows but the last."""
        wanted = tuple(names)
        if wanted in self._kept:
            return in_blocks(self._again(wanted), size)
        if self._kept:
            raise InvalidInput("a stream can be read once, and other columns of it were read before; open it again")
        return in_blocks(self._spooled(wanted), size)

    def _spooled(self, names: tuple[str, ...]) -> Iterator[Any]:
        import pyarrow as pa

        file = tempfile.TemporaryFile(prefix="warmfit-")  # noqa: SIM115  # it is closed with this object
        self._kept[names] = file
        schema = pa.schema([self.reader.schema.field(name) for name in names])
        with pa.ipc.new_stream(file, schema) as writer:
            for batch in self.reader:
                chosen = batch.select(list(names))
                writer.write_batch(chosen)
                yield chosen

    def _again(self, names: tuple[str, ...]) -> Iterator[Any]:
        import pyarrow as pa

        file = self._kept[names]
        file.seek(0)
        yield from pa.ipc.open_stream(pa.PythonFile(file, mode="r"))


@dataclass(frozen=True)
class LazyBlocks:
    """A polars LazyFrame, whose query runs in each pass and whose result is never held as a whole."""

    frame: Any

    @property
    def names(self) -> tuple[str, ...]:
        """The columns there are."""
        return tuple(self.frame.collect_schema().names())

    def n_rows(self) -> int:
        """The number of rows."""
        import polars as pl

        return int(self.frame.select(pl.len()).collect().item())

    def keyed(self, by: Sequence[str]) -> LazyBlocks:  # noqa: ARG002 - keys have their types
        """The same rows."""
        return self

    def tables(self, names: Sequence[str], size: int) -> Iterator[FrameTable]:
        """These columns of all rows, in blocks of `size` rows but the last."""
        import polars as pl

        held = None
        for batch in self.frame.select(list(names)).collect_batches(chunk_size=size, maintain_order=True):
            held = batch if held is None else pl.concat([held, batch])
            while held.height >= size:
                yield _table(held.head(size))
                held = held.slice(size)
        if held is not None and held.height:
            yield _table(held)


def _table(frame: Any) -> FrameTable:
    return FrameTable(nw.from_native(frame, eager_only=True))


def is_lazy_frame(data: object) -> bool:
    """Whether an object is a polars LazyFrame that can be collected by batches."""
    kind = type(data)
    return kind.__module__.startswith("polars.") and kind.__name__ == "LazyFrame" and hasattr(data, "collect_batches")
