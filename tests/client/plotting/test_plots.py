"""Plots show the rows and the fit that they say they show, and refuse what they cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from tests.conftest import real_column, simulated

import warmfit
from warmfit import (
    Censoring,
    DiscreteDistributionFitter,
    DistributionFitResult,
    DistributionFitter,
    FitFailed,
    InvalidInput,
    plot_cdf_comparison,
    plot_comparison,
    plot_diagnostics,
    plot_discrete_distribution,
    plot_distribution,
    plot_pp,
    plot_qq,
    plot_residual_histogram,
)

FAMILIES = ["gamma", "lognorm", "norm"]
ALL = (plot_distribution, plot_qq, plot_pp, plot_cdf_comparison, plot_residual_histogram)


@pytest.fixture(scope="module")
def fits() -> list[DistributionFitResult]:
    values = simulated("gamma(2.5)", 3000)
    return DistributionFitter().fit(values, included_distributions=FAMILIES).best(3)


@pytest.mark.parametrize("plot", ALL)
def test_every_plot_has_a_title_labels_and_a_legend(plot: Any, fits: list[DistributionFitResult]) -> None:
    _, ax = plot(fits[0])
    assert "gamma" in ax.get_title(loc="left")
    assert ax.get_xlabel()
    assert ax.get_ylabel()
    assert ax.get_legend() is not None


def test_bars_have_the_area_of_the_rows_that_are_shown(fits: list[DistributionFitResult]) -> None:
    _, ax = plot_distribution(fits[0])
    (bars,) = ax.patches
    heights, edges, _ = bars.get_data()
    assert (heights * np.diff(edges)).sum() == pytest.approx(1.0, abs=0.021)


def test_the_curve_is_the_fitted_density(fits: list[DistributionFitResult]) -> None:
    _, ax = plot_distribution(fits[0])
    x, y = ax.lines[0].get_data()
    assert y == pytest.approx(np.asarray(fits[0].pdf(x)), nan_ok=True)


def test_a_comparison_draws_each_fit_in_a_colour_and_a_dash_of_its_own(fits: list[DistributionFitResult]) -> None:
    _, ax = plot_comparison(fits)
    looks = {(line.get_color(), line.get_linestyle()) for line in ax.lines}
    assert len(looks) == len(fits) == 3
    assert len({colour for colour, _ in looks}) == len({dash for _, dash in looks}) == 3


def test_a_quantile_plot_of_the_right_law_stays_in_its_band_and_of_a_wrong_one_does_not() -> None:
    values = simulated("gamma(2.5)", 3000)
    right, wrong = (DistributionFitResult(name, p) for name, p in (("gamma", [2.5, 0, 1]), ("norm", [2.5, 1.6])))
    outside = []
    for fit in (right, wrong):
        _, ax = plot_pp(fit, values)
        points = ax.collections[1].get_offsets()
        rank = np.asarray(points[:, 1]) * 3000
        low, high = (stats.beta.ppf(q, rank + 0.5, 3000 - rank + 0.5) for q in (0.025, 0.975))
        outside.append(np.mean((points[:, 0] < low) | (points[:, 0] > high)))
    assert outside[0] < 0.2
    assert outside[1] > 0.5


def test_points_of_a_quantile_plot_are_the_rows_own_values() -> None:
    values = np.sort(simulated("gamma(2.5)", 50))
    _, ax = plot_qq(DistributionFitResult("gamma", [2.5, 0, 1]), values)
    points = np.asarray(ax.collections[1].get_offsets())
    assert points[:, 1] == pytest.approx(values)
    assert points[:, 0] == pytest.approx(stats.gamma.ppf((np.arange(50) + 0.5) / 50, 2.5))


def test_the_distance_that_is_marked_is_the_kolmogorov_smirnov_distance(fits: list[DistributionFitResult]) -> None:
    _, ax = plot_cdf_comparison(fits[0])
    (label,) = [text.get_text() for text in ax.get_legend().get_texts() if "distance" in text.get_text()]
    assert float(label.split()[1]) == pytest.approx(fits[0].ks_statistic, rel=5e-3)


def test_residuals_of_the_right_law_look_standard_normal_and_of_a_wrong_one_do_not() -> None:
    from warmfit.plotting.residuals import residuals
    from warmfit.plotting.rows import rows_of

    values = simulated("gamma(2.5)", 50_000)
    spreads = []
    for name, parameters in (("gamma", [2.5, 0, 1]), ("norm", [2.5, 1.6])):
        fit = DistributionFitResult(name, parameters)
        spreads.append(float(np.std(residuals(fit, rows_of(fit, values)))))
    assert 0.75 < spreads[0] < 1.25
    assert spreads[1] > 5


def test_diagnostics_are_four_plots_in_one_figure_also_as_a_method(fits: list[DistributionFitResult]) -> None:
    for fig, axes in (plot_diagnostics(fits[0]), fits[0].diagnostics()):
        assert axes.shape == (2, 2)
        assert len(fig.axes) == 4


def test_counts_are_drawn_with_the_probability_of_each() -> None:
    counts = np.random.default_rng(3).poisson(4.0, 800)
    fit = DiscreteDistributionFitter().fit(counts, included_distributions=["poisson"]).best()[0]
    _, ax = plot_distribution(fit)
    points = np.asarray(ax.collections[1].get_offsets())
    assert points[:, 1] == pytest.approx(np.asarray(fit.pmf(points[:, 0])))
    heights = [bar.get_height() for bar in ax.patches]
    assert heights == pytest.approx([np.mean(counts == k) for k in points[:, 0]])


def test_a_continuous_fit_is_no_discrete_plot(fits: list[DistributionFitResult]) -> None:
    with pytest.raises(InvalidInput, match="plot_distribution"):
        plot_discrete_distribution(fits[0])


def test_censored_rows_are_drawn_without_a_band() -> None:
    frame = pd.DataFrame({"t": simulated("gamma(2.5)", 200), "died": np.arange(200) % 3 > 0})
    found = DistributionFitter().fit(
        frame, column="t", censoring=Censoring("died", "event"), included_distributions=["gamma"], fixed={"loc": 0}
    )
    _, ax = plot_pp(found.best()[0])
    assert len(ax.collections) == 1
    plot_diagnostics(found.best()[0])


def test_a_truncated_fit_is_compared_within_its_window() -> None:
    values = np.abs(np.random.default_rng(5).normal(size=2000))
    fit = DistributionFitter().fit(values, included_distributions=["norm"], fixed={"loc": 0}, lower_bound=0).best()[0]
    _, ax = plot_pp(fit)
    points = np.asarray(ax.collections[1].get_offsets())
    assert np.abs(points[:, 0] - points[:, 1]).max() < 0.04


def test_rows_each_in_a_window_of_its_own_are_compared_given_that_they_could_be_seen() -> None:
    rng = np.random.default_rng(6)
    values, entry = rng.exponential(1.0, 4000), rng.uniform(0.2, 0.8, 4000)
    frame = pd.DataFrame({"x": values, "from": entry})[values > entry]
    fit = (
        DistributionFitter()
        .fit(frame, column="x", truncation=("from", None), included_distributions=["expon"], fixed={"loc": 0})
        .best()[0]
    )
    _, ax = plot_pp(fit)
    points = np.asarray(ax.collections[-1].get_offsets())
    assert np.abs(points[:, 0] - points[:, 1]).max() < 0.06


def test_a_loaded_result_needs_its_data_and_takes_a_frame_an_array_or_a_summary(tmp_path: Path) -> None:
    frame = pd.DataFrame({"price": simulated("gamma(2.5)", 300)})
    fit = DistributionFitter().fit(frame, column="price", included_distributions=["gamma"]).best()[0]
    fit.save(tmp_path / "fit.json")
    loaded = DistributionFitResult.load(tmp_path / "fit.json")
    with pytest.raises(InvalidInput, match="does not know its data"):
        plot_qq(loaded)
    for data in (frame, frame["price"], warmfit.summarize(frame, ["price"])["price"]):
        _, ax = plot_qq(loaded, data)
        assert len(ax.collections[1].get_offsets()) == 300


def test_a_histogram_of_the_callers_own_is_taken_as_it_is() -> None:
    density, edges = np.histogram(simulated("gamma(2.5)", 1000), 20, density=True)
    _, ax = plot_distribution(DistributionFitResult("gamma", [2.5, 0, 1]), density, (edges[1:] + edges[:-1]) / 2)
    heights, drawn, _ = ax.patches[0].get_data()
    assert heights == pytest.approx(density)
    assert drawn == pytest.approx(edges)


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"y_hist": [1.0, 2.0]}, "go together"),
        ({"y_hist": [1.0, 2.0], "x_hist": [1.0]}, r"shape \(2,\)"),
        ({"y_hist": [1.0, 2.0], "x_hist": [2.0, 1.0]}, "ascending"),
        ({"bins": 0}, "bins=0"),
        ({"figsiz": (3, 3)}, "did you mean 'figsize'"),
        ({"figsize": 3}, "figsize=3"),
        ({"save_path": "/no/such/folder/plot.png"}, "no/such/folder"),
        ({"save_path": "plot.nothing"}, "nothing"),
    ],
)
def test_what_cannot_be_drawn_is_refused_by_name(
    given: dict[str, Any], match: str, fits: list[DistributionFitResult], tmp_path: Path
) -> None:
    if given.get("save_path") == "plot.nothing":
        given = {"save_path": tmp_path / "plot.nothing"}
    with pytest.raises(InvalidInput, match=match):
        plot_distribution(fits[0], **given)


def test_comparisons_of_nothing_of_too_many_or_of_several_columns_are_refused(
    fits: list[DistributionFitResult],
) -> None:
    with pytest.raises(InvalidInput, match="empty"):
        plot_comparison([])
    with pytest.raises(InvalidInput, match="at most 6"):
        plot_comparison(fits * 3)
    other = DistributionFitResult("gamma", [2.5, 0, 1], column_name="other")
    with pytest.raises(InvalidInput, match="several columns"):
        plot_comparison([fits[0], other])


def test_a_row_without_a_fit_is_refused() -> None:
    with pytest.raises(FitFailed, match="no fit"):
        plot_distribution(DistributionFitResult("gamma", [], status="failed"), data=[1.0, 2.0])


def test_fitters_draw_what_the_functions_draw_and_save_it(tmp_path: Path, fits: list[DistributionFitResult]) -> None:
    fitter = DistributionFitter()
    for name, given in (("plot", fits[0]), ("plot_qq", fits[0]), ("plot_pp", fits[0]), ("plot_comparison", fits)):
        getattr(fitter, name)(given, save_path=tmp_path / f"{name}.png", dpi=40)
        assert (tmp_path / f"{name}.png").stat().st_size > 1000


def test_real_columns_of_every_shape_can_be_drawn() -> None:
    for column in ("danish", "faithful"):
        found = DistributionFitter().fit(real_column(column), included_distributions=FAMILIES)
        plot_diagnostics(found.best()[0], dpi=40)
