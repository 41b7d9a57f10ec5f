"""A goodness-of-fit test by parametric bootstrap: how often columns drawn from the fit lie as far from theirs.

The p-value is (1 + #{T* ≥ T})/(B + 1), T* of columns simulated under the fit and fitted again, so that it takes account of
the parameters having been estimated (Stute, González Manteiga & Presedo Quindimil 1993, Metrika 40, 243–256; Davison &
Hinkley 1997, sec. 4.2).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from warmfit_fitting.errors import FitFailed, InvalidInput
from warmfit_fitting.families.every import AnyFamily
from warmfit_fitting.problem import Problem
from warmfit_fitting.row import FitRow

STATISTICS = ("ks", "ad", "cvm")


@dataclass(frozen=True, slots=True)
class GoodnessOfFit:
    """The statistic, its p-value from `n_bootstrap` refits, of which `n_failed` failed and are left out."""

    statistic: float
    pvalue: float
    n_bootstrap: int
    n_failed: int


def goodness_of_fit(
    problem: Problem,
    family: AnyFamily,
    row: FitRow,
    *,
    statistic: str = "ad",
    n_bootstrap: int = 199,
    seed: int = 0,
    ask: Callable[[], None] | None = None,
) -> GoodnessOfFit:
    """The test of `statistic` (ks, ad or cvm) for a row; `ask` is called now and then and may raise.

    Raises `InvalidInput` for arguments that make no sense, `FitFailed` for a row without a fit, and where the statistic
    is not known or no refit ends.
    """
    from warmfit_fitting.engine import measure  # which fits, and leads here where p-values are asked for
    from warmfit_fitting.resampling.replicates import replicates

    if statistic not in STATISTICS:
        raise InvalidInput(f"unknown statistic {statistic!r}; expected one of {', '.join(STATISTICS)}")
    if n_bootstrap < 1:
        raise InvalidInput(f"n_bootstrap={n_bootstrap}; expected at least 1")
    if row.status != "ok":
        raise FitFailed(f"{row.distribution} has no fit to test ({row.status}: {row.reason})")
    if math.isnan(getattr(row, f"{statistic}_statistic")):
        row = measure(problem, family, row, ask)
    observed = float(getattr(row, f"{statistic}_statistic"))
    if math.isnan(observed):
        raise FitFailed(f"{statistic} of {family.name} is not known here ({row.reason or 'no reason given'})")
    drawn = replicates(problem, family, row, n_bootstrap, seed, statistics=True, ask=ask)
    values = np.asarray(getattr(drawn, statistic))
    values = values[~np.isnan(values)]
    if not len(values):
        raise FitFailed(f"none of {n_bootstrap} refits of {family.name} ended; there is no p-value")
    pvalue = (1 + int((values >= observed).sum())) / (len(values) + 1)
    return GoodnessOfFit(observed, pvalue, n_bootstrap, n_bootstrap - len(values))
