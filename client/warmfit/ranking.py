"""Which fits come first and which stay: metrics, the order of rows under one of them, and limits on them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from warmfit import validation as check
from warmfit.column_fit import ColumnFit
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.families.catalogue import Catalogue
from warmfit_fitting.families.every import AnyFamily
from warmfit_fitting.families.relations import same_model
from warmfit_fitting.row import FitRow

METRICS = ("loglik", "aic", "aicc", "bic", "ks_statistic", "ad_statistic", "cvm_statistic", "sse")
SHORT = {"sse": "sse", "aic": "aic", "bic": "bic", "ks": "ks_statistic", "ad": "ad_statistic"}
"""The metrics that thresholds and summaries are given for, by the names that they have there."""
GOODNESS = frozenset({"ks_statistic", "ad_statistic", "cvm_statistic", "sse"})
"""The metrics that a lazy fit leaves open."""

Pick: TypeAlias = tuple[ColumnFit, FitRow]


def check_metric(metric: str) -> str:
    """The metric's name; raises `InvalidInput` with the names there are."""
    return check.member("metric", metric, METRICS)


def limits(**thresholds: float | None) -> dict[str, float]:
    """The thresholds that were given, by the names of their metrics; raises for one that is no number."""
    return {
        SHORT[name]: check.real(f"{name}_threshold", limit) for name, limit in thresholds.items() if limit is not None
    }


def below(rows: Iterable[Pick], limits: Mapping[str, float]) -> list[Pick]:
    """The rows strictly below every limit; one whose metric is not known falls out."""
    return [pick for pick in rows if all(getattr(pick[1], name) < limit for name, limit in limits.items())]


def above_pvalue(rows: Sequence[Pick], limit: float) -> list[Pick]:
    """The rows whose p-value is above `limit`; raises `InvalidInput` where no row has one."""
    known = [(pick, getattr(pick[1], "pvalue", math.nan)) for pick in rows]
    if rows and all(math.isnan(p) for _, p in known):
        raise InvalidInput(
            "pvalue_threshold: no p-values were computed; ask for them with n_bootstrap=, or filter by ks_threshold"
        )
    return [pick for pick, p in known if p > limit]


def kept(columns: Iterable[ColumnFit], rows: Iterable[Pick]) -> list[ColumnFit]:
    """The columns with none but these rows."""
    left: dict[str, list[FitRow]] = {}
    for column, row in rows:
        left.setdefault(column.name, []).append(row)
    return [replace(column, rows=tuple(left.get(column.name, ()))) for column in columns]


def picks(columns: Iterable[ColumnFit]) -> list[Pick]:
    """Every row with its column, in order."""
    return [(column, row) for column in columns for row in column.rows]


def ranked(columns: Sequence[ColumnFit], metric: str, catalogue: Catalogue[AnyFamily]) -> list[Pick]:
    """The rows with status ok, best first; reparametrizations once, equals in catalogue order.

    The log-likelihood ranks from the highest, the other metrics from the lowest. A row whose metric is not
    known is left out.
    """
    order = {name: place for place, name in enumerate(catalogue.names)}
    sign = -1.0 if metric == "loglik" else 1.0
    first: dict[tuple[int, str], tuple[float, int, int, Pick]] = {}
    for place, column in enumerate(columns):
        for row in sorted(column.rows, key=lambda row: order.get(row.distribution, len(order))):
            value = sign * float(getattr(row, metric))
            if row.status == "ok" and not math.isnan(value):
                key = (place, same_model(catalogue[row.distribution].name, [name for name, _ in column.spec.fixed]))
                first.setdefault(key, (value, order[row.distribution], place, (column, row)))
    return [entry[-1] for entry in sorted(first.values(), key=lambda entry: entry[:3])]
