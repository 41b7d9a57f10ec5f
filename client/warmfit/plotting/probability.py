"""Q–Q and P–P plots with pointwise bands, and distribution functions with the Kolmogorov–Smirnov distance.

Bands are those of order statistics of a known law: the i-th of n uniform values follows Beta(i, n − i + 1). They take no
notice of parameters having been estimated, which makes them a little wide, and are drawn where every value is known.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from warmfit import validation as check
from warmfit.plotting.law import Law
from warmfit.plotting.rows import Rows, rows_of
from warmfit.plotting.style import REFERENCE, Axes, Figure, Style, drawn, dress
from warmfit.result import DistributionFitResult
from warmfit_fitting.arrays import FloatArray

LEVEL = 0.95  # of the bands
MOST_POINTS = 1000
WIDE = (6.5, 6.0)
STEPS = 400  # of a curve


def plot_qq(
    result: DistributionFitResult,
    data: object = None,
    *,
    column: str | None = None,
    max_points: int = MOST_POINTS,
    **style: Any,
) -> tuple[Figure, Axes]:
    """Quantiles of the rows against those of the fit, with a 95 % band at each point."""
    chosen, rows = Style.of(style, figsize=WIDE), rows_of(result, data, column)
    return drawn(chosen, lambda ax: draw_qq(ax, chosen, result, rows, check.whole("max_points", max_points)))


def plot_pp(
    result: DistributionFitResult,
    data: object = None,
    *,
    column: str | None = None,
    max_points: int = MOST_POINTS,
    **style: Any,
) -> tuple[Figure, Axes]:
    """The share of rows up to a value against the fitted probability of it, with a 95 % band at each point."""
    chosen, rows = Style.of(style, figsize=WIDE), rows_of(result, data, column)
    return drawn(chosen, lambda ax: draw_pp(ax, chosen, result, rows, check.whole("max_points", max_points)))


def plot_cdf_comparison(
    result: DistributionFitResult, data: object = None, *, column: str | None = None, **style: Any
) -> tuple[Figure, Axes]:
    """The distribution functions of the rows and of the fit, and where they are farthest apart."""
    chosen, rows = Style.of(style), rows_of(result, data, column)
    return drawn(chosen, lambda ax: draw_cdf(ax, chosen, result, rows))


def draw_qq(ax: Axes, style: Style, result: DistributionFitResult, rows: Rows, most: int = MOST_POINTS) -> None:
    """A Q–Q plot on `ax`."""
    law, at = Law.of(result, rows), rows.thinned(most)
    fitted, seen = law.ppf(rows.middle[at]), rows.at[at]
    known = np.isfinite(fitted)
    fitted, seen = fitted[known], seen[known]
    if rows.complete:
        low, high = _band(rows.middle[at][known], rows.n)
        ax.fill_between(
            fitted, law.ppf(low), law.ppf(high), color=REFERENCE, alpha=0.15, linewidth=0, label="95 % band"
        )
    ends = [min(fitted.min(), seen.min()), max(fitted.max(), seen.max())]
    _reference(ax, style, ends)
    _points(ax, style, fitted, seen)
    _frame(ax, fitted, seen)
    dress(ax, style, f"{result.distribution}: Q–Q", "Quantile of the fit", "Quantile of the rows")


def draw_pp(ax: Axes, style: Style, result: DistributionFitResult, rows: Rows, most: int = MOST_POINTS) -> None:
    """A P–P plot on `ax`."""
    law, at = Law.of(result, rows), rows.thinned(most)
    if rows.complete:
        p = np.linspace(0, 1, STEPS)
        low, high = _band(p, rows.n)
        ax.fill_between(p, low, high, color=REFERENCE, alpha=0.15, linewidth=0, label="95 % band")
    _reference(ax, style, [0.0, 1.0])
    _points(ax, style, law.cdf(rows.at[at]), rows.middle[at])
    dress(ax, style, f"{result.distribution}: P–P", "Probability by the fit", "Share of rows")


def draw_cdf(ax: Axes, style: Style, result: DistributionFitResult, rows: Rows) -> None:
    """Both distribution functions on `ax`, and their greatest distance."""
    law, (low, high) = Law.of(result, rows), rows.shown
    x = np.linspace(low, high, STEPS)
    ends = np.where(np.isfinite(rows.upper), rows.upper, np.nan)
    ax.step(
        np.concatenate([[low], ends]),
        np.concatenate([[0.0], rows.upto]),
        where="post",
        color=style.empirical_color,
        linewidth=style.empirical_linewidth,
        alpha=style.empirical_alpha,
        label="rows",
    )
    ax.plot(
        x,
        law.cdf(x),
        color=style.theoretical_color,
        linewidth=style.theoretical_linewidth,
        linestyle=style.theoretical_linestyle,
        label=law.label,
    )
    _distance(ax, law, rows)
    ax.set_xlim(low, high)
    ax.set_ylim(0, 1.02)
    name = "Value" if result.column_name is None else str(result.column_name)
    dress(ax, style, f"{result.distribution}: distribution functions", name, "Share of rows up to the value")


def _distance(ax: Axes, law: Law, rows: Rows) -> None:
    """A line where the two functions are farthest apart."""
    known = np.isfinite(rows.upper)
    x, after = rows.upper[known], rows.upto[known]
    before = after - np.where(rows.lower[known] == x, rows.mass[known], 0.0)
    fitted = law.cdf(x)
    far = np.maximum(np.abs(after - fitted), np.abs(before - fitted))
    worst = int(np.argmax(far))
    other = after[worst] if abs(after[worst] - fitted[worst]) >= abs(before[worst] - fitted[worst]) else before[worst]
    ax.vlines(
        x[worst], fitted[worst], other, color="black", linewidth=2.5, label=f"distance {far[worst]:.3g}", zorder=3
    )


def _band(p: FloatArray, n: float) -> tuple[FloatArray, FloatArray]:
    """The middle `LEVEL` of where the order statistic at the share `p` (K,) of n uniform values lies."""
    rank = np.clip(p * n + 0.5, 0.5, n + 0.5)
    tail = (1 - LEVEL) / 2
    low, high = (special.betaincinv(rank, n - rank + 1, q) for q in (tail, 1 - tail))
    return low, high


def _reference(ax: Axes, style: Style, ends: list[float]) -> None:
    ax.plot(ends, ends, color=style.line_color, linestyle=style.line_style, linewidth=style.line_width, label="equal")


def _points(ax: Axes, style: Style, x: FloatArray, y: FloatArray) -> None:
    ax.scatter(
        x,
        y,
        style.marker_size,
        color=style.marker_color,
        alpha=style.marker_alpha,
        marker=style.marker,
        linewidths=0,
        zorder=3,
        label="rows",
    )


def _frame(ax: Axes, x: FloatArray, y: FloatArray) -> None:
    """Limits that the points fill: a band may be far wider in the tails."""
    for limit, values in ((ax.set_xlim, x), (ax.set_ylim, np.concatenate([x, y]))):
        margin = 0.04 * (values.max() - values.min()) or 1.0
        limit(values.min() - margin, values.max() + margin)
