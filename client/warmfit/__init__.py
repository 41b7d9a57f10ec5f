"""warmfit: which probability distribution fits this column, with which parameters, and samples from it.

    from warmfit import DistributionFitter

    results = DistributionFitter().fit(frame, column="price")
    best = results.best()[0]
    best.sample(1000, random_state=42)

Everything public is importable from here; the modules behind it may move.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # as type checkers know it; `typing` takes longer to import than the rest of this module
if TYPE_CHECKING:
    from warmfit import aio
    from warmfit.backends import BackendFactory, ExecutionBackend, LocalBackend
    from warmfit.backends.ray import RayBackend
    from warmfit.backends.remote import RemoteBackend
    from warmfit.backends.spark import SparkBackend
    from warmfit.builder import FitterConfigBuilder
    from warmfit.collection import BaseFitResults
    from warmfit.config import FitterConfig, SamplingMode
    from warmfit.constants import (
        DEFAULT_AD_THRESHOLD,
        DEFAULT_BINS,
        DEFAULT_BOOTSTRAP_SAMPLES,
        DEFAULT_DPI,
        DEFAULT_EXCLUDED_DISCRETE_DISTRIBUTIONS,
        DEFAULT_EXCLUDED_DISTRIBUTIONS,
        DEFAULT_KS_THRESHOLD,
        DEFAULT_PVALUE_THRESHOLD,
        DEFAULT_SAMPLE_SIZE,
    )
    from warmfit.copula import ConditionalCopula, GaussianCopula, StudentTCopula, fit_copula
    from warmfit.discrete_fitter import DiscreteDistributionFitter
    from warmfit.fitter import DistributionFitter
    from warmfit.grouped_results import GroupedFitResults
    from warmfit.heavy_tails import tail_index
    from warmfit.joint import summarize_joint
    from warmfit.mixture import GaussianMixtureFitter, GaussianMixtureResult
    from warmfit.multivariate import MultivariateNormalFitter, MultivariateNormalResult
    from warmfit.notices import HeavyTailWarning, PoorFitWarning, RepairWarning, TruncationNotice, WarmfitWarning
    from warmfit.plotting import (
        plot_cdf_comparison,
        plot_comparison,
        plot_diagnostics,
        plot_discrete_distribution,
        plot_distribution,
        plot_pp,
        plot_qq,
        plot_residual_histogram,
    )
    from warmfit.progress import ProgressCallback, ProgressTracker, console_progress
    from warmfit.registry import DiscreteDistributionRegistry, DistributionRegistry
    from warmfit.remote.client import Client
    from warmfit.remote.refs import DatasetRef
    from warmfit.result import DistributionFitResult
    from warmfit.results import EagerFitResults, FitResults, LazyFitResults
    from warmfit.rows import Censoring, Weights
    from warmfit.sampling.distributed import sample_distributed
    from warmfit.summaries import summarize
    from warmfit.version import __version__
    from warmfit_fitting.errors import (
        DataLost,
        DatasetNotFound,
        DeadlineExceeded,
        FitFailed,
        GridMismatch,
        InvalidInput,
        MissingFile,
        Overloaded,
        PermissionDenied,
        SerializationError,
        ServiceUnavailable,
        Unauthenticated,
        UnknownDistribution,
        UnsupportedType,
        WarmfitError,
    )
    from warmfit_fitting.joint import JointSummary
    from warmfit_fitting.joint.normality import NormalityTest
    from warmfit_fitting.summary.column import ColumnSummary

__all__ = [
    "DEFAULT_AD_THRESHOLD",
    "DEFAULT_BINS",
    "DEFAULT_BOOTSTRAP_SAMPLES",
    "DEFAULT_DPI",
    "DEFAULT_EXCLUDED_DISCRETE_DISTRIBUTIONS",
    "DEFAULT_EXCLUDED_DISTRIBUTIONS",
    "DEFAULT_KS_THRESHOLD",
    "DEFAULT_PVALUE_THRESHOLD",
    "DEFAULT_SAMPLE_SIZE",
    "BackendFactory",
    "BaseFitResults",
    "Censoring",
    "Client",
    "ColumnSummary",
    "ConditionalCopula",
    "DataLost",
    "DatasetNotFound",
    "DatasetRef",
    "DeadlineExceeded",
    "DiscreteDistributionFitter",
    "DiscreteDistributionRegistry",
    "DistributionFitResult",
    "DistributionFitter",
    "DistributionRegistry",
    "EagerFitResults",
    "ExecutionBackend",
    "FitFailed",
    "FitResults",
    "FitterConfig",
    "FitterConfigBuilder",
    "GaussianCopula",
    "GaussianMixtureFitter",
    "GaussianMixtureResult",
    "GridMismatch",
    "GroupedFitResults",
    "HeavyTailWarning",
    "InvalidInput",
    "JointSummary",
    "LazyFitResults",
    "LocalBackend",
    "MissingFile",
    "MultivariateNormalFitter",
    "MultivariateNormalResult",
    "NormalityTest",
    "Overloaded",
    "PermissionDenied",
    "PoorFitWarning",
    "ProgressCallback",
    "ProgressTracker",
    "RayBackend",
    "RemoteBackend",
    "RepairWarning",
    "SamplingMode",
    "SerializationError",
    "ServiceUnavailable",
    "SparkBackend",
    "StudentTCopula",
    "TruncationNotice",
    "Unauthenticated",
    "UnknownDistribution",
    "UnsupportedType",
    "WarmfitError",
    "WarmfitWarning",
    "Weights",
    "__version__",
    "aio",
    "console_progress",
    "fit_copula",
    "plot_cdf_comparison",
    "plot_comparison",
    "plot_diagnostics",
    "plot_discrete_distribution",
    "plot_distribution",
    "plot_pp",
    "plot_qq",
    "plot_residual_histogram",
    "sample_distributed",
    "summarize",
    "summarize_joint",
    "tail_index",
]

# Where each name is. Modules are imported when a name is first asked for: SciPy and pandas take a second and gRPC half
# of one, in which Ctrl-C must already end the command line in one line.
_WHERE = {
    "warmfit.backends": ("BackendFactory", "ExecutionBackend", "LocalBackend"),
    "warmfit.backends.ray": ("RayBackend",),
    "warmfit.backends.remote": ("RemoteBackend",),
    "warmfit.backends.spark": ("SparkBackend",),
    "warmfit.collection": ("BaseFitResults",),
    "warmfit.builder": ("FitterConfigBuilder",),
    "warmfit.config": ("FitterConfig", "SamplingMode"),
    "warmfit.copula": ("ConditionalCopula", "GaussianCopula", "StudentTCopula", "fit_copula"),
    "warmfit.constants": (
        "DEFAULT_AD_THRESHOLD",
        "DEFAULT_BINS",
        "DEFAULT_BOOTSTRAP_SAMPLES",
        "DEFAULT_DPI",
        "DEFAULT_EXCLUDED_DISCRETE_DISTRIBUTIONS",
        "DEFAULT_EXCLUDED_DISTRIBUTIONS",
        "DEFAULT_KS_THRESHOLD",
        "DEFAULT_PVALUE_THRESHOLD",
        "DEFAULT_SAMPLE_SIZE",
    ),
    "warmfit.discrete_fitter": ("DiscreteDistributionFitter",),
    "warmfit.fitter": ("DistributionFitter",),
    "warmfit.grouped_results": ("GroupedFitResults",),
    "warmfit.heavy_tails": ("tail_index",),
    "warmfit.joint": ("summarize_joint",),
    "warmfit.multivariate": ("MultivariateNormalFitter", "MultivariateNormalResult"),
    "warmfit.mixture": ("GaussianMixtureFitter", "GaussianMixtureResult"),
    "warmfit.notices": (
        "HeavyTailWarning",
        "PoorFitWarning",
        "RepairWarning",
        "TruncationNotice",
        "WarmfitWarning",
    ),
    "warmfit.plotting": (
        "plot_cdf_comparison",
        "plot_comparison",
        "plot_diagnostics",
        "plot_discrete_distribution",
        "plot_distribution",
        "plot_pp",
        "plot_qq",
        "plot_residual_histogram",
    ),
    "warmfit.progress": ("ProgressCallback", "ProgressTracker", "console_progress"),
    "warmfit.registry": ("DiscreteDistributionRegistry", "DistributionRegistry"),
    "warmfit.remote.client": ("Client",),
    "warmfit.remote.refs": ("DatasetRef",),
    "warmfit.result": ("DistributionFitResult",),
    "warmfit.results": ("EagerFitResults", "FitResults", "LazyFitResults"),
    "warmfit.rows": ("Censoring", "Weights"),
    "warmfit.sampling.distributed": ("sample_distributed",),
    "warmfit.summaries": ("summarize",),
    "warmfit.version": ("__version__",),
    "warmfit_fitting.errors": (
        "DataLost",
        "DatasetNotFound",
        "DeadlineExceeded",
        "FitFailed",
        "GridMismatch",
        "InvalidInput",
        "MissingFile",
        "Overloaded",
        "PermissionDenied",
        "SerializationError",
        "ServiceUnavailable",
        "Unauthenticated",
        "UnknownDistribution",
        "UnsupportedType",
        "WarmfitError",
    ),
    "warmfit_fitting.joint": ("JointSummary",),
    "warmfit_fitting.joint.normality": ("NormalityTest",),
    "warmfit_fitting.summary.column": ("ColumnSummary",),
}
_MODULES = {name: module for module, names in _WHERE.items() for name in names}


def __getattr__(name: str) -> object:
    if name in ("aio", "spark"):
        return import_module(f"warmfit.{name}")
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(_MODULES[name]), name)
    globals()[name] = found  # the next access does not come here
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
