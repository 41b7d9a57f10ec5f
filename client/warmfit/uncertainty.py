"""What a result says of its own uncertainty: the question that was fitted, put to the engine again.

A result that comes from a fit knows its column's summary and its spec. One that was loaded or made by hand knows the
spec at most, and is given the data.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from warmfit import documents
from warmfit import validation as check
from warmfit_fitting import engine, intervals
from warmfit_fitting.errors import FitFailed, InvalidInput
from warmfit_fitting.families.discrete.family import DiscreteFamily
from warmfit_fitting.families.every import AnyFamily
from warmfit_fitting.intervals import Interval
from warmfit_fitting.problem import Problem
from warmfit_fitting.resampling.pvalues import STATISTICS, GoodnessOfFit
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary.column import ColumnSummary

if TYPE_CHECKING:
    from warmfit.result import DistributionFitResult


@dataclass(frozen=True)
class Origin:
    """What a result was fitted to, where it is known: the column's `summary`, and the `spec` of this one family."""

    summary: ColumnSummary | None = None
    spec: FitSpec | None = None

    @classmethod
    def of(cls, summary: ColumnSummary | None, spec: FitSpec, name: str) -> Origin:
        """The origin of the row of one family."""
        return cls(summary, replace(spec, families=(name,)))


def data_of(result: DistributionFitResult, df: object, column: str | None) -> ColumnSummary:
    """The summary of the column given, or else of the one that was fitted; raises `InvalidInput` without either."""
    if df is not None:
        from warmfit.summaries import summarize  # reads frames, which a result alone has no need of

        names = [result.column_name] if column is None and result.column_name is not None else column
        (summary,) = summarize(df, names).values()
        return summary
    if column is not None:
        raise InvalidInput(f"column={column!r} without df=; give the frame that has the column, or leave it out")
    if result._origin.summary is None:
        raise InvalidInput(
            f"this result of {result.distribution} does not know its data, for it was loaded or made by hand: "
            "give them as df=, a frame or what summarize() returns"
        )
    return result._origin.summary


def confidence_intervals(
    result: DistributionFitResult,
    df: object,
    column: str | None,
    method: str,
    alpha: float,
    quantiles: Sequence[float] | None,
    n_bootstrap: int,
    seed: int | None,
) -> dict[str, Interval]:
    """The engine's intervals for a result."""
    method = check.member("method", method, intervals.METHODS)
    share, n = check.positive("alpha", alpha), check.whole("n_bootstrap", n_bootstrap)
    probabilities = None if quantiles is None else _probabilities(quantiles)
    problem, family, row = _question(result, df, column)
    return intervals.confidence_intervals(
        problem, family, row, method=method, alpha=share, quantiles=probabilities, n_bootstrap=n,
        seed=_seed(seed, problem),
    )  # fmt: skip


def goodness_of_fit(
    result: DistributionFitResult,
    df: object,
    column: str | None,
    statistic: str,
    n_bootstrap: int,
    seed: int | None,
) -> GoodnessOfFit:
    """The engine's test for a result."""
    name, n = check.member("statistic", statistic, STATISTICS), check.whole("n_bootstrap", n_bootstrap)
    problem, family, row = _question(result, df, column)
    return engine.goodness_of_fit(problem, family, row, name, n, _seed(seed, problem))


def _question(result: DistributionFitResult, df: object, column: str | None) -> tuple[Problem, AnyFamily, FitRow]:
    """The problem, the family and the row behind a result."""
    if result.status != "ok":
        raise FitFailed(f"{result.distribution} has no fit ({result.status}: {result.reason or 'no reason given'})")
    family, spec = result._family, _spec(result)
    problem = engine.prepare(data_of(result, df, column), spec, isinstance(family, DiscreteFamily))
    return problem, family, _row(result)


def _spec(result: DistributionFitResult) -> FitSpec:
    """The spec that was asked; of a result without one, that of its bounds, where it estimated every parameter."""
    if result._origin.spec is not None:
        return result._origin.spec
    free = len(result._family.parameters) - isinstance(result._family, DiscreteFamily)
    if result._n_estimated not in (None, free):
        raise InvalidInput(
            f"this result of {result.distribution} does not say which of its parameters were held fixed; fit again"
        )
    return FitSpec((result.distribution,), lower_bound=result.lower_bound, upper_bound=result.upper_bound)


def _row(result: DistributionFitResult) -> FitRow:
    numbers = {name: getattr(result, name) for name in documents.METRICS}
    known: dict[str, Any] = {name: math.nan if value is None else value for name, value in numbers.items()}
    name, parameters, k = result.distribution, tuple(result.parameters), result._n_estimated or 0
    row = FitRow(name, result.status, result.reason, parameters, k, method=result.estimation_method)
    errors = tuple(math.nan if error is None else error for error in result.standard_errors or ())
    return replace(row, standard_errors=errors, **known)


def _probabilities(quantiles: Sequence[float]) -> list[float]:
    if isinstance(quantiles, str | bytes) or not hasattr(quantiles, "__iter__"):
        check.refuse_type("quantiles", quantiles, "a list of probabilities, such as quantiles=[0.5, 0.99]")
    return [check.real("an entry of quantiles", p) for p in quantiles]


def _seed(seed: int | None, problem: Problem) -> int:
    return problem.spec.seed if seed is None else check.whole("random_seed", seed, least=0)
