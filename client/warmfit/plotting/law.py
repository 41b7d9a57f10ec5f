"""The fitted distribution as plots compare it with rows: given that a value lies where some row could have been."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from warmfit.plotting.rows import Rows
from warmfit.result import DistributionFitResult
from warmfit_fitting.arrays import FloatArray


@dataclass(frozen=True)
class Law:
    """The law of a result, between the probabilities `start` and `stop` of its own distribution function."""

    result: DistributionFitResult
    start: float = 0.0
    stop: float = 1.0

    @classmethod
    def of(cls, result: DistributionFitResult, rows: Rows) -> Law:
        """The law of a result in the window of `rows`."""
        low, high = rows.window
        start = 0.0 if math.isinf(low) else float(result.cdf(low))
        stop = 1.0 if math.isinf(high) else float(result.cdf(high))
        return cls(result, start, stop) if stop > start else cls(result)

    @property
    def share(self) -> float:
        """The mass of the window."""
        return self.stop - self.start

    def pdf(self, x: FloatArray) -> FloatArray:
        """The density (K,)."""
        return np.asarray(self.result.pdf(x)) / self.share

    def cdf(self, x: FloatArray) -> FloatArray:
        """The distribution function (K,)."""
        return np.clip((np.asarray(self.result.cdf(x)) - self.start) / self.share, 0.0, 1.0)

    def ppf(self, p: FloatArray) -> FloatArray:
        """The quantiles (K,)."""
        return np.asarray(self.result.ppf(self.start + self.share * np.asarray(p)))

    @property
    def label(self) -> str:
        """The family and its parameters, for a legend."""
        names = self.result.get_param_names()
        numbers = zip(names, self.result.parameters, strict=True)
        return f"{self.result.distribution} ({', '.join(f'{name}={value:.4g}' for name, value in numbers)})"
