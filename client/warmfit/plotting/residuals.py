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
from warmfit_fitting.errors import InvalidInput

EXPECTED = 5.0  # rows that a bin must expect for its residual to tell something
REACH = 4.0  # standard deviations of the curve of reference


def plot_residual_histogram(
    result: DistributionFitResult,
    data: object = None,
    x_hist: ArrayLike | None = None,
    *,
    y_hist: ArrayLike | None = None,
    column: str | None = None,
    bins: int = 30,
    **style: Any,
) -> tuple[Figure, Axes]:
    """The residuals of bins in which the fit expects equal shares, and the normal curve that they would follow.

    A residual is (observed − expected)/√(expected(1 − share)) rows. `bins`: bars of the picture. With `x_hist` (K,),
    the centres of a histogram's bins, they are those of its bins; `y_hist` (K,), or `data`, is then its densities.
    """
    chosen = Style.of(style)
    if x_hist is None and y_hist is None:
        found = residuals(result, rows_of(result, data, column))
    else:
        found = residuals_of_histogram(result, data if y_hist is None else y_hist, x_hist)
    return drawn(chosen, lambda ax: draw_residuals(ax, chosen, result, found, check.whole("bins", bins)))


def draw_residuals(ax: Axes, style: Style, result: DistributionFitResult, found: FloatArray, bins: int = 30) -> None:
    """The histogram of the residuals `found` (K,) on `ax`."""
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
    return _in_deviations(observed, expected, rows.n)


def residuals_of_histogram(result: DistributionFitResult, heights: object, centres: object) -> FloatArray:
    """Residuals (K,) of the bins around `centres` (K,), of densities `heights` (K,); raises `InvalidInput`."""
    y, x = (np.asarray([] if given is None else given, dtype=np.float64) for given in (heights, centres))
    if x.ndim != 1 or x.shape != y.shape or len(x) < 2 or not (np.diff(x) > 0).all() or not (y >= 0).all():
        raise InvalidInput(
            "y_hist and x_hist: expected the densities and the ascending centres of the same two bins or more; leave "
            "them out, and the bins are those of the summary"
        )
    if not result.data_count:
        raise InvalidInput("this result does not say how many rows it was fitted to, which residuals need; give data=")
    middle = (x[1:] + x[:-1]) / 2
    edges = np.concatenate([[2 * x[0] - middle[0]], middle, [2 * x[-1] - middle[-1]]])
    return _in_deviations(y * np.diff(edges), np.diff(result.cdf(edges)), result.data_count)


def _in_deviations(observed: FloatArray, expected: FloatArray, n: float) -> FloatArray:
    """The differences of shares of `n` rows in standard deviations, where a row or more is expected."""
    keep = n * expected >= 1.0
    spread = np.sqrt(np.maximum(expected * (1 - expected), 1e-300) / n)
    found: FloatArray = ((observed - expected) / spread)[keep]
    return found


def _settled(edges: FloatArray, rows: Rows) -> ArrayLike:
    """The edges of the rows' own intervals next to `edges`, where counts are exact."""
    known = np.sort(rows.upper[np.isfinite(rows.upper)])
    return known[np.minimum(np.searchsorted(known, edges), len(known) - 1)]
