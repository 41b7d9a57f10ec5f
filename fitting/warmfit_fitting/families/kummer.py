"""The logarithm of Kummer's function ₁F₁(s; a; y) for positive arguments, its two parameters given by row."""

from __future__ import annotations

import numpy as np
from scipy import special

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.families.beta import stirling_error
from warmfit_fitting.families.tabulated import by_rows

_MOST = 200.0  # terms of the power series; where more are needed, the sum is taken in strides about its peak
_SIDE = 23  # strides on each side of the peak


def log_kummer(s: FloatArray, a: FloatArray, y: FloatArray) -> FloatArray:
    """log ₁F₁(s; a; y) for s > a > 0 (K, 1) and y > 0 (K, N): a series of positive terms, so that nothing cancels.

    Which way a point is summed depends on its own row alone.
    """
    shape, y, (s, a) = by_rows(y, s, a)
    y = np.broadcast_to(y, (len(s), y.shape[1]))
    highest = np.fmax.reduce(y, axis=1, keepdims=True, initial=0.0)
    terms = _terms(s, a, highest)
    if np.all(terms <= _MOST):
        return _power_series(s, a, y, highest, terms).reshape(shape)
    few = _terms(s, a, y) <= _MOST
    small = np.where(few, y, 0.0)
    highest = np.fmax.reduce(small, axis=1, keepdims=True, initial=0.0)
    result = _power_series(s, a, small, highest, _terms(s, a, highest))
    many = [np.broadcast_to(v, y.shape)[~few] for v in (s, a, y)]
    result[~few] = _strided_sum(*many)
    return result.reshape(shape)


def _terms(s: FloatArray, a: FloatArray, y: FloatArray) -> FloatArray:
    """The number of terms from the first to where they are negligible."""
    peak = _peak(s, a, y)
    return np.ceil(peak + 10.0 * _spread(peak, s, a) + 25.0)


def _peak(s: FloatArray, a: FloatArray, y: FloatArray) -> FloatArray:
    """The number of the largest term: terms grow as long as y (s + k) > (a + k)(k + 1)."""
    slope = a + 1.0 - y
    product = np.maximum(s * y - a, 0.0)
    return np.floor(np.maximum(2.0 * product / (slope + np.sqrt(slope * slope + 4.0 * product)), 0.0))


def _spread(k: FloatArray, s: FloatArray, a: FloatArray) -> FloatArray:
    """The standard deviation in k of the terms about the largest, k."""
    return 1.0 / np.sqrt(1.0 / (k + 1.0) + 1.0 / (a + k) - 1.0 / (s + k))


def _power_series(s: FloatArray, a: FloatArray, y: FloatArray, highest: FloatArray, terms: FloatArray) -> FloatArray:
    """The first `terms` (K, 1) of the series, in powers of y/`highest`, by Horner's rule."""
    k = np.arange(np.max(terms, initial=1.0))
    ratio = highest * (s + k) / ((a + k) * (k + 1.0))
    coefficients = np.multiply.accumulate(np.where(k < terms, ratio, 0.0), axis=1)
    share = y / np.where(highest > 0.0, highest, 1.0)
    total = np.zeros((len(s), y.shape[1]))
    for level in coefficients.T[::-1]:
        total += level[:, None]
        total *= share
    return np.log1p(total)


def _strided_sum(s: FloatArray, a: FloatArray, y: FloatArray) -> FloatArray:
    """The sum over every h-th term about the largest, times h, as good as that over all where the peak is wide.

    Both are the integral over k, up to e^(−2π²σ²/h²) by Poisson's summation formula; h = σ/2.5.
    """
    peak = _peak(s, a, y)
    stride = _spread(peak, s, a) / 2.5
    largest = _log_term(peak, s, a, y)
    total = np.zeros_like(peak)
    for j in range(-_SIDE, _SIDE + 1):
        at = peak + j * stride
        term = np.exp(_log_term(np.maximum(at, 0.0), s, a, y) - largest)
        total += np.where(at >= 0.0, term, 0.0)
    return largest + np.log(stride * total)


def _log_term(k: FloatArray, s: FloatArray, a: FloatArray, y: FloatArray) -> FloatArray:
    """The logarithm of (s)_k y^k / ((a)_k k!)."""
    return _log_rising(s, k) - _log_rising(a, k) + special.xlogy(k, y) - special.gammaln(k + 1.0)


def _log_rising(s: FloatArray, k: FloatArray) -> FloatArray:
    """log Γ(s + k) − log Γ(s), which does not cancel for large s."""
    return k * np.log(s) + (s + k - 0.5) * np.log1p(k / s) - k + stirling_error(s + k) - stirling_error(s)
