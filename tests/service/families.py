"""Families of a user's own: what the service under test is told to accept, and what tests register."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from scipy import stats


class Kumaraswamy(stats.rv_continuous):  # type: ignore[misc]
    """Kumaraswamy's law on (0, 1) (1980, J. Hydrology 46): density and distribution function."""

    def _pdf(self, x: Any, a: Any, b: Any) -> Any:
        return a * b * x ** (a - 1) * (1 - x**a) ** (b - 1)

    def _cdf(self, x: Any, a: Any, b: Any) -> Any:
        return 1 - (1 - x**a) ** b


class Borel(stats.rv_discrete):  # type: ignore[misc]
    """Borel's law of total progeny (1942): e^(−μk) (μk)^(k−1) / k!, k = 1, 2, …, 0 < μ < 1."""

    def _argcheck(self, mu: Any) -> Any:
        return (mu > 0) & (mu < 1)

    def _pmf(self, k: Any, mu: Any) -> Any:
        from scipy.special import gammaln

        return np.exp(-mu * k + (k - 1) * np.log(mu * k) - gammaln(k + 1))


class Broken(stats.rv_continuous):  # type: ignore[misc]
    """A density with a programming error."""

    def _logpdf(self, x: Any) -> Any:
        raise KeyError("the moon is full", x[:0])


class Hanging(stats.rv_continuous):  # type: ignore[misc]
    """A density that does not come back for longer than anybody waits."""

    def _logpdf(self, x: Any) -> Any:
        time.sleep(8.0)
        return -0.5 * x * x - 0.5 * np.log(2 * np.pi)


KUMARASWAMY = Kumaraswamy(a=0.0, b=1.0, name="kumaraswamy")
BOREL = Borel(a=1, name="borel")
BROKEN = Broken(name="broken")
HANGING = Hanging(name="hanging")
FROZEN = stats.norm(0.0, 1.0)
HISTOGRAM = stats.rv_histogram(np.histogram([1.0, 2.0, 3.0, 3.5]), density=True)
