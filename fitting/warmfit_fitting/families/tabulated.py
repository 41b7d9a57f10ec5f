"""Smooth functions of a parameter and a point, tabulated once as Chebyshev interpolants and evaluated for many rows.

A function g(α, x) is tabulated on 0 ≤ α ≤ 1, 0 ≤ x ≤ P: one polynomial in α, one in x on each of the P unit panels.
For a batch of parameter vectors the polynomial in α is summed once for each, which leaves a piecewise polynomial in x
for each row; a point then costs a Horner scheme. (Interpolation in Chebyshev points: Trefethen 2013, ch. 2–8.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev

from warmfit_fitting.arrays import FloatArray, IntArray


def chebyshev_points(count: int) -> FloatArray:
    """The Chebyshev points of the first kind on (−1, 1)."""
    return np.cos(np.pi * (np.arange(count) + 0.5) / count)


def wave_matrix(count: int) -> FloatArray:
    """The matrix (count, count) from values at `chebyshev_points` to the coefficients of Chebyshev's polynomials."""
    waves = np.cos(np.outer(np.arange(count), np.pi * (np.arange(count) + 0.5) / count)) * (2.0 / count)
    waves[0] *= 0.5
    return waves


def power_matrix(count: int) -> FloatArray:
    """The matrix (count, count) from the coefficients of Chebyshev's polynomials to those of powers."""
    return np.stack([np.pad(p, (0, count - len(p))) for p in map(chebyshev.cheb2poly, np.eye(count))], 1)


def power_coefficients(values: FloatArray) -> FloatArray:
    """The coefficients (n, …) in powers of s of the interpolant through `values` (n, …) at `chebyshev_points`.

    By way of Chebyshev's coefficients: they are small where those of their powers are large, so that nothing cancels.
    """
    waves, powers = wave_matrix(len(values)), power_matrix(len(values))
    return np.einsum("pc,c...->p...", powers, np.einsum("cx,x...->c...", waves, values))


def in_panels(x: FloatArray, panels: int) -> tuple[IntArray, FloatArray]:
    """The panel of each `x` in 0 … `panels`, and where in it x is, on −1 … 1; outside, the end panel goes on."""
    panel = np.fmax(np.fmin(np.floor(x), panels - 1.0), 0.0)
    return panel.astype(np.intp), 2.0 * (x - panel) - 1.0


def horner(levels: FloatArray, at: IntArray, s: FloatArray) -> FloatArray:
    """Σ_d levels[d, at] s^d for `levels` (D, M), indices `at` and arguments `s` of one shape."""
    result = levels[-1].take(at)
    for level in levels[-2::-1]:
        result *= s
        result += level.take(at)
    return result


def by_rows(x: FloatArray, *parameters: FloatArray) -> tuple[tuple[int, ...], FloatArray, list[FloatArray]]:
    """The shape to which all broadcast, `x` as (K, N) or (1, N), and the `parameters` as (K, 1).

    Parameters that are not constant along the rows of `x` make each point a row of its own.
    """
    shape = np.broadcast_shapes(x.shape, *(p.shape for p in parameters))
    rows = max((p.size for p in parameters), default=1)
    if len(shape) <= 2 and all(p.size == 1 or p.shape == (rows, 1) for p in parameters):
        return shape, np.atleast_2d(x), [np.broadcast_to(p.reshape(-1, 1), (rows, 1)) for p in parameters]
    points = [np.broadcast_to(p, shape).reshape(-1, 1) for p in (x, *parameters)]
    return shape, points[0], points[1:]


@dataclass(frozen=True, eq=False)
class Table:
    """Coefficients (A, D, P) of g: powers of 2α − 1, times powers of the place in each panel, for each panel."""

    coefficients: FloatArray

    @classmethod
    def of(cls, g: Callable[[FloatArray, FloatArray], FloatArray], panels: int, degrees: tuple[int, int]) -> Table:
        """`g` tabulated with polynomials of the given degrees in α and in x."""
        first, second = (degree + 1 for degree in degrees)
        alpha = 0.5 + 0.5 * chebyshev_points(first)
        x = np.arange(panels)[:, None] + 0.5 + 0.5 * chebyshev_points(second)
        values = g(alpha[:, None], x.reshape(1, -1)).reshape(first, panels, second)
        return cls(power_coefficients(power_coefficients(values).transpose(2, 0, 1)).transpose(1, 0, 2))

    def __call__(self, alpha: FloatArray, x: FloatArray) -> FloatArray:
        """g(α, x) in the shape the arguments broadcast to; quick for `alpha` (K, 1) against `x` (K, N)."""
        shape, x, (alpha,) = by_rows(x, alpha)
        panel, s = in_panels(x, self.coefficients.shape[2])
        first, last = (int(panel.min()), int(panel.max()) + 1) if panel.size else (0, 1)
        rows = np.arange(len(alpha))[:, None] * (last - first)
        return horner(self._rows(alpha, first, last), rows + (panel - first), s).reshape(shape)

    def _rows(self, alpha: FloatArray, first: int, last: int) -> FloatArray:
        """The coefficients (D, K · panels) of g(α, ·) on the panels from `first` to before `last`, by Horner's rule."""
        part = self.coefficients[:, :, None, first:last]
        s = np.repeat(2.0 * alpha - 1.0, last - first, axis=1)
        total = np.repeat(part[-1], len(alpha), axis=1)
        for level in part[-2::-1]:
            total *= s
            total += level
        return total.reshape(len(total), -1)
