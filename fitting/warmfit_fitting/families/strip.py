"""P(D < x) of the two-sided Kolmogorov–Smirnov statistic, from the generating function of a process that stays in a strip.

With a = nx and w(y; z) = Σ_{j≤y} (−z)^j (y − j)^j / j!, P(D < x) = n!/n^n [z^n] w(a; z)² / w(2a; z): a Poisson process
less its drift is held in a strip of width 2a, whose resolvent is one of scale functions (Kyprianou 2014, Fluctuations of
Lévy Processes with Applications, ch. 8); ∂w/∂y = −z w(y − 1; z) gives the density.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from warmfit_fitting.arrays import FloatArray

ONE_SIDED = 2.5  # n x² from which on the other side takes off less than 1e-6 of the density
MANY_POLES = 1.2  # √n x above which those that are left out add 1e-8
SHORT = 8.0  # n x up to which w keeps its digits
_POLES = 4
_STEPS = 9  # of Newton's method, which is there by then
_MORE_POLES = 0.45  # √n x below which the others add less than 1e-20


def _w(y: FloatArray, terms: int) -> FloatArray:
    """The coefficients (terms, N) of w(y; z/e) in powers of z."""
    j = np.arange(float(terms))[:, None]
    size = np.exp(special.xlogy(j, np.maximum(y - j, 0.0)) - special.gammaln(j + 1.0) - j)
    return np.where(y >= j, np.where(j % 2 == 0, size, -size), 0.0)


def _product(a: FloatArray, b: FloatArray) -> FloatArray:
    """The product of two polynomials, rows of coefficients (A, N), (B, N)."""
    result = np.zeros((len(a) + len(b) - 1, a.shape[1]))
    for i, row in enumerate(a):
        result[i : i + len(b)] += row * b
    return result


def _quotient(a: FloatArray, b: FloatArray, terms: int) -> FloatArray:
    """The power series a/b, b beginning with 1, up to the given number of terms (terms, N)."""
    reach = len(b) - 1
    falling = b[:0:-1]
    series = np.zeros((reach + terms, a.shape[1]))
    for i in range(terms):
        series[reach + i] = (a[i] if i < len(a) else 0.0) - (falling * series[i : i + reach]).sum(axis=0)
    return series[reach:]


def by_series(x: FloatArray, n: float) -> FloatArray:
    """The coefficient of z^n in the derivative of w(a)²/w(2a) by x, 2n [w(a)² w(2a − 1)/w(2a) − w(a) w(a − 1)] z/w(2a)."""
    a, count = n * x, int(n)
    terms = int(2.0 * min(n, math.sqrt(ONE_SIDED * n))) + 2
    once, less = _w(a, terms), _w(a - 1.0, terms)
    twice, before = _w(2.0 * a, terms), _w(2.0 * a - 1.0, terms)
    inner = _product(_quotient(_product(once, once), twice, count), before)[:count]
    taken = _product(once, less)[:count]
    inner[: len(taken)] -= taken
    coefficient = _quotient(inner, twice, count)[count - 1]
    return np.log(2.0 * coefficient) + _log_factor(n) + math.log(n) - 1.0


def _log_factor(n: float) -> float:
    """log(n! e^n/n^n)."""
    return float(special.gammaln(n + 1.0)) - n * math.log(n) + n


def by_poles(x: FloatArray, n: float) -> FloatArray:
    """From the residues at the least roots ζ of w(2a; z), whose parts of F are n!/n^n · −w(a; ζ)²/(∂w/∂z(2a; ζ) ζ^(n+1))."""
    twice = _w(2.0 * n * x, int(2.0 * SHORT) + 2)
    roots = _roots(twice, 2.0 * n * x)
    largest, total = _residue(x, n, roots[0], twice)
    for root in roots[1:]:
        size, factor = _residue(x, n, root, twice)
        part = np.exp(size - largest) * factor
        total = total + np.where(x * math.sqrt(n) > _MORE_POLES, part, 0.0)
    return largest + np.log(total) + math.log(n)


def _roots(polynomial: FloatArray, reach: FloatArray) -> list[FloatArray]:
    """The least roots, each (N,), by Newton's method on what is left after dividing by those found (Maehly 1954).

    It begins just below them, where a strip of width `reach` (N,) has the exponents of Brownian motion's.
    """
    slope, found = _derivative(polynomial), list[FloatArray]()
    for k in range(1, _POLES + 1):
        root = np.exp(0.5 * (k * math.pi / (reach + 2.0 / 3.0)) ** 2)
        for _ in range(_STEPS):
            taken = sum((1.0 / (root - other) for other in found), np.zeros_like(root))
            root = root - 1.0 / (_value(slope, root) / _value(polynomial, root) - taken)
        found.append(root)
    return found


def _residue(x: FloatArray, n: float, root: FloatArray, twice: FloatArray) -> tuple[FloatArray, FloatArray]:
    """log |F|, and F′/|F| by a, of the part of F that belongs to a root of w(2a; z) with coefficients `twice`."""
    a, terms = n * x, len(twice)
    once, less, before = _w(a, terms), _w(a - 1.0, terms), _w(2.0 * a - 1.0, terms)
    slope = _derivative(twice)
    here, d, dd = _value(once, root), _value(slope, root), _value(_derivative(slope), root)
    scaled = root / math.e  # z itself: ∂/∂y w = −z w(y − 1)
    moved = 2.0 * scaled * _value(before, root) / d  # dζ/da
    change = -scaled * _value(less, root) + _value(_derivative(once), root) * moved  # of w(a; ζ)
    mixed = -2.0 * (_value(before, root) / math.e + scaled * _value(_derivative(before), root))
    log_slope = 2.0 * change / here - (mixed + dd * moved) / d - (n + 1.0) * moved / root
    log_size = _log_factor(n) + np.log(here * here / np.abs(d)) - (n + 1.0) * np.log(root)
    return log_size, -np.sign(d) * log_slope


def _value(coefficients: FloatArray, z: FloatArray) -> FloatArray:
    """A polynomial (T, N) at z (N,)."""
    result = np.zeros_like(z)
    for row in coefficients[::-1]:
        result = result * z + row
    return result


def _derivative(coefficients: FloatArray) -> FloatArray:
    """The coefficients of the derivative."""
    return coefficients[1:] * np.arange(1.0, len(coefficients))[:, None]
