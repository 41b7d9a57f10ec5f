"""SciPy's face of a family that SciPy does not have: an `rv_discrete` that asks the family for everything."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats
from scipy.stats._distn_infrastructure import _ShapeInfo

from warmfit_fitting.arrays import AnyArray, BoolArray, FloatArray
from warmfit_fitting.discrete.law import CountLaw
from warmfit_fitting.families.discrete.family import DiscreteFamily


class CountDistribution(stats.rv_discrete):  # type: ignore[misc]  # SciPy is untyped
    """The distribution of `family`, for `pmf`, `cdf`, `rvs` and all else that SciPy derives from them."""

    def __new__(cls, *_: Any, **__: Any) -> CountDistribution:
        made: CountDistribution = object.__new__(cls)  # rv_discrete's own looks for values= among the arguments
        return made

    def __init__(self, family: DiscreteFamily) -> None:
        self.family = family
        names = ", ".join(shape.name for shape in family.shapes)
        super().__init__(a=family.low, b=family.high, name=family.name, shapes=names)

    def __reduce__(self) -> tuple[Any, ...]:
        return CountDistribution, (self.family,)

    def _updated_ctor_param(self) -> dict[str, Any]:
        return {"family": self.family}

    def _shape_info(self) -> list[_ShapeInfo]:
        whole = self.family.integer_shapes
        return [_ShapeInfo(s.name, s.name in whole, (s.low, s.high), (False, False)) for s in self.family.shapes]

    def _argcheck(self, *shapes: FloatArray) -> BoolArray:
        known = [(s.low <= v) & (v <= s.high) for s, v in zip(self.family.shapes, shapes, strict=True)]
        known += [shapes[i] == np.rint(shapes[i]) for i in self.family.whole]
        return np.logical_and.reduce(np.broadcast_arrays(*known, self.family.allowed(*shapes)))

    def _get_support(self, *shapes: FloatArray) -> tuple[FloatArray, FloatArray]:
        return self.family.support(*shapes)

    def _logpmf(self, k: FloatArray, *shapes: FloatArray) -> FloatArray:
        return self.family.logpmf(k, *shapes)

    def _pmf(self, k: FloatArray, *shapes: FloatArray) -> FloatArray:
        return np.exp(self.family.logpmf(k, *shapes))

    def _cdf(self, k: FloatArray, *shapes: FloatArray) -> FloatArray:
        return self._through("cdf", k, shapes)

    def _sf(self, k: FloatArray, *shapes: FloatArray) -> FloatArray:
        return self._through("sf", k, shapes)

    def _ppf(self, q: FloatArray, *shapes: FloatArray) -> FloatArray:
        return self._through("quantile", q, shapes)

    def _through(self, name: str, x: FloatArray, shapes: tuple[FloatArray, ...]) -> FloatArray:
        """A function of the family's law, one vector of shapes after the other."""
        x, *shapes_ = np.broadcast_arrays(np.asarray(x, dtype=np.float64), *shapes)
        out = np.empty(x.shape)
        vectors: AnyArray = np.stack([s.ravel() for s in shapes_])
        distinct, which = np.unique(vectors, axis=1, return_inverse=True)
        for i in range(distinct.shape[1]):
            law, at = CountLaw(self.family, tuple(distinct[:, i])), (which.ravel() == i).reshape(x.shape)
            out[at] = getattr(law, name)(x[at])
        return out
