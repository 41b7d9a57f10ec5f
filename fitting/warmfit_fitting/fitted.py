"""`Fitted`: a family at its parameters, conditioned on a window: density, distribution function, quantiles, moments.

It evaluates through the engine's own functions, so that a result means what was fitted. It estimates nothing: its
parameters are those of the distribution before truncation, f(x | low ≤ X ≤ high) = f(x) / (F(high) − F(low)).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.discrete.fitted import FittedCounts
from warmfit_fitting.errors import FitFailed, InvalidInput
from warmfit_fitting.families.discrete.family import DiscreteFamily
from warmfit_fitting.families.every import EVERY, AnyScipy, of_scipy
from warmfit_fitting.families.family import Family
from warmfit_fitting.families.scipy_family import ScipyFamily
from warmfit_fitting.panels import Panels
from warmfit_fitting.quantiles import Quantiles
from warmfit_fitting.sampling.cells import Cells
from warmfit_fitting.sampling.draws import random_draws

UNBOUNDED = (-math.inf, math.inf)
_LEAST_MASS = 1e-300  # below it quantiles would be noise
_MASS_TOLERANCE = 1e-3  # by how much a density's integral may differ from 1
_GUESS_TOLERANCE = 1e-9  # relative error in probability that SciPy's quantile may have
_BY_TABLE = frozenset({"skewnorm", "invgauss", "wald"})  # SciPy's quantile takes twenty times as long as the table's
_SAME = {"erlang": stats.gamma}  # the same distribution, without SciPy's warning of a shape that is no integer


def fitted(
    name: str,
    parameters: Sequence[float],
    window: tuple[float, float] = UNBOUNDED,
    custom: AnyScipy | None = None,
) -> Fitted | FittedCounts:
    """The family of that name at its parameters (shapes, loc, and scale where it is continuous), conditioned on `window`.

    `custom`: the object of a user's own family. Raises `UnknownDistribution`, and `InvalidInput` for parameters that
    the family does not have or allow.
    """
    family = EVERY[name] if custom is None else of_scipy(name, custom)
    if isinstance(family, DiscreteFamily):
        return FittedCounts(family, parameters, window)
    return Fitted(family, parameters, window)


class Fitted:
    """`family` at `parameters` (shapes, loc, scale), in the data's unit, given that the value lies in `window`.

    Every function takes an array of any shape, or a number, and returns its shape; NaN gives NaN. Raises `InvalidInput`
    for parameters that the family does not have or allow and where window and support do not meet, `FitFailed` where
    the window holds no mass that a double can hold.
    """

    def __init__(self, family: Family, parameters: Sequence[float], window: tuple[float, float] = UNBOUNDED) -> None:
        self.parameters, self.window = tuple(float(v) for v in parameters), window
        self._asked, self.family = family, _checked(family, self.parameters)
        *shapes, self.loc, self.scale = self.parameters
        self._unbounded = isinstance(self.family, ScipyFamily) and _refused(family)
        self._shapes = tuple(np.asarray(v) for v in shapes)
        with np.errstate(all="ignore"):
            self._start, self._end = (float(end) for end in self.family.support(*self._shapes))
            start, end = (self.loc + self.scale * edge for edge in (self._start, self._end))
            self.low, self.high = max(window[0], start), min(window[1], end)
            if not self.low < self.high:
                raise InvalidInput(f"the window {list(window)} does not meet the support [{start}, {end}]")
            first, last = (float(z) for z in self._standard(np.array(window)))
            # not by way of the data's unit, which rounds
            self._first = first if window[0] > start else self._start
            self._last = last if window[1] < end else self._end
            self._below, self._above, self._mass = self._conditions()

    def _conditions(self) -> tuple[float, float, float]:
        """The mass below the window, above it, and in it."""
        if self._whole:
            return 0.0, 0.0, 1.0
        edges = np.array([self._first, self._last])
        (below, to_high), (from_low, above) = self._base_cdf(edges), self._base_sf(edges)
        mass = to_high - below if to_high < 0.5 else from_low - above if from_low < 0.5 else 1.0 - below - above
        if not mass > _LEAST_MASS:
            raise FitFailed(f"{self.family.name} has no mass in the window {list(self.window)}")
        return float(below), float(above), float(mass)

    @property
    def _whole(self) -> bool:
        """Whether the window holds the whole support."""
        return (self._first, self._last) == (self._start, self._end)

    def __reduce__(self) -> tuple[Any, ...]:
        return Fitted, (self._asked, self.parameters, self.window)

    # ---- the standard form, before the window

    def _standard(self, x: FloatArray) -> FloatArray:
        return np.clip((x - self.loc) / self.scale, self._start, self._end)

    def _density(self, z: FloatArray) -> FloatArray:
        """The log-density at points inside the support; where it is no number, that beside it."""
        value = np.array(self.family.logpdf(z, *self._shapes), dtype=np.float64)
        lost = np.isnan(value)
        if lost.any():
            beside = np.nextafter(z[lost], np.where(z[lost] < self._end, np.inf, -np.inf))
            value[lost] = self.family.logpdf(beside, *self._shapes)
        return value

    def _base_cdf(self, z: FloatArray) -> FloatArray:
        value = self.family.cdf(z, *self._shapes) if self.family.closed_cdf else self._quantiles.cdf(z)
        return np.where(z <= self._start, 0.0, np.where(z >= self._end, 1.0, np.clip(value, 0.0, 1.0)))

    def _base_sf(self, z: FloatArray) -> FloatArray:
        value = self.family.sf(z, *self._shapes) if self.family.closed_cdf else self._quantiles.sf(z)
        return np.where(z <= self._start, 1.0, np.where(z >= self._end, 0.0, np.clip(value, 0.0, 1.0)))

    @cached_property
    def _panels(self) -> Panels:
        """The density on the whole support."""
        with np.errstate(all="ignore"):
            return Panels(self.family, self._shapes, self._start, self._end)

    @cached_property
    def _quantiles(self) -> Quantiles:
        """The table of quantiles, and of the distribution function where that has no closed form."""
        panels, closed = self._panels, self.family.closed_cdf
        if not closed and not abs(panels.total - 1) < _MASS_TOLERANCE:
            raise FitFailed(f"the density of {self.family.name} integrates to {panels.total:.4g} there, not to 1")
        cdf, sf = (self._base_cdf, self._base_sf) if closed else (panels.cdf, panels.sf)
        with np.errstate(all="ignore"):
            return Quantiles(cdf, sf, panels.logpdf, panels.edges, panels.spread, self._start, self._end)

    @property
    def _has_guess(self) -> bool:
        """Whether SciPy has a quantile of this family that is worth a look."""
        own = type(_scipy(self.family))._ppf is not stats.rv_continuous._ppf
        return own and self.family.closed_cdf and self.family.name not in _BY_TABLE

    def _base_quantile(self, below: FloatArray, above: FloatArray) -> FloatArray:
        """z with those probabilities on its two sides (N,): SciPy's where our own functions confirm it, else the table's."""
        if self._unbounded:
            dist = _scipy(self.family)
            return np.asarray(np.where(below < 0.5, dist.ppf(below, *self._shapes), dist.isf(above, *self._shapes)))
        z = np.where(below <= 0, self._start, np.where(above <= 0, self._end, np.nan))
        open_ = (below > 0) & (above > 0)
        if self._has_guess:
            dist, lower = _scipy(self.family), below < 0.5
            first, second = open_ & lower, open_ & ~lower
            z[first] = _confirmed(dist.ppf(below[first], *self._shapes), below[first], self._base_cdf)
            z[second] = _confirmed(dist.isf(above[second], *self._shapes), above[second], self._base_sf)
        left = open_ & np.isnan(z)
        if left.any():
            z[left] = self._quantiles.quantile(below[left], above[left])
        return z

    # ---- functions of values

    def support(self) -> tuple[float, float]:
        """The window as far as the support reaches."""
        return self.low, self.high

    def logpdf(self, x: ArrayLike) -> Any:
        """The log-density, −inf outside the window and the support."""
        return _shaped(self._logpdf, x)

    def pdf(self, x: ArrayLike) -> Any:
        """The density, 0 outside the window and the support."""
        return _shaped(lambda at: np.exp(self._logpdf(at)), x)

    def pmf(self, x: ArrayLike) -> NoReturn:  # noqa: ARG002 - as a discrete one takes it
        """Raise `InvalidInput`: a continuous family has no probability of single values."""
        raise InvalidInput(f"{self.family.name} is continuous and has no pmf; use pdf for the density")

    def logpmf(self, x: ArrayLike) -> NoReturn:  # noqa: ARG002 - as a discrete one takes it
        """Raise `InvalidInput`: a continuous family has no probability of single values."""
        raise InvalidInput(f"{self.family.name} is continuous and has no logpmf; use logpdf for the log-density")

    def cdf(self, x: ArrayLike) -> Any:
        """P(X ≤ x)."""
        return _shaped(self._cdf, x)

    def sf(self, x: ArrayLike) -> Any:
        """P(X > x), without cancellation where it is small."""
        return _shaped(self._sf, x)

    def ppf(self, q: ArrayLike) -> Any:
        """The quantile of probability `q`; NaN outside [0, 1]."""
        return _shaped(lambda p: self._quantile(p, 1.0 - p), q)

    def isf(self, q: ArrayLike) -> Any:
        """The value exceeded with probability `q`; NaN outside [0, 1]."""
        return _shaped(lambda p: self._quantile(1.0 - p, p), q)

    def _logpdf(self, x: FloatArray) -> FloatArray:
        z = self._standard(x)
        inside = (x >= self.low) & (x <= self.high) & np.isfinite(z)
        value = np.full(x.shape, -np.inf)
        if inside.any():
            value[inside] = self._density(z[inside]) - math.log(self.scale) - math.log(self._mass)
        return value

    def _cdf(self, x: FloatArray) -> FloatArray:
        z = self._standard(np.clip(x, self.low, self.high))
        cdf, sf = self._base_cdf(z), self._base_sf(z)
        upper = self._above + self._mass  # of the survival function, at the low edge
        late = upper - sf if upper < 0.5 else self._mass - (sf - self._above)
        value = np.clip(np.where(cdf < 0.5, cdf - self._below, late) / self._mass, 0.0, 1.0)
        return np.where(x <= self.low, 0.0, np.where(x >= self.high, 1.0, value))

    def _sf(self, x: FloatArray) -> FloatArray:
        z = self._standard(np.clip(x, self.low, self.high))
        cdf, sf = self._base_cdf(z), self._base_sf(z)
        lower = self._below + self._mass  # of the distribution function, at the high edge
        early = lower - cdf if lower < 0.5 else self._mass - (cdf - self._below)
        value = np.clip(np.where(sf < 0.5, sf - self._above, early) / self._mass, 0.0, 1.0)
        return np.where(x <= self.low, 1.0, np.where(x >= self.high, 0.0, value))

    def _quantile(self, below: FloatArray, above: FloatArray) -> FloatArray:
        value = np.full(below.shape, np.nan)
        possible = (below >= 0) & (above >= 0)
        below, above = below[possible], above[possible]
        z = self._base_quantile(self._below + below * self._mass, self._above + above * self._mass)
        x = np.clip(self.loc + self.scale * z, self.low, self.high)
        value[possible] = np.where(below <= 0, self.low, np.where(above <= 0, self.high, x))
        return value

    # ---- numbers

    @cached_property
    def inverse(self) -> Cells:
        """Quantiles for many draws at once."""
        return Cells(lambda p: self._quantile(p, 1.0 - p), lambda p: self._quantile(1.0 - p, p))

    def rvs(self, size: int | tuple[int, ...] = 1, random_state: int | np.random.Generator | None = None) -> Any:
        """Draws of the given size, by the quantiles of uniform numbers."""
        return random_draws(self.inverse, size, random_state)

    def median(self) -> float:
        """The quantile of probability ½."""
        return float(self.ppf(0.5))

    def interval(self, confidence: float) -> tuple[Any, Any]:
        """The ends of the middle `confidence` of the mass."""
        tail = (1 - confidence) / 2
        return self.ppf(tail), self.isf(tail)

    @cached_property
    def _moments(self) -> tuple[float, float]:
        with np.errstate(all="ignore"):
            if self._unbounded and self._whole:
                mean, var = _scipy(self.family).stats(*self._shapes, moments="mv")
                return float(mean), float(var)
            panels = self._panels if self._whole else Panels(self.family, self._shapes, self._first, self._last)
            return panels.mean(), panels.var()

    def mean(self) -> float:
        """The expected value: infinite where a tail makes it so, NaN where both do."""
        return self.loc + self.scale * self._moments[0]

    def var(self) -> float:
        """The variance: infinite where a tail makes it so, NaN without a finite mean."""
        return self.scale**2 * self._moments[1]

    def std(self) -> float:
        """The standard deviation, as `var`."""
        return self.scale * math.sqrt(self._moments[1])


def _checked(family: Family, parameters: tuple[float, ...]) -> Family:
    """The family that evaluates those parameters: SciPy's own where the engine's declines them; raises `InvalidInput`."""
    names = family.parameters
    if len(names) != len(parameters) or not all(map(math.isfinite, parameters)):
        raise InvalidInput(f"{family.name} with parameters {list(parameters)}; expected finite {', '.join(names)}").at(
            "parameters"
        )
    *shapes, _, scale = parameters
    dist = _scipy(family)
    if not scale > 0 or not np.all(dist._argcheck(*shapes)):
        raise InvalidInput(f"{family.name} has no distribution at {dict(zip(names, parameters, strict=True))}").at(
            "parameters"
        )
    inside = all(s.low < v < s.high for s, v in zip(family.shapes, shapes, strict=True))
    if isinstance(family, ScipyFamily) or (inside and not _refused(family)):
        return family
    return ScipyFamily(family.name, dist)


def _refused(family: Family) -> bool:
    """Whether the engine declines the family, because its density is no density on the line."""
    return bool(family.refusal)


def _scipy(family: Family) -> stats.rv_continuous:
    return family.dist if isinstance(family, ScipyFamily) else _SAME.get(family.name) or getattr(stats, family.name)


def _confirmed(z: FloatArray, p: FloatArray, function: Callable[[FloatArray], FloatArray]) -> FloatArray:
    """`z`, NaN where `function` is not `p` (N,) there."""
    value = function(z) if len(z) else p
    return np.where(np.isfinite(z) & (np.abs(value - p) <= _GUESS_TOLERANCE * p), z, np.nan)


def _shaped(function: Callable[[FloatArray], FloatArray], x: ArrayLike) -> Any:
    """`function`, of arrays (N,) without NaN, at numbers of any shape; NaN gives NaN."""
    at = np.asarray(x, dtype=np.float64)
    value, known = np.full(at.shape, np.nan), ~np.isnan(at)
    if known.any():
        with np.errstate(all="ignore"):
            value[known] = function(at[known])
    return value[()]
