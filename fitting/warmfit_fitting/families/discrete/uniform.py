"""Whole numbers between two ends, each as probable as the others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from warmfit_fitting.arrays import BoolArray, FloatArray
from warmfit_fitting.discrete.features import CountFeatures
from warmfit_fitting.families.discrete.family import DiscreteFamily
from warmfit_fitting.families.family import Shape


class RandInt(DiscreteFamily):
    """1/(high − low) on low … high − 1. Its estimate: the smallest value, and the largest plus one."""

    name = "randint"
    shapes = (Shape("low", far=1e16), Shape("high", far=1e16))
    integer_shapes = ("low", "high")
    low = -np.inf
    closed_cdf = True

    def support(self, low: FloatArray, high: FloatArray) -> tuple[FloatArray, FloatArray]:
        return low, high - 1

    def allowed(self, low: FloatArray, high: FloatArray) -> BoolArray:
        return low < high

    def logpmf(self, k: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
        return -np.log(high - low) + np.zeros_like(k)

    def cdf(self, k: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
        return (k - low + 1) / (high - low)

    def sf(self, k: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
        return (high - 1 - k) / (high - low)

    def starts(self, data: CountFeatures) -> Sequence[tuple[float, ...]]:
        return [(data.minimum, data.maximum + 1)]

    def closed_form(self, data: CountFeatures) -> tuple[float, ...] | None:
        return (data.minimum, data.maximum + 1)
