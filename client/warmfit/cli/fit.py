"""`warmfit fit`: the ranked fits of one column of a file."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from warmfit.backends.local import LocalBackend
from warmfit.backends.protocol import ExecutionBackend
from warmfit.cli import options as of
from warmfit.cli.files import Beside, column_of
from warmfit.cli.groups import check_by, check_rows_destination, fit_by
from warmfit.cli.pictures import check_picture, draw
from warmfit.cli.tables import Report, print_json, print_table
from warmfit.config import FitterConfig
from warmfit.discrete_fitter import DiscreteDistributionFitter
from warmfit.fitter import DistributionFitter
from warmfit.progress import console_progress
from warmfit.ranking import check_metric
from warmfit.rows import Censoring, Weights
from warmfit.serialization import check_destination
from warmfit_fitting.errors import FitFailed, InvalidInput

ROWS = 10  # printed, where no number is given


def fit(
    file: of.File,
    column: of.Column = None,
    by: of.By = None,
    include: of.Include = None,
    exclude: of.Exclude = None,
    discrete: of.Discrete = False,
    fix: of.Fix = None,
    support_at_zero: of.SupportAtZero = False,
    method: of.Method = "mle",
    pvalues: of.Pvalues = None,
    lower: of.Lower = None,
    upper: of.Upper = None,
    truncation: of.Truncation = None,
    weights: of.Weights = None,
    analytic_weights: of.AnalyticWeights = None,
    censoring: of.Censoring = None,
    censoring_kind: of.CensoringKind = None,
    interval: of.Interval = None,
    top: of.Top = None,
    show_all: of.ShowAll = False,
    metric: of.Metric = "bic",
    bins: of.Bins = None,
    as_json: of.AsJson = False,
    save: of.Save = None,
    plot: of.Plot = None,
    timeout: of.Timeout = None,
    workers: of.Workers = None,
    server: of.Server = None,
    token: of.Token = None,
) -> None:
    """Fit every family to a column and print the best.

    A CSV file whose first line is all numbers has no header; its columns are then 0, 1, …, or value for one.
    """
    check_metric(metric)
    if plot is not None:
        check_picture(plot, by or ())
    if save is not None:
        (check_rows_destination if by else check_destination)(save)
    fixed = parse_fixed(fix or [])
    if discrete and (support_at_zero or bins is not None):
        raise InvalidInput("--support-at-zero and --bins are for continuous families; leave them out, or --discrete")
    fitter = make_fitter(discrete, exclude or [], make_backend(workers, server, token))
    settings: dict[str, Any] = {
        "included_distributions": include or None,
        "lower_bound": lower,
        "upper_bound": upper,
        "fixed": fixed or None,
        **of_rows(weights, analytic_weights, censoring, censoring_kind, interval, truncation),
        "timeout": timeout,
        **({"support_at_zero": True} if support_at_zero else {}),
        **({} if bins is None else {"bins": bins}),
        "estimation_method": method,
        **({} if pvalues is None else {"n_bootstrap": pvalues}),
    }
    if by:
        check_by(by, column, {"--all": show_all})
        name = column_of(file, column, _beside(settings, by))
        fit_by(fitter, file, name, by, settings, top=top or 1, metric=metric, as_json=as_json, save=save)
        return
    report = fit_file(fitter, file, column, metric, None if show_all else top or ROWS, settings)
    if save is not None:
        report.results.save(save)
    if plot is not None and report.ranked:
        draw(report, plot, discrete)
    show(report, as_json)


def fit_file(
    fitter: DistributionFitter | DiscreteDistributionFitter,
    file: Path,
    column: str | None,
    metric: str,
    top: int | None,
    settings: dict[str, Any],
) -> Report:
    """The report of one column of a file, with progress on stderr."""
    name = column_of(file, column, _beside(settings))
    started = time.perf_counter()
    with console_progress("Fitting") as progress:
        config = FitterConfig.merged(None, **settings)
        results = fitter.fit(file, column=name, config=config, progress_callback=progress)
    return Report(str(file), name, results, metric, top, time.perf_counter() - started)


def of_rows(
    weights: str | None,
    analytic_weights: str | None,
    censoring: str | None,
    kind: str | None,
    interval: tuple[str, str] | None,
    truncation: tuple[str, str] | None,
) -> dict[str, Any]:
    """The settings that speak of rows, as `fit` takes them; raises `InvalidInput` for options that exclude each other."""
    if weights is not None and analytic_weights is not None:
        raise InvalidInput("--weights and --analytic-weights were both given; rows are weighted once")
    if interval is not None and (censoring is not None or kind is not None):
        raise InvalidInput("--interval and --censoring both say what is known of a row; give one of them")
    if kind is not None and censoring is None:
        raise InvalidInput(f"--censoring-kind {kind} says what a column means; name it with --censoring")
    return {
        "weights": weights if analytic_weights is None else Weights(analytic_weights, "analytic"),
        "censoring": interval or (None if censoring is None else Censoring(censoring, kind)),
        "truncation": None if truncation is None else tuple(_end(text) for text in truncation),
    }


def _end(text: str) -> float | str:
    """The number that an end of a window is, or the column's name."""
    try:
        return float(text)
    except ValueError:
        return text


def _beside(settings: dict[str, Any], by: Sequence[str] = ()) -> Beside:
    """The columns of the file that settings name beside the one to fit."""
    weights, censoring = settings.get("weights"), settings.get("censoring")
    ends = censoring if isinstance(censoring, tuple) else ()
    said = [weights.column if isinstance(weights, Weights) else weights, *ends, *(settings.get("truncation") or ())]
    said += [censoring.column] if isinstance(censoring, Censoring) else []
    names = tuple(dict.fromkeys(name for name in said if isinstance(name, str)))
    return Beside(names, bool(ends), tuple(by))


def show(report: Report, as_json: bool = False) -> None:
    """Print the report; raises `FitFailed` after it where no family could be fitted."""
    (print_json if as_json else print_table)(report)
    if not report.ranked:
        raise FitFailed(f"no family could be fitted to column {report.column!r}; the reasons are in the rows")


def make_fitter(
    discrete: bool, exclude: Sequence[str], backend: ExecutionBackend
) -> DistributionFitter | DiscreteDistributionFitter:
    """The fitter of continuous or of discrete families."""
    kind = DiscreteDistributionFitter if discrete else DistributionFitter
    return kind(excluded_distributions=exclude, backend=backend)


def make_backend(workers: int | None, server: str | None, token: str | None) -> ExecutionBackend:
    """The service where one is named, this process otherwise; raises `InvalidInput` where both are asked for."""
    if server is None:
        return LocalBackend(workers)
    if workers is not None:
        raise InvalidInput(f"--workers is of this process, and --server {server} fits elsewhere; leave one of them out")
    from warmfit.backends.remote import RemoteBackend  # imports gRPC

    return RemoteBackend(server, token)


def parse_fixed(entries: Sequence[str]) -> dict[str, float]:
    """NAME=VALUE entries as a mapping; raises `InvalidInput` for anything else and for repeated names."""
    fixed: dict[str, float] = {}
    for entry in entries:
        name, equals, text = entry.partition("=")
        value = _parsed(text)
        if not (name.strip() and equals) or value is None:
            raise InvalidInput(f"--fix {entry!r}; expected NAME=VALUE with a finite number, such as loc=0")
        if name.strip() in fixed:
            raise InvalidInput(f"--fix names {name.strip()!r} more than once; name it once")
        fixed[name.strip()] = value
    return fixed


def _parsed(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
