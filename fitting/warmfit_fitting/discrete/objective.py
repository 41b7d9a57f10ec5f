"""The likelihood of counts: probabilities, so that it is bounded as it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.discrete.masses import CountMasses
from warmfit_fitting.families.discrete.family import DiscreteFamily
from warmfit_fitting.likelihood.budget import Budget
from warmfit_fitting.likelihood.view import View

BLOCK = 1 << 13  # numbers evaluated at a time: temporaries stay in the cache


@dataclass(frozen=True, eq=False)
class CountObjective:
    """The mean log-likelihood of `family` on the counts of `view`, and on the sets of `masses` where there are any."""

    family: DiscreteFamily
    view: View
    budget: Budget
    masses: CountMasses | None = None

    @cached_property
    def total(self) -> float:
        """The total weight of the rows, censored ones included."""
        return self.view.observed + (self.masses.rows if self.masses is not None else 0.0)

    def __call__(self, theta: FloatArray) -> FloatArray:
        """The objective (K,) at each vector of shapes of `theta` (K, P); −inf where a count has no probability."""
        numbers = len(self.view.x) + (self.masses.size if self.masses is not None else 0)
        block = max(BLOCK // max(numbers, 1), 1)
        parts = [np.zeros(0)]
        with np.errstate(all="ignore"):
            for i in range(0, len(theta), block):
                self.budget.spend(len(theta[i : i + block]))
                parts.append(self._mean(theta[i : i + block]))
        total = np.concatenate(parts)
        return np.where(np.isfinite(total), total, -np.inf)

    def _mean(self, theta: FloatArray) -> FloatArray:
        family, view = self.family, self.view
        shapes = tuple(theta[:, i : i + 1] for i in range(theta.shape[1]))
        term = np.broadcast_to(family.logpmf(view.x, *shapes), (len(theta), len(view.x)))
        mean = np.einsum("ij,j->i", term, view.weight)  # not BLAS, whose sums depend on its threads
        if self.masses is not None:
            mean = mean + self.masses.log_likelihood(family, shapes)
        mean = mean / self.total
        low, high = family.support(*shapes)
        outside = (low > view.minimum) | (high < view.maximum) | ~np.asarray(family.allowed(*shapes))
        for i, shape in enumerate(family.shapes):
            outside = outside | ~((theta[:, i : i + 1] >= shape.low) & (theta[:, i : i + 1] <= shape.high))
        return np.where(np.broadcast_to(outside, (len(theta), 1))[:, 0], -np.inf, mean)

    def on(self, points: int) -> CountObjective:
        """The same objective on a view of about that many points, and about as many masses of each kind."""
        if self.family.lattice_only:
            return self
        masses = None if self.masses is None else self.masses.coarse(points)
        view = self.view.coarse(points)
        same = view is self.view and masses is self.masses
        return self if same else replace(self, view=view, masses=masses)
