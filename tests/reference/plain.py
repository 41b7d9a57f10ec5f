"""The log-likelihood of rows written out with SciPy's distributions: no summary, no cells, nothing of the engine."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class Rows:
    """Values known to lie in (`lower`, `upper`] (N,), known where both are equal, `count` (N,) rows of each.

    Of counts each finite end belongs to what a row may be, as in the tables that they come in.

    `entry`, `leave`, (N,) or (): the window in which the value had to lie for the row to be seen.
    """

    lower: np.ndarray
    upper: np.ndarray
    count: np.ndarray
    entry: np.ndarray = field(default_factory=lambda: np.array(-np.inf))
    leave: np.ndarray = field(default_factory=lambda: np.array(np.inf))

    def above(self, bound: float) -> Rows:
        """The rows of values above `bound`, which only such rows could be seen."""
        seen = self.lower > bound
        return Rows(self.lower[seen], self.upper[seen], self.count[seen], np.array(bound))

    def limited(self, bound: float | np.ndarray) -> Rows:
        """The rows with values from `bound` on known to lie above it only."""
        over = self.lower >= bound
        lower, upper = np.where(over, bound, self.lower), np.where(over, np.inf, self.upper)
        return Rows(lower, upper, self.count, self.entry, self.leave)


def plain_loglik(family: str, parameters: tuple[float, ...], rows: Rows) -> float:
    """Σ log f(x) + Σ log P(lower < X ≤ upper) − Σ log P(entry < X ≤ leave), each row as often as its count says."""
    known = rows.lower == rows.upper
    with np.errstate(all="ignore"):
        terms = np.where(known, density(family, parameters, rows.lower), 0.0)
        if not known.all():
            terms = np.where(known, terms, log_mass(family, parameters, rows.lower, rows.upper))
        if np.isfinite(rows.entry).any() or np.isfinite(rows.leave).any():
            terms = terms - log_mass(family, parameters, rows.entry, rows.leave)
    return float(rows.count @ terms)


def density(family: str, parameters: tuple[float, ...], x: np.ndarray) -> np.ndarray:
    """The log-density or log-probability of `x` (N,); zi_ and zt_: the law with more zeros, and without any."""
    modified, _, base = family.partition("_")
    if modified == "zi":
        *law, pi, loc = parameters
        inner = getattr(stats, base)(*law, loc)
        return np.log(np.where(x == loc, pi, 0.0) + (1.0 - pi) * inner.pmf(x))
    if modified == "zt":
        inner = getattr(stats, base)(*parameters)
        return inner.logpmf(x) - inner.logsf(parameters[-1])
    law = getattr(stats, family)
    return law.logpdf(x, *parameters) if isinstance(law, stats.rv_continuous) else law.logpmf(x, *parameters)


def log_mass(family: str, parameters: tuple[float, ...], lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """log P(lower < X ≤ upper), (N,), from the tail in which both ends are small; of counts, lower ≤ X ≤ upper."""
    law = getattr(stats, family)(*parameters)
    if isinstance(law.dist, stats.rv_discrete):
        lower = np.ceil(lower) - 1.0
    below, above = law.cdf(upper) - law.cdf(lower), law.sf(lower) - law.sf(upper)
    return np.log(np.where(law.cdf(upper) < 0.5, below, above))
