"""`Masses`: the terms of a log-likelihood that are logs of probabilities, of censored rows and of truncation windows.

Σ w log P(X ∈ I) over intervals I, with the weight of the rows of which no more is known than that they lie in I, and with
minus the weight of the rows that had to lie in I to be seen. Probabilities are taken from the tail in which they are small.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from warmfit_fitting.arrays import FloatArray, IntArray
from warmfit_fitting.families.family import Family
from warmfit_fitting.likelihood.cumulative import cdf_sf
from warmfit_fitting.summary import Intervals, Tally
from warmfit_fitting.summary.intervals import Pairs

Points = tuple[FloatArray, FloatArray]
Cells = tuple[FloatArray, FloatArray, FloatArray]


@dataclass(frozen=True, eq=False)
class Masses:
    """Rays above `above` and below `below`, intervals (`lower`, `upper`], each with its weight, negative for windows.

    In a view's standardized unit. `rows`: the weight of the censored rows; `windowed`: that of the rows with a window.
    """

    above: FloatArray
    above_weight: FloatArray
    below: FloatArray
    below_weight: FloatArray
    lower: FloatArray
    upper: FloatArray
    weight: FloatArray
    rows: float
    windowed: float
    _coarser: dict[int, Masses] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """The number of terms."""
        return len(self.above) + len(self.below) + len(self.lower)

    @cached_property
    def _ends(self) -> tuple[FloatArray, IntArray]:
        """The ends of the intervals, each once (E,), and where the lower and the upper ones are among them (2, M)."""
        edges, at = np.unique(np.concatenate([self.lower, self.upper]), return_inverse=True)
        return edges, at.reshape(2, -1)

    @cached_property
    def _places(self) -> tuple[FloatArray, FloatArray]:
        """Where the distribution function and where the survival function is needed."""
        ends = self._ends[0]
        return np.concatenate([self.below, ends]), np.concatenate([self.above, ends])

    def log_likelihood(
        self, family: Family, shapes: tuple[FloatArray, ...], loc: FloatArray, scale: FloatArray
    ) -> FloatArray:
        """The sum (K,) for parameters (K, 1) each."""
        below, above = ((place - loc) / scale for place in self._places)
        cdf, sf = tails(family, shapes, below, above)
        n_below, n_above, (start, end) = len(self.below), len(self.above), self._ends[1]
        total = np.einsum("ij,j->i", np.log(cdf[:, :n_below]), self.below_weight)
        total += np.einsum("ij,j->i", np.log(sf[:, :n_above]), self.above_weight)
        to, beyond = cdf[:, n_below:], sf[:, n_above:]
        between = np.where(to[:, end] < 0.5, to[:, end] - to[:, start], beyond[:, start] - beyond[:, end])
        total += np.einsum("ij,j->i", np.log(between), self.weight)
        return np.asarray(total)

    def coarse(self, terms: int) -> Masses:
        """About `terms` terms of each kind, neighbours merged at their mean ends; itself where there are no more."""
        if max(len(self.above), len(self.below), len(self.lower)) <= terms:
            return self
        if terms not in self._coarser:
            above, above_weight = _merged((self.above,), self.above_weight, terms)
            below, below_weight = _merged((self.below,), self.below_weight, terms)
            lower, upper, weight = _merged((self.lower, self.upper), self.weight, terms)
            self._coarser[terms] = Masses(
                above, above_weight, below, below_weight, lower, upper, weight, self.rows, self.windowed
            )
        return self._coarser[terms]


def tails(
    family: Family, shapes: tuple[FloatArray, ...], below: FloatArray, above: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """P(Z ≤ z) at `below` (K, B) and P(Z > z) at `above` (K, A)."""
    low, high = family.support(*shapes)
    if family.closed_cdf:
        cdf = family.cdf(np.clip(below, low, high), *shapes)
        sf = family.sf(np.clip(above, low, high), *shapes)
    else:
        cdf, sf = cdf_sf(family, shapes, np.concatenate([below, above], axis=1))
        cdf, sf = cdf[:, : below.shape[1]], sf[:, below.shape[1] :]
    cdf = np.where(below <= low, 0.0, np.where(below >= high, 1.0, cdf))
    return cdf, np.where(above <= low, 1.0, np.where(above >= high, 0.0, sf))


def masses(
    censored: Intervals, truncated: Intervals, window: tuple[float, float], shift: float, scale: float, factor: float
) -> Masses:
    """The terms of a column's incomplete rows, all of which a `window` in the data's unit had to let in besides.

    `shift`, `scale`: of the view; `factor`: what weights are multiplied by.
    """
    kinds = [_kinds(part, window, sign * factor) for part, sign in ((censored, 1.0), (truncated, -1.0))]
    (above, above_weight), (below, below_weight), (lower, upper, weight) = (
        tuple(np.concatenate(arrays) for arrays in zip(*both, strict=True)) for both in zip(*kinds, strict=True)
    )
    above, below, lower, upper = ((place - shift) / scale for place in (above, below, lower, upper))
    rows, windowed = censored.weight * factor, truncated.weight * factor
    return Masses(above, above_weight, below, below_weight, lower, upper, weight, rows, windowed)


def _kinds(part: Intervals, window: tuple[float, float], sign: float) -> tuple[Points, Points, Cells]:
    """Rays above, rays below and intervals, cut to `window`: a ray that it ends becomes an interval."""
    above, below, pairs = points(part.above), points(part.below), part.between
    cells = (np.clip(pairs.lower, *window), np.clip(pairs.upper, *window), pairs.count)
    if np.isfinite(window[1]):
        c, weight = np.maximum(above[0], window[0]), above[1]
        cells, above = _joined(cells, (c, np.full(len(c), window[1]), weight)), (c[:0], weight[:0])
    if np.isfinite(window[0]):
        c, weight = np.minimum(below[0], window[1]), below[1]
        cells, below = _joined(cells, (np.full(len(c), window[0]), c, weight)), (c[:0], weight[:0])
        above = np.maximum(above[0], window[0]), above[1]
    distinct = Pairs.of(*cells)
    return (
        (above[0], sign * above[1]),
        (below[0], sign * below[1]),
        (distinct.lower, distinct.upper, sign * distinct.count),
    )


def _joined(a: Cells, b: Cells) -> Cells:
    lower, upper, weight = (np.concatenate(pair) for pair in zip(a, b, strict=True))
    return lower, upper, weight


def points(tally: Tally) -> Points:
    """Places and weights: atoms, and bins as two points at mean ± standard deviation, or one that has none."""
    filled = tally.count > 0
    low, high, count, mean = tally.edges[:-1], tally.edges[1:], tally.count[filled], tally.mean[filled]
    deviation = np.sqrt(tally.m2[filled] / count)
    sides = [np.clip(mean + s * deviation, low[filled], high[filled]) for s in (-1, 1)] if len(count) else [mean, mean]
    places = np.concatenate([tally.atoms, *sides])
    order = np.argsort(places, kind="stable")
    return places[order], np.concatenate([tally.atom_count, count / 2, count / 2])[order]


def _merged(ends: tuple[FloatArray, ...], weight: FloatArray, terms: int) -> tuple[FloatArray, ...]:
    """Ends (M,) and weights of about `terms` terms: neighbours of one sign, near in rank and in place, at their means."""
    if len(weight) <= terms:
        return (*ends, weight)
    keys = [np.floor(np.arcsinh(end) * (terms * 0.1)) for end in ends[1:]]
    order = np.lexsort((ends[0], *keys, weight < 0))
    size = np.abs(weight[order])
    rank = np.floor(np.cumsum(size) / size.sum() * (terms * 0.4))
    place = np.floor(np.arcsinh(ends[0][order]) * (terms * 0.1))
    marks = [rank, place, *(key[order] for key in keys), weight[order] < 0]
    first = np.flatnonzero(np.concatenate([[True], np.any([m[1:] != m[:-1] for m in marks], axis=0)]))
    total = np.add.reduceat(size, first)
    means = [np.add.reduceat(size * end[order], first) / total for end in ends]
    return (*means, np.where(weight[order][first] < 0, -total, total))
