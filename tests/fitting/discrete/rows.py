"""Rows of counts of every kind, one by one, and their likelihood written out: what summaries are compared with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import optimize, stats

from warmfit_fitting.summary import ColumnSummary, summarize_intervals


@dataclass(frozen=True)
class CountRows:
    """Each row's value lies in `first` … `last` (N,), and was seen because it lies in `entry` … `leave`, ends included."""

    first: np.ndarray
    last: np.ndarray
    entry: np.ndarray
    leave: np.ndarray
    weight: np.ndarray
    _within: dict[tuple[float, float], tuple[Stretches, Stretches]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, x: np.ndarray, seed: int, kinds: str, windows: str = "", weighted: bool = False) -> CountRows:
        """Rows that hide the values `x` (N,): right, left, interval or known by `kinds`, seen in windows of their own."""
        rng = np.random.default_rng(seed)
        size = len(x)
        spread = max(int(x.std()), 1)
        entry, leave = np.full(size, -np.inf), np.full(size, np.inf)
        if "below" in windows:
            entry = np.where(rng.random(size) < 0.6, rng.choice(x, size) - spread, -np.inf)
        if "above" in windows:
            leave = np.where(rng.random(size) < 0.6, rng.choice(x, size) + spread, np.inf)
        seen = (x >= entry) & (x <= leave) & (entry < leave)
        x, entry, leave, size = x[seen], entry[seen], leave[seen], int(seen.sum())
        which = rng.choice([k for k in ("known", "known", "right", "left", "interval") if k in kinds], size)
        first, last = x.copy(), x.copy()
        bound = np.where(which == "right", rng.choice(x, size), x)
        right, left = (which == "right") & (bound <= x) & (bound < leave), (which == "left") & (x + 1 > entry)
        first, last = np.where(right, bound, first), np.where(right, np.inf, last)
        above = x + rng.integers(0, spread + 1, size)
        first, last = np.where(left, -np.inf, first), np.where(left, above, last)
        between = which == "interval"
        low, high = x - rng.integers(0, spread + 1, size), x + 1 + rng.integers(0, spread + 1, size)
        first, last = np.where(between, low, first), np.where(between, high, last)
        single = np.maximum(first, entry) >= np.minimum(last, leave)  # a window that leaves one value makes it known
        first, last = np.where(single, x, first), np.where(single, x, last)
        weight = rng.integers(1, 4, size) if weighted else np.ones(size)
        return cls(first, last, entry, leave, weight.astype(np.float64))

    def summary(self, order: np.ndarray | None = None) -> ColumnSummary:
        """The summary of the rows, of those in `order` where one is given."""
        at = slice(None) if order is None else order
        windows = (self.entry[at], self.leave[at])
        plain = not np.isfinite(self.entry).any() and not np.isfinite(self.leave).any()
        return summarize_intervals(
            self.first[at], self.last[at], self.weight[at], truncation=None if plain else windows
        )

    def loglik(self, law: Any, window: tuple[float, float] = (-np.inf, np.inf)) -> float:
        """Σ w (log P(first … last) − log P(entry … leave)), every row seen through `window`, too."""
        if window not in self._within:
            entry, leave = np.maximum(self.entry, window[0]), np.minimum(self.leave, window[1])
            rows = Stretches.of(np.maximum(self.first, entry), np.minimum(self.last, leave))
            self._within[window] = rows, Stretches.of(entry, leave)
        rows, windows = self._within[window]
        with np.errstate(all="ignore"):
            terms = rows.log_probability(law) - windows.log_probability(law)
        return float(np.sum(self.weight * terms))


@dataclass(frozen=True)
class Stretches:
    """Stretches of integers, `first` … `last` (N,), by the places (N,) of their ends among the `points` (K,).

    A law is asked at each point once, not at each row. `start`: where the integer before `first` is.
    """

    first: np.ndarray
    last: np.ndarray
    points: np.ndarray
    at: np.ndarray
    start: np.ndarray
    end: np.ndarray

    @classmethod
    def of(cls, first: np.ndarray, last: np.ndarray) -> Stretches:
        whole = np.concatenate([first, first - 1, last])
        points = np.unique(whole[np.isfinite(whole)])
        return cls(first, last, points, *(_places(points, ends) for ends in (first, first - 1, last)))

    def log_probability(self, law: Any) -> np.ndarray:
        """The log-probabilities (N,), from the law's own functions."""
        if not len(self.points):
            return np.zeros(len(self.first))
        starts, ends = np.isfinite(self.first), np.isfinite(self.last)
        known = starts & (self.first == self.last)
        cdf, sf = np.asarray(law.cdf(self.points)), np.asarray(law.sf(self.points))
        below, above = cdf[self.end] - cdf[self.start], sf[self.start] - sf[self.end]
        between = np.log(np.where(cdf[self.end] < 0.5, below, above))
        kinds = [known, starts & ends, starts, ends]
        values = [law.logpmf(self.points)[self.at], between, np.log(sf)[self.start], np.log(cdf)[self.end]]
        return np.select(kinds, values, 0.0)


def _places(points: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Where the finite ones of `ends` are among the points; for the others any place."""
    return np.searchsorted(points, np.where(np.isfinite(ends), ends, points[0] if len(points) else 0.0))


class Inflated:
    """A law of SciPy's with more zeros."""

    def __init__(self, law: Any, pi: float) -> None:
        self.law, self.pi = law, pi

    def logpmf(self, k: Any) -> Any:
        return np.log(np.where(np.asarray(k) == 0, self.pi, 0) + (1 - self.pi) * self.law.pmf(k))

    def cdf(self, k: Any) -> Any:
        return np.where(np.asarray(k) >= 0, self.pi, 0) + (1 - self.pi) * self.law.cdf(k)

    def sf(self, k: Any) -> Any:
        return np.where(np.asarray(k) >= 0, 0, self.pi) + (1 - self.pi) * self.law.sf(k)


class WithoutZero:
    """A law of SciPy's given that it is not 0."""

    def __init__(self, law: Any) -> None:
        self.law, self.some = law, law.sf(0)

    def logpmf(self, k: Any) -> Any:
        return np.where(np.asarray(k) >= 1, self.law.logpmf(k) - np.log(self.some), -np.inf)

    def cdf(self, k: Any) -> Any:
        return np.maximum(self.law.cdf(k) - self.law.pmf(0), 0.0) / self.some

    def sf(self, k: Any) -> Any:
        return np.where(np.asarray(k) >= 1, self.law.sf(k) / self.some, 1.0)


def law_of(name: str, shapes: Any) -> Any:
    """The law without this library."""
    if name.startswith("zi_"):
        return Inflated(getattr(stats, name[3:])(*shapes[:-1]), shapes[-1])
    if name.startswith("zt_"):
        return WithoutZero(getattr(stats, name[3:])(*shapes))
    return getattr(stats, name)(*shapes)


def maximum(loglik: Any, start: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Where the gradient of a log-likelihood vanishes near `start` (F,), by SciPy's root finder in units of `error` (F,)."""

    def gradient(z: np.ndarray) -> np.ndarray:
        out = []
        for i in range(len(z)):
            at = [loglik(start + error * (z + step * np.eye(len(z))[i])) for step in (0.02, -0.02, 0.04, -0.04)]
            out.append((8 * (at[0] - at[1]) - (at[2] - at[3])) / 0.24)
        return np.array(out)

    found = optimize.root(gradient, np.zeros(len(start)), tol=1e-11)
    return np.asarray(start + error * found.x)
