"""The last digits of a maximum: Newton steps with gradients of fourth order, from a place that a search has reached.

The gradient is Richardson's extrapolation of central differences of two widths (Richardson 1911); its error is h⁴, so that
where the likelihood is exact to rounding, two roads to one maximum end at the same numbers.
"""

from __future__ import annotations

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.estimation.maximize import Function, from_stencil, stencil

STEP = 1e-3  # the narrower of the two
ROUNDS = 4
NEAR = 0.1  # a longer step is none near a maximum
DONE = 1e-11
NOISE = 1e-13  # relative: by how much rounding may lower the value of a higher place


def sharpen(function: Function, start: FloatArray) -> FloatArray:
    """The maximum next to `start` (F,) of `function`, which maps (K, F) to (K,); `start` itself where none is near."""
    x, value = start, float(function(start[None])[0])
    for _ in range(ROUNDS):
        (near, h), (far, wide) = (stencil(x[None], step) for step in (STEP, 2 * STEP))
        values = function(np.concatenate([near[0], far[0]]))
        here, half = np.array([value]), len(near[0])
        (gradient,), (hessian,) = from_stencil(values[None, :half], here, h)
        (wider,), _ = from_stencil(values[None, half:], here, wide)
        curvature, basis = np.linalg.eigh(-hessian)
        if not np.isfinite(values).all() or not curvature[0] > 0:
            return x
        step = basis @ ((basis.T @ (4 * gradient - wider)) / 3 / curvature)
        size = float(np.abs(step).max())
        there = float(function((x + step)[None])[0])
        if not size < NEAR or not there >= value - NOISE * abs(value):
            return x
        x, value = x + step, there
        if size < DONE:
            break
    return x
