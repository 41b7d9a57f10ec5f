"""Bootstrap intervals: quantiles of the estimates from columns simulated under the fit and fitted again.

The percentile method (Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 13), at the order statistics that
Davison & Hinkley 1997 (Bootstrap Methods and their Application, sec. 2.4) take: (B + 1) α/2 of B refits. An end of the
support that is estimated by an extreme value is always inside the truth, and refits are inside it once more; there the
basic method reflects their quantiles about the estimate (ibid., sec. 5.2).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.discrete.fitted import FittedCounts
from warmfit_fitting.errors import FitFailed, InvalidInput
from warmfit_fitting.families.discrete.family import DiscreteFamily
from warmfit_fitting.families.every import AnyFamily
from warmfit_fitting.fitted import Fitted

FAILURES = 0.1  # of the refits that may fail; beyond it those that did not are a selection
Interval = tuple[float, float]


def check_size(n_bootstrap: int, alpha: float) -> None:
    """Raise `InvalidInput` where there are too few refits for an interval."""
    least = math.ceil(2 / alpha - 1e-9) - 1
    if n_bootstrap < least:
        raise InvalidInput(f"n_bootstrap={n_bootstrap}; with alpha={alpha:g} expected at least {least}").at(
            "n_bootstrap"
        )


def known(theta: FloatArray, family: AnyFamily, n_failed: int) -> FloatArray:
    """The estimates (B', P) of the refits that did not fail; raises `FitFailed` where too many did."""
    rows = theta[np.isfinite(theta).all(axis=1)]
    if n_failed > FAILURES * len(theta) or len(rows) < 2:
        raise FitFailed(
            f"{n_failed} of {len(theta)} refits of {family.name} failed, so that the others are a selection of easy "
            "columns; use method='profile' or method='wald'"
        )
    return rows


def percentile(values: FloatArray, alpha: float, whole: bool = False) -> Interval:
    """The interval between the order statistics of `values` (B,) that leave α/2 outside on each side."""
    method = "inverted_cdf" if whole else "weibull"
    low, high = np.quantile(values, [alpha / 2, 1 - alpha / 2], method=method)  # type: ignore[call-overload]
    return float(low), float(high)


def basic(values: FloatArray, estimate: float, alpha: float) -> Interval:
    """The percentile interval of `values` (B,) reflected about the estimate."""
    low, high = percentile(values, alpha)
    return 2 * estimate - high, 2 * estimate - low


def quantiles(
    theta: FloatArray,
    family: AnyFamily,
    window: tuple[float, float],
    probabilities: Sequence[float],
    ask: Callable[[], None] | None,
) -> FloatArray:
    """The quantiles (B, Q) of the distributions at `theta` (B, P)."""
    found = np.full((len(theta), len(probabilities)), np.nan)
    for i, parameters in enumerate(theta.tolist()):
        if ask is not None:
            ask()
        if isinstance(family, DiscreteFamily):
            found[i] = FittedCounts(family, parameters, window).ppf(list(probabilities))
        else:
            found[i] = Fitted(family, parameters, window).ppf(list(probabilities))
    return found
