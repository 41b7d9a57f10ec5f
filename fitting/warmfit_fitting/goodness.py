"""How far a fitted distribution lies from the rows: KS, AD, CvM and SSE, from a summary; and information criteria.

The empirical distribution function is exact at every edge and atom. On an exact summary the statistics are those of the
rows; on a binned one KS is a lower end with a stated error bound, and AD and CvM take the rows of a bin at its two points.
Formulas: Stephens (1974), "EDF statistics for goodness of fit and some comparisons"; Hurvich & Tsai (1989) for AICc.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from warmfit_fitting.arrays import FloatArray, IntArray
from warmfit_fitting.distribution import Distribution
from warmfit_fitting.likelihood.view import View
from warmfit_fitting.summary import ColumnSummary

AT_END = 1e-9  # of the way to the edge of its cell that an extreme value may lie from the support's end, and be at it


@dataclass(frozen=True, slots=True)
class Goodness:
    """Distances between a fitted and the empirical distribution; see `FitRow`."""

    ks_statistic: float
    ks_error_bound: float
    ad_statistic: float
    cvm_statistic: float
    sse: float


@dataclass(frozen=True, eq=False)
class Empirical:
    """What is known of the empirical distribution function.

    At `at` (M,), ascending: the share of rows `below` (M,) and at or below `upto` (M,). `points` (N,) with `weight`
    (N,): where the rows are taken to lie. `inner` (2,): the inner edges of the lowest and the highest value's cell.
    `edges` (H+1,) and `density` (H,) of the equal-width histogram.
    """

    at: FloatArray
    below: FloatArray
    upto: FloatArray
    points: FloatArray
    weight: FloatArray
    inner: FloatArray
    edges: FloatArray
    density: FloatArray

    @cached_property
    def places(self) -> FloatArray:
        """Where a distribution function is needed, each place once, ascending, (L,)."""
        return np.unique(np.concatenate([self.at, self.points, self.edges]))

    @cached_property
    def at_places(self) -> IntArray:
        """Which of the places `at` are, (M,)."""
        return np.searchsorted(self.places, self.at)

    @cached_property
    def point_places(self) -> IntArray:
        """Which of the places `points` are, (N,)."""
        return np.searchsorted(self.places, self.points)

    @cached_property
    def edge_places(self) -> IntArray:
        """Which of the places the histogram's `edges` are, (H+1,)."""
        return np.searchsorted(self.places, self.edges)

    @classmethod
    def of(cls, summary: ColumnSummary, view: View, bins: int | None) -> Empirical:
        """The empirical distribution of a summary, in the view's unit, with `bins` bins or the Rice rule's."""
        o = summary.observed
        at = np.union1d(o.edges, o.atoms)
        mass = np.zeros(len(at))
        mass[np.searchsorted(at, o.atoms)] = o.atom_count
        between = np.zeros(len(at))
        between[np.searchsorted(at, o.edges[:-1])] = o.count
        upto = np.cumsum(mass) + np.concatenate([[0.0], np.cumsum(between)[:-1]])
        below = np.maximum(upto - mass, 0.0)
        at = np.clip(at, summary.minimum, summary.maximum)
        total = summary.weight
        edges, density = _histogram(summary, at, upto / total, bins)
        t = [(a - view.shift) / view.scale for a in (at, edges)]
        inner = np.array([view.upper[0], view.lower[-1]])
        return cls(
            t[0], below / total, upto / total, view.x, view.weight / summary.size, inner, t[1], density * view.scale
        )


def histogram_bins(summary: ColumnSummary, bins: int | None) -> int:
    """The bins behind SSE: `bins`, or those of the Rice rule."""
    return bins or math.ceil(2 * summary.size ** (1 / 3))


def histogram(summary: ColumnSummary, bins: int | None) -> tuple[FloatArray, FloatArray]:
    """Edges (H+1,) and densities (H,) of the histogram behind SSE of a column that is kept exactly, in the data's unit."""
    nothing = np.zeros(0)
    return _histogram(summary, nothing, nothing, bins)


def _histogram(
    summary: ColumnSummary, at: FloatArray, upto: FloatArray, bins: int | None
) -> tuple[FloatArray, FloatArray]:
    size = histogram_bins(summary, bins)
    edges = np.linspace(summary.minimum, summary.maximum, size + 1)
    if summary.is_exact:
        o = summary.observed
        place = np.clip(np.searchsorted(edges, o.atoms, side="right") - 1, 0, size - 1)
        share = np.bincount(place, o.atom_count, size) / summary.weight
    else:
        inner = np.interp(edges[1:-1], at, upto)
        share = np.diff(np.concatenate([[0.0], inner, [1.0]]))
    width = np.diff(edges)
    return edges, share / np.where(width > 0, width, 1.0)


def measure(empirical: Empirical, fitted: Distribution, scale: float) -> Goodness:
    """The distances of `fitted`, a distribution in the view's unit, whose `scale` is in the data's."""
    e = empirical
    cdf, sf = fitted.cdf_sf(e.places)
    f = cdf[e.at_places]
    exact = np.maximum(np.abs(e.upto - f), np.abs(f - e.below))
    ks = float(exact.max())
    widest = np.maximum(e.below[1:] - f[:-1], f[1:] - e.upto[:-1])
    bound = max(float(widest.max(initial=0.0)) - ks, 0.0) if len(e.points) != len(e.at) else 0.0
    mass = np.diff(cdf[e.edge_places])
    cdf, sf = _with_mass(e, fitted, cdf[e.point_places], sf[e.point_places])
    width = np.diff(e.edges)  # zero where the data span a few floats only
    height = np.divide(mass, width, out=np.zeros_like(mass), where=width > 0)
    sse = float((((height - e.density) / scale) ** 2).sum())
    n = fitted.total
    return Goodness(ks, bound, n * _anderson_darling(e.weight, cdf, sf), n * _cramer_von_mises(e.weight, cdf), sse)


def _with_mass(e: Empirical, fitted: Distribution, cdf: FloatArray, sf: FloatArray) -> tuple[FloatArray, FloatArray]:
    """F and 1 − F at the points; where the support ends at an extreme value, half the mass in that value's cell for zero.

    With a location at the smallest value AD of the rows is infinite; values are known to their cells only, and whether
    the location is rounded to the value or to the float below it must not matter.
    """
    ends = [float(fitted.theta[-2] + fitted.theta[-1] * end) for end in fitted.family.support(*fitted.shapes)]
    none = [
        mass == 0 or abs(point - end) <= AT_END * abs(inner - point)
        for mass, point, end, inner in zip((cdf[0], sf[-1]), e.points[[0, -1]], ends, e.inner, strict=True)
    ]
    if any(none):
        near, far = fitted.cdf_sf(np.sort(e.inner))
        low, high = (0, 1) if e.inner[0] <= e.inner[1] else (1, 0)
        cdf[0] = near[low] / 2 if none[0] else cdf[0]
        sf[-1] = far[high] / 2 if none[1] else sf[-1]
    return cdf, sf


def _anderson_darling(weight: FloatArray, cdf: FloatArray, sf: FloatArray) -> float:
    """∫ (Fₙ − F)²/(F(1 − F)) dF, with Fₙ constant between the points (ascending)."""
    c = np.cumsum(weight)
    c[-1] = 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        log_f, log_s = np.log(cdf), np.log(sf)
        inner = c[:-1] ** 2 * np.diff(log_f) - (1 - c[:-1]) ** 2 * np.diff(log_s) - np.diff(cdf)
        ends = -log_s[0] - cdf[0] - log_f[-1] - sf[-1]
    return float(inner.sum() + ends)


def _cramer_von_mises(weight: FloatArray, cdf: FloatArray) -> float:
    """∫ (Fₙ − F)² dF, with Fₙ constant between the points (ascending)."""
    c = np.concatenate([[0.0], np.cumsum(weight)])
    c[-1] = 1.0
    f = np.concatenate([[0.0], cdf, [1.0]])
    return float(((f[1:] - c) ** 3 - (f[:-1] - c) ** 3).sum() / 3)


def information_criteria(loglik: float, n_parameters: int, n: float) -> tuple[float, float, float]:
    """AIC, AICc and BIC; AICc is infinite where n leaves no degree of freedom."""
    aic = 2 * n_parameters - 2 * loglik
    rest = n - n_parameters - 1
    aicc = aic + 2 * n_parameters * (n_parameters + 1) / rest if rest > 0 else math.inf
    return aic, aicc, n_parameters * math.log(n) - 2 * loglik
