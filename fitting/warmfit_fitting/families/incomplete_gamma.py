"""The regularized incomplete gamma functions P(a, x) and Q(a, x) of log x, so that x may lie below the smallest float.

That is where powers z^c of large c lie over most of a law's support while P, about x^a, is far from 0.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from warmfit_fitting.arrays import FloatArray

_SMALL = -40.0  # a log x below which the series is its first term: the next one is less by the factor x


def lower(a: FloatArray, log_x: FloatArray) -> FloatArray:
    """P(a, x); for small x the first term of its series, x^a / Γ(a + 1) (DLMF 8.7.1)."""
    return np.where(log_x < _SMALL, np.exp(_log_first(a, log_x)), special.gammainc(a, np.exp(log_x)))


def upper(a: FloatArray, log_x: FloatArray) -> FloatArray:
    """Q(a, x) = 1 − P(a, x)."""
    return np.where(log_x < _SMALL, -np.expm1(_log_first(a, log_x)), special.gammaincc(a, np.exp(log_x)))


def _log_first(a: FloatArray, log_x: FloatArray) -> FloatArray:
    return a * log_x - special.gammaln(1.0 + a)
