"""`warmfit demo`: what the program does, on a column of real data that comes with it."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from warmfit.backends.local import LocalBackend
from warmfit.backends.protocol import ExecutionBackend
from warmfit.cli.fit import fit_file, show
from warmfit.cli.options import Workers
from warmfit.cli.tables import Report, stdout
from warmfit.fitter import DistributionFitter

SEED = 0
SAMPLES = 5
TOP = 10  # rows of the ranked table
BUNDLED = "danish.csv"  # Danish fire insurance losses in millions of kroner

_HINT = """
The same in Python:

    import pandas as pd
    from warmfit import DistributionFitter

    frame = pd.read_csv({path!r})
    results = DistributionFitter(excluded_distributions=()).fit(frame, column={column!r})
    best = results.best()[0]
    best.sample({n}, random_state={seed})
"""


def demo(
    column_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Another file of one column, instead of the Danish fire losses.")
    ] = None,
    workers: Workers = None,
    service: Annotated[bool, typer.Option("--service", help="Then do the same through a service of its own.")] = False,
) -> None:
    """Fit every family of SciPy to a column of real data, and draw from the best."""
    with resources.as_file(resources.files("warmfit") / "data" / BUNDLED) as bundled:
        path = column_file or bundled
        if service:
            say("In this process:")
        report = _fit(path, LocalBackend(workers))
        show(report)
        _draw(report, path)
        if service:
            _through_a_service(path, workers)


def _fit(path: Path, backend: ExecutionBackend) -> Report:
    return fit_file(DistributionFitter(excluded_distributions=(), backend=backend), path, None, "bic", TOP, {})


def _through_a_service(path: Path, workers: int | None) -> None:
    """The same fit by gRPC, twice, from a service that is started and ended here."""
    from warmfit.backends.remote import RemoteBackend  # imports gRPC
    from warmfit.cli.own_service import own_service
    from warmfit.remote.client import Client

    say("Through a service: `warmfit serve`, then `warmfit fit FILE --server HOST:PORT`")
    with own_service(say, workers) as address:
        backend = RemoteBackend(address)
        first = _fit(path, backend)
        show(first)
        again = _fit(path, backend)
        say(f"first fit {first.elapsed:.3f} s, the same fit again {again.elapsed * 1e3:.1f} ms")
        best = first.ranked[0]
        with Client(address) as client:
            values = next(client.sample(best, SAMPLES, seed=SEED))
        say(f"{SAMPLES} samples from {best.distribution} drawn by the service, seed {SEED}: the same numbers")
        say("    " + "  ".join(f"{value:.6g}" for value in values))


def say(line: str) -> None:
    """A line about what happens, on stderr, where progress goes."""
    Console(stderr=True, highlight=False, markup=False).print(line, soft_wrap=True)


def _draw(report: Report, path: Path) -> None:
    console = stdout()
    best = report.ranked[0]
    console.print(f"\n{SAMPLES} samples from {best.distribution}, seed {SEED}:", highlight=False)
    for value in best.sample(SAMPLES, random_state=SEED):
        console.print(f"    {value:.6g}", highlight=False)
    hint = _HINT.format(path=str(path), column=report.column, n=SAMPLES, seed=SEED)
    console.print(hint, highlight=False, soft_wrap=True)
