"""The maximum over whole-number shapes: a search on the profile likelihood, in which the real shapes follow.

From a vector of shapes, candidates are taken along every direction of the lattice with doubling steps, and along the
family's own ridges; their likelihoods, with real shapes that follow roughly, come in one batch. The most promising are
maximized over the real shapes, and the best of them is where the search goes on. It ends where every neighbour on the
lattice, maximized too, is lower (a bracket on the profile likelihood), or where going on far outwards gains nothing.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.discrete.features import CountFeatures
from warmfit_fitting.discrete.objective import CountObjective
from warmfit_fitting.discrete.space import Space
from warmfit_fitting.estimation.maximize import maximize
from warmfit_fitting.families.family import Cost

ROUNDS = 60
CLOSER_LOOK = 3  # candidates of a round that are maximized over the real shapes
INNER_ROUNDS = 25
BESIDE = (0.0, 0.1, 0.5)  # of a whole shape: how far off the profile must be lower, too
LIMIT = 2.0  # a factor by which a whole shape grows for what counts as going outwards
FARTHEST = 1e9  # whole shapes are searched up to there, or up to a million times the data where these are large
FEW = 40.0  # a step is at most so many times the shape it moves


@dataclass(frozen=True, eq=False)
class Profile:
    """Where the search stands: shapes (P,), the mean log-likelihood, and whether its end is a maximum inside."""

    theta: FloatArray
    value: float
    converged: bool = False
    limit: bool = False


@dataclass(eq=False)
class LatticeSearch:
    """The search of `objective` in `space`; `loss` is the mean log-likelihood that may be left out.

    `data`: the statistics from which the family's own candidates are taken.
    """

    objective: CountObjective
    space: Space
    loss: float
    data: CountFeatures
    _known: dict[tuple[float, ...], Profile] = field(default_factory=dict)

    def climb(self, start: FloatArray, rounds: int = ROUNDS) -> Profile:
        """The best profile reached from `start` (P,)."""
        here = self._profile(start)
        for _ in range(rounds):
            if self.objective.budget.exhausted:
                return here
            best = self._next(here)
            gain = best.value - here.value
            outwards = self._factor(best, here) >= LIMIT
            if gain > 0 and outwards and (gain < self.loss or self._is_far(best)):
                return Profile(best.theta, best.value, True, limit=True)
            if gain > 0:
                here = best
                continue
            around = self._neighbours(here)
            if around.value <= here.value:
                return Profile(here.theta, here.value, not self.objective.budget.exhausted)
            here = around
        return here

    def _is_far(self, profile: Profile) -> bool:
        """Whether a whole shape is as good as where the search ends."""
        return bool(np.abs(profile.theta[self.space.whole]).max() > self.farthest / 8)

    def _next(self, here: Profile) -> Profile:
        """The best of the candidates that were looked at closely."""
        candidates = self._candidates(here.theta)
        if not len(candidates):
            return here
        value = self.objective(candidates)
        if not self.space.real:
            best = int(np.argmax(value))
            return Profile(candidates[best], float(value[best])) if value[best] > here.value else here
        order = np.argsort(-value, kind="stable")[:CLOSER_LOOK]
        looked = [self._profile(candidates[i]) for i in order if np.isfinite(value[i])]
        return max([here, *looked], key=lambda profile: profile.value)

    def _neighbours(self, here: Profile) -> Profile:
        """The best profile one step away along each whole shape, and some way off."""
        if not self.space.real:
            return here  # among the candidates already
        steps = [
            sign * length * here.theta * row + sign * row
            for row in np.eye(len(here.theta))[self.space.whole]
            for length in (BESIDE if len(self.space.whole) == 1 else BESIDE[:1])
            for sign in (1.0, -1.0)
        ]
        target = self.space.family.moved(here.theta, self._valid(here.theta + np.array(steps)))
        found = [self._profile(row) for row in self.space.held(target)]
        return max(found, key=lambda profile: profile.value, default=here)

    def _candidates(self, theta: FloatArray) -> FloatArray:
        whole = self.space.whole
        directions = [d for d in itertools.product((-1.0, 0.0, 1.0), repeat=len(whole)) if any(d)]
        if self.space.family.cost is Cost.SLOW:
            directions = [
                d for d in directions if abs(sum(d)) == sum(map(abs, d)) in (1, len(d))
            ]  # axes, and all at once
        size = float(np.abs(theta[whole]).max())
        lengths = 2.0 ** np.arange(np.ceil(np.log2(max(2 * size, 4.0))) + 1)
        steps = np.zeros((len(directions) * len(lengths), len(theta)))
        steps[:, whole] = (np.array(directions)[:, None, :] * lengths[:, None]).reshape(-1, len(whole))
        small = np.abs(steps).max(axis=1) <= FEW * np.maximum(np.abs(theta[whole]).max(), 1.0)
        rows = [theta + steps[small]]
        if not self.space.fixed:
            rows.append(self._jumps(theta))
        valid = np.unique(self._valid(np.concatenate(rows)), axis=0)
        valid = valid[np.any(valid[:, whole] != theta[whole], axis=1)]
        return self.space.held(self.space.family.moved(theta, valid)) if len(valid) else valid

    def _jumps(self, theta: FloatArray) -> FloatArray:
        """The family's own candidates."""
        return self.space.family.jumps(theta, self.data)

    def _valid(self, theta: FloatArray) -> FloatArray:
        """The vectors (K, P) whose whole shapes can be, and are no farther than the search goes."""
        theta = self.space.held(theta)
        keep = np.ones(len(theta), dtype=bool)
        view, family, farthest = self.objective.view, self.space.family, self.farthest
        for i in self.space.whole:
            shape = family.shapes[i]
            keep &= (theta[:, i] >= shape.low) & (theta[:, i] <= min(shape.high, farthest)) & (theta[:, i] >= -farthest)
        with np.errstate(all="ignore"):
            low, high = family.support(*theta.T)
            keep &= np.asarray((low <= view.minimum) & (high >= view.maximum) & family.allowed(*theta.T))
        return theta[keep]

    @property
    def farthest(self) -> float:
        """How far whole shapes are searched."""
        view = self.objective.view
        return min(max(FARTHEST, 1e6 * abs(view.minimum), 1e6 * abs(view.maximum)), 2.0**53)

    def _factor(self, best: Profile, here: Profile) -> float:
        """By how much the whole shapes grew, the one that grew most."""
        whole = self.space.whole
        return float((np.abs(best.theta[whole]) / np.maximum(np.abs(here.theta[whole]), 1.0)).max())

    def _profile(self, theta: FloatArray) -> Profile:
        """The maximum over the real shapes at the whole ones of `theta` (P,)."""
        key = tuple(theta[self.space.whole].tolist())
        if key not in self._known:
            self._known[key] = self._maximized(theta)
        return self._known[key]

    def _maximized(self, theta: FloatArray) -> Profile:
        if not self.space.real:
            return Profile(theta, float(self.objective(theta[None])[0]))
        function = self.space.through(self.objective, theta)
        start = self.space.free(theta[None])[0]
        found = maximize(function, start, self.objective.budget, tolerance=self.loss * 1e-3, rounds=INNER_ROUNDS)
        return Profile(self.space.theta(found.free[None], theta)[0], found.value)
