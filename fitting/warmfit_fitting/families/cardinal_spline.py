"""The logarithm of the cardinal B-spline, the density of the sum of n uniform variables on (0, 1), from a table."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy import special

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.families.beta import times
from warmfit_fitting.families.tabulated import by_rows, chebyshev_points, horner, in_panels, power_coefficients

MOST_TERMS = 60
_CELLS = MOST_TERMS // 2 + 1  # up to the middle of the support
_PARTS = 4  # of a cell, each with a polynomial of its own
_DEGREE = 12


@cache
def _table() -> FloatArray:
    """log f_n(z) − log(z^(n−1)/Γ(n)) on each quarter of a unit cell up to n/2, (D, n · cells · parts), to 1e-12.

    f_n(z) = (z f_{n−1}(z) + (n − z) f_{n−1}(z − 1))/(n − 1), a recurrence of positive terms (de Boor 1978, ch. X), where
    the alternating sum loses all digits from n ≈ 20 on.
    """
    place = (np.arange(_PARTS)[:, None] + 0.5 + 0.5 * chebyshev_points(_DEGREE + 1)).ravel() / _PARTS
    z = np.arange(float(MOST_TERMS))[:, None] + place
    height, log_z = (z < 1.0).astype(float), np.log(z[:_CELLS])
    rows = [np.zeros_like(log_z)]
    for n in range(2, MOST_TERMS + 1):
        height[1:] = (z[1:] * height[1:] + np.maximum(n - z[1:], 0.0) * height[:-1]) / (n - 1)
        height[0] *= z[0] / (n - 1)
        inside = (z < n)[:_CELLS]
        inside[0] = False  # there it is the power itself
        ratio = np.log(height[:_CELLS], out=np.zeros_like(log_z), where=inside)
        rows.append(np.where(inside, ratio - (n - 1) * log_z + special.gammaln(n), 0.0))
    values = np.stack(rows).reshape(MOST_TERMS * _CELLS * _PARTS, _DEGREE + 1)
    return power_coefficients(np.ascontiguousarray(values.T))


def log_cardinal_spline(z: FloatArray, n: FloatArray) -> FloatArray:
    """log f_n(z) for whole n = 1 … `MOST_TERMS` and 0 < z < n; by symmetry from the nearer end."""
    shape, z, (n,) = by_rows(z, n)
    z = np.minimum(z, n - z)
    panel, s = in_panels(z * _PARTS, _CELLS * _PARTS)
    at = panel + (n - 1.0).astype(np.intp) * (_CELLS * _PARTS)
    return (times(n - 1.0, np.log(z)) - special.gammaln(n) + horner(_table(), at, s)).reshape(shape)
