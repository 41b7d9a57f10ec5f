"""The multivariate normal distribution of several columns: `MultivariateNormalFitter` and its result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from warmfit import joint_documents, serialization
from warmfit import validation as check
from warmfit.backends.protocol import ExecutionBackend
from warmfit.copula_fit import joint_of_values
from warmfit.joint_draws import sample_where
from warmfit.joint_rows import JointSampler, named, points, seed_of, stacked_rows
from warmfit.notices import RepairWarning, warn
from warmfit.serialization import Format, PathLike
from warmfit.sources import open_source
from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.joint.elliptical import Elliptical
from warmfit_fitting.joint.multivariate import NormalEstimate, estimate
from warmfit_fitting.joint.normality import MOST_ROWS, NormalityTest, WhitenedSums, Whitening, henze_zirkler, mardia

KIND = "multivariate_normal"
TESTS = ("mardia", "henze_zirkler")


@dataclass(frozen=True, eq=False)
class MultivariateNormalResult:
    """A multivariate normal distribution: `mean` (C,), `cov` (C, C), of the columns `column_names` (C,).

    `n_samples`: rows that it was estimated from, the fewest behind any pair of columns. `repaired`: how far the
    covariance lies from the estimate, where that was no covariance matrix; 0 otherwise. A singular covariance, of a
    column that is constant or a sum of others, can be drawn from and measured in, and has no density.
    """

    column_names: list[str]
    mean: FloatArray = field(repr=False)
    cov: FloatArray = field(repr=False)
    n_samples: int = 0
    repaired: float = 0.0

    def __post_init__(self) -> None:
        names = check.names("column_names", self.column_names, "price")
        if len(names) < 2:
            raise InvalidInput(f"{len(names)} column(s); a multivariate normal distribution has two or more")
        object.__setattr__(self, "column_names", list(names))
        object.__setattr__(self, "mean", np.array(self.mean, dtype=np.float64))
        object.__setattr__(self, "cov", np.array(self.cov, dtype=np.float64))
        if self.mean.shape != (len(names),):
            raise InvalidInput(f"a mean of the shape {self.mean.shape} for {len(names)} columns")
        _ = self.law.factor  # raises for what is no covariance matrix

    @classmethod
    def of_estimate(cls, names: Sequence[str], found: NormalEstimate) -> MultivariateNormalResult:
        """The result of an estimate; says so where it had to be repaired."""
        if found.repaired:
            warn(
                f"the pairwise covariances of {', '.join(names)} are no covariance matrix; the nearest one, at a distance "
                f"of {found.repaired:.3g} in correlations, is used",
                RepairWarning,
            )
        return cls(list(names), found.mean, found.cov, found.n, found.repaired)

    @cached_property
    def law(self) -> Elliptical:
        """The engine's law of these columns."""
        return Elliptical(self.mean, self.cov)

    @property
    def n_dimensions(self) -> int:
        """The number of columns."""
        return len(self.column_names)

    def sample(self, n: int, random_state: int | np.random.Generator | None = None) -> dict[str, FloatArray]:
        """`n` rows by column, (n,) each; row i of a seed is the same whatever `n` is, and however a sample is split."""
        return named(self.column_names, self.law.rows(0, check.whole("n", n, least=0), seed_of(random_state)))

    def sampler(self) -> JointSampler:
        """What draws any range of rows, to be sent to where they are wanted."""
        return JointSampler(tuple(self.column_names), self.law)

    def sample_distributed(
        self,
        n: int,
        backend: object = None,
        num_partitions: int | None = None,
        random_seed: int | None = None,
        *,
        path: PathLike | None = None,
    ) -> Any:
        """`n` rows, made where `backend` works: those of `sample(n, random_seed)`; see `warmfit.sample_distributed`."""
        return sample_where(self.sampler(), self, n, backend, num_partitions, random_seed, path=path)

    def pdf(self, x: Any) -> FloatArray:
        """The density (N,) at points: a frame, a mapping of columns, or an array (N, C); NaN where a value is missing."""
        return np.exp(self.logpdf(x))

    def logpdf(self, x: Any) -> FloatArray:
        """The log-density (N,) at points, as `pdf`; raises `InvalidInput` where the covariance is singular."""
        return self.law.logpdf(points(x, self.column_names))

    def mahalanobis(self, x: Any) -> FloatArray:
        """The distances (N,) of points from the mean, in standard deviations; ∞ where the covariance does not reach."""
        return np.sqrt(self.law.distances(points(x, self.column_names)))

    def correlation_matrix(self) -> FloatArray:
        """The correlations (C, C); those of a constant column with others are 0."""
        deviation = np.sqrt(np.diag(self.cov))
        safe = np.where(deviation > 0, deviation, 1.0)
        found = np.clip(self.cov / safe[:, None] / safe, -1.0, 1.0)
        np.fill_diagonal(found, 1.0)
        return np.asarray(found)

    def normality(self, df: object, test: str = "mardia") -> dict[str, NormalityTest]:
        """Tests of whether rows are normal, by name.

        `test`: `mardia`, of skewness and of kurtosis, or `henze_zirkler`, of 20 000 rows at most. `df`: the rows,
        wherever they live; those that lack a column are left out. They are compared with a normal distribution of their
        own mean and covariance, whatever those of this result.
        """
        chosen, source = check.member("test", test, TESTS), open_source(df, self.column_names)
        own = estimate(joint_of_values(df, tuple(self.column_names), "listwise"), bias=True)
        if chosen == "mardia":
            sums = source.reduce(self.column_names, Whitening.of(own.mean, own.cov), WhitenedSums.merge)
            return {found.name: found for found in mardia(sums)}
        if own.n > MOST_ROWS:
            rows = np.zeros((own.n, self.n_dimensions))
        else:
            rows = stacked_rows(source, self.column_names)
        return {chosen: henze_zirkler(rows, own.mean, own.cov)}

    def save(self, path: PathLike, format: Format | None = None, indent: int | None = 2) -> None:  # noqa: A002
        """Write JSON or pickle, by suffix or `format`; raises `SerializationError`."""
        body = joint_documents.normal_to_document(self.column_names, self.mean, self.cov, self.n_samples)
        serialization.write(path, KIND, {**body, "repaired": self.repaired}, format, indent, {})

    @classmethod
    def load(
        cls,
        path: PathLike,
        allow_pickle: bool = False,
        format: Format | None = None,  # noqa: A002 - the name that callers type
    ) -> MultivariateNormalResult:
        """The distribution saved at `path`, by this library or spark-bestfit's JSON; raises `SerializationError`."""
        document, _ = serialization.read(path, KIND, format, allow_pickle, {})
        return cls(*joint_documents.normal_from_document(document), float(document.get("repaired", 0.0)))


class MultivariateNormalFitter:
    """Estimates the mean and the covariance of columns from sums over all their rows, wherever these are.

    `backend`: a `RemoteBackend` has its service make the estimate from the joint summary; others change nothing.
    """

    def __init__(self, backend: object = None) -> None:
        if backend is not None and not isinstance(backend, ExecutionBackend):
            check.refuse_type("backend", backend, "a backend, such as LocalBackend(), or None")
        self._backend = backend

    def fit(
        self, df: object, columns: Sequence[str] | None = None, bias: bool = False, *, missing: str | None = None
    ) -> MultivariateNormalResult:
        """The distribution of the columns of a frame, or of what `summarize_joint` returned.

        `bias`: divide by the rows and not by one less, which is maximum likelihood. `missing`: `listwise`, the rows
        that have every column (as it is without this), or `pairwise`, each pair over the rows that have both; the
        latter need not be a covariance matrix, and is then replaced by the nearest with the same variances
        (`RepairWarning`, `repaired`). Raises `InvalidInput` where there are too few rows.
        """
        biased = check.boolean("bias", bias)
        names = None if columns is None else check.names("columns", columns, "price")
        summary = joint_of_values(df, names, missing)
        remote = getattr(self._backend, "multivariate_normal", None)
        found: NormalEstimate = remote(summary, biased) if remote is not None else estimate(summary, biased)
        return MultivariateNormalResult.of_estimate(summary.names, found)
