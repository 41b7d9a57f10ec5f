"""`MixtureSpec`: the question that a fit of a mixture answers."""

from __future__ import annotations

import math
from dataclasses import dataclass

from warmfit_fitting.errors import InvalidInput

INIT_METHODS = ("kmeans", "random")
MOST_COMPONENTS = 100
MOST_TRIED = 9  # components, where their number is chosen


@dataclass(frozen=True)
class MixtureSpec:
    """How a mixture is fitted; raises `InvalidInput` for values out of range.

    `n_components`: None for the number with the least BIC, of 1 to 9. `max_iter`: passes over all rows, at most.
    `tol`: the log-likelihood over all rows, in nats, that may be left to gain. `n_init`: starts, of which the best is
    kept. `init_method`: "kmeans" or "random". `reg_covar`: the least variance of a component in any direction, as a
    share of the columns' own.
    """

    n_components: int | None = 2
    max_iter: int = 100
    tol: float = 1e-4
    n_init: int = 1
    init_method: str = "kmeans"
    seed: int = 0
    reg_covar: float = 1e-6

    def __post_init__(self) -> None:
        if self.n_components is not None and not 1 <= self.n_components <= MOST_COMPONENTS:
            raise InvalidInput(
                f"n_components={self.n_components}; expected 1 to {MOST_COMPONENTS}, or 'auto' for the best by BIC"
            ).at("n_components")
        for name, value, least in (("max_iter", self.max_iter, 1), ("n_init", self.n_init, 1)):
            if not least <= value <= 1_000_000:
                raise InvalidInput(f"{name}={value}; expected a whole number from {least} to a million").at(name)
        if not (math.isfinite(self.tol) and self.tol > 0):
            raise InvalidInput(f"tol={self.tol}; expected a number of nats above 0").at("tol")
        if not 1e-12 <= self.reg_covar < 1:
            raise InvalidInput(
                f"reg_covar={self.reg_covar}; expected a share of the columns' variance from 1e-12, below 1"
            ).at("reg_covar")
        if self.init_method not in INIT_METHODS:
            raise InvalidInput(
                f"unknown init_method {self.init_method!r}; expected one of {', '.join(INIT_METHODS)}"
            ).at("init_method")
        if not 0 <= self.seed < 2**64:
            raise InvalidInput(f"seed={self.seed}; expected a whole number from 0, below 2**64").at("seed")
