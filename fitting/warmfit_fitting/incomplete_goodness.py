"""How far a fitted distribution lies from censored and truncated rows: KS, AD and CvM against the nonparametric estimate.

The estimate F̂ (`turnbull`) is determined outside of its innermost intervals, and there the two are compared, both given
that a value lies where some row could have been. KS is the greatest distance (Barr & Davidson 1973, Technometrics 15,
739–757, for censored rows). CvM and AD are n ∫ (F̂ − F)² dF and n ∫ (F̂ − F)²/(F(1 − F)) dF over where F̂ is determined, as
Pettitt & Stephens (1976, Biometrika 63, 291–298) take them over the observed range, with the product-limit estimate in the
place of the steps (Koziol & Green 1976, Biometrika 63, 465–474); they are NaN where that is less than half of F, as with
counts between edges. With every value known they are the usual statistics.
"""

from __future__ import annotations

import math

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.distribution import Distribution
from warmfit_fitting.goodness import Goodness
from warmfit_fitting.turnbull import Estimate

DETERMINED = 0.5  # of the fitted law: where the estimate is determined on less of it, integrals over that tell little


def measure(estimate: Estimate, fitted: Distribution) -> Goodness:
    """The distances of `fitted` from `estimate`, whose places are in its unit, conditioned alike; no SSE."""
    places = np.unique(np.concatenate([estimate.lower, estimate.upper]))
    start, stop = np.searchsorted(places, estimate.lower), np.searchsorted(places, estimate.upper)
    cdf, sf = _at(fitted, places)
    upto = np.minimum(np.cumsum(estimate.mass), 1.0)
    below = np.append(0.0, upto[:-1])
    ks = float(np.maximum(np.abs(cdf[start] - below), np.abs(cdf[stop] - upto)).max())
    if estimate.lower[0] == estimate.upper[0]:
        cdf, sf = _with_mass(fitted, places, cdf, sf)
    level = np.append(below, 1.0)  # of the estimate from each interval's end to the next one's beginning
    u, v = np.concatenate([[0.0], cdf[stop]]), np.concatenate([[1.0], sf[stop]])
    to_u, to_v = np.append(cdf[start], 1.0), np.append(sf[start], 0.0)
    cvm = ((to_u - level) ** 3 - (u - level) ** 3).sum() / 3
    logs = _times(level**2, np.log(to_u) - np.log(u)) - _times((1 - level) ** 2, np.log(to_v) - np.log(v))
    ad = (logs - (to_u - u)).sum()
    n = fitted.total if (to_u - u).sum() >= DETERMINED else math.nan
    return Goodness(ks, estimate.coarseness, n * float(ad), n * float(cvm), math.nan)


def _times(square: FloatArray, difference: FloatArray) -> FloatArray:
    """The product, 0 where the square is, whatever the difference of logarithms."""
    return np.where(square > 0.0, square * difference, 0.0)


def _at(fitted: Distribution, places: FloatArray) -> tuple[FloatArray, FloatArray]:
    """F and 1 − F (L,) at ascending places, which may be infinite."""
    finite = np.isfinite(places)
    cdf, sf = np.where(places < 0, 0.0, 1.0), np.where(places < 0, 1.0, 0.0)
    cdf[finite], sf[finite] = fitted.cdf_sf(places[finite])
    return cdf, sf


def _with_mass(
    fitted: Distribution, places: FloatArray, cdf: FloatArray, sf: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """F and 1 − F; where the support ends at an extreme place, half the mass up to half-way to the next one for zero.

    With a location at the smallest value AD of the rows is infinite; values are known to their cells only.
    """
    known = np.flatnonzero(np.isfinite(places))
    if len(known) > 1 and (cdf[known[0]] == 0.0 or sf[known[-1]] == 0.0):
        at = places[known]
        near, far = fitted.cdf_sf(np.array([at[0] / 2 + at[1] / 2, at[-2] / 2 + at[-1] / 2]))
        cdf[known[0]] = cdf[known[0]] or near[0] / 2
        sf[known[-1]] = sf[known[-1]] or far[-1] / 2
    return cdf, sf
