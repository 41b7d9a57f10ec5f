"""`QuantileTable`: the quantile function of a distribution as a table in normal scores, for drawing many values.

A draw is Q(Φ(z)) of a normal number z. That function of z is smooth where Q is, and nearly straight where the distribution
is like a normal one, so that cells of equal width in z, each with a monotone cubic (Fritsch & Carlson 1980, SIAM J. Numer.
Anal. 17, 238–246) through exact quantiles and slopes, are found by arithmetic and hold the whole body. Each cell is divided
until P(X ≤ x) at points between the knots is right to `TOLERANCE`; what cannot be held so, and what lies beyond the table,
is inverted exactly. The table depends on the distribution alone and a value on its score alone, never on those beside it.
"""

from __future__ import annotations

import math
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.discrete.fitted import FittedCounts
from warmfit_fitting.fitted import Fitted
from warmfit_fitting.quantiles import Cubic

TOLERANCE = 1e-10  # of P(X ≤ x) at a tabulated quantile
RELATIVE = 1e-6  # of the probability beyond it, in the tails
REACH = 8.0  # scores beyond which quantiles are exact: P(Z < −8) = 6e-16
PER_UNIT = 64  # cells for a unit of the score, before any is divided
DIVISIONS = 6  # times that a cell may be halved
_MARGIN = 2.0  # how much better than the bounds the points that are looked at must be
_LOOKED_AT = np.array([0.2, 0.5, 0.8])  # shares of the way between two knots
_ROUNDINGS = 16.0  # of a value, whose effect on its probability is no error of the table
_BLOCK = 1 << 13  # scores looked up in one go, so that they stay in the cache
_MOST_ATOMS = 1 << 18  # values of a discrete distribution that are tabulated

Places = NDArray[np.intp]


class Law(Protocol):
    """A distribution with both tails, each exact where it is small."""

    def cdf(self, x: ArrayLike) -> Any:
        """P(X ≤ x)."""
        ...

    def sf(self, x: ArrayLike) -> Any:
        """P(X > x)."""
        ...

    def ppf(self, q: ArrayLike) -> Any:
        """The quantile of a probability."""
        ...

    def isf(self, q: ArrayLike) -> Any:
        """The value exceeded with a probability."""
        ...


class Smooth(Law, Protocol):
    """One that has a density."""

    def pdf(self, x: ArrayLike) -> Any:
        """The density."""
        ...


class ScoreTable(Protocol):
    """What turns normal scores into values."""

    def at_scores(self, z: FloatArray) -> FloatArray:
        """Q(Φ(z)) at `z` (N,)."""
        ...


def score_table(law: Fitted | FittedCounts) -> ScoreTable:
    """The table of a distribution: exact steps where it is discrete, cubics where it has a density."""
    return StepTable(law) if isinstance(law, FittedCounts) else QuantileTable(law)


def exact(law: Law, z: FloatArray) -> FloatArray:
    """Q(Φ(z)) at scores `z` (N,) without a table, from the tail in which each is small."""
    value, lower = np.empty(len(z)), z < 0
    if lower.any():
        value[lower] = law.ppf(special.ndtr(z[lower]))
    if not lower.all():
        value[~lower] = law.isf(special.ndtr(-z[~lower]))
    return value


class QuantileTable:
    """The quantiles of a continuous `law` at normal scores, right to `error` in probability.

    `error` bounds |P(X ≤ x) − Φ(z)|, and `RELATIVE` the same divided by the probability beyond x, but for the rounding of
    x itself. `exact_share` is the probability of a score whose quantile is inverted exactly.
    """

    error = TOLERANCE

    def __init__(self, law: Smooth) -> None:
        self._law = law
        cells = 2 * int(REACH) * PER_UNIT
        parts = np.ones(cells, dtype=np.intp)
        pieces: list[tuple[Places, FloatArray, NDArray[np.bool_]]] = []
        left = np.arange(cells)
        with np.errstate(all="ignore"):
            for level in range(DIVISIONS + 1):
                coefficients, wrong = self._tried(left, 1 << level)
                settled = ~wrong.any(axis=1) | (level == DIVISIONS)
                parts[left[settled]] = 1 << level
                pieces.append((left[settled], coefficients[:, settled], wrong[settled]))
                left = left[~settled]
                if not len(left):
                    break
        self._first = np.concatenate([[0], np.cumsum(parts)[:-1]])
        self._parts = parts.astype(np.float64)
        self._divided = bool(parts.max() > 1)
        self._coefficients = np.empty((4, int(parts.sum())))
        self._wrong = np.zeros(int(parts.sum()), dtype=bool)
        for cell, coefficients, wrong in pieces:
            at = self._first[cell][:, None] + np.arange(wrong.shape[1])
            self._coefficients[:, at], self._wrong[at] = coefficients, wrong
        self._all_right = not self._wrong.any()

    def _tried(self, cell: Places, parts: int) -> tuple[FloatArray, NDArray[np.bool_]]:
        """Cubics (4, K, parts) in cells (K,) divided so often, and which of them are not right (K, parts)."""
        knots = cell[:, None] / PER_UNIT - REACH + np.arange(parts + 1) / (PER_UNIT * parts)
        x = exact(self._law, knots.ravel())
        slope = np.exp(-0.5 * knots.ravel() ** 2) / math.sqrt(2 * math.pi) / np.asarray(self._law.pdf(x))
        x, slope = x.reshape(knots.shape), slope.reshape(knots.shape)
        coefficients = Cubic.through(knots, x, slope).coefficients
        wrong = np.zeros((len(cell), parts), dtype=bool)
        for share in _LOOKED_AT:
            c0, c1, c2, c3 = coefficients
            value = c0 + share * (c1 + share * (c2 + share * c3))
            wrong |= ~self._right((knots[:, :-1] + share / (PER_UNIT * parts)).ravel(), value.ravel()).reshape(
                wrong.shape
            )
        return coefficients, wrong | ~np.isfinite(coefficients).all(axis=0)

    def _right(self, z: FloatArray, x: FloatArray) -> NDArray[np.bool_]:
        """Whether `x` (N,) are the quantiles at scores `z` (N,) within the bounds."""
        lower = z < 0
        beyond = special.ndtr(-np.abs(z))
        found = np.where(lower, self._law.cdf(x), self._law.sf(x))
        rounding = _ROUNDINGS * np.spacing(np.abs(x)) * np.asarray(self._law.pdf(x))
        bound = np.minimum(TOLERANCE, RELATIVE * beyond) / _MARGIN + np.where(np.isfinite(rounding), rounding, 0.0)
        return np.asarray(np.abs(found - beyond) <= bound)

    @property
    def exact_share(self) -> float:
        """The probability of a normal score whose quantile is inverted exactly and not looked up."""
        counts = self._parts.astype(np.intp)
        start = np.repeat(np.arange(len(counts)) / PER_UNIT - REACH, counts)
        width = np.repeat(1 / (PER_UNIT * self._parts), counts)
        start = start + width * (np.arange(len(width)) - np.repeat(self._first, counts))
        return float(np.diff(special.ndtr(np.stack([start, start + width])), axis=0)[0] @ self._wrong)

    def ppf(self, q: ArrayLike) -> FloatArray:
        """The quantiles of probabilities `q`, in their shape."""
        probability = np.asarray(q, dtype=np.float64)
        return self.at_scores(special.ndtri(probability).ravel()).reshape(probability.shape)

    def at_scores(self, z: FloatArray) -> FloatArray:
        """Q(Φ(z)) at `z` (N,); NaN gives NaN."""
        value = np.empty(len(z))
        for start in range(0, len(z), _BLOCK):
            part = slice(start, start + _BLOCK)
            value[part] = self._looked_up(z[part])
        return value

    def _looked_up(self, z: FloatArray) -> FloatArray:
        share = (z + REACH) * PER_UNIT
        inside = (share >= 0) & (share < len(self._parts))
        whole = bool(inside.all())
        if not whole:
            share = np.where(inside, share, 0.0)
        at = share.astype(np.intp)
        share -= at
        if self._divided:
            share *= self._parts.take(at)
            within = share.astype(np.intp)
            share -= within
            at = self._first.take(at) + within
        c0, c1, c2, c3 = self._coefficients
        value: FloatArray = c3.take(at)
        for c in (c2, c1, c0):
            value *= share
            value += c.take(at)
        if not (whole and self._all_right):
            lost = ~inside | self._wrong.take(at)
            if lost.any():
                value[lost] = _with_nan(self._law, z[lost])
        return value


class StepTable:
    """The quantiles of a discrete `law`, exact: the values with a score up to 8 are tabulated by where they begin."""

    error = 0.0

    def __init__(self, law: Law) -> None:
        self._law = law
        low, high = (float(v) for v in exact(law, np.array([-REACH, REACH])))
        held = high - low < _MOST_ATOMS
        self._reach = (-REACH, REACH) if held else (math.inf, -math.inf)
        self._values = np.arange(low, high + 1.0) if held else np.array([low])
        below, above = np.asarray(law.cdf(self._values)), np.asarray(law.sf(self._values))
        ends = np.where(below < 0.5, special.ndtri(below), -special.ndtri(above))
        self._ends = np.maximum.accumulate(ends)[:-1]

    def at_scores(self, z: FloatArray) -> FloatArray:
        """Q(Φ(z)) at `z` (N,); NaN gives NaN."""
        value: FloatArray = self._values.take(np.searchsorted(self._ends, z))
        lost = ~((z >= self._reach[0]) & (z <= self._reach[1]))
        if lost.any():
            value[lost] = _with_nan(self._law, z[lost])
        return value


def _with_nan(law: Law, z: FloatArray) -> FloatArray:
    """`exact`, of scores that may be NaN."""
    value, known = np.full(len(z), np.nan), ~np.isnan(z)
    value[known] = exact(law, z[known])
    return value
