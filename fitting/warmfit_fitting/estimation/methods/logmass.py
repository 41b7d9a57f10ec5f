"""Logs of the masses of many intervals for many parameter vectors, narrow intervals and far tails without cancellation.

Masses are differences of the distribution function below the middle of the data and of the survival function above it.
Where a difference has lost its digits, in an interval that is narrow next to the tail it lies in or where the tail itself is
below the smallest float, the density is taken as log-linear between the ends of the interval, which is as good there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from warmfit_fitting.arrays import FloatArray, IntArray
from warmfit_fitting.families.family import Family
from warmfit_fitting.likelihood.cumulative import cdf_sf

NARROW = (
    1e-5  # of the tail an interval lies in: differences keep at least ten digits above, the density is log-linear below
)
UNDERFLOW = 1e-290
STEP = 1e-4  # of the differences that give the slope of a log-density, relative to its distance from the end


@dataclass(frozen=True, eq=False)
class Edges:
    """Intervals [`places[low]`, `places[high]`] (C,), the first `below` (a number) of the places below the middle.

    `places` (E,) ascending, finite. `low`, or `high`, is −1 where an interval reaches to that end of the support.
    """

    places: FloatArray
    below: int
    low: IntArray
    high: IntArray

    @classmethod
    def of(cls, lower: FloatArray, upper: FloatArray) -> Edges:
        """The intervals from `lower` to `upper` (C,), in a unit in which the middle of the data is zero."""
        ends = np.concatenate([lower, upper])
        places = np.unique(ends[np.isfinite(ends)])
        low, high = (np.where(np.isfinite(end), np.searchsorted(places, end), -1) for end in (lower, upper))
        return cls(places, int(np.searchsorted(places, 0.0)), low, high)


def log_masses(
    family: Family, shapes: tuple[FloatArray, ...], loc: FloatArray, scale: FloatArray, edges: Edges
) -> FloatArray:
    """log P(X in interval), (K, C), for parameters (K, 1) each; −∞ for an empty interval."""
    z = (edges.places - loc) / scale
    tail = _tails(family, shapes, z, edges.below)
    out = np.full((len(z), len(edges.low)), -np.inf)
    for which, mass, reach in _differences(edges, tail):
        log = np.log(mass)
        narrow = ~(mass > NARROW * reach)
        columns = np.flatnonzero(narrow.any(axis=0))
        if len(columns):
            a, b = (z[:, side[which[columns]]] for side in (edges.low, edges.high))
            log[:, columns] = np.where(narrow[:, columns], _log_linear(family, shapes, a, b), log[:, columns])
        out[:, which] = log
    for i in np.flatnonzero(edges.low == -1):
        at = slice(edges.high[i], edges.high[i] + 1)
        p = tail[:, at] if edges.high[i] < edges.below else 1.0 - tail[:, at]
        out[:, i] = _log_tail(family, shapes, z[:, at], p, -1.0)[:, 0]
    for i in np.flatnonzero(edges.high == -1):
        at = slice(edges.low[i], edges.low[i] + 1)
        p = tail[:, at] if edges.low[i] >= edges.below else 1.0 - tail[:, at]
        out[:, i] = _log_tail(family, shapes, z[:, at], p, 1.0)[:, 0]
    return out


def _tails(family: Family, shapes: tuple[FloatArray, ...], z: FloatArray, below: int) -> FloatArray:
    """P(Z ≤ z) at the first `below` of the places `z` (K, E), P(Z > z) at the others."""
    low, high = family.support(*shapes)
    inside = np.clip(z, low, high)
    if family.closed_cdf:
        parts = [family.cdf(inside[:, :below], *shapes), family.sf(inside[:, below:], *shapes)]
    else:
        cdf, sf = cdf_sf(family, shapes, inside)
        parts = [cdf[:, :below], sf[:, below:]]
    full = (np.broadcast_to(part, (len(z), part.shape[1])) for part in parts)
    tail = np.concatenate(list(full), axis=1)
    upper = np.arange(z.shape[1]) >= below
    nothing, everything = np.where(upper, z >= high, z <= low), np.where(upper, z <= low, z >= high)
    return np.where(nothing, 0.0, np.where(everything, 1.0, tail))


def _differences(edges: Edges, tail: FloatArray) -> list[tuple[IntArray, FloatArray, FloatArray]]:
    """For intervals below, above and about the middle: which they are, their masses and the tails they lie in."""
    closed = (edges.low >= 0) & (edges.low < edges.high)
    left, right = closed & (edges.high < edges.below), closed & (edges.low >= edges.below)
    parts = []
    for chosen, inner, outer in ((left, edges.high, edges.low), (right, edges.low, edges.high)):
        which = np.flatnonzero(chosen)
        if len(which):
            reach = tail[:, inner[which]]
            parts.append((which, reach - tail[:, outer[which]], reach))
    which = np.flatnonzero(closed & ~left & ~right)
    if len(which):
        mass = 1.0 - tail[:, edges.low[which]] - tail[:, edges.high[which]]
        parts.append((which, mass, np.ones_like(mass)))
    return parts


def _log_linear(family: Family, shapes: tuple[FloatArray, ...], a: FloatArray, b: FloatArray) -> FloatArray:
    """log ∫ f from `a` to `b` (K, C) of the standard form, log f taken as linear between them; −∞ outside the support."""
    a, b = (np.clip(end, *family.support(*shapes)) for end in (a, b))
    f, g = family.logpdf(a, *shapes), family.logpdf(b, *shapes)
    rise = np.abs(g - f)
    mean = np.maximum(f, g) + np.where(rise > 1e-3, np.log(-np.expm1(-rise) / rise), -rise / 2 + rise * rise / 24)
    return np.asarray(mean + np.log(b - a))


def _log_tail(family: Family, shapes: tuple[FloatArray, ...], z: FloatArray, p: FloatArray, sign: float) -> FloatArray:
    """The log of the mass `p` (K, 1) beyond `z` (K, 1), above for `sign` 1; an exponential tail where it underflows."""
    out = np.log(p)
    lost = ~(p > UNDERFLOW)
    if lost.any():
        end = family.support(*shapes)[1 if sign > 0 else 0]
        step = STEP * np.where(np.isfinite(end), np.abs(end - z), 1.0 + np.abs(z))
        here, there = family.logpdf(z, *shapes), family.logpdf(z + sign * step, *shapes)
        out = np.where(lost, here - np.log((here - there) / step), out)
    return np.asarray(out)
