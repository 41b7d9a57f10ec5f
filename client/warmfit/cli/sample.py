"""`warmfit sample`: numbers drawn from the distribution that fits a column, or from a saved result."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from warmfit.cli.files import read_column
from warmfit.cli.fit import Column, Workers, make_fitter
from warmfit.cli.saved import is_result, load_fit, picked
from warmfit.progress import console_progress
from warmfit.result import DistributionFitResult


def sample(
    file: Annotated[Path, typer.Argument(help="A file of data, or a saved result (.json).", show_default=False)],
    column: Column = None,
    n: Annotated[int, typer.Option("--n", "-n", min=1, help="How many numbers.")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="The seed; the same seed draws the same numbers.")] = 0,
    distribution: Annotated[str | None, typer.Option(help="The family; the best by BIC by default.")] = None,
    workers: Workers = None,
) -> None:
    """Print numbers drawn from the fitted distribution, one a line."""
    if is_result(file):
        fitted = load_fit(file, column, distribution)
    else:
        fitted = _fit(file, column, distribution, workers)
    sys.stdout.writelines(f"{float(value)!r}\n" for value in fitted.sample(n, random_state=seed))


def _fit(file: Path, column: str | None, distribution: str | None, workers: int | None) -> DistributionFitResult:
    frame, name = read_column(file, column)
    with console_progress("Fitting") as progress:
        results = make_fitter([], workers).fit(
            frame,
            column=name,
            included_distributions=[distribution] if distribution else None,
            progress_callback=progress,
        )
    return picked(results, distribution)
