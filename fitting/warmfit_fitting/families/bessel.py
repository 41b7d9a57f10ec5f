"""Scaled modified Bessel functions in logarithms, at every order and argument, and for whole rows of arguments."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.polynomial import Polynomial
from scipy import special

from warmfit_fitting.arrays import BoolArray, FloatArray
from warmfit_fitting.families.interpolated import Function, interpolated
from warmfit_fitting.families.tabulated import Table, by_rows

_K_PANEL, _I_PANEL = 1.75, 1.75  # lengths on which interpolants leave 1e-12
_I_ORDERS, _I_REACH = (-0.75, 99.0), 6.0  # the table of I_v
_K_ORDER, _K_REACH, _K_PANELS = 31.0, 2.0, 6  # the table of K_v: its highest order, its reach in w, its panels
_DEBYE_FROM = 25.0  # √(order² + argument²) from which ten Debye terms reach double precision


def _debye_polynomials(count: int) -> list[list[float]]:
    """u_k(t)/t^k as ascending coefficients in t², k = 0 … count − 1, from the recurrence of DLMF 10.41.9."""
    u = [Polynomial([1.0])]
    for _ in range(count - 1):
        integral = (Polynomial([1.0, 0.0, -5.0]) * u[-1]).integ()
        u.append(Polynomial([0.0, 0.0, 0.5, 0.0, -0.5]) * u[-1].deriv() + 0.125 * integral)
    return [[float(v) for v in p.coef[k::2]] for k, p in enumerate(u)]


_DEBYE = _debye_polynomials(11)


def _debye_sum(t_squared: FloatArray, step: FloatArray) -> FloatArray:
    """Σ_k (u_k(t)/t^k) step^k, by Horner's rule in both arguments; step = ±1/√(order² + argument²)."""
    total = np.zeros_like(step)
    for coefficients in reversed(_DEBYE):
        term = np.full_like(t_squared, coefficients[-1])
        for c in coefficients[-2::-1]:
            term *= t_squared
            term += c
        total *= step
        total += term
    return total


def _log_bessel(
    order: FloatArray,
    x: FloatArray,
    scaled: Callable[[FloatArray, FloatArray], FloatArray],
    debye: Callable[[FloatArray, FloatArray, FloatArray], FloatArray],
    small: Callable[[FloatArray, FloatArray], FloatArray],
) -> FloatArray:
    """Debye's expansion where order or argument is large, the leading term at 0 where `scaled` leaves its range."""
    r = np.hypot(order, x)
    near = r < _DEBYE_FROM
    if not near.any():
        return debye(order, x, r)
    if near.all():
        result = np.log(scaled(order, x))
    else:
        far, v = ~near, np.broadcast_to(order, r.shape)
        x = np.broadcast_to(x, r.shape)
        result = np.empty(r.shape)
        result[near] = np.log(scaled(v[near], x[near]))
        result[far] = debye(v[far], x[far], r[far])
    if not np.all(np.isfinite(result)):
        result = np.where(np.isfinite(result), result, small(order, x))
    return result


def log_kve(order: FloatArray, x: FloatArray) -> FloatArray:
    """log(e^x K_order(x)) for real order and x > 0, finite wherever its value is."""
    order = np.abs(order)

    def debye(v: FloatArray, x: FloatArray, r: FloatArray) -> FloatArray:
        growth = v * np.arcsinh(v / x) - v * (v / (x + r))
        return growth + np.log(_debye_sum((v / r) ** 2, -1.0 / r) * np.sqrt(0.5 * math.pi / r))

    def small(v: FloatArray, x: FloatArray) -> FloatArray:
        return special.gammaln(v) + (v - 1.0) * math.log(2.0) - v * np.log(x) + x

    return _log_bessel(order, x, special.kve, debye, small)


def log_ive(order: FloatArray, x: FloatArray) -> FloatArray:
    """log(e^−x I_order(x)) for order > −1 and x > 0, finite wherever its value is."""

    def debye(v: FloatArray, x: FloatArray, r: FloatArray) -> FloatArray:
        growth = v * (v / (x + r)) - v * np.arcsinh(v / x)
        return growth + np.log(_debye_sum((v / r) ** 2, 1.0 / r) / np.sqrt(2.0 * math.pi * r))

    def small(v: FloatArray, x: FloatArray) -> FloatArray:
        return v * np.log(0.5 * x) - special.gammaln(v + 1.0) - x + np.log1p(0.25 * x * x / (v + 1.0))

    return _log_bessel(order, x, special.ive, debye, small)


def log_kve_along(order: FloatArray, x: FloatArray, log_x: FloatArray) -> FloatArray:
    """`log_kve` for orders (K, 1) at `x` (K, N), from a table or interpolated along rows.

    log(e^x K_v(x) √x) is smooth in w = log(1 + c/x), c = 2 + 2|v|, for all x > 0: a power of x at 0, a series in 1/x
    at ∞. Rows of |v| ≤ 31 and x ≥ c/(e² − 1) are in the table.
    """
    order = np.abs(order)
    shape, w, (order,) = by_rows(np.log1p((2.0 + 2.0 * order) / x), order)
    known = (order <= _K_ORDER) & (np.fmax.reduce(w, axis=1, keepdims=True, initial=0.0) <= _K_REACH)
    return _either(known[:, 0], _tabulated_kve_part, _kve_part, _K_PANEL, order, w).reshape(shape) - 0.5 * log_x


def _either(
    known: BoolArray, tabulated: Function, part: Function, longest: float, order: FloatArray, w: FloatArray
) -> FloatArray:
    """`tabulated` for the rows that are `known` (K,), for the others `part`, interpolated."""
    if known.all():
        return tabulated(order, w)
    w = np.broadcast_to(w, (len(order), w.shape[1]))
    result = np.empty(w.shape)
    result[~known] = interpolated(part, order[~known], w[~known], longest)
    if known.any():
        result[known] = tabulated(order[known], w[known])
    return result


def _tabulated_kve_part(order: FloatArray, w: FloatArray) -> FloatArray:
    return _kve_table()(np.log1p(order) / math.log1p(_K_ORDER), w * (_K_PANELS / _K_REACH))


@cache
def _kve_table() -> Table:
    """`_kve_part` of α = log(1 + v)/log 32 and x = 3w, to 3e-12."""

    def part(alpha: FloatArray, x: FloatArray) -> FloatArray:
        return _kve_part(np.expm1(alpha * math.log1p(_K_ORDER)), x * (_K_REACH / _K_PANELS))

    return Table.of(part, _K_PANELS, (28, 10))


def _kve_part(order: FloatArray, w: FloatArray) -> FloatArray:
    """log(e^x K_v(x) √x) at w = log(1 + c/x)."""
    x = (2.0 + 2.0 * np.abs(order)) / np.expm1(w)
    return log_kve(order, x) + 0.5 * np.log(x)


def log_ive_along(order: FloatArray, x: FloatArray, log_x: FloatArray) -> FloatArray:
    """`log_ive` for orders (K, 1) at `x` (K, N), from a table or interpolated along rows.

    log(I_v(x) x^−v) − √(c² + x²), c² = 4(v + 1), is smooth in w = ½ log(1 + x²/c²): it is even in x, and the zeros of
    I_v are beyond ±ic (Watson 1944, ch. 15), at |Im w| ≥ π/2. Rows of −¾ ≤ v ≤ 99 and x < 400c are in the table.
    """
    square = 4.0 * (order + 1.0)
    ratio = x * x / square
    slack = square / (x + np.sqrt(square + x * x))
    shape, w, (row,) = by_rows(0.5 * np.log1p(ratio), order)
    known = (row >= _I_ORDERS[0]) & (row <= _I_ORDERS[1])
    known &= np.fmax.reduce(w, axis=1, keepdims=True, initial=0.0) <= _I_REACH
    part = _either(known[:, 0], _tabulated_ive_part, _ive_part, _I_PANEL, row, w)
    return part.reshape(shape) + slack + order * log_x


def _tabulated_ive_part(order: FloatArray, w: FloatArray) -> FloatArray:
    low, high = _I_ORDERS
    return _ive_table()(np.log((order + 1.0) / (low + 1.0)) / math.log((high + 1.0) / (low + 1.0)), 2.0 * w)


@cache
def _ive_table() -> Table:
    """`_ive_part` of α = log(4(v + 1))/log 400 and x = 2w, to 3e-12."""
    low, high = _I_ORDERS

    def part(alpha: FloatArray, x: FloatArray) -> FloatArray:
        return _ive_part((low + 1.0) * ((high + 1.0) / (low + 1.0)) ** alpha - 1.0, 0.5 * x)

    return Table.of(part, int(2.0 * _I_REACH), (28, 11))


def _ive_part(order: FloatArray, w: FloatArray) -> FloatArray:
    """log(I_v(x) x^−v) − √(c² + x²) at w = ½ log(1 + x²/c²)."""
    square = 4.0 * (order + 1.0)
    x = np.sqrt(square * np.maximum(np.expm1(2.0 * w), 1e-16))  # nearer to 0, the part is as there
    return log_ive(order, x) - order * np.log(x) - square / (x + np.sqrt(square + x * x))
