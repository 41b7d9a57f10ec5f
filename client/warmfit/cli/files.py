"""Files of data as frames of the column to fit and those beside it: CSV and Parquet; files of results are read elsewhere.

Whatever keeps a file from being read is an `InvalidInput` that names the file.
"""

from __future__ import annotations

import re
import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from warmfit.sources.recognize import BARE
from warmfit.sources.refusals import listed, unknown_column
from warmfit_fitting.errors import InvalidInput

PARQUET = (".parquet", ".pq")
COMPRESSED = (".gz", ".bz2", ".xz", ".zip", ".zst")
TABBED = (".tsv", ".tab")
OTHER_SEPARATORS = (";", "\t", "|", ",")
EXAMPLES = 1000  # values looked at for commas in numbers
HEAD = 1 << 16  # bytes looked at to tell text from anything else

_DECIMAL_COMMA = re.compile(r"[+-]?[\d.]*,\d+(?:[eE][+-]?\d+)?")

T = TypeVar("T")


@dataclass(frozen=True)
class Beside:
    """The columns that are read beside the one to fit, because they say something of its rows.

    `numbers`: of weights, ends and windows. `codes`: of censoring, None for none; in a CSV file its entries are numbers
    where all of them are, truth values included, and words otherwise, a blank one among them. `replaces`: whether
    the ends of intervals stand for the column to fit, which then need not be there. `keys`: of groups; in a CSV file their
    entries are whole numbers where all of them are, without leading zeros, and text otherwise; a blank one is missing.
    """

    numbers: tuple[str, ...] = ()
    codes: str | None = None
    replaces: bool = False
    keys: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.numbers, *(() if self.codes is None else (self.codes,)), *self.keys)


def read_column(path: Path, column: str | None, beside: Beside | None = None) -> tuple[object, str]:
    """A frame of the one column asked for, or of the only one there is, and its name; with it those `beside` it.

    A CSV file whose first line holds nothing but numbers has no header: its columns are "0", "1", …, or
    "value". In a file of one column, a blank line between others is a missing value.
    """
    if not path.exists():
        raise InvalidInput(f"{path}: no such file")
    if not path.is_file():
        raise InvalidInput(f"{path}: not a file")
    if path.stat().st_size == 0:
        raise InvalidInput(f"{path}: the file is empty")
    read = _parquet if path.suffix.lower() in PARQUET else _csv
    return read(path, column, beside or Beside())


def _csv(path: Path, column: str | None, beside: Beside) -> tuple[object, str]:
    if path.suffix.lower() not in COMPRESSED:
        _refuse_binary(path)
    first = _guarded(path, lambda: _read_csv(path, header=None, nrows=1, dtype=str, keep_default_na=False))
    names, header = _header([str(v) for v in first.iloc[0]]) if len(first) else ([], None)
    _refuse_other_separator(path, column, names)
    chosen, needed = _chosen(column, beside, names)
    words = [name for name in (beside.codes, *beside.keys) if name is not None]
    frame = _guarded(path, lambda: _read(path, header, names, words))
    kept = pd.DataFrame({name: frame.iloc[:, names.index(name)] for name in needed})
    for name in needed:
        if name == beside.codes:
            kept[name] = _codes(kept[name])
        elif name in beside.keys:
            kept[name] = _keys(kept[name])
        else:
            _refuse_decimal_commas(path, name, kept[name])
    return kept, chosen


def _read(path: Path, header: int | None, names: list[str], words: list[str]) -> pd.DataFrame:
    if len(names) == 1:
        return _one_column(path, header)
    return _read_csv(
        path, header, **({"converters": {names.index(word): str.strip for word in words}} if words else {})
    )


def _keys(entries: pd.Series[Any]) -> pd.Series[Any]:
    """Whole numbers where all entries that are not blank are, as they would be written; text otherwise."""
    there = entries[entries != ""]
    if len(there) and there.str.fullmatch(r"0|-?[1-9]\d{0,17}").all():
        numbers: pd.Series[Any] = entries.map(lambda entry: int(entry) if entry else None).astype("Int64")
        return numbers
    return entries.where(entries != "", None)


def _codes(entries: pd.Series[Any]) -> pd.Series[Any]:
    """Numbers, NaN for a blank, where all entries are numbers or truth values; the words themselves otherwise."""
    plain = entries.str.lower().replace({"true": "1", "false": "0"})
    numbers = pd.to_numeric(plain, errors="coerce")
    return numbers if (numbers.notna() | (plain == "")).all() and numbers.notna().any() else entries


def _read_csv(path: Path, header: int | None, **settings: Any) -> pd.DataFrame:
    """Every column: pandas, told to read one, takes the line `1,5` of a one-column file for a 1."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)  # lines of unequal length
        frame: pd.DataFrame = pd.read_csv(
            path,
            sep=_separator(path),
            header=header,
            encoding="utf-8-sig",
            float_precision="round_trip",
            low_memory=False,
            index_col=False,
            **settings,
        )
    return frame


def _one_column(path: Path, header: int | None) -> pd.DataFrame:
    """A file of one column, in which blank lines are missing values but before the first and after the last line."""
    everything: dict[str, Any] = {"dtype": str, "keep_default_na": False, "skip_blank_lines": False}
    try:
        lines = _read_csv(path, header=None, names=[BARE], **everything)[BARE]
    except pd.errors.ParserError as error:
        hint = "; its first line has one column: if the numbers have decimal commas, write points instead"
        raise ValueError(f"{error}{hint if _separator(path) == ',' else ''}") from None
    filled = np.flatnonzero(lines.to_numpy() != "")
    before, after = int(filled[0]), len(lines) - 1 - int(filled[-1])
    frame = _read_csv(path, header=header, skiprows=before, skip_blank_lines=False)
    return frame.iloc[: len(frame) - after]


def _separator(path: Path) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in COMPRESSED]
    return "\t" if suffixes and suffixes[-1] in TABBED else ","


def _refuse_other_separator(path: Path, column: str | None, names: list[str]) -> None:
    """Raise `InvalidInput` where the one name in the first line looks like several, unless it was asked for."""
    if len(names) != 1 or column in names:
        return
    expected = _separator(path)
    for separator in OTHER_SEPARATORS:
        if separator != expected and separator in names[0]:
            raise InvalidInput(
                f"{path}: the first line, {names[0]!r}, looks separated by {separator!r}; "
                f"write the file with {expected!r} between its columns and points in its numbers"
            )


def _refuse_decimal_commas(path: Path, name: str, values: pd.Series[Any]) -> None:
    if pd.api.types.is_numeric_dtype(values):
        return
    commas = [value for value in values.dropna().head(EXAMPLES) if _DECIMAL_COMMA.fullmatch(str(value).strip())]
    if commas:
        raise InvalidInput(
            f"{path}: column {name!r} has numbers with a comma, such as {commas[0]!r}; write them with a decimal point"
        )


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


def _parquet(path: Path, column: str | None, beside: Beside) -> tuple[object, str]:
    try:
        from pyarrow import parquet
    except ImportError:
        raise InvalidInput(f"{path}: Parquet needs pyarrow; pip install 'warmfit[arrow]'") from None
    names = _guarded(path, lambda: list(parquet.read_schema(path).names))
    chosen, needed = _chosen(column, beside, names)
    return _guarded(path, lambda: parquet.read_table(path, columns=needed)), chosen


def _chosen(column: str | None, beside: Beside, names: list[str]) -> tuple[str, list[str]]:
    """The column to fit, and the columns to read: that one, unless others replace it, and those beside it."""
    others = [name for name in names if name not in beside.names]
    if column is None and len(others) != 1:
        hint = "; it names what the ends are of" if beside.replaces else ""
        raise InvalidInput(f"--column is needed: the columns are {listed(names)}{hint}")
    chosen = others[0] if column is None else column
    needed = list(dict.fromkeys(beside.names if beside.replaces else (chosen, *beside.names)))
    for name in needed:
        if name not in names:
            raise unknown_column(name, names)
        if names.count(name) > 1:
            raise InvalidInput(f"{names.count(name)} columns are named {name!r}; rename them")
    return chosen, needed


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
