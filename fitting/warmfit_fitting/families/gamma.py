"""The gamma group: gamma, erlang, chi2, invgamma."""

from __future__ import annotations

import numpy as np
from scipy import special

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.families.family import Cost, Family, positive


class Gamma(Family):
    """f(z; a) = z^(a−1) e^−z / Γ(a) on z > 0, shape a > 0 (Johnson, Kotz & Balakrishnan 1994, ch. 17)."""

    name = "gamma"
    shapes = (positive("a"),)
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray, a: FloatArray) -> FloatArray:
        return special.xlogy(a - 1.0, z) - z - special.gammaln(a)

    def cdf(self, z: FloatArray, a: FloatArray) -> FloatArray:
        return special.gammainc(a, z)

    def sf(self, z: FloatArray, a: FloatArray) -> FloatArray:
        return special.gammaincc(a, z)


class Erlang(Gamma):
    """Gamma under another name; the shape is not held to integers."""

    name = "erlang"
