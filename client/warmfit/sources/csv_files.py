"""A CSV file as named columns, read a piece at a time; what looks like another format is refused.

A file whose first line holds nothing but numbers has no header: its columns are "0", "1", …, or "value". In a file of
one column, a blank line between others is a missing value. Whatever keeps a file from being read is an `InvalidInput`
that names it.
"""

from __future__ import annotations

import re
import warnings
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import narwhals as nw
import numpy as np
import pandas as pd

from warmfit.sources.refusals import check_once
from warmfit.sources.tables import FrameTable
from warmfit_fitting.errors import InvalidInput

BARE = "value"  # the name of a column that comes without one
COMPRESSED = (".gz", ".bz2", ".xz", ".zip", ".zst")
TABBED = (".tsv", ".tab")
OTHER_SEPARATORS = (";", "\t", "|", ",")
EXAMPLES = 1000  # values looked at for commas in numbers
HEAD = 1 << 16  # bytes looked at to tell text from anything else
PIECE = 1 << 16  # lines parsed at a time: all columns of them are held, needed or not

_WHOLE = r"0|-?[1-9]\d{0,17}"
_DECIMAL_COMMA = re.compile(r"[+-]?[\d.]*,\d+(?:[eE][+-]?\d+)?")

T = TypeVar("T")


@dataclass(frozen=True)
class CsvFile:
    """One file; `codes`: columns of codes of censoring; `keys`: columns of keys of groups.

    Entries of codes are numbers where all of them are, truth values included, and words otherwise, a blank one among
    them. Keys are whole numbers where all of them are, without leading zeros, and text otherwise; a blank one is missing.
    """

    path: Path
    codes: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()

    @property
    def names(self) -> tuple[str, ...]:
        """The columns there are."""
        return tuple(self._head[0])

    @cached_property
    def _head(self) -> tuple[list[str], int | None]:
        """The names of the columns, and the number of the line that holds them; None where no line does."""
        if self.path.suffix.lower() not in COMPRESSED:
            _refuse_binary(self.path)
        everything: dict[str, Any] = {"header": None, "nrows": 1, "dtype": str, "keep_default_na": False}
        first = _guarded(self.path, lambda: _read_csv(self.path, **everything))
        return _header([str(v) for v in first.iloc[0]]) if len(first) else ([], None)

    def refuse_other_separator(self, asked: Sequence[str]) -> None:
        """Raise `InvalidInput` where the one name in the first line looks like several, unless it was asked for."""
        if len(self.names) != 1 or self.names[0] in asked:
            return
        expected = _separator(self.path)
        for separator in OTHER_SEPARATORS:
            if separator != expected and separator in self.names[0]:
                raise InvalidInput(
                    f"{self.path}: the first line, {self.names[0]!r}, looks separated by {separator!r}; "
                    f"write the file with {expected!r} between its columns and points in its numbers"
                )

    def n_rows(self) -> int:
        """The number of rows, for which the file is read."""
        return sum(len(piece) for piece in self._pieces(()))

    def keyed(self, by: Sequence[str]) -> CsvFile:
        """The same rows, of which the columns `by` are to be read as keys of groups."""
        return replace(self, keys=frozenset(by))

    def tables(self, names: Sequence[str], size: int) -> Iterator[FrameTable]:
        """These columns of all rows, in blocks of `size` rows but the last."""
        check_once(self.path, names, self.names)
        coded = {name: self._all(name, *_CODES) for name in names if name in self.codes}
        keyed = {name: self._all(name, *_KEYS) for name in names if name in self.keys}
        truth: dict[str, bool] = {}
        held: list[pd.DataFrame] = []
        n_held = 0
        for piece in self._pieces((*coded, *keyed)):
            kept = pd.DataFrame({name: piece.iloc[:, self.names.index(name)] for name in names})
            for name in names:
                if name in coded:
                    kept[name] = _codes(kept[name], coded[name])
                elif name in keyed:
                    kept[name] = _keys(kept[name], keyed[name])
                else:
                    _refuse_decimal_commas(self.path, name, kept[name])
                    _refuse_mixture(self.path, name, kept[name], truth)
            held.append(kept)
            n_held += len(kept)
            while n_held >= size:
                rows = pd.concat(held, ignore_index=True)
                yield _table(rows.iloc[:size])
                held = [rows.iloc[size:]]
                n_held -= size
        if held:
            yield _table(pd.concat(held, ignore_index=True))

    def _all(self, name: str, read: Entries, are_numbers: Entries) -> bool:
        """Whether all entries of a column, as `read`, are numbers or blanks, and some are not blank."""
        some = False
        for piece in self._pieces((name,)):
            entries = read(piece.iloc[:, self.names.index(name)])
            numbers = are_numbers(entries)
            if not (numbers | (entries == "")).all():
                return False
            some = some or bool(numbers.any())
        return some

    def _pieces(self, codes: Sequence[str]) -> Iterator[pd.DataFrame]:
        """All columns, a piece at a time; those of `codes` as text."""
        names, header = self._head
        if len(names) == 1:
            yield from self._one_column(header, codes)
            return
        converters = {names.index(name): str.strip for name in codes}
        yield from _each(
            self.path, _guarded(self.path, lambda: _reader(self.path, header=header, converters=converters))
        )

    def _one_column(self, header: int | None, codes: Sequence[str]) -> Iterator[pd.DataFrame]:
        """A file of one column, in which blank lines are missing values but before the first and after the last line."""
        before, after = self._margins
        converters = {0: str.strip} if codes else {}
        settings: dict[str, Any] = {"header": header, "skiprows": before, "skip_blank_lines": False}
        reader = _guarded(self.path, lambda: _reader(self.path, converters=converters, **settings))
        left = self._lines - before - after - (0 if header is None else 1)
        for piece in _each(self.path, reader):
            if left > 0:
                yield piece.iloc[:left]
            left -= len(piece)

    @cached_property
    def _margins(self) -> tuple[int, int]:
        """The number of blank lines before the first filled one and after the last one."""
        return self._filled[0], self._lines - 1 - self._filled[1]

    @property
    def _lines(self) -> int:
        return self._filled[2]

    @cached_property
    def _filled(self) -> tuple[int, int, int]:
        """The numbers of the first and of the last line that is not blank, and of lines."""
        everything: dict[str, Any] = {"dtype": str, "keep_default_na": False, "skip_blank_lines": False}
        first = last = -1
        n_lines = 0
        reader = _guarded(self.path, lambda: _reader(self.path, header=None, names=[BARE], **everything))
        for piece in _each(self.path, reader, hint=_separator(self.path) == ","):
            filled = n_lines + np.flatnonzero(piece[BARE].to_numpy() != "")
            if len(filled):
                first, last = int(filled[0]) if first < 0 else first, int(filled[-1])
            n_lines += len(piece)
        return first, last, n_lines


def _table(frame: pd.DataFrame) -> FrameTable:
    return FrameTable(nw.from_native(frame, eager_only=True))


def _plain(entries: pd.Series[Any]) -> pd.Series[Any]:
    """Text in which truth values are 0 and 1."""
    return entries.str.lower().replace({"true": "1", "false": "0"})


def _codes(entries: pd.Series[Any], numbers: bool) -> pd.Series[Any]:
    """Numbers, NaN for a blank; or the words themselves."""
    return pd.to_numeric(_plain(entries), errors="coerce") if numbers else entries


def _keys(entries: pd.Series[Any], numbers: bool) -> pd.Series[Any]:
    """Whole numbers, or text; None for a blank."""
    if numbers:
        whole: pd.Series[Any] = entries.map(lambda entry: int(entry) if entry else None).astype("Int64")
        return whole
    return entries.where(entries != "", None)


Entries = Callable[["pd.Series[Any]"], "pd.Series[Any]"]
_CODES: tuple[Entries, Entries] = (_plain, lambda entries: pd.to_numeric(entries, errors="coerce").notna())
_KEYS: tuple[Entries, Entries] = (lambda entries: entries, lambda entries: entries.str.fullmatch(_WHOLE))


def _read_csv(path: Path, **settings: Any) -> Any:
    """Every column: pandas, told to read one, takes the line `1,5` of a one-column file for a 1."""
    with _strict():
        return pd.read_csv(
            path,
            sep=_separator(path),
            encoding="utf-8-sig",
            float_precision="round_trip",
            low_memory=False,
            index_col=False,
            **settings,
        )


def _reader(path: Path, **settings: Any) -> Any:
    return _read_csv(path, chunksize=PIECE, **settings)


def _strict() -> Any:
    """Warnings of lines of unequal length are errors."""
    return warnings.catch_warnings(action="error", category=pd.errors.ParserWarning)


def _each(path: Path, reader: Any, hint: bool = False) -> Iterator[pd.DataFrame]:
    """The pieces that a reader of pandas gives."""

    def following() -> pd.DataFrame | None:
        try:
            with _strict():
                piece: pd.DataFrame = next(reader)
                return piece
        except StopIteration:
            return None
        except pd.errors.ParserError as error:
            said = "; its first line has one column: if the numbers have decimal commas, write points instead"
            raise ValueError(f"{error}{said if hint else ''}") from None

    with reader:
        while (piece := _guarded(path, following)) is not None:
            yield piece


def _separator(path: Path) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in COMPRESSED]
    return "\t" if suffixes and suffixes[-1] in TABBED else ","


def _refuse_decimal_commas(path: Path, name: str, values: pd.Series[Any]) -> None:
    if pd.api.types.is_numeric_dtype(values):
        return
    commas = [value for value in values.dropna().head(EXAMPLES) if _DECIMAL_COMMA.fullmatch(str(value).strip())]
    if commas:
        raise InvalidInput(
            f"{path}: column {name!r} has numbers with a comma, such as {commas[0]!r}; write them with a decimal point"
        )


def _refuse_mixture(path: Path, name: str, values: pd.Series[Any], truth: dict[str, bool]) -> None:
    """Raise `InvalidInput` where a column has truth values here and numbers there, as one piece would not."""
    known = values.dropna()
    if len(known) and isinstance(known.iloc[0], bool | np.bool_ | int | float | np.number):
        is_truth = isinstance(known.iloc[0], bool | np.bool_)
        if truth.setdefault(name, is_truth) != is_truth:
            raise InvalidInput(f"{path}: column {name!r} has both numbers and truth values; write one kind")


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


def _refuse_binary(path: Path) -> None:
    with path.open("rb") as file:
        if b"\0" in file.read(HEAD):
            raise InvalidInput(f"{path}: the file is binary; expected CSV (.csv, .tsv, .csv.gz) or Parquet (.parquet)")


def _guarded(path: Path, read: Callable[[], T]) -> T:
    """What `read` gives; raises `InvalidInput` where the file is not what its name says."""
    try:
        return read()
    except InvalidInput:
        raise
    except (OSError, ValueError, EOFError, zlib.error, pd.errors.ParserWarning) as error:
        why = " ".join(str(error).split()) or type(error).__name__
        raise InvalidInput(f"{path}: cannot be read as CSV ({why})") from None
