"""A trust-region Newton maximizer for few parameters and cheap batches.

Derivatives come from one batch of central differences, trial steps from another: each round proposes the solutions of
(−H + λD) s = g for a ladder of λ (Levenberg 1944; Marquardt 1963) and longer steps along them, and takes the best.
Where neither helps, a pattern of coordinate steps (Hooke & Jeeves 1961) crosses kinks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.likelihood.budget import Budget

STEP = 1e-4  # of the central differences
LONGEST = 4.0  # the longest step in one coordinate; half of it where the coordinate is large
LADDER = np.array([0.0, 1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0])
STRETCH = np.array([2.0, 6.0])
AGAIN = np.array([1.0, 3.0, 9.0])  # of the last move, along a ridge
PATTERN = np.array([1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 0.5])


@dataclass(frozen=True)
class Maximum:
    """Where a search ended: `free` (F,), the `value` there, and whether it `converged`."""

    free: FloatArray
    value: float
    converged: bool


def maximize(
    function: Callable[[FloatArray], FloatArray],
    start: FloatArray,
    budget: Budget,
    *,
    tolerance: float,
    rounds: int = 60,
) -> Maximum:
    """The maximum of `function`, which maps (K, F) to (K,), from `start` (F,).

    Converged when Newton's model promises less than `tolerance` within the longest step, or two rounds gain less. Ends
    early, and says so, when
    the budget or the `rounds` are used up.
    """
    x, value = start, float(function(start[None])[0])
    if len(start) == 0:
        return Maximum(x, value, np.isfinite(value))
    moved = np.zeros_like(start)
    small = 0
    for _ in range(rounds):
        if budget.exhausted or not np.isfinite(value):
            return Maximum(x, value, False)
        gradient, hessian = derivatives(function, x, value)
        steps, promise = _steps(x, gradient, hessian)
        if promise < tolerance:
            best, gained = _take(function, x + steps[:1], value)
            return Maximum(best, value + gained, True) if gained > 0 else Maximum(x, value, True)
        trials = x + np.concatenate([steps, np.outer(AGAIN, moved)])
        best, gained = _take(function, trials, value)
        if gained < tolerance:
            pattern = x + np.concatenate([np.outer(s * PATTERN, row) for row in np.eye(len(x)) for s in (1, -1)])
            other, more = _take(function, pattern, value)
            if more > gained:
                best, gained = other, more
        if gained > 0:
            moved = best - x
            x, value = best, value + gained
        small = small + 1 if gained < tolerance else 0
        if small == 2 or gained <= 0:
            return Maximum(x, value, True)
    return Maximum(x, value, False)


def _take(function: Callable[[FloatArray], FloatArray], trials: FloatArray, value: float) -> tuple[FloatArray, float]:
    """The best of the trials and what it gains."""
    values = function(trials)
    best = int(np.argmax(values))
    return trials[best], float(values[best]) - value


def derivatives(
    function: Callable[[FloatArray], FloatArray], x: FloatArray, value: float, step: float = STEP
) -> tuple[FloatArray, FloatArray]:
    """Gradient (F,) and Hessian (F, F) at `x` by differences, from one batch of 2F + F(F − 1)/2 points."""
    n = len(x)
    h = step * np.maximum(1.0, np.abs(x) / 8)
    eye = np.diag(h)
    i, j = np.triu_indices(n, 1)
    values = function(np.concatenate([x + eye, x - eye, x + eye[i] + eye[j]]))
    values = np.where(np.isfinite(values), values, value - 1.0)
    up, down, cross = values[:n], values[n : 2 * n], values[2 * n :]
    gradient = (up - down) / (2 * h)
    hessian = np.diag((up - 2 * value + down) / h**2)
    mixed = (cross - up[i] - up[j] + value) / (h[i] * h[j])
    # f(+i,+j) − f(+i) − f(+j) + f is off by h/2 · (f_iij + f_ijj): within what a Newton step tolerates.
    hessian[i, j] = hessian[j, i] = mixed
    return gradient, hessian


def _steps(x: FloatArray, gradient: FloatArray, hessian: FloatArray) -> tuple[FloatArray, float]:
    """Trial steps (T, F), damped Newton steps from short to long and stretched ones; and what the model promises."""
    room = LONGEST * np.maximum(1.0, np.abs(x) / 8)
    curvature, basis = np.linalg.eigh(-hessian)
    size = max(float(np.abs(curvature).max()), 1e-12)
    slope = basis.T @ gradient
    damping = LADDER[:, None] * size + np.maximum(1e-9 * size - np.minimum(curvature.min(), 0.0) * 1.1, 0.0)
    absolute = slope / np.maximum(np.abs(curvature), 1e-8 * size)  # saddle-free: climb along negative curvature too
    scaled = np.concatenate([slope / np.maximum(curvature + damping, 1e-10 * size), absolute[None]])
    steps = scaled @ basis.T
    steps = np.concatenate([steps, *(stretch * steps[[0, 2, -1]] for stretch in STRETCH)])
    longest = (np.abs(steps) / room).max(axis=1, keepdims=True)
    limited: FloatArray = steps * np.minimum(1.0, 1.0 / np.maximum(longest, 1e-300))
    reach = np.where(curvature * LONGEST > np.abs(slope), 0.5 * np.abs(slope) / np.maximum(curvature, 1e-300), LONGEST)
    return limited, float(np.abs(slope) @ reach)
