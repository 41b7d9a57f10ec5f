"""Standard errors from the observed information: the curvature of the log-likelihood at its maximum, and the delta method.

There are none where the theory has none: at the boundary of the parameters, at a kink, along a ridge without curvature
(Cox & Hinkley 1974, ch. 9; Efron & Hinkley 1978, Biometrika 65, on observed against expected information).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.estimation.maximize import derivatives

STEPS = (1e-4, 1e-3)  # of the two differences that must agree
AGREE = 0.05  # by how much of the curvatures the two may differ
LEAST = 1e-7  # the least eigenvalue of the information in units of its diagonal
CLIMB = 0.02  # nats that the model may still promise, else the end is a boundary

Function = Callable[[FloatArray], FloatArray]


def covariance(function: Function, free: FloatArray, total: float) -> FloatArray | None:
    """The inverse (F, F) of the information at the maximum `free` of the mean log-likelihood of `total` rows, if regular."""
    value = function(free[None])
    first, second = (derivatives(function, free[None], value, step) for step in STEPS)
    information, check = -first[1][0] * total, -second[1][0] * total
    diagonal = np.diag(information)
    if not (np.isfinite(information).all() and np.isfinite(check).all() and (diagonal > 0).all()):
        return None
    unit = np.sqrt(diagonal)
    scaled, other = (matrix / unit / unit[:, None] for matrix in (information, check))
    curvature, basis = np.linalg.eigh(scaled)
    if curvature[0] < LEAST or np.abs(scaled - other).max() > AGREE * min(1.0, 20 * curvature[0]):
        return None
    slope = basis.T @ (first[0][0] * total / unit)
    if 0.5 * float((slope * slope / curvature).sum()) > CLIMB:
        return None
    inverse: FloatArray = (basis / curvature) @ basis.T / unit / unit[:, None]
    return inverse


def standard_errors(function: Function, theta: Function, free: FloatArray, total: float) -> tuple[float, ...]:
    """The standard errors of the parameters theta(free), in their order, 0 where held fixed; empty where there are none.

    `theta` maps (K, F) to parameter vectors (K, P).
    """
    if len(free) == 0:
        return ()
    inverse = covariance(function, free, total)
    if inverse is None:
        return ()
    size = len(free)
    h = STEPS[0] * np.maximum(1.0, np.abs(free) / 8)
    ends = theta(np.concatenate([free + np.diag(h), free - np.diag(h)]))
    jacobian = (ends[:size] - ends[size:]) / (2 * h[:, None])
    variance = np.einsum("ip,ij,jp->p", jacobian, inverse, jacobian)
    if not np.isfinite(variance).all() or (variance < 0).any():
        return ()
    return tuple(np.sqrt(variance).tolist())
