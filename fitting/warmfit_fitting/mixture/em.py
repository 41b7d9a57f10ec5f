"""EM for a mixture, accelerated.

Expectation–maximization (Dempster, Laird & Rubin 1977, J. R. Stat. Soc. B 39, 1–38) with the squared extrapolation
SQUAREM, scheme S3 (Varadhan & Roland 2008, Scand. J. Stat. 35, 335–353), in unconstrained coordinates: log weights,
means, Cholesky factors with log diagonals. A step that would lose likelihood is not taken, so that likelihood never
falls.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.mixture.sums import Parameters, Sums, floored

Fold = Callable[[FloatArray], Sums]
"""Sums over all rows, of the coefficients (q, K) of a mixture."""

_SLOWEST = 0.9999  # rate of convergence that is reckoned with
_LOST = 1e-12  # of the log-likelihood, that rounding may cost


@dataclass(frozen=True, eq=False)
class Run:
    """Where EM ended: the last parameters, their log-likelihood in standard units, the passes that it took."""

    parameters: Parameters
    loglik: float
    n_iter: int
    converged: bool


def run(fold: Fold, start: Parameters, floors: FloatArray, tol: float, max_iter: int) -> Run:
    """EM from `start` until less than `tol` nats seem left to gain, or `max_iter` passes are made."""
    here = start
    sums = fold(here.coefficients())
    passes = 1
    while passes < max_iter:
        first = here.maximized(sums, floors)
        ahead = fold(first.coefficients())
        passes += 1
        second = first.maximized(ahead, floors)
        left = _left(sums.loglik, ahead.loglik, here, first, second)
        if left < tol:
            better = ahead.loglik >= sums.loglik
            return Run(*((first, ahead.loglik) if better else (here, sums.loglik)), passes, True)
        if passes >= max_iter:
            return Run(first, ahead.loglik, passes, False)
        further = _extrapolated(here, first, second, floors)
        tried = None if further is None else fold(further.coefficients())
        passes += tried is not None
        if further is not None and tried is not None and tried.loglik >= ahead.loglik:
            here, sums = further, tried
        elif passes < max_iter:
            here, sums = second, fold(second.coefficients())
            passes += 1
        else:
            here, sums = first, ahead
    return Run(here, sums.loglik, passes, False)


def _left(before: float, after: float, here: Parameters, first: Parameters, second: Parameters) -> float:
    """The nats that EM would still gain: steps shrink at a rate, and gains at its square."""
    gain = after - before
    if gain <= _LOST * (1.0 + abs(after)):
        return 0.0
    long, short = (float(np.linalg.norm(_vector(b) - _vector(a))) for a, b in ((here, first), (first, second)))
    rate = min(short / long, _SLOWEST) if long > 0 else 0.0
    return gain * rate**2 / (1.0 - rate**2)


def _extrapolated(a: Parameters, b: Parameters, c: Parameters, floors: FloatArray) -> Parameters | None:
    """The parameters that SQUAREM tries after a, b, c; None where they are none."""
    start, middle, end = _vector(a), _vector(b), _vector(c)
    step = middle - start
    bend = end - middle - step
    size = float(np.linalg.norm(bend))
    if not size > 0:
        return None
    length = max(float(np.linalg.norm(step)) / size, 1.0)
    vector = start + 2 * length * step + length**2 * bend
    return _from_vector(vector, a.means.shape, floors) if np.isfinite(vector).all() else None


def _vector(p: Parameters) -> FloatArray:
    factors = np.linalg.cholesky(p.covariances)
    d = factors.shape[1]
    diagonal = np.arange(d)
    factors[:, diagonal, diagonal] = np.log(factors[:, diagonal, diagonal])
    rows, columns = np.tril_indices(d)
    return np.concatenate([np.log(p.weights), p.means.ravel(), factors[:, rows, columns].ravel()])


def _from_vector(vector: FloatArray, shape: tuple[int, int], floors: FloatArray) -> Parameters | None:
    k, d = shape
    logs, rest = vector[:k], vector[k + k * d :]
    rows, columns = np.tril_indices(d)
    factors = np.zeros((k, d, d))
    factors[:, rows, columns] = rest.reshape(k, -1)
    diagonal = np.arange(d)
    if np.abs(factors[:, diagonal, diagonal]).max() > 50:
        return None
    factors[:, diagonal, diagonal] = np.exp(factors[:, diagonal, diagonal])
    weights = np.exp(logs - logs.max())
    weights = np.maximum(weights / weights.sum(), 1e-300)
    covariances = floored(factors @ factors.transpose(0, 2, 1), floors)
    return Parameters(weights, vector[k : k + k * d].reshape(k, d), covariances)
