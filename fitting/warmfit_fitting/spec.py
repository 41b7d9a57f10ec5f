"""`FitSpec`: what is asked of the engine, and nothing else. A result row is a pure function of a summary and a spec."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from warmfit_fitting.errors import InvalidInput

METHODS = ("mle", "mse", "mme", "auto")  # maximum likelihood, maximum spacing, moments, the rule of `methods.rule`
DEFAULT_EVALUATIONS = 20_000
MAX_EVALUATIONS = 10_000_000
MAX_BINS = 100_000
MAX_BOOTSTRAP = 100_000
MAX_SEED = 2**64
PREFILTERS = ("", "safe", "aggressive")


@dataclass(frozen=True, slots=True)
class FitSpec:
    """The canonical question: timeouts, callbacks and worker counts are no part of it.

    `families`: names in the order of the answer, each once. `method`: how parameters are estimated. `bins`: equal
    bins of the histogram behind SSE, None for the Rice rule ⌈2·n^⅓⌉. `support_at_zero`: fix the lower end of the
    support at zero. `lower_bound`, `upper_bound`: the window to which the rows were truncated, in the data's unit.
    `fixed`: (parameter, value) pairs held fixed. `goodness`: compute KS, AD, CvM and SSE. `evaluations`: the number of
    parameter vectors that may be tried per family. `seed`: for whatever is drawn. `n_bootstrap`: refits behind p-values,
    0 for none. `prefilter`: how families are left out before they are tried, empty for not at all. `warm_start`: (family,
    parameters) pairs, from which the searches of those families start; they are kept in the order of the names. `batched`:
    search as for one of many columns (`batched.engine`): from fewer starts, in step with other columns, which do not matter.
    """

    families: tuple[str, ...]
    method: str = "mle"
    bins: int | None = None
    support_at_zero: bool = False
    lower_bound: float | None = None
    upper_bound: float | None = None
    fixed: tuple[tuple[str, float], ...] = ()
    goodness: bool = True
    evaluations: int = DEFAULT_EVALUATIONS
    seed: int = 42
    n_bootstrap: int = 0
    prefilter: str = ""
    warm_start: tuple[tuple[str, tuple[float, ...]], ...] = ()
    batched: bool = False

    def __post_init__(self) -> None:
        if not self.families:
            raise InvalidInput("no distribution is asked for; name at least one").at("families")
        repeated = sorted(name for name, times in Counter(self.families).items() if times > 1)
        if repeated:
            raise InvalidInput(f"distribution(s) named more than once: {', '.join(repeated)}; name each once").at(
                "families"
            )
        if self.method not in METHODS:
            raise InvalidInput(f"unknown estimation method {self.method!r}; expected one of {', '.join(METHODS)}").at(
                "method"
            )
        if self.bins is not None and not 1 <= self.bins <= MAX_BINS:
            raise InvalidInput(f"bins={self.bins}; expected 1 to {MAX_BINS}").at("bins")
        if not 1 <= self.evaluations <= MAX_EVALUATIONS:
            raise InvalidInput(f"evaluations={self.evaluations}; expected 1 to {MAX_EVALUATIONS}").at("evaluations")
        if not 0 <= self.n_bootstrap <= MAX_BOOTSTRAP:
            raise InvalidInput(f"n_bootstrap={self.n_bootstrap}; expected 0 to {MAX_BOOTSTRAP}").at("n_bootstrap")
        if not 0 <= self.seed < MAX_SEED:
            raise InvalidInput(f"seed={self.seed}; expected a whole number from 0 to 2**64 - 1").at("seed")
        if self.prefilter not in PREFILTERS:
            raise InvalidInput(f"unknown prefilter {self.prefilter!r}; expected one of {', '.join(PREFILTERS[1:])}").at(
                "prefilter"
            )
        self._check_warm_start()
        lower, upper = self.window
        if math.isnan(lower) or math.isnan(upper) or not lower < upper:
            raise InvalidInput(f"lower_bound={lower} is not below upper_bound={upper}").at("lower_bound")
        loc = dict(self.fixed).get("loc", 0.0)
        if self.support_at_zero and loc != 0:
            raise InvalidInput(f"support_at_zero contradicts fixed loc={loc}; leave one of them out").at(
                "support_at_zero"
            )
        for name, value in self.fixed:
            if not math.isfinite(value):
                raise InvalidInput(f"fixed {name}={value}; expected a finite number").at("fixed")

    def _check_warm_start(self) -> None:
        starts = tuple(sorted((name, tuple(map(float, parameters))) for name, parameters in self.warm_start))
        object.__setattr__(self, "warm_start", starts)
        names = [name for name, _ in starts]
        if names and self.method == "mme":
            raise InvalidInput("warm_start: the method of moments solves equations and starts nowhere").at("warm_start")
        for number, (name, parameters) in enumerate(starts):
            if number and names[number - 1] == name:  # they are in order
                raise InvalidInput(f"warm_start has parameters of {name} twice; give them once").at("warm_start")
            if not all(map(math.isfinite, parameters)):
                raise InvalidInput(f"warm_start of {name}: {list(parameters)}; expected finite parameters").at(
                    "warm_start"
                )

    @property
    def window(self) -> tuple[float, float]:
        """The truncation window, infinite where no bound was given."""
        return (
            -math.inf if self.lower_bound is None else self.lower_bound,
            math.inf if self.upper_bound is None else self.upper_bound,
        )

    @property
    def origin(self) -> float | None:
        """Where the location, or the lower end of the support, is held; None where neither is."""
        return dict(self.fixed).get("loc", 0.0 if self.support_at_zero else None)
