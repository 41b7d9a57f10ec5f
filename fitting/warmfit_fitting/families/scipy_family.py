"""The generic path: any `scipy.stats.rv_continuous`, a user's own included, as a `Family`."""

from __future__ import annotations

import numpy as np
from scipy import stats

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import UnsupportedType
from warmfit_fitting.families.family import Cost, Family, Shape


class ScipyFamily(Family):
    """A family that asks a SciPy distribution object for everything.

    The domains of the shapes are those that SciPy's own objects declare; for others the whole line, where a parameter
    vector that the object refuses has likelihood zero.
    """

    cost = Cost.SPECIAL
    trusted = False

    def __init__(self, name: str, dist: stats.rv_continuous) -> None:
        if not isinstance(dist, stats.rv_continuous):
            raise UnsupportedType(f"{name!r} is a {type(dist).__name__}; expected a scipy.stats.rv_continuous")
        self.name = name
        self.dist = dist
        self.shapes = _shapes(dist)
        self.low, self.high = float(dist.a), float(dist.b)
        self.closed_cdf = type(dist)._cdf is not stats.rv_continuous._cdf

    def logpdf(self, z: FloatArray, *shapes: FloatArray) -> FloatArray:
        return np.asarray(self.dist.logpdf(z, *shapes), dtype=np.float64)

    def cdf(self, z: FloatArray, *shapes: FloatArray) -> FloatArray:
        return np.asarray(self.dist.cdf(z, *shapes), dtype=np.float64)

    def sf(self, z: FloatArray, *shapes: FloatArray) -> FloatArray:
        return np.asarray(self.dist.sf(z, *shapes), dtype=np.float64)

    def support(self, *shapes: FloatArray) -> tuple[FloatArray, FloatArray]:
        low, high = self.dist.support(*shapes)
        # A refused shape has no support; the density says so, and the ends must stay numbers.
        return np.nan_to_num(low, nan=-np.inf, neginf=-np.inf), np.nan_to_num(high, nan=np.inf, posinf=np.inf)

    def reliable_ends(self, *shapes: FloatArray) -> tuple[FloatArray, FloatArray]:
        return np.asarray(self.low), np.asarray(self.high)


def _shapes(dist: stats.rv_continuous) -> tuple[Shape, ...]:
    names = [s.strip() for s in (dist.shapes or "").split(",") if s.strip()]
    info = getattr(dist, "_shape_info", None) if names else None
    declared = {i.name: i.domain for i in info()} if info else {}
    return tuple(Shape(n, *(float(end) for end in declared.get(n, (-np.inf, np.inf)))) for n in names)
