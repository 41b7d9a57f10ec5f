"""A CSV file that a browser sends, summarized column by column; the rows are gone when the answer is.

It is read as the SDK reads a file of that name: numbers to the last digit, a first line of nothing but numbers is no
header, `.tsv` and `.tab` are separated by tabs, and in a file of one column a blank line between others is a missing value.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.summary import ColumnSummary, summarize_values

if TYPE_CHECKING:
    import pandas as pd

MOST_COLUMNS = 200
HEAD = 1 << 16  # bytes looked at to tell text from anything else
TABBED = (".tsv", ".tab")
OTHER_SEPARATORS = (";", "\t", "|", ",")
BARE = "value"  # the name of the one column of a file without a header
LONGEST = 40  # characters of an entry or a name that a message shows
_DECIMAL_COMMA = re.compile(r"[+-]?[\d.]*,\d+(?:[eE][+-]?\d+)?")


@dataclass(frozen=True)
class SummarizedFile:
    """The columns of numbers of a file of `rows` rows, by name, and why the others were left out."""

    rows: int
    columns: dict[str, ColumnSummary]
    left_out: dict[str, str]


def summarize_csv(content: bytes, file_name: str) -> SummarizedFile:
    """Summarize every column of numbers; raises `InvalidInput` where the file is no CSV or has none."""
    if not content.strip():
        raise InvalidInput("the file is empty; expected CSV with a header and a column of numbers")
    if b"\0" in content[:HEAD]:
        raise InvalidInput("the file is binary; expected CSV as text")
    separator = "\t" if file_name.lower().endswith(TABBED) else ","
    try:
        frame = _frame(content, separator)
    except UnicodeDecodeError:
        raise InvalidInput("the file is not in UTF-8; save it as UTF-8") from None
    except (ValueError, csv.Error, Warning) as error:
        raise InvalidInput(f"the file cannot be read as CSV ({' '.join(str(error).split())})") from None
    _check_names(list(frame.columns), separator)
    if not len(frame):
        raise InvalidInput("the file has a header and no rows; expected at least one row of numbers")
    columns: dict[str, ColumnSummary] = {}
    left_out: dict[str, str] = {}
    for name in frame.columns:
        try:
            columns[name] = summarize_values(_values(frame[name]))
        except InvalidInput as error:
            left_out[name] = str(error)
    if not columns:
        told = "; ".join(f"{_short(name)}: {why}" for name, why in list(left_out.items())[:3])
        raise InvalidInput(f"no column of the file can be fitted ({told})")
    return SummarizedFile(len(frame), columns, left_out)


def _frame(content: bytes, separator: str) -> pd.DataFrame:
    """All columns under the names of the header."""
    import pandas as pd

    names, has_header = _header(content, separator)
    settings: dict[str, Any] = {"header": 0 if has_header else None}
    if len(names) == 1:
        content = content.removeprefix(b"\xef\xbb\xbf").strip(b"\r\n\t ")
        settings["skip_blank_lines"] = False
    with warnings.catch_warnings(action="error", category=pd.errors.ParserWarning):
        frame: pd.DataFrame = pd.read_csv(
            io.BytesIO(content),
            sep=separator,
            encoding="utf-8-sig",
            float_precision="round_trip",
            low_memory=False,
            index_col=False,
            **settings,
        )
    frame.columns = pd.Index(names)
    return frame


def _header(content: bytes, separator: str) -> tuple[list[str], bool]:
    """The names of the columns, and whether the first line that is not blank holds them."""
    lines = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")
    first = next(line for line in csv.reader(lines, delimiter=separator) if any(cell.strip() for cell in line))
    if not all(map(_is_number, first)):
        return [name.strip() for name in first], True
    return ([BARE] if len(first) == 1 else [str(j) for j in range(len(first))]), False


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False


def _check_names(names: list[str], separator: str) -> None:
    if len(names) > MOST_COLUMNS:
        raise InvalidInput(
            f"the file has {len(names)} columns; this page takes up to {MOST_COLUMNS}: leave out those that are not needed, "
            "or use the SDK, which sends summaries of the columns that it is asked for"
        )
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InvalidInput(f"two columns are called {_short(twice)!r}; give each a name of its own")
    other = next((s for s in OTHER_SEPARATORS if s != separator and len(names) == 1 and s in names[0]), None)
    if other is not None:
        raise InvalidInput(
            f"the first line, {_short(names[0])!r}, looks separated by {other!r}; expected {separator!r} between columns "
            "and points in numbers"
        )


def _values(column: pd.Series[Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The numbers of a column, NaN where one is missing; raises `InvalidInput` for any other."""
    if column.dtype.kind in "fiu":
        values = column.to_numpy(np.float64)
        if not np.isnan(values).all():
            return values
        raise InvalidInput("every row is blank")
    if column.dtype.kind == "b":
        raise InvalidInput("holds truth values; expected numbers")
    known = column.dropna().astype(str)
    at, entry = next(((at, text) for at, text in known.items() if not _is_number(text)), (None, None))
    if entry is None:
        raise InvalidInput("holds numbers that are no float64, or truth values beside numbers")
    if _DECIMAL_COMMA.fullmatch(entry.strip()):
        raise InvalidInput(f"has numbers with a comma, such as {_short(entry)!r}; write them with a point")
    numbers = sum(map(_is_number, known))
    where = f"in row {int(str(at)) + 1}" if numbers else "as in its first row"
    raise InvalidInput(f"holds text, {_short(entry)!r} {where}; expected numbers")


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
