"""The generic path: any `scipy.stats.rv_continuous`, a user's own included, as a `Family`."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from scipy import stats

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import UnsupportedType
from warmfit_fitting.estimation.features import Features
from warmfit_fitting.families.family import Cost, Family, Shape, spread

AS_ROWS = 500  # values that stand for the data where a user's own code asks for rows
SPREADS = {1: (0.05, 0.2, 0.5, 1.5, 5.0, 15.0), 2: (0.1, 0.5, 1.5, 5.0)}  # from a finite end, by the number of shapes
_STEP = 1e-3  # of the differences of a distribution function, relative to where they are taken
_NEAREST = 1e-6  # the least of them, in units of the standard form


class ScipyFamily(Family):
    """A family that asks a SciPy distribution object for everything.

    The domains of the shapes are those that SciPy's own objects declare, and what `_argcheck` allows where it is SciPy's
    own: positive numbers. For others it is the whole line, where a parameter vector that the object refuses has likelihood
    zero. An object that has a distribution function and no density gets one by differences.
    """

    cost = Cost.SPECIAL
    trusted = False

    def __init__(self, name: str, dist: stats.rv_continuous) -> None:
        if not isinstance(dist, stats.rv_continuous):
            raise UnsupportedType(f"{name!r} is a {type(dist).__name__}; expected a scipy.stats.rv_continuous")
        self.name = name
        self.dist = dist
        self.shapes = tuple(Shape(n, *domain) for n, domain in domains(dist).items())
        self.low, self.high = float(dist.a), float(dist.b)
        self.closed_cdf = _own(dist, "_cdf")
        self._by_differences = self.closed_cdf and not (_own(dist, "_pdf") or _own(dist, "_logpdf"))

    def logpdf(self, z: FloatArray, *shapes: FloatArray) -> FloatArray:
        if self._by_differences:
            return np.log(self._slope(z, *shapes))
        return np.asarray(self.dist.logpdf(z, *shapes), dtype=np.float64)

    def _slope(self, z: FloatArray, *shapes: FloatArray) -> FloatArray:
        """The derivative of the distribution function, by differences of the smaller tail that stay in the support.

        (F(z − 2h) − 8F(z − h) + 8F(z + h) − F(z + 2h))/12h; Abramowitz & Stegun 1964, table 25.2.
        """
        low, high = self.support(*shapes)
        room = np.minimum(z - low, high - z) / 4
        h = np.minimum(_STEP * np.maximum(np.abs(z), _NEAREST / _STEP), room)
        lower = self.cdf(z, *shapes) < 0.5
        total = np.zeros(np.broadcast_shapes(z.shape, *(s.shape for s in shapes)))
        for step, weight in ((-2.0, 1.0), (-1.0, -8.0), (1.0, 8.0), (2.0, -1.0)):
            at = z + step * h
            total += weight * np.where(lower, self.cdf(at, *shapes), -self.sf(at, *shapes))
        return np.maximum(total / (12 * h), 0.0)

    def cdf(self, z: FloatArray, *shapes: FloatArray) -> FloatArray:
        return np.asarray(self.dist.cdf(z, *shapes), dtype=np.float64)

    def sf(self, z: FloatArray, *shapes: FloatArray) -> FloatArray:
        return np.asarray(self.dist.sf(z, *shapes), dtype=np.float64)

    def support(self, *shapes: FloatArray) -> tuple[FloatArray, FloatArray]:
        low, high = self.dist.support(*shapes)
        # A refused shape has no support; the density says so, and the ends must stay numbers.
        return np.nan_to_num(low, nan=-np.inf, neginf=-np.inf), np.nan_to_num(high, nan=np.inf, posinf=np.inf)

    def reliable_ends(self, *shapes: FloatArray) -> tuple[FloatArray, FloatArray]:
        if not _own(self.dist, "_get_support"):
            return self._ends
        low, high = self.support(*shapes)
        lower, upper = self._bounded
        return low if lower else np.asarray(-np.inf), high if upper else np.asarray(np.inf)

    @cached_property
    def _bounded(self) -> tuple[bool, bool]:
        """Whether the lower and the upper end of the support are finite for all shapes, as far as a few can tell."""
        tried = np.array(self.shape_starts()).T.reshape(len(self.shapes), -1)
        tried = tried[:, np.broadcast_to(self.dist._argcheck(*tried), tried.shape[1:])]
        low, high = self.support(*tried)
        return bool(tried.size and np.isfinite(low).all()), bool(tried.size and np.isfinite(high).all())

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        if len(self.shapes) > 2 or not self.shapes:
            return super().shape_starts()
        return list(itertools.product(*(spread(s, SPREADS[len(self.shapes)]) for s in self.shapes)))

    def starts(self, data: Features) -> Sequence[tuple[float, ...]]:
        """What the object's own `_fitstart` says of values that stand for the data, where it has one."""
        if not _own(self.dist, "_fitstart"):
            return ()
        shares = (np.arange(AS_ROWS) + 0.5) / AS_ROWS
        rows = data.view.shift + data.view.scale * np.array([data.quantile(p) for p in shares])
        *shapes, loc, scale = (float(v) for v in self.dist._fitstart(rows))
        return [(*shapes, data.view.standardized(loc), scale / data.view.scale)]


def domains(dist: stats.rv_continuous | stats.rv_discrete) -> dict[str, tuple[float, float]]:
    """The interval of each shape of a SciPy object."""
    names = [s.strip() for s in (dist.shapes or "").split(",") if s.strip()]
    declared = shape_info(dist) if names else {}
    plain = type(dist)._argcheck in (stats.rv_continuous._argcheck, stats.rv_discrete._argcheck)
    otherwise = (0.0, np.inf) if plain else (-np.inf, np.inf)
    given = {n: (float(declared[n].domain[0]), float(declared[n].domain[1])) for n in names if n in declared}
    return {n: given.get(n, otherwise) for n in names}


def shape_info(dist: stats.rv_continuous | stats.rv_discrete) -> dict[str, stats._distn_infrastructure._ShapeInfo]:
    """What the object declares of its shapes, by name; nothing where it declares nothing."""
    info = getattr(dist, "_shape_info", None)
    return {i.name: i for i in info()} if info is not None else {}


def _own(dist: stats.rv_continuous, method: str) -> bool:
    """Whether the object's class has a method of its own."""
    return getattr(type(dist), method) is not getattr(stats.rv_continuous, method)
