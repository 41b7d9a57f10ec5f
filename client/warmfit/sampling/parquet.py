"""Parquet files of rows, written as they are made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import InvalidInput, SerializationError, UnsupportedType
from warmfit_fitting.sampling.rows import RowRange


def paths(directory: Path, parts: int) -> list[Path]:
    """The files to write, in a directory that is made; raises `InvalidInput` where it holds Parquet files already."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SerializationError(f"{directory} cannot be written: {error.strerror or error}") from error
    there = sorted(directory.glob("*.parquet"))
    if there:
        raise InvalidInput(f"{directory} already holds {there[0].name}; name a directory without Parquet files")
    digits = max(5, len(str(parts - 1)))
    return [directory / f"part-{part:0{digits}d}.parquet" for part in range(parts)]


def write(target: Path, columns: Sequence[str], chunks: Iterable[FloatArray]) -> None:
    """Write chunks of rows, (n, d) each, as one file of float64 columns."""
    pa, pq = _arrow()
    schema = pa.schema([(name, pa.float64()) for name in columns])
    with pq.ParquetWriter(target, schema) as writer:
        for chunk in chunks:
            arrays = [pa.array(column) for column in chunk.T]
            writer.write_batch(pa.record_batch(arrays, schema=schema))


def write_split(
    targets: Sequence[Path], columns: Sequence[str], ranges: Sequence[RowRange], stream: Iterator[FloatArray]
) -> None:
    """Write one column that comes in chunks (n,) of any size into files that hold the rows of `ranges`."""
    rest: list[FloatArray] = []
    for target, rows in zip(targets, ranges, strict=True):
        write(target, columns, _taken(rest, stream, rows.stop - rows.start))


def _taken(rest: list[FloatArray], stream: Iterator[FloatArray], n: int) -> Iterator[FloatArray]:
    """The next `n` values of a stream; what is left of the last chunk goes into `rest`."""
    while n:
        chunk = rest.pop() if rest else next(stream)
        if len(chunk) > n:
            rest.append(chunk[n:])
        yield chunk[:n, None]
        n -= len(chunk[:n])


def _arrow() -> tuple[Any, Any]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise UnsupportedType("Parquet files need PyArrow: pip install 'warmfit[arrow]'") from None
    return pa, pq
