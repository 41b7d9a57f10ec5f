"""`Surface`: the log-likelihood about an estimate, as intervals need it, whatever the family and the data.

Free vectors (K, F) are the unconstrained coordinates of the parameters that are neither held fixed nor whole numbers;
parameters (K, P) are in the data's unit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.continuous import coordinates_of
from warmfit_fitting.errors import FitFailed
from warmfit_fitting.estimation.coordinates import Coordinates
from warmfit_fitting.estimation.errors import irregular_ends
from warmfit_fitting.estimation.maximize import maximize, refine
from warmfit_fitting.estimation.search import POLISH_POINTS, on
from warmfit_fitting.families.family import Family
from warmfit_fitting.fitted import Fitted
from warmfit_fitting.intervals.axis import Axis
from warmfit_fitting.likelihood.budget import Budget
from warmfit_fitting.likelihood.cumulative import cdf_sf
from warmfit_fitting.likelihood.objective import Objective
from warmfit_fitting.problem import Problem

SHARP = 1e-7  # nats over all rows that a maximum may leave
ROUNDS = 40  # of a search where Newton's own steps do not end at a maximum
FAR = 1e9  # scales from the estimate, or factors of it, beyond which a location or a scale is not followed


class Surface(Protocol):
    """The log-likelihood about an estimate."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all parameters, in SciPy's order."""
        ...

    @property
    def estimate(self) -> FloatArray:
        """The parameters (P,)."""
        ...

    @property
    def total(self) -> float:
        """The weight of the rows, as the likelihood counts it."""
        ...

    @property
    def budget(self) -> Budget:
        """What counts the evaluations."""
        ...

    @property
    def held(self) -> frozenset[str]:
        """The parameters that have no uncertainty, because they were given."""
        ...

    @property
    def whole(self) -> frozenset[str]:
        """The estimated parameters that are whole numbers."""
        ...

    @property
    def irregular(self) -> frozenset[str]:
        """The estimated parameters whose error the curvature does not tell: those at which the support ends, at kinks."""
        ...

    def tied(self, name: str) -> tuple[str, float, float] | None:
        """(other, a, b) where a parameter is a + b·other, the estimated one that it follows; None where it is free."""
        ...

    def axis(self, name: str) -> Axis:
        """The scale of a parameter."""
        ...

    @property
    def quantile_axis(self) -> Axis | None:
        """The scale of quantiles; None where they are whole numbers."""
        ...

    def reach(self, name: str) -> tuple[float, float]:
        """The values between which a parameter is followed."""
        ...

    def free(self, theta: FloatArray) -> FloatArray:
        """The free vector (F,) of parameters (P,)."""
        ...

    def moved(self, free: FloatArray) -> FloatArray:
        """Parameters (K, P) of free vectors, each up to a constant that is large where it would drown differences."""
        ...

    def mean_loglik(self, free: FloatArray) -> FloatArray:
        """The log-likelihood (K,) over `total`."""
        ...

    def log_odds(self, free: FloatArray, value: float) -> FloatArray:
        """log F/(1 − F) of the distribution function at `value`, (K,)."""
        ...

    def quantile(self, p: float) -> float:
        """The estimated quantile."""
        ...

    def density_odds(self, value: float) -> float:
        """The derivative of `log_odds` in `value` at the estimate."""
        ...

    def holding(self, name: str, value: float) -> Surface:
        """The surface on which one more parameter is held, at `value`."""
        ...

    def peak(self, near: FloatArray) -> tuple[float, FloatArray]:
        """The highest log-likelihood over all rows about the parameters `near` (P,), and where it is (P,)."""
        ...


def check_budget(surface: Surface, what: str) -> None:
    """Raise `FitFailed` where the evaluations of a profile are used up."""
    if surface.budget.exhausted:
        raise FitFailed(
            f"the profile likelihood of {what} did not end within {surface.budget.limit} evaluations; "
            "use method='wald' or method='bootstrap'"
        )


def summit(
    function: Callable[[FloatArray], FloatArray], start: FloatArray, budget: Budget, total: float
) -> tuple[float, FloatArray]:
    """The maximum of a mean log-likelihood about `start` (F,), times `total`, and where it is (F,)."""
    end = refine(function, start, tolerance=SHARP / total, rounds=8)
    if not end.converged and math.isfinite(end.value):
        far = maximize(function, end.free, budget, tolerance=SHARP / total, rounds=ROUNDS)
        end = refine(function, far.free, tolerance=SHARP / total)
        end = far if far.value > end.value else end
    return end.value * total, end.free


@dataclass(frozen=True, eq=False)
class ContinuousSurface:
    """A continuous family about `parameters` (P,), in the data's unit."""

    problem: Problem
    family: Family
    parameters: tuple[float, ...]
    coordinates: Coordinates
    objective: Objective

    @classmethod
    def of(cls, problem: Problem, family: Family, parameters: tuple[float, ...], budget: Budget) -> ContinuousSurface:
        """The surface about parameters that were estimated; whole numbers among them are held."""
        coordinates = coordinates_of(problem, family)
        fixed = dict(coordinates.fixed)
        for name, value in zip(family.parameters, parameters, strict=True):
            if name in family.integer_shapes:
                fixed.setdefault(name, value)
        coordinates = replace(coordinates, fixed=fixed, _memo={})
        fine = Objective(family, problem.view, budget, problem.window, coordinates.held)
        return cls(problem, family, parameters, coordinates, on(fine, POLISH_POINTS[family.cost]))

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
        return self.objective.view.total

    @property
    def budget(self) -> Budget:
        """What counts the evaluations."""
        return self.objective.budget

    @property
    def held(self) -> frozenset[str]:
        """What the spec holds; a location whose support begins where it does is held at a given edge."""
        spec = self.problem.spec
        held = {name for name, _ in spec.fixed}
        at_edge = spec.support_at_zero and (self.family.low == 0 or "scale" in held)
        return frozenset(held | {"loc"} if at_edge else held)

    @property
    def whole(self) -> frozenset[str]:
        """Shapes that are whole numbers, where they are not held."""
        return frozenset(self.family.integer_shapes) - self.held

    @cached_property
    def irregular(self) -> frozenset[str]:
        """The location where a density that does not vanish ends with it, or bends; the scale too where both ends move."""
        if "loc" in self.held or self.coordinates.edge is not None:
            return frozenset()
        if self.family.cusp_at_loc:
            return frozenset({"loc"})
        with np.errstate(all="ignore"):
            ends = irregular_ends(self.coordinates, self.problem.standardized(self.parameters))
        if ends == (None, None):
            return frozenset()
        return frozenset({"loc"} if None in ends else {"loc", "scale"}) - self.held

    def tied(self, name: str) -> tuple[str, float, float] | None:
        """The location of a standard form that does not begin at 0 follows the scale, where the support's edge is held."""
        if name != "loc" or self.coordinates.edge is None or "loc" in self.held:
            return None
        return "scale", 0.0, -self.family.low

    def axis(self, name: str) -> Axis:
        """The log for scales and positive shapes, the logit between two ends, the identity for the rest."""
        if name == "loc":
            return Axis()
        if name == "scale":
            return Axis(0.0)
        shape = self.family.shapes[self.names.index(name)]
        return Axis(shape.low, shape.high)

    @property
    def quantile_axis(self) -> Axis:
        """The log distance from an end of the support that is known, the logit between two, else the identity."""
        ends = list(self.problem.spec.window)
        loc, scale = self.parameters[-2:]
        for i, (end, inward) in enumerate(((self.family.low, max), (self.family.high, min))):
            known = "loc" in self.held and (end == 0 or "scale" in self.held)
            if math.isfinite(end) and (known or (i == 0 and self.coordinates.edge is not None)):
                ends[i] = inward(ends[i], loc + scale * end)
        return Axis(*ends)

    def reach(self, name: str) -> tuple[float, float]:
        """As far as the search for estimates goes."""
        *_, loc, scale = self.parameters
        if name == "loc":
            return loc - FAR * scale, loc + FAR * scale
        if name == "scale":
            return scale / FAR, scale * FAR
        shape = self.family.shapes[self.names.index(name)]
        low = shape.low + shape.near if math.isfinite(shape.low) else -shape.far
        return low, shape.high - shape.near if math.isfinite(shape.high) else shape.far

    def free(self, theta: FloatArray) -> FloatArray:
        """The free vector (F,) of parameters (P,)."""
        free: FloatArray = self.coordinates.free(self.problem.standardized(tuple(theta))[None])[0]
        return free

    def moved(self, free: FloatArray) -> FloatArray:
        """Parameters (K, P) in the data's unit, the location less the view's shift."""
        theta: FloatArray = self.coordinates.theta(free)
        theta[:, -2:] *= self.problem.view.scale
        return theta

    def mean_loglik(self, free: FloatArray) -> FloatArray:
        """The mean bounded log-likelihood (K,)."""
        return self.objective(self.coordinates.theta(free))

    def log_odds(self, free: FloatArray, value: float) -> FloatArray:
        """log F/(1 − F) within the window, each probability from the tail in which it is small."""
        self.budget.spend(0 if self.family.closed_cdf else len(free))  # a quadrature costs what a likelihood does
        theta = self.coordinates.theta(free)
        shapes = tuple(theta[:, i : i + 1] for i in range(theta.shape[1] - 2))
        low, high = self.problem.window
        places = np.array([low, self.problem.view.standardized(value), high])
        with np.errstate(all="ignore"):
            z = np.clip((places - theta[:, -2:-1]) / theta[:, -1:], *self.family.support(*shapes))
            cdf, sf = _both(self.family, shapes, z)
            below = np.where(cdf[:, 1] < 0.5, cdf[:, 1] - cdf[:, 0], sf[:, 0] - sf[:, 1])
            above = np.where(sf[:, 1] < 0.5, sf[:, 1] - sf[:, 2], cdf[:, 2] - cdf[:, 1])
            return np.asarray(np.log(below) - np.log(above))

    @cached_property
    def _fitted(self) -> Fitted:
        return Fitted(self.family, self.parameters, self.problem.spec.window)

    def quantile(self, p: float) -> float:
        """The quantile of the distribution in the window."""
        return float(self._fitted.ppf(p))

    def density_odds(self, value: float) -> float:
        """f/(F (1 − F))."""
        f, below, above = (float(g(value)) for g in (self._fitted.pdf, self._fitted.cdf, self._fitted.sf))
        return f / (below * above) if below * above > 0 else math.nan

    def holding(self, name: str, value: float) -> ContinuousSurface:
        """The surface with a parameter held at `value`."""
        view = self.problem.view
        inner = view.standardized(value) if name == "loc" else value / view.scale if name == "scale" else value
        coordinates = replace(self.coordinates, fixed={**self.coordinates.fixed, name: inner}, _memo={})
        parameters = tuple(value if n == name else v for n, v in zip(self.names, self.parameters, strict=True))
        return replace(self, coordinates=coordinates, parameters=parameters)

    def peak(self, near: FloatArray) -> tuple[float, FloatArray]:
        """The highest log-likelihood about `near` (P,), and where it is."""
        value, free = summit(self.mean_loglik, self.free(near), self.budget, self.total)
        theta = self.moved(free[None])[0]
        theta[-2] += self.problem.view.shift
        return value, theta


def _both(family: Family, shapes: tuple[FloatArray, ...], z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """P(Z ≤ z) and P(Z > z) at places (K, 3) of the support, the ends of which may be infinite."""
    low, high = family.support(*shapes)
    cdf, sf = (family.cdf(z, *shapes), family.sf(z, *shapes)) if family.closed_cdf else cdf_sf(family, shapes, z)
    return np.where(z <= low, 0.0, np.where(z >= high, 1.0, cdf)), np.where(z <= low, 1.0, np.where(z >= high, 0.0, sf))
