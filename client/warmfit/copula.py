"""`GaussianCopula` and `StudentTCopula`: fitted columns that move together, and the choice between the two by AIC."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Self, cast

from numpy.typing import ArrayLike

from warmfit import joint_documents
from warmfit import validation as check
from warmfit.collection import BaseFitResults
from warmfit.copula_fit import fitted_correlation, fitted_student, marginals_of, opened
from warmfit.joined import ConditionalCopula, EllipticalCopula
from warmfit.result import DistributionFitResult
from warmfit_fitting.joint.correlation import Correlation

__all__ = ["ConditionalCopula", "EllipticalCopula", "GaussianCopula", "StudentTCopula", "fit_copula"]


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
        return cls(parts.column_names, parts.marginals, parts.correlation_matrix)._known_as(parts)


class StudentTCopula(EllipticalCopula):
    """Columns whose t scores are jointly t-distributed: extremes come together, the more so the fewer `dof` there are."""

    KIND = "student_t_copula"

    def __init__(
        self,
        column_names: Sequence[str],
        marginals: Mapping[str, DistributionFitResult],
        correlation_matrix: ArrayLike,
        dof: float,
    ) -> None:
        super().__init__(column_names, marginals, correlation_matrix, check.positive("dof", dof))

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
        return cls(parts.column_names, parts.marginals, parts.correlation_matrix, parts.dof)._known_as(parts)


def fit_copula(
    results: BaseFitResults, df: object, columns: Sequence[str] | None = None, metric: str = "bic"
) -> GaussianCopula | StudentTCopula:
    """The Gaussian or the Student-t copula of fitted columns, whichever has the lower AIC; as `StudentTCopula.fit`."""
    student = StudentTCopula.fit(results, df, columns, metric)
    aic, gaussian_aic = cast(float, student.aic), cast(float, student.gaussian_aic)
    if aic < gaussian_aic:
        return student
    made = GaussianCopula.fit(results, df, columns, metric, missing="listwise")
    made.aic = made.gaussian_aic = gaussian_aic
    return made
