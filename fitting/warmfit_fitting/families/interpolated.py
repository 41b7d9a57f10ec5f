"""A smooth function with a parameter for each row, evaluated at few points of a row and interpolated at the others."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.families.tabulated import (
    by_rows,
    chebyshev_points,
    horner,
    in_panels,
    power_matrix,
    wave_matrix,
)

_COUNT = 22  # Chebyshev points in a panel
_GAIN = 2.0  # points of a row for each at which the function is evaluated, below which there is nothing to gain
_PLACES = chebyshev_points(_COUNT)
_WAVES, _POWERS = wave_matrix(_COUNT), power_matrix(_COUNT)

Function = Callable[[FloatArray, FloatArray], FloatArray]


def interpolated(function: Function, parameter: FloatArray, u: FloatArray, longest: float) -> FloatArray:
    """`function(parameter, u)` for `parameter` (K, 1) and `u` (K, N), by interpolation in u along rows worth it.

    The function must be so smooth in u that its interpolant in 22 Chebyshev points on any interval of the length
    `longest` is as good as itself. How a row is evaluated depends on that row alone.
    """
    shape, u, (parameter,) = by_rows(u, parameter)
    u = np.broadcast_to(u, (len(parameter), u.shape[1]))
    if u.shape[1] < _GAIN * _COUNT:
        return function(parameter, u).reshape(shape)
    low, high = np.fmin.reduce(u, axis=1, keepdims=True), np.fmax.reduce(u, axis=1, keepdims=True)
    panels = np.maximum(np.ceil((high - low) / longest), 1.0)
    panels = np.where(panels * (_GAIN * _COUNT) <= u.shape[1], panels, 0.0)[:, 0]  # 0, too, where the row is not finite
    counts = np.unique(panels)
    result = np.empty(u.shape)
    for count in counts:
        rows = slice(None) if len(counts) == 1 else panels == count
        if count == 0.0:
            result[rows] = function(parameter[rows], u[rows])
        else:
            result[rows] = _by_panels(function, parameter[rows], u[rows], low[rows], high[rows], int(count))
    return result.reshape(shape)


def _by_panels(
    function: Function, parameter: FloatArray, u: FloatArray, low: FloatArray, high: FloatArray, panels: int
) -> FloatArray:
    """The same on `panels` equal panels from `low` to `high` (K, 1)."""
    width = np.maximum((high - low) / panels, 1e-9)
    places = low + width * (np.arange(panels)[:, None] + (0.5 + 0.5 * _PLACES)).reshape(1, -1)
    values = function(parameter, places).reshape(-1, _COUNT)
    levels = np.einsum("pc,rc->pr", _POWERS, np.einsum("cx,rx->rc", _WAVES, values))
    x = (u - low) / width
    if panels > 1:
        panel, s = in_panels(x, panels)
        return horner(levels, panel + panels * np.arange(len(u))[:, None], s)
    s = 2.0 * x - 1.0
    result = levels[-1][:, None] * s
    for level in levels[-2:0:-1]:
        result += level[:, None]
        result *= s
    result += levels[0][:, None]
    return result
