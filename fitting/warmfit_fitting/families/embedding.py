"""Formulas of one family's parameters in terms of another's: at which shapes, loc and scale a law is a member of it.

They are for the table in `nested`. m and s are location and scale of the inner law, whose shapes come first; the value
is the outer family's (shapes, loc, scale). The books are Johnson, Kotz & Balakrishnan 1994 and 1995 (JKB1, JKB2).
"""

from __future__ import annotations

import math
from collections.abc import Callable

from warmfit_fitting.families.relations import Parameters

FAR = 1e9  # a limit whose error falls as 1/shape: as far out as the search goes
NEAR = 1e-9
BALANCED = 2e8  # likewise where loc and scale grow with the shape: error and rounding, shape · 2⁻⁵³, are about equal
WIDE = 1e5  # standard deviations that n rows reach at most are √n; and a limit whose error falls as 1/shape²
EDGE = (
    1e-10  # by which a support is wider where an estimate puts the smallest value at its end: densities are 0·∞ there
)
SPIKE = 1e-8  # the width of an edge or a peak, relative to the law, that stands for a sharp one


def at(*shapes: float, stretch: float = 1.0, shift: float = 0.0) -> Callable[..., Parameters]:
    """The formula of an inner family without shapes: z of the outer is (z of the inner − shift)/stretch."""
    return lambda m, s: (*shapes, m + shift * s, stretch * s)


def interval(*shapes: float, low: float = 0.0, high: float = 1.0) -> Callable[..., Parameters]:
    """The formula of the uniform law as a law on (`low`, `high`), a little wider, because its ends are data."""
    stretch = (1.0 + 2.0 * EDGE) / (high - low)
    return at(*shapes, stretch=stretch, shift=-EDGE - low * stretch)


def about_one(*shapes: float) -> Callable[..., Parameters]:
    """The same with z = 1 + (z of the inner)/BALANCED: powers and logarithms of z become exponentials and linear."""
    return at(*shapes, stretch=BALANCED, shift=-BALANCED)


def power_edge(power: float) -> tuple[float, float, float]:
    """Shapes (d, c), cd = `power`, with c so large that tails z^±power end abruptly at z = 1; and where they have ended.

    gengamma and exponweib have such tails on the side of z = 1 where z^c or z^−c is small.
    """
    d = max(SPIKE, power / FAR)
    return d, power / d, 1.0 + 20.0 * d / power


def tail_of_power_law(a: float, m: float, s: float) -> Parameters:
    """Of powerlaw(a): the lower tail z^(cd−1) of a family with shapes d and c, cut off at z = 1 as c → ∞."""
    d, c, beyond = power_edge(a)
    return d, c, m, s * beyond


def generalized_gamma_of_lomax(c: float, m: float, s: float) -> Parameters:
    """The upper tail z^(−c−1) of gengamma(d, −c/d), cut off at z = 1 as d → 0."""
    d, power, beyond = power_edge(c)
    return d, -power, m - s, s / beyond


def generalized_gamma_of_moyal(m: float, s: float) -> Parameters:
    """Moyal's law is that of −log(2G), G ~ gamma(½); z^−BALANCED is G, expanded about the Moyal variate 2."""
    root = math.exp((2.0 + math.log(2.0)) / BALANCED)
    return 0.5, -BALANCED, m + s * (2.0 - BALANCED), s * BALANCED / root


def generalized_gamma_of_normal(m: float, s: float) -> Parameters:
    """The cube root of gamma(a) is nearer to normal than any other power (Wilson & Hilferty 1931, PNAS 17, 684–688)."""
    mean, deviation = FAR ** (1 / 3) * (1.0 - 1.0 / (9.0 * FAR)), FAR ** (-1 / 6) / 3.0
    return FAR, 3.0, m - s * mean / deviation, s / deviation


def beta_of_pearson3(skew: float, m: float, s: float) -> Parameters:
    """Pearson's type III is the limit of type I as one shape goes to infinity (JKB1, ch. 12.4).

    With many degrees of freedom both shapes are large, and mean, deviation and skewness are matched: from
    skew² = 4(q−p)²/(pq(p+q)) for large p + q follows p/q = 2/(k + 2 + √(k² + 8k)), k = q skew²/4. A law of negative
    skewness is the mirror image of one of positive.
    """
    k = FAR * skew * skew / 4.0
    p = FAR / k if 30.0 * k > FAR else 2.0 * FAR / (k + 2.0 + math.sqrt(k * k + 8.0 * k))
    if 30.0 * k > FAR:
        low, width = -math.sqrt(p), (FAR + p) / math.sqrt(p)
    else:
        width = (p + FAR) * math.sqrt((p + FAR + 1.0) / p / FAR)
        low = -width * p / (p + FAR)
    if skew < 0.0:
        return FAR, p, m - s * (low + width), s * width
    return p, FAR, m + s * low, s * width


def upper_end(rate: float) -> float:
    """An end of truncpareto beyond which z^−rate leaves nothing, as far as floats go."""
    return math.exp(min(1000.0 / rate, 600.0))


def truncated_power_law(a: float, m: float, s: float) -> Parameters:
    """z^(a−1) on (1, c), c → ∞, is that on (0, 1)."""
    return -a, upper_end(a), m, s / upper_end(a)


def truncated_pareto_of_exponential(b: float, m: float, s: float) -> Parameters:
    """(1 + y/r)^−r is e^−y up to y²/2r; r no larger than that asks for, lest the interval (1, 1 + b/r) rounds."""
    rate = BALANCED / 100.0 * min(b, 10.0) ** 2
    return rate - 1.0, 1.0 + b / rate, m - s * rate, s * rate


def truncated_normal_of_exponential(b: float, m: float, s: float) -> Parameters:
    """φ(r + y/r) is e^−y φ(r) up to y²/2r²; r no larger than that asks for."""
    r = min(1300.0 * b, 9.9e3)
    return r, r + b / r, m - s * r * r, s * r


def bounded_johnson_of_lognormal(sigma: float, m: float, s: float) -> Parameters:
    """Near 0, log(z/(1−z)) is log z; `far` keeps the lognormal's upper tail near 0."""
    far = 20.0 + 5.0 * sigma
    return (far + math.log1p(-math.exp(-far))) / sigma, 1.0 / sigma, m, s * math.exp(far)


def unbounded_johnson_of_lognormal(sigma: float, m: float, s: float) -> Parameters:
    """Far out, arsinh z is log 2z; `far` keeps the lognormal's lower tail far out."""
    far = 20.0 + 4.0 * sigma
    return -far / sigma, 1.0 / sigma, m, 2.0 * s * math.exp(-far)


def hyperbolic_of_laplace(kappa: float, m: float, s: float) -> Parameters:
    """p = 1 has the density ∝ e^(−a√(1+z²) + bz) (McNeil, Frey & Embrechts 2015, ch. 6.2); far out |z| is √(1+z²)."""
    return 1.0, 0.5 * SPIKE * (1 / kappa + kappa), 0.5 * SPIKE * (1 / kappa - kappa), m, s * SPIKE


def kappa_of_burr(c: float, d: float, m: float, s: float) -> Parameters:
    """F = (1 + z^−c)^−d is (1 − h(1 − ky)^(1/k))^(1/h) at h = −1/d, k = −1/c, 1 + y/c = z d^(−1/c) (Hosking 1994)."""
    unit = s * d ** (1.0 / c)
    return -1.0 / d, -1.0 / c, m + unit, unit / c


def generalized_gamma_of_log_gamma(c: float, m: float, s: float) -> Parameters:
    """z^r = e^y for gamma(c), expanded about y = log c; of a narrow law a smaller r gives the same error."""
    r = BALANCED / max(1.0, math.sqrt(c))
    return c, r, m + s * (math.log(c) - r), s * r * c ** (-1.0 / r)
