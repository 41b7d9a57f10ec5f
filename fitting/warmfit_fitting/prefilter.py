"""Families that cannot describe a column, told before they are tried, by what is proven of their skewness and kurtosis.

A law on [a, ∞) that is infinitely divisible has the third cumulant ∫x³ν(dx) > 0, ν being its Lévy measure, and the
fourth ∫x⁴ν(dx) > 0; so has one on the line whose ν lies on (0, ∞). That such laws are gamma, lognormal, Pareto, inverse
Gaussian and generalized inverse Gaussian, beta prime, half Cauchy, noncentral χ², Gumbel and more is in Steutel & van Harn
2004, Infinite Divisibility of Probability Distributions on the Real Line; the other bounds are textbook formulas (Johnson,
Kotz & Balakrishnan 1994, Continuous Univariate Distributions).

The sample's skewness and kurtosis are held against them with their standard errors by the delta method, which single far
values make as large as themselves. "safe" asks for the sign of the skewness only, and of families that have one;
"aggressive" asks for all bounds, so that symmetric families fall out of skewed columns. Where rows are censored or
truncated, moments are not those of the family, and nothing is left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from warmfit_fitting.likelihood.view import view
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary

MARGIN = 10.0  # standard errors
INF = math.inf


@dataclass(frozen=True, slots=True)
class Bounds:
    """The closed intervals of skewness and excess kurtosis for all parameters; moments that do not exist count as +∞."""

    skewness: tuple[float, float] = (-INF, INF)
    kurtosis: tuple[float, float] = (-2.0, INF)

    @property
    def sign(self) -> int:
        """The one sign of the skewness, 0 where it has none."""
        low, high = self.skewness
        return 1 if low >= 0.0 < high else -1 if low < 0.0 >= high else 0


_RIGHT = Bounds((0.0, INF), (0.0, INF))  # infinitely divisible, all jumps upwards
_LEFT = Bounds((-INF, 0.0), (0.0, INF))
_LEANS_RIGHT = Bounds((0.0, INF))


def _constant(skewness: float, kurtosis: float) -> Bounds:
    return Bounds((skewness, skewness), (kurtosis, kurtosis))


def _symmetric(least: float, most: float = INF) -> Bounds:
    return Bounds((0.0, 0.0), (least, most))


BOUNDS: dict[str, Bounds] = {
    **dict.fromkeys(
        (
            "gamma", "erlang", "chi2", "lognorm", "invgauss", "wald", "recipinvgauss", "geninvgauss", "invgamma", "lomax",
            "pareto", "betaprime", "f", "halfcauchy", "levy", "landau", "ncx2", "exponnorm",
        ),
        _RIGHT,
    ),
    **dict.fromkeys(("loggamma", "levy_l"), _LEFT),
    # chi: (mean/σ³)(1 − 2σ²), and σ² < 1/2; Birnbaum-Saunders: 4α(11α² + 6)/(5α² + 4)^1.5
    **dict.fromkeys(("chi", "nakagami", "fatiguelife"), _LEANS_RIGHT),
    "invweibull": Bounds((1.139547, INF), (2.4, INF)),  # Fréchet: least in its Gumbel limit
    "expon": _constant(2.0, 6.0),
    "halfnorm": _constant(0.995272, 0.869177),
    "rayleigh": _constant(0.631111, 0.245089),
    "maxwell": _constant(0.485693, 0.108164),
    "gibrat": _RIGHT,  # its moments are far beyond those of any sample
    "gumbel_r": _constant(1.139547, 2.4),
    "gumbel_l": _constant(-1.139547, 2.4),
    "moyal": _constant(1.535141, 4.0),
    "halflogistic": _constant(1.540329, 3.583736),
    "norm": _constant(0.0, 0.0),
    "logistic": _constant(0.0, 1.2),
    "hypsecant": _constant(0.0, 2.0),
    "laplace": _constant(0.0, 3.0),
    "uniform": _constant(0.0, -1.2),
    "arcsine": _constant(0.0, -1.5),
    "semicircular": _constant(0.0, -1.0),
    "anglit": _constant(0.0, -0.806244),
    "cosine": _constant(0.0, -0.593763),
    "t": Bounds(kurtosis=(0.0, INF)),  # these two have a skewness for some of their parameters only
    "tukeylambda": Bounds(kurtosis=(-1.25, INF)),
    "gennorm": _symmetric(-1.2),
    "dgamma": _symmetric(-2.0),
    "dweibull": _symmetric(-2.0),
    "rdist": _symmetric(-2.0, 0.0),
    "irwinhall": _symmetric(-1.2, 0.0),
    "triang": Bounds((-0.565686, 0.565686), (-0.6, -0.6)),
    "poisson": _RIGHT, "geom": _RIGHT, "nbinom": _RIGHT, "planck": _RIGHT, "yulesimon": _RIGHT, "zipf": _RIGHT,
    "logser": _RIGHT,
    "dlaplace": _symmetric(0.0),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """The biased sample skewness and excess kurtosis, and their standard errors."""

    skewness: float
    skewness_error: float
    kurtosis: float
    kurtosis_error: float


def ruled_out(name: str, spec: FitSpec, summary: ColumnSummary) -> str:
    """Why the spec's prefilter leaves out the family of that name, or nothing."""
    bounds = BOUNDS.get(name)
    plain = summary.incomplete is None and spec.window == (-INF, INF)
    if not spec.prefilter or bounds is None or not plain:
        return ""
    s = shape(summary)
    off = s.skewness / s.skewness_error if s.skewness_error > 0 else 0.0
    if bounds.sign * off < -MARGIN:
        kind = "positive" if bounds.sign > 0 else "negative"
        return f"prefilter: its skewness is {kind}, that of the data {s.skewness:.3g} ± {s.skewness_error:.2g}"
    if spec.prefilter != "aggressive":
        return ""
    for what, value, error, allowed in (
        ("skewness", s.skewness, s.skewness_error, bounds.skewness),
        ("excess kurtosis", s.kurtosis, s.kurtosis_error, bounds.kurtosis),
    ):
        if value < allowed[0] - MARGIN * error or value > allowed[1] + MARGIN * error:
            return f"prefilter: its {what} is {_said(*allowed)}, that of the data {value:.3g} ± {error:.2g}"
    return ""


def _said(low: float, high: float) -> str:
    if low == high:
        return f"{low:.4g}"
    return (
        f"at least {low:.4g}" if high == INF else f"at most {high:.4g}" if low == -INF else f"{low:.4g} to {high:.4g}"
    )


@lru_cache(maxsize=64)
def shape(summary: ColumnSummary) -> Shape:
    """The shape of a column whose values are all known; errors of 0 where it cannot be told.

    With standardized values z, skewness g and kurtosis b the influence functions are z³ − 3z − g − 3g(z² − 1)/2 and
    z⁴ − 4gz − b − 2b(z² − 1); the mean square of each, over n, is the squared error.
    """
    data = view(summary)
    weight, n = data.weight / data.total, data.total
    with np.errstate(all="ignore"):
        z = data.x - float(weight @ data.x)
        z = z / math.sqrt(float(weight @ z**2))
        g, b = float(weight @ z**3), float(weight @ z**4)
        of_g = z**3 - 3 * z - g - 1.5 * g * (z**2 - 1)
        of_b = z**4 - 4 * g * z - b - 2 * b * (z**2 - 1)
        errors = [math.sqrt(float(weight @ f**2) / n) for f in (of_g, of_b)]
    found = Shape(g, errors[0], b - 3.0, errors[1])
    finite = all(map(math.isfinite, (g, b, *errors)))
    return found if finite else Shape(0.0, INF, 0.0, INF)
