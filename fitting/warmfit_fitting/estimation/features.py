"""What start estimates and closed forms may know of a column: simple statistics in the standardized unit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.likelihood.view import View


@dataclass(frozen=True)
class Features:
    """Statistics of the points of a `View`, in its standardized unit."""

    view: View

    @property
    def minimum(self) -> float:
        """The smallest value."""
        return self.view.minimum

    @property
    def maximum(self) -> float:
        """The largest value."""
        return self.view.maximum

    @cached_property
    def mean(self) -> float:
        """The mean."""
        return self.view.mean

    @cached_property
    def std(self) -> float:
        """The standard deviation, n in the denominator."""
        return self.view.std

    @cached_property
    def skewness(self) -> float:
        """The sample skewness."""
        z = (self.view.x - self.mean) / self.std
        return float(self.view.weight @ z**3) / self.view.total

    @cached_property
    def kurtosis(self) -> float:
        """The sample excess kurtosis."""
        z = (self.view.x - self.mean) / self.std
        return float(self.view.weight @ z**4) / self.view.total - 3.0

    @cached_property
    def _cumulative(self) -> FloatArray:
        weight = self.view.weight
        return (np.cumsum(weight) - 0.5 * weight) / self.view.total

    def quantile(self, p: float) -> float:
        """The p-quantile, interpolated between the points' mid-ranks."""
        return float(np.interp(p, self._cumulative, self.view.x))

    @cached_property
    def median(self) -> float:
        """The median: of the rows where every value is known, half-way between two where it is not one of them."""
        groups = self.view.groups
        if groups.m2.any():
            return self.quantile(0.5)
        upto = np.cumsum(groups.count)
        low, high = (int(np.searchsorted(upto, self.view.total / 2, side=side)) for side in ("left", "right"))
        return float(groups.mean[low] + groups.mean[min(high, len(upto) - 1)]) / 2

    def mean_distance(self, origin: float) -> float:
        """The mean of |x − origin|."""
        return float(self.view.weight @ np.abs(self.view.x - origin)) / self.view.total

    @cached_property
    def _sketch(self) -> View:
        return self.view.coarse(64)

    @cached_property
    def places(self) -> tuple[float, ...]:
        """Places just beside values across the data, about which a law may be centred, (≤ 24)."""
        x = self.view.x
        at = np.minimum(np.searchsorted(self._cumulative, np.linspace(0.04, 0.96, 24)), len(x) - 2)
        return tuple(np.unique(x[at] + 0.002 * (x[at + 1] - x[at])).tolist())

    def mean_power(self, origin: float, power: float) -> float:
        """About the mean of |x − origin|^power."""
        return float(self._sketch.weight @ np.abs(self._sketch.x - origin) ** power) / self._sketch.total

    @cached_property
    def mean_excesses(self) -> tuple[FloatArray, FloatArray]:
        """The means of max(x − θ, 0) and max(θ − x, 0) over the rows, (N,) each, with every point for θ."""
        x, weight = self.view.x, self.view.weight
        gap = np.diff(x)
        upto = np.cumsum(weight)
        below = np.concatenate([[0.0], np.cumsum(upto[:-1] * gap)])
        above = np.concatenate([np.cumsum(((self.view.total - upto[:-1]) * gap)[::-1])[::-1], [0.0]])
        return above / self.view.total, below / self.view.total

    @cached_property
    def iqr(self) -> float:
        """The interquartile range."""
        return self.quantile(0.75) - self.quantile(0.25)

    def log_moments(self, origin: float) -> tuple[float, float]:
        """Mean and standard deviation of log|x − origin|; points at the origin are left out."""
        distance = np.abs(self.view.x - origin)
        known = distance > 0
        weight = self.view.weight[known]
        logs = np.log(distance[known])
        mean = float(weight @ logs) / float(weight.sum())
        return mean, float(np.sqrt(weight @ (logs - mean) ** 2 / weight.sum()))
