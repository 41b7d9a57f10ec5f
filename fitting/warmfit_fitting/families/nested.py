"""Which family contains which, and where: a family need never end below one that it contains.

`NESTED` names, for each outer family, the families whose every member is a member of it, or comes as near to one as
floats can tell. The shapes are those of SciPy, location and scale are free. Direct steps only: the families within a
contained family are contained, too. Names are canonical, one for each set of distributions (see `relations`).

In the formulas m and s are location and scale of the inner law. Where a formula is not evident, its reason stands above
it; the books are Johnson, Kotz & Balakrishnan 1994 and 1995 (JKB1, JKB2) and Kleiber & Kotz 2003 (KK).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.families.embedding import (
    BALANCED,
    EDGE,
    FAR,
    NEAR,
    SPIKE,
    WIDE,
    about_one,
    at,
    beta_of_pearson3,
    bounded_johnson_of_lognormal,
    generalized_gamma_of_log_gamma,
    generalized_gamma_of_lomax,
    generalized_gamma_of_moyal,
    generalized_gamma_of_normal,
    hyperbolic_of_laplace,
    interval,
    kappa_of_burr,
    tail_of_power_law,
    truncated_normal_of_exponential,
    truncated_pareto_of_exponential,
    truncated_power_law,
    unbounded_johnson_of_lognormal,
    upper_end,
)
from warmfit_fitting.families.relations import Parameters


@dataclass(frozen=True)
class Contained:
    """The family `name` lies within another: `formula(*shapes, loc, scale)` are the other's parameters.

    Where `limit`, the inner law is reached only as shapes go to an end of their domains, and the densities agree to a
    millionth over the central 99.99 % of the law, rather than to rounding. `span` holds the open intervals of inner
    shapes for which it is so, by name, where that is not their whole domain.
    """

    name: str
    formula: Callable[..., Parameters]
    limit: bool = False
    span: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def holds(self, parameters: Parameters) -> bool:
        """Whether the inner law with these parameters is one for which the entry is declared."""
        values = zip(CATALOGUE[self.name].parameters, parameters, strict=True)
        spans = ((value, self.span[name]) for name, value in values if name in self.span)
        return all(low < value < high for value, (low, high) in spans)

    def placed(self, parameters: Parameters) -> list[Parameters]:
        """Where the law with these parameters lies, or what is near, beyond the spans; nothing where there is no number."""
        try:
            return [self.embed(parameters)]
        except (ArithmeticError, ValueError):
            return []

    def embed(self, parameters: Parameters) -> Parameters:
        """The outer family's parameters (shapes, loc, scale) of the law with the inner's `parameters`."""
        return self.formula(*parameters)


def _exact(name: str, formula: Callable[..., Parameters], **span: tuple[float, float]) -> Contained:
    return Contained(name, formula, span=span)


def _limit(name: str, formula: Callable[..., Parameters], **span: tuple[float, float]) -> Contained:
    return Contained(name, formula, limit=True, span=span)


NESTED: Mapping[str, tuple[Contained, ...]] = {
    # the normal group: JKB1, ch. 13
    "foldnorm": (_limit("halfnorm", at(NEAR)), _limit("norm", at(WIDE, shift=-WIDE))),
    "powernorm": (_exact("norm", at(1.0)),),
    "skewnorm": (_exact("norm", at(0.0)), _limit("halfnorm", at(FAR, shift=-10 / FAR))),
    "truncnorm": (
        _limit("norm", at(-9e3, 9e3)),
        _limit("halfnorm", at(0.0, WIDE)),
        _limit("truncexpon", truncated_normal_of_exponential),
    ),
    "exponnorm": (_limit("norm", at(1e-6, shift=-1e-6)), _limit("expon", at(FAR, stretch=1 / FAR, shift=-10 / FAR))),
    # the exponential group: JKB1, ch. 19; JKB2, ch. 24
    "laplace_asymmetric": (_exact("laplace", at(1.0)), _limit("expon", at(5e-4, stretch=5e-4))),
    "loglaplace": (_limit("laplace", about_one(BALANCED)),),
    "genexpon": (_limit("expon", at(1.0, NEAR, 1.0)), _limit("rayleigh", at(NEAR, FAR, NEAR))),
    "truncexpon": (_limit("expon", at(WIDE)), _limit("uniform", interval(SPIKE, high=SPIKE))),
    "gennorm": (
        _exact("laplace", at(1.0)),
        _exact("norm", at(2.0, stretch=math.sqrt(2.0))),
        _limit("uniform", at(FAR, stretch=0.5 + 10 / FAR, shift=0.5)),
    ),
    "halfgennorm": (
        _exact("expon", at(1.0)),
        _exact("halfnorm", at(2.0, stretch=math.sqrt(2.0))),
        _limit("uniform", at(FAR, stretch=1.0 + 20 / FAR)),
    ),
    # the gamma group: JKB1, ch. 17 and 18; Stacy 1962, Ann. Math. Stat. 33
    "gamma": (_exact("expon", at(1.0, shift=-EDGE)),),
    "chi": (_exact("halfnorm", at(1.0)), _exact("rayleigh", at(2.0)), _exact("maxwell", at(3.0))),
    "invgamma": (_exact("levy", at(0.5, stretch=0.5)),),
    "gengamma": (
        _exact("gamma", lambda a, m, s: (a, 1.0, m, s)),
        _exact("invgamma", lambda a, m, s: (a, -1.0, m, s)),
        _exact("weibull_min", lambda c, m, s: (1.0, c, m, s)),
        _exact("invweibull", lambda c, m, s: (1.0, -c, m, s)),
        _exact("chi", lambda df, m, s: (df / 2, 2.0, m, s * math.sqrt(2.0))),
        _exact("halfgennorm", lambda beta, m, s: (1 / beta, beta, m, s)),
        _limit("loggamma", generalized_gamma_of_log_gamma, c=(0.4, math.inf)),
        _limit("norm", generalized_gamma_of_normal),
        _limit("moyal", generalized_gamma_of_moyal),
        _limit("powerlaw", tail_of_power_law, a=(0.05, 20.0)),
        _limit("lomax", generalized_gamma_of_lomax, c=(0.05, 20.0)),
    ),
    "loggamma": (_exact("gumbel_l", at(1.0)),),
    "dgamma": (_exact("laplace", at(1.0, shift=EDGE)),),
    # standardized to mean 0 and variance 1
    "pearson3": (
        _exact("norm", at(0.0)),
        _exact("gamma", lambda a, m, s: (2 / math.sqrt(a), m + a * s, math.sqrt(a) * s)),
    ),
    # the Weibull and extreme-value groups: JKB1, ch. 21; JKB2, ch. 22
    "weibull_min": (
        _exact("expon", at(1.0, shift=-EDGE)),
        _exact("rayleigh", at(2.0, stretch=math.sqrt(2.0))),
        _limit("gumbel_l", about_one(BALANCED)),
    ),
    "weibull_max": (_limit("gumbel_r", at(BALANCED, stretch=BALANCED, shift=BALANCED)),),
    "invweibull": (_limit("gumbel_r", about_one(BALANCED)),),
    "exponweib": (
        _exact("weibull_min", lambda c, m, s: (1.0, c, m, s)),
        _limit("gumbel_r", at(FAR, 1.0, shift=-math.log(FAR))),
        _limit("powerlaw", tail_of_power_law, a=(0.05, 20.0)),
    ),
    # of the exponential law every truncation is the same, which the lower end 1 stands for
    "truncweibull_min": (
        _exact("truncexpon", lambda b, m, s: (1.0, 1.0, 1.0 + b, m - s, s), b=(0.0, 4e8)),
        _limit("weibull_min", lambda c, m, s: (c, 3e-9, 1e8, m, s), c=(0.75, math.inf)),
        _limit("powerlaw", lambda a, m, s: (a, 3e-9, 1e-7 ** (1 / a), m, s / 1e-7 ** (1 / a)), a=(2.0, math.inf)),
    ),
    "dweibull": (_exact("laplace", at(1.0, shift=EDGE)),),
    "genextreme": (
        _exact("gumbel_r", at(0.0)),
        _exact("weibull_max", lambda c, m, s: (1 / c, m - s, s / c)),
        _exact("invweibull", lambda c, m, s: (-1 / c, m + s, s / c)),
    ),
    "gompertz": (_limit("expon", at(FAR, stretch=FAR)), _limit("gumbel_l", at(NEAR, shift=math.log(NEAR)))),
    # transformations of the normal: JKB1, ch. 12.4 and 14
    "lognorm": (_exact("gibrat", at(1.0)), _limit("norm", about_one(1 / BALANCED))),
    "powerlognorm": (
        _exact("lognorm", lambda sigma, m, s: (1.0, sigma, m, s)),
        _limit("powernorm", lambda c, m, s: (c, 1 / BALANCED, m - BALANCED * s, BALANCED * s), c=(0.05, 1e3)),
    ),
    "johnsonsb": (
        _limit("norm", at(0.0, WIDE, stretch=4 * WIDE, shift=-2 * WIDE)),
        _limit("lognorm", bounded_johnson_of_lognormal, s=(1e-6, 50.0)),
    ),
    "johnsonsu": (
        _limit("norm", at(0.0, WIDE, stretch=WIDE)),
        _limit("lognorm", unbounded_johnson_of_lognormal, s=(1e-6, 50.0)),
    ),
    "fatiguelife": (_limit("norm", about_one(1 / BALANCED)),),
    # log z is normal plus Exp/a minus Exp/b (Reed & Jorgensen 2004)
    "dpareto_lognorm": (
        _limit("lognorm", lambda sigma, m, s: (0.0, sigma, FAR, FAR, m, s), s=(1e-3, math.inf)),
        _limit("loglaplace", lambda c, m, s: (0.0, NEAR, c, c, m, s), c=(0.0, 20.0)),
        _limit("lomax", lambda c, m, s: (-20 / FAR, NEAR, c, FAR, m - s, s), c=(1e-3, 20.0)),
        _limit("powerlaw", lambda a, m, s: (20 / FAR, NEAR, FAR, a, m, s), a=(1e-3, 20.0)),
    ),
    # the logistic group: JKB2, ch. 23; KK, ch. 6
    "genlogistic": (_exact("logistic", at(1.0)), _limit("gumbel_r", at(FAR, shift=-math.log(FAR)))),
    "genhalflogistic": (_limit("halflogistic", at(NEAR)),),
    "fisk": (_limit("logistic", about_one(BALANCED)),),
    "burr": (
        _exact("fisk", lambda c, m, s: (c, 1.0, m, s)),
        _exact("kappa3", lambda a, m, s: (a, 1 / a, m, s * a ** (1 / a))),
        _limit("invweibull", lambda c, m, s: (c, FAR, m, s * FAR ** (-1 / c))),
        _limit("genlogistic", lambda c, m, s: (BALANCED, c, m - BALANCED * s, BALANCED * s), c=(0.4, 50.0)),
    ),
    "burr12": (
        _exact("lomax", lambda c, m, s: (1.0, c, m, s)),
        _exact("fisk", lambda c, m, s: (c, 1.0, m, s)),
        _limit("weibull_min", lambda c, m, s: (c, FAR, m, s * FAR ** (1 / c))),
    ),
    # power laws: JKB1, ch. 20
    "lomax": (_limit("expon", at(FAR, stretch=FAR)),),
    "genpareto": (
        _exact("expon", at(0.0)),
        _exact("uniform", interval(-1.0)),
        _exact("lomax", lambda c, m, s: (1 / c, m, s / c)),
    ),
    "truncpareto": (
        _exact("uniform", interval(-1.0, 2.0, low=1.0, high=2.0)),
        _limit("loguniform", lambda a, b, m, s: (NEAR, b / a, m, s * a)),  # 0, which SciPy's density leaves out
        _limit("lomax", lambda c, m, s: (c, upper_end(c), m - s, s), c=(0.05, math.inf)),
        _limit("powerlaw", truncated_power_law, a=(0.05, math.inf)),
        _limit("truncexpon", truncated_pareto_of_exponential),
    ),
    "kappa3": (_limit("uniform", at(FAR)),),
    "loguniform": (_exact("bradford", lambda c, m, s: (1.0, 1.0 + c, m - s / c, s / c)),),
    "alpha": (_limit("norm", at(BALANCED, stretch=BALANCED**2, shift=-BALANCED)),),
    "powerlaw": (_exact("uniform", interval(1.0)),),
    # the Student group: JKB2, ch. 28; Jones & Faddy 2003
    "t": (_exact("cauchy", at(1.0)), _limit("norm", at(FAR))),
    "foldcauchy": (_limit("halfcauchy", at(NEAR)), _limit("cauchy", at(1e8, shift=-1e8))),
    "skewcauchy": (_exact("cauchy", at(0.0)), _limit("halfcauchy", at(1.0 - NEAR, stretch=1 / (2.0 - NEAR)))),
    "jf_skew_t": (_exact("t", lambda df, m, s: (df / 2, df / 2, m, s), df=(0.0, 1000.0)),),
    "crystalball": (_limit("norm", at(WIDE, 2.0)),),
    # the beta group: JKB2, ch. 25
    "rdist": (
        _exact("arcsine", at(1.0, stretch=0.5, shift=0.5)),
        _exact("uniform", interval(2.0, low=-1.0)),
        _exact("semicircular", at(3.0)),
        _limit("norm", at(FAR, stretch=math.sqrt(FAR))),
    ),
    "beta": (
        _exact("rdist", lambda c, m, s: (c / 2, c / 2, m - s, 2 * s)),
        _exact("powerlaw", lambda a, m, s: (a, 1.0, m, s)),
        _limit("pearson3", beta_of_pearson3, skew=(-1.5, math.inf)),
    ),
    "betaprime": (
        _exact("lomax", lambda c, m, s: (1.0, c, m, s)),
        _limit("gamma", lambda a, m, s: (a, FAR, m, s * FAR), a=(0.0, 30.0)),
        _limit("invgamma", lambda a, m, s: (1e8, a, m, s / 1e8), a=(0.0, 4.0)),
    ),
    # (1 + zx)^−c is 1 at c = 0; with b = 1 and z → ∞, zx is betaprime(a, c − a) cut off at z; spans are those of shapes
    # for which the constant, an integral, keeps its accuracy
    "gausshyper": (
        _exact("beta", lambda a, b, m, s: (a, b, 0.0, 1.0, m, s), a=(0.0, 40.0), b=(0.0, 40.0)),
        _limit("betaprime", lambda a, b, m, s: (a, 1.0, a + b, FAR, m, s * FAR), a=(0.0, 40.0), b=(0.75, 30.0)),
    ),
    # the inverse Gaussian group: Jørgensen 1982; McNeil, Frey & Embrechts 2015, ch. 6.2
    "invgauss": (_exact("wald", at(1.0)), _limit("levy", at(FAR))),
    "geninvgauss": (
        _exact("invgauss", lambda mu, m, s: (-0.5, 1 / mu, m, s * mu), mu=(1e-9, 1e5)),
        _exact("recipinvgauss", lambda mu, m, s: (0.5, 1 / mu, m, s / mu), mu=(1e-9, 1e5)),
        _limit("gamma", lambda a, m, s: (a, 1e-5, m, s * 5e-6), a=(0.99, 50.0)),
        _limit("invgamma", lambda a, m, s: (-a, 1e-5, m, s / 5e-6), a=(0.99, 50.0)),
    ),
    "norminvgauss": (_limit("cauchy", at(3e-9, 0.0)),),
    "genhyperbolic": (
        _exact("norminvgauss", lambda a, b, m, s: (-0.5, a, b, m, s)),
        _limit("t", lambda df, m, s: (-df / 2, 3e-9, 0.0, m, s * math.sqrt(df)), df=(0.9, 60.0)),
        _limit("laplace_asymmetric", hyperbolic_of_laplace, kappa=(4e-4, 2.5e3)),
    ),
    # on an interval, and of an angle: JKB2, ch. 26
    "trapezoid": (
        _exact("triang", lambda c, m, s: (c, c, m, s)),
        _limit("uniform", at(NEAR, 1.0 - NEAR, stretch=1.0 + 2 * NEAR, shift=-NEAR)),
    ),
    "bradford": (_limit("uniform", interval(NEAR)),),
    "vonmises_line": (
        _limit("uniform", interval(NEAR, low=-math.pi, high=math.pi)),
        _limit("norm", at(FAR, stretch=math.sqrt(FAR))),
    ),
    "wrapcauchy": (_limit("uniform", interval(NEAR, high=2 * math.pi)),),
    # the noncentral group: JKB2, ch. 29 to 31
    "ncx2": (_limit("gamma", lambda a, m, s: (2 * a, NEAR, m, s / 2), a=(0.0, 100.0)),),
    "rice": (_limit("rayleigh", at(NEAR)), _limit("norm", at(1e8, shift=-1e8))),
    "nct": (_exact("t", lambda df, m, s: (df, 0.0, m, s)),),
    "ncf": (_limit("betaprime", lambda a, b, m, s: (2 * a, 2 * b, NEAR, m, s * a / b)),),
    # defined by quantiles: Joiner & Rosenblatt 1971; Hosking 1994
    "tukeylambda": (_exact("logistic", at(0.0)), _exact("uniform", interval(1.0, low=-1.0))),
    "kappa4": (
        _exact("genextreme", lambda c, m, s: (0.0, c, m, s)),
        _exact("genpareto", lambda c, m, s: (1.0, -c, m, s)),
        _exact("genlogistic", lambda c, m, s: (-1 / c, 0.0, m + s * math.log(c), s)),
        _exact("burr", kappa_of_burr),
        _exact("powerlaw", lambda a, m, s: (1 / a, 1.0, m + s * (1 - 1 / a), s / a)),
    ),
    # statistics of a single uniform
    "ksone": (_exact("uniform", interval(1.0)),),
    "irwinhall": (_exact("uniform", interval(1.0)),),
}


def embedded(outer: str, inner: str, parameters: Parameters) -> Parameters | None:
    """The outer family's parameters of the inner's law, by the shortest chain of entries that holds for it.

    Exact entries go before limits. None where no chain holds.
    """
    for entry in sorted(NESTED.get(outer, ()), key=lambda e: (e.name != inner, e.limit)):
        within = parameters if entry.name == inner else embedded(entry.name, inner, parameters)
        if within is not None and entry.holds(within):
            return entry.embed(within)
    return None


@cache
def depth(name: str) -> int:
    """How many families lie within `name`, one in the other, at most: those of depth 0 contain none."""
    return max((1 + depth(inner.name) for inner in NESTED.get(name, ())), default=0)
