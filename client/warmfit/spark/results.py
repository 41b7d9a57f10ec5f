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
    from pyspark.sql.types import ArrayType, DataType, DoubleType, StringType, StructField, StructType

    frame = results.to_pandas()
    fields: list[StructField] = []
    columns: list[list[Any]] = []
    kind: DataType
    plain: list[Any]
    for name in frame.columns:
        entries = frame[name]
        if name == "parameters":
            kind, plain = ArrayType(DoubleType()), [[float(p) for p in entry] for entry in entries]
        elif entries.dtype.kind in "fiub":
            kind, plain = DoubleType(), entries.astype(float).tolist()
        else:
            kind, plain = StringType(), [None if _is_missing(entry) else str(entry) for entry in entries]
        fields.append(StructField(str(name), kind))
        columns.append(plain)
    return spark.createDataFrame(list(zip(*columns, strict=True)), StructType(fields))


def _is_missing(entry: object) -> bool:
    return entry is None or entry != entry
