"""The parametric bootstrap of one fit: columns simulated from it, each fitted again as the column itself was.

Efron & Tibshirani (1993), An Introduction to the Bootstrap, ch. 6.5.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.families.every import AnyFamily
from warmfit_fitting.problem import Problem
from warmfit_fitting.resampling.refit import Refit
from warmfit_fitting.row import FitRow


@dataclass(frozen=True, eq=False)
class Replicates:
    """`theta` (B, P): the refits' parameters in the data's unit, NaN where one failed; `ks`, `ad`, `cvm` (B,) of each
    simulated column against its own refit, NaN where they are not known; `n_failed`: how many refits failed.
    """

    theta: FloatArray
    ks: FloatArray
    ad: FloatArray
    cvm: FloatArray
    n_failed: int


def replicates(
    problem: Problem,
    family: AnyFamily,
    row: FitRow,
    n_bootstrap: int,
    seed: int,
    *,
    statistics: bool = False,
    ask: Callable[[], None] | None = None,
) -> Replicates:
    """`n_bootstrap` columns simulated from the distribution of `row` under the problem's design, fitted with its spec.

    Replicate b depends on the seed and on b only. `statistics`: measure KS, AD and CvM too. `ask` is called now and then,
    and may raise to end the work. Raises `InvalidInput` where no column can be simulated as the problem's came about,
    and `FitFailed` where the row's distribution cannot be drawn from.
    """
    if not row.parameters:
        raise InvalidInput(f"{family.name} has no parameters ({row.status}: {row.reason}); only a fit can be simulated")
    refit = Refit(problem, family, row, statistics, ask)
    with np.errstate(all="ignore"):
        parts = [refit.columns(refit.simulated(seed, numbers)) for numbers in refit.shares(n_bootstrap)]
    theta = np.concatenate([np.zeros((0, len(family.parameters))), *(part[0] for part in parts)])
    failed = ~np.isfinite(theta).all(axis=1)
    theta[failed] = np.nan
    ks, ad, cvm = (
        np.where(failed, np.nan, np.concatenate([np.zeros(0), *(getattr(part[1], name) for part in parts)]))
        for name in ("ks", "ad", "cvm")
    )
    return Replicates(theta, ks, ad, cvm, int(failed.sum()))
