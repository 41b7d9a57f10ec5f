"""`to_dataframe`: results as a Spark DataFrame, to be written where the data are."""

from __future__ import annotations

from typing import Any

from warmfit.collection import BaseFitResults
from warmfit_fitting.errors import UnsupportedType


def to_dataframe(results: BaseFitResults, spark: Any) -> Any:
    """The rows of `results.df` as a DataFrame of the session `spark`, classic or Connect.

    `parameters` is an array of doubles, the other columns are as in `results.df`: doubles, and text. Missing entries are
    null where they are text, and NaN where they are numbers.
    """
    if not isinstance(results, BaseFitResults):
        raise UnsupportedType(f"results is a {type(results).__name__}; expected what DistributionFitter.fit returns")
    from pyspark.sql.types import StructField, StructType

    frame = results.to_pandas()
    columns = [_column(str(name), frame[name]) for name in frame.columns]
    schema = StructType([StructField(str(name), kind) for name, (kind, _) in zip(frame.columns, columns, strict=True)])
    return spark.createDataFrame(list(zip(*(entries for _, entries in columns), strict=True)), schema)


def _column(name: str, entries: Any) -> tuple[Any, list[Any]]:
    """A column's type in Spark, and its entries as plain Python values."""
    from pyspark.sql.types import ArrayType, DoubleType, StringType

    if name == "parameters":
        return ArrayType(DoubleType()), [[float(p) for p in entry] for entry in entries]
    if entries.dtype.kind in "fiub":
        return DoubleType(), entries.astype(float).tolist()
    return StringType(), [None if _is_missing(entry) else str(entry) for entry in entries]


def _is_missing(entry: object) -> bool:
    return entry is None or entry != entry
