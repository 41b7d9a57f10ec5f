"""How plots look: sizes, colours, where they are saved. The names are those that users of spark-bestfit type."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from warmfit import validation as check
from warmfit.constants import DEFAULT_DPI
from warmfit.nearest import did_you_mean
from warmfit_fitting.errors import InvalidInput

Figure: TypeAlias = Any  # matplotlib's, which has no part in `import warmfit`
Axes: TypeAlias = Any

# Okabe & Ito (2008), "Color Universal Design": told apart with any kind of colour vision.
DATA, FIT, REFERENCE = "#56B4E9", "#D55E00", "#555555"
CYCLE = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#000000")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)))  # and in print without colour


@dataclass(frozen=True)
class Style:
    """What a caller may set of any plot; None stands for the plot's own default.

    `figsize`: inches. `save_path`: the file to write, in `save_format`, or in that of its suffix. `marker…`: of Q–Q and P–P
    plots. `line…`: of their reference lines, and of fitted curves.
    """

    title: str | None = None
    xlabel: str | None = None
    ylabel: str | None = None
    figsize: tuple[float, float] = (8.0, 5.5)
    dpi: int = DEFAULT_DPI
    title_fontsize: float = 13.0
    subplot_title_fontsize: float = 11.0
    label_fontsize: float = 11.0
    legend_fontsize: float = 9.5
    grid_alpha: float = 0.25
    show_histogram: bool = True
    histogram_alpha: float = 0.55
    histogram_color: str = DATA
    pdf_linewidth: float = 2.0
    pmf_linewidth: float = 2.0
    marker: str = "o"
    marker_size: float = 16.0
    marker_alpha: float = 0.8
    marker_color: str = "#0072B2"
    line_color: str = FIT
    line_style: str = "-"
    line_width: float = 1.6
    empirical_color: str = "#0072B2"
    empirical_linewidth: float = 2.0
    empirical_alpha: float = 0.9
    theoretical_color: str = FIT
    theoretical_linewidth: float = 2.0
    theoretical_linestyle: str = "--"
    show_zero_line: bool = True
    zero_line_color: str = REFERENCE
    zero_line_style: str = "--"
    zero_line_width: float = 1.2
    save_path: str | Path | None = None
    save_format: str | None = None

    @classmethod
    def of(cls, given: dict[str, Any], **defaults: Any) -> Style:
        """The style of a call's keywords over a plot's defaults; raises `InvalidInput` for a name that is none."""
        known = [field.name for field in dataclasses.fields(cls)]
        for name in given:
            if name not in known:
                raise InvalidInput(f"no plot has {name}=; {did_you_mean(name, known)}there are {', '.join(known)}")
        style = cls(**{**defaults, **given})
        size = np.shape(style.figsize)
        if size != (2,):
            raise InvalidInput(f"figsize={style.figsize!r}; expected the width and the height in inches")
        check.positive("figsize", style.figsize[0])
        check.positive("figsize", style.figsize[1])
        check.whole("dpi", style.dpi)
        return style


def pyplot() -> Any:
    """matplotlib's pyplot; raises `InvalidInput` where it is not installed."""
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise InvalidInput("plots need matplotlib; pip install 'warmfit[plot]'") from None
    return plt


def figure(style: Style, rows: int = 1, columns: int = 1) -> tuple[Figure, Any]:
    """A new figure with one axes, or an array (rows, columns) of them."""
    return pyplot().subplots(rows, columns, figsize=style.figsize, dpi=style.dpi, layout="constrained")  # type: ignore[no-any-return]


def drawn(style: Style, draw: Callable[[Axes], None]) -> tuple[Figure, Axes]:
    """A figure on whose one axes `draw` has drawn, saved where the style says so."""
    fig, ax = figure(style)
    draw(ax)
    return save(style, fig), ax


def save(style: Style, fig: Figure) -> Figure:
    """Write the figure where the style has a path; raises `InvalidInput` for a path or format that cannot be written."""
    if style.save_path is not None:
        try:
            fig.savefig(style.save_path, format=style.save_format, dpi=style.dpi)
        except (OSError, ValueError) as error:
            raise InvalidInput(f"save_path={str(style.save_path)!r}: {error}") from None
    return fig


def dress(ax: Axes, style: Style, title: str, xlabel: str, ylabel: str, legend: bool = True) -> None:
    """Titles, labels, grid and legend; what the style says wins over what the plot would."""
    ax.set_title(style.title or title, fontsize=style.title_fontsize, loc="left")
    ax.set_xlabel(style.xlabel or xlabel, fontsize=style.label_fontsize)
    ax.set_ylabel(style.ylabel or ylabel, fontsize=style.label_fontsize)
    ax.grid(visible=True, alpha=style.grid_alpha, linewidth=0.6)
    ax.set_axisbelow(True)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    if legend:
        ax.legend(fontsize=style.legend_fontsize, frameon=False)
