"""Code written for spark-bestfit 3.0.3 runs once its import says `warmfit`: the calls that its documentation shows.

Each test takes a page of that documentation (README, quickstart, features, backends, FAQ, example notebooks). What is
refused on purpose is asserted too, because the message must say what to do instead; `docs/migration.md` lists it.
"""

from __future__ import annotations

import dataclasses
import warnings
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import pytest
from scipy import stats

import warmfit as bestfit
from warmfit import (
    BackendFactory,
    BaseFitResults,
    DiscreteDistributionFitter,
    DistributionFitResult,
    DistributionFitter,
    DistributionRegistry,
    FitterConfig,
    FitterConfigBuilder,
    GaussianCopula,
    GaussianMixtureFitter,
    LazyFitResults,
    LocalBackend,
    MultivariateNormalFitter,
    SerializationError,
)

FEW: dict[str, Any] = {"max_distributions": 6}


@pytest.fixture(scope="module")
def df() -> pd.DataFrame:
    rng = np.random.default_rng(42)
    columns = {
        "value": rng.gamma(2.0, 5.0, 600),
        "percentage": 100 * rng.beta(2, 3, 600),
        "counts": rng.poisson(7, 600),
    }
    return pd.DataFrame(columns)


@pytest.fixture(scope="module")
def fitter() -> DistributionFitter:
    return DistributionFitter(backend=LocalBackend(max_workers=1), random_seed=123)


@pytest.fixture(scope="module")
def results(fitter: DistributionFitter, df: pd.DataFrame) -> BaseFitResults:
    return fitter.fit(df, column="value", **FEW)


@pytest.fixture(scope="module")
def best(results: BaseFitResults) -> DistributionFitResult:
    return results.best(n=1)[0]


def test_the_quickstart_of_a_local_frame(results: BaseFitResults, best: DistributionFitResult) -> None:
    assert f"{best.distribution} (KS={best.ks_statistic:.4f}, p={best.pvalue:.4f})".endswith("p=nan)")
    for metric in ("sse", "aic", "bic", "ad_statistic", "ks_statistic"):
        assert len(results.best(n=3, metric=metric)) == 3
    assert isinstance(results, BaseFitResults)
    assert results.filter(ks_threshold=0.05, ad_threshold=5.0).count() <= results.count() == len(results) == 6
    assert {"column_name", "distribution", "aic", "pvalue"} <= set(results.df.columns)
    x = np.linspace(best.data_min, best.data_max, 50)
    assert best.pdf(x).shape == best.cdf(x).shape == best.sample(size=50).shape
    assert best.get_scipy_dist().rvs(size=3, random_state=1).shape == (3,)
    assert results.unpersist() is results
    assert results.quality_report()["summary"]["total_distributions"] == 6


def test_every_keyword_of_the_quickstart_is_taken(fitter: DistributionFitter, df: pd.DataFrame) -> None:
    found = fitter.fit(
        df, column="value", bins=100, support_at_zero=True, enable_sampling=True, sample_fraction=0.3, max_distributions=4,
        num_partitions=16, prefilter=True, lazy_metrics=True, max_sample_size=500_000, sample_threshold=5_000_000,
        use_rice_rule=False,
    )  # fmt: skip
    assert found.best(n=1, metric="aic")[0].column_name == "value"


def test_several_columns_in_one_call(fitter: DistributionFitter, df: pd.DataFrame) -> None:
    found = fitter.fit(df, columns=["value", "percentage"], **FEW)
    assert found.for_column("value").best(n=1)[0].column_name == "value"
    assert [fits[0].column_name for fits in found.best_per_column(n=1).values()] == ["value", "percentage"]


def test_intervals_by_the_documented_call(best: DistributionFitResult, df: pd.DataFrame) -> None:
    intervals = best.confidence_intervals(
        df, column="value", alpha=0.05, n_bootstrap=1000, max_samples=500, random_seed=42
    )
    assert list(intervals) == best.get_param_names()
    assert all(lower <= upper for lower, upper in intervals.values() if np.isfinite([lower, upper]).all())


def test_counts(df: pd.DataFrame) -> None:
    fitter = DiscreteDistributionFitter(backend=LocalBackend(max_workers=1))
    best = fitter.fit(df, column="counts", max_distributions=4).best(n=1, metric="aic")[0]
    assert best.pmf(np.arange(20)).sum() == pytest.approx(1.0, abs=1e-3)
    within = fitter.fit(df, column="counts", bounded=True, lower_bound=0, upper_bound=100, max_distributions=2)
    assert (within.best()[0].lower_bound, within.best()[0].upper_bound) == (0, 100)


def test_excluded_families(df: pd.DataFrame) -> None:
    left = tuple(name for name in bestfit.DEFAULT_EXCLUDED_DISTRIBUTIONS if name != "wald")
    fitter = DistributionFitter(excluded_distributions=left, backend=LocalBackend(max_workers=1))
    assert len(fitter.fit(df, column="value", max_distributions=1)) == 1


def test_configurations(fitter: DistributionFitter, df: pd.DataFrame) -> None:
    builder = FitterConfigBuilder().with_bins(100, use_rice_rule=False).with_support_at_zero().with_max_distributions(3)
    builder = builder.with_prefilter().with_sampling(fraction=0.5, max_size=500_000, threshold=5_000_000)
    builder = builder.with_partitions(16).with_lazy_metrics().with_estimation_method("mse").with_adaptive_sampling()
    config = builder.with_bounds(lower=0.0, upper=1000.0).build()
    assert fitter.fit(df, column="value", config=config).is_lazy
    seen: list[tuple[int, int, float]] = []
    fitter.fit(df, column="value", config=config, progress_callback=lambda *event: seen.append(event))
    assert seen[-1] == (3, 3, 100.0)
    assert dataclasses.replace(FitterConfig(bins=100, lazy_metrics=True), bins=200).bins == 200
    assert FitterConfig(lazy_metrics=True).with_progress_callback(print).progress_callback is print
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.bins = 200  # type: ignore[misc]


def test_bounds_of_one_column_of_several_and_on_one_side(fitter: DistributionFitter, df: pd.DataFrame) -> None:
    both = {"lower_bound": 0.0, "upper_bound": 100.0}
    one = fitter.fit(df, column="percentage", bounded=True, **both, **FEW).best(n=1)[0]
    assert ((one.sample(200) >= 0) & (one.sample(200) <= 100)).all()
    assert (one.cdf(-1.0), one.cdf(101.0)) == (0.0, 1.0)
    half = fitter.fit(df, column="value", bounded=True, lower_bound=0.0, upper_bound=float("inf"), **FEW).best()[0]
    assert (half.lower_bound, half.upper_bound) == (0.0, None)
    limits = {"lower": {"value": 0.0, "percentage": -np.inf}, "upper": {"percentage": 100.0}}
    config = FitterConfigBuilder().with_bounds(**limits).with_max_distributions(3).build()
    found = fitter.fit(df, columns=["value", "percentage"], config=config).best_per_column()
    assert [(fits[0].lower_bound, fits[0].upper_bound) for fits in found.values()] == [(0.0, None), (None, 100.0)]
    with pytest.warns(bestfit.TruncationNotice):
        observed = fitter.fit(df, column="percentage", bounded=True, **FEW).best()[0]
    assert observed.lower_bound == df["percentage"].min()


def test_lazy_metrics(fitter: DistributionFitter, df: pd.DataFrame) -> None:
    found = fitter.fit(df, "value", lazy_metrics=True, **FEW)
    assert isinstance(found, LazyFitResults)
    assert found.best(n=1, metric="aic")[0].ks_statistic is None
    assert f"{found.best(n=1, metric='ks_statistic')[0].ks_statistic:.4f}"
    assert not found.materialize().is_lazy


def test_censored_columns(fitter: DistributionFitter, df: pd.DataFrame) -> None:
    observed = np.random.default_rng(1).random(len(df)) < 0.8
    config = FitterConfigBuilder().with_censoring("observed").with_max_distributions(3).build()
    assert fitter.fit(df.assign(observed=observed), column="value", config=config).best(metric="aic")[0].loglik < 0


class Power(stats.rv_continuous):  # type: ignore[misc]
    def _pdf(self, x: Any, alpha: Any) -> Any:
        return alpha * x ** (alpha - 1)

    def _cdf(self, x: Any, alpha: Any) -> Any:
        return x**alpha


def test_families_of_ones_own() -> None:
    fitter = DistributionFitter(backend=LocalBackend(max_workers=1))
    assert fitter.register_distribution("mine", Power(a=0, b=1)).register_distribution("too", Power(a=0, b=1)) is fitter
    shares = pd.DataFrame({"value": np.random.default_rng(1).power(2.0, 200)})
    config = FitterConfigBuilder().with_distributions(["mine"]).with_fixed(loc=0.0, scale=1.0).build()
    assert f"{fitter.fit(shares, column='value', config=config).best(n=5)[0].sse:.6f}"
    registry = DistributionRegistry()
    registry.register_distribution("mine", Power(a=0, b=1))
    assert registry.has_custom_distributions()
    assert registry.get_distribution_object("norm") is stats.norm
    registry.unregister_distribution("mine")
    with pytest.raises(ValueError, match="norm"):
        fitter.register_distribution("norm", Power(a=0, b=1))
    with pytest.raises(TypeError):
        fitter.register_distribution("bad", object())  # type: ignore[arg-type]
    fitter.register_distribution("too", Power(a=0, b=1), overwrite=True)


def test_saving_and_loading(best: DistributionFitResult, tmp_path: Path) -> None:
    best.save(tmp_path / "model.json", indent=None)
    best.save(tmp_path / "model.dat", format="json")
    loaded = DistributionFitResult.load(tmp_path / "model.json")
    assert loaded == best
    assert f"{loaded.pvalue:.4f}" == "nan"
    assert (loaded.sample(size=5, random_state=42) == best.sample(size=5, random_state=42)).all()
    manual = DistributionFitResult(distribution="gamma", parameters=[2.0, 0.0, 5.0], sse=0.003, aic=1.0, pvalue=0.95)
    manual.save(tmp_path / "manual.json")
    assert DistributionFitResult.load(tmp_path / "manual.json").pvalue == 0.95
    with pytest.raises(FileNotFoundError):
        DistributionFitResult.load(tmp_path / "none.json")
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(SerializationError):
        DistributionFitResult.load(tmp_path / "broken.json")


def test_plots(
    fitter: DistributionFitter, results: BaseFitResults, best: DistributionFitResult, df: pd.DataFrame, tmp_path: Path
) -> None:
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    from warmfit.plotting import plot_cdf_comparison, plot_pp, plot_qq, plot_residual_histogram

    rows = df["value"].to_numpy()
    heights, edges = np.histogram(rows, bins=50, density=True)
    centres = (edges[:-1] + edges[1:]) / 2
    fitter.plot(best, df, "value", figsize=(8, 5), title="Fit", save_path=tmp_path / "fit.png")
    fitter.plot_comparison(results.best(n=3), df, "value", title="Three")
    fitter.plot_qq(best, df, "value", max_points=1000, title="Q-Q")
    fitter.plot_pp(best, df, "value", max_points=1000, title="P-P")
    plot_qq(best, rows, title="Q-Q")
    plot_pp(best, rows, title="P-P")
    plot_cdf_comparison(best, rows)
    plot_residual_histogram(best, heights, centres)
    sizes = {"title_fontsize": 16, "subplot_title_fontsize": 12, "label_fontsize": 10, "grid_alpha": 0.3, "dpi": 40}
    path = tmp_path / "four.pdf"
    _, axes = best.diagnostics(
        rows, y_hist=heights, x_hist=centres, bins=50, save_path=path, save_format="pdf", **sizes
    )
    assert axes.shape == (2, 2)
    assert path.read_bytes().startswith(b"%PDF")
    plt.close("all")


def test_residuals_of_a_histogram_that_is_none_are_refused(best: DistributionFitResult) -> None:
    for heights, centres in (
        ([0.1, 0.2], None),
        ([0.1, 0.2], [1.0]),
        ([0.1, -0.2], [1.0, 2.0]),
        ([0.1, 0.2], [2.0, 1.0]),
    ):
        with pytest.raises(bestfit.InvalidInput, match="x_hist"):
            best.diagnostics(y_hist=heights, x_hist=centres)


def test_columns_together(fitter: DistributionFitter, df: pd.DataFrame, tmp_path: Path) -> None:
    found = fitter.fit(df, columns=["value", "percentage"], **FEW)
    copula = GaussianCopula.fit(found, df)
    copula.save(tmp_path / "copula.json")
    loaded = GaussianCopula.load(tmp_path / "copula.json")
    assert list(loaded.sample(n=10, random_state=42)) == ["value", "percentage"]
    assert loaded.sample(n=10, return_uniform=True)["value"].max() < 1
    assert len(copula.sample_distributed(n=10, backend=LocalBackend(), random_seed=42)) == 10

    normal = MultivariateNormalFitter(backend=LocalBackend()).fit(df, columns=["value", "percentage"], bias=True)
    assert normal.pdf(normal.mean) > 0
    assert (normal.mahalanobis(df[["value", "percentage"]].to_numpy()) >= 0).all()
    assert normal.correlation_matrix().shape == (2, 2)


def test_a_mixture() -> None:
    rng = np.random.default_rng(3)
    data = np.concatenate([rng.normal(0, 1, 200), rng.normal(5, 1, 200)])
    found = GaussianMixtureFitter(n_components=2, max_iter=200, tol=1e-5, n_init=2, random_state=42).fit(data)
    assert sorted(np.round(found.means_.ravel())) == [0.0, 5.0]
    assert found.predict(np.array([[0.0], [5.0]])).shape == (2,)
    assert found.responsibilities_.shape == (400, 2)
    assert found.converged_


def test_backends_and_progress_by_their_documented_places(df: pd.DataFrame) -> None:
    from warmfit.backends import BackendFactory as Factory
    from warmfit.backends.local import LocalBackend as Local
    from warmfit.backends.ray import RayBackend
    from warmfit.progress import console_progress
    from warmfit.results import DistributionFitResult as Result
    from warmfit.sampling import sample_distributed

    assert Factory is BackendFactory
    assert (Local, Result, RayBackend) == (LocalBackend, DistributionFitResult, bestfit.RayBackend)
    assert {"local", "spark", "ray"} <= set(BackendFactory.get_available())
    assert isinstance(BackendFactory.for_dataframe(df), LocalBackend)
    backend = BackendFactory.create("local", max_workers=1)
    DistributionFitter(backend=backend).fit(
        df, column="value", max_distributions=1, progress_callback=console_progress("Fits")
    )
    assert len(sample_distributed("gamma", [2.0, 0.0, 5.0], 10, backend, random_seed=1)) == 10


@pytest.mark.spark
def test_the_quickstart_of_a_spark_frame(spark: Any, df: pd.DataFrame) -> None:
    rows = spark.createDataFrame([(float(x),) for x in df["value"]], ["value"]).coalesce(1)
    fitter = DistributionFitter(spark)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bestfit.HeavyTailWarning)
        best = fitter.fit(rows, column="value", max_distributions=3, num_partitions=2).best(n=1)[0]
    here = (
        DistributionFitter(backend=LocalBackend(max_workers=1)).fit(df, column="value", max_distributions=3).best()[0]
    )
    assert best.distribution == here.distribution
    assert BackendFactory.create("spark", spark_session=spark).name == "spark"


def test_what_is_refused_on_purpose_says_what_to_do(
    fitter: DistributionFitter, results: BaseFitResults, best: DistributionFitResult, df: pd.DataFrame, tmp_path: Path
) -> None:
    config = FitterConfigBuilder().with_max_distributions(5).build()
    with pytest.raises(ValueError, match="change the config instead"):
        fitter.fit(df, column="value", config=config, max_distributions=10)
    with pytest.raises(ValueError, match="n_bootstrap"):
        results.filter(pvalue_threshold=0.05)
    best.save(tmp_path / "model.pkl")
    with pytest.raises(SerializationError, match="allow_pickle=True"):
        DistributionFitResult.load(tmp_path / "model.pkl")
    counts = DiscreteDistributionFitter(backend=LocalBackend(max_workers=1))
    with pytest.raises(ValueError, match="leave it out"):
        counts.fit(df, column="counts", config=FitterConfigBuilder().with_bins(100).build())
