"""Many columns fitted to one family at once: Newton's method in step, each column with a damping of its own.

A column starts near its maximum, so that three rounds do: on a coarse view first, where a round costs a tenth, then on
all points. What does not converge is left to the search that fits single columns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from warmfit_fitting.arrays import BoolArray, FloatArray, IntArray
from warmfit_fitting.estimation.coordinates import Coordinates
from warmfit_fitting.estimation.maximize import LONGEST, STEP, from_stencil, stencil
from warmfit_fitting.families.family import Family
from warmfit_fitting.resampling.likelihood import Batch, BatchObjective

STRICT = 1e-7  # nats over all rows that Newton's model may promise yet at the end
UNSEEN = 1e-3  # nats that it may promise of a last step that is taken without a look at where it leads
LOOSE = 2e-2  # nats left on the coarse view
LITTLE = 2e-3  # nats that a round may gain, and the model promise, where PATIENCE such rounds in a row end a climb
PATIENCE = 3
ROUNDS = 40
COARSE_ROUNDS = 12
COARSE_POINTS = 128
DAMPINGS = 8  # times in a row that damping is raised before a column is given up
FIRST_DAMPING = 1e-2  # of the largest curvature

Values = Callable[[FloatArray, IntArray], FloatArray]


@dataclass(frozen=True, eq=False)
class BatchFit:
    """Parameters `theta` (K, P) in each column's unit, `free` (K, F), log-likelihoods (K,), and who `converged` (K,)."""

    theta: FloatArray
    free: FloatArray
    loglik: FloatArray
    converged: BoolArray

    def or_better(self, other: BatchFit) -> BatchFit:
        """Of each column the higher of two fits that converged."""
        taken = other.converged & (~self.converged | (other.loglik > self.loglik))
        return BatchFit(
            np.where(taken[:, None], other.theta, self.theta),
            np.where(taken[:, None], other.free, self.free),
            np.where(taken, other.loglik, self.loglik),
            self.converged | other.converged,
        )


def batches(family: Family, windowed: bool = False) -> bool:
    """Whether a family's likelihood is smooth enough for Newton's method alone."""
    return not (family.cusp_at_loc or family.kinked or family.integer_shapes or (windowed and not family.closed_cdf))


def fit_batch(
    family: Family, data: Batch, coordinates: Coordinates, starts: FloatArray, ask: Callable[[], None] | None = None
) -> BatchFit:
    """The maximum of the bounded likelihood on each column of `data` that Newton's method reaches from `starts` (K, F).

    `coordinates`: with extremes and fixed values of each column, (K,), in its unit. `ask` is called now and then and may
    raise to end the work.
    """
    coarse = data.coarse(COARSE_POINTS)
    size, begin = len(data), starts
    if coarse is not data and starts.shape[1]:
        climb = _Climb.at(_function(family, coarse, coordinates, ask), starts, coarse.total)
        climb.run(LOOSE, LOOSE, COARSE_ROUNDS)
        begin = np.where(climb.converged[:, None], climb.x, starts)
    climb = _Climb.at(_function(family, data, coordinates, ask), begin, data.total)
    climb.run(STRICT, UNSEEN, ROUNDS)
    theta = coordinates.theta(climb.x) if size else np.zeros((0, len(family.parameters)))
    converged = climb.converged & np.isfinite(theta).all(axis=1) & (theta[:, -1] > 0)
    return BatchFit(theta, climb.x, climb.value * data.total, converged)


def _function(
    family: Family, data: Batch, coordinates: Coordinates, ask: Callable[[], None] | None
) -> Callable[[FloatArray, IntArray], FloatArray]:
    """The objective of columns (M,) at free vectors (M, D, F), as (M, D)."""
    objective = BatchObjective(family, data, ask, coordinates.held)

    def function(free: FloatArray, columns: IntArray) -> FloatArray:
        each = np.repeat(columns, free.shape[1])
        theta = coordinates.of(each).theta(free.reshape(len(each), -1))
        return objective(theta, each).reshape(free.shape[:2])

    return function


@dataclass(eq=False)
class _Climb:
    """K climbers at `x` (K, F) with `value` (K,), `gradient` (K, F) and `hessian` (K, F, F), rows counted by `total` (K,).

    `damping` (K,) in units of the largest curvature; `raised`, `small` (K,): how often in a row it was raised, and how
    many rounds in a row gained little; `going`, `converged` (K,).
    """

    function: Values
    x: FloatArray
    value: FloatArray
    gradient: FloatArray
    hessian: FloatArray
    total: FloatArray
    damping: FloatArray
    raised: IntArray
    small: IntArray
    going: BoolArray
    converged: BoolArray

    @classmethod
    def at(cls, function: Values, x: FloatArray, total: FloatArray) -> _Climb:
        """Climbers that stand at `x` (K, F)."""
        size = len(x)
        value, gradient, hessian = value_and_slopes(function, x, np.arange(size))
        whole = np.zeros(size, np.int64)
        stands = np.isfinite(value)
        nowhere = np.zeros(size, bool)
        if not x.shape[1]:
            stands, nowhere = nowhere, stands  # nothing is free, so that all who stand have arrived
        return cls(
            function, x.copy(), value, gradient, hessian, total, np.zeros(size), whole, whole.copy(), stands, nowhere
        )

    def run(self, strict: float, unseen: float, rounds: int) -> None:
        """Climb until Newton's model promises less than `strict` nats; below `unseen` its last step is taken on trust."""
        for _ in range(rounds):
            who = np.flatnonzero(self.going)
            if not len(who):
                return
            self._round(who, strict, unseen)

    def _round(self, who: IntArray, strict: float, unseen: float) -> None:
        step, promise, newton = _damped(self.gradient[who], self.hessian[who], self.x[who], self.damping[who])
        nats = promise * self.total[who]
        last = newton & (nats < unseen)
        done = last | (nats < strict)
        self.x[who[last]] += step[last]
        self.value[who[last]] += promise[last]
        self.converged[who[done]], self.going[who[done]] = True, False
        who, step, nats = who[~done], step[~done], nats[~done]
        if not len(who):
            return
        ahead = self.x[who] + step
        value, gradient, hessian = value_and_slopes(self.function, ahead, who)
        gain = (value - self.value[who]) * self.total[who]
        up = gain > 0
        moved, stayed = who[up], who[~up]
        self.x[moved], self.value[moved] = ahead[up], value[up]
        self.gradient[moved], self.hessian[moved] = gradient[up], hessian[up]
        self.damping[moved] = np.where(self.damping[moved] > FIRST_DAMPING / 2, self.damping[moved] / 10, 0.0)
        self.raised[moved] = 0
        self.damping[stayed] = np.maximum(self.damping[stayed] * 10, FIRST_DAMPING)
        self.raised[stayed] += 1
        little = (gain < LITTLE) & up
        self.small[who] = np.where(little, self.small[who] + 1, np.where(up, 0, self.small[who]))
        crawls = self.small[who] >= PATIENCE
        self.converged[who[crawls]], self.going[who[crawls]] = True, False
        self.going[who[self.raised[who] >= DAMPINGS]] = False


def value_and_slopes(function: Values, x: FloatArray, columns: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Values (M,), gradients (M, F) and Hessians (M, F, F) of `columns` at `x` (M, F), in one batch."""
    around, h = stencil(x, STEP)
    values = function(np.concatenate([x[:, None, :], around], axis=1), columns)
    return values[:, 0].copy(), *from_stencil(values[:, 1:], values[:, 0], h)


def _damped(
    gradient: FloatArray, hessian: FloatArray, x: FloatArray, damping: FloatArray
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Damped steps (M, F), what Newton's model promises (M,), and whether the step is Newton's own, in full (M,)."""
    curvature, basis = np.linalg.eigh(-hessian)
    slope = (gradient[:, None, :] @ basis)[:, 0]
    size = np.maximum(np.maximum(-curvature[:, :1], curvature[:, -1:]), 1e-12)
    safe = np.maximum(np.abs(curvature), 1e-8 * size) + damping[:, None] * size  # climbs along negative curvature too
    step = (basis @ (slope / safe)[:, :, None])[:, :, 0]
    room = LONGEST * np.maximum(1.0, np.abs(x) / 8)
    longest = np.max(np.abs(step) / room, axis=1, initial=0.0)
    bent = np.maximum(curvature, np.maximum(np.abs(slope) / LONGEST, 1e-300))
    promise = np.sum(0.5 * slope * slope / bent, axis=1)
    newton = (curvature[:, 0] > 1e-8 * size[:, 0]) & (damping == 0) & (longest < 0.25)
    return step / np.maximum(longest, 1.0)[:, None], promise, newton
