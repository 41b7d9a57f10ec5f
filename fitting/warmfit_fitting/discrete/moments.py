"""The method of moments for families of counts that have it in closed form, or in one equation.

The mean tells one shape, the mean and the variance two. Whole shapes are rounded and the real one beside them taken from the
mean. (Formulas: Johnson, Kemp & Kotz 2005, Univariate Discrete Distributions, sec. 3.8.2, 4.8, 5.8.)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from scipy.optimize import brentq

from warmfit_fitting.discrete.objective import CountObjective
from warmfit_fitting.discrete.search import CountEstimate
from warmfit_fitting.errors import InvalidInput

Shapes = tuple[float, ...]


def matched(objective: CountObjective, fixed: Mapping[str, float]) -> CountEstimate | str:
    """The shapes that match the mean, and the variance where there are two; or why there are none."""
    family, view = objective.family, objective.view
    mean, variance = view.mean, view.std**2
    if mean <= 0 <= family.low:
        return f"no count is above {mean:g}, so that its moments say nothing of its shapes"
    try:
        theta = SOLUTIONS[family.name, ",".join(sorted(fixed))](mean, variance, fixed)
    except NoSolution as reason:
        return str(reason)
    value = float(objective(np.array([theta]))[0])
    if not math.isfinite(value):
        return "its moments match, but not every count has a probability there"
    return CountEstimate(np.array(theta), value * view.total, "closed_form")


def unavailable(name: str, fixed: Mapping[str, float]) -> str:
    """Why the method does not apply to the family of that name, or nothing."""
    if (name, ",".join(sorted(fixed))) in SOLUTIONS:
        return ""
    if fixed and (name, "") in SOLUTIONS:
        return f"the method of moments is not available for it with {', '.join(fixed)} held fixed"
    return "the method of moments is not available for it"


def refuse_spacings() -> None:
    """Raise `InvalidInput`: counts have no spacings."""
    raise InvalidInput(
        "estimation method 'mse' is for continuous families: counts lie on atoms, and have no spacings between them; "
        "use 'mle', which is regular for counts"
    )


class NoSolution(Exception):
    """The moments of a column are not those of any member of the family."""


def _binom(mean: float, variance: float, fixed: Mapping[str, float]) -> Shapes:
    if variance >= mean:
        raise NoSolution(f"its variance is below its mean; the column's is {variance:.4g}, its mean {mean:.4g}")
    n = max(float(np.rint(mean * mean / (mean - variance))), math.ceil(mean))
    return n, mean / n


def _binom_p(mean: float, variance: float, fixed: Mapping[str, float]) -> Shapes:
    return fixed["n"], _share(mean / fixed["n"])


def _nbinom(mean: float, variance: float, fixed: Mapping[str, float]) -> Shapes:
    if variance <= mean:
        raise NoSolution(f"its variance is above its mean; the column's is {variance:.4g}, its mean {mean:.4g}")
    return mean * mean / (variance - mean), mean / variance


def _nbinom_p(mean: float, variance: float, fixed: Mapping[str, float]) -> Shapes:
    return fixed["n"], fixed["n"] / (fixed["n"] + mean)


def _nbinom_n(mean: float, variance: float, fixed: Mapping[str, float]) -> Shapes:
    return mean * fixed["p"] / (1 - fixed["p"]), fixed["p"]


def _skellam(mean: float, variance: float, fixed: Mapping[str, float]) -> Shapes:
    if variance <= abs(mean):
        raise NoSolution(f"its variance is above its mean's size; the column's is {variance:.4g}, its mean {mean:.4g}")
    return (variance + mean) / 2, (variance - mean) / 2


def _randint(mean: float, variance: float, fixed: Mapping[str, float]) -> Shapes:
    size = max(float(np.rint(math.sqrt(12 * variance + 1))), 1.0)
    low = float(np.rint(mean - (size - 1) / 2))
    return low, low + size


def _dlaplace(mean: float, variance: float, fixed: Mapping[str, float]) -> Shapes:
    return (math.acosh(1 + 1 / (variance + mean * mean)),)  # from the mean square about loc, where its centre lies


def _zi_poisson(mean: float, variance: float, fixed: Mapping[str, float]) -> Shapes:
    excess = variance / mean - 1
    if excess <= 0:
        raise NoSolution(f"its variance is above its mean; the column's is {variance:.4g}, its mean {mean:.4g}")
    return mean + excess, excess / (mean + excess)


def _zt_poisson(mean: float, variance: float, fixed: Mapping[str, float]) -> Shapes:
    return (_root(lambda mu: mu / -math.expm1(-mu) - _above_one(mean), 1e-12, mean + 1.0),)


def _logser(mean: float, variance: float, fixed: Mapping[str, float]) -> Shapes:
    _above_one(mean)
    return (-math.expm1(-_root(lambda h: math.expm1(h) / h - mean, 1e-12, 700.0)),)  # h = −log(1 − p)


def _share(p: float) -> float:
    if not 0 < p < 1:
        raise NoSolution(f"p would be {p:.4g}, outside (0, 1)")
    return p


def _above_one(mean: float) -> float:
    if mean <= 1:
        raise NoSolution(f"its mean is above 1; the column's is {mean:.4g}")
    return mean


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    return float(brentq(function, low, high, xtol=1e-14, rtol=1e-14))


SOLUTIONS: dict[tuple[str, str], Callable[[float, float, Mapping[str, float]], Shapes]] = {
    ("poisson", ""): lambda mean, variance, fixed: (mean,),
    ("bernoulli", ""): lambda mean, variance, fixed: (_share(mean),),
    ("geom", ""): lambda mean, variance, fixed: (1 / _above_one(mean),),
    ("planck", ""): lambda mean, variance, fixed: (math.log1p(1 / mean),),
    ("yulesimon", ""): lambda mean, variance, fixed: (_above_one(mean) / (mean - 1),),
    ("logser", ""): _logser,
    ("binom", ""): _binom,
    ("binom", "n"): _binom_p,
    ("nbinom", ""): _nbinom,
    ("nbinom", "n"): _nbinom_p,
    ("nbinom", "p"): _nbinom_n,
    ("skellam", ""): _skellam,
    ("dlaplace", ""): _dlaplace,
    ("randint", ""): _randint,
    ("zi_poisson", ""): _zi_poisson,
    ("zt_poisson", ""): _zt_poisson,
}
"""By family and shapes held fixed: the other shapes that a mean and a variance come to."""
