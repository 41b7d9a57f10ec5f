"""Results as text: the ranked table for people, one JSON document for programs."""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from warmfit.collection import BaseFitResults
from warmfit.result import DistributionFitResult

WIDE = 118  # columns of text that a table of all metrics needs
PIPED_WIDTH = 200  # columns of text where stdout is not a terminal
_NUMBERS = ("loglik", "aic", "bic", "ks_statistic", "ad_statistic")
_TITLES = {
    "loglik": "loglik", "aic": "AIC", "aicc": "AICc", "bic": "BIC", "ks_statistic": "KS", "ad_statistic": "AD",
    "cvm_statistic": "CvM", "sse": "SSE", "ad_pvalue": "p (AD)",
}  # fmt: skip
_DETAILS = (
    "loglik",
    "aic",
    "aicc",
    "bic",
    "ks_statistic",
    "ks_error_bound",
    "ad_statistic",
    "cvm_statistic",
    "sse",
    "pvalue",
    "ad_pvalue",
    "cvm_pvalue",
)


@dataclass(frozen=True)
class Report:
    """The results of one column of a file, and how they are to be shown.

    `metric`: what ranks. `top`: rows shown; None for every row, failed ones too. `elapsed`: seconds.
    """

    file: str
    column: str
    results: BaseFitResults
    metric: str
    top: int | None
    elapsed: float

    @property
    def ranked(self) -> list[DistributionFitResult]:
        """The fits that rank, best first."""
        return self.results.best(max(1, len(self.results)), self.metric)

    @property
    def rows(self) -> list[tuple[int | None, DistributionFitResult]]:
        """The rows to show with their ranks; one that does not rank has None, and shows where all do."""
        ranked = self.ranked
        shown = [(place + 1, fit) for place, fit in enumerate(ranked[: self.top])]
        if self.top is not None and ranked:
            return list(shown)
        names = {fit.distribution for fit in ranked}
        return [*shown, *((None, fit) for fit in self.results if fit.distribution not in names)]

    @property
    def counts(self) -> Counter[str]:
        """How many families came to which status."""
        return Counter(fit.status for fit in self.results)

    @property
    def n(self) -> int:
        """The rows used."""
        return sum(column.summary.n for column in self.results.columns if column.summary is not None)

    @property
    def n_missing(self) -> int:
        """The rows without a value."""
        return sum(column.summary.n_missing for column in self.results.columns if column.summary is not None)


def print_table(report: Report) -> None:
    """Print the ranked table, the reasons of rows that did not rank, and a line of totals, to stdout.

    A narrow terminal gets the metric that ranks and KS only, so that names and parameters stay whole.
    """
    console = stdout()
    rows = report.rows
    judged = ["ad_pvalue"] if any(fit.ad_pvalue is not None for _, fit in rows) else []
    numbers = _shown_numbers(report.metric, console.width) + judged
    statuses = any(fit.status != "ok" for _, fit in rows)
    table = Table(title=f"{report.column} ({report.file}), by {report.metric}", title_justify="left")
    table.add_column("rank", justify="right", no_wrap=True)
    table.add_column("distribution", no_wrap=True)
    table.add_column("parameters", overflow="fold", min_width=20)
    for name in numbers:
        table.add_column(_TITLES[name], justify="right", no_wrap=True)
    if statuses:
        table.add_column("status", no_wrap=True)
    for rank, fit in rows:
        cells = [str(rank or ""), fit.distribution, _named(fit), *(_number(getattr(fit, name)) for name in numbers)]
        table.add_row(*cells, *([fit.status] if statuses else []), style=None if rank else "dim")
    console.print(table)
    for _, fit in rows:
        if fit.reason:
            said = fit.reason if fit.reason.startswith(fit.distribution) else f"{fit.distribution}: {fit.reason}"
            console.print(said, style="dim", highlight=False)
    console.print(_totals(report), highlight=False)


def _shown_numbers(metric: str, width: int) -> list[str]:
    """The metrics that a console of that width has room for, the one that ranks among them."""
    names = list(_NUMBERS if width >= WIDE else ("ks_statistic",))
    return names if metric in names else [metric, *names]


def stdout() -> Console:
    """The console of stdout, wide enough for whole rows where it is not a terminal."""
    console = Console(file=sys.stdout, markup=False)
    return console if console.is_terminal else Console(file=sys.stdout, markup=False, width=PIPED_WIDTH)


def _named(fit: DistributionFitResult) -> str:
    return ", ".join(f"{name}={value:.6g}" for name, value in _parameters(fit).items())


def _number(value: float | None) -> str:
    """Six digits, and a tenth at least: differences of one in an AIC or BIC tell families apart, however many the rows."""
    if value is None or math.isnan(value):
        return ""
    return f"{value:.1f}" if 1e5 <= abs(value) < 1e15 else f"{value:.6g}"


def _parameters(fit: DistributionFitResult) -> dict[str, float]:
    return dict(zip(fit.get_param_names(), fit.parameters, strict=True)) if fit.parameters else {}


def _totals(report: Report) -> str:
    counts = ", ".join(f"{number} {status}" for status, number in report.counts.most_common())
    return f"{report.n} rows, {report.n_missing} missing, {report.elapsed:.1f} s; families: {counts}"


def print_json(report: Report) -> None:
    """Print one standard JSON document to stdout, null for what is not known."""
    document = {
        "file": report.file,
        "column": report.column,
        "n": report.n,
        "n_missing": report.n_missing,
        "elapsed": report.elapsed,
        "metric": report.metric,
        "families": dict(report.counts),
        "results": [_document(rank, fit) for rank, fit in report.rows],
    }
    sys.stdout.write(json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False) + "\n")


def _document(rank: int | None, fit: DistributionFitResult) -> dict[str, object]:
    return {
        "rank": rank,
        "distribution": fit.distribution,
        "parameters": {name: _plain(value) for name, value in _parameters(fit).items()},
        "status": fit.status,
        "reason": fit.reason,
        **{name: _plain(getattr(fit, name)) for name in _DETAILS},
        "lower_bound": _plain(fit.lower_bound),
        "upper_bound": _plain(fit.upper_bound),
        "elapsed": _plain(fit.elapsed),
        "estimation_method": fit.estimation_method,
    }


def _plain(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
