"""What to say of fits that do not describe their data: complaints, and the report over a collection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from warmfit import frames, heavy_tails
from warmfit.column_fit import ColumnFit
from warmfit.result import DistributionFitResult


@dataclass(frozen=True)
class Thresholds:
    """The limits of an acceptable fit: least p-value, greatest KS distance, greatest AD statistic."""

    pvalue: float
    ks: float
    ad: float


def complaints(fit: DistributionFitResult, limits: Thresholds) -> list[str]:
    """What is wrong with a fit, a sentence for each limit it breaks; a metric not known breaks none."""
    who = f"{fit.distribution} on {fit.column_name}" if fit.column_name else fit.distribution
    found = []
    if fit.ks_statistic is not None and fit.ks_statistic > limits.ks:
        found.append(f"{who}: the KS distance {fit.ks_statistic:.4g} is above {limits.ks:g}")
    if fit.ad_statistic is not None and fit.ad_statistic > limits.ad:
        found.append(f"{who}: the AD statistic {fit.ad_statistic:.4g} is above {limits.ad:g}")
    if fit.pvalue is not None and fit.pvalue < limits.pvalue:
        found.append(f"{who}: the p-value {fit.pvalue:.3g} is below {limits.pvalue:g}")
    return found


def by_column(fits: Sequence[DistributionFitResult], limits: Thresholds) -> list[str]:
    """What is wrong with fits, one text for each column that there is something to be said of."""
    found: dict[str | None, list[str]] = {}
    for fit in fits:
        found.setdefault(fit.column_name, []).extend(complaints(fit, limits))
    return ["; ".join(said) for said in found.values() if said]


def quality_report(
    fits: Sequence[DistributionFitResult],
    n: int,
    limits: Thresholds,
    rows: pd.DataFrame,
    columns: Sequence[ColumnFit],
) -> dict[str, Any]:
    """The report on ranked `fits`, of which the first `n` are shown, on the table of all `rows`, and on the `columns`."""
    top = list(fits[:n])
    n_acceptable = sum(not complaints(fit, limits) for fit in fits)
    n_failures = int((rows["status"] != "ok").sum())
    warnings = [said for fit in top[:1] for said in complaints(fit, limits)]
    if not fits:
        warnings.append("no family could be fitted; `failures` says why")
    elif not n_acceptable:
        warnings.append(f"none of {len(fits)} fits keeps the limits KS ≤ {limits.ks:g} and AD ≤ {limits.ad:g}")
    if n_failures:
        warnings.append(f"{n_failures} of {len(rows)} rows have no usable fit; `failures` says why")
    warnings += heavy_tails.complaints(columns)
    return {
        "top_fits": top,
        "summary": {"total_distributions": len(rows), **frames.spread(rows)},
        "warnings": warnings,
        "n_acceptable": n_acceptable,
        "n_ok": int((rows["status"] == "ok").sum()),
        "n_failures": n_failures,
        "tails": {c.name: () if c.summary is None else heavy_tails.known_tails(c.summary) for c in columns},
    }
