"""Files of data as frames of one column: CSV and Parquet; files of results are read by the results.

Whatever keeps a file from being read is an `InvalidInput` that names the file.
"""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pandas as pd

from warmfit.sources.recognize import BARE
from warmfit.sources.refusals import listed, unknown_column
from warmfit_fitting.errors import InvalidInput

PARQUET = (".parquet", ".pq")
COMPRESSED = (".gz", ".bz2", ".xz", ".zip", ".zst")
TABBED = (".tsv", ".tab")
HEAD = 1 << 16  # bytes looked at to tell text from anything else

T = TypeVar("T")


def read_column(path: Path, column: str | None) -> tuple[object, str]:
    """A frame of the one column asked for, or of the only one there is, and its name.

    A CSV file whose first line holds nothing but numbers has no header: its columns are "0", "1", …, or
    "value".
    """
    if not path.exists():
        raise InvalidInput(f"{path}: no such file")
    if not path.is_file():
        raise InvalidInput(f"{path}: not a file")
    if path.stat().st_size == 0:
        raise InvalidInput(f"{path}: the file is empty")
    if path.suffix.lower() in PARQUET:
        return _parquet(path, column)
    return _csv(path, column)


def _csv(path: Path, column: str | None) -> tuple[object, str]:
    if path.suffix.lower() not in COMPRESSED:
        _refuse_binary(path)
    first = _guarded(path, lambda: _read_csv(path, header=None, n_rows=1))
    names, header = _header([str(v) for v in first.iloc[0]]) if len(first) else ([], None)
    chosen = _chosen(column, names)
    frame = _guarded(path, lambda: _read_csv(path, header=header))
    return pd.DataFrame({chosen: frame.iloc[:, names.index(chosen)]}), chosen


def _read_csv(path: Path, header: int | None, n_rows: int | None = None) -> pd.DataFrame:
    """Every column: pandas, told to read one, takes the line `1,5` of a one-column file for a 1."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)  # lines of unequal length
        return pd.read_csv(
            path,
            sep="\t" if _is_tabbed(path) else ",",
            header=header,
            nrows=n_rows,
            dtype=str if n_rows == 1 else None,
            keep_default_na=n_rows != 1,
            encoding="utf-8-sig",
            float_precision="round_trip",
            low_memory=False,
            index_col=False,
        )


def _is_tabbed(path: Path) -> bool:
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in COMPRESSED]
    return bool(suffixes) and suffixes[-1] in TABBED


def _header(first: list[str]) -> tuple[list[str], int | None]:
    """The names of the columns, and the number of the line that holds them; None where no line does."""
    if not all(map(_is_number, first)):
        return [name.strip() for name in first], 0
    return ([BARE] if len(first) == 1 else [str(j) for j in range(len(first))]), None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text.strip().lower() not in ("nan", "inf", "infinity")


def _parquet(path: Path, column: str | None) -> tuple[object, str]:
    try:
        from pyarrow import parquet
    except ImportError:
        raise InvalidInput(f"{path}: Parquet needs pyarrow; pip install 'warmfit[arrow]'") from None
    names = _guarded(path, lambda: list(parquet.read_schema(path).names))
    chosen = _chosen(column, names)
    return _guarded(path, lambda: parquet.read_table(path, columns=[chosen])), chosen


def _chosen(column: str | None, names: list[str]) -> str:
    if column is None and len(names) == 1:
        return names[0]
    if column is None:
        raise InvalidInput(f"--column is needed: the columns are {listed(names)}")
    if column not in names:
        raise unknown_column(column, names)
    if names.count(column) > 1:
        raise InvalidInput(f"{names.count(column)} columns are named {column!r}; rename them")
    return column


def _refuse_binary(path: Path) -> None:
    with path.open("rb") as file:
        if b"\0" in file.read(HEAD):
            raise InvalidInput(f"{path}: the file is binary; expected CSV (.csv, .tsv, .csv.gz) or Parquet (.parquet)")


def _guarded(path: Path, read: Callable[[], T]) -> T:
    """What `read` gives; raises `InvalidInput` where the file is not what its name says."""
    try:
        return read()
    except (OSError, ValueError, EOFError, zlib.error, pd.errors.ParserWarning) as error:
        why = " ".join(str(error).split()) or type(error).__name__
        raise InvalidInput(f"{path}: cannot be read as {_format(path)} ({why})") from None


def _format(path: Path) -> str:
    return "Parquet" if path.suffix.lower() in PARQUET else "CSV"
