"""Files by their path: one Parquet or CSV file, several by a pattern, or a folder of Parquet files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from glob import glob, has_magic
from pathlib import Path

from warmfit.sources.arrow import pyarrow
from warmfit.sources.csv_files import CsvFile
from warmfit.sources.ordered import Blocks
from warmfit.sources.parquet_files import ParquetFile, ParquetFiles
from warmfit_fitting.errors import InvalidInput

PARQUET = (".parquet", ".pq")


def open_files(path: str | Path, asked: Sequence[str] = (), codes: Iterable[str] = ()) -> Blocks:
    """The rows of the files that `path` names.

    `path`: a file; a pattern such as "part-*.parquet", whose files are read in the order of their names; or a folder, of
    which all Parquet files are read, those in folders inside it too, except where a name begins with "_" or ".". A folder
    named "year=2024" gives the files in it a column `year`. Files that end in .parquet or .pq are Parquet, all others
    CSV; of CSV files only one is read. `asked`: columns that are to be read; `codes`: those of them that hold codes of
    censoring. Raises `InvalidInput` for what is not there or cannot be read.
    """
    files = _files(path)
    if files[0].suffix.lower() in PARQUET:
        pyarrow(f"{files[0]}: Parquet")
        root = Path(path) if Path(path).is_dir() else None
        return ParquetFiles(tuple(ParquetFile(file, _folders(file, root)) for file in files))
    if len(files) > 1:
        raise InvalidInput(f"{path}: {len(files)} files, of which {files[0]} is no Parquet file; give one CSV file")
    csv = CsvFile(files[0], frozenset(codes))
    csv.refuse_other_separator(asked)
    return csv


def _files(path: str | Path) -> list[Path]:
    given = Path(path)
    if given.is_dir():
        inside = sorted(file for file in given.rglob("*") if file.suffix.lower() in PARQUET)
        files = [file for file in inside if not any(_is_hidden(part) for part in file.relative_to(given).parts)]
        if not files:
            raise InvalidInput(f"{path}: the folder has no Parquet files (.parquet, .pq); give the path of a file")
    elif not given.exists() and has_magic(str(path)):
        files = sorted(file for file in map(Path, glob(str(path), recursive=True)) if file.is_file())
        if not files:
            raise InvalidInput(f"{path}: no file has such a name")
    else:
        files = [given]
    for file in files:
        _check(file)
    return files


def _check(file: Path) -> None:
    if not file.exists():
        raise InvalidInput(f"{file}: no such file")
    if not file.is_file():
        raise InvalidInput(f"{file}: not a file")
    if file.stat().st_size == 0:
        raise InvalidInput(f"{file}: the file is empty")


def _is_hidden(part: str) -> bool:
    return part.startswith((".", "_")) and "=" not in part


def _folders(file: Path, root: Path | None) -> dict[str, object]:
    """The columns that the names of folders between `root` and a file give it, as numbers where they are."""
    if root is None:
        return {}
    named = (part.partition("=") for part in file.relative_to(root).parts[:-1])
    return {name: _entry(value) for name, equals, value in named if equals}


def _entry(text: str) -> object:
    if text == "__HIVE_DEFAULT_PARTITION__":
        return None
    try:
        return int(text)
    except ValueError:
        return text
