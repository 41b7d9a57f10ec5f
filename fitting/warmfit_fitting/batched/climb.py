"""Climbers of many columns in step, from afar: Newton's steps, shortened along flat directions where they lead down.

Unlike the refits of a bootstrap, which begin near their maxima (`resampling.batch`), these follow curved ridges: of each
step a few lengths are tried, by one value each, before derivatives are taken where it leads.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from warmfit_fitting.arrays import BoolArray, FloatArray, IntArray
from warmfit_fitting.estimation.maximize import LONGEST
from warmfit_fitting.resampling.batch import Values, value_and_slopes

NEAR = 0.5  # nats that Newton's model promises of a step which is taken as it is
SHARES = np.array([1.0, 0.25, 1 / 16, 4.0])  # of the long components of a step that are tried
SHORTER = np.array([1 / 64, 1 / 512, 1e-4])  # of a whole step, where none of those leads up
SHORT = 0.5  # components of at most so much are no part of what is shortened
LITTLE = 2e-4  # nats; `PATIENCE` rounds in a row that gain less end a climb
PATIENCE = 3


@dataclass(eq=False)
class Climb:
    """K climbers at `x` (K, F) with `value` (K,), `gradient` (K, F), `hessian` (K, F, F), rows counted by `total` (K,).

    `going`, `converged` (K,); `careful` (K,): whose last step as it was led down; `small` (K,): rounds in a row of little
    gain; `evaluations` (K,): places looked at.
    """

    function: Values
    x: FloatArray
    value: FloatArray
    gradient: FloatArray
    hessian: FloatArray
    total: FloatArray
    going: BoolArray
    converged: BoolArray
    careful: BoolArray
    small: IntArray
    evaluations: IntArray

    @classmethod
    def at(cls, function: Values, x: FloatArray, total: FloatArray) -> Climb:
        """Climbers that stand at `x` (K, F)."""
        size = len(x)
        value, gradient, hessian = value_and_slopes(function, x, np.arange(size))
        no = np.zeros(size, bool)
        evaluations = np.full(size, _each(x.shape[1]))
        stands = np.isfinite(value)
        return cls(
            function,
            x.copy(),
            value,
            gradient,
            hessian,
            total,
            stands,
            no,
            no.copy(),
            np.zeros(size, np.int64),
            evaluations,
        )

    def run(self, strict: float, rounds: int) -> None:
        """Climb until Newton's model promises less than `strict` nats, or no step leads up."""
        for _ in range(rounds):
            who = np.flatnonzero(self.going)
            if not len(who):
                return
            self._round(who, strict)

    def promised(self) -> tuple[FloatArray, FloatArray, BoolArray]:
        """The next steps (K, F), what Newton's model promises of them, in nats (K,), and which are Newton's own (K,)."""
        components, basis, promise, newton = steps(self.gradient, self.hessian)
        return turned(basis, components), promise * self.total, newton

    def _round(self, who: IntArray, strict: float) -> None:
        components, basis, promise, newton = steps(self.gradient[who], self.hessian[who])
        nats = promise * self.total[who]
        done = nats < strict
        self.converged[who[done]], self.going[who[done]] = True, False
        left = ~done
        who, components, basis = who[left], components[left], basis[left]
        if not len(who):
            return
        direct = newton[left] & (nats[left] < NEAR) & ~self.careful[who]
        step = turned(basis, components)
        far = np.flatnonzero(~direct)
        if len(far):
            step[far], up = self._tried(who[far], components[far], basis[far])
            self.going[who[far[~up]]] = False
            kept = direct.copy()
            kept[far[up]] = True
            who, step, direct = who[kept], step[kept], direct[kept]
            if not len(who):
                return
        ahead = self.x[who] + step
        value, gradient, hessian = value_and_slopes(self.function, ahead, who)
        self.evaluations[who] += _each(ahead.shape[1])
        gain = (value - self.value[who]) * self.total[who]
        up = gain > 0
        moved = who[up]
        self.x[moved], self.value[moved] = ahead[up], value[up]
        self.gradient[moved], self.hessian[moved] = gradient[up], hessian[up]
        self.careful[who] = ~up
        self.small[who] = np.where(up & (gain < LITTLE), self.small[who] + 1, np.where(up, 0, self.small[who]))
        self.going[who[(self.small[who] >= PATIENCE) | (~up & ~direct)]] = False

    def _tried(self, who: IntArray, components: FloatArray, basis: FloatArray) -> tuple[FloatArray, BoolArray]:
        """Of several lengths of each step the one that leads highest (M, F), and whether it leads up (M,)."""
        long = np.abs(components) > SHORT
        lengths = np.where(long[:, None], SHARES[:, None], 1.0)
        tried = np.concatenate([lengths * components[:, None], SHORTER[:, None] * components[:, None]], axis=1)
        tried = np.clip(tried, -2 * LONGEST, 2 * LONGEST)
        steps = np.einsum("kij,ktj->kti", basis, tried)
        values = self.function(self.x[who, None] + steps, who)
        self.evaluations[who] += tried.shape[1]
        values = np.where(np.isnan(values), -np.inf, values)
        best, row = np.argmax(values, axis=1), np.arange(len(who))
        return steps[row, best], values[row, best] > self.value[who]


def _each(n_free: int) -> int:
    """The places whose values give a climber's derivatives in so many coordinates, and its own."""
    return 1 + 2 * n_free + n_free * (n_free - 1) // 2


def turned(basis: FloatArray, components: FloatArray) -> FloatArray:
    """Steps (M, F) of components (M, F) along the axes `basis` (M, F, F)."""
    steps: FloatArray = np.einsum("kij,kj->ki", basis, components)
    return steps


def steps(gradient: FloatArray, hessian: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, BoolArray]:
    """Newton's steps as components (M, F) along the axes `basis` (M, F, F) of the curvature, up along negative ones too.

    None is longer than `LONGEST`. Also what the model promises, in the mean log-likelihood (M,), and which are Newton's own.
    """
    finite = np.asarray(np.isfinite(hessian).all(axis=(1, 2)))
    curvature, basis = np.linalg.eigh(np.where(finite[:, None, None], -hessian, np.eye(gradient.shape[1])))
    slope = np.einsum("kij,ki->kj", basis, gradient)
    size = np.maximum(np.abs(curvature).max(axis=1, initial=0.0), 1e-12)[:, None]
    safe = np.maximum(np.abs(curvature), 1e-9 * size)
    components = np.clip(slope / safe, -LONGEST, LONGEST)
    bent = np.maximum(curvature, np.maximum(np.abs(slope) / LONGEST, 1e-300))
    promise = 0.5 * np.einsum("kj,kj->k", slope, slope / bent)
    newton = (curvature > 1e-9 * size).all(axis=1) & (np.abs(components) < LONGEST).all(axis=1)
    return components, basis, promise, newton
