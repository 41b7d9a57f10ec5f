"""Copulas: fitted columns that move together. `GaussianCopula`, `StudentTCopula`, and what is left once values are known.

A copula keeps each column's own distribution, bounds and all, and joins them through the correlation of their normal (or
t) scores. What is estimated, and how rows are drawn, is the engine's (`warmfit_fitting.joint`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from typing import Any, Self, cast

import numpy as np
from numpy.typing import ArrayLike

from warmfit import joint_documents, serialization
from warmfit import validation as check
from warmfit.collection import BaseFitResults
from warmfit.copula_fit import fitted_correlation, fitted_student, marginals_of, opened
from warmfit.joint_draws import sample_where
from warmfit.joint_rows import JointSampler, named, points, seed_of
from warmfit.notices import RepairWarning, warn
from warmfit.result import DistributionFitResult
from warmfit.serialization import Custom, Format, PathLike
from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.joint.correlation import Correlation, check_correlation, settled
from warmfit_fitting.joint.elliptical import Elliptical
from warmfit_fitting.joint.law import CopulaLaw


class _Joined:
    """Columns with marginals and a law that joins them: drawing and densities."""

    column_names: list[str]
    marginals: dict[str, DistributionFitResult]

    @property
    def law(self) -> CopulaLaw:
        """The engine's law of these columns."""
        raise NotImplementedError

    def sample(
        self, n: int, random_state: int | np.random.Generator | None = None, return_uniform: bool = False
    ) -> dict[str, FloatArray]:
        """`n` rows by column, (n,) each; `return_uniform`: the probabilities of the values in their marginals instead.

        Row i of a seed is the same whatever `n` is, and however a sample is split. Each value is its marginal's quantile
        of a probability that is right to 1e-10.
        """
        size, uniform = check.whole("n", n, least=0), check.boolean("return_uniform", return_uniform)
        return named(self.column_names, self.law.rows(0, size, seed_of(random_state), uniform))

    def rows(self, start: int, stop: int, seed: int, return_uniform: bool = False) -> dict[str, FloatArray]:
        """Rows `start`, …, `stop` − 1 of the sample of a seed, by column: a pure function of its arguments."""
        first, last = check.whole("start", start, least=0), check.whole("stop", stop, least=0)
        if last < first:
            raise InvalidInput(f"start={first}, stop={last}; expected start ≤ stop")
        uniform = check.boolean("return_uniform", return_uniform)
        return named(self.column_names, self.law.rows(first, last, seed_of(seed), uniform))

    def sampler(self, return_uniform: bool = False) -> JointSampler:
        """What draws any range of rows, to be sent to where they are wanted."""
        return JointSampler(tuple(self.column_names), _Uniform(self.law) if return_uniform else self.law)

    def sample_distributed(
        self,
        n: int,
        backend: object = None,
        num_partitions: int | None = None,
        random_seed: int | None = None,
        return_uniform: bool = False,
        *,
        path: PathLike | None = None,
    ) -> Any:
        """`n` rows, made where `backend` works: those of `sample(n, random_seed)`, whatever the number of partitions.

        What comes of it is said by `warmfit.sample_distributed`: a frame of pandas, Spark or Ray with a column for each of
        these, or Parquet files under `path`.
        """
        uniform = check.boolean("return_uniform", return_uniform)
        model = self if isinstance(self, EllipticalCopula) else None
        return sample_where(self.sampler(uniform), model, n, backend, num_partitions, random_seed, uniform, path=path)

    def logpdf(self, x: Any) -> FloatArray:
        """The joint log-density (N,) at points: a frame, a mapping of columns, or an array (N, C).

        −∞ outside the marginals' supports, NaN where a value is missing. Raises `InvalidInput` where a marginal is
        discrete.
        """
        return self.law.logpdf(points(x, self.column_names))

    def condition(self, given: Mapping[str, float]) -> ConditionalCopula:
        """The joint law of the other columns, given the values of some.

        Raises `InvalidInput` for an unknown column, for all of them, for a value outside its marginal's support, and
        where a marginal that is conditioned on is discrete.
        """
        values = check.mapping("given", given, "a mapping of columns to values")
        unknown = [name for name in values if name not in self.column_names]
        if unknown or not 0 < len(values) < len(self.column_names):
            what = f"unknown column {unknown[0]!r}" if unknown else f"{len(values)} of {len(self.column_names)} columns"
            raise InvalidInput(f"{what}; give the values of some of {', '.join(self.column_names)}, and not of all")
        at = [self.column_names.index(name) for name in values]
        law = self.law.given(at, np.array(list(values.values())))
        rest = [name for name in self.column_names if name not in values]
        return ConditionalCopula(rest, {name: self.marginals[name] for name in rest}, values, law)


class _Uniform:
    """The probabilities of a law's rows."""

    def __init__(self, law: CopulaLaw) -> None:
        self._law = law

    def rows(self, start: int, stop: int, seed: int, /) -> FloatArray:
        return self._law.rows(start, stop, seed, uniform=True)


class ConditionalCopula(_Joined):
    """The columns of a copula that are not known, given those that are: `given`, by name.

    `marginals` are those of the copula; the conditional distribution of each column is another.
    """

    def __init__(
        self,
        column_names: Sequence[str],
        marginals: Mapping[str, DistributionFitResult],
        given: Mapping[str, float],
        law: CopulaLaw,
    ) -> None:
        self.column_names, self.marginals, self.given = list(column_names), dict(marginals), dict(given)
        self._law = law

    @property
    def law(self) -> CopulaLaw:
        """The engine's law of these columns."""
        return self._law

    @property
    def scores(self) -> Elliptical:
        """The conditional distribution of the scores: its mean, scatter and degrees of freedom."""
        return self._law.scores

    def ppf(self, column: str, q: ArrayLike) -> FloatArray:
        """The quantiles of one column alone, given the known values, in the shape of `q`."""
        at = self.column_names.index(check.member("column", column, self.column_names))
        return self._law.conditional_quantile(at, np.asarray(q, dtype=np.float64))

    def __repr__(self) -> str:
        return f"ConditionalCopula({', '.join(self.column_names)} given {self.given})"


class EllipticalCopula(_Joined):
    """What the copulas share. `column_names`; `marginals` by column; `correlation_matrix` (C, C) of the scores.

    A matrix that is not positive definite is replaced by the nearest that is (Higham 2002), with a `RepairWarning`;
    `repaired` is the Frobenius distance between the two, 0 without a repair.
    """

    KIND = ""

    def __init__(
        self,
        column_names: Sequence[str],
        marginals: Mapping[str, DistributionFitResult],
        correlation_matrix: ArrayLike | Correlation,
        dof: float,
    ) -> None:
        names = check.names("column_names", column_names, "price")
        if len(names) < 2 or set(names) != set(marginals):
            raise InvalidInput(
                f"{len(names)} column(s) and marginals of {', '.join(map(str, marginals)) or 'none'}; expected two or more "
                "columns, and a marginal for each"
            )
        for name in names:
            if not isinstance(marginals[name], DistributionFitResult):
                check.refuse_type(f"marginals[{name!r}]", marginals[name], "a DistributionFitResult")
            marginals[name].check_fitted()
        given = correlation_matrix
        found = given if isinstance(given, Correlation) else settled(check_correlation(given, len(names)))
        self.column_names = list(names)
        self.marginals = {name: marginals[name] for name in names}
        self.correlation_matrix, self.repaired = found.matrix, found.repaired
        self.dof = dof
        if self.repaired:
            warn(
                f"the correlations of {', '.join(names)} are not positive definite; the nearest such matrix, at a distance "
                f"of {self.repaired:.3g}, is used",
                RepairWarning,
            )

    @cached_property
    def law(self) -> CopulaLaw:
        """The engine's law of these columns."""
        marginals = [self.marginals[name].get_law() for name in self.column_names]
        return CopulaLaw.of(marginals, self.correlation_matrix, self.dof)

    def save(self, path: PathLike, format: Format | None = None, indent: int | None = 2) -> None:  # noqa: A002
        """Write the whole copula as JSON or pickle, by suffix or `format`; raises `SerializationError`."""
        body, custom = joint_documents.copula_to_document(
            self.column_names, self.marginals, self.correlation_matrix, self.dof, self.repaired
        )
        serialization.write(path, self.KIND, body, format, indent, custom)

    @classmethod
    def load(
        cls,
        path: PathLike,
        allow_pickle: bool = False,
        format: Format | None = None,  # noqa: A002 - the name that callers type
        custom: Custom | None = None,
    ) -> Self:
        """The copula that was saved at `path`, by this library, or by spark-bestfit as JSON.

        The latter's correlations are Spearman's, and are converted. `custom`: the objects of users' families, by name.
        Raises `SerializationError` for anything unreadable, and for a pickle unless `allow_pickle=True`.
        """
        document, known = serialization.read(path, cls.KIND, format, allow_pickle, custom or {})
        parts = joint_documents.copula_from_document(document, known)
        return cls._of_parts(parts)

    @classmethod
    def _of_parts(cls, parts: joint_documents.CopulaParts) -> Self:
        raise NotImplementedError

    def __reduce__(self) -> tuple[Any, ...]:
        parts = joint_documents.CopulaParts(
            self.column_names, self.marginals, self.correlation_matrix, self.dof, self.repaired
        )
        return partial(type(self)._of_parts), (parts,)

    def __repr__(self) -> str:
        marginals = ", ".join(f"{name}: {m.distribution}" for name, m in self.marginals.items())
        return f"{type(self).__name__}({marginals})"


class GaussianCopula(EllipticalCopula):
    """Columns whose normal scores are jointly normal."""

    KIND = "gaussian_copula"

    def __init__(
        self,
        column_names: Sequence[str],
        marginals: Mapping[str, DistributionFitResult],
        correlation_matrix: ArrayLike | Correlation,
    ) -> None:
        super().__init__(column_names, marginals, correlation_matrix, math.inf)

    @classmethod
    def fit(
        cls,
        results: BaseFitResults,
        df: object,
        columns: Sequence[str] | None = None,
        metric: str = "bic",
        backend: object = None,
        *,
        method: str = "normal",
        missing: str | None = None,
    ) -> GaussianCopula:
        """The copula of the best fit of each column by `metric`, and of the correlations of the rows of `df`.

        `df`: the frame that was fitted, wherever it lives, or what `summarize_joint` returns; all its rows count, and
        none is moved. `columns`: those of the results, which they are without this. `method`: `normal`, the correlation
        of normal scores; `spearman` or `kendall`, converted to it (the latter for tables in this process). `missing`:
        `pairwise`, each pair over the rows that have both (as it is without this), or `listwise`. `backend`: a
        `RemoteBackend` has its service settle the correlations of the joint summary; others change nothing, as rows are
        summed where they are. Raises `FitFailed` for a column without a fit, `InvalidInput` for a constant one.
        """
        marginals = marginals_of(results, columns, metric)
        found = fitted_correlation(df, tuple(marginals), method, missing, backend)
        return cls(list(marginals), marginals, found)

    @classmethod
    def _of_parts(cls, parts: joint_documents.CopulaParts) -> Self:
        made = cls(parts.column_names, parts.marginals, parts.correlation_matrix)
        made.repaired = parts.repaired or made.repaired
        return made


class StudentTCopula(EllipticalCopula):
    """Columns whose t scores are jointly t-distributed: extremes come together, the more so the fewer `dof` there are.

    `aic`, `gaussian_aic`: Akaike's criteria of this copula and of the Gaussian one on the rows it was fitted to, by their
    pseudo-likelihood; None where it was not fitted here.
    """

    KIND = "student_t_copula"

    def __init__(
        self,
        column_names: Sequence[str],
        marginals: Mapping[str, DistributionFitResult],
        correlation_matrix: ArrayLike,
        dof: float,
    ) -> None:
        super().__init__(column_names, marginals, correlation_matrix, check.positive("dof", dof))
        self.aic: float | None = None
        self.gaussian_aic: float | None = None

    @classmethod
    def fit(
        cls, results: BaseFitResults, df: object, columns: Sequence[str] | None = None, metric: str = "bic"
    ) -> StudentTCopula:
        """The t copula of the best fit of each column by `metric`; correlation and `dof` by maximum pseudo-likelihood.

        `df`: the frame that was fitted: several passes over its rows, those that lack a column left out. Raises as
        `GaussianCopula.fit` does.
        """
        marginals = marginals_of(results, columns, metric)
        source, names = opened(df, tuple(marginals))
        found = fitted_student(source, names)
        made = cls(names, marginals, found.correlation, found.dof)
        made.aic, made.gaussian_aic = found.aic, found.gaussian_aic
        return made

    @classmethod
    def _of_parts(cls, parts: joint_documents.CopulaParts) -> Self:
        made = cls(parts.column_names, parts.marginals, parts.correlation_matrix, parts.dof)
        made.repaired = parts.repaired or made.repaired
        return made


def fit_copula(
    results: BaseFitResults, df: object, columns: Sequence[str] | None = None, metric: str = "bic"
) -> GaussianCopula | StudentTCopula:
    """The Gaussian or the Student-t copula of fitted columns, whichever has the lower AIC; as `StudentTCopula.fit`."""
    student = StudentTCopula.fit(results, df, columns, metric)
    if cast(float, student.aic) < cast(float, student.gaussian_aic):
        return student
    return GaussianCopula.fit(results, df, columns, metric, missing="listwise")
