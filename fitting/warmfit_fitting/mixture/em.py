"""EM for a mixture, accelerated.

Expectation–maximization (Dempster, Laird & Rubin 1977, J. R. Stat. Soc. B 39, 1–38) with the squared extrapolation
SQUAREM, scheme S3 (Varadhan & Roland 2008, Scand. J. Stat. 35, 335–353), in unconstrained coordinates: log weights,
means, Cholesky factors with log diagonals. A step that would lose likelihood is not taken, so that likelihood never
falls.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import lru_cache

import numpy as np

from warmfit_fitting.arrays import FloatArray, IntArray
from warmfit_fitting.mixture.sums import Parameters, Sample, Sums

Fold = Callable[[FloatArray], Sums]
"""Sums over all rows, of the coefficients (q, K) of a mixture."""

_FIRST_STEP, _GROWTH = 4.0, 2.0  # the longest step at first, and by how much it grows where it was too short
_QUIET = (
    2  # times in a row that little must seem left to gain: the first step after a long one tells of its waste alone
)
_MAY_LOSE = 1.0  # nats that a long step may lose, which the next passes bring back
_SLOWEST = 0.9999  # rate of convergence that is reckoned with
_TOGETHER = 1 << 19  # responsibilities of mixtures that are improved side by side
_LOST = 1e-12  # of the log-likelihood, that rounding may cost


@dataclass(frozen=True, eq=False)
class Run:
    """Where EM ended: the last parameters, their log-likelihood in standard units, the passes that it took."""

    parameters: Parameters
    loglik: float
    n_iter: int
    converged: bool


def improved(sample: Sample, starts: list[Parameters], floors: FloatArray, passes: int) -> list[Run]:
    """EM from each of `starts` for so many passes, not accelerated: enough to tell beginnings apart.

    As many as memory allows go side by side, as one mixture of all their components.
    """
    k = len(starts[0].weights)
    together = max(1, _TOGETHER // (k * len(sample.z)))
    return [
        end
        for first in range(0, len(starts), together)
        for end in _side_by_side(sample, starts[first : first + together], floors, passes)
    ]


def _side_by_side(sample: Sample, starts: list[Parameters], floors: FloatArray, passes: int) -> list[Run]:
    k, s = len(starts[0].weights), len(starts)
    names = [field.name for field in fields(Parameters)]
    here = Parameters(*(np.concatenate([getattr(p, name) for p in starts]) for name in names))
    products, logliks = sample.fold_each(here.coefficients(), k)
    for _ in range(passes - 1):
        here = here.maximized(Sums(products, 0.0), floors)
        here = replace(here, weights=here.weights * s)  # of each mixture they sum to 1
        products, logliks = sample.fold_each(here.coefficients(), k)
    parts = [Parameters(*(getattr(here, name)[at : at + k] for name in names)) for at in range(0, s * k, k)]
    return [Run(p, float(loglik), passes, False) for p, loglik in zip(parts, logliks, strict=True)]


def run(fold: Fold, start: Parameters, floors: FloatArray, tol: float, max_iter: int) -> Run:
    """EM from `start` until less than `tol` nats seem left to gain, or `max_iter` passes are made.

    The parameters with the greatest likelihood that was seen are returned: a long step may lose some at first.
    """
    here, longest = start, _FIRST_STEP
    sums = fold(here.coefficients())
    best, passes, quiet = (here, sums.loglik), 1, 0
    while passes < max_iter:
        first = here.maximized(sums, floors)
        ahead = fold(first.coefficients())
        passes += 1
        best = max(best, (first, ahead.loglik), key=_likelihood)
        second = first.maximized(ahead, floors)
        path = _vector(here), _vector(first), _vector(second)
        quiet = quiet + 1 if _left(sums.loglik, ahead.loglik, *path) < tol else 0
        if quiet == _QUIET:
            return Run(*best, passes, True)
        length = min(_length(*path), longest)
        further = _extrapolated(*path, length, here.means.shape, floors) if length > 1 else None
        here = second if further is None else further
        if passes >= max_iter:
            break
        sums = fold(here.coefficients())
        passes += 1
        if further is not None and not sums.loglik >= ahead.loglik - _MAY_LOSE:
            longest = max(longest / _GROWTH, _FIRST_STEP)
            if passes >= max_iter:
                break
            here, sums = second, fold(second.coefficients())
            passes += 1
        elif length == longest:
            longest *= _GROWTH
        best = max(best, (here, sums.loglik), key=_likelihood)
    return Run(*best, passes, False)


def _likelihood(end: tuple[Parameters, float]) -> float:
    return end[1]


def _left(before: float, after: float, a: FloatArray, b: FloatArray, c: FloatArray) -> float:
    """The nats that EM would still gain: steps from a to b to c shrink at a rate, and gains at its square."""
    gain = after - before
    if gain <= _LOST * (1.0 + abs(after)):
        return 0.0
    long, short = math.sqrt(float((b - a) @ (b - a))), math.sqrt(float((c - b) @ (c - b)))
    rate = min(short / long, _SLOWEST) if long > 0 else 0.0
    return gain * rate**2 / (1.0 - rate**2)


def _length(a: FloatArray, b: FloatArray, c: FloatArray) -> float:
    """How long a step SQUAREM takes after a, b, c: 1 leads to c."""
    step = b - a
    bend = c - b - step
    size = math.sqrt(float(bend @ bend))
    return math.sqrt(float(step @ step)) / size if size > 0 else 1.0


def _extrapolated(
    a: FloatArray, b: FloatArray, c: FloatArray, length: float, shape: tuple[int, ...], floors: FloatArray
) -> Parameters | None:
    """The parameters at the end of that step; None where they are none."""
    step = b - a
    vector = a + 2 * length * step + length**2 * (c - b - step)
    return _from_vector(vector, shape, floors) if np.isfinite(vector).all() else None


def _vector(p: Parameters) -> FloatArray:
    rows, columns, diagonal = _lower(p.means.shape[1])
    factors = p.factors[:, rows, columns]
    factors[:, diagonal] = np.log(factors[:, diagonal])
    return np.concatenate([np.log(p.weights), p.means.ravel(), factors.ravel()])


@lru_cache(maxsize=64)
def _lower(d: int) -> tuple[IntArray, IntArray, IntArray]:
    """The places of a lower triangle, and which of them are on the diagonal."""
    i, j = np.tril_indices(d)
    return np.asarray(i, dtype=np.int64), np.asarray(j, dtype=np.int64), np.flatnonzero(i == j)


def _from_vector(vector: FloatArray, shape: tuple[int, ...], floors: FloatArray) -> Parameters | None:
    k, d = shape
    logs, rest = vector[:k], vector[k + k * d :]
    rows, columns, _ = _lower(d)
    factors = np.zeros((k, d, d))
    factors[:, rows, columns] = rest.reshape(k, -1)
    diagonal = np.arange(d)
    if np.abs(factors[:, diagonal, diagonal]).max() > 50:
        return None
    factors[:, diagonal, diagonal] = np.exp(factors[:, diagonal, diagonal])
    weights = np.exp(logs - logs.max())
    weights = np.maximum(weights / weights.sum(), 1e-300)
    covariances = factors @ factors.transpose(0, 2, 1)
    return Parameters.within(weights, vector[k : k + k * d].reshape(k, d), covariances, floors, factors)
