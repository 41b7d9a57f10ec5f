"""`warmfit sample`: numbers drawn from the distribution that fits a column, or from a saved result."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from warmfit.backends.protocol import ExecutionBackend
from warmfit.cli.files import column_of
from warmfit.cli.fit import make_backend, make_fitter
from warmfit.cli.options import Column, Server, Token, Workers
from warmfit.cli.saved import is_result, load_fit, picked
from warmfit.progress import console_progress
from warmfit.result import DistributionFitResult
from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.families.discrete.catalogue import DISCRETE


def sample(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A file of data, or a saved result (.json).", show_default=False)
    ],
    column: Column = None,
    n: Annotated[int, typer.Option("--n", "-n", min=1, metavar="N", help="How many numbers.")] = 10,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="The seed; the same seed draws the same numbers.")] = 0,
    distribution: Annotated[
        str | None, typer.Option(metavar="NAME", help="The family; the best by BIC by default.")
    ] = None,
    discrete: Annotated[bool, typer.Option("--discrete", help="Draw from the best discrete family.")] = False,
    workers: Workers = None,
    server: Server = None,
    token: Token = None,
) -> None:
    """Print numbers drawn from the fitted distribution, one a line; with --server, the service fits and draws."""
    backend = make_backend(workers, server, token)
    if is_result(file):
        fitted = load_fit(file, column, distribution)
    else:
        fitted = _fit(file, column, distribution, discrete or distribution in DISCRETE, backend)
    for values in _draws(fitted, n, seed, server, token):
        sys.stdout.writelines(f"{float(value)!r}\n" for value in values)


def _draws(
    fitted: DistributionFitResult, n: int, seed: int, server: str | None, token: str | None
) -> Iterator[FloatArray]:
    if server is None:
        yield fitted.sample(n, random_state=seed)
        return
    from warmfit.remote.client import Client  # imports gRPC

    with Client(server, token) as client:
        yield from client.sample(fitted, n, seed)


def _fit(
    file: Path, column: str | None, distribution: str | None, discrete: bool, backend: ExecutionBackend
) -> DistributionFitResult:
    name = column_of(file, column)
    with console_progress("Fitting") as progress:
        results = make_fitter(discrete, (), backend).fit(
            file,
            column=name,
            included_distributions=[distribution] if distribution else None,
            progress_callback=progress,
        )
    return picked(results, distribution)
