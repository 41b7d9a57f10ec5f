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
EXACT = 1e-8  # by how much the masses of all panels may differ from 1
WRONG = 1e-6  # by how much a density's integral may, or its probabilities are not known
WRONG_BETWEEN = 1e-2  # the same where shapes are whole numbers, and densities between them need not integrate to 1
LOOKS = 2  # times that the mesh is laid anew, about the quartiles found on the last one
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


def _integrals(
    family: Family, shapes: tuple[FloatArray, ...], z: FloatArray, mesh: FloatArray | None = None, looks: int = LOOKS
) -> tuple[FloatArray, FloatArray]:
    """`cdf_sf` on `mesh` (K, R), or on one about the bulk, and on another about the body where the first was too coarse."""
    low, high = (np.broadcast_to(end, (len(z), 1)) for end in family.support(*shapes))
    mesh = _mesh(low, high, *family.bulk(*shapes)) if mesh is None else mesh
    places = np.clip(z, mesh.min(axis=1, keepdims=True), mesh.max(axis=1, keepdims=True))
    edges = np.concatenate([places, mesh], axis=1)
    order = np.argsort(edges, axis=1)
    edges = np.take_along_axis(edges, order, axis=1)
    mass = _masses(family, shapes, edges, low, high)
    none = np.zeros((len(z), 1))
    below = np.concatenate([none, np.cumsum(mass, axis=1)], axis=1)
    above = np.concatenate([np.cumsum(mass[:, ::-1], axis=1)[:, ::-1], none], axis=1)
    error = np.abs(below[:, -1] - 1.0)
    at = np.argsort(order, axis=1)[:, : z.shape[1]]
    cdf, sf = (np.minimum(np.take_along_axis(part, at, axis=1), 1.0) for part in (below, above))
    off = np.flatnonzero(~(error < EXACT))
    if looks and len(off) and not family.integer_shapes:
        body = _quartiles(edges[off], below[off])
        finer = np.concatenate([mesh[off], _mesh(low[off], high[off], *body)], axis=1)
        cdf[off], sf[off] = _integrals(family, tuple(s[off] for s in shapes), z[off], finer, looks - 1)
    elif len(off):
        wrong = ~(error < (WRONG_BETWEEN if family.integer_shapes else WRONG))
        cdf[wrong] = sf[wrong] = np.nan
    return cdf, sf


def _quartiles(edges: FloatArray, below: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Median and half the interquartile range (K, 1) of the masses `below` each of the `edges` (K, R)."""
    q1, q2, q3 = np.transpose(
        [np.interp((0.25, 0.5, 0.75), mass / mass[-1], at) for mass, at in zip(below, edges, strict=True)]
    )[:, :, None]
    return q2, np.maximum(0.5 * (q3 - q1), 1e-15 * np.abs(q2))


def _mesh(low: FloatArray, high: FloatArray, center: FloatArray, spread: FloatArray) -> FloatArray:
    """Panel edges (K, R) that cover the support, dense about `center` (K, 1) and towards finite ends."""
    center, spread = (np.broadcast_to(part, low.shape) for part in (center, spread))
    parts = [center + spread * _REACH]
    for end, sign in ((low, 1.0), (high, -1.0)):
        if np.isfinite(end).any():
            near = end + sign * np.abs(center - end) * _APPROACH
            parts += [np.where(np.isfinite(end), np.concatenate([near, end], axis=1), center)]
    mesh: FloatArray = np.clip(np.concatenate(parts, axis=1), low, high)
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
