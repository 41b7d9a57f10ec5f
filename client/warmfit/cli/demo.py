"""`warmfit demo`: what the program does, on a column of real data that comes with it."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from warmfit.backends.local import LocalBackend
from warmfit.cli.fit import Workers, fit_file, show
from warmfit.cli.tables import Report, stdout
from warmfit.fitter import DistributionFitter

SEED = 0
SAMPLES = 5
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
        Path | None, typer.Option(help="Another file of one column, instead of the Danish fire losses.")
    ] = None,
    workers: Workers = None,
) -> None:
    """Fit every family of SciPy to a column of real data, and draw from the best."""
    with resources.as_file(resources.files("warmfit") / "data" / BUNDLED) as bundled:
        path = column_file or bundled
        fitter = DistributionFitter(excluded_distributions=(), backend=LocalBackend(workers))
        report = fit_file(fitter, path, None, "bic", 10, {})
        show(report)
        _draw(report, path)


def _draw(report: Report, path: Path) -> None:
    console = stdout()
    best = report.ranked[0]
    console.print(f"\n{SAMPLES} samples from {best.distribution}, seed {SEED}:", highlight=False)
    for value in best.sample(SAMPLES, random_state=SEED):
        console.print(f"    {value:.6g}", highlight=False)
    hint = _HINT.format(path=str(path), column=report.column, n=SAMPLES, seed=SEED)
    console.print(hint, highlight=False, soft_wrap=True)
