"""The method of moments for families of counts that have it in closed form, or in one equation.

The mean tells one shape, the mean and the variance two. Whole shapes are rounded and the real one beside them taken from the
mean. (Formulas: Johnson, Kemp & Kotz 2005, Univariate Discrete Distributions, chapters 3, 4, 5 and 7.)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from warmfit_fitting.discrete.objective import CountObjective
from warmfit_fitting.discrete.search import CountEstimate
from warmfit_fitting.errors import InvalidInput

Shapes = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """The `mean` and the `variance` (n in the denominator) of counts less loc, and the shapes held `fixed`."""

    mean: float
    variance: float
    fixed: Mapping[str, float]

    def asked(self, relation: str) -> NoSolution:
        """What a family asks of the two that they do not have, and what they are."""
        return NoSolution(f"{relation}; the column's is {self.variance:.4g}, its mean {self.mean:.4g}")


class NoSolution(Exception):
    """The moments of a column are not those of any member of the family."""


def matched(objective: CountObjective, fixed: Mapping[str, float]) -> CountEstimate | str:
    """The shapes that match the mean, and the variance where there are two; or why there are none."""
    family, view = objective.family, objective.view
    known = Known(view.mean, view.std**2, fixed)
    if known.mean <= 0 <= family.low:
        return f"no count is above {known.mean:g}, so that its moments say nothing of its shapes"
    try:
        theta = np.array(SOLUTIONS[family.name, ",".join(sorted(fixed))](known))
    except NoSolution as reason:
        return str(reason)
    value = float(objective(theta[None])[0])
    if not math.isfinite(value):
        return "its moments match, but not every count has a probability there"
    return CountEstimate(theta, value * view.total, "closed_form")


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


def _binom(k: Known) -> Shapes:
    if k.variance >= k.mean:
        raise k.asked("its variance is below its mean")
    n = max(float(np.rint(k.mean * k.mean / (k.mean - k.variance))), math.ceil(k.mean))
    return n, k.mean / n


def _nbinom(k: Known) -> Shapes:
    if k.variance <= k.mean:
        raise k.asked("its variance is above its mean")
    return k.mean * k.mean / (k.variance - k.mean), k.mean / k.variance


def _skellam(k: Known) -> Shapes:
    if k.variance <= abs(k.mean):
        raise k.asked("its variance is above the size of its mean")
    return (k.variance + k.mean) / 2, (k.variance - k.mean) / 2


def _randint(k: Known) -> Shapes:
    size = max(float(np.rint(math.sqrt(12 * k.variance + 1))), 1.0)
    low = float(np.rint(k.mean - (size - 1) / 2))
    return low, low + size


def _zi_poisson(k: Known) -> Shapes:
    excess = k.variance / k.mean - 1
    if excess <= 0:
        raise k.asked("its variance is above its mean")
    return k.mean + excess, excess / (k.mean + excess)


def _zt_poisson(k: Known) -> Shapes:
    mean = _above_one(k.mean)
    return (_root(lambda mu: mu / -math.expm1(-mu) - mean, 1e-12, mean + 1.0),)


def _logser(k: Known) -> Shapes:
    mean = _above_one(k.mean)
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


SOLUTIONS: dict[tuple[str, str], Callable[[Known], Shapes]] = {
    ("poisson", ""): lambda k: (k.mean,),
    ("bernoulli", ""): lambda k: (_share(k.mean),),
    ("geom", ""): lambda k: (1 / _above_one(k.mean),),
    ("planck", ""): lambda k: (math.log1p(1 / k.mean),),
    ("yulesimon", ""): lambda k: (_above_one(k.mean) / (k.mean - 1),),
    ("logser", ""): _logser,
    ("dlaplace", ""): lambda k: (
        math.acosh(1 + 1 / (k.variance + k.mean**2)),
    ),  # the mean square about its centre, loc
    ("binom", ""): _binom,
    ("binom", "n"): lambda k: (k.fixed["n"], _share(k.mean / k.fixed["n"])),
    ("nbinom", ""): _nbinom,
    ("nbinom", "n"): lambda k: (k.fixed["n"], k.fixed["n"] / (k.fixed["n"] + k.mean)),
    ("nbinom", "p"): lambda k: (k.mean * k.fixed["p"] / (1 - k.fixed["p"]), k.fixed["p"]),
    ("skellam", ""): _skellam,
    ("randint", ""): _randint,
    ("zi_poisson", ""): _zi_poisson,
    ("zt_poisson", ""): _zt_poisson,
}
"""By family and shapes held fixed: all shapes, from what is known."""
