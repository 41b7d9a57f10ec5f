"""Histograms with fitted densities: of one fit, of several, and of counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from warmfit import validation as check
from warmfit.plotting.law import Law
from warmfit.plotting.rows import Rows, rows_of
from warmfit.plotting.style import CYCLE, DASHES, Axes, Figure, Style, drawn, dress
from warmfit.result import DistributionFitResult
from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.families.discrete.family import DiscreteFamily

POINTS = 600  # of a curve
HEADROOM = 1.6  # times the tallest bar that a curve may fill before it is cut, where a density has no bound
MOST_COUNTS = 200  # counts that are drawn one by one


def plot_distribution(
    result: DistributionFitResult,
    y_hist: ArrayLike | None = None,
    x_hist: ArrayLike | None = None,
    *,
    data: object = None,
    column: str | None = None,
    bins: int | None = None,
    **style: Any,
) -> tuple[Figure, Axes]:
    """The histogram of the rows and the fitted density over it.

    `y_hist`, `x_hist` (H,): densities and bin centres of a histogram of the caller's own, instead of the rows'.
    `bins`: bars, by default by the rule of Freedman & Diaconis. Bars and curve are densities of all rows, shown or not.
    """
    chosen = Style.of(style)
    if isinstance(result._family, DiscreteFamily):
        return plot_discrete_distribution(result, data, column=column, **style)
    rows = _rows(result, data, column, y_hist, x_hist)

    def draw(ax: Axes) -> None:
        edges, density = _bars(rows, bins, y_hist, x_hist)
        tallest = draw_bars(ax, chosen, edges, density)
        highest = _curve(ax, chosen, result, rows, edges, CYCLE[0], "-")
        _limit(ax, tallest, highest)
        dress(ax, chosen, _title(result), _value(result), "Density")
        say_what_is_outside(ax, rows, edges)

    return drawn(chosen, draw)


def plot_comparison(
    results: Sequence[DistributionFitResult],
    y_hist: ArrayLike | None = None,
    x_hist: ArrayLike | None = None,
    *,
    data: object = None,
    column: str | None = None,
    bins: int | None = None,
    **style: Any,
) -> tuple[Figure, Axes]:
    """The histogram of the rows and the densities of several fits of one column, as `best(n=3)` gives them."""
    chosen = Style.of(style)
    fits = [results] if isinstance(results, DistributionFitResult) else list(results)
    if not fits:
        raise InvalidInput("results is empty; give at least one fit, such as results.best(n=3)")
    if len(fits) > len(CYCLE):
        raise InvalidInput(f"{len(fits)} fits in one picture; expected at most {len(CYCLE)}, which colours tell apart")
    columns = {fit.column_name for fit in fits}
    if len(columns) > 1:
        raise InvalidInput(f"fits of several columns ({', '.join(sorted(map(str, columns)))}); give those of one")
    rows = _rows(fits[0], data, column, y_hist, x_hist)

    def draw(ax: Axes) -> None:
        edges, density = _bars(rows, bins, y_hist, x_hist)
        tallest = draw_bars(ax, chosen, edges, density)
        looks = zip(fits, CYCLE, DASHES, strict=False)
        highest = max(_curve(ax, chosen, fit, rows, edges, colour, dashes) for fit, colour, dashes in looks)
        _limit(ax, tallest, highest)
        dress(ax, chosen, "Distribution comparison", _value(fits[0]), "Density")
        say_what_is_outside(ax, rows, edges)

    return drawn(chosen, draw)


def plot_discrete_distribution(
    result: DistributionFitResult, data: object = None, *, column: str | None = None, **style: Any
) -> tuple[Figure, Axes]:
    """The share of the rows at each count, and the fitted probabilities; many counts are joined to bars."""
    chosen = Style.of(style)
    if not isinstance(result._family, DiscreteFamily):
        raise InvalidInput(f"{result.distribution} is continuous; use plot_distribution")
    rows = rows_of(result, data, column)
    low, high = (round(end) for end in rows.shown)
    width = max(1, -(-(high - low + 1) // MOST_COUNTS))
    edges: FloatArray = np.arange(low, high + width + 1, width, dtype=np.float64) - 0.5

    def draw(ax: Axes) -> None:
        place = np.searchsorted(edges, rows.at, side="right") - 1
        inside = (place >= 0) & (place < len(edges) - 1)
        share = np.bincount(place[inside], rows.mass[inside], len(edges) - 1)
        middle = (edges[:-1] + edges[1:]) / 2
        law = Law.of(result, rows)
        expected = np.diff(law.cdf(edges))
        if chosen.show_histogram:
            ax.bar(
                middle, share, 0.85 * width, color=chosen.histogram_color, alpha=chosen.histogram_alpha, label="rows"
            )
        size = chosen.marker_size if len(middle) < 60 else 4.0
        ax.vlines(middle, 0, expected, color=chosen.line_color, linewidth=chosen.pmf_linewidth / 2)
        ax.scatter(middle, expected, size, color=chosen.line_color, zorder=3, label=law.label)
        each = "count" if width == 1 else f"{width} counts"
        dress(ax, chosen, _title(result), _value(result), f"Share of rows for each {each}")

    return drawn(chosen, draw)


def draw_bars(ax: Axes, style: Style, edges: FloatArray, density: FloatArray) -> float:
    """The histogram; returns the height of its tallest bar."""
    if style.show_histogram:
        ax.stairs(
            density,
            edges,
            fill=True,
            color=style.histogram_color,
            alpha=style.histogram_alpha,
            label="rows",
        )
    return float(density.max(initial=0.0))


def say_what_is_outside(ax: Axes, rows: Rows | None, edges: FloatArray) -> None:
    """Say how many rows lie beyond what is shown."""
    if rows is None:
        return
    outside = float(rows.mass[(rows.at < edges[0]) | (rows.at > edges[-1])].sum())
    if outside > 0:
        told = f"{outside:.2g}" if outside < 1e-4 else f"{100 * outside:.2g} %"
        ax.annotate(
            f"{told} of the rows lie outside",
            (0.99, 0.02),
            xycoords="axes fraction",
            ha="right",
            fontsize="small",
            color="#555555",
        )


def _rows(
    result: DistributionFitResult, data: object, column: str | None, y_hist: object, x_hist: object
) -> Rows | None:
    if (y_hist is None) != (x_hist is None):
        raise InvalidInput("y_hist and x_hist go together: the densities and the centres of a histogram's bins")
    if y_hist is not None and data is not None:
        raise InvalidInput("y_hist= and data= were both given; give one of them")
    return None if y_hist is not None else rows_of(result, data, column)


def _bars(
    rows: Rows | None, bins: int | None, y_hist: ArrayLike | None, x_hist: ArrayLike | None
) -> tuple[FloatArray, FloatArray]:
    """Edges (H+1,) and densities (H,)."""
    if rows is not None:
        edges, share = rows.histogram(None if bins is None else check.whole("bins", bins))
        return edges, share / np.diff(edges)
    density, centres = np.asarray(y_hist, dtype=np.float64), np.asarray(x_hist, dtype=np.float64)
    if density.ndim != 1 or density.shape != centres.shape or len(density) < 2 or not np.all(np.diff(centres) > 0):
        raise InvalidInput(
            f"y_hist of shape {density.shape} and x_hist of shape {centres.shape}; expected two arrays of one length, of at "
            "least two bins, centres ascending"
        )
    inner = (centres[1:] + centres[:-1]) / 2
    return np.concatenate([[2 * centres[0] - inner[0]], inner, [2 * centres[-1] - inner[-1]]]), density


def _curve(
    ax: Axes,
    style: Style,
    result: DistributionFitResult,
    rows: Rows | None,
    edges: FloatArray,
    colour: str,
    dashes: Any,
) -> float:
    """The density of a fit; returns its highest value where it is shown."""
    law = Law(result) if rows is None else Law.of(result, rows)
    x = np.linspace(edges[0], edges[-1], POINTS)
    pdf = law.pdf(x)
    pdf = np.where(np.isfinite(pdf), pdf, np.nan)
    ax.plot(x, pdf, color=colour, linestyle=dashes, linewidth=style.pdf_linewidth, label=law.label)
    return float(np.nanmax(pdf))


def _limit(ax: Axes, tallest: float, highest: float) -> None:
    """Room for bars and curves, but not for a density that grows without bound."""
    room = 1.08 * max(tallest, highest)
    ax.set_ylim(0, min(room, HEADROOM * tallest) if tallest > 0 else room)


def _title(result: DistributionFitResult) -> str:
    name = "" if result.column_name is None else f"{result.column_name}: "
    return f"{name}{result.distribution}"


def _value(result: DistributionFitResult) -> str:
    return "Value" if result.column_name is None else str(result.column_name)
