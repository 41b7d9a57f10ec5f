"""The plots as methods of the fitters, with the arguments that users of spark-bestfit give them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from warmfit.constants import DEFAULT_BINS

if TYPE_CHECKING:
    from warmfit.plotting.style import Axes, Figure
    from warmfit.result import DistributionFitResult


class FitterPlots:
    """What fitters draw. `df`, `column`: the data, for a result that was loaded; one of a fit knows its own.

    `style`: the keywords of `warmfit.plotting.style.Style`. `force_recompute` is there for callers that pass it:
    nothing that was computed before is used, but the summary of the fit.
    """

    def plot(
        self,
        result: DistributionFitResult,
        df: object = None,
        column: str | None = None,
        bins: int | None = None,
        use_rice_rule: bool = True,
        *,
        force_recompute: bool = False,  # noqa: ARG002 - see the class
        **style: Any,
    ) -> tuple[Figure, Axes]:
        """The histogram of the rows and the fit; of `bins` where given, of 50 with `use_rice_rule=False`."""
        from warmfit.plotting import plot_distribution

        return plot_distribution(result, data=df, column=column, bins=_bins(bins, use_rice_rule), **style)

    def plot_comparison(
        self,
        results: Sequence[DistributionFitResult],
        df: object = None,
        column: str | None = None,
        bins: int | None = None,
        use_rice_rule: bool = True,
        *,
        force_recompute: bool = False,  # noqa: ARG002 - see the class
        **style: Any,
    ) -> tuple[Figure, Axes]:
        """The histogram of the rows and several fits of one column."""
        from warmfit.plotting import plot_comparison

        return plot_comparison(results, data=df, column=column, bins=_bins(bins, use_rice_rule), **style)

    def plot_qq(
        self,
        result: DistributionFitResult,
        df: object = None,
        column: str | None = None,
        max_points: int = 1000,
        *,
        force_recompute: bool = False,  # noqa: ARG002 - see the class
        **style: Any,
    ) -> tuple[Figure, Axes]:
        """Quantiles of the rows against those of the fit."""
        from warmfit.plotting import plot_qq

        return plot_qq(result, df, column=column, max_points=max_points, **style)

    def plot_pp(
        self,
        result: DistributionFitResult,
        df: object = None,
        column: str | None = None,
        max_points: int = 1000,
        *,
        force_recompute: bool = False,  # noqa: ARG002 - see the class
        **style: Any,
    ) -> tuple[Figure, Axes]:
        """The share of rows up to a value against the fitted probability of it."""
        from warmfit.plotting import plot_pp

        return plot_pp(result, df, column=column, max_points=max_points, **style)


def _bins(bins: int | None, use_rice_rule: bool) -> int | None:
    return DEFAULT_BINS if bins is None and not use_rice_rule else bins
