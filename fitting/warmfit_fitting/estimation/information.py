"""Standard errors from the observed information: the curvature of the log-likelihood at its maximum, and the delta method.

There are none where the theory has none: at the boundary of the parameters, at a kink, along a ridge without curvature
(Cox & Hinkley 1974, ch. 9; Efron & Hinkley 1978, Biometrika 65, on observed against expected information).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.estimation.maximize import Slopes, from_stencil, stencil

STEPS = (1e-4, 1e-3)  # of the two differences that must agree
AGREE = 0.05  # by how much of the curvatures the two may differ
LEAST = 1e-7  # the least eigenvalue of the information in units of its diagonal
CLIMB = 0.02  # nats that the model may still promise, else the end is a boundary

Function = Callable[[FloatArray], FloatArray]


def standard_errors(
    function: Function, theta: Function, free: FloatArray, total: float, slopes: Slopes | None = None
) -> tuple[float, ...]:
    """The standard errors of the parameters theta(free) at a maximum, in their order, 0 where held fixed; empty where
    there are none.

    `function` is the mean log-likelihood (K,) of parameter vectors (K, P), of `total` rows; `theta` maps (K, F) to them;
    `slopes`: those at the maximum, where they are known.
    """
    size = len(free)
    if size == 0:
        return ()
    (near, h), (far, wide) = (stencil(free[None], step) for step in STEPS)
    thetas = theta(np.concatenate([near[0], free[None], far[0]]))
    if slopes is None:
        values = function(thetas)
        around, here = values[: len(near[0])], values[len(near[0]) : len(near[0]) + 1]
        (gradient,), (hessian,) = from_stencil(around[None], here, h)
        slopes = Slopes(gradient, hessian)
        outer = values[len(near[0]) + 1 :]
    else:
        values = function(thetas[len(near[0]) :])
        here, outer = values[:1], values[1:]
    _, (check,) = from_stencil(outer[None], here, wide)
    inverse = _covariance(slopes.gradient * total, -slopes.hessian * total, -check * total)
    if inverse is None:
        return ()
    jacobian = (thetas[:size] - thetas[size : 2 * size]) / (2 * h[0][:, None])
    variance = np.einsum("ip,ij,jp->p", jacobian, inverse, jacobian)
    if not np.isfinite(variance).all() or (variance < 0).any():
        return ()
    return tuple(np.sqrt(variance).tolist())


def _covariance(gradient: FloatArray, information: FloatArray, check: FloatArray) -> FloatArray | None:
    """The inverse (F, F) of the information where it is regular: the same at both steps, positive, the gradient none."""
    diagonal = np.diag(information)
    if not (np.isfinite(information).all() and np.isfinite(check).all() and (diagonal > 0).all()):
        return None
    unit = np.sqrt(diagonal)
    scaled, other = (matrix / unit / unit[:, None] for matrix in (information, check))
    curvature, basis = np.linalg.eigh(scaled)
    if curvature[0] < LEAST or np.abs(scaled - other).max() > AGREE * min(1.0, 20 * curvature[0]):
        return None
    slope = basis.T @ (gradient / unit)
    if 0.5 * float((slope * slope / curvature).sum()) > CLIMB:
        return None
    inverse: FloatArray = (basis / curvature) @ basis.T / unit / unit[:, None]
    return inverse
