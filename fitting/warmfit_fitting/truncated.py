"""`Truncated`: a SciPy distribution conditioned on a window, with the methods that a frozen distribution has.

It serves results that were fitted with bounds. It estimates nothing: its parameters are those of the
distribution before truncation, f(x | low ≤ X ≤ high) = f(x) / (F(high) − F(low)).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import integrate

from warmfit_fitting.errors import FitFailed, InvalidInput

_LEAST_MASS = 1e-300  # below it quantiles would be noise
_KNOTS = (1e-9, 1e-6, 1e-3, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 0.999, 1 - 1e-6, 1 - 1e-9)
_FAR = (1e-9, 1e-12)  # tail probabilities between which a tail's exponent is read


class Truncated:
    """A frozen SciPy distribution given that its value lies in [`low`, `high`]; either may be infinite.

    Raises `InvalidInput` where the window and the support do not meet, and `FitFailed` where the window holds
    no mass that a double can hold.
    """

    def __init__(self, base: Any, low: float, high: float) -> None:
        start, end = (float(edge) for edge in base.support())
        self.base = base
        self.low, self.high = max(low, start), min(high, end)
        if not self.low < self.high:
            raise InvalidInput(f"the window [{low}, {high}] does not meet the support [{start}, {end}]")
        # In the upper half the survival function keeps the digits that the distribution function loses.
        self._upper = bool(base.cdf(self.low) > 0.5)
        tail = base.sf if self._upper else base.cdf
        self._at_low, self._at_high = float(tail(self.low)), float(tail(self.high))
        self._mass = abs(self._at_high - self._at_low)
        if not self._mass > _LEAST_MASS:
            raise FitFailed(f"the distribution has no mass in the window [{low}, {high}]")

    def support(self) -> tuple[float, float]:
        """The window as far as the support reaches."""
        return self.low, self.high

    def logpdf(self, x: ArrayLike) -> Any:
        """The log-density, −inf outside the window."""
        at = np.asarray(x, dtype=np.float64)
        inside = (at >= self.low) & (at <= self.high)
        density = self.base.logpdf(np.where(inside, at, np.nan)) - math.log(self._mass)
        return np.where(inside | np.isnan(at), density, -np.inf)[()]

    def pdf(self, x: ArrayLike) -> Any:
        """The density, 0 outside the window."""
        at = np.asarray(x, dtype=np.float64)
        inside = (at >= self.low) & (at <= self.high)
        density = self.base.pdf(np.where(inside, at, np.nan)) / self._mass
        return np.where(inside | np.isnan(at), density, 0.0)[()]

    def cdf(self, x: ArrayLike) -> Any:
        """P(X ≤ x) within the window."""
        at = np.clip(np.asarray(x, dtype=np.float64), self.low, self.high)
        mass = self._at_low - self.base.sf(at) if self._upper else self.base.cdf(at) - self._at_low
        return np.clip(mass / self._mass, 0.0, 1.0)[()]

    def sf(self, x: ArrayLike) -> Any:
        """P(X > x) within the window."""
        at = np.clip(np.asarray(x, dtype=np.float64), self.low, self.high)
        mass = self.base.sf(at) - self._at_high if self._upper else self._at_high - self.base.cdf(at)
        return np.clip(mass / self._mass, 0.0, 1.0)[()]

    def ppf(self, q: ArrayLike) -> Any:
        """The quantile of probability `q`; NaN outside [0, 1]."""
        p = np.asarray(q, dtype=np.float64)
        step = p * (self._at_high - self._at_low)
        return self._quantile(self._at_low + step, (p >= 0) & (p <= 1))

    def isf(self, q: ArrayLike) -> Any:
        """The value exceeded with probability `q`; NaN outside [0, 1]."""
        p = np.asarray(q, dtype=np.float64)
        step = p * (self._at_high - self._at_low)
        return self._quantile(self._at_high - step, (p >= 0) & (p <= 1))

    def _quantile(self, tail: Any, possible: Any) -> Any:
        invert = self.base.isf if self._upper else self.base.ppf
        value = np.clip(invert(np.clip(tail, 0.0, 1.0)), self.low, self.high)
        return np.where(possible, value, np.nan)[()]

    def rvs(self, size: int | tuple[int, ...] = 1, random_state: int | np.random.Generator | None = None) -> Any:
        """Draws of the given size, by the quantile of uniform numbers."""
        return self.ppf(np.random.default_rng(random_state).random(size))

    def median(self) -> float:
        """The quantile of probability ½."""
        return float(self.ppf(0.5))

    def interval(self, confidence: float) -> tuple[Any, Any]:
        """The ends of the middle `confidence` of the mass."""
        tail = (1 - confidence) / 2
        return self.ppf(tail), self.isf(tail)

    def mean(self) -> float:
        """The expected value, infinite where an untruncated tail makes it so."""
        left, right = (self._diverges(1, side) for side in ("left", "right"))
        if left or right:
            return math.nan if left and right else (-math.inf if left else math.inf)
        return self._centre

    def var(self) -> float:
        """The variance, infinite where an untruncated tail makes it so; NaN without a finite mean."""
        if not math.isfinite(self.mean()):
            return math.nan
        if any(self._diverges(2, side) for side in ("left", "right")):
            return math.inf
        return self._expect(lambda x: (x - self._centre) ** 2)

    def std(self) -> float:
        """The standard deviation, as `var`."""
        return math.sqrt(self.var())

    @cached_property
    def _centre(self) -> float:
        middle = self.median()
        return middle + self._expect(lambda x: x - middle)

    def _expect(self, g: Callable[[float], float]) -> float:
        """∫ g(x) f(x) dx over the window, piece by piece between quantiles, each in the unit of its width."""
        knots = np.unique([k for k in (self.low, *self.ppf(np.array(_KNOTS)), self.high) if math.isfinite(k)])
        ends = [(knots[-1], math.inf)] * math.isinf(self.high) + [(-math.inf, knots[0])] * math.isinf(self.low)
        return math.fsum(self._piece(g, float(a), float(b)) for a, b in [*pairwise(knots), *ends])

    def _piece(self, g: Callable[[float], float], a: float, b: float) -> float:
        origin = a if math.isfinite(a) else b
        unit = b - a if math.isfinite(b - a) else abs(origin - self.median())

        def integrand(u: float) -> float:
            x = origin + unit * u
            return g(x) * float(self.pdf(x)) * unit

        # full_output keeps QUADPACK's warnings out of the caller's way
        return float(integrate.quad(integrand, (a - origin) / unit, (b - origin) / unit, full_output=1)[0])

    def _diverges(self, order: int, side: str) -> bool:
        """Whether the moment is infinite through this tail; asked of it where SciPy has no moment."""
        if math.isfinite(self.high if side == "right" else self.low):
            return False
        with np.errstate(all="ignore"):
            if math.isfinite(float(self.base.mean() if order == 1 else self.base.var())):
                return False
        quantile = self.base.isf if side == "right" else self.base.ppf
        near, far = (abs(float(quantile(p)) - float(self.base.median())) for p in _FAR)
        exponent = math.log(_FAR[0] / _FAR[1]) / math.log(far / near) if far > near else math.inf
        return exponent <= order * (1 + 1e-3)
