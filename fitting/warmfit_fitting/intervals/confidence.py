"""`confidence_intervals`: the one entry to all methods, for parameters and for quantiles."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from scipy.special import ndtri

from warmfit_fitting.errors import FitFailed, InvalidInput
from warmfit_fitting.families.discrete.family import DiscreteFamily
from warmfit_fitting.families.every import AnyFamily
from warmfit_fitting.intervals import bootstrap, profile, wald
from warmfit_fitting.intervals.count_surface import CountSurface
from warmfit_fitting.intervals.surface import ContinuousSurface, Surface
from warmfit_fitting.likelihood.budget import Budget, limit
from warmfit_fitting.problem import Problem
from warmfit_fitting.resampling.replicates import replicates
from warmfit_fitting.row import FitRow

Method = Literal["wald", "profile", "bootstrap"]
METHODS: tuple[str, ...] = get_args(Method)
Interval = tuple[float, float]
EVALUATIONS = 100_000  # parameter vectors that all profiles of one call may try; fewer where they are slow


def confidence_intervals(
    problem: Problem,
    family: AnyFamily,
    row: FitRow,
    *,
    method: str = "wald",
    alpha: float = 0.05,
    quantiles: Sequence[float] | None = None,
    n_bootstrap: int = 1000,
    seed: int = 0,
    ask: Callable[[], None] | None = None,
) -> dict[str, Interval]:
    """The intervals of confidence 1 − `alpha` of every parameter, or of the quantiles of the probabilities given.

    Parameters come by their names, in their order; one that was held has both ends at its value. Quantiles, of the
    distribution within the window, come as `ppf(p)`. An end may be infinite. Both ends are NaN where the method has no
    interval for one parameter, as Wald's has none for a whole number or for a location at which the support ends.
    `ask` is called now and then, and may raise to end the computation. Raises `InvalidInput` for arguments that make no
    sense and where the method has none of the intervals asked for, `FitFailed` for a row without parameters.
    """
    _check(method, alpha, quantiles, n_bootstrap)
    if row.status != "ok":
        raise FitFailed(f"{row.distribution} has no fit to give intervals for ({row.status}: {row.reason})")
    asked = _Question(problem, family, row, alpha, tuple(quantiles or ()), ask)
    with np.errstate(all="ignore"):
        if method == "bootstrap":
            found = asked.bootstrapped(n_bootstrap, seed)
        else:
            found = asked.from_likelihood(method)
    return _complete(found, method, family)


@dataclass(frozen=True, eq=False)
class _Question:
    problem: Problem
    family: AnyFamily
    row: FitRow
    alpha: float
    probabilities: tuple[float, ...]
    ask: Callable[[], None] | None

    def from_likelihood(self, method: str) -> dict[str, Interval]:
        """Wald or profile intervals."""
        if self.row.method != "mle":
            raise InvalidInput(
                f"method={method!r} needs estimates of maximum likelihood; these are by {self.row.method!r}: "
                "use method='bootstrap'"
            )
        z, surface = -float(ndtri(self.alpha / 2)), self.surface()
        if self.probabilities:
            of = wald.quantile_interval if method == "wald" else profile.quantile_interval
            return {_named(p): of(surface, p, z) for p in self.probabilities}
        if method == "profile":
            return self._all(profile.parameter_intervals(surface, z), surface)
        return self._all(wald.parameter_intervals(surface, z, self.row.standard_errors), surface)

    def surface(self) -> Surface:
        """The log-likelihood about the row's parameters."""
        most = limit(EVALUATIONS, self.family, self.problem.summary.incomplete is not None)
        budget = Budget(most, None if self.ask is None else self._asking)
        if isinstance(self.family, DiscreteFamily):
            return CountSurface.of(self.problem, self.family, self.row.parameters, budget)
        return ContinuousSurface.of(self.problem, self.family, self.row.parameters, budget)

    def _asking(self) -> bool:
        if self.ask is not None:
            self.ask()
        return False

    def bootstrapped(self, n_bootstrap: int, seed: int) -> dict[str, Interval]:
        """Percentile intervals."""
        bootstrap.check_size(n_bootstrap, self.alpha)
        drawn = replicates(self.problem, self.family, self.row, n_bootstrap, seed, ask=self.ask)
        theta, whole = bootstrap.known(drawn.theta, self.family, drawn.n_failed), self.family.integer_shapes
        if self.probabilities:
            window, discrete = self.problem.spec.window, isinstance(self.family, DiscreteFamily)
            values = bootstrap.quantiles(theta, self.family, window, self.probabilities, self.ask)
            return {
                _named(p): bootstrap.percentile(values[:, i], self.alpha, discrete)
                for i, p in enumerate(self.probabilities)
            }
        surface, found = self.surface(), {}
        for i, (name, value) in enumerate(zip(self.family.parameters, self.row.parameters, strict=True)):
            if name in surface.irregular:
                found[name] = bootstrap.basic(theta[:, i], value, self.alpha)
            else:
                found[name] = bootstrap.percentile(theta[:, i], self.alpha, name in whole)
        return self._all(found, surface)

    def _all(self, found: Mapping[str, Interval], surface: Surface) -> dict[str, Interval]:
        """The intervals in order, those held at their values among them."""
        given = dict(self.problem.spec.fixed)
        values = {n: given.get(n, v) for n, v in zip(surface.names, self.row.parameters, strict=True)}
        return {name: (value, value) if name in surface.held else found[name] for name, value in values.items()}


def _named(p: float) -> str:
    return f"ppf({p!r})"


def _check(method: str, alpha: float, quantiles: Sequence[float] | None, n_bootstrap: int) -> None:
    if method not in METHODS:
        raise InvalidInput(f"unknown method {method!r}; expected one of {', '.join(METHODS)}").at("method")
    if not 0 < alpha < 1:
        raise InvalidInput(f"alpha={alpha}; expected a number between 0 and 1, such as 0.05 for 95 %").at("alpha")
    if quantiles is not None and (len(quantiles) == 0 or not all(0 < p < 1 for p in quantiles)):
        raise InvalidInput(f"quantiles={list(quantiles)}; expected probabilities between 0 and 1").at("quantiles")
    if len(set(quantiles or ())) < len(quantiles or ()):
        raise InvalidInput(f"quantiles={list(quantiles or ())} names a probability twice; name each once").at(
            "quantiles"
        )
    if n_bootstrap < 1:
        raise InvalidInput(f"n_bootstrap={n_bootstrap}; expected at least 1").at("n_bootstrap")


def _complete(found: dict[str, Interval], method: str, family: AnyFamily) -> dict[str, Interval]:
    """The intervals, where there is one at least."""
    missing = [name for name, ends in found.items() if any(map(math.isnan, ends))]
    free = [name for name, (low, high) in found.items() if low != high]
    if missing and set(free) <= set(missing):
        other = "'profile' or 'bootstrap'" if method == "wald" else "'bootstrap'"
        raise InvalidInput(
            f"method={method!r} has no interval for {', '.join(missing)} of {family.name} here: the likelihood is not "
            f"regular there (an end of the support, a whole number, a limit of the family); use method={other}"
        ).at("method")
    return found
