"""`CountSurface`: the log-likelihood of a discrete family about an estimate; see `surface`."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.discrete.features import CountFeatures
from warmfit_fitting.discrete.fitted import FittedCounts
from warmfit_fitting.discrete.lattice import LatticeSearch
from warmfit_fitting.discrete.objective import CountObjective
from warmfit_fitting.discrete.search import FINE_POINTS
from warmfit_fitting.discrete.space import Space
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.families.discrete.family import DiscreteFamily
from warmfit_fitting.intervals.axis import Axis
from warmfit_fitting.intervals.surface import SHARP, summit
from warmfit_fitting.likelihood.budget import Budget
from warmfit_fitting.problem import Problem

FARTHEST = 1e9  # up to which a whole number is followed
BESIDE = 1e-7  # how near to an end of its interval a real shape is followed then, for it would ask for a greater one


@dataclass(frozen=True, eq=False)
class CountSurface:
    """A discrete family about `parameters` (P,): shapes, loc. Free vectors are of its real shapes."""

    family: DiscreteFamily
    parameters: tuple[float, ...]
    space: Space
    objective: CountObjective
    data: CountFeatures
    window: tuple[float, float]

    @classmethod
    def of(
        cls, problem: Problem, family: DiscreteFamily, parameters: tuple[float, ...], budget: Budget
    ) -> CountSurface:
        """The surface about parameters that were estimated."""
        counts = problem.counts
        objective = CountObjective(family, counts.view, budget, counts.masses).on(FINE_POINTS[family.cost])
        space = Space(family, counts.shapes)
        return cls(family, parameters, space, objective, counts.features, problem.spec.window)._about(parameters)

    def _about(self, parameters: tuple[float, ...]) -> CountSurface:
        """The same, in coordinates that are regular about these parameters."""
        return replace(self, parameters=parameters, space=replace(self.space, reference=np.array(parameters[:-1])))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all parameters."""
        return self.family.parameters

    @cached_property
    def estimate(self) -> FloatArray:
        """The parameters (P,)."""
        return np.array(self.parameters)

    @property
    def total(self) -> float:
        """The weight of the rows."""
        return self.objective.total

    @property
    def budget(self) -> Budget:
        """What counts the evaluations."""
        return self.objective.budget

    @property
    def held(self) -> frozenset[str]:
        """The shapes that the spec holds, and loc."""
        return frozenset({*self.space.fixed, "loc"})

    @property
    def whole(self) -> frozenset[str]:
        """The estimated shapes that are whole numbers."""
        return frozenset(self.family.shapes[i].name for i in self.space.whole)

    @property
    def irregular(self) -> frozenset[str]:
        """None: probabilities of counts are smooth in the real shapes."""
        return frozenset()

    def tied(self, name: str) -> None:
        """None: every shape is a parameter of its own."""

    def axis(self, name: str) -> Axis:
        """The log for positive shapes, the logit between two ends, the identity for the rest."""
        shape = self.family.shapes[self.names.index(name)]
        return Axis(shape.low, shape.high)

    @property
    def quantile_axis(self) -> None:
        """Quantiles are whole numbers."""
        return None

    def reach(self, name: str) -> tuple[float, float]:
        """As far as the search for estimates goes."""
        shape = self.family.shapes[self.names.index(name)]
        far = FARTHEST if name in self.family.integer_shapes else shape.far
        near = 1.0 if name in self.family.integer_shapes else max(shape.near, BESIDE if self.whole else 0.0)
        low = shape.low + near if math.isfinite(shape.low) else -far
        return low, shape.high - near if math.isfinite(shape.high) else far

    def free(self, theta: FloatArray) -> FloatArray:
        """The free vector (F,) of parameters (P,)."""
        free: FloatArray = self.space.free(theta[None, :-1])[0]
        return free

    def moved(self, free: FloatArray) -> FloatArray:
        """Parameters (K, P)."""
        shapes = self._shapes(free)
        return np.concatenate([shapes, np.full((len(shapes), 1), self.parameters[-1])], axis=1)

    def _shapes(self, free: FloatArray) -> FloatArray:
        return self.space.theta(free, np.array(self.parameters[:-1]))

    def mean_loglik(self, free: FloatArray) -> FloatArray:
        """The mean log-likelihood (K,)."""
        return self.objective(self._shapes(free))

    def log_odds(self, free: FloatArray, value: float) -> FloatArray:
        """log P(X ≤ value)/P(X > value) within the window; NaN where there is no such law."""
        return np.array([self._log_odds(tuple(row), value) for row in self.moved(free).tolist()])

    def _log_odds(self, parameters: tuple[float, ...], value: float) -> float:
        try:
            law = FittedCounts(self.family, parameters, self.window)
        except InvalidInput:
            return math.nan
        with np.errstate(all="ignore"):
            return float(np.log(law.cdf(value)) - np.log(law.sf(value)))

    def quantile(self, p: float) -> float:
        """The smallest whole number whose distribution function is at least `p`."""
        return float(FittedCounts(self.family, self.parameters, self.window).ppf(p))

    def density_odds(self, value: float) -> float:  # noqa: ARG002 - as a continuous one takes it
        """NaN: the distribution function is a step."""
        return math.nan

    def holding(self, name: str, value: float) -> CountSurface:
        """The surface with a shape held at `value`."""
        parameters = tuple(value if n == name else v for n, v in zip(self.names, self.parameters, strict=True))
        space = replace(self.space, fixed={**self.space.fixed, name: value})
        return replace(self, space=space)._about(parameters)

    def peak(self, near: FloatArray) -> tuple[float, FloatArray]:
        """The highest log-likelihood about `near` (P,), whole shapes searched on their lattice, and where it is."""
        about = self._about(tuple(near.tolist()))
        if not self.space.whole:
            value, free = summit(about.mean_loglik, about.free(near), self.budget, self.total)
            return value, about.moved(free[None])[0]
        start = self.space.held(near[None, :-1])[0]
        found = LatticeSearch(self.objective, about.space, SHARP / self.total, self.data).climb(start)
        return found.value * self.total, np.append(found.theta, near[-1])
