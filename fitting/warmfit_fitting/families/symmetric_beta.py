"""The distribution function of the symmetric beta on (−1, 1), f(z) ∝ (1 − z²)^(h−1), for small and large h."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy import special

from warmfit_fitting.arrays import BoolArray, FloatArray

LARGE = 1000.0  # h from which the expansion is used; below, the incomplete beta function is quick
_TERMS, _POWERS = 7, 20


def _square_root_series() -> list[float]:
    """The coefficients in u² of u/√(1 − e^(−u²)) at u = 0."""
    inverse = [(-1.0) ** k / math.factorial(k + 1) for k in range(_POWERS + _TERMS)]  # (1 − e^(−w))/w
    series = [1.0]
    for k in range(1, len(inverse)):  # J. C. P. Miller's recurrence for the power −½ (Knuth 1997, sec. 4.7)
        series.append(sum((-0.5 * j - (k - j)) * inverse[j] * series[k - j] for j in range(1, k + 1)) / k)
    return series


def _expansion() -> list[list[float]]:
    """The coefficients in u² of ψ_m(u)/u, m = 0 … `_TERMS` − 1, the boundary terms of repeated partial integration."""
    phi, result = _square_root_series(), []
    for _ in range(_TERMS):
        result.append(phi[1 : _POWERS + 1])
        phi = [(2 * k - 1) * phi[k] for k in range(1, len(phi))]
    return result


_EXPANSION = _expansion()


def either(
    first: BoolArray, one: Callable[..., FloatArray], ones: tuple[FloatArray, ...], other: Callable[..., FloatArray],
    others: tuple[FloatArray, ...],
) -> FloatArray:  # fmt: skip
    """`one(*ones)` where `first`, elsewhere `other(*others)`, each evaluated where it is wanted only."""
    shape = np.broadcast_shapes(first.shape, *(v.shape for v in (*ones, *others)))
    first = np.broadcast_to(first, shape)
    result = np.empty(shape)
    for chosen, function, arguments in ((first, one, ones), (~first, other, others)):
        result[chosen] = function(*(np.broadcast_to(v, shape)[chosen] for v in arguments))
    return result


def symmetric_beta_above(z: FloatArray, half: FloatArray) -> FloatArray:
    """P(Z > z) for the density (1 − z²)^(half − 1)/B(½, half) on −1 < z < 1."""
    return either(half < LARGE, _incomplete_beta, (z, half), _nearly_normal, (z, half))


def _incomplete_beta(z: FloatArray, half: FloatArray) -> FloatArray:
    nearer = 0.5 * (1.0 - np.abs(z))
    return either(z > 0.0, special.betainc, (half, half, nearer), special.betaincc, (half, half, nearer))


def _nearly_normal(z: FloatArray, half: FloatArray) -> FloatArray:
    """P(Z > z) for large h = `half`.

    With 1 − z² = e^(−u²) and φ(u) = u/√(1 − e^(−u²)) = 1 + Σ c_k u^(2k), the density is C e^(−hu²) φ(u) du. Repeated
    partial integration leaves ½ erfc(√h u) and C e^(−hu²)/(2h) Σ_m ψ_m(u)/(2h)^m, φ_0 = φ, ψ_m = (φ_m − φ_m(0))/u,
    φ_(m+1) = ψ_m′ (Temme 1982, "The uniform asymptotic expansion of a class of integrals"). The terms φ_m(0) sum up to
    the normalizing constant, so that half the mass lies above 0.
    """
    square = -np.log1p(-z * z)
    near = np.minimum(square, 1.0)  # by u² = 1 the mass is below 1e-400
    u = np.sqrt(near)
    total, constant = np.zeros(np.shape(z)), np.zeros(np.shape(half))
    for coefficients in reversed(_EXPANSION):
        term = np.full_like(u, coefficients[-1])
        for c in coefficients[-2::-1]:
            term *= near
            term += c
        total = total * (0.5 / half) + term
        constant = (constant + coefficients[0]) * (0.5 / half)
    density = np.sqrt(half / math.pi) / (1.0 + constant)  # C
    above = 0.5 * special.erfc(np.sqrt(half * square)) + density * u * np.exp(-half * square) * total * (0.5 / half)
    return np.where(z < 0.0, 1.0 - above, above)
