"""warmfit: which probability distribution fits this column, with which parameters, and samples from it.

    from warmfit import DistributionFitter

    results = DistributionFitter().fit(frame, column="price")
    best = results.best()[0]
    best.sample(1000, random_state=42)

Everything public is importable from here; the modules behind it may move.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from warmfit.backends import BackendFactory, ExecutionBackend, LocalBackend
from warmfit.config import FitterConfig, FitterConfigBuilder, SamplingMode
from warmfit.constants import (
    DEFAULT_AD_THRESHOLD,
    DEFAULT_BINS,
    DEFAULT_BOOTSTRAP_SAMPLES,
    DEFAULT_DPI,
    DEFAULT_EXCLUDED_DISTRIBUTIONS,
    DEFAULT_KS_THRESHOLD,
    DEFAULT_PVALUE_THRESHOLD,
    DEFAULT_SAMPLE_SIZE,
)
from warmfit.fitter import DistributionFitter
from warmfit.notices import TruncationNotice
from warmfit.progress import ProgressCallback, ProgressTracker, console_progress
from warmfit.registry import DistributionRegistry
from warmfit.remote.refs import DatasetRef
from warmfit.result import DistributionFitResult
from warmfit.results import BaseFitResults, EagerFitResults, FitResults, LazyFitResults, PoorFitWarning
from warmfit.summaries import summarize
from warmfit.version import __version__
from warmfit_fitting.errors import (
    DatasetNotFound,
    DeadlineExceeded,
    FitFailed,
    GridMismatch,
    InvalidInput,
    Overloaded,
    PermissionDenied,
    SerializationError,
    ServiceUnavailable,
    Unauthenticated,
    UnknownDistribution,
    UnsupportedType,
    WarmfitError,
)
from warmfit_fitting.summary.column import ColumnSummary

if TYPE_CHECKING:
    from warmfit import aio
    from warmfit.backends.remote import RemoteBackend
    from warmfit.remote.client import Client

__all__ = [
    "DEFAULT_AD_THRESHOLD",
    "DEFAULT_BINS",
    "DEFAULT_BOOTSTRAP_SAMPLES",
    "DEFAULT_DPI",
    "DEFAULT_EXCLUDED_DISTRIBUTIONS",
    "DEFAULT_KS_THRESHOLD",
    "DEFAULT_PVALUE_THRESHOLD",
    "DEFAULT_SAMPLE_SIZE",
    "BackendFactory",
    "BaseFitResults",
    "Client",
    "ColumnSummary",
    "DatasetNotFound",
    "DatasetRef",
    "DeadlineExceeded",
    "DistributionFitResult",
    "DistributionFitter",
    "DistributionRegistry",
    "EagerFitResults",
    "ExecutionBackend",
    "FitFailed",
    "FitResults",
    "FitterConfig",
    "FitterConfigBuilder",
    "GridMismatch",
    "InvalidInput",
    "LazyFitResults",
    "LocalBackend",
    "Overloaded",
    "PermissionDenied",
    "PoorFitWarning",
    "ProgressCallback",
    "ProgressTracker",
    "RemoteBackend",
    "SamplingMode",
    "SerializationError",
    "ServiceUnavailable",
    "TruncationNotice",
    "Unauthenticated",
    "UnknownDistribution",
    "UnsupportedType",
    "WarmfitError",
    "__version__",
    "aio",
    "console_progress",
    "summarize",
]

# What speaks to a service, imported when it is first asked for: gRPC takes longer to import than the rest of us.
_LATER = {"Client": "warmfit.remote.client", "RemoteBackend": "warmfit.backends.remote", "aio": "warmfit.aio"}


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(_LATER[name])
    return module if name == "aio" else getattr(module, name)
