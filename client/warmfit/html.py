"""What notebooks show of results: a table of the best fits of each column, in plain HTML."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from warmfit.collection import BaseFitResults
    from warmfit.result import DistributionFitResult

MOST_FITS = 10
MOST_COLUMNS = 5
METRICS = ("bic", "aic", "loglik", "ks_statistic", "ad_statistic")
HEADS = ("BIC", "AIC", "loglik", "KS", "AD")
LEFT = ' style="text-align:left"'


def of_results(results: BaseFitResults) -> str:
    """The best fits of each column, and how many families have none."""
    names = results.column_names
    parts = [_of_column(results, name) for name in names[:MOST_COLUMNS]]
    if len(names) > MOST_COLUMNS:
        parts.append(f"<p>… and {len(names) - MOST_COLUMNS} more columns: <code>results.for_column(name)</code></p>")
    return "\n".join(parts)


def of_result(result: DistributionFitResult) -> str:
    """One fit: its parameters with their standard errors, and its metrics."""
    head = f"<p><b>{escape(result.distribution)}</b>"
    head += "" if result.column_name is None else f" for <b>{escape(str(result.column_name))}</b>"
    if result.status != "ok":
        head += f" — {escape(result.status)}: {escape(result.reason or 'no reason given')}"
    if not result.parameters:
        return head + "</p>"
    errors = result.standard_errors or [None] * len(result.parameters)
    rows = zip(_names(result), result.parameters, errors, strict=True)
    table = _table(("parameter", "estimate", "standard error"), ((name, _number(v), _number(e)) for name, v, e in rows))
    metrics = ", ".join(
        f"{h} {_number(getattr(result, m))}"
        for h, m in zip(HEADS, METRICS, strict=True)
        if getattr(result, m) is not None
    )
    return f"{head}</p>\n{table}\n<p>{metrics}</p>"


def _of_column(results: BaseFitResults, name: str) -> str:
    own = results.for_column(name)
    fits, n_rows = own.best(MOST_FITS), len(own)
    told = f"<p><b>{escape(name)}</b>: {n_rows} families, {len(own.failures)} without a fit</p>"
    rows = (
        (str(rank), fit.distribution, _parameters(fit), *(_number(getattr(fit, metric)) for metric in METRICS))
        for rank, fit in enumerate(fits, 1)
    )
    return told + "\n" + _table(("rank", "distribution", "parameters", *HEADS), rows)


def _parameters(fit: DistributionFitResult) -> str:
    return ", ".join(f"{name}={_number(value)}" for name, value in zip(_names(fit), fit.parameters, strict=True))


def _names(fit: DistributionFitResult) -> Sequence[str]:
    """The parameters' names; numbers where only a service knows the family."""
    from warmfit_fitting.errors import UnknownDistribution

    try:
        return fit.get_param_names()
    except UnknownDistribution:
        return [str(number) for number in range(1, len(fit.parameters) + 1)]


def _number(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else f"{value:.6g}"


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    first = "".join(f'<th scope="col"{LEFT}>{escape(head)}</th>' for head in heads)
    body = "".join(f"<tr>{''.join(f'<td{LEFT}>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{first}</tr></thead><tbody>{body}</tbody></table>"
