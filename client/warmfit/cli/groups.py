"""`warmfit fit --by KEY`: the best fits of each group of a file's rows, as a table, JSON or a file, a block at a time."""

from __future__ import annotations

import csv
import json
import math
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pandas as pd
from rich.table import Table

from warmfit.base_fitter import BaseFitter
from warmfit.cli.tables import stdout
from warmfit.config import FitterConfig
from warmfit.grouped_results import GroupedFitResults
from warmfit.progress import console_progress
from warmfit_fitting.errors import FitFailed, InvalidInput, SerializationError

SHOWN = 200  # rows of a table
_COLUMNS = {"data_count": "rows", "loglik": "loglik", "bic": "BIC", "ks_statistic": "KS"}


def fit_by(
    fitter: BaseFitter,
    frame: object,
    column: str,
    by: list[str],
    settings: dict[str, Any],
    *,
    top: int,
    metric: str,
    as_json: bool,
    save: Path | None,
) -> None:
    """Fit each group, print the `top` of each by `metric`, and write every row to `save` where that is given.

    Raises `FitFailed` after it where no family could be fitted to any group.
    """
    if save is not None:
        check_rows_destination(save)
    started, best, n_groups = time.perf_counter(), [], 0
    with ExitStack() as open_now:
        progress = open_now.enter_context(console_progress("Fitting"))
        config = FitterConfig.merged(None, **settings, groupby=by).with_progress_callback(progress)
        writer = None if save is None else open_now.enter_context(closing(_Rows(save)))
        for results in fitter.fit_groups(frame, column=column, config=config):
            n_groups += results.n_groups
            best.append(results.top(top, metric))
            if writer is not None:
                writer.write(results)
    rows = pd.concat(best, ignore_index=True)
    if as_json:
        _print_json(rows, column, by, metric, n_groups, time.perf_counter() - started)
    else:
        _print_table(rows, column, by, metric, n_groups, time.perf_counter() - started)
    if not len(rows):
        raise FitFailed(f"no family could be fitted to column {column!r} in any group; --save writes the reasons")


def check_rows_destination(path: Path) -> None:
    """Raise `SerializationError` for a file of rows that cannot be written."""
    if path.suffix.lower() not in (".csv", ".json"):
        raise SerializationError(f"{path}: rows of groups are written as .csv or .json; give such a name")
    if not path.parent.is_dir():
        raise SerializationError(f"{path} cannot be written: there is no directory {path.parent}")


class _Rows:
    """A file of all rows, written block by block: CSV with lists as JSON, or a JSON array of objects."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._csv = csv.writer(self._file) if path.suffix.lower() == ".csv" else None
        self._begun = False

    def write(self, results: GroupedFitResults) -> None:
        """Add the rows of a block of groups."""
        frame = results.df
        if self._csv is not None and not self._begun:
            self._csv.writerow(frame.columns)
        for record in records(frame):
            if self._csv is not None:
                cells = record.values()
                self._csv.writerow([json.dumps(v) if isinstance(v, list) else "" if v is None else v for v in cells])
            else:
                self._file.write(f"{',' if self._begun else '['}\n{json.dumps(record, ensure_ascii=False)}")
            self._begun = True

    def close(self) -> None:
        """End the file."""
        if self._csv is None:
            self._file.write("\n]\n" if self._begun else "[]\n")
        self._file.close()


def records(frame: pd.DataFrame) -> Iterator[dict[str, object]]:
    """The rows of a frame as plain objects, None for what is not known."""
    columns = [frame[name].tolist() for name in frame.columns]
    for values in zip(*columns, strict=True):
        yield dict(zip(map(str, frame.columns), map(_plain, values), strict=True))


def _plain(value: object) -> object:
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _print_table(rows: pd.DataFrame, column: str, by: list[str], metric: str, n_groups: int, elapsed: float) -> None:
    console = stdout()
    numbers = _COLUMNS if metric in _COLUMNS else {metric: metric, **_COLUMNS}
    table = Table(title=f"{column} by {', '.join(by)}, by {metric}", title_justify="left")
    for name in by:
        table.add_column(name, no_wrap=True)
    table.add_column("distribution", no_wrap=True)
    table.add_column("parameters", overflow="fold", min_width=20)
    for title in numbers.values():
        table.add_column(title, justify="right", no_wrap=True)
    for record in records(rows.iloc[:SHOWN]):
        parameters = record["parameters"]
        shown = ", ".join(f"{v:.6g}" for v in parameters) if isinstance(parameters, list) else ""
        keys = ["" if record[name] is None else str(record[name]) for name in by]
        table.add_row(*keys, str(record["distribution"]), shown, *(_number(record[name]) for name in numbers))
    console.print(table)
    more = f"; {len(rows) - SHOWN} more rows, which --save writes to a file" if len(rows) > SHOWN else ""
    console.print(f"{n_groups} groups, {elapsed:.1f} s{more}", highlight=False)


def _number(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float | int) else ""


def _print_json(rows: pd.DataFrame, column: str, by: list[str], metric: str, n_groups: int, elapsed: float) -> None:
    found = list(records(rows))
    document = {
        "column": column, "by": by, "metric": metric, "n_groups": n_groups, "elapsed": elapsed, "results": found,
    }  # fmt: skip
    sys.stdout.write(json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False) + "\n")


def check_by(by: list[str], column: str | None, others: dict[str, bool]) -> None:
    """Raise `InvalidInput` for options that do not go with `--by`."""
    if column is None:
        raise InvalidInput(f"--by {by[0]} needs --column, the column to fit within each group")
    given = [name for name, is_given in others.items() if is_given]
    if given:
        raise InvalidInput(f"{', '.join(given)} and --by do not go together; leave one of them out")
