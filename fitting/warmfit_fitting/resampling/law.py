"""`Law`: draws from a fitted distribution, many and fast: a table of its quantiles, made once.

The table is in t = log p − log(1 − p), in which quantiles are nearly straight in the body and, up to a power, in the tails;
a straight line between its knots moves no probability by more than some 1e-4 of itself.
"""

from __future__ import annotations

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import FitFailed
from warmfit_fitting.fitted import Fitted

KNOTS = 2049
REACH = 38.0  # of t: beyond 2⁻⁵⁴, the smallest probability that is drawn
LEAST = 2.0**-54


class Law:
    """The distribution `fitted`, for draws. Raises `FitFailed` where its quantiles are not known."""

    def __init__(self, fitted: Fitted) -> None:
        self.fitted = fitted
        self._t = np.linspace(-REACH, REACH, KNOTS)
        small = 1.0 / (1.0 + np.exp(np.abs(self._t)))
        x = np.where(self._t < 0, fitted.ppf(small), fitted.isf(small))
        if not np.isfinite(x).all():
            raise FitFailed(f"{fitted.family.name}: the quantiles at its parameters are not finite")
        self._x = np.maximum.accumulate(x)

    def quantile(self, below: FloatArray, above: FloatArray) -> FloatArray:
        """The values (…,) with those probabilities on their two sides."""
        value: FloatArray = np.interp(np.log(below) - np.log(above), self._t, self._x)
        return value

    def draw(self, uniform: FloatArray, low: FloatArray | None = None, high: FloatArray | None = None) -> FloatArray:
        """The values (…,) of uniform numbers in [0, 1), each given that it lies in (`low`, `high`] where these are given."""
        u = np.maximum(uniform, LEAST)
        below, above = u, 1.0 - u
        if low is not None and high is not None:
            start, beyond = self.fitted.cdf(low), self.fitted.sf(low)
            end, after = self.fitted.cdf(high), self.fitted.sf(high)
            below, above = start + u * (end - start), after + (1.0 - u) * (beyond - after)
            return np.clip(self.quantile(below, above), low, high)
        return self.quantile(below, above)
