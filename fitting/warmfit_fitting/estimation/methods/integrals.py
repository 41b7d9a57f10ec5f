"""Mean, variance, skewness and excess kurtosis of a family's standard form, for many shapes at once.

Raw moments about the middle of the law are integrals of the density over panels laid about it, out to where doubles end, by
Gauss–Legendre rules; what lies beyond is that of a power, whose exponent says whether the moment exists.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.families.family import Family
from warmfit_fitting.likelihood.quadrature import composite
from warmfit_fitting.likelihood.view import TINY

NUMBERS = 1 << 17  # densities evaluated in one go
MASS_TOLERANCE = 1e-4
HALVINGS = 40
_NODES, _WEIGHTS = composite((0.0, 1.0), 8)
_STEPS = np.concatenate([np.arange(0.0, 4.0, 0.25), np.arange(4.0, 12.0, 0.5), np.arange(12.0, 42.0, 1.5)])
_REACH = np.sinh(np.concatenate([-_STEPS[:0:-1], _STEPS]))  # panel edges about the middle, in spreads
_APPROACH = np.exp(-np.arange(0.0, 24.0, 0.5))  # and towards an end or a peak, in its distances from the middle
_QUARTILES = np.array([0.25, 0.5, 0.75])
_FARTHEST = 42.0  # in arsinh of spreads, of the places at which quartiles are sought


@dataclass(frozen=True, eq=False)
class StandardMoments:
    """`mean`, `variance`, `skewness`, `kurtosis` (excess), each (K,), NaN or infinite where there is none."""

    mean: FloatArray
    variance: FloatArray
    skewness: FloatArray
    kurtosis: FloatArray


def standard_moments(family: Family, shapes: FloatArray) -> StandardMoments:
    """The moments of the standard form at `shapes` (K, S)."""
    with np.errstate(all="ignore"):
        columns = tuple(shapes[:, i : i + 1] for i in range(shapes.shape[1]))
        middle, spread = _middle(family, columns, len(shapes))
        size = NUMBERS // (len(_NODES) * (len(_REACH) + 4 * len(_APPROACH)))
        parts = []
        for i in range(0, len(shapes), size):
            rows = slice(i, i + size)
            parts.append(_raw(family, tuple(c[rows] for c in columns), middle[rows], spread[rows]))
        raw = np.concatenate(parts)
        return _central(raw, middle[:, 0], spread[:, 0])


def _central(raw: FloatArray, middle: FloatArray, spread: FloatArray) -> StandardMoments:
    """From raw moments (K, 5) of orders 0 to 4 about `middle` (K,), in units of `spread`."""
    mass = np.where(np.abs(raw[:, 0] - 1) < MASS_TOLERANCE, raw[:, 0], np.nan)
    m, a2, a3, a4 = (raw[:, k] / mass for k in range(1, 5))
    v = a2 - m * m
    third = a3 - 3 * m * a2 + 2 * m**3
    fourth = a4 - 4 * m * a3 + 6 * m * m * a2 - 3 * m**4
    return StandardMoments(middle + spread * m, spread * spread * v, third / v**1.5, fourth / (v * v) - 3)


def _raw(family: Family, shapes: tuple[FloatArray, ...], middle: FloatArray, spread: FloatArray) -> FloatArray:
    """Raw moments (K, 5) of orders 0 to 4 of (Z − middle)/spread, NaN where there is none."""
    ends = [np.broadcast_to((end - middle) / spread, middle.shape) for end in family.support(*shapes)]
    edges = np.sort(_mesh(ends[0], ends[1], -middle / spread), axis=1)
    width = np.diff(edges, axis=1)
    u = edges[:, :-1, None] + width[:, :, None] * _NODES
    z = (middle[:, :, None] + spread[:, :, None] * u).reshape(len(u), -1)
    density = spread * np.exp(family.logpdf(z, *shapes))
    density = np.where(np.isfinite(density), density, 0.0).reshape(u.shape)
    measure = density * width[:, :, None] * _WEIGHTS
    raw = np.empty((len(u), 5))
    for order in range(5):
        raw[:, order] = np.einsum("kpq->k", measure)
        measure *= u
    for end, sign in zip(ends, (-1.0, 1.0), strict=True):
        finite = np.isfinite(end)
        if not finite.all():
            raw += np.where(finite, 0.0, _beyond(family, shapes, middle, spread, sign * _REACH[-1]))
        if finite.any():
            raw += np.where(finite, _beside(family, shapes, middle, spread, np.where(finite, end, 0.0), sign), 0.0)
    return raw


def _beside(
    family: Family,
    shapes: tuple[FloatArray, ...],
    middle: FloatArray,
    spread: FloatArray,
    end: FloatArray,
    sign: float,
) -> FloatArray:
    """What lies between `end` (K, 1) and the panel nearest to it, of the raw moments (K, 5): the mass of a power, there."""
    near = _APPROACH[-1] * np.abs(end)
    outer, inner = (family.logpdf(middle + spread * (end - sign * d), *shapes) for d in (near, near / 2))
    power = 1.0 + (outer - inner) / np.log(2.0)  # of the distribution function
    mass = spread * near * np.exp(outer) / power
    return np.where(np.isfinite(mass) & (power > 0.0), mass, 0.0) * end ** np.arange(5.0)


def _mesh(low: FloatArray, high: FloatArray, peak: FloatArray) -> FloatArray:
    """Panel edges (K, R) up to beside the ends `low` and `high` (K, 1), dense towards them and `peak` (K, 1)."""
    inner = [low + np.abs(low) * _APPROACH[-1], high - np.abs(high) * _APPROACH[-1]]
    first, last = (np.where(np.isfinite(end), end, reach) for end, reach in zip(inner, _REACH[[0, -1]], strict=True))
    parts = [np.broadcast_to(_REACH, (len(low), len(_REACH))), first, last, peak]
    for at, sign in ((low, 1.0), (high, -1.0), (peak, 1.0), (peak, -1.0)):
        known = (peak > low) & (peak < high) if at is peak else np.isfinite(at)
        if known.any():
            at = np.where(known, at, 0.0)
            reach = np.where(at == 0.0, 1.0, np.abs(at))
            parts.append(at + sign * reach * _APPROACH)
    edges: FloatArray = np.clip(np.concatenate(parts, axis=1), first, last)
    return edges


def _beyond(
    family: Family, shapes: tuple[FloatArray, ...], middle: FloatArray, spread: FloatArray, u: float
) -> FloatArray:
    """What lies beyond `u` of the raw moments (K, 5): nothing, that of a power, or NaN where the integral diverges."""
    outer, inner = (family.logpdf(middle + spread * place, *shapes) for place in (u, u / 2))
    power = -(outer - inner) / np.log(2.0) - 1.0  # of the survival function
    order = np.arange(5.0)
    log = outer + np.log(spread) + (order + 1) * np.log(abs(u))
    left = np.where(power > order + 1e-6, np.exp(log) / (power - order), np.nan) * np.sign(u) ** order
    return np.where(log > -100.0, left, 0.0)


def _middle(family: Family, shapes: tuple[FloatArray, ...], size: int) -> tuple[FloatArray, FloatArray]:
    """A middle and a spread (K, 1) of the law: those that the family knows, or quartiles by halving."""
    center, spread = (np.broadcast_to(part, (size, 1)) for part in family.bulk(*shapes))
    if family.knows_bulk or not family.closed_cdf:
        return center, spread
    low, high = (np.broadcast_to(end, (size, 1)) for end in family.support(*shapes))
    below, above = (np.full((size, 3), sign * _FARTHEST) for sign in (-1.0, 1.0))
    for _ in range(HALVINGS):
        half = (below + above) / 2
        z = center + spread * np.sinh(half)
        cdf = np.where(z <= low, 0.0, np.where(z >= high, 1.0, family.cdf(np.clip(z, low, high), *shapes)))
        below, above = np.where(cdf < _QUARTILES, half, below), np.where(cdf < _QUARTILES, above, half)
    quartiles = center + spread * np.sinh(half)
    return quartiles[:, 1:2], np.maximum(quartiles[:, 2:] - quartiles[:, :1], TINY) / 2
