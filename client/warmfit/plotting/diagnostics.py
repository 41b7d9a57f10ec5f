"""Four pictures of one fit: Q–Q, P–P, residuals, distribution functions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from numpy.typing import ArrayLike

from warmfit.plotting.probability import draw_cdf, draw_pp, draw_qq
from warmfit.plotting.residuals import draw_residuals, residuals, residuals_of_histogram
from warmfit.plotting.rows import rows_of
from warmfit.plotting.style import Axes, Figure, Style, figure, save
from warmfit.result import DistributionFitResult


def plot_diagnostics(
    result: DistributionFitResult,
    data: object = None,
    *,
    column: str | None = None,
    bins: int = 30,
    y_hist: ArrayLike | None = None,
    x_hist: ArrayLike | None = None,
    **style: Any,
) -> tuple[Figure, Axes]:
    """The 2×2 figure and its array (2, 2) of axes; `bins`: bars of the residuals.

    `y_hist`, `x_hist`: densities and centres of a histogram whose residuals are to be drawn, instead of the summary's.
    """
    chosen = Style.of(style, figsize=(11.0, 9.0))
    rows = rows_of(result, data, column)
    fig, axes = figure(chosen, 2, 2)
    inner = replace(chosen, title=None, title_fontsize=chosen.subplot_title_fontsize)
    draw_qq(axes[0, 0], inner, result, rows)
    draw_pp(axes[0, 1], inner, result, rows)
    given = x_hist is not None or y_hist is not None
    found = residuals_of_histogram(result, y_hist, x_hist) if given else residuals(result, rows)
    draw_residuals(axes[1, 0], inner, result, found, bins)
    draw_cdf(axes[1, 1], inner, result, rows)
    name = "" if result.column_name is None else f"{result.column_name}: "
    fig.suptitle(chosen.title or f"{name}{result.distribution}", fontsize=chosen.title_fontsize)
    return save(chosen, fig), axes
