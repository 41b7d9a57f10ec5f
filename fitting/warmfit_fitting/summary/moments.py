"""Weighted central moments that merge: weight, mean and the sums of second, third and fourth powers.

Formulas: Chan, Golub & LeVeque (1979), "Updating formulae and a pairwise algorithm for computing sample
variances"; Pébay (2008), "Formulas for robust, one-pass parallel computation of covariances and arbitrary-order
statistical moments", Sandia report SAND2008-6212.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from warmfit_fitting.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class Moments:
    """`weight` Σw, `mean`, and Σw(x − mean)ᵏ for k = 2, 3, 4."""

    weight: float = 0.0
    mean: float = 0.0
    m2: float = 0.0
    m3: float = 0.0
    m4: float = 0.0

    @classmethod
    def of(cls, values: FloatArray, count: FloatArray) -> Moments:
        """The moments of `values` (D,), each taken `count` (D,) times."""
        weight = float(count.sum())
        if weight == 0:
            return cls()
        anchor = float(values[len(values) // 2])
        with np.errstate(over="ignore", invalid="ignore"):
            mean = anchor + float(count @ (values - anchor)) / weight
            if not np.isfinite(mean):  # the sum overflowed: add shares instead
                mean = float((count / weight) @ values)
            d = values - mean
            square = d * d
            s1, s2, s3, s4 = (np.float64(count @ power) for power in (d, square, square * d, square * square))
            e = s1 / weight  # what rounding the mean to a float left: at offsets of 1e15 that is far from nothing
            m2, m3 = s2 - weight * e**2, s3 - 3 * e * s2 + 2 * weight * e**3
            m4 = s4 - 4 * e * s3 + 6 * e**2 * s2 - 3 * weight * e**4
            return cls(weight, mean, float(m2), float(m3), float(m4))

    def merge(self, other: Moments) -> Moments:
        """The moments of both sets of rows together."""
        if self.weight == 0 or other.weight == 0:
            return other if self.weight == 0 else self
        # Ordered operands, so that a.merge(b) and b.merge(a) are the same bits.
        a, b = sorted((self, other), key=lambda m: (m.weight, m.mean, m.m2))
        na, nb = a.weight, b.weight
        n = na + nb
        d = b.mean - a.mean
        with np.errstate(over="ignore", invalid="ignore"):
            d, dn = np.float64(d), np.float64(d) / n
            m2 = a.m2 + b.m2 + d * dn * na * nb
            m3 = a.m3 + b.m3 + d * dn * dn * na * nb * (na - nb) + 3 * dn * (na * b.m2 - nb * a.m2)
            m4 = (
                a.m4
                + b.m4
                + d * dn**3 * na * nb * (na * na - na * nb + nb * nb)
                + 6 * dn * dn * (na * na * b.m2 + nb * nb * a.m2)
                + 4 * dn * (na * b.m3 - nb * a.m3)
            )
            mean = float(a.mean + nb * dn)
            if not np.isfinite(mean):
                mean = a.mean * (na / n) + b.mean * (nb / n)
            return Moments(n, mean, float(m2), float(m3), float(m4))
