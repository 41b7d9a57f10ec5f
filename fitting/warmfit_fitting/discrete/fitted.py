"""`FittedCounts`: a discrete family at its parameters, in the data's unit: what `Fitted` is for continuous ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.discrete.law import UNBOUNDED, CountLaw
from warmfit_fitting.discrete.sums import FARTHEST
from warmfit_fitting.discrete.window import whole_window
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.families.discrete.family import DiscreteFamily
from warmfit_fitting.sampling.draws import random_draws
from warmfit_fitting.sampling.steps import Steps


class FittedCounts:
    """`family` at `parameters` (shapes, loc), conditioned on the integers of `window`, its ends among them.

    Every function takes an array of any shape, or a number, and returns its shape; NaN gives NaN. The parameters are those
    of the distribution before truncation. Raises `InvalidInput` for parameters that the family does not have or allow,
    and for a window in which it has no probability.
    """

    def __init__(
        self, family: DiscreteFamily, parameters: Sequence[float], window: tuple[float, float] = UNBOUNDED
    ) -> None:
        self.family, self.parameters, self.window = family, tuple(float(v) for v in parameters), window
        _check(family, self.parameters)
        *shapes, self.loc = self.parameters
        low, high = whole_window(window)
        self._law = CountLaw(family, tuple(shapes), (low - self.loc, high - self.loc))
        within = self._law.low <= self._law.high and self._law.low < FARTHEST and self._law.high > -FARTHEST
        if not within:  # or so far out that no sum reaches it
            raise InvalidInput(
                f"{family.name} at {dict(zip(family.parameters, self.parameters, strict=True))} has no value in "
                f"[{window[0]}, {window[1]}]; widen the bounds"
            )

    def __reduce__(self) -> tuple[Any, ...]:
        return FittedCounts, (self.family, self.parameters, self.window)

    def support(self) -> tuple[float, float]:
        """The smallest and the largest value."""
        return self._law.low + self.loc, self._law.high + self.loc

    def logpmf(self, x: ArrayLike) -> Any:
        """The log-probability, −inf outside the support and off the integers."""
        return _shaped(lambda at: self._law.logpmf(at - self.loc), x)

    def pmf(self, x: ArrayLike) -> Any:
        """The probability."""
        return _shaped(lambda at: np.exp(self._law.logpmf(at - self.loc)), x)

    def pdf(self, x: ArrayLike) -> NoReturn:  # noqa: ARG002 - as a continuous one takes it
        """Raise `InvalidInput`: a discrete family has no density."""
        raise InvalidInput(f"{self.family.name} is discrete and has no density; use pmf for the probability of a value")

    def logpdf(self, x: ArrayLike) -> NoReturn:  # noqa: ARG002 - as a continuous one takes it
        """Raise `InvalidInput`: a discrete family has no density."""
        raise InvalidInput(
            f"{self.family.name} is discrete and has no density; use logpmf for the log-probability of a value"
        )

    def cdf(self, x: ArrayLike) -> Any:
        """P(X ≤ x)."""
        return _shaped(lambda at: self._beside(self._law.cdf, np.floor(at - self.loc), 0.0), x)

    def sf(self, x: ArrayLike) -> Any:
        """P(X > x), without cancellation where it is small."""
        return _shaped(lambda at: self._beside(self._law.sf, np.floor(at - self.loc), 1.0), x)

    @staticmethod
    def _beside(function: Callable[[FloatArray], FloatArray], k: FloatArray, low: float) -> FloatArray:
        """`function` at finite numbers, its limits at infinite ones."""
        finite = np.isfinite(k)
        value = np.where(k > 0, 1.0 - low, low)
        value[finite] = function(k[finite])
        return value

    def ppf(self, q: ArrayLike) -> Any:
        """The smallest value whose cdf is at least `q`; one below the support at 0, as SciPy has it; NaN outside [0, 1]."""
        return _shaped(lambda p: self._quantile(p, self._law.quantile, self._law.low - 1, self._law.high), q)

    def isf(self, q: ArrayLike) -> Any:
        """The smallest value whose sf is at most `q`; one below the support at 1; NaN outside [0, 1]."""
        return _shaped(lambda p: self._quantile(p, self._law.upper_quantile, self._law.high, self._law.low - 1), q)

    def _quantile(
        self, q: FloatArray, function: Callable[[FloatArray], FloatArray], at_zero: float, at_one: float
    ) -> FloatArray:
        value = np.where(q == 0, at_zero, np.where(q == 1, at_one, np.nan))
        open_ = (q > 0) & (q < 1)
        if open_.any():
            value[open_] = function(q[open_])
        return value + self.loc

    @cached_property
    def inverse(self) -> Steps:
        """Quantiles for many draws at once."""
        law = self._law
        values, cdf = (np.zeros(0), np.zeros(0)) if law.table is None else law.table[:2]
        is_first = bool(len(values)) and bool(values[0] <= law.low)
        return Steps(values + self.loc, cdf, lambda p: law.quantile(p) + self.loc, is_first)

    def rvs(self, size: int | tuple[int, ...] = 1, random_state: int | np.random.Generator | None = None) -> Any:
        """Draws of the given size, by the quantiles of uniform numbers."""
        return random_draws(self.inverse, size, random_state)

    def median(self) -> float:
        """The quantile of probability ½."""
        return float(self.ppf(0.5))

    def interval(self, confidence: float) -> tuple[Any, Any]:
        """The quantiles between which the middle `confidence` of the mass lies."""
        tail = (1 - confidence) / 2
        return self.ppf(tail), self.isf(tail)

    def mean(self) -> float:
        """The expected value: infinite where a tail makes it so."""
        return self.loc + self._law.mean()

    def var(self) -> float:
        """The variance: infinite where a tail makes it so, NaN without a finite mean."""
        return self._law.var()

    def std(self) -> float:
        """The standard deviation, as `var`."""
        return math.sqrt(self._law.var())


def _check(family: DiscreteFamily, parameters: tuple[float, ...]) -> None:
    names = family.parameters
    if len(names) != len(parameters) or not all(map(math.isfinite, parameters)):
        raise InvalidInput(f"{family.name} with parameters {list(parameters)}; expected finite {', '.join(names)}").at(
            "parameters"
        )
    *shapes, loc = parameters
    arrays = tuple(np.asarray(v) for v in shapes)
    inside = all(s.low <= v <= s.high for s, v in zip(family.shapes, shapes, strict=True))
    whole = all(shapes[i] == round(shapes[i]) for i in family.whole) and loc == round(loc)
    low, high = family.support(*arrays)
    if not (inside and whole and np.all(family.allowed(*arrays)) and np.all(low <= high)):
        raise InvalidInput(f"{family.name} has no distribution at {dict(zip(names, parameters, strict=True))}").at(
            "parameters"
        )


def _shaped(function: Callable[[FloatArray], FloatArray], x: ArrayLike) -> Any:
    """`function`, of arrays (N,) without NaN, at numbers of any shape; NaN gives NaN."""
    at = np.asarray(x, dtype=np.float64)
    value, known = np.full(at.shape, np.nan), ~np.isnan(at)
    if known.any():
        with np.errstate(all="ignore"):
            value[known] = function(at[known])
    return value[()]
