"""The method of moments: as many moments of the column matched as parameters are free, four at most.

Location and scale follow from the mean and the variance; shapes from the skewness and the excess kurtosis, by bounded least
squares from the family's own starts. Where a location or scale is held, or the lower end of the support, the next
moments take its place. Families that are symmetric for all shapes pass the odd moments over, which say nothing of their
shapes. (Pearson 1894, Phil. Trans. R. Soc. A 185; Bowman & Shenton 1985, Encyclopedia of Statistical Sciences 5.)

There are no standard errors: those of four sample moments need the eighth, which a summary does not keep.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.optimize import least_squares

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.estimation.coordinates import Coordinates
from warmfit_fitting.estimation.methods.integrals import StandardMoments, standard_moments
from warmfit_fitting.estimation.search import Estimate
from warmfit_fitting.families.family import Family
from warmfit_fitting.likelihood.objective import Objective
from warmfit_fitting.likelihood.view import View
from warmfit_fitting.summary import ColumnSummary

MATCHED = 1e-6  # how far moments may stay from the column's, relative to their size and to one
STARTS = 3  # from which the solution is sought
ROUNDS = 40
STEP = 1e-6  # of the differences that give the slopes of the moments
AWAY = 1e3  # the residual of moments that do not exist
REACH = 40.0  # the farthest start in free coordinates
SYMMETRIC = 1e-8  # the greatest skewness, at all starts, of a family that is symmetric

NAMES = ("mean", "standard deviation", "skewness", "excess kurtosis")


@dataclass(frozen=True, slots=True)
class SampleMoments:
    """`mean`, `std` (n in the denominator), `skewness` and `kurtosis` (excess) of a column, in a view's unit."""

    mean: float
    std: float
    skewness: float
    kurtosis: float

    @classmethod
    def of(cls, summary: ColumnSummary, view: View) -> SampleMoments:
        """The moments of all rows, weighted where they have weights, not those of bins."""
        return cls(view.mean, view.std, summary.skewness, summary.kurtosis)

    def array(self) -> FloatArray:
        """The four as an array (4,)."""
        return np.array([self.mean, self.std, self.skewness, self.kurtosis])


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Why there is no estimate; `impossible` where the column does not matter."""

    reason: str
    impossible: bool = False


def matched(objective: Objective, coordinates: Coordinates, sample: SampleMoments) -> Estimate | Unmatched:
    """The parameters that match the moments; of several, those of the highest likelihood."""
    match = Match(objective.family, coordinates, sample)
    if len(match.free) > len(match.left):
        what = f"it has {coordinates.n_free} free parameters"
        return Unmatched(f"{what}; a summary keeps four moments, and not all of them depend on its shapes", True)
    starts = match.starts()
    if not len(starts):
        return Unmatched(match.missing(), True)
    ends = np.array([_solved(match, start, objective.budget.spend) for start in starts])
    misses = match.residuals(ends)
    good = np.abs(misses).max(axis=1, initial=0.0) < MATCHED
    if not good.any():
        return Unmatched(match.shortfall(ends[int(np.argmin((misses**2).sum(axis=1)))]))
    theta = match.theta(ends[good])
    values = objective(theta)
    best = int(np.argmax(values))
    if not np.isfinite(values[best]):
        return Unmatched("its moments match, but its support then leaves values out, so that they have no density")
    loglik = float(values[best]) * objective.view.total
    return Estimate(theta[best], loglik, "converged" if match.free else "closed_form")


def _solved(match: Match, start: FloatArray, spend: Callable[[int], None]) -> FloatArray:
    """The free coordinates (F,) of the shapes that least squares reach from `start` (F,)."""
    if not len(start):
        return start

    size, known = len(start), dict[bytes, FloatArray]()

    def around(free: FloatArray) -> FloatArray:
        """The residuals (1 + 2F, F) at a point and at the ends of its differences, in one batch."""
        key = free.tobytes()
        if key not in known:
            spend(1 + 2 * size)
            step = np.diag(STEP * np.maximum(1.0, np.abs(free)))
            known[key] = match.residuals(np.concatenate([free[None], free + step, free - step]))
        return known[key]

    def residuals(free: FloatArray) -> FloatArray:
        return np.asarray(around(free)[0])

    def slopes(free: FloatArray) -> FloatArray:
        values, step = around(free), STEP * np.maximum(1.0, np.abs(free))
        return np.asarray(((values[1 : 1 + size] - values[1 + size :]) / (2 * step[:, None])).T)

    end = least_squares(residuals, start, slopes, xtol=1e-12, ftol=1e-12, gtol=1e-12, max_nfev=ROUNDS)
    return np.asarray(end.x, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Match:
    """The moment conditions of a family on a column, what is held fixed taken into account."""

    family: Family
    coordinates: Coordinates
    sample: SampleMoments

    @cached_property
    def free(self) -> list[int]:
        """The places of the free shapes."""
        return [i for i, shape in enumerate(self.family.shapes) if shape.name not in self.coordinates.fixed]

    @cached_property
    def left(self) -> list[int]:
        """The moments left to tell the shapes, as places in `NAMES`, in order."""
        scale_held = "scale" in self.coordinates.fixed
        if self._anchored and self._centred:
            return [1, 3] if scale_held else [3]
        first = 2 - int(self._anchored) - int(scale_held)
        return [i for i in range(first, 4) if i != 2 or not self._symmetric]

    @property
    def _anchored(self) -> bool:
        return "loc" in self.coordinates.fixed or self.coordinates.edge is not None

    @cached_property
    def _at_starts(self) -> tuple[FloatArray, StandardMoments]:
        """The shapes (K, S) that the search begins with, fixed ones at their values, and their moments."""
        rows = list(self.family.shape_starts())
        shapes = np.array(rows, dtype=np.float64).reshape(len(rows), len(self.family.shapes))
        for i, shape in enumerate(self.family.shapes):
            shapes[:, i] = self.coordinates.fixed.get(shape.name, shapes[:, i])
        return shapes, standard_moments(self.family, shapes)

    @cached_property
    def _symmetric(self) -> bool:
        shapes = self._shapes(self._free_starts + np.linspace(0.3, 0.7, len(self.free)))  # no two of them equal
        skewness = np.abs(standard_moments(self.family, shapes).skewness)
        return bool((skewness < SYMMETRIC).any()) and not (skewness > SYMMETRIC).any()

    @cached_property
    def _centred(self) -> bool:
        """Whether the mean of the standard form lies where the held location does, for all shapes."""
        at = self._at_starts[1]
        anchor = self._anchor(self._at_starts[0])
        return self._symmetric and not (np.abs(at.mean - anchor) > SYMMETRIC * np.sqrt(at.variance)).any()

    def _anchor(self, shapes: FloatArray) -> FloatArray:
        """The place in the standard form (K,) that a held location, or a held end of the support, is."""
        if self.coordinates.edge is None:
            return np.zeros(len(shapes))
        return np.broadcast_to(self.family.support(*shapes.T)[0], (len(shapes),))

    def starts(self) -> FloatArray:
        """The free coordinates (K, F) from which solutions are sought: those whose moments exist, nearest first."""
        free = self._free_starts
        size = (self.residuals(free) ** 2).sum(axis=1)
        exists = np.isfinite(self._place(self._at_starts[0])[:, :4]).all(axis=1) & (size < AWAY)
        order = [int(i) for i in np.argsort(size, kind="stable") if exists[i]]
        return free[order[: STARTS if self.free else 1]]

    @cached_property
    def _free_starts(self) -> FloatArray:
        shapes = self._at_starts[0]
        with np.errstate(all="ignore"):
            columns = np.array(self.family.to_free(*shapes.T)).reshape(len(self.family.shapes), len(shapes))
        return np.clip(np.nan_to_num(columns.T[:, self.free]), -REACH, REACH)

    def missing(self) -> str:
        """Why there is no start: which moment does not exist, or is of the wrong sign."""
        moments = self._at_starts[1]
        for name, values in zip(
            NAMES, (moments.mean, moments.variance, moments.skewness, moments.kurtosis), strict=True
        ):
            if not np.isfinite(values).any():
                return f"its {name} does not exist, so that its moments cannot be matched"
        return "what is held fixed contradicts the mean of the column"

    def theta(self, free: FloatArray) -> FloatArray:
        """Parameter vectors (K, P) in the view's unit at free coordinates (K, F) of the shapes."""
        shapes = self._shapes(free)
        return np.concatenate([shapes, self._place(shapes)[:, :2]], axis=1)

    def residuals(self, free: FloatArray) -> FloatArray:
        """How far the moments that tell the shapes are from the column's, (K, F), at free coordinates (K, F)."""
        model, data = self._place(self._shapes(free))[:, 2:], self.sample.array()
        with np.errstate(all="ignore"):
            apart = [
                (model[:, 0] - data[0]) / data[1],
                np.log(model[:, 1] / data[1]),
                np.arcsinh(model[:, 2]) - np.arcsinh(data[2]),
                np.arcsinh(model[:, 3]) - np.arcsinh(data[3]),
            ]
        chosen = (
            np.stack([apart[i] for i in self.left[: len(self.free)]], axis=1) if self.free else np.zeros((len(free), 0))
        )
        return np.where(np.isfinite(chosen), chosen, AWAY)

    def _shapes(self, free: FloatArray) -> FloatArray:
        """All shapes (K, S) at free coordinates (K, F) of those that are free."""
        full = np.zeros((len(free), len(self.family.shapes)))
        full[:, self.free] = free
        with np.errstate(all="ignore"):
            columns = self.family.from_free(*full.T)
        for i, shape in enumerate(self.family.shapes):
            full[:, i] = self.coordinates.fixed.get(shape.name, columns[i])
        return full

    def _place(self, shapes: FloatArray) -> FloatArray:
        """Location, scale and the four moments (K, 6) of laws of those shapes that have the column's lowest moments."""
        m, held, sample = standard_moments(self.family, shapes), self.coordinates.fixed, self.sample
        with np.errstate(all="ignore"):
            deviation = np.sqrt(m.variance)
            anchor = self._anchor(shapes)
            at = self.coordinates.edge if self.coordinates.edge is not None else held.get("loc")
            if "scale" in held:
                scale = np.full(len(shapes), held["scale"])
            elif at is None:
                scale = sample.std / deviation
            elif self._centred:
                scale = np.hypot(sample.std, sample.mean - at) / deviation
            else:
                scale = (sample.mean - at) / (m.mean - anchor)
            scale = np.where(scale > 0, scale, np.nan)
            loc = sample.mean - scale * m.mean if at is None else at - scale * anchor
            return np.stack([loc, scale, loc + scale * m.mean, scale * deviation, m.skewness, m.kurtosis], axis=1)

    def shortfall(self, free: FloatArray) -> str:
        """What the nearest moments are, at free coordinates (F,), in words."""
        model, data = self._place(self._shapes(free[None]))[0, 2:], self.sample.array()
        wanted = self.left[: len(self.free)]
        given, found = ([f"{NAMES[i]} {round(values[i], 6) + 0.0:.4g}" for i in wanted] for values in (data, model))
        unit = " (in the unit of the middle half of the data)" if min(wanted) < 2 else ""
        return (
            f"none of its shapes has the column's {' and '.join(given)}{unit}; the nearest have {' and '.join(found)}"
        )
