"""Logarithms of the elementary probabilities of counts, without cancellation between large terms.

Each is a saddle-point value plus small remainders (Loader 2000, "Fast and accurate computation of binomial
probabilities"): at counts of 10⁹ the textbook formulas, differences of log-gamma functions, have lost half their
digits. Every function broadcasts, and is smooth in counts that are no whole numbers, as the log-gamma function is.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from warmfit_fitting.arrays import FloatArray

_LARGE = 16.0  # above it Stirling's series is exact to the last digit
_HALF_LOG_2PI = 0.5 * float(np.log(2 * np.pi))
_BERNOULLI = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188)


def remainder(x: FloatArray) -> FloatArray:
    """ln Γ(x + 1) − x ln x + x for x ≥ 0, which is 0 at 0 and ½ ln(2πx) + 1/(12x) − … far out."""
    x = np.asarray(x, dtype=np.float64)
    small = np.minimum(x, _LARGE)
    value = special.gammaln(small + 1) - special.xlogy(small, small) + small
    if np.any(x > _LARGE):
        big = np.maximum(x, _LARGE)
        inverse = 1 / big
        square = inverse * inverse
        series = np.zeros_like(big)
        for term in reversed(_BERNOULLI):
            series = series * square + term
        value = np.where(x > _LARGE, _HALF_LOG_2PI + 0.5 * np.log(big) + series * inverse, value)
    return np.asarray(value)


def deviance(x: FloatArray, m: FloatArray) -> FloatArray:
    """x ln(x/m) + m − x for x, m ≥ 0: half the Poisson deviance, 0 at x = m, m at x = 0.

    Its absolute error is that of x − m, which is small wherever the probability is not.
    """
    beyond = x - m
    some = np.where(m > 0, m, 1.0)
    relative = beyond / some
    value = special.xlog1py(x, np.maximum(relative, -0.5))
    value = np.where(relative < -0.5, special.xlogy(x, x / some), value) - beyond
    return np.asarray(np.where(m > 0, value, np.where(x > 0, np.inf, 0.0)))


def log_poisson(k: FloatArray, mu: FloatArray) -> FloatArray:
    """ln of e^(−μ) μ^k / k!."""
    return -remainder(k) - deviance(k, mu)


def log_binomial(k: FloatArray, n: FloatArray, p: FloatArray, q: FloatArray) -> FloatArray:
    """ln of C(n, k) p^k q^(n−k), 0 ≤ k ≤ n, q = 1 − p."""
    rest = np.maximum(n - k, 0.0)
    return remainder(n) - remainder(k) - remainder(rest) - deviance(k, n * p) - deviance(rest, n * q)


def log_negative_binomial(k: FloatArray, n: FloatArray, p: FloatArray, q: FloatArray) -> FloatArray:
    """ln of Γ(n + k)/(Γ(n) k!) p^n q^k for real n > 0, q = 1 − p."""
    return np.log(n / (n + k)) + log_binomial(n, n + k, p, q)


def log_hypergeometric(k: FloatArray, total: FloatArray, good: FloatArray, drawn: FloatArray) -> FloatArray:
    """ln of C(good, k) C(total − good, drawn − k) / C(total, drawn)."""
    p, q = drawn / total, (total - drawn) / total
    bad = np.maximum(total - good, 0.0)
    others = np.clip(drawn - k, 0.0, bad)
    return (
        log_binomial(np.minimum(k, good), good, p, q)
        + log_binomial(others, bad, p, q)
        - log_binomial(drawn, total, p, q)
    )


def log_beta_binomial(k: FloatArray, n: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
    """ln of C(n, k) B(k + a, n − k + b)/B(a, b): two negative binomials, given their sum."""
    p, q = (a + b) / (n + a + b), n / (n + a + b)
    rest = np.maximum(n - k, 0.0)
    return (
        log_negative_binomial(k, a, p, q) + log_negative_binomial(rest, b, p, q) - log_negative_binomial(n, a + b, p, q)
    )


def log_beta(a: FloatArray, b: FloatArray) -> FloatArray:
    """ln B(a, b) for a, b > 0."""
    powers = -a * np.log1p(b / a) - b * np.log1p(a / b)
    return np.log((a + b) / (a * b)) + remainder(a) + remainder(b) - remainder(a + b) + powers
