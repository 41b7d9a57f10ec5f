"""Plots of fits, drawn from summaries, so that no plot reads the data again; they need the extra `plot`.

Each function takes a `DistributionFitResult`, draws on a figure of its own, and returns (Figure, Axes). A result of a fit
knows its column; for one that was loaded, `data` is the column: an array, a frame's column, or a `ColumnSummary`.
Keywords beyond those of a function are those of `Style`; a name that is none of them is refused.
"""

from __future__ import annotations

from warmfit.plotting.density import plot_comparison, plot_discrete_distribution, plot_distribution
from warmfit.plotting.diagnostics import plot_diagnostics
from warmfit.plotting.probability import plot_cdf_comparison, plot_pp, plot_qq
from warmfit.plotting.residuals import plot_residual_histogram

__all__ = [
    "plot_cdf_comparison",
    "plot_comparison",
    "plot_diagnostics",
    "plot_discrete_distribution",
    "plot_distribution",
    "plot_pp",
    "plot_qq",
    "plot_residual_histogram",
]
