"""Biased draws without replacement, one after the other: Wallenius' noncentral hypergeometric distribution.

Its probability is an integral (Fog 2008, Commun. Stat. Simul. Comput. 37, eq. 6). With t = e^(−Ds) the integrand is D ds
times two binomial probabilities: of what is drawn by time s when the good are drawn at rate ω and the others at rate 1. Over
ln s it is a bell, so that a trapezoidal rule of fixed size about its peak is enough: the cost of an evaluation is bounded.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.families.discrete.hypergeometric import FisherHypergeometric, Urn
from warmfit_fitting.families.discrete.probabilities import log_binomial
from warmfit_fitting.families.family import Cost, positive

_NODES = 80
_NEWTON = 12  # steps towards the maximum
_SIDE = 9.5  # standard deviations of the integrand on either side
_FALL = 40.0  # e-folds over which its left side, an exponential, is followed


class WalleniusHypergeometric(Urn):
    """C(n, k) C(M − n, N − k) ∫₀¹ (1 − t^(ω/D))^k (1 − t^(1/D))^(N − k) dt, D = ω(n − k) + (M − n − N + k)."""

    name = "nchypergeom_wallenius"
    shapes = (*Urn.shapes, positive("odds", near=1e-6, far=1e6))
    odds = (1.0, 0.25, 4.0)
    near, every = FisherHypergeometric.near, FisherHypergeometric.every
    nested = FisherHypergeometric.nested
    cost = Cost.SLOW

    def logpmf(self, k: FloatArray, M: FloatArray, n: FloatArray, N: FloatArray, odds: FloatArray) -> FloatArray:
        k, M, n, N, odds = np.broadcast_arrays(k, M, n, N, odds)
        good, other = np.clip(k, 0.0, np.minimum(n, N)), np.clip(N - k, 0.0, M - n)
        left = odds * (n - good) + (M - n - other)
        safe = np.where(left > 0, left, 1.0)
        s, spread = _peak(good, other, odds, safe)
        drawn = log_binomial(good, n, -np.expm1(-odds * s), np.exp(-odds * s))
        drawn = drawn + log_binomial(other, M - n, -np.expm1(-s), np.exp(-s))
        value = drawn + np.log(safe * s) + _log_area(good, other, odds, safe, s, spread)
        return np.where(left > 0, value, 0.0)


def _peak(good: FloatArray, other: FloatArray, odds: FloatArray, left: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Where the integrand over ln s is highest, s, and the standard deviation of the bell there."""
    v = np.log((good + other + 1) / (left + 0.5 * (odds * good + other)))  # exact where little is drawn
    for _ in range(_NEWTON):
        s = np.exp(v)
        slope = 1 - left * s + good / special.exprel(odds * s) + other / special.exprel(s)
        curve = left * s + good * _fall(odds * s) + other * _fall(s)
        v = v + np.clip(slope / curve, -1.0, 1.0)
    return np.exp(v), 1 / np.sqrt(curve)


def _log_area(
    good: FloatArray, other: FloatArray, odds: FloatArray, left: FloatArray, s: FloatArray, spread: FloatArray
) -> FloatArray:
    """ln of the integral over ln s of the integrand in units of its value at the peak `s`."""
    down = np.maximum(_SIDE * spread, _FALL / (1 + good + other))
    up = np.maximum(_SIDE * spread, np.minimum(4.0, 40 * spread))
    step = (down + up) / (_NODES - 1)
    u = -down[..., None] + step[..., None] * np.arange(_NODES)
    good, other, odds, left, s = (v[..., None] for v in (good, other, odds, left, s))
    beyond = s * np.expm1(u)
    value = u - left * beyond
    for number, rate in ((good, odds), (other, 1.0)):
        ratio = -np.expm1(-rate * beyond) / np.expm1(rate * s)
        value = value + special.xlog1py(number, np.maximum(ratio, -1.0))
    return np.log(np.exp(value).sum(axis=-1) * step)


def _fall(x: FloatArray) -> FloatArray:
    """−x d/dx of x/(e^x − 1), which is x²e^x/(e^x − 1)² − x/(e^x − 1) and ½x near 0."""
    ratio = 1 / special.exprel(x)
    return np.where(x < 1e-4, 0.5 * x, ratio * (ratio * np.exp(np.minimum(x, 700.0)) - 1))
