"""`FitSpec`: what is asked of the engine, and nothing else. A result row is a pure function of a summary and a spec."""

from __future__ import annotations

import math
from dataclasses import dataclass

from warmfit_fitting.errors import InvalidInput

METHODS = ("mle", "mse", "mme", "auto")  # maximum likelihood, maximum spacing, moments, the rule of `methods.rule`
DEFAULT_EVALUATIONS = 20_000
MAX_EVALUATIONS = 10_000_000
MAX_BINS = 100_000
MAX_BOOTSTRAP = 100_000
PREFILTERS = ("", "safe", "aggressive")


@dataclass(frozen=True, slots=True)
class FitSpec:
    """The canonical question: timeouts, callbacks and worker counts are no part of it.

    `families`: names in the order of the answer, each once. `method`: how parameters are estimated. `bins`: equal
    bins of the histogram behind SSE, None for the Rice rule ⌈2·n^⅓⌉. `support_at_zero`: fix the lower end of the
    support at zero. `lower_bound`, `upper_bound`: the window to which the rows were truncated, in the data's unit.
    `fixed`: (parameter, value) pairs held fixed. `goodness`: compute KS, AD, CvM and SSE. `evaluations`: the number of
    parameter vectors that may be tried per family. `seed`: for whatever is drawn. `n_bootstrap`: refits behind p-values,
    0 for none. `prefilter`: how families are left out before they are tried, empty for not at all.
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

    def __post_init__(self) -> None:
        if not self.families:
            raise InvalidInput("no distribution is asked for; name at least one")
        repeated = sorted({name for name in self.families if self.families.count(name) > 1})
        if repeated:
            raise InvalidInput(f"distribution(s) named more than once: {', '.join(repeated)}; name each once")
        if self.method not in METHODS:
            raise InvalidInput(f"unknown estimation method {self.method!r}; expected one of {', '.join(METHODS)}")
        if self.bins is not None and not 1 <= self.bins <= MAX_BINS:
            raise InvalidInput(f"bins={self.bins}; expected 1 to {MAX_BINS}")
        if not 1 <= self.evaluations <= MAX_EVALUATIONS:
            raise InvalidInput(f"evaluations={self.evaluations}; expected 1 to {MAX_EVALUATIONS}")
        if not 0 <= self.n_bootstrap <= MAX_BOOTSTRAP:
            raise InvalidInput(f"n_bootstrap={self.n_bootstrap}; expected 0 to {MAX_BOOTSTRAP}")
        if self.prefilter not in PREFILTERS:
            raise InvalidInput(f"unknown prefilter {self.prefilter!r}; expected one of {', '.join(PREFILTERS[1:])}")
        lower, upper = self.window
        if math.isnan(lower) or math.isnan(upper) or not lower < upper:
            raise InvalidInput(f"lower_bound={lower} is not below upper_bound={upper}")
        loc = dict(self.fixed).get("loc", 0.0)
        if self.support_at_zero and loc != 0:
            raise InvalidInput(f"support_at_zero contradicts fixed loc={loc}; leave one of them out")
        for name, value in self.fixed:
            if not math.isfinite(value):
                raise InvalidInput(f"fixed {name}={value}; expected a finite number")

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
