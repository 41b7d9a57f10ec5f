"""How far the bars of a histogram lie from what the fit expects, in standard deviations of a count."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from warmfit import validation as check
from warmfit.plotting.law import Law
from warmfit.plotting.rows import Rows, rows_of
from warmfit.plotting.style import Axes, Figure, Style, drawn, dress
from warmfit.result import DistributionFitResult
from warmfit_fitting.arrays import FloatArray

EXPECTED = 5.0  # rows that a bin must expect for its residual to tell something
REACH = 4.0  # standard deviations of the curve of reference


def plot_residual_histogram(
    result: DistributionFitResult,
    data: object = None,
    *,
    column: str | None = None,
    bins: int = 30,
    **style: Any,
) -> tuple[Figure, Axes]:
    """The residuals of bins in which the fit expects equal shares, and the normal curve that they would follow.

    A residual is (observed − expected)/√(expected(1 − share)) rows. `bins`: bars of the picture.
    """
    chosen, rows = Style.of(style), rows_of(result, data, column)
    return drawn(chosen, lambda ax: draw_residuals(ax, chosen, result, rows, check.whole("bins", bins)))


def draw_residuals(ax: Axes, style: Style, result: DistributionFitResult, rows: Rows, bins: int = 30) -> None:
    """The histogram of residuals on `ax`."""
    found = residuals(result, rows)
    reach = max(REACH, float(np.abs(found).max(initial=0.0)) * 1.05)
    edges = np.linspace(-reach, reach, bins + 1)
    counts, _ = np.histogram(found, edges)
    ax.stairs(
        counts, edges, fill=True, color=style.histogram_color, alpha=style.histogram_alpha, label=f"{len(found)} bins"
    )
    z = np.linspace(-reach, reach, 400)
    curve = len(found) * (edges[1] - edges[0]) * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    ax.plot(z, curve, color=style.line_color, linewidth=style.line_width, label="standard normal")
    if style.show_zero_line:
        ax.axvline(0, color=style.zero_line_color, linestyle=style.zero_line_style, linewidth=style.zero_line_width)
    dress(ax, style, f"{result.distribution}: residuals", "Observed − expected, in standard deviations", "Bins")


def residuals(result: DistributionFitResult, rows: Rows) -> FloatArray:
    """Residuals (K,) of bins between quantiles of the fit, as many as rows and summary allow, at most 100."""
    law = Law.of(result, rows)
    wanted = int(np.clip(min(rows.n / EXPECTED, len(rows.at) / 4), 4, 100))
    edges = np.unique(_settled(law.ppf(np.linspace(0, 1, wanted + 1)[1:-1]), rows))
    expected = np.diff(np.concatenate([[0.0], law.cdf(edges), [1.0]]))
    upto = np.concatenate([[0.0], rows.upto])[np.searchsorted(rows.upper, edges, side="right")]
    observed = np.diff(np.concatenate([[0.0], upto, [1.0]]))
    keep = rows.n * expected >= 1.0
    spread = np.sqrt(np.maximum(expected * (1 - expected), 1e-300) / rows.n)
    found: FloatArray = ((observed - expected) / spread)[keep]
    return found


def _settled(edges: FloatArray, rows: Rows) -> ArrayLike:
    """The edges of the rows' own intervals next to `edges`, where counts are exact."""
    known = np.sort(rows.upper[np.isfinite(rows.upper)])
    return known[np.minimum(np.searchsorted(known, edges), len(known) - 1)]
