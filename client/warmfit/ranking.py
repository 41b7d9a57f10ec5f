"""Which fit comes first: the metrics to rank by, and the order of a collection's rows under one of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from warmfit import validation as check
from warmfit.column_fit import ColumnFit
from warmfit_fitting.families.catalogue import Catalogue
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec

METRICS = ("loglik", "aic", "aicc", "bic", "ks_statistic", "ad_statistic", "cvm_statistic", "sse")
GOODNESS = frozenset({"ks_statistic", "ad_statistic", "cvm_statistic", "sse"})
"""The metrics that a lazy fit leaves open."""

Pick: TypeAlias = tuple[ColumnFit, FitRow]


def check_metric(metric: str) -> str:
    """The metric's name; raises `InvalidInput` with the names there are."""
    return check.member("metric", metric, METRICS)


def picks(columns: Iterable[ColumnFit]) -> list[Pick]:
    """Every row with its column, in order."""
    return [(column, row) for column in columns for row in column.rows]


def ranked(columns: Sequence[ColumnFit], metric: str, catalogue: Catalogue) -> list[Pick]:
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
                key = (place, _group(row.distribution, column.spec, catalogue))
                first.setdefault(key, (value, order[row.distribution], place, (column, row)))
    return [entry[-1] for entry in sorted(first.values(), key=lambda entry: entry[:3])]


def _group(name: str, spec: FitSpec, catalogue: Catalogue) -> str:
    """The family that `name` is in other words; a scale or shape held fixed makes them different models."""
    return catalogue.canonical(name) if {held for held, _ in spec.fixed} <= {"loc"} else name
