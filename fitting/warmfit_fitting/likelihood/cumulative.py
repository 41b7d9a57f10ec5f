"""Distribution functions of families that have no closed one, for many parameter vectors at once.

The density is integrated between neighbouring places, and over a mesh about the bulk of the law out to where doubles
end, by Gauss–Legendre rules, and as a power next to a finite end of the support, where it may be singular. Sums from either
end give both tails without cancellation. Families must know their `bulk`.
"""

from __future__ import annotations

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.families.family import Family
from warmfit_fitting.likelihood.quadrature import composite

NUMBERS = 1 << 17  # densities evaluated in one go
_NODES, _WEIGHTS = composite((0.0, 1.0), 8)
_LOG_RATIO = np.log(_NODES[-1] / _NODES[-2])
_STEPS = np.concatenate([np.arange(0.0, 4.0, 0.25), np.arange(4.0, 12.0, 0.5), np.arange(12.0, 42.0, 1.5)])
_REACH = np.sinh(np.concatenate([-_STEPS[:0:-1], _STEPS]))  # mesh about the bulk, in spreads
_APPROACH = np.exp(-np.arange(0.0, 21.0, 0.75))  # and towards a finite end, in its distances from the centre


def cdf_sf(family: Family, shapes: tuple[FloatArray, ...], z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """P(Z ≤ z) and P(Z > z) of the standard form at places `z` (K, P), for shapes (K, 1) each."""
    size = NUMBERS // (len(_NODES) * (z.shape[1] + len(_REACH) + 2 * len(_APPROACH))) or 1
    parts = [
        _integrals(family, tuple(s[i : i + size] for s in shapes), z[i : i + size]) for i in range(0, len(z), size)
    ]
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])


def _integrals(family: Family, shapes: tuple[FloatArray, ...], z: FloatArray) -> tuple[FloatArray, FloatArray]:
    low, high = (np.broadcast_to(end, (len(z), 1)) for end in family.support(*shapes))
    places = np.clip(z, low, high)
    edges = np.concatenate([places, _mesh(family, shapes, low, high)], axis=1)
    order = np.argsort(edges, axis=1)
    edges = np.take_along_axis(edges, order, axis=1)
    mass = _masses(family, shapes, edges, low, high)
    none = np.zeros((len(z), 1))
    below = np.concatenate([none, np.cumsum(mass, axis=1)], axis=1)
    above = np.concatenate([np.cumsum(mass[:, ::-1], axis=1)[:, ::-1], none], axis=1)
    at = np.argsort(order, axis=1)[:, : z.shape[1]]
    below, above = (np.minimum(np.take_along_axis(part, at, axis=1), 1.0) for part in (below, above))
    return below, above


def _mesh(family: Family, shapes: tuple[FloatArray, ...], low: FloatArray, high: FloatArray) -> FloatArray:
    """Panel edges (K, R) that cover the support."""
    center, spread = family.bulk(*shapes)
    parts = [center + spread * _REACH]
    for end, sign in ((low, 1.0), (high, -1.0)):
        if np.isfinite(end).any():
            near = end + sign * np.abs(center - end) * _APPROACH
            parts += [np.where(np.isfinite(end), np.concatenate([near, end], axis=1), center)]
    rows = [np.broadcast_to(part, (len(low), part.shape[1])) for part in parts]
    mesh: FloatArray = np.clip(np.concatenate(rows, axis=1), low, high)
    return mesh


def _masses(
    family: Family, shapes: tuple[FloatArray, ...], edges: FloatArray, low: FloatArray, high: FloatArray
) -> FloatArray:
    """The mass (K, R) of each panel between ascending `edges` (K, R + 1); next to a finite end that of a power there."""
    left, right = edges[:, :-1, None], edges[:, 1:, None]
    width = right - left
    points = left + width * _NODES
    log_density = family.logpdf(points.reshape(len(edges), -1), *shapes).reshape(points.shape)
    density = np.exp(log_density)
    mass: FloatArray = np.einsum("kpq,q->kp", np.where(np.isfinite(density), density, 0.0), _WEIGHTS) * width[:, :, 0]
    for touches, last, inner in ((left == low[:, :, None], -1, -2), (right == high[:, :, None], 0, 1)):
        at = touches[:, :, 0] & (width[:, :, 0] > 0)
        mass[at] = _power(log_density[at, last], log_density[at, inner], width[at, 0])
    return mass


def _power(outer: FloatArray, inner: FloatArray, width: FloatArray) -> FloatArray:
    """∫ f over a panel next to an end of the support, f being a power of the distance, from log f at its far nodes."""
    exponent = 1.0 + (outer - inner) / _LOG_RATIO
    mass = width * np.exp(outer + (1.0 - exponent) * np.log(_NODES[-1])) / exponent
    return np.where(np.isfinite(mass) & (exponent > 0.0), mass, 0.0)
