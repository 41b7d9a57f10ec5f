"""A trust-region Newton maximizer for few parameters and cheap batches, from several starts in step.

Derivatives come from one batch of central differences, trial steps from another: each round proposes the solutions of
(−H + λD) s = g for a ladder of λ (Levenberg 1944; Marquardt 1963), longer steps along them and the last move over again,
and takes the best. Where none helps, a pattern of coordinate steps (Hooke & Jeeves 1961) crosses kinks. All climbers
share the batches; one that falls behind with little to gain, or meets another, is given up.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from warmfit_fitting.arrays import BoolArray, FloatArray, IntArray
from warmfit_fitting.likelihood.budget import Budget

STEP = 1e-4  # of the central differences
LONGEST = 4.0  # the longest step in one coordinate; half of it where the coordinate is large
LADDER = np.array([0.0, 1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0])
STRETCH = np.array([2.0, 6.0])
AGAIN = np.array([1.0, 3.0, 9.0])  # of the last move, along a ridge
PATTERN = np.array([1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 0.5])
PATIENCE = 3  # rounds in a row of little gain that end a climb
CRAWL = 5.0  # times the tolerance is little gain
SHARE = 0.7  # of the best gain with which Newton's own step is taken, its derivatives being known
HOPE = 3.0  # times what its model promises is what a climber may yet gain
ENOUGH = 1.3  # the same once the best has converged, so that climbers on their way to the same place are left
FIRST = 4  # rounds in which no climber is left for another's having converged
LAST = 2  # rounds that others have once the best has converged, after the first ones
APART = 0.05  # climbers nearer than this after the first rounds are on the same way
MET = 1e-3  # as near as this in every coordinate, two climbers are one
KEPT = 0.3  # of what Newton's model promises a step must gain, or it is no longer believed
TINY = 1e-300

Function = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, eq=False)
class Maximum:
    """Where a search ended: `free` (F,), the `value` there, whether it `converged`, and what a model of it promises yet."""

    free: FloatArray
    value: float
    converged: bool
    promise: float = 0.0


def maximize(
    function: Function, start: FloatArray, budget: Budget, *, tolerance: float, rounds: int = 60, step: float = STEP
) -> Maximum:
    """The maximum of `function`, which maps (K, F) to (K,), from `start` (F,); see `climb`."""
    return climb(function, start[None], budget, tolerance=tolerance, rounds=rounds, step=step)


def climb(
    function: Function, starts: FloatArray, budget: Budget, *, tolerance: float, rounds: int = 60, step: float = STEP
) -> Maximum:
    """The highest maximum of `function`, which maps (K, F) to (K,), that is reached from `starts` (S, F).

    A climber has converged when Newton's model promises less than `tolerance` within the longest step, or a few rounds
    gain little. Ends early, and says so, when the budget or the `rounds` are used up. `step` is that of the differences:
    the default for a smooth function, a wide one to look past kinks.
    """
    if starts.shape[1] == 0:
        value = float(function(starts[:1])[0])
        return Maximum(starts[0], value, math.isfinite(value))
    climbers = Climbers.at(function, starts, step)
    left = LAST
    for number in range(rounds):
        if budget.exhausted or not climbers.active.any() or left == 0:
            break
        climbers.advance(function, tolerance, give_up=number > 1)
        left -= int(number >= FIRST and climbers.converged[climbers.best])
    return climbers.maximum()


def refine(function: Function, start: FloatArray, *, tolerance: float, rounds: int = 4) -> Maximum:
    """Newton's own steps from `start` (F,), which must be near a maximum; ends where one does not do as it promises."""
    if len(start) == 0:
        return Maximum(start, float(function(start[None])[0]), True)
    x = start[None]
    value, gradient, hessian = value_and_slopes(function, x)
    for _ in range(rounds):
        steps, (promise,) = _steps(x, gradient, hessian)
        if promise < tolerance:
            return Maximum(x[0], float(value[0]), True)
        ahead = x + steps[:, 0]
        there = value_and_slopes(function, ahead)
        if not there[0][0] - value[0] > KEPT * promise:
            break
        x, (value, gradient, hessian) = ahead, there
    return Maximum(x[0], float(value[0]), False, float(promise))


def first_rounds(
    function: Function, starts: FloatArray, budget: Budget, rounds: int, step: float = STEP
) -> FloatArray:
    """Where climbers from `starts` (S, F) are after a few rounds, (≤ S, F): the highest first, those that met once."""
    climbers = Climbers.at(function, starts, step)
    for _ in range(rounds):
        if climbers.active.any() and not budget.exhausted:
            climbers.advance(function, 0.0, give_up=False)
    chosen: list[int] = []
    for i in np.argsort(-climbers.value, kind="stable"):
        if all(np.abs(climbers.x[i] - climbers.x[j]).max() > APART for j in chosen):
            chosen.append(int(i))
    return climbers.x[chosen]


@dataclass(eq=False)
class Climbers:
    """The state of S climbers at `x` (S, F) with their `value` (S,).

    `gradient` (S, F) and `hessian` (S, F, F) where `known` (S,); the last move `moved` (S, F); how many rounds in a row
    gained little, `small` (S,); who is `active` and who has `converged` (S,).
    """

    x: FloatArray
    value: FloatArray
    gradient: FloatArray
    hessian: FloatArray
    known: BoolArray
    moved: FloatArray
    small: IntArray
    active: BoolArray
    converged: BoolArray
    step: float

    @classmethod
    def at(cls, function: Function, x: FloatArray, step: float) -> Climbers:
        """Climbers that stand at `x` (S, F)."""
        size, n = x.shape
        value, gradient, hessian = value_and_slopes(function, x, step)
        return cls(
            x=x.copy(),
            value=value,
            gradient=gradient,
            hessian=hessian,
            known=np.ones(size, bool),
            moved=np.zeros((size, n)),
            small=np.zeros(size, np.int64),
            active=np.isfinite(value),
            converged=np.zeros(size, bool),
            step=step,
        )

    def maximum(self) -> Maximum:
        """Where the highest climber stands."""
        best = self.best
        return Maximum(self.x[best], float(self.value[best]), bool(self.converged[best]))

    @property
    def best(self) -> int:
        """Who stands highest."""
        return int(np.argmax(np.where(np.isnan(self.value), -np.inf, self.value)))

    def advance(self, function: Function, tolerance: float, give_up: bool) -> None:
        """One round of all active climbers."""
        new = np.flatnonzero(self.active & ~self.known)
        if len(new):
            self.gradient[new], self.hessian[new] = derivatives(function, self.x[new], self.value[new], self.step)
            self.known[new] = True
        who = np.flatnonzero(self.active)
        steps, promise = _steps(self.x[who], self.gradient[who], self.hessian[who])
        done = promise < tolerance
        self.converged[who[done]] = True
        self.active[who[done]] = False
        if give_up:
            self._give_up(who, promise)
        going = self.active[who]
        if going.any():
            self._step(function, who[going], steps[going], tolerance)

    def _step(self, function: Function, who: IntArray, steps: FloatArray, tolerance: float) -> None:
        """The best of the trial steps, with the derivatives at the end of the first, Newton's own, in the same batch."""
        x, value = self.x[who], self.value[who]
        around, h = stencil(x + steps[:, 0], self.step)
        trials = x[:, None, :] + np.concatenate([steps, self.moved[who][:, None, :] * AGAIN[:, None]], axis=1)
        size, n = trials.shape[1], x.shape[1]
        values = function(np.concatenate([trials, around], axis=1).reshape(-1, n)).reshape(len(who), -1)
        first = np.argmax(values[:, :size], axis=1)
        row = np.arange(len(who))
        first[values[:, 0] - value >= SHARE * (values[row, first] - value)] = 0
        best, reached = trials[row, first], values[row, first]
        self.gradient[who], self.hessian[who] = from_stencil(values[:, size:], values[:, 0], h)
        self.known[who] = (first == 0) & (reached > value)
        stuck = np.flatnonzero(reached - value < tolerance)
        if len(stuck):
            other, there = _pattern(function, x[stuck])
            better = there > reached[stuck]
            best[stuck[better]], reached[stuck[better]] = other[better], there[better]
            self.known[who[stuck[better]]] = False
        up = reached > value
        self.moved[who[up]] = best[up] - x[up]
        self.x[who[up]], self.value[who[up]] = best[up], reached[up]
        self.small[who] = np.where(reached - value < CRAWL * tolerance, self.small[who] + 1, 0)
        ended = who[(self.small[who] == PATIENCE) | ~up]
        self.converged[ended], self.active[ended] = True, False

    def _give_up(self, who: IntArray, promise: FloatArray) -> None:
        """Leave climbers that cannot reach the best one, that are on their way to where it is, or that have met it."""
        best = self.best
        hope = ENOUGH if self.converged[best] else HOPE
        behind = hope * promise < self.value[best] - self.value[who]
        met = np.abs(self.x[who] - self.x[best]).max(axis=1) < MET
        self.active[who[(behind | met) & (who != best)]] = False


def _pattern(function: Function, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The best (S, F) of coordinate steps of many sizes from `x` (S, F), and the values there (S,)."""
    n = x.shape[1]
    trials = x[:, None, :] + np.kron(np.eye(n), np.concatenate([PATTERN, -PATTERN])[:, None])
    values = function(trials.reshape(-1, n)).reshape(len(x), -1)
    first = np.argmax(values, axis=1)
    row = np.arange(len(x))
    return trials[row, first], values[row, first]


def derivatives(
    function: Function, x: FloatArray, value: FloatArray, step: float = STEP
) -> tuple[FloatArray, FloatArray]:
    """Gradients (S, F) and Hessians (S, F, F) at `x` (S, F) by differences: 2F + F(F − 1)/2 points each, in one batch."""
    points, h = stencil(x, step)
    values = function(points.reshape(-1, x.shape[1])).reshape(len(x), -1)
    return from_stencil(values, value, h)


def value_and_slopes(
    function: Function, x: FloatArray, step: float = STEP
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Values (S,), gradients (S, F) and Hessians (S, F, F) at `x` (S, F), in one batch."""
    around, h = stencil(x, step)
    points = np.concatenate([x[:, None, :], around], axis=1)
    values = function(points.reshape(-1, x.shape[1])).reshape(len(x), -1)
    return values[:, 0].copy(), *from_stencil(values[:, 1:], values[:, 0], h)


@cache
def _pattern_of(n: int) -> tuple[FloatArray, IntArray, IntArray]:
    """The stencil (D, F) of central differences in n coordinates, in steps, and the pairs of its mixed points."""
    i, j = np.triu_indices(n, 1)
    eye = np.eye(n)
    return np.concatenate([eye, -eye, eye[i] + eye[j]]), i, j


def stencil(x: FloatArray, step: float = STEP) -> tuple[FloatArray, FloatArray]:
    """The points (S, D, F) of central differences about `x` (S, F), and the steps (S, F)."""
    n = x.shape[1]
    h = step * np.maximum(1.0, np.abs(x) / 8)
    return x[:, None, :] + _pattern_of(n)[0] * h[:, None, :], h


def from_stencil(values: FloatArray, value: FloatArray, h: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Gradients and Hessians from the `values` (S, D) on a stencil of steps `h` (S, F) about points of `value` (S,)."""
    size, n = h.shape
    _, i, j = _pattern_of(n)
    here = np.where(np.isfinite(value), value, 0.0)[:, None]
    values = np.where(np.isfinite(values), values, here - 1.0)
    up, down, cross = values[:, :n], values[:, n : 2 * n], values[:, 2 * n :]
    hessian = np.empty((size, n, n))
    hessian[:, np.arange(n), np.arange(n)] = (up - 2 * here + down) / h**2
    # f(+i,+j) − f(+i) − f(+j) + f is off by h/2 · (f_iij + f_ijj): within what a Newton step tolerates.
    hessian[:, i, j] = hessian[:, j, i] = (cross - up[:, i] - up[:, j] + here) / (h[:, i] * h[:, j])
    return (up - down) / (2 * h), hessian


def _steps(x: FloatArray, gradient: FloatArray, hessian: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Trial steps (S, T, F), damped Newton steps from short to long and stretched ones; what the models promise (S,)."""
    curvature, basis = np.linalg.eigh(-hessian)
    size = np.maximum(np.abs(curvature).max(axis=1, keepdims=True), 1e-12)
    slope = (gradient[:, None, :] @ basis)[:, 0]
    least = np.maximum(1e-9 * size - np.minimum(curvature[:, :1], 0.0) * 1.1, 0.0)
    damping = LADDER[:, None] * size[:, None] + least[:, None]
    absolute = slope / np.maximum(np.abs(curvature), 1e-8 * size)  # saddle-free: climb along negative curvature too
    damped = slope[:, None] / np.maximum(curvature[:, None] + damping, 1e-10 * size[:, None])
    steps = np.concatenate([damped, absolute[:, None]], axis=1) @ basis.transpose(0, 2, 1)
    steps = np.concatenate([steps, *(stretch * steps[:, [0, 2, -1]] for stretch in STRETCH)], axis=1)
    room = LONGEST * np.maximum(1.0, np.abs(x) / 8)
    longest = (np.abs(steps) / room[:, None]).max(axis=2, keepdims=True)
    limited: FloatArray = steps / np.maximum(longest, 1.0)
    bent = np.maximum(curvature, np.abs(slope) / LONGEST)
    return limited, (0.5 * slope**2 / np.maximum(bent, TINY)).sum(axis=1)
