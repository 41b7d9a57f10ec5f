"""`FitRow`: what one family came to on one column."""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass
from typing import Literal

Status = Literal["ok", "failed", "timed_out", "degenerate", "skipped"]
Ending = Literal["", "closed_form", "converged", "boundary", "budget"]


@dataclass(frozen=True, slots=True, eq=False)
class FitRow:
    """One family's estimates and metrics; every family asked for has one, whatever became of it.

    `parameters`: shapes, loc, and scale of continuous families, in SciPy's order, empty unless `status` is `ok` or
    `degenerate`; `n_parameters` of them were free. `loglik`: the bounded log-likelihood over all rows, of probabilities
    where the family is discrete; `aic`, `aicc`, `bic` from it. `ks_statistic` lies at most `ks_error_bound` below the
    distance of all rows. `pvalue`, `ad_pvalue`, `cvm_pvalue`: of KS, AD and CvM by parametric bootstrap, where they were
    asked for. `sse`: of the histogram's densities, or of the probabilities of the values. `reason`: why the status is
    not `ok`, or why an `ok` row has no SSE, or no KS, AD and CvM either, although they were asked for: rows are censored or
    truncated.
    `standard_errors`: one for each parameter, 0 where it was held fixed, NaN for a whole number that was estimated,
    and for a parameter that is an end of the support, or follows from its ends, where such an end is estimated at a
    faster rate than the others (`estimation.errors`; the location of an exponential, of a Weibull of shape below 2):
    theirs are then as if it were known. Empty where no parameter has one, the likelihood being not regular at its
    maximum. `ending`: how the search ended; `boundary`, at an end or in a limit of the family. `method`: how the
    parameters were estimated. `n_evaluations`: parameter vectors tried. `elapsed`: seconds.
    """

    distribution: str
    status: Status
    reason: str = ""
    parameters: tuple[float, ...] = ()
    n_parameters: int = 0
    loglik: float = math.nan
    aic: float = math.nan
    aicc: float = math.nan
    bic: float = math.nan
    ks_statistic: float = math.nan
    ks_error_bound: float = math.nan
    ad_statistic: float = math.nan
    cvm_statistic: float = math.nan
    sse: float = math.nan
    pvalue: float = math.nan
    ad_pvalue: float = math.nan
    cvm_pvalue: float = math.nan
    standard_errors: tuple[float, ...] = ()
    ending: Ending = ""
    method: str = "mle"
    n_evaluations: int = 0
    elapsed: float = math.nan

    def __eq__(self, other: object) -> bool:
        """Whether both say the same; what is not known is the same as what is not known."""
        return isinstance(other, FitRow) and self._told() == other._told()

    def __hash__(self) -> int:
        return hash(self._told())

    def _told(self) -> tuple[object, ...]:
        """All fields, None for numbers that are not known."""
        return tuple(tuple(map(_known, v)) if isinstance(v, tuple) else _known(v) for v in astuple(self))


def _known(value: object) -> object:
    return None if isinstance(value, float) and math.isnan(value) else value
