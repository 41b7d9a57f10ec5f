"""The picture that `warmfit fit --plot` draws of the best fit."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from warmfit.cli.tables import Report
from warmfit_fitting.errors import InvalidInput

FORMATS = (".png", ".pdf", ".svg")


def check_picture(path: Path, by: Sequence[str]) -> None:
    """Raise `InvalidInput`, before anything is fitted, where no picture could be drawn."""
    if by:
        raise InvalidInput(
            "--plot draws one fit, and --by makes many; fit one group by itself, or leave one of them out"
        )
    if path.suffix.lower() not in FORMATS:
        raise InvalidInput(f"--plot {path}: expected a name that ends in {', '.join(FORMATS[:-1])} or {FORMATS[-1]}")
    if not path.absolute().parent.is_dir():
        raise InvalidInput(f"--plot {path}: there is no folder {path.absolute().parent}")
    if find_spec("matplotlib") is None:
        raise InvalidInput("--plot needs matplotlib: pip install 'warmfit[plot]'")


def draw(report: Report, path: Path, discrete: bool) -> None:
    """Draw the best fit: four plots of a continuous one, shares and probabilities of a discrete one."""
    import matplotlib

    matplotlib.use("Agg")  # a file is written, and no window opened
    from warmfit.plotting import plot_diagnostics, plot_discrete_distribution

    best = report.ranked[0]
    (plot_discrete_distribution if discrete else plot_diagnostics)(best, save_path=path)
