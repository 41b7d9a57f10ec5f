"""EM for a mixture, accelerated.

Expectation–maximization (Dempster, Laird & Rubin 1977, J. R. Stat. Soc. B 39, 1–38) with the squared extrapolation
SQUAREM, scheme S3 (Varadhan & Roland 2008, Scand. J. Stat. 35, 335–353), in unconstrained coordinates: log weights,
means, Cholesky factors with log diagonals. A step that would lose likelihood is not taken, so that likelihood never
falls.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from warmfit_fitting.arrays import FloatArray, IntArray
from warmfit_fitting.mixture.sums import Parameters, Sums

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


def improved(fold: Fold, start: Parameters, floors: FloatArray, passes: int) -> Run:
    """EM from `start` for so many passes, not accelerated: enough to tell beginnings apart."""
    here = start
    sums = fold(here.coefficients())
    for _ in range(passes - 1):
        here = here.maximized(sums, floors)
        sums = fold(here.coefficients())
    return Run(here, sums.loglik, passes, False)


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
        path = _vector(here), _vector(first), _vector(second)
        left = _left(sums.loglik, ahead.loglik, *path)
        if left < tol:
            better = ahead.loglik >= sums.loglik
            return Run(*((first, ahead.loglik) if better else (here, sums.loglik)), passes, True)
        if passes >= max_iter:
            return Run(first, ahead.loglik, passes, False)
        further = _extrapolated(*path, here.means.shape, floors)
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


def _left(before: float, after: float, a: FloatArray, b: FloatArray, c: FloatArray) -> float:
    """The nats that EM would still gain: steps from a to b to c shrink at a rate, and gains at its square."""
    gain = after - before
    if gain <= _LOST * (1.0 + abs(after)):
        return 0.0
    long, short = math.sqrt(float((b - a) @ (b - a))), math.sqrt(float((c - b) @ (c - b)))
    rate = min(short / long, _SLOWEST) if long > 0 else 0.0
    return gain * rate**2 / (1.0 - rate**2)


def _extrapolated(
    a: FloatArray, b: FloatArray, c: FloatArray, shape: tuple[int, ...], floors: FloatArray
) -> Parameters | None:
    """The parameters that SQUAREM tries after a, b, c; None where they are none."""
    step = b - a
    bend = c - b - step
    size = math.sqrt(float(bend @ bend))
    if not size > 0:
        return None
    length = max(math.sqrt(float(step @ step)) / size, 1.0)
    vector = a + 2 * length * step + length**2 * bend
    return _from_vector(vector, shape, floors) if np.isfinite(vector).all() else None


def _vector(p: Parameters) -> FloatArray:
    rows, columns = _lower(p.means.shape[1])
    factors = p.factors[:, rows, columns]
    diagonal = rows == columns
    factors[:, diagonal] = np.log(factors[:, diagonal])
    return np.concatenate([np.log(p.weights), p.means.ravel(), factors.ravel()])


@lru_cache(maxsize=64)
def _lower(d: int) -> tuple[IntArray, IntArray]:
    """The places of a lower triangle."""
    i, j = np.tril_indices(d)
    return np.asarray(i, dtype=np.int64), np.asarray(j, dtype=np.int64)


def _from_vector(vector: FloatArray, shape: tuple[int, ...], floors: FloatArray) -> Parameters | None:
    k, d = shape
    logs, rest = vector[:k], vector[k + k * d :]
    rows, columns = _lower(d)
    factors = np.zeros((k, d, d))
    factors[:, rows, columns] = rest.reshape(k, -1)
    diagonal = np.arange(d)
    if np.abs(factors[:, diagonal, diagonal]).max() > 50:
        return None
    factors[:, diagonal, diagonal] = np.exp(factors[:, diagonal, diagonal])
    weights = np.exp(logs - logs.max())
    weights = np.maximum(weights / weights.sum(), 1e-300)
    covariances = factors @ factors.transpose(0, 2, 1)
    return Parameters.within(weights, vector[k : k + k * d].reshape(k, d), covariances, floors)
