"""KS, AD and CvM of many simulated columns, each against its own refit: the formulas of `goodness`, columns side by side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from warmfit_fitting.arrays import FloatArray, IntArray
from warmfit_fitting.families.family import Family
from warmfit_fitting.goodness import AT_END
from warmfit_fitting.resampling.likelihood import Batch

BLOCK = 1 << 15  # numbers evaluated at a time


@dataclass(frozen=True, eq=False)
class Statistics:
    """KS, AD and CvM of K columns, (K,) each."""

    ks: FloatArray
    ad: FloatArray
    cvm: FloatArray

    @classmethod
    def unknown(cls, size: int) -> Statistics:
        """None known."""
        return cls(*(np.full(size, np.nan) for _ in range(3)))


def measures(family: Family, data: Batch) -> bool:
    """Whether `measure` holds: every value known, each once and weighing the same, and a closed distribution function."""
    return family.closed_cdf and data.masses is None and bool((data.weight == 1.0).all())


def measure(family: Family, data: Batch, theta: FloatArray) -> Statistics:
    """The distances of the laws `theta` (K, P) from the rows of their columns."""
    step = max(BLOCK // data.x.shape[1], 1)
    parts = [_measured(family, data, theta, np.arange(i, min(i + step, len(data)))) for i in range(0, len(data), step)]
    return Statistics(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _measured(
    family: Family, data: Batch, theta: FloatArray, columns: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    at = theta[columns]
    with np.errstate(all="ignore"):
        f, s = both_tails(family, at, data.x[columns], data.window[columns])
        half_of_end_cells(family, at, data, columns, f, s)
        n = f.shape[1]
        upto, below = np.arange(1, n + 1) / n, np.arange(n) / n
        ks = np.maximum(np.abs(upto - f), np.abs(f - below)).max(axis=1)
        c = upto[:-1]
        log_f, log_s = np.log(f), np.log(s)
        inner = c**2 * np.diff(log_f) - (1 - c) ** 2 * np.diff(log_s) - np.diff(f)
        ad = n * (inner.sum(axis=1) - log_s[:, 0] - f[:, 0] - log_f[:, -1] - s[:, -1])
        ends = np.concatenate([np.zeros((len(f), 1)), f, np.ones((len(f), 1))], axis=1)
        steps = np.append(below, 1.0)
        cvm = n * ((ends[:, 1:] - steps) ** 3 - (ends[:, :-1] - steps) ** 3).sum(axis=1) / 3
    return ks, ad, cvm


def both_tails(family: Family, theta: FloatArray, x: FloatArray, window: FloatArray) -> tuple[FloatArray, FloatArray]:
    """P(X ≤ x) and P(X > x) at ascending `x` (M, N), given that X lies in its `window` (M, 2)."""
    f, s = _unconditioned(family, theta, x)
    if not np.isfinite(window).any():
        return f, s
    (low, high), (low_s, high_s) = (part.T[:, :, None] for part in _unconditioned(family, theta, window))
    mass = np.where(high < 0.5, high - low, low_s - high_s)
    below, above = np.where(f < 0.5, f - low, low_s - s) / mass, np.where(f < 0.5, high - f, s - high_s) / mass
    return np.clip(below, 0.0, 1.0), np.clip(above, 0.0, 1.0)


def _unconditioned(family: Family, theta: FloatArray, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    shapes = tuple(theta[:, i : i + 1] for i in range(theta.shape[1] - 2))
    z = (x - theta[:, -2:-1]) / theta[:, -1:]
    low, high = family.support(*shapes)
    inside = np.clip(z, low, high)
    middle = z.shape[1] // 2
    f, s = family.cdf(inside[:, :middle], *shapes), family.sf(inside[:, middle:], *shapes)
    f, s = np.concatenate([f, 1 - s], axis=1), np.concatenate([1 - f, s], axis=1)
    outside = z < low
    return (
        np.where(z >= high, 1.0, np.where(outside, 0.0, f)),
        np.where(z >= high, 0.0, np.where(outside, 1.0, s)),
    )


def half_of_end_cells(
    family: Family, theta: FloatArray, data: Batch, columns: IntArray, f: FloatArray, s: FloatArray
) -> None:
    """Put half the mass of an extreme value's cell for what is none at it, where a support ends; see `goodness`."""
    shapes = tuple(theta[:, i : i + 1] for i in range(theta.shape[1] - 2))
    points, inner = data.ends[0][:, columns], np.array([data.upper[columns, 0], data.lower[columns, -1]])
    low, high = ((theta[:, -2:-1] + theta[:, -1:] * end)[:, 0] for end in family.support(*shapes))
    at_end = np.abs(points - [low, high]) <= AT_END * np.abs(inner - points)
    none = at_end | np.array([f[:, 0] == 0, s[:, -1] == 0])
    if none.any():
        near, far = both_tails(family, theta, inner.T, data.window[columns])
        f[:, 0] = np.where(none[0], near[:, 0] / 2, f[:, 0])
        s[:, -1] = np.where(none[1], far[:, 1] / 2, s[:, -1])
