"""The pandas faces of a collection of results: the table of its rows, and the aggregates of that table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from warmfit.ranking import SHORT, Pick
from warmfit.result import DistributionFitResult
from warmfit.serialization import Custom

COLUMNS = (
    "column_name", "distribution", "parameters", "sse", "aic", "bic", "ks_statistic", "pvalue",
    "ad_statistic", "ad_pvalue", "data_min", "data_max", "data_mean", "data_stddev", "data_count",
    "data_kurtosis", "data_skewness", "lower_bound", "upper_bound",
    "loglik", "aicc", "cvm_statistic", "status", "reason", "elapsed", "n_evaluations", "ks_error_bound",
    "standard_errors", "cvm_pvalue", "estimation_method", "ending", "n_missing",
)  # fmt: skip
OBJECTS = frozenset(
    {"column_name", "distribution", "parameters", "status", "reason", "standard_errors", "estimation_method", "ending"}
)


def table(rows: Sequence[Pick], custom: Custom) -> pd.DataFrame:
    """One row for each pick: numbers float64, NaN where not known; `parameters`, `standard_errors` lists."""
    records = [_record(pick, custom) for pick in rows]
    return pd.DataFrame({name: _column(name, [record[name] for record in records]) for name in COLUMNS})


def summary(rows: pd.DataFrame, column_names: Sequence[str]) -> pd.DataFrame:
    """One row for each column: how many families, how many ok, and min, mean, max of the metrics of these."""
    records = []
    for name in column_names:
        own = rows[rows["column_name"] == name]
        records.append({"column_name": name, "total_distributions": len(own), **spread(own)})
    return pd.DataFrame(records)


def spread(rows: pd.DataFrame) -> dict[str, Any]:
    """How many rows are ok, and min, mean, max of each metric over them; NaN where none is known."""
    ok = rows[rows["status"] == "ok"]
    found: dict[str, Any] = {"n_ok": len(ok)}
    for short, metric in SHORT.items():
        values = ok[metric]
        found |= {f"min_{short}": values.min(), f"mean_{short}": values.mean(), f"max_{short}": values.max()}
    return {name: value if isinstance(value, int) else float(value) for name, value in found.items()}


def _record(pick: Pick, custom: Custom) -> dict[str, Any]:
    column, row = pick
    result = DistributionFitResult.from_row(row, column.name, column.summary, column.spec, custom)
    errors = [math.nan if error is None else error for error in result.standard_errors or []]
    n_missing = None if column.summary is None else column.summary.n_missing
    return {**result.to_dict(), "standard_errors": errors, "ending": row.ending, "n_missing": n_missing}


def _column(name: str, values: list[Any]) -> Any:
    """The values as the dtype that the column has in every table, whatever is in it."""
    if name not in OBJECTS:
        return np.array([math.nan if value is None else value for value in values], dtype=np.float64)
    return pd.Series(values, dtype=object)
