"""Parquet files, read a few pages at a time however long their row groups are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from warmfit.sources.arrow import in_blocks
from warmfit.sources.refusals import check_once, unknown_column
from warmfit.sources.tables import FrameTable
from warmfit_fitting.errors import InvalidInput

BUFFER = 1 << 20  # bytes of a column that are read ahead


@dataclass(frozen=True)
class ParquetFile:
    """One file, and the columns that the names of its folders give it ("year=2024")."""

    path: Path
    folders: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def schema(self) -> Any:
        """The columns with their Arrow types, those of folders last."""
        import pyarrow as pa

        with self._opened() as file:
            inside = [column for column in file.schema_arrow if column.name not in self.folders]
        return pa.schema([*inside, *(pa.field(name, pa.scalar(value).type) for name, value in self.folders.items())])

    def n_rows(self) -> int:
        """The number of rows, as the file's footer says."""
        with self._opened() as file:
            return int(file.metadata.num_rows)

    def batches(self, names: Sequence[str], size: int) -> Iterator[Any]:
        """Record batches of these columns."""
        import pyarrow as pa

        inside = [name for name in names if name not in self.folders]
        with self._opened() as file:
            for batch in file.iter_batches(batch_size=size, columns=inside):
                arrays = {name: batch.column(name) for name in inside}
                arrays |= {name: pa.repeat(pa.scalar(value), batch.num_rows) for name, value in self.folders.items()}
                yield pa.record_batch({name: arrays[name] for name in names})

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        from pyarrow import parquet

        with (
            reading_parquet(self.path),
            parquet.ParquetFile(self.path, buffer_size=BUFFER, pre_buffer=False) as file,
        ):
            yield file


@contextmanager
def reading_parquet(path: Path) -> Iterator[None]:
    """Raise `InvalidInput` where a file is not what its name says."""
    try:
        yield
    except InvalidInput:
        raise
    except (OSError, ValueError) as error:  # Arrow's own errors are ValueErrors
        why = " ".join(str(error).split()) or type(error).__name__
        raise InvalidInput(f"{path}: cannot be read as Parquet ({why})") from None


@dataclass(frozen=True)
class ParquetFiles:
    """Files of the same columns, one after another."""

    files: tuple[ParquetFile, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns there are, as the first file has them."""
        return tuple(self.files[0].schema.names)

    def n_rows(self) -> int:
        """The number of rows."""
        return sum(file.n_rows() for file in self.files)

    def keyed(self, by: Sequence[str]) -> ParquetFiles:  # noqa: ARG002 - keys have their types
        """The same rows."""
        return self

    def tables(self, names: Sequence[str], size: int) -> Iterator[FrameTable]:
        """These columns of all rows, in blocks of `size` rows but the last."""
        return in_blocks(self._batches(names, size), size)

    def _batches(self, names: Sequence[str], size: int) -> Iterator[Any]:
        schema = self._schema(names)
        for file in self.files:
            for batch in file.batches(names, size):
                yield batch.cast(schema)

    def _schema(self, names: Sequence[str]) -> Any:
        """One type for each column, which holds what all files have; raises `InvalidInput` where there is none."""
        import pyarrow as pa

        found = None
        for file in self.files:
            lacking = [name for name in names if name not in file.schema.names]
            if lacking:
                raise InvalidInput(f"{file.path}: {unknown_column(lacking[0], file.schema.names)}")
            check_once(file.path, names, file.schema.names)
            own = pa.schema([file.schema.field(name).remove_metadata() for name in names])
            try:
                found = own if found is None else pa.unify_schemas([found, own], promote_options="permissive")
            except (ValueError, TypeError) as error:
                raise InvalidInput(f"{file.path}: a column of another type than before ({error}); convert it") from None
        return found
