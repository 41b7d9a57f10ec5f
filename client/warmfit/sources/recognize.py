"""The one place that looks at the type of a caller's object, and picks the source that reads it."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from numbers import Integral
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from warmfit import validation as check
from warmfit.remote.refs import DatasetRef
from warmfit.sources.protocol import RowChoice, Source
from warmfit.sources.refusals import listed
from warmfit.sources.summarized import DatasetSource, SummarySource, TableSource
from warmfit.sources.tables import ArrayTable, FrameTable, LazyTable, Table
from warmfit_fitting.arrays import AnyArray
from warmfit_fitting.errors import InvalidInput, UnsupportedType
from warmfit_fitting.summary.column import ColumnSummary

BARE = "value"  # the name of a column that comes without one
READS = "this version reads pandas, polars, Arrow, NumPy and Spark"
_LOCAL = (nw.Implementation.PANDAS, nw.Implementation.POLARS, nw.Implementation.PYARROW)
_ELSEWHERE = {
    "ray": "a Ray dataset: give .to_pandas() of the columns you need",
}


def open_source(data: object, names: Sequence[str] | None = None, rows: RowChoice | None = None) -> Source:
    """The source that reads `data`; `names` are the columns asked for, and name what comes without names.

    Raises `UnsupportedType` for an object of another kind, `InvalidInput` for a shape that cannot be read.
    """
    rows = rows or RowChoice()
    source = _summarized(data, names)
    if source is None and is_spark_frame(data):
        from warmfit.spark.source import SparkSource

        return SparkSource(data, rows)
    if source is None:
        return TableSource(_table(data, names), rows, _bare_table)
    if rows.settings:
        raise _no_rows(data, rows.settings)
    return source


def _no_rows(data: object, settings: Sequence[str]) -> InvalidInput:
    kind, makers = "ColumnSummary", "summarize"
    if isinstance(data, DatasetRef):
        kind, makers = "DatasetRef", "Client.put or summarize"
    said = " and ".join(f"{name}=" for name in settings)
    return InvalidInput(
        f"a {kind} holds no single rows, to which {said} could apply; give {said} to {makers} when the rows are at hand"
    )


def requested_names(column: object, columns: object) -> tuple[str, ...] | None:
    """The columns that `column=` or `columns=` name, None where neither does; raises where both do.

    A whole number is the text of it: so go pandas' default labels, and the columns of an array.
    """
    if column is not None and columns is not None:
        raise InvalidInput(f"column={column!r} and columns={columns!r} were both given; give one of them")
    if column is not None:
        return (check.text("column", _label(column), "a column's name"),)
    if columns is None:
        return None
    if isinstance(columns, Iterable) and not isinstance(columns, str | bytes | Mapping):
        columns = [_label(entry) for entry in columns]
    names = check.names("columns", columns, "price")
    if not names:
        raise InvalidInput("columns is empty; name at least one column")
    return names


def _label(given: object) -> object:
    return given if isinstance(given, bool) or not isinstance(given, Integral) else str(given)


def chosen_names(source: Source, names: Sequence[str] | None) -> tuple[str, ...]:
    """The columns to fit: those asked for, or the only one there is; raises `InvalidInput` otherwise.

    Of a dataset's reference and of summaries all, because somebody chose them already.
    """
    if names is not None:
        return tuple(names)
    if isinstance(source, DatasetSource | SummarySource):
        return source.names
    beside: Collection[str] = getattr(source, "beside", ())
    rest = tuple(name for name in source.names if name not in beside)
    if len(rest) != 1:
        raise InvalidInput(f"column= or columns= is needed: the columns are {listed(source.names)}")
    return rest


def _summarized(data: object, names: Sequence[str] | None) -> Source | None:
    """The source of what was summarized earlier; None for anything else."""
    if isinstance(data, DatasetRef):
        return DatasetSource(data)
    if isinstance(data, ColumnSummary):
        return SummarySource({_bare_name(names, BARE): data})
    if isinstance(data, Mapping) and data and all(isinstance(v, ColumnSummary) for v in data.values()):
        return SummarySource({str(name): summary for name, summary in data.items()})
    return None


def _table(data: object, names: Sequence[str] | None) -> Table:
    _refuse_elsewhere(data)
    if isinstance(data, np.ndarray):
        return _array_table(data, names)
    if isinstance(data, list | tuple | range):
        return ArrayTable({_bare_name(names, BARE): data})
    try:
        opened = nw.from_native(_as_frame_library(data), allow_series=True)  # type: ignore[call-overload]
    except TypeError:
        raise _unsupported(data) from None
    except nw.exceptions.DuplicateError as error:
        raise InvalidInput(f"several columns have one name; rename them ({error})") from None
    return _frame_table(opened, names)


def _frame_table(opened: nw.DataFrame[Any] | nw.LazyFrame[Any] | nw.Series[Any], names: Sequence[str] | None) -> Table:
    if opened.implementation not in _LOCAL:
        raise _unsupported(opened.to_native())
    if isinstance(opened, nw.Series):
        name = _bare_name(names, opened.name if isinstance(opened.name, str) and opened.name else BARE)
        return FrameTable(nw.from_native(opened.alias(name).to_frame().to_native(), eager_only=True))
    labels = [str(label) for label in opened.collect_schema().names()]
    repeated = sorted({label for label in labels if labels.count(label) > 1})
    if repeated:
        raise InvalidInput(f"several columns are named {listed(repeated)}; rename them")
    return LazyTable(opened) if isinstance(opened, nw.LazyFrame) else FrameTable(opened)


def _array_table(array: AnyArray, names: Sequence[str] | None) -> ArrayTable:
    if array.dtype.names is not None:
        if array.ndim != 1:
            raise InvalidInput(f"a structured array of shape {array.shape}; expected one dimension")
        return ArrayTable({field: array[field] for field in array.dtype.names})
    if array.ndim == 1:
        return ArrayTable({_bare_name(names, BARE): array})
    if array.ndim == 2:
        labels = _labels(array.shape[1], names)
        return ArrayTable({label: np.ma.asanyarray(array)[:, j] for j, label in enumerate(labels)})
    raise InvalidInput(f"an array of shape {array.shape}; expected one column (N,) or several (N, columns)")


def _labels(n_columns: int, names: Sequence[str] | None) -> Sequence[str]:
    """The names of a 2-D array's columns: positions, unless as many other names are given as columns."""
    positions = [str(j) for j in range(n_columns)]
    if names is None or set(names) <= set(positions) or len(names) != n_columns:
        return positions
    return names


def _bare_name(names: Sequence[str] | None, otherwise: str) -> str:
    if names is None:
        return otherwise
    if len(names) != 1:
        raise InvalidInput(f"{len(names)} columns ({listed(names)}) are asked of data that is a single column")
    return names[0]


def _as_frame_library(data: object) -> object:
    """Arrow arrays and batches, pandas indexes and arrays as what narwhals reads; the rest as it is."""
    if isinstance(data, pd.Index | pd.api.extensions.ExtensionArray):
        return pd.Series(data)
    arrow = sys.modules.get("pyarrow")  # whoever holds an Arrow object has imported it
    if arrow is not None and isinstance(data, arrow.Array):
        return arrow.chunked_array([data])
    if arrow is not None and isinstance(data, arrow.RecordBatch):
        return arrow.Table.from_batches([data])
    return data


def _bare_table(data: object) -> Table:
    """The table of a single column without a name, such as an array of weights."""
    table = _table(data, None)
    if len(table.names) != 1:
        raise InvalidInput(f"{len(table.names)} columns were given where one is needed")
    return table.only(table.names)


def is_spark_frame(data: object) -> bool:
    """Whether it is a DataFrame of Spark, classic or Connect."""
    kind = type(data)
    return (
        kind.__module__.partition(".")[0] == "pyspark"
        and kind.__name__ == "DataFrame"
        and ".pandas" not in kind.__module__
    )


def _refuse_elsewhere(data: object) -> None:
    library = type(data).__module__.partition(".")[0]
    if library in _ELSEWHERE:
        raise UnsupportedType(f"{type(data).__name__} is {_ELSEWHERE[library]}; {READS}")


def _unsupported(data: object) -> UnsupportedType:
    what = f"{type(data).__module__}.{type(data).__qualname__}".removeprefix("builtins.")
    hint = ""
    if isinstance(data, str):
        hint = "; read the file first, for instance with pandas.read_csv"
    elif isinstance(data, Mapping):
        hint = "; pandas.DataFrame(...) makes a frame of a mapping of columns"
    return UnsupportedType(f"a {what} is no frame, array or list of numbers: {READS}{hint}")
