"""What a copula is fitted from: the marginals of results, and the joint summaries of the rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy import stats

from warmfit import validation as check
from warmfit.backends.protocol import ExecutionBackend
from warmfit.collection import BaseFitResults
from warmfit.joint import check_columns, joint_summary, known_missing, open_columns, summaries_of
from warmfit.result import DistributionFitResult
from warmfit.sources import Source, open_source
from warmfit.sources.refusals import unknown_column
from warmfit.sources.summarized import TableSource
from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import FitFailed, InvalidInput
from warmfit_fitting.joint import JointCount, JointSummary
from warmfit_fitting.joint.correlation import METHODS, Correlation, from_kendall, of_estimate, of_scores, settled
from warmfit_fitting.joint.student import Pass, StudentFit, Sums, fit_student


def marginals_of(
    results: BaseFitResults, columns: Sequence[str] | None, metric: str
) -> dict[str, DistributionFitResult]:
    """The best fit of each column by `metric`; raises `FitFailed` where a column has none."""
    if not isinstance(results, BaseFitResults):
        check.refuse_type("results", results, "what DistributionFitter.fit returns")
    names = results.column_names if columns is None else check.names("columns", columns, "price")
    found: dict[str, DistributionFitResult] = {}
    for name in check_columns(names):
        if name not in results.column_names:
            raise unknown_column(name, results.column_names)
        best = results.for_column(name).best(1, metric)
        if not best:
            reasons = sorted(set(results.for_column(name).failures["reason"]))
            raise FitFailed(
                f"column {name!r} has no fit ({'; '.join(reasons[:3]) or 'no rows'}); leave it out of columns="
            )
        found[name] = best[0]
    return found


def opened(df: object, names: tuple[str, ...]) -> tuple[Source, tuple[str, ...]]:
    """The source that has the rows of these columns."""
    if isinstance(df, JointSummary):
        raise InvalidInput(
            "a JointSummary holds no rows, which the likelihood of a t copula is of; give the frame itself"
        )
    return open_source(df, names), names


def fitted_correlation(
    df: object, names: tuple[str, ...], method: str, missing: str | None, backend: object
) -> Correlation:
    """The correlations of normal scores (C, C), positive definite; raises `InvalidInput` for a constant column."""
    check.member("method", method, METHODS)
    if backend is not None and not isinstance(backend, ExecutionBackend):
        check.refuse_type("backend", backend, "a backend, such as LocalBackend(), or None")
    if method == "kendall":
        return settled(_constant_refused(names, from_kendall(_kendall(df, names))))
    summary = joint_of(df, names, missing)
    estimate = _constant_refused(names, of_estimate(summary, method))
    remote: Callable[[JointSummary, str], Correlation] | None = getattr(backend, "correlation", None)
    return settled(estimate) if remote is None else remote(summary, method)


def joint_of(df: object, names: tuple[str, ...], missing: str | None) -> JointSummary:
    """The scored joint summary of these columns, pairwise unless said; or of those of a summary that was made earlier."""
    if isinstance(df, JointSummary):
        return _earlier(df, names, missing)
    source = open_source(df, names)
    return joint_summary(source, names, known_missing(missing or "pairwise"), summaries_of(source, names))


def _earlier(summary: JointSummary, names: tuple[str, ...], missing: str | None) -> JointSummary:
    if missing is not None and known_missing(missing) != summary.missing:
        raise InvalidInput(
            f"missing={missing!r} contradicts the joint summary, which is {summary.missing}; leave it out"
        )
    return summary.only(names)


def joint_of_frame(df: object, columns: Sequence[str] | None, missing: str | None) -> JointSummary:
    """The scored joint summary of the columns of a frame, all of them without `columns`."""
    if isinstance(df, JointSummary):
        raise InvalidInput("a JointSummary has no columns to fit; give the frame itself")
    source, names = open_columns(df, columns)
    return joint_summary(source, names, known_missing(missing or "pairwise"), summaries_of(source, names))


def joint_of_values(df: object, names: tuple[str, ...] | None, missing: str | None) -> JointSummary:
    """The joint summary of values alone, listwise unless said; all columns without `names`."""
    if isinstance(df, JointSummary):
        return _earlier(df, names or df.names, missing)
    source, chosen = open_columns(df, names)
    return joint_summary(source, chosen, known_missing(missing or "listwise"), None)


def _constant_refused(names: tuple[str, ...], estimate: FloatArray) -> FloatArray:
    unknown = np.isnan(estimate)
    for name, line in zip(names, unknown, strict=True):
        if line.sum() >= len(names) - 1:
            raise InvalidInput(
                f"column {name!r} is constant, or no row has it beside another; leave it out of columns="
            )
    if unknown.any():
        j, k = (int(v) for v in np.argwhere(unknown)[0])
        raise InvalidInput(
            f"no two rows have different values of {names[j]!r} and {names[k]!r} both; leave one of them out"
        )
    return estimate


def _kendall(df: object, names: tuple[str, ...]) -> FloatArray:
    """Kendall's τ-b (C, C), each pair over the rows that have both."""
    source = None if isinstance(df, JointSummary) else open_source(df, names)
    if not isinstance(source, TableSource):
        raise InvalidInput("Kendall's tau is no sum over rows: give a table in this process, or use method='normal'")
    columns = [source.table.only(list(names)).numbers(name) for name in names]
    found = np.eye(len(names))
    for j, a in enumerate(columns):
        for k, b in enumerate(columns[:j]):
            both = ~(np.isnan(a) | np.isnan(b))
            found[j, k] = found[k, j] = stats.kendalltau(a[both], b[both]).statistic if both.sum() > 1 else np.nan
    return found


def fitted_student(source: Source, names: tuple[str, ...]) -> StudentFit:
    """The t copula of the rows of a source."""
    summaries = summaries_of(source, names)
    start = of_scores(joint_summary(source, names, "listwise", summaries))
    constant = [name for name, is_constant in zip(names, start.constant, strict=True) if is_constant]
    if constant:
        raise InvalidInput(
            f"column {constant[0]!r} is constant over the rows that have every column; leave it out of columns="
        )
    ranked = JointCount.of(names, summaries, "listwise").ranked

    def take(one: Pass) -> Sums:
        return source.reduce(names, one, Sums.merge)

    return fit_student(take, ranked, start.matrix)
