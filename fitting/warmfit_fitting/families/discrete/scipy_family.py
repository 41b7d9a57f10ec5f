"""The generic path: any `scipy.stats.rv_discrete` that a user registers, as a `DiscreteFamily`."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from scipy import stats

from warmfit_fitting.arrays import BoolArray, FloatArray
from warmfit_fitting.discrete.features import CountFeatures
from warmfit_fitting.errors import UnsupportedType
from warmfit_fitting.families.discrete.family import DiscreteFamily
from warmfit_fitting.families.family import Cost, Shape
from warmfit_fitting.families.scipy_family import domains, shape_info


class ScipyDiscreteFamily(DiscreteFamily):
    """A family that asks a SciPy distribution object for everything.

    Domains, and which shapes are whole numbers, are what the object's `_shape_info` declares; without one, shapes are
    positive numbers where `_argcheck` is SciPy's own, and otherwise on the whole line, where a vector that the object
    refuses has likelihood zero.
    """

    cost = Cost.SPECIAL
    closed_cdf = True
    lattice_only = True

    def __init__(self, name: str, dist: stats.rv_discrete) -> None:
        if not isinstance(dist, stats.rv_discrete):
            raise UnsupportedType(f"{name!r} is a {type(dist).__name__}; expected a scipy.stats.rv_discrete")
        self.name, self.dist = name, dist
        self.low, self.high = float(dist.a), float(dist.b)
        info = shape_info(dist) if dist.shapes else {}
        self.shapes = tuple(Shape(n, *domain) for n, domain in domains(dist).items())
        self.integer_shapes = tuple(s.name for s in self.shapes if s.name in info and info[s.name].integrality)

    def logpmf(self, k: FloatArray, *shapes: FloatArray) -> FloatArray:
        return np.asarray(self.dist.logpmf(np.rint(k), *shapes), dtype=np.float64)

    def cdf(self, k: FloatArray, *shapes: FloatArray) -> FloatArray:
        return np.asarray(self.dist.cdf(k, *shapes), dtype=np.float64)

    def sf(self, k: FloatArray, *shapes: FloatArray) -> FloatArray:
        return np.asarray(self.dist.sf(k, *shapes), dtype=np.float64)

    def support(self, *shapes: FloatArray) -> tuple[FloatArray, FloatArray]:
        low, high = self.dist.support(*shapes)
        return np.nan_to_num(low, nan=-np.inf, neginf=-np.inf), np.nan_to_num(high, nan=np.inf, posinf=np.inf)

    def allowed(self, *shapes: FloatArray) -> BoolArray:
        return np.asarray(self.dist._argcheck(*shapes), dtype=bool)

    def starts(self, data: CountFeatures) -> Sequence[tuple[float, ...]]:
        mean = max(abs(data.mean), 1.0)
        return list(itertools.product(*(_spread(s, s.name in self.integer_shapes, mean, data) for s in self.shapes)))

    def scipy_object(self) -> stats.rv_discrete:
        return self.dist


def _spread(shape: Shape, is_whole: bool, mean: float, data: CountFeatures) -> tuple[float, ...]:
    """A few values across a shape's interval, of the data's size."""
    if is_whole:
        found = {np.rint(v) for v in (1.0, data.maximum, data.maximum + 1, mean, 4 * mean)}
        return tuple(sorted(float(v) for v in found if shape.low <= v <= shape.high))
    if np.isfinite(shape.low) and np.isfinite(shape.high):
        return tuple(shape.low + (shape.high - shape.low) * share for share in (0.1, 0.5, 0.9))
    if np.isfinite(shape.low):
        return tuple(shape.low + d for d in (0.5, 1.5, mean))
    return (-mean, 0.1, mean)
