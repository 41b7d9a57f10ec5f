"""Families of an angle: vonmises, vonmises_line, wrapcauchy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.families.bulk import Bulk, normal_bulk
from warmfit_fitting.families.family import Family, Shape, positive

if TYPE_CHECKING:
    from warmfit_fitting.estimation.features import Features


class VonMises(Family):
    """f(z; κ) = e^(κ cos z) / (2π I₀(κ)), kappa > 0: a density over any interval of length 2π.

    Mardia & Jupp 2000, ch. 3.5.
    """

    name = "vonmises"
    shapes = (positive("kappa"),)
    refusal = (
        "vonmises is periodic on the line, so with a free scale its likelihood has no meaning; vonmises_line is its "
        "density on one period."
    )

    def logpdf(self, z: FloatArray, kappa: FloatArray) -> FloatArray:
        half_sine = np.sin(0.5 * z)
        # cos z − 1 = −2 sin²(z/2), which keeps its accuracy near the mode for large κ
        return (-2.0 * kappa) * half_sine * half_sine - np.log(2.0 * math.pi * special.i0e(kappa))


class VonMisesLine(VonMises):
    """The von Mises density on its one period −π < z < π."""

    name = "vonmises_line"
    low = -math.pi
    high = math.pi
    refusal = ""

    def bulk(self, kappa: FloatArray) -> Bulk:
        return normal_bulk(np.zeros_like(kappa), 1.0 / np.sqrt(kappa + 0.3))

    def starts(self, data: Features) -> Sequence[tuple[float, ...]]:
        """Circles that the data just fill, about several places."""
        found = []
        for loc in (data.median, data.mean, 0.5 * (data.minimum + data.maximum)):
            scale = 1.02 * max(data.maximum - loc, loc - data.minimum) / math.pi
            found += [((scale / width) ** 2, loc, scale) for width in (data.std, 0.75 * data.iqr) if width > 0]
        return found


class WrapCauchy(Family):
    """f(z; c) = (1 − c²) / (2π (1 + c² − 2c cos z)) on 0 < z < 2π, 0 < c < 1 (Mardia & Jupp 2000, ch. 3.5)."""

    name = "wrapcauchy"
    shapes = (Shape("c", 0.0, 1.0),)
    low = 0.0
    high = 2.0 * math.pi
    closed_cdf = True

    def logpdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        half_sine = np.sin(0.5 * z)
        constant = np.log((1.0 - c) * (1.0 + c) / (2.0 * math.pi))
        return constant - np.log((1.0 - c) ** 2 + (4.0 * c) * half_sine * half_sine)

    def cdf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return np.arctan2((1.0 + c) * np.sin(0.5 * z), (1.0 - c) * np.cos(0.5 * z)) / math.pi

    def sf(self, z: FloatArray, c: FloatArray) -> FloatArray:
        return np.arctan2((1.0 + c) * np.sin(0.5 * z), (c - 1.0) * np.cos(0.5 * z)) / math.pi
