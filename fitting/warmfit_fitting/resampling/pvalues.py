"""p-values of KS, AD and CvM by parametric bootstrap, which knows that the parameters were fitted.

p = (1 + #{stat* ≥ stat})/(B + 1): Davison & Hinkley (1997), Bootstrap Methods and their Application, sec. 4.2.3. That refits
make the test hold its level: Stute, González Manteiga & Presedo Quindimil (1993), Metrika 40, 243–256; Genest & Rémillard
(2008), Ann. Inst. H. Poincaré Probab. Statist. 44, 1096–1127.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import FitFailed, InvalidInput
from warmfit_fitting.families.every import AnyFamily
from warmfit_fitting.problem import Problem
from warmfit_fitting.resampling.replicates import replicates
from warmfit_fitting.row import FitRow

MAX_FAILED = 0.02  # of the refits that may fail before p-values are given up
STATISTICS = {"ks": "ks_statistic", "ad": "ad_statistic", "cvm": "cvm_statistic"}


@dataclass(frozen=True, slots=True)
class GoodnessOfFit:
    """The `pvalue` of one `statistic` that has the `value`, from `n_bootstrap` refits, `n_failed` of which failed."""

    statistic: str
    value: float
    pvalue: float
    n_bootstrap: int
    n_failed: int


def with_pvalues(problem: Problem, family: AnyFamily, row: FitRow, ask: Callable[[], None] | None = None) -> FitRow:
    """The row with the p-values of its statistics, or with the reason why it has none.

    `ask` is called now and then and may raise to end the work.
    """
    if row.status != "ok" or not math.isfinite(row.ks_statistic):
        return row
    spec = problem.spec
    try:
        found = replicates(problem, family, row, spec.n_bootstrap, spec.seed, statistics=True, ask=ask)
    except (InvalidInput, FitFailed) as error:
        return row.also(f"no p-values: {error}")
    if _too_many(found.n_failed, spec.n_bootstrap):
        return row.also(_failed(found.n_failed, spec.n_bootstrap))
    return replace(
        row,
        pvalue=pvalue(row.ks_statistic, found.ks),
        ad_pvalue=pvalue(row.ad_statistic, found.ad),
        cvm_pvalue=pvalue(row.cvm_statistic, found.cvm),
    )


def goodness_of_fit(
    problem: Problem,
    family: AnyFamily,
    row: FitRow,
    statistic: str,
    n_bootstrap: int,
    seed: int,
    ask: Callable[[], None] | None = None,
) -> GoodnessOfFit:
    """The p-value of one statistic ("ks", "ad", "cvm") of one fit that has been measured.

    Raises `InvalidInput` for a statistic or a number that does not exist, for a fit that was not measured and where no
    column can be simulated as this one came about; `FitFailed` where more than a few refits fail.
    """
    if statistic not in STATISTICS:
        raise InvalidInput(f"unknown statistic {statistic!r}; expected one of {', '.join(STATISTICS)}").at("statistic")
    if n_bootstrap < 1:
        raise InvalidInput(f"n_bootstrap={n_bootstrap}; expected at least one refit").at("n_bootstrap")
    value = getattr(row, STATISTICS[statistic])
    if not math.isfinite(value):
        raise InvalidInput(
            f"{family.name} has no finite {STATISTICS[statistic]} to judge; {row.reason or row.status}"
        ).at("statistic")
    found = replicates(problem, family, row, n_bootstrap, seed, statistics=True, ask=ask)
    if _too_many(found.n_failed, n_bootstrap):
        raise FitFailed(f"{family.name}: {_failed(found.n_failed, n_bootstrap)}")
    return GoodnessOfFit(statistic, value, pvalue(value, getattr(found, statistic)), n_bootstrap, found.n_failed)


def pvalue(value: float, simulated: FloatArray) -> float:
    """(1 + the number of `simulated` (B,) at or above `value`)/(1 + their number), those not known left out; NaN of none."""
    known = simulated[~np.isnan(simulated)]
    if not len(known) or math.isnan(value):
        return math.nan
    return (1 + int((known >= value).sum())) / (1 + len(known))


def _too_many(n_failed: int, n_bootstrap: int) -> bool:
    return n_failed > max(1, MAX_FAILED * n_bootstrap)


def _failed(n_failed: int, n_bootstrap: int) -> str:
    return f"no p-values: {n_failed} of {n_bootstrap} refits to simulated columns failed"
