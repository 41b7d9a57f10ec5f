"""Simulated columns whose parameters are known, and whether intervals cover them."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import stats
from scipy.optimize import brentq

from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.families.every import EVERY
from warmfit_fitting.intervals import confidence_intervals
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary, summarize_values

METHODS = ("wald", "profile", "bootstrap")
BOUNDS = (0.93, 0.97)
CENSORED = 0.3  # of the rows
FIRST_SEED = 500_000  # apart from the columns of the other programs


@dataclass(frozen=True)
class Truth:
    """A family's parameters, and those that are held at them."""

    parameters: tuple[float, ...]
    fixed: tuple[tuple[str, float], ...] = (("loc", 0.0),)

    @property
    def held(self) -> set[str]:
        """The names of the parameters held."""
        return {name for name, _ in self.fixed}

    @property
    def free(self) -> list[int]:
        """The places of the parameters that are estimated; all of them regular."""
        return list(range(len(self.parameters) - 2)) + [
            place for place, name in ((-2, "loc"), (-1, "scale")) if name not in self.held
        ]


TRUTHS = {
    "expon": Truth((0.0, 2.0)),
    "gamma": Truth((2.5, 0.0, 3.0)),
    "weibull_min": Truth((1.7, 0.0, 4.0)),
    "lognorm": Truth((0.8, 0.0, 20.0)),
    "invgauss": Truth((0.6, 0.0, 8.0)),
    "fisk": Truth((3.0, 0.0, 5.0)),
    "invgamma": Truth((3.5, 0.0, 10.0)),
    "burr12": Truth((2.0, 1.5, 0.0, 10.0)),
    "norm": Truth((50.0, 10.0), ()),
    "gumbel_r": Truth((10.0, 3.0), ()),
}


@dataclass(frozen=True)
class Cell:
    """How often the intervals of one parameter by one method cover it; an unknown interval covers nothing."""

    family: str
    parameter: str
    censored: bool
    method: str
    share: float
    n_unknown: int

    @classmethod
    def of(cls, family: str, censored: bool, methods: Sequence[str], columns: list[list[list[float]]]) -> list[Cell]:
        """The cells of a family from what `covered` gives of its columns: 1, 0, or −1 where there is no interval."""
        hits, names = np.array(columns), EVERY[family].parameters
        return [
            cls(
                family,
                names[place],
                censored,
                method,
                float((hits[:, i, j] == 1).mean()),
                int((hits[:, i, j] < 0).sum()),
            )
            for j, place in enumerate(TRUTHS[family].free)
            for i, method in enumerate(methods)
        ]

    def __str__(self) -> str:
        rows = "censored" if self.censored else "complete"
        return f"{self.family} {self.parameter} {rows} {self.method}: {100 * self.share:.1f} %"


def covered(job: tuple[str, bool, range, int, int, tuple[str, ...]]) -> list[list[list[int]]]:
    """For each of the seeds, by method and free parameter: 1 where the interval covers, 0 where not, −1 without one."""
    family, censored, seeds, n, refits, methods = job
    return [_of_column(family, simulated(family, censored, seed, n), seed, refits, methods) for seed in seeds]


def _of_column(name: str, summary: ColumnSummary, seed: int, refits: int, methods: tuple[str, ...]) -> list[list[int]]:
    truth, family = TRUTHS[name], EVERY[name]
    problem = prepare(summary, FitSpec((name,), fixed=truth.fixed, goodness=False))
    row = fit_family(problem, family)
    found = []
    for method in methods:
        known = confidence_intervals(problem, family, row, method=method, n_bootstrap=refits, seed=seed)
        ends = [(truth.parameters[place], *known[family.parameters[place]]) for place in truth.free]
        found.append([-1 if np.isnan([low, high]).any() else int(low <= at <= high) for at, low, high in ends])
    return found


def simulated(name: str, censored: bool, seed: int, n: int) -> ColumnSummary:
    """A column of n rows of the family at its truth, censored at random times where that is asked for."""
    dist, parameters = getattr(stats, name), TRUTHS[name].parameters
    rng = np.random.default_rng([FIRST_SEED + seed, zlib.crc32(name.encode()), int(censored)])
    x = dist.rvs(*parameters, size=n, random_state=rng)
    if not censored:
        return summarize_values(x)
    low, high = _study(name)
    bound = rng.uniform(low, high, n)
    return summarize_values(np.minimum(x, bound), censoring=(x > bound).astype(np.float64))


@lru_cache
def _study(name: str) -> tuple[float, float]:
    """The ends between which times of censoring are uniform, so that the share `CENSORED` of the rows is."""
    dist, parameters = getattr(stats, name), TRUTHS[name].parameters
    x = dist.ppf((np.arange(10_000) + 0.5) / 10_000, *parameters)
    low = max(float(dist.support(*parameters)[0]), float(x[0]))

    def excess(width: float) -> float:
        return float(np.clip(x - low, 0.0, width).mean() / width - CENSORED)

    return low, low + brentq(excess, 1e-3 * (x[-1] - low), 10.0 * (x[-1] - low))


def written(name: str) -> str:
    """The family with its parameters, as one writes it."""
    return f"{name}({', '.join(f'{p:g}' for p in TRUTHS[name].parameters)})"
