"""Four pictures of one fit: Q–Q, P–P, residuals, distribution functions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from warmfit.plotting.probability import draw_cdf, draw_pp, draw_qq
from warmfit.plotting.residuals import draw_residuals
from warmfit.plotting.rows import rows_of
from warmfit.plotting.style import Axes, Figure, Style, figure, save
from warmfit.result import DistributionFitResult


def plot_diagnostics(
    result: DistributionFitResult, data: object = None, *, column: str | None = None, bins: int = 30, **style: Any
) -> tuple[Figure, Axes]:
    """The 2×2 figure and its array (2, 2) of axes; `bins`: bars of the residuals."""
    chosen = Style.of(style, figsize=(11.0, 9.0))
    rows = rows_of(result, data, column)
    fig, axes = figure(chosen, 2, 2)
    inner = replace(chosen, title=None, title_fontsize=chosen.subplot_title_fontsize)
    draw_qq(axes[0, 0], inner, result, rows)
    draw_pp(axes[0, 1], inner, result, rows)
    draw_residuals(axes[1, 0], inner, result, rows, bins)
    draw_cdf(axes[1, 1], inner, result, rows)
    name = "" if result.column_name is None else f"{result.column_name}: "
    fig.suptitle(chosen.title or f"{name}{result.distribution}", fontsize=chosen.title_fontsize)
    return save(chosen, fig), axes
