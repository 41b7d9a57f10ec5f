"""The regularized incomplete gamma functions P(a, x) and Q(a, x), where those of SciPy do not serve.

P of large a is wrong there far below a, because its series is cut off after 2000 terms. P and Q are here of log x, too,
so that x may lie below the smallest float: that is where powers z^c of large c lie over most of a law's support while P,
about x^a, is far from 0.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from warmfit_fitting.arrays import FloatArray

_SERIES = 0.01  # |x/a − 1| below which the second coefficient is its value at 0, −1/540
_SMALL = -40.0  # a log x below which the series is its first term: the next one is less by the factor x


_LARGE = 1e5  # an `a` up to which the series of SciPy ends in time
_FAR = 4.0  # standard deviations √a below a, nearer than which SciPy uses an expansion, too


def lower_of(a: FloatArray, x: FloatArray) -> FloatArray:
    """P(a, x); for large a, far below a, by the uniform expansion."""
    found: FloatArray = np.asarray(special.gammainc(a, x))
    with np.errstate(invalid="ignore"):
        far = (a > _LARGE) & (x < a - _FAR * np.sqrt(a)) & (x > 0.0)
    if np.any(far):
        found = np.where(far, _uniform(*np.broadcast_arrays(a, x, far)), found)
    return found


def _uniform(a: FloatArray, x: FloatArray, where: FloatArray) -> FloatArray:
    """P(a, x) for x < a to two terms of Temme's expansion (DLMF 8.12.3, 8.12.8, 8.12.10); 0 but for `where`."""
    out = np.zeros(a.shape)
    a, x = a[where], x[where]
    mu = (x - a) / a
    with np.errstate(divide="ignore"):
        eta = -np.sqrt(2.0 * np.maximum(mu - np.log1p(mu), 0.0))
    first = 1.0 / mu - 1.0 / eta
    second = 1.0 / eta**3 - 1.0 / mu**3 - 1.0 / mu**2 - 1.0 / (12.0 * mu)
    series = first + np.where(np.abs(mu) > _SERIES, second, 1.0 / 540.0) / a
    half = 0.5 * a * eta * eta
    tail = 0.5 * special.erfcx(np.sqrt(half)) - series / np.sqrt(2.0 * np.pi * a)
    out[where] = np.exp(-half) * tail
    return out


def lower(a: FloatArray, log_x: FloatArray) -> FloatArray:
    """P(a, x); for small x the first term of its series, x^a / Γ(a + 1) (DLMF 8.7.1)."""
    return np.where(log_x < _SMALL, np.exp(_log_first(a, log_x)), lower_of(a, np.exp(log_x)))


def upper(a: FloatArray, log_x: FloatArray) -> FloatArray:
    """Q(a, x) = 1 − P(a, x)."""
    return np.where(log_x < _SMALL, -np.expm1(_log_first(a, log_x)), special.gammaincc(a, np.exp(log_x)))


def _log_first(a: FloatArray, log_x: FloatArray) -> FloatArray:
    return a * log_x - special.gammaln(1.0 + a)
