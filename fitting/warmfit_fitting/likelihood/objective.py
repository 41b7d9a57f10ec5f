"""The bounded log-likelihood: one measure for every family, which no spike on a single value can win.

A row's term is the log-density at its value where the density is smooth on the value's cell, and never more than what
the mass over the cell allows: log(mass ÷ width) at the ends of the data, where densities of half-bounded families may
be singular, and −log(width), all mass in the cell, elsewhere. (Rounded likelihoods: Cheng & Iles 1987, "Corrected
maximum likelihood in non-regular problems"; Giesbrecht & Kempthorne 1976.) The rows of an end value have `EASE` nats in all
above that, so that a density which merely bends or jumps on their cell keeps the plain likelihood and its maximum. Where a
density at an end value still stands more than `SPIKE` nats above its mean over the cell, a multiple of the square of the
excess is taken off, so that the optimum keeps clear of it and the likelihood has no kink there. Where a density peaks at its
location (`cusp_at_loc`), the cell that holds the peak is bounded by its mean likewise.

Where the end of the support is held clear of the values, by a fixed location, no spike can be made by moving it: there the
term is the plain one up to `SPIKE` nats above the mean for every row, so that ordinary fits are the textbook's.

Terms of rows of which only an interval is known, and of the windows that rows had to lie in, are logs of probabilities
(`masses`): no spike can win them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np

from warmfit_fitting.arrays import BoolArray, FloatArray
from warmfit_fitting.families.family import Family
from warmfit_fitting.likelihood.budget import Budget
from warmfit_fitting.likelihood.quadrature import composite
from warmfit_fitting.likelihood.tails import log_mass
from warmfit_fitting.likelihood.view import View

EASE = 0.1  # of which a density that bends takes a hundredth or so, and that decides no ranking
SPIKE = 2.0
CUSP = 1.0
STEEPNESS = 4.0  # of the penalty on the square of what a spike has beyond that, in nats
BLOCK = 15_500  # numbers evaluated at a time: temporaries stay in the cache, and out of the page allocator
_NEAR = 50.0  # a support that ends more than this many cell widths away is smooth on the cell
_DEPTH = 21.0  # e-folds of distance from the support's end that the quadrature of an end cell reaches down
_SHARE, _WEIGHT = composite((0.0, 0.04, 0.15, 1.0), 4, 4, 6)  # to 1e-4 for powers from −0.95 to 4
_LOG_WEIGHT = np.log(_WEIGHT)
_LEAST = math.exp(-_DEPTH)
NODES = len(_SHARE)  # of an end cell

# Where the lower and the upper end of the support are held, None where they move with the parameters.
Held: TypeAlias = tuple[float | FloatArray | None, float | FloatArray | None]


@dataclass(frozen=True, eq=False)
class Objective:
    """The mean bounded log-likelihood of `family` on `view`, rows conditioned on `window` (standardized).

    `held`: where the lower and the upper end of the support are held, None where they move with the parameters.
    """

    family: Family
    view: View
    budget: Budget
    window: tuple[float, float] = (-np.inf, np.inf)
    held: Held = (None, None)

    def __call__(self, theta: FloatArray) -> FloatArray:
        """The objective (K,) at each parameter vector of `theta` (K, P): shapes, loc, scale in the view's unit.

        −inf where a parameter is outside its domain or a row outside the support.
        """
        block = max(BLOCK // self.view.n_terms, 1)
        with np.errstate(all="ignore"):
            if len(theta) <= block:
                return self._total(theta)
            return np.concatenate([self._total(theta[i : i + block]) for i in range(0, len(theta), block)])

    def _total(self, theta: FloatArray) -> FloatArray:
        self.budget.spend(len(theta))
        family, view = self.family, self.view
        shapes = tuple(theta[:, i : i + 1] for i in range(theta.shape[1] - 2))
        loc, scale = theta[:, -2:-1], theta[:, -1:]
        inside = scale > 0
        cells: list[EndCell] = []
        for index, end in zip((0, -1), family.support(*shapes), strict=True):
            if end.ndim or np.isfinite(end):  # an end, for some of the shapes at least
                end = loc + scale * end
                inside &= (end <= view.minimum) if index == 0 else (end >= view.maximum)
                cells += EndCell.near(view, index, end, self._clear(index)) if len(view.x) else []
        n = len(view.x)
        z = np.empty((len(theta), n + NODES * len(cells)))
        np.subtract(view.x, loc, out=z[:, :n])
        for i, cell in enumerate(cells):
            np.subtract(cell.nodes, loc, out=z[:, n + i * NODES : n + (i + 1) * NODES])
        z /= scale
        term = family.logpdf(z, *shapes) - np.log(scale)
        at_rows = term[:, :n]
        bounded = np.minimum(at_rows, view.cap)
        if family.cusp_at_loc:
            self._bound_cusps(bounded, shapes, loc, scale)
        total = np.einsum("ij,j->i", bounded, view.weight)  # unlike BLAS, whatever the threads
        for i, cell in enumerate(cells):
            density = term[:, n + i * NODES : n + (i + 1) * NODES]
            total += cell.correction(at_rows[:, cell.index], density, view)
        if family.fails_somewhere:
            inside &= family.evaluable((view.minimum - loc) / scale, (view.maximum - loc) / scale, *shapes)
        if view.masses is not None:
            total += view.masses.log_likelihood(family, shapes, loc, scale)
        total /= view.total
        if self.window != (-np.inf, np.inf):
            window = self._log_window(shapes, loc, scale)
            total -= window if view.masses is None else window * (1.0 - view.masses.windowed / view.total)
        return np.where(inside[:, 0] & np.isfinite(total), total, -np.inf)

    def _clear(self, index: int) -> bool:
        """Whether an end of the support is held away from the value next to it."""
        end = self.held[index]
        return end is not None and bool(end != (self.view.minimum, self.view.maximum)[index])

    def _bound_cusps(
        self, bounded: FloatArray, shapes: tuple[FloatArray, ...], loc: FloatArray, scale: FloatArray
    ) -> None:
        """Hold the terms (K, N) of the cells in which the density has a peak to the log of its mean over the cell.

        That is where the first shape is below 1, for all families with a cusp. Up to `CUSP` nats in all a value at the
        peak may gain, as it does in the plain likelihood.
        """
        view = self.view
        peaked = shapes[0] < 1.0
        row, at = np.nonzero(peaked & (view.lower <= loc) & (loc <= view.upper))
        which = tuple(shape[row] for shape in shapes)
        a, b = ((edge[at, None] - loc[row]) / scale[row] for edge in (view.lower, view.upper))
        mass = (self.family.cdf(b, *which) - self.family.cdf(a, *which))[:, 0]  # on both sides of the median
        most = np.log(mass / (view.upper - view.lower)[at]) + CUSP / view.weight[at]
        bounded[row, at] = np.where(mass > 0.0, np.minimum(bounded[row, at], most), bounded[row, at])

    def _log_window(self, shapes: tuple[FloatArray, ...], loc: FloatArray, scale: FloatArray) -> FloatArray:
        """The log of the family's mass in the window, (K,)."""
        return log_mass(self.family, shapes, *((edge - loc) / scale for edge in self.window))[:, 0]


class Ends(Protocol):
    """Points and cells in ascending order, of which an end cell reads the first and the last one.

    Each is (N,), or of columns side by side: `x`, `lower`, `upper` (2, K, 1), `weight` and `cap` (2, K).
    """

    @property
    def x(self) -> FloatArray:
        """Where the points lie."""

    @property
    def weight(self) -> FloatArray:
        """The rows that each point stands for."""

    @property
    def lower(self) -> FloatArray:
        """The lower ends of the cells."""

    @property
    def upper(self) -> FloatArray:
        """The upper ends of the cells."""

    @property
    def cap(self) -> FloatArray:
        """The log of the highest mean density that a cell can have."""


@dataclass(frozen=True, eq=False)
class EndCell:
    """The cell of the lowest (`index` 0) or highest (−1) value, near an end of the support.

    `nodes` (K, Q): where the density is needed, graded towards the support's end; `log_measure` (K, Q): the log of their
    quadrature weights over the cell's width; `graded` (K,): whether the end is so near that the cell's mass is taken.
    `clear`, () or (K,): the support's end is held away from the value.
    """

    index: int
    nodes: FloatArray
    log_measure: FloatArray
    graded: BoolArray
    clear: BoolArray | bool = False

    @classmethod
    def near(cls, view: Ends, index: int, end: FloatArray, clear: BoolArray | bool = False) -> list[EndCell]:
        """The end cell of `view` for supports that end at `end` (K, 1), cut there; none where all end far away."""
        sign, near, far = (1.0, view.lower, view.upper) if index == 0 else (-1.0, view.upper, view.lower)
        reach = sign * (far[index] - end)
        start = np.maximum(sign * (near[index] - end), 0.0)
        width = reach - start
        graded = reach < _NEAR * width
        if not graded.any():
            return []
        span = np.log(reach / np.maximum(start, reach * _LEAST))
        distance = reach * np.exp(-span * _SHARE)
        log_measure = np.log(distance * (span / width)) + _LOG_WEIGHT
        return [cls(index, np.where(graded, end + sign * distance, view.x[index]), log_measure, graded[:, 0], clear)]

    def correction(self, at_value: FloatArray, density: FloatArray, view: Ends) -> FloatArray:
        """What turns the plain term of the end value into its bounded one, (K,).

        `at_value` (K,), `density` (K, Q): log-densities at the end value and at the nodes.
        """
        weight, plain = view.weight[self.index], np.minimum(at_value, view.cap[self.index])
        share = np.exp(np.fmax(density + (self.log_measure - at_value[:, None]), -1e3))  # fmax: nothing for what is NaN
        mean = np.where(self.graded, at_value + np.log(np.add.reduce(share, axis=1)), np.inf)
        spike, over = np.where(self.clear, SPIKE, SPIKE / weight), np.where(self.clear, SPIKE, EASE / weight)
        excess = np.where(np.isfinite(mean), np.maximum(at_value - mean - spike, 0.0), 0.0)
        change = np.minimum(mean + over - plain, 0.0) - (STEEPNESS * weight) * excess * excess
        return np.where(np.isfinite(plain), weight * change, 0.0)
