"""Logs of probabilities of intervals, also of those too far out, or too narrow, for differences of doubles.

P(a < Z ≤ b) is a difference of distribution or of survival functions, of those in whose tail it is small. Where that is
nothing but rounding, or less than doubles hold, the density is integrated over the interval instead, in logs.
"""

from __future__ import annotations

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.families.family import Family
from warmfit_fitting.likelihood.cumulative import cdf_sf
from warmfit_fitting.likelihood.quadrature import composite

LEAST = 1e-280  # a probability that doubles hold with all their digits
LEAST_BY_PANELS = 1e-9  # one that the panels of `cumulative` are fine enough for
DEEPEST = -1e8  # a log of which sums and differences still tell something
CANCELLED = 1e-9  # of the tail beyond it, as which a difference of two still has seven digits
NUMBERS = 1 << 17  # densities evaluated in one go
_SHARE, _WEIGHT = composite((0.0, *2.0 ** np.arange(-32.0, 0.0)), 5)  # graded towards an end, up to half-way
_FAR = 2.0**12  # distances from the centre at which an interval without an end is half-way through


def probabilities(
    family: Family, shapes: tuple[FloatArray, ...], below: FloatArray, above: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """P(Z ≤ z) at `below` (K, B) and P(Z > z) at `above` (K, A), for shapes (K, 1) each."""
    low, high = family.support(*shapes)
    if family.closed_cdf:
        cdf = family.cdf(np.clip(below, low, high), *shapes)
        sf = family.sf(np.clip(above, low, high), *shapes)
    else:
        cdf, sf = cdf_sf(family, shapes, np.concatenate([below, above], axis=1))
        cdf, sf = cdf[:, : below.shape[1]], sf[:, below.shape[1] :]
    cdf = np.where(below <= low, 0.0, np.where(below >= high, 1.0, cdf))
    return cdf, np.where(above <= low, 1.0, np.where(above >= high, 0.0, sf))


def log_mass(family: Family, shapes: tuple[FloatArray, ...], a: FloatArray, b: FloatArray) -> FloatArray:
    """log P(a < Z ≤ b) (K, P) of the standard form for ends (K, P), which may be infinite, and shapes (K, 1) each."""
    ends, size = np.concatenate([a, b], axis=1), a.shape[1]
    cdf, sf = probabilities(family, shapes, ends, ends)
    lower = cdf[:, size:] < 0.5
    mass = np.where(lower, cdf[:, size:] - cdf[:, :size], sf[:, :size] - sf[:, size:])
    return recovered(family, shapes, (a, b), mass, np.where(lower, cdf[:, size:], sf[:, :size]))


def recovered(
    family: Family,
    shapes: tuple[FloatArray, ...],
    ends: tuple[FloatArray, FloatArray],
    mass: FloatArray,
    tail: FloatArray | float = 0.0,
) -> FloatArray:
    """The log of `mass` (K, P), that of intervals between `ends` (K, P), integrated anew where digits are lost.

    `tail` (K, P): the larger of the two probabilities of which `mass` is the difference.
    """
    log = np.log(mass)
    lost = mass < np.maximum(LEAST if family.closed_cdf else LEAST_BY_PANELS, CANCELLED * tail)
    if lost.any():
        low, high = family.support(*shapes)
        a, b = (np.broadcast_to(np.clip(end, low, high), mass.shape) for end in ends)
        row, column = np.nonzero(lost & (a < b))
        log[row, column] = _log_integral(family, tuple(s[row] for s in shapes), a[row, column], b[row, column])
    return log


def _log_integral(family: Family, shapes: tuple[FloatArray, ...], a: FloatArray, b: FloatArray) -> FloatArray:
    """log ∫ f from each of `a` to `b` (M,), for shapes (M, 1) each; either end may be infinite, not both."""
    size = NUMBERS // (2 * len(_SHARE))
    parts = [
        _block(family, tuple(s[i : i + size] for s in shapes), a[i : i + size, None], b[i : i + size, None])
        for i in range(0, len(a), size)
    ]
    return np.concatenate(parts) if parts else np.zeros(0)


def _block(family: Family, shapes: tuple[FloatArray, ...], a: FloatArray, b: FloatArray) -> FloatArray:
    """`_log_integral` with rules graded towards both ends, or towards the finite one, where the density is greatest."""
    center, spread = family.bulk(*shapes)
    reach = _FAR * np.maximum(np.abs(np.where(np.isfinite(a), a, b) - center), spread)
    width = np.where(np.isfinite(b - a), b - a, 2.0 * reach)
    points = np.concatenate([a + width * _SHARE, b - width * _SHARE], axis=1)
    term = family.logpdf(points, *shapes) + np.log(np.concatenate([_WEIGHT, _WEIGHT])) + np.log(width)
    term = np.where(np.isfinite(points) & np.isfinite(term), term, -np.inf)
    top = np.maximum(term.max(axis=1, keepdims=True), -1e300)
    total: FloatArray = (top + np.log(np.exp(term - top).sum(axis=1, keepdims=True)))[:, 0]
    return np.where(total > DEEPEST, total, -np.inf)
