"""A trust-region Newton maximizer for few parameters and cheap batches, from several starts in step.

Derivatives come from one batch of central differences, trial steps from another: each round proposes the solutions of
(−H + λD) s = g for a ladder of λ (Levenberg 1944; Marquardt 1963), longer steps along them and the last move over again,
and takes the best. Where none helps, a pattern of coordinate steps (Hooke & Jeeves 1961) crosses kinks. All climbers
share the batches; one that falls behind with little to gain, or meets another, is given up.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from warmfit_fitting.arrays import BoolArray, FloatArray, IntArray
from warmfit_fitting.likelihood.budget import Budget

STEP = 1e-4  # of the central differences
LONGEST = 4.0  # the longest step in one coordinate; half of it where the coordinate is large
LADDER = np.array([0.0, 1e-2, 1e-1, 1.0, 10.0])
STRETCH = np.array([2.0, 6.0])
AGAIN = np.array([1.0, 3.0, 9.0])  # of the last move, along a ridge
PATTERN = np.array([1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 0.5])
PATIENCE = 3  # rounds in a row of little gain that end a climb
CRAWL = 2.0  # times the tolerance is little gain
SHARE = 0.9  # of the best gain with which Newton's own step is taken, its derivatives being known
HOPE = 3.0  # times what its model promises is what a climber may yet gain
ENOUGH = 1.3  # the same once the best has converged, so that climbers on their way to the same place are left
FIRST = 4  # rounds in which no climber is left for another's having converged
LAST = 6  # rounds that others have once the best has converged, after the first ones
MORE = 3.0  # times the last gain is what a climber may yet gain
APART = 0.05  # climbers nearer than this after the first rounds are on the same way
MET = 1e-3  # as near as this in every coordinate, two climbers are one
SLOW = 0.2  # of what was promised a step before: Newton's steps near a maximum promise far less each time
KEPT = 0.3  # of what Newton's model promises a step must gain, or it is no longer believed
TINY = 1e-300
_WHICH = np.array([*range(len(LADDER) + 1), *([0, 2, len(LADDER)] * len(STRETCH))])  # of the steps, those stretched too
_STRETCH = np.concatenate([np.ones(len(LADDER) + 1), np.repeat(STRETCH, 3)])[:, None]

Function = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, eq=False)
class Slopes:
    """Gradient (F,) and Hessian (F, F) by differences of `STEP`."""

    gradient: FloatArray
    hessian: FloatArray


@dataclass(frozen=True, eq=False)
class Maximum:
    """Where a search ended: `free` (F,), the `value` there, and whether it `converged`.

    `promise`: what Newton's model promises yet; `slopes`: those at the end, where they are known.
    """

    free: FloatArray
    value: float
    converged: bool
    promise: float = 0.0
    slopes: Slopes | None = None


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
        if budget.exhausted or not len(climbers.x) or left == 0:
            break
        climbers.advance(function, tolerance, give_up=number > 1)
        left -= int(number >= FIRST and climbers.best.converged)
    return climbers.best


def refine(function: Function, start: FloatArray, *, tolerance: float, rounds: int = 4) -> Maximum:
    """Newton's own steps from `start` (F,), which must be near a maximum; ends where one does not do as it promises."""
    if len(start) == 0:
        return Maximum(start, float(function(start[None])[0]), True)
    x, before = start[None], np.inf
    value, gradient, hessian = value_and_slopes(function, x)
    for number in range(rounds):
        steps, (promise,) = _steps(x, gradient, hessian)
        if promise < tolerance or promise > SLOW * before or number == rounds - 1:
            break
        ahead = x + steps[:, 0]
        there = value_and_slopes(function, ahead)
        if not there[0][0] - value[0] > KEPT * promise:
            break
        x, (value, gradient, hessian), before = ahead, there, promise
    slopes = Slopes(gradient[0], hessian[0])
    return Maximum(x[0], float(value[0]), bool(promise < tolerance), float(promise), slopes)


def first_rounds(function: Function, starts: FloatArray, budget: Budget, rounds: int) -> FloatArray:
    """Where climbers from `starts` (S, F) are after a few rounds, (≤ S, F): the highest first, those that met once."""
    climbers = Climbers.at(function, starts, STEP)
    for _ in range(rounds):
        if len(climbers.x) and not budget.exhausted:
            climbers.advance(function, 0.0, give_up=False)
    places = climbers.ended + [Maximum(x, float(v), False) for x, v in zip(climbers.x, climbers.value, strict=True)]
    chosen: list[FloatArray] = []
    for place in sorted(places, key=lambda m: -m.value):
        if all(np.abs(place.free - x).max() > APART for x in chosen):
            chosen.append(place.free)
    return np.array(chosen).reshape(-1, starts.shape[1])


@dataclass(eq=False)
class Climbers:
    """The state of the S climbers still on their way, at `x` (S, F) with their `value` (S,), and where others `ended`.

    `gradient` (S, F) and `hessian` (S, F, F) where `known` (S,); the last move `moved` (S, F); how many rounds in a row
    gained little, `small` (S,), and what the last one `gained` (S,). `step`: that of the differences.
    """

    x: FloatArray
    value: FloatArray
    gradient: FloatArray
    hessian: FloatArray
    known: BoolArray
    moved: FloatArray
    small: IntArray
    gained: FloatArray
    step: float
    ended: list[Maximum] = field(default_factory=list)

    @classmethod
    def at(cls, function: Function, x: FloatArray, step: float) -> Climbers:
        """Climbers that stand at `x` (S, F), but for those who stand nowhere."""
        value, gradient, hessian = value_and_slopes(function, x, step)
        size = len(x)
        climbers = cls(
            x,
            value,
            gradient,
            hessian,
            np.ones(size, bool),
            np.zeros_like(x),
            np.zeros(size, np.int64),
            np.full(size, np.inf),
            step,
        )
        climbers._leave(~np.isfinite(value), False)
        return climbers

    @property
    def best(self) -> Maximum:
        """Where the highest of all stands, or ended."""
        candidates = list(self.ended)
        if len(self.x):
            i = int(np.argmax(self.value))
            candidates.append(Maximum(self.x[i], float(self.value[i]), False))
        return max(candidates, key=lambda m: m.value)

    def advance(self, function: Function, tolerance: float, give_up: bool) -> None:
        """One round."""
        if not self.known.all():
            new = ~self.known
            slopes = derivatives(function, self.x[new], self.value[new], self.step)
            self.gradient[new], self.hessian[new] = slopes
        steps, promise = _steps(self.x, self.gradient, self.hessian)
        done = promise < tolerance
        if done.any():
            steps, promise = steps[~done], promise[~done]
            self._leave(done, True)
        if give_up and len(self.x) + len(self.ended) > 1:
            hopeless = self._hopeless(promise)
            if hopeless.any():
                steps = steps[~hopeless]
                self._leave(hopeless, None)
        if len(self.x):
            self._step(function, steps, tolerance)

    def _leave(self, who: BoolArray, converged: bool | None) -> None:
        """Let climbers go; None for `converged`: they are of no further interest."""
        if converged is not None:
            self.ended += [Maximum(self.x[i], float(self.value[i]), converged) for i in np.flatnonzero(who)]
        stay = ~who
        self.x, self.value, self.moved, self.small = self.x[stay], self.value[stay], self.moved[stay], self.small[stay]
        self.gradient, self.hessian, self.known = self.gradient[stay], self.hessian[stay], self.known[stay]
        self.gained = self.gained[stay]

    def _step(self, function: Function, steps: FloatArray, tolerance: float) -> None:
        """The best of the trial steps, with the derivatives at the end of the first, Newton's own, in the same batch."""
        (size, n), here = self.x.shape, self.x[:, None, :]
        around, h = stencil(self.x + steps[:, 0], self.step)
        trials = np.concatenate([here + steps, here + self.moved[:, None, :] * AGAIN[:, None], around], axis=1)
        values = function(trials.reshape(-1, n)).reshape(size, -1)
        tried = steps.shape[1] + len(AGAIN)
        gain = values[:, :tried] - self.value[:, None]
        first, row = np.argmax(gain, axis=1), np.arange(size)
        first = np.where(gain[:, 0] >= SHARE * gain[row, first], 0, first)
        best, reached = trials[row, first], values[row, first]
        self.gradient, self.hessian = from_stencil(values[:, tried:], values[:, 0], h)
        self.known = (first == 0) & (reached > self.value)
        stuck = reached - self.value < tolerance
        if stuck.any():
            self._try_pattern(function, np.flatnonzero(stuck), best, reached)
        self._move(best, reached, tolerance)

    def _try_pattern(self, function: Function, who: IntArray, best: FloatArray, reached: FloatArray) -> None:
        """Put into `best` and `reached` what a pattern of steps finds where no other step helped."""
        other, there = _pattern(function, self.x[who])
        better = there > reached[who]
        best[who[better]], reached[who[better]] = other[better], there[better]
        self.known[who[better]] = False

    def _move(self, best: FloatArray, reached: FloatArray, tolerance: float) -> None:
        gain = reached - self.value
        up, self.gained = gain > 0, gain
        self.moved = np.where(up[:, None], best - self.x, self.moved)
        self.x, self.value = np.where(up[:, None], best, self.x), np.where(up, reached, self.value)
        self.small = np.where(gain < CRAWL * tolerance, self.small + 1, 0)
        over = (self.small == PATIENCE) | ~up
        if over.any():
            self._leave(over, True)

    def _hopeless(self, promise: FloatArray) -> BoolArray:
        """Who cannot reach the best one, is on the way to where it is, or has met it."""
        best = self.best
        deficit = best.value - self.value
        behind = (ENOUGH if best.converged else HOPE) * promise < deficit
        if best.converged:
            behind |= MORE * self.gained < deficit
        away = np.abs(self.x - best.free).max(axis=1)
        return np.asarray(behind | ((away < MET) & (away > 0.0)), dtype=np.bool_)


def _pattern(function: Function, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The best (S, F) of coordinate steps of many sizes from `x` (S, F), and the values there (S,)."""
    n = x.shape[1]
    trials = x[:, None, :] + np.kron(np.eye(n), np.concatenate([PATTERN, -PATTERN])[:, None])
    values = function(trials.reshape(-1, n)).reshape(len(x), -1)
    first, row = np.argmax(values, axis=1), np.arange(len(x))
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
    rise = np.where(np.isfinite(values), values - here, -1.0)
    up, down, cross = rise[:, :n], rise[:, n : 2 * n], rise[:, 2 * n :]
    hessian = np.empty((size, n, n))
    hessian[:, *_diagonal(n)] = (up + down) / (h * h)
    # f(+i,+j) − f(+i) − f(+j) + f is off by h/2 · (f_iij + f_ijj): within what a Newton step tolerates.
    hessian[:, i, j] = hessian[:, j, i] = (cross - up[:, i] - up[:, j]) / (h[:, i] * h[:, j])
    return (up - down) / (2 * h), hessian


@cache
def _diagonal(n: int) -> tuple[IntArray, IntArray]:
    """The indices of the diagonal of an n × n matrix."""
    return np.arange(n), np.arange(n)


def _steps(x: FloatArray, gradient: FloatArray, hessian: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Trial steps (S, T, F), damped Newton steps from short to long and stretched ones; what the models promise (S,)."""
    curvature, basis = np.linalg.eigh(-hessian)
    lowest, highest = curvature[:, :1], curvature[:, -1:]
    size = np.maximum(np.maximum(-lowest, highest), 1e-12)
    slope = (gradient[:, None, :] @ basis)[:, 0]
    least = np.maximum(1e-9 * size - np.minimum(lowest, 0.0) * 1.1, 0.0)
    damping = LADDER[:, None] * size[:, None] + least[:, None]
    damped = np.maximum(curvature[:, None] + damping, 1e-10 * size[:, None])
    absolute = np.maximum(np.abs(curvature), 1e-8 * size)  # saddle-free: climb along negative curvature too
    inverse = np.concatenate([1.0 / damped, 1.0 / absolute[:, None]], axis=1)[:, _WHICH] * _STRETCH
    steps = (slope[:, None] * inverse) @ basis.transpose(0, 2, 1)
    room = LONGEST * np.maximum(1.0, np.abs(x) / 8)
    longest = np.maximum.reduce(np.abs(steps) / room[:, None], axis=2, keepdims=True)
    limited: FloatArray = steps / np.maximum(longest, 1.0)
    bent = np.maximum(curvature, np.maximum(np.abs(slope) / LONGEST, TINY))
    return limited, np.add.reduce(0.5 * slope * slope / bent, axis=1)
