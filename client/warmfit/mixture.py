"""`GaussianMixtureFitter` and `GaussianMixtureResult`: mixtures of Gaussian laws, of one column or of several."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from warmfit import mixture_documents as documents
from warmfit import serialization
from warmfit import validation as check
from warmfit.mixture_data import mixture_source
from warmfit.sampling.distributed import sample_rows, seed_of
from warmfit.serialization import Format, PathLike
from warmfit_fitting.arrays import FloatArray, IntArray
from warmfit_fitting.errors import FitFailed, InvalidInput
from warmfit_fitting.mixture import GaussianMixture, MixtureFit, MixtureSpec, fit_mixture
from warmfit_fitting.mixture.model import MixtureSampler


@dataclass(frozen=True, eq=False)
class GaussianMixtureResult:
    """A mixture of K Gaussian laws of d columns, components by falling weight.

    `weights_` (K,), which sum to 1, `means_` (K, d), `covariances_` (K, d, d). `log_likelihood_`: of all rows, in
    nats. `n_iter_`: passes over all rows. `n_samples_`: rows, or their total weight; `n_missing_`: rows left out for
    a missing value. `narrow_`: the components that are as narrow in some direction as `reg_covar` and the rounding of
    the columns allow, which point to a point mass. `bics_`: of each number of components that was tried, where "auto"
    chose it. Rows are arrays (n, d), or (n,) of one column.
    """

    n_components: int
    weights_: FloatArray = field(repr=False)
    means_: FloatArray = field(repr=False)
    covariances_: FloatArray = field(repr=False)
    converged_: bool = False
    n_iter_: int = 0
    n_samples_: float = 0
    log_likelihood_: float = field(default=-math.inf, repr=False)
    column_names: tuple[str, ...] | None = None
    n_missing_: int = 0
    narrow_: tuple[int, ...] = ()
    bics_: dict[int, float] | None = field(default=None, repr=False)
    _rows: FloatArray | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        mixture = GaussianMixture(*(np.asarray(a) for a in (self.weights_, self.means_, self.covariances_)))
        if mixture.n_components != self.n_components:
            raise InvalidInput(f"n_components={self.n_components}, but there are {mixture.n_components} weights")
        if self.column_names is not None and len(self.column_names) != mixture.n_features:
            raise InvalidInput(f"{len(self.column_names)} column_names for means of {mixture.n_features} columns")
        for name, array in (
            ("weights_", mixture.weights), ("means_", mixture.means), ("covariances_", mixture.covariances)
        ):  # fmt: skip
            object.__setattr__(self, name, array)

    @classmethod
    def of_fit(cls, fit: MixtureFit, names: Sequence[str], rows: FloatArray | None = None) -> GaussianMixtureResult:
        """The result of an engine's fit to columns of these names; `rows`: those that were fitted, where they are
        here."""
        m = fit.mixture
        result = cls(
            m.n_components, m.weights, m.means, m.covariances, fit.converged, fit.n_iter,
            int(fit.n) if fit.n == int(fit.n) else fit.n, fit.loglik, tuple(names), fit.n_missing, fit.narrow,
            dict(fit.bics) or None,
        )  # fmt: skip
        object.__setattr__(result, "_rows", rows)
        return result

    @cached_property
    def mixture(self) -> GaussianMixture:
        """The engine's distribution."""
        return GaussianMixture(self.weights_, self.means_, self.covariances_)

    @property
    def n_features(self) -> int:
        """The number of columns, d."""
        return self.mixture.n_features

    @property
    def aic(self) -> float:
        """2k − 2 log L, for k free parameters."""
        return 2.0 * self.mixture.n_parameters - 2.0 * self.log_likelihood_

    @property
    def bic(self) -> float:
        """k log n − 2 log L, for k free parameters and n rows."""
        return self.mixture.n_parameters * math.log(max(self.n_samples_, 1)) - 2.0 * self.log_likelihood_

    @cached_property
    def responsibilities_(self) -> FloatArray:
        """The probability (n, K) that each row that was fitted is of each component.

        Raises `FitFailed` where the rows are not here: after a fit from a summary, elsewhere, or a load.
        """
        if self._rows is None:
            raise FitFailed("the rows that were fitted are not here; predict_proba(rows) tells the same of any rows")
        return self.mixture.responsibilities(self._rows)

    def pdf(self, x: ArrayLike) -> FloatArray:
        """The density (n,) at rows."""
        return np.exp(self.logpdf(x))

    def logpdf(self, x: ArrayLike) -> FloatArray:
        """The log-density (n,) at rows; NaN where a value is missing."""
        return self.mixture.logpdf(x)

    def predict_proba(self, x: ArrayLike) -> FloatArray:
        """The probability (n, K) that each row is of each component."""
        return self.mixture.responsibilities(x)

    def predict(self, x: ArrayLike) -> IntArray:
        """The number (n,) of the component that each row is most probably of."""
        return self.mixture.predict(x)

    def sample(self, n: int, random_state: int | np.random.Generator | None = None) -> FloatArray:
        """`n` rows, (n, d); those of a seed are the same here and everywhere, and more rows begin with fewer."""
        size = check.whole("n", n, least=0)
        if isinstance(random_state, np.random.Generator):
            random_state = int(random_state.integers(2**63))
        return self.mixture.rows(0, size, seed_of(random_state))

    @property
    def sampler(self) -> MixtureSampler:
        """What draws any range of rows, to be sent to where they are wanted."""
        return MixtureSampler(self.column_names or self.mixture.columns, self.mixture)

    def sample_distributed(
        self,
        n: int,
        backend: object = None,
        num_partitions: int | None = None,
        random_seed: int | None = None,
        *,
        path: PathLike | None = None,
    ) -> Any:
        """`n` rows, made where `backend` works, a column for each of `column_names`; see
        `warmfit.sample_distributed`."""
        return sample_rows(self.sampler, n, backend, num_partitions, random_seed, path=path)

    def save(
        self,
        path: PathLike,
        format: Format | None = None,  # noqa: A002 - the name that callers type
        indent: int | None = 2,
    ) -> None:
        """Write JSON or pickle, by suffix or `format`, without the rows; raises `SerializationError`."""
        serialization.write(path, documents.KIND, documents.to_document(self), format, indent, {})

    @classmethod
    def load(cls, path: PathLike, allow_pickle: bool = False, format: Format | None = None) -> GaussianMixtureResult:  # noqa: A002
        """The result that `save` wrote, or spark-bestfit as JSON; a pickle only with `allow_pickle=True`.

        Raises `SerializationError`.
        """
        document, _ = serialization.read(path, documents.KIND, format, allow_pickle, {})
        return cls(**documents.from_document(document))


class GaussianMixtureFitter:
    """Fits mixtures of Gaussian laws.

    `n_components`: how many, or "auto" for the number of 1 to 9 with the least BIC. `max_iter`: passes over all rows,
    at most; EM is accelerated and begins on a sample, so that few are needed. `tol`: the log-likelihood over all
    rows, in nats, that may be left to gain. `n_init`: starts, of which the best is kept. `init_method`: "kmeans" or
    "random". `random_state`: the seed of the starts, 0 for None: the same data give the same fit. `reg_covar`: the
    least variance of a component in any direction, as a share of the columns' own, so that the unit of the data does
    not matter. `backend`: a `RemoteBackend` has its service fit; the service fits single columns, from their
    summaries.
    """

    def __init__(
        self,
        n_components: int | Literal["auto"] = 2,
        max_iter: int = 100,
        tol: float = 1e-4,
        n_init: int = 1,
        init_method: str = "kmeans",
        random_state: int | None = None,
        reg_covar: float = 1e-6,
        *,
        backend: object = None,
    ) -> None:
        k = None if n_components == "auto" else check.whole("n_components", n_components)
        self.spec = MixtureSpec(
            k,
            check.whole("max_iter", max_iter),
            check.positive("tol", tol),
            check.whole("n_init", n_init),
            check.text("init_method", init_method),
            0 if random_state is None else check.whole("random_state", random_state, least=0),
            check.positive("reg_covar", reg_covar),
        )
        self.backend = backend

    def __repr__(self) -> str:
        s = self.spec
        return (
            f"GaussianMixtureFitter(n_components={s.n_components or 'auto'!r}, max_iter={s.max_iter}, tol={s.tol:g}, "
            f"n_init={s.n_init}, init_method={s.init_method!r}, random_state={s.seed}, reg_covar={s.reg_covar:g})"
        )

    def fit(
        self, data: object, columns: str | Sequence[str] | None = None, *, weights: Any = None
    ) -> GaussianMixtureResult:
        """The mixture that fits the rows of `data`, all its columns together, or those of `columns`.

        `data`: an array (n, d) or (n,), a list of numbers, a pandas, polars or Arrow frame, rows elsewhere, which are
        folded where they are, a pass for each iteration, or of one column a `ColumnSummary` or the `DatasetRef` of
        one. `weights`: how many rows each stands for, as an array, or a column's name. Rows with a missing value are
        left out and counted. Raises `InvalidInput`, for one naming the column that is constant, and
        `UnsupportedType`.
        """
        if getattr(self.backend, "name", None) == "remote":
            from warmfit.remote.mixtures import fit_remotely

            return fit_remotely(self.backend, self.spec, data, columns, weights)
        if self.backend is not None and getattr(self.backend, "name", None) != "local":
            raise InvalidInput(
                f"backend={self.backend!r}: a mixture is fitted where its rows are; give the Spark frame or the Ray Dataset "
                "itself, and leave backend out, or give a RemoteBackend for a column that a service is to fit"
            )
        opened = mixture_source(data, columns, weights)
        return GaussianMixtureResult.of_fit(fit_mixture(opened.source, self.spec), opened.names, opened.rows)
