"""Biased draws without replacement, one after the other: Wallenius' noncentral hypergeometric distribution.

Its probability is an integral (Fog 2008, Commun. Stat. Simul. Comput. 37, eq. 6). With t = exp(−D e^v) the integrand is
smooth and falls off on both sides, so that a trapezoidal rule of fixed size about its maximum is enough: the cost of an
evaluation is bounded.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.families.discrete.hypergeometric import Urn
from warmfit_fitting.families.discrete.probabilities import log_beta, log_hypergeometric
from warmfit_fitting.families.family import Cost, positive

_NODES = 80
_NEWTON = 12  # steps towards the maximum
_SIDE = 9.5  # standard deviations of the integrand on either side
_FALL = 40.0  # e-folds over which its left side, an exponential, is followed


class WalleniusHypergeometric(Urn):
    """C(n, k) C(M − n, N − k) ∫₀¹ (1 − t^(ω/D))^k (1 − t^(1/D))^(N − k) dt, D = ω(n − k) + (M − n − N + k)."""

    name = "nchypergeom_wallenius"
    shapes = (*Urn.shapes, positive("odds", near=1e-6, far=1e6))
    cost = Cost.SLOW

    def logpmf(self, k: FloatArray, M: FloatArray, n: FloatArray, N: FloatArray, odds: FloatArray) -> FloatArray:
        k, M, n, N, odds = np.broadcast_arrays(k, M, n, N, odds)
        good, other = np.clip(k, 0.0, N), np.clip(N - k, 0.0, None)
        left = odds * np.maximum(n - k, 0.0) + np.maximum(M - n - N + k, 0.0)
        # C(n, k) C(M − n, N − k) is the hypergeometric probability times C(M, N).
        choose = -np.log(M + 1) - log_beta(N + 1, np.maximum(M - N, 0.0) + 1)
        integral = np.where(left > 0, _log_integral(good, other, odds, np.maximum(left, 1e-300)), 0.0)
        return log_hypergeometric(k, M, n, N) + choose + integral


def _log_integral(good: FloatArray, other: FloatArray, odds: FloatArray, left: FloatArray) -> FloatArray:
    """ln ∫ left · exp(v − left·e^v) (1 − e^(−odds·e^v))^good (1 − e^(−e^v))^other dv."""
    drawn = good + other
    v = np.log((drawn + 1) / (left + 0.5 * (odds * good + other)))  # exact where little is drawn
    for _ in range(_NEWTON):
        s = np.exp(v)
        a, b = odds * s, s
        slope = 1 - left * s + good * special.exprel(a) ** -1 + other * special.exprel(b) ** -1
        curve = left * s + good * _fall(a) + other * _fall(b)
        v = v + np.clip(slope / curve, -1.0, 1.0)
    width = 1 / np.sqrt(curve)
    down, up = np.maximum(_SIDE * width, _FALL / (1 + drawn)), np.maximum(_SIDE * width, np.minimum(4.0, 40 * width))
    step = (down + up) / (_NODES - 1)
    u = (v - down)[..., None] + step[..., None] * np.arange(_NODES)
    s = np.exp(u)
    value = u - left[..., None] * s
    value = value + special.xlogy(good[..., None], -np.expm1(-odds[..., None] * s))
    value = value + special.xlogy(other[..., None], -np.expm1(-s))
    top = value.max(axis=-1)
    return np.log(np.exp(value - top[..., None]).sum(axis=-1) * step) + top + np.log(left)


def _fall(x: FloatArray) -> FloatArray:
    """−x d/dx of x/(e^x − 1), which is x²e^x/(e^x − 1)² − x/(e^x − 1) and ½x near 0."""
    ratio = 1 / special.exprel(x)
    return np.where(x < 1e-4, 0.5 * x, ratio * (ratio * np.exp(np.minimum(x, 700.0)) - 1))
