"""Ends of intervals that are whole numbers."""

from __future__ import annotations

import math
from collections.abc import Callable

FARTHEST = 2.0**53  # beyond it a float64 does not hold every whole number


def smallest(signed: Callable[[float], float], estimate: float, z: float) -> tuple[float, float]:
    """The interval of a quantile of counts: the smallest k with `signed(k)` ≥ −z, and the smallest with `signed(k)` > z.

    `signed(k)` says how far F(k) lies above the probability, in standard errors, and increases: the ends are the quantiles
    of the upper and of the lower confidence band of F. NaN where it is not known.
    """
    if math.isnan(signed(estimate)):
        return math.nan, math.nan
    low = first(lambda k: signed(k) >= -z, estimate, -1.0)
    high = first(lambda k: signed(k) > z, estimate, 1.0)
    return low, high


def first(reached: Callable[[float], bool], start: float, side: float) -> float:
    """The smallest whole number for which `reached`, which is false and then true, holds; ±inf where none is found.

    `side`: where it lies, seen from `start`.
    """
    step = 1.0
    if side > 0:
        below, upto = start - 1.0, start
        while not reached(upto):
            if upto > FARTHEST:
                return math.inf
            below, upto, step = upto, upto + step, step * 2
    else:
        below, upto = start - 1.0, start
        while reached(below):
            if below < -FARTHEST:
                return -math.inf
            below, upto, step = below - step, below, step * 2
    while upto - below > 1:
        middle = math.floor((below + upto) / 2)
        below, upto = (below, middle) if reached(middle) else (middle, upto)
    return upto
