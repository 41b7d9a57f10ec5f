"""Standard errors from the observed information: the curvature of the log-likelihood at its maximum, and the delta method.

The two differences that must agree on the curvature also give the gradient without the error of either (Richardson 1911),
and with it what is left to the maximum. There are no errors where the theory has none: at the boundary of the parameters, at
a kink, along a ridge without curvature (Cox & Hinkley 1974, ch. 9; Efron & Hinkley 1978, Biometrika 65, on observed against
expected information).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.estimation.maximize import Slopes, from_stencil, stencil

STEPS = (1e-4, 1e-3)  # of the two differences that must agree
AGREE = 0.05  # by how much of the curvatures the two may differ
LEAST = 1e-7  # the least eigenvalue of the information in units of its diagonal
CLIMB = 0.02  # nats that the model may still promise, else the end is a boundary
_WIDER = (STEPS[1] / STEPS[0]) ** 2  # times the error of the narrower difference is that of the wider one

Function = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, eq=False)
class Information:
    """At a maximum: the standard `errors` (P,) of the parameters, and the `step` (F,) that is left to it.

    `value`: the mean log-likelihood there; `promise`: the nats over all rows that the step is to gain.
    """

    value: float
    errors: tuple[float, ...]
    step: FloatArray
    promise: float


def standard_errors(
    function: Function, theta: Function, free: FloatArray, total: float, slopes: Slopes | None = None
) -> tuple[float, ...]:
    """The standard errors of the parameters theta(free) at a maximum, in their order, 0 where held fixed; empty where
    there are none; see `information_at`.
    """
    found = information_at(function, theta, free, total, slopes)
    return () if found is None else found.errors


def information_at(
    function: Function, theta: Function, free: FloatArray, total: float, slopes: Slopes | None = None
) -> Information | None:
    """What the curvature at a maximum says; None where the likelihood is not regular there.

    `function` is the mean log-likelihood (K,) of parameter vectors (K, P), of `total` rows; `theta` maps (K, F) to them;
    `slopes`: those at the maximum, where they are known.
    """
    size = len(free)
    if size == 0:
        return None
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
    (wider,), (check,) = from_stencil(outer[None], here, wide)
    inverse = _covariance(slopes.gradient * total, -slopes.hessian * total, -check * total)
    if inverse is None:
        return None
    jacobian = (thetas[:size] - thetas[size : 2 * size]) / (2 * h[0][:, None])
    variance = np.einsum("ip,ij,jp->p", jacobian, inverse, jacobian)
    if not np.isfinite(variance).all() or (variance < 0).any():
        return None
    slope = total * (slopes.gradient + (slopes.gradient - wider) / (_WIDER - 1.0))
    step = inverse @ slope
    return Information(float(here[0]), tuple(np.sqrt(variance).tolist()), step, 0.5 * float(slope @ step))


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
