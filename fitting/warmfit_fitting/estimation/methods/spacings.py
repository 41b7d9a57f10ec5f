"""Maximum spacing estimation: the mean log of a family's mass between neighbouring rows, in place of the likelihood.

For n rows x₁ < … < xₙ, all different, it is Σ log(F(xᵢ₊₁) − F(xᵢ)) over the n + 1 spacings from one end of the support to
the other (Cheng & Amin 1983, JRSS B 45, 394–403; Ranneby 1984, Scandinavian J. Statist. 11, 93–112). No spacing exceeds
one, so a location can run into an extreme value at no profit: the likelihood of a shifted Weibull, gamma or lognormal is
unbounded there, and this is not.

Between c rows at one value the spacing is zero, and Cheng & Amin put the density at the value in place of c − 1 of them. So
it is here, but never more than one over the width of the value's cell, half-way to its neighbours, and at the extremes
never more than its mean over that cell: the density alone is unbounded again. The c rows of a bin lie evenly in it: c − 1
spacings of a c-th of its mass, and half of one on either side. Counts in bins so have the multinomial likelihood of
grouped data, up to a term in the number of bins.

A weight is a number of rows; one below 1 is that share of the spacings beside it. Censored rows add the log of the mass of
what is known of them (Ng, Luo, Hu & Duan 2012, J. Statist. Comput. Simul. 82, for censoring on the right).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from warmfit_fitting.arrays import BoolArray, FloatArray, IntArray
from warmfit_fitting.estimation.coordinates import Coordinates
from warmfit_fitting.estimation.errors import errors_at
from warmfit_fitting.estimation.features import Features
from warmfit_fitting.estimation.maximize import Slopes, value_and_slopes
from warmfit_fitting.estimation.methods.logmass import Edges, log_masses
from warmfit_fitting.estimation.search import Contents, Estimate, search
from warmfit_fitting.likelihood.objective import Objective
from warmfit_fitting.likelihood.tails import log_mass
from warmfit_fitting.likelihood.view import TINY, View

WIDE = 1e-3  # step of the differences behind standard errors


def maximum_spacing(
    objective: Objective, coordinates: Coordinates, data: Features, contents: FloatArray
) -> Estimate | None:
    """The parameters of maximum spacing, or None where none gives every spacing a mass; the log-likelihood is theirs.

    `contents` (M, P): estimates of families that this one contains; the result is no worse than these, nor than the
    parameters of maximum likelihood, at which the search begins, too. The standard errors are from the curvature of the
    sum of log spacings, which is that of the log-likelihood in the limit.
    """
    limit = objective.budget.limit - objective.budget.used
    likeliest = search(objective, coordinates, data, Contents(contents))
    if likeliest is not None:
        contents = np.concatenate([contents, likeliest.theta[None]])
    spacings = spacings_of(objective)
    spacings.budget.anew(limit)
    inside = coordinates.theta(coordinates.free(contents))
    best = float(spacings(inside).max()) * data.view.total if len(inside) else -np.inf
    found = search(spacings, coordinates, data, Contents(contents, best))
    if found is None:
        return None
    loglik = float(objective(found.theta[None])[0]) * objective.view.total
    errors = spacing_errors(objective, coordinates, found.theta) if found.errors else ()
    return replace(found, loglik=loglik, errors=errors)


def spacing_errors(objective: Objective, coordinates: Coordinates, theta: FloatArray) -> tuple[float, ...]:
    """The standard errors (P,) at the parameters `theta` (P,) of maximum spacing; empty where there are none.

    Distribution functions are less smooth in their last digits than densities: the differences are ten times as wide.
    """
    spacings, free = spacings_of(objective), coordinates.free(theta[None])
    _, (gradient,), (hessian,) = value_and_slopes(lambda f: spacings(coordinates.theta(f)), free, WIDE)
    return errors_at(spacings, coordinates, free[0], Slopes(gradient, hessian))


def spacings_of(objective: Objective) -> Spacings:
    """The spacings of the same family, view and window, on the same budget."""
    return Spacings(objective.family, objective.view, objective.budget, objective.window)


@dataclass(frozen=True, eq=False)
class Spacings(Objective):
    """The mean log spacing of `family` on `view`, rows conditioned on `window`; see `Objective` for the rest."""

    @cached_property
    def _cells(self) -> Cells:
        return Cells.of(self.view, self.window)

    def _total(self, theta: FloatArray) -> FloatArray:
        self.budget.spend(len(theta))
        family, view, cells = self.family, self.view, self._cells
        shapes = tuple(theta[:, i : i + 1] for i in range(theta.shape[1] - 2))
        loc, scale = theta[:, -2:-1], theta[:, -1:]
        low, high = (loc + scale * end for end in family.support(*shapes))
        inside = (scale > 0) & (low <= view.minimum) & (high >= view.maximum)
        if family.fails_somewhere:
            inside &= family.evaluable((view.minimum - loc) / scale, (view.maximum - loc) / scale, *shapes)
        masses = log_masses(family, shapes, loc, scale, cells.edges)
        total = cells.log_spacings(masses)
        if len(cells.ties):
            density = family.logpdf((view.groups.mean[cells.ties] - loc) / scale, *shapes) - np.log(scale)
            total += cells.log_ties(density, masses)
        if view.masses is not None:
            total += view.masses.log_likelihood(family, shapes, loc, scale)
        if self.window != (-np.inf, np.inf):
            censored = 0.0 if view.masses is None else view.masses.rows
            ends = ((edge - loc) / scale for edge in self.window)
            total -= (cells.total + censored) * log_mass(family, shapes, *ends)[:, 0]
        return np.where(inside[:, 0] & np.isfinite(total), total / view.total, -np.inf)


@dataclass(frozen=True, eq=False)
class Cells:
    """The intervals whose masses make up the spacings between M groups, B of them spread in bins.

    `edges`: these intervals: the bins, then the M − 1 gaps between the groups, then the two outer spacings, then the cells
    of the extremes. `bins` (B,): which groups are spread; `within` (B,): the weight of the mass of each; `share` (M,): log
    of the part of it that it adds to the spacings on either side, −∞ for rows at one value. `between` (M + 1,): the weight
    of the spacings before, between and after the groups. `ties` (T,): which groups are more than one row at one value;
    `tied` (T,) the weight of the density there, and `cap` (T,) the most that its log may be, all mass in the cell.
    """

    edges: Edges
    bins: IntArray
    within: FloatArray
    share: FloatArray
    between: FloatArray
    ties: IntArray
    tied: FloatArray
    cap: FloatArray

    @classmethod
    def of(cls, view: View, window: tuple[float, float]) -> Cells:
        """The intervals of a view's groups inside the window."""
        g, spread = view.groups, view.groups.m2 > 0
        start, stop = _extents(view, spread)
        bins, ties = np.flatnonzero(spread), np.flatnonzero(~spread & (g.count > 1.0))
        edges = Edges.of(
            np.concatenate([start[bins], stop[:-1], [window[0], stop[-1]], np.clip(g.lower[[0, -1]], *window)]),
            np.concatenate([stop[bins], start[1:], [start[0], window[1]], np.clip(g.upper[[0, -1]], *window)]),
        )
        share = np.where(spread, -np.log(2 * np.maximum(g.count, 1.0)), -np.inf)
        whole = np.minimum(g.count, 1.0)
        between = np.concatenate([whole[:1], (whole[:-1] + whole[1:]) / 2, whole[-1:]])
        cap = -np.log(np.maximum(g.upper - g.lower, TINY)[ties])
        return cls(edges, bins, np.maximum(g.count[bins] - 1.0, 0.0), share, between, ties, g.count[ties] - 1.0, cap)

    @property
    def total(self) -> float:
        """The weight of all terms: one more than there are rows."""
        return float(self.within.sum() + self.between.sum() + self.tied.sum())

    def log_spacings(self, log_mass: FloatArray) -> FloatArray:
        """The sum (K,) of the logs of the spacings, from the log of the mass of each interval (K, B + M + 3)."""
        size = len(self.bins)
        own, gaps, outer = log_mass[:, :size], log_mass[:, size:-4], log_mass[:, -4:-2]
        total = np.einsum("ij,j->i", outer, self.between[[0, -1]])
        if size:
            total += np.einsum("ij,j->i", own, self.within)
            side = np.full((len(own), len(self.share)), -np.inf)
            side[:, self.bins] = own
            side += self.share
            gaps = np.logaddexp(gaps, np.logaddexp(side[:, :-1], side[:, 1:]))
        return np.asarray(total + np.einsum("ij,j->i", gaps, self.between[1:-1]))

    def log_ties(self, density: FloatArray, log_mass: FloatArray) -> FloatArray:
        """The sum (K,) of the terms of rows at one value, from log-densities (K, T) there and the logs of all masses."""
        bounded = np.minimum(density, self.cap)
        for place, end, group in ((0, -2, 0), (-1, -1, len(self.share) - 1)):
            if self.ties[place] == group:
                bounded[:, place] = np.minimum(bounded[:, place], log_mass[:, end] + self.cap[place])
        return np.asarray(np.einsum("ij,j->i", bounded, self.tied))


def _extents(view: View, spread: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Where the rows of each group begin and end (M,), ascending: at its value, or at the ends of its bin."""
    g = view.groups
    first, last = view.minimum, view.maximum
    if view.masses is not None:  # whose ends are those of what is known of censored rows, too
        first, last = (float((e if spread[i] else g.mean)[i]) for i, e in ((0, g.lower), (-1, g.upper)))
    start, stop = (np.clip(np.where(spread, e, g.mean), first, last) for e in (g.lower, g.upper))
    start[1:] = np.where(spread[:-1], start[1:], np.maximum(start[1:], stop[:-1]))
    stop[:-1] = np.minimum(stop[:-1], start[1:])
    return start, stop
