"""The public API, name by name and signature by signature, so that the documentation and the code cannot drift."""

from __future__ import annotations

import inspect
import subprocess
import sys
from dataclasses import fields

import pytest

import warmfit

SETTINGS = (
    "bins=50, use_rice_rule=True, support_at_zero=False, "
    "max_distributions=None, enable_sampling=True, sample_fraction=None, max_sample_size=1000000, "
    "sample_threshold=10000000, num_partitions=None, progress_callback=None, bounded=False, lower_bound=None, "
    "upper_bound=None, lazy_metrics=False, prefilter=False, estimation_method='mle', included_distributions=None, "
    "fixed=None, weights=None, censoring=None, truncation=None, groupby=None, warm_start=None, timeout=None"
)
FIT = f"(self, df, column=None, columns=None, config=None, *, {SETTINGS})"
CONTINUOUS_ONLY = "bins=50, use_rice_rule=True, support_at_zero=False, "
CONFIG = (
    f"({SETTINGS}, adaptive_sampling=True, sampling_mode=<SamplingMode.AUTO: 'auto'>, skew_threshold_mild=0.5, "
    "skew_threshold_high=2.0, censoring_column=None, n_bootstrap=None)"
)
LOAD = "(path, allow_pickle=False, format=None, custom=None)"
BACKEND_FIT = "(self, tasks, *, on_row=None, timeout=None)"

CLIENT = {
    "put": "(self, df, columns=None, name=None, *, overwrite=False, weights=None, censoring=None, truncation=None)",
    "append": "(self, name, df, columns=None, *, weights=None, censoring=None, truncation=None, request_id=None)",
    "get": "(self, name)",
    "list": "(self)",
    "delete": "(self, name)",
    "fit": "(self, data, config=None, *, columns=None)",
    "fit_stream": "(self, data, config=None, *, columns=None)",
    "fit_mixture": "(self, data, fitter=None, columns=None, *, weights=None)",
    "fit_copula": "(self, df, columns=None, config=None, metric='bic', *, method='normal', missing=None)",
    "fit_multivariate_normal": "(self, df, columns=None, bias=False, *, missing=None)",
    "sample": "(self, result, n, seed=0)",
    "evaluate": "(self, result, function, points)",
    "info": "(self)",
    "distributions": "(self)",
    "close": "(self)",
}

PLOT = "(self, result, df=None, column=None, bins=None, use_rice_rule=True, *, force_recompute=False, **style)"
HISTOGRAM = "(result, y_hist=None, x_hist=None, *, data=None, column=None, bins=None, **style)"
COPULA = {
    "rows": "(self, start, stop, seed, return_uniform=False)",
    "sample": "(self, n, random_state=None, return_uniform=False)",
    "sampler": "(self, return_uniform=False)",
    "sample_distributed": (
        "(self, n, backend=None, num_partitions=None, random_seed=None, return_uniform=False, *, path=None)"
    ),
    "logpdf": "(self, x)",
    "condition": "(self, given)",
}
SAVED_COPULA = {**COPULA, "save": "(self, path, format=None, indent=2)", "load": LOAD}

SIGNATURES = {
    "sample_distributed": (
        "(distribution, parameters, n, backend=None, num_partitions=None, random_seed=None, column_name='sample', *, "
        "lower_bound=None, upper_bound=None, path=None)"
    ),
    **{f"ConditionalCopula.{name}": signature for name, signature in COPULA.items()},
    "ConditionalCopula.ppf": "(self, column, q)",
    "GaussianCopula": "(column_names, marginals, correlation_matrix)",
    "GaussianCopula.fit": ("(results, df, columns=None, metric='bic', backend=None, *, method='normal', missing=None)"),
    **{f"GaussianCopula.{name}": signature for name, signature in SAVED_COPULA.items()},
    "StudentTCopula": "(column_names, marginals, correlation_matrix, dof)",
    "StudentTCopula.fit": "(results, df, columns=None, metric='bic')",
    **{f"StudentTCopula.{name}": signature for name, signature in SAVED_COPULA.items()},
    "fit_copula": "(results, df, columns=None, metric='bic')",
    "summarize_joint": "(df, columns=None, *, missing='pairwise', scores=True)",
    "JointSummary.merge": "(self, other)",
    "JointSummary.only": "(self, names)",
    "JointSummary.to_bytes": "(self)",
    "JointSummary.from_bytes": "(data)",
    "MultivariateNormalFitter": "(backend=None)",
    "MultivariateNormalFitter.fit": "(self, df, columns=None, bias=False, *, missing=None)",
    "MultivariateNormalResult": "(column_names, mean, cov, n_samples=0, repaired=0.0)",
    "MultivariateNormalResult.sample": "(self, n, random_state=None)",
    "MultivariateNormalResult.sampler": "(self)",
    "MultivariateNormalResult.sample_distributed": (
        "(self, n, backend=None, num_partitions=None, random_seed=None, *, path=None)"
    ),
    **{f"MultivariateNormalResult.{name}": "(self, x)" for name in ("pdf", "logpdf", "mahalanobis")},
    "MultivariateNormalResult.correlation_matrix": "(self)",
    "MultivariateNormalResult.normality": "(self, df, test='mardia')",
    "MultivariateNormalResult.save": "(self, path, format=None, indent=2)",
    "MultivariateNormalResult.load": "(path, allow_pickle=False, format=None)",
    "GaussianMixtureFitter": (
        "(n_components=2, max_iter=100, tol=0.0001, n_init=1, init_method='kmeans', random_state=None, reg_covar=1e-06, "
        "*, backend=None)"
    ),
    "GaussianMixtureFitter.fit": "(self, data, columns=None, *, weights=None)",
    "GaussianMixtureResult.sample": "(self, n, random_state=None)",
    "GaussianMixtureResult.sample_distributed": (
        "(self, n, backend=None, num_partitions=None, random_seed=None, *, path=None)"
    ),
    **{f"GaussianMixtureResult.{name}": "(self, x)" for name in ("pdf", "logpdf", "predict", "predict_proba")},
    "GaussianMixtureResult.save": "(self, path, format=None, indent=2)",
    "GaussianMixtureResult.load": "(path, allow_pickle=False, format=None)",
    "DistributionFitter": "(target=None, excluded_distributions=None, random_seed=42, backend=None, *, spark=None)",
    "DistributionFitter.fit": FIT,
    "DiscreteDistributionFitter": (
        "(target=None, excluded_distributions=None, random_seed=42, backend=None, *, spark=None)"
    ),
    "DiscreteDistributionFitter.fit": FIT.replace(CONTINUOUS_ONLY, ""),
    "DiscreteDistributionFitter.register_distribution": "(self, name, distribution, overwrite=False)",
    "DiscreteDistributionFitter.unregister_distribution": "(self, name)",
    "DiscreteDistributionFitter.get_custom_distributions": "(self)",
    "DistributionFitter.register_distribution": "(self, name, distribution, overwrite=False)",
    "DistributionFitter.unregister_distribution": "(self, name)",
    "DistributionFitter.get_custom_distributions": "(self)",
    "FitterConfig": CONFIG,
    "FitterConfig.with_progress_callback": "(self, callback)",
    "FitterConfigBuilder": "()",
    "FitterConfigBuilder.with_bins": "(self, bins=50, use_rice_rule=True)",
    "FitterConfigBuilder.with_bounds": "(self, lower=None, upper=None, auto_detect=False)",
    "FitterConfigBuilder.with_sampling": "(self, fraction=None, max_size=1000000, threshold=10000000, enabled=True)",
    "FitterConfigBuilder.with_adaptive_sampling": (
        "(self, enabled=True, mode=<SamplingMode.AUTO: 'auto'>, skew_threshold_mild=0.5, skew_threshold_high=2.0)"
    ),
    "FitterConfigBuilder.with_lazy_metrics": "(self, lazy=True)",
    "FitterConfigBuilder.with_prefilter": "(self, mode=True)",
    "FitterConfigBuilder.with_support_at_zero": "(self, enabled=True)",
    "FitterConfigBuilder.with_max_distributions": "(self, n)",
    "FitterConfigBuilder.with_partitions": "(self, n)",
    "FitterConfigBuilder.with_censoring": "(self, column, kind='event')",
    "FitterConfigBuilder.with_estimation_method": "(self, method='mle')",
    "FitterConfigBuilder.with_distributions": "(self, names)",
    "FitterConfigBuilder.with_fixed": "(self, **params)",
    "FitterConfigBuilder.with_weights": "(self, column, kind='frequency')",
    "FitterConfigBuilder.with_truncation": "(self, lower=None, upper=None)",
    "FitterConfigBuilder.with_pvalues": "(self, n_bootstrap=199)",
    "FitterConfigBuilder.with_timeout": "(self, seconds)",
    "FitterConfigBuilder.build": "(self)",
    "DistributionFitter.plot": PLOT,
    "DistributionFitter.plot_comparison": PLOT.replace("result", "results"),
    "DistributionFitter.plot_qq": "(self, result, df=None, column=None, max_points=1000, *, force_recompute=False, **style)",
    "DistributionFitter.plot_pp": "(self, result, df=None, column=None, max_points=1000, *, force_recompute=False, **style)",
    "DiscreteDistributionFitter.plot": PLOT,
    "DistributionFitResult.diagnostics": "(self, data=None, y_hist=None, x_hist=None, bins=30, *, column=None, **style)",
    "plot_distribution": HISTOGRAM,
    "plot_comparison": HISTOGRAM.replace("result", "results"),
    "plot_discrete_distribution": "(result, data=None, *, column=None, **style)",
    "plot_qq": "(result, data=None, *, column=None, max_points=1000, **style)",
    "plot_pp": "(result, data=None, *, column=None, max_points=1000, **style)",
    "plot_cdf_comparison": "(result, data=None, *, column=None, **style)",
    "plot_residual_histogram": ("(result, data=None, x_hist=None, *, y_hist=None, column=None, bins=30, **style)"),
    "plot_diagnostics": ("(result, data=None, *, column=None, bins=30, y_hist=None, x_hist=None, **style)"),
    "DistributionFitResult.to_dict": "(self)",
    "DistributionFitResult.get_scipy_dist": "(self, frozen=True)",
    "DistributionFitResult.sample": "(self, size=1000, random_state=None)",
    **{f"DistributionFitResult.{name}": "(self, x)" for name in ("pdf", "pmf", "logpdf", "logpmf", "cdf", "sf")},
    **{f"DistributionFitResult.{name}": "(self, q)" for name in ("ppf", "isf")},
    "DistributionFitResult.chi_square": "(self, df=None, column=None)",
    "DistributionFitResult.confidence_intervals": (
        "(self, df=None, column=None, alpha=0.05, n_bootstrap=1000, max_samples=None, random_seed=None, "
        "method='wald', *, quantiles=None)"
    ),
    "DistributionFitResult.goodness_of_fit": (
        "(self, statistic='ad', n_bootstrap=199, random_seed=None, *, df=None, column=None)"
    ),
    "DistributionFitResult.load": LOAD,
    "DistributionFitResult.mean": "(self)",
    "DistributionFitResult.std": "(self)",
    "DistributionFitResult.interval": "(self, confidence)",
    "DistributionFitResult.save": "(self, path, format=None, indent=2)",
    "DistributionFitResult.get_param_names": "(self)",
    "FitResults": "(columns, *, lazy=None, custom=None)",
    "BaseFitResults.save": "(self, path, format=None, indent=2)",
    "BaseFitResults.load": LOAD,
    "BaseFitResults.best": "(self, n=1, metric='bic', warn_if_poor=False, pvalue_threshold=0.05)",
    "BaseFitResults.filter": (
        "(self, sse_threshold=None, aic_threshold=None, bic_threshold=None, ks_threshold=None, "
        "pvalue_threshold=None, ad_threshold=None)"
    ),
    "BaseFitResults.for_column": "(self, name)",
    "BaseFitResults.best_per_column": "(self, n=1, metric='bic')",
    "BaseFitResults.summary": "(self)",
    "BaseFitResults.quality_report": "(self, n=5, pvalue_threshold=0.05, ks_threshold=0.1, ad_threshold=2.0)",
    "BaseFitResults.weights": "(self, metric='aic')",
    "BaseFitResults.average": "(self, metric='aic')",
    "BaseFitResults.count": "(self)",
    "BaseFitResults.materialize": "(self)",
    "BaseFitResults.unpersist": "(self, blocking=False)",
    "BaseFitResults.to_pandas": "(self)",
    "DiscreteDistributionRegistry": "(custom_exclusions=None)",
    "DiscreteDistributionRegistry.get_distributions": (
        "(self, support_at_zero=False, additional_exclusions=None, include_custom=True)"
    ),
    "DistributionRegistry": "(custom_exclusions=None)",
    "DistributionRegistry.add_exclusion": "(self, name)",
    "DistributionRegistry.remove_exclusion": "(self, name)",
    "DistributionRegistry.get_exclusions": "(self)",
    "DistributionRegistry.reset_exclusions": "(self)",
    "DistributionRegistry.register_distribution": "(self, name, distribution, overwrite=False)",
    "DistributionRegistry.unregister_distribution": "(self, name)",
    "DistributionRegistry.get_distribution_object": "(self, name)",
    "DistributionRegistry.get_custom_distributions": "(self)",
    "DistributionRegistry.has_custom_distributions": "(self)",
    "DistributionRegistry.get_distributions": (
        "(self, support_at_zero=False, additional_exclusions=None, include_custom=True)"
    ),
    "LocalBackend": "(max_workers=None)",
    "LocalBackend.fit": BACKEND_FIT,
    "ExecutionBackend.fit": BACKEND_FIT,
    "RayBackend": "(address=None, num_cpus=None)",
    "RayBackend.fit": BACKEND_FIT,
    "RayBackend.close": "(self)",
    "RemoteBackend.fit": BACKEND_FIT,
    "RemoteBackend": "(address=None, token=None, timeout=None, tls=None)",
    "SparkBackend.fit": BACKEND_FIT,
    "SparkBackend": "(spark=None)",
    "DatasetRef": "(name, fingerprint, columns, n)",
    "Weights": "(column, kind='frequency')",
    "Censoring": "(column, kind=None)",
    **{f"{where}.{name}": signature for where in ("Client", "aio.Client") for name, signature in CLIENT.items()},
    "Client": "(address=None, token=None, tls=None, timeout=60.0)",
    "aio.Client": "(address=None, token=None, tls=None, timeout=60.0)",
    "BackendFactory.create": (
        "(name, *, max_workers=None, address=None, token=None, timeout=None, tls=None, num_cpus=None, spark=None, "
        "spark_session=None)"
    ),
    "ProgressTracker": "(total, callback=None)",
    "ProgressTracker.step": "(self)",
    "ProgressTracker.close": "(self)",
    "BackendFactory.for_dataframe": "(df)",
    "BackendFactory.get_available": "()",
    "BackendFactory.is_available": "(name)",
    "console_progress": "(prefix='Progress')",
    "summarize": "(df, columns, by=None, *, weights=None, censoring=None, truncation=None)",
}

NAMES = [
    "BaseFitResults",
    "GroupedFitResults",
    "EagerFitResults",
    "LazyFitResults",
    "FitResults",
    "ColumnSummary",
    "NormalityTest",
    "Client",
    "DatasetRef",
    "RayBackend",
    "RemoteBackend",
    "aio",
    "ExecutionBackend",
    "ProgressCallback",
    "ProgressTracker",
    "SamplingMode",
    "FitterConfig",
    "DEFAULT_EXCLUDED_DISTRIBUTIONS",
    "DEFAULT_EXCLUDED_DISCRETE_DISTRIBUTIONS",
    "DEFAULT_BINS",
    "DEFAULT_PVALUE_THRESHOLD",
    "DEFAULT_KS_THRESHOLD",
    "DEFAULT_AD_THRESHOLD",
    "DEFAULT_BOOTSTRAP_SAMPLES",
    "DEFAULT_SAMPLE_SIZE",
    "DEFAULT_DPI",
    "WarmfitError",
    "InvalidInput",
    "UnsupportedType",
    "UnknownDistribution",
    "DataLost",
    "MissingFile",
    "DatasetNotFound",
    "GridMismatch",
    "FitFailed",
    "Overloaded",
    "DeadlineExceeded",
    "Unauthenticated",
    "PermissionDenied",
    "ServiceUnavailable",
    "SerializationError",
]

PROPERTIES = {
    "BaseFitResults": ["column_names", "df", "failures"],
    "ProgressTracker": ["completed", "percent"],
    "DistributionFitter": ["backend"],
    "DiscreteDistributionFitter": ["backend"],
}

ATTRIBUTES = {
    "BaseFitResults.is_spark_df": False,
    "BaseFitResults.is_lazy": False,
    "EagerFitResults.is_lazy": False,
    "LazyFitResults.is_lazy": True,
    "LocalBackend.name": "local",
    "RayBackend.name": "ray",
    "RemoteBackend.name": "remote",
    "SparkBackend.name": "spark",
    "SamplingMode.AUTO.value": "auto",
    "SamplingMode.UNIFORM.value": "uniform",
    "SamplingMode.STRATIFIED.value": "stratified",
    "DEFAULT_BINS": 50,
    "DEFAULT_PVALUE_THRESHOLD": 0.05,
    "DEFAULT_KS_THRESHOLD": 0.10,
    "DEFAULT_AD_THRESHOLD": 2.0,
    "DEFAULT_SAMPLE_SIZE": 1000,
}

# What later versions bring. A name leaves this list when it comes to be, and joins the tables above.
PENDING = [
    "BaseFitResults.for_group",
    "BaseFitResults.groups",
]

RESULT_FIELDS = [
    "distribution",
    "parameters",
    "sse",
    "column_name",
    "aic",
    "bic",
    "ks_statistic",
    "pvalue",
    "ad_statistic",
    "ad_pvalue",
    "data_min",
    "data_max",
    "data_mean",
    "data_stddev",
    "data_count",
    "data_kurtosis",
    "data_skewness",
    "cached_sample",
    "lower_bound",
    "upper_bound",
    "loglik",
    "aicc",
    "cvm_statistic",
    "status",
    "reason",
    "elapsed",
    "n_evaluations",
    "ks_error_bound",
    "standard_errors",
    "cvm_pvalue",
    "estimation_method",
]

FRAME_COLUMNS = [
    "column_name",
    "distribution",
    "parameters",
    "sse",
    "aic",
    "bic",
    "ks_statistic",
    "pvalue",
    "ad_statistic",
    "ad_pvalue",
    "data_min",
    "data_max",
    "data_mean",
    "data_stddev",
    "data_count",
    "data_kurtosis",
    "data_skewness",
    "lower_bound",
    "upper_bound",
    "loglik",
    "aicc",
    "cvm_statistic",
    "status",
    "reason",
    "elapsed",
    "n_evaluations",
    "ks_error_bound",
    "standard_errors",
    "cvm_pvalue",
    "estimation_method",
    "ending",
    "n_missing",
]


def found(path: str) -> object:
    thing: object = warmfit
    for name in path.split("."):
        thing = getattr(thing, name)
    return thing


def signature(path: str) -> str:
    """A signature without annotations."""
    parameters = inspect.signature(found(path)).parameters.values()  # type: ignore[arg-type]
    bare = [p.replace(annotation=inspect.Parameter.empty) for p in parameters]
    return str(inspect.Signature(bare))


@pytest.mark.parametrize("path", SIGNATURES)
def test_signatures_are_the_documented_ones(path: str) -> None:
    assert signature(path) == SIGNATURES[path]


@pytest.mark.parametrize("name", NAMES)
def test_every_documented_name_is_exported(name: str) -> None:
    assert found(name) is not None
    assert name in warmfit.__all__


@pytest.mark.parametrize("path", PENDING)
def test_what_is_pending_does_not_pretend_to_be_there(path: str) -> None:
    with pytest.raises(AttributeError):
        found(path)


def test_results_and_frames_have_the_documented_fields_in_order() -> None:
    assert [f.name for f in fields(warmfit.DistributionFitResult) if not f.name.startswith("_")] == RESULT_FIELDS
    results = warmfit.DistributionFitter().fit([1.0, 2.0, 4.0, 7.0], included_distributions=["norm"])
    assert list(results.df.columns) == FRAME_COLUMNS


@pytest.mark.parametrize("path", [f"{kind}.{name}" for kind, names in PROPERTIES.items() for name in names])
def test_documented_properties_are_properties(path: str) -> None:
    assert isinstance(found(path), property)


@pytest.mark.parametrize("path", ATTRIBUTES)
def test_documented_values_are_those(path: str) -> None:
    assert found(path) == ATTRIBUTES[path]


def test_sampling_has_the_documented_modes_and_no_others() -> None:
    assert [mode.name for mode in warmfit.SamplingMode] == ["AUTO", "UNIFORM", "STRATIFIED"]


def test_the_registry_has_the_documented_class_attributes() -> None:
    registry = warmfit.DistributionRegistry
    every = set(registry.ALL_DISTRIBUTIONS)
    assert len(every) == len(registry.ALL_DISTRIBUTIONS) >= 100
    assert {"norm", "gamma", "weibull_min"} <= every - registry.DEFAULT_EXCLUSIONS
    assert set(registry.DEFAULT_EXCLUSIONS) == set(warmfit.DEFAULT_EXCLUDED_DISTRIBUTIONS) <= every
    assert {"levy_stable", "studentized_range"} & registry.SLOW_DISTRIBUTIONS
    assert registry.SLOW_DISTRIBUTIONS.issubset(every)


def test_the_discrete_registry_has_the_same_class_attributes_of_discrete_families() -> None:
    registry = warmfit.DiscreteDistributionRegistry
    every = set(registry.ALL_DISTRIBUTIONS)
    assert len(every) == len(registry.ALL_DISTRIBUTIONS) >= 26
    assert {"poisson", "nbinom", "zi_poisson", "hypergeom"} <= every - registry.DEFAULT_EXCLUSIONS
    assert set(registry.DEFAULT_EXCLUSIONS) == set(warmfit.DEFAULT_EXCLUDED_DISCRETE_DISTRIBUTIONS) <= every
    assert {"nchypergeom_fisher", "nchypergeom_wallenius"} == registry.SLOW_DISTRIBUTIONS


@pytest.mark.parametrize("name", [name for name in warmfit.__all__ if name != "aio"])
def test_what_is_imported_later_is_what_the_module_says(name: str) -> None:
    assert name in dir(warmfit)
    assert found(name) is not None


def test_nothing_is_exported_that_is_not_documented() -> None:
    documented = {path.partition(".")[0] for path in (*SIGNATURES, *NAMES, *ATTRIBUTES)}
    warnings = {"WarmfitWarning", "PoorFitWarning", "TruncationNotice", "HeavyTailWarning", "RepairWarning"}
    guidance = {"tail_index"}  # what stands behind HeavyTailWarning
    assert set(warmfit.__all__) - documented == {"__version__"} | warnings | guidance


def test_importing_the_package_imports_nothing_that_a_user_may_lack() -> None:
    code = (
        "import sys, warmfit; from warmfit import DistributionFitter; "
        "print([m for m in ('ray', 'pyspark', 'matplotlib', 'pyarrow', 'polars', 'grpc') if m in sys.modules])"
    )
    heavy = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert heavy in ("[]", "['pyarrow']")  # pandas itself imports pyarrow where it is installed
