"""Families defined through their quantile function or a power of it: tukeylambda, kappa4."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.families.bulk import LOG_P, Bulk, quartile_bulk
from warmfit_fitting.families.family import Cost, Family, Shape
from warmfit_fitting.families.logistic import log_sigmoid_pair

if TYPE_CHECKING:
    from warmfit_fitting.estimation.features import Features

_TINY = 1e-300  # stands for a shape of exactly 0, where the formulas have their limit but divide by it
_MOST_STEPS = 60  # Newton's method takes four to eight


def _nonzero(shape: FloatArray) -> FloatArray:
    """The shape, moved off 0 by an amount without effect."""
    return np.where(np.abs(shape) < _TINY, _TINY, shape)


class TukeyLambda(Family):
    """Q(p; λ) = (p^λ − (1−p)^λ)/λ, on |z| < 1/λ for shape lam > 0, on the line for lam ≤ 0.

    λ = 0 is the logistic, 1 and 2 are uniform; the smaller, the heavier the tails. The density is 1/Q′(F(z))
    (Tukey 1960; Joiner & Rosenblatt 1971, JASA 66, 394–399); F is found by inverting Q in logit p.
    """

    name = "tukeylambda"
    shapes = (Shape("lam"),)
    closed_cdf = True
    cost = Cost.SPECIAL

    def support(self, *shapes: FloatArray) -> tuple[FloatArray, FloatArray]:
        lam = np.asarray(shapes[0])
        end = np.where(lam > 0.0, 1.0 / _nonzero(lam), np.inf)
        return -end, end

    def logpdf(self, z: FloatArray, lam: FloatArray) -> FloatArray:
        below, above = log_sigmoid_pair(_upper_logit(np.abs(z), lam))
        return -np.logaddexp((lam - 1.0) * below, (lam - 1.0) * above)

    def bulk(self, lam: FloatArray) -> Bulk:
        lam = np.where(lam == 0.0, 1e-8, lam)
        return np.zeros_like(lam), (0.75**lam - 0.25**lam) / lam

    def cdf(self, z: FloatArray, lam: FloatArray) -> FloatArray:
        return special.expit(np.sign(z) * _upper_logit(np.abs(z), lam))

    def sf(self, z: FloatArray, lam: FloatArray) -> FloatArray:
        return special.expit(-np.sign(z) * _upper_logit(np.abs(z), lam))

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return ((-0.6,), (-0.1,), (0.14,), (0.6,), (3.0,))

    def starts(self, data: Features) -> Sequence[tuple[float, ...]]:
        """Supports that just hold the data, about several places."""
        found = []
        for loc in (*(data.quantile(p) for p in (0.3, 0.4, 0.5, 0.6, 0.7)), 0.5 * (data.minimum + data.maximum)):
            reach = 1.02 * max(data.maximum - loc, loc - data.minimum)
            found += [(lam, loc, lam * reach) for lam in (0.3, 1.3, 2.5, 4.5, 7.0)]
        return found


def _upper_logit(distance: FloatArray, lam: FloatArray) -> FloatArray:
    """logit F(z) ≥ 0 at z = `distance` ≥ 0, by Newton's method on −log(1 − λQ)/λ, which is close to linear in logit p.

    Each step is kept inside the bracket that the earlier ones leave.
    """
    lam = _nonzero(lam)
    target = -np.log1p(-lam * distance) / lam
    low, high = np.zeros_like(target), np.full_like(target, np.inf)
    y = target * np.maximum(lam, 1.0)
    for _ in range(_MOST_STEPS):
        below, above = log_sigmoid_pair(y)
        log_room = _log_room(y, below, above, lam)
        miss = -log_room / lam - target
        slope = np.exp(lam * below + above - log_room) + np.exp(lam * above + below - log_room)
        high = np.where(miss > 0.0, y, high)
        low = np.where(miss < 0.0, y, low)
        proposal = y - miss / slope
        middle = np.where(np.isinf(high), 2.0 * y + 1.0, 0.5 * (low + high))
        step = np.where((proposal >= low) & (proposal <= high), proposal, middle) - y
        y = y + step
        if not np.any(np.abs(step) > 1e-8 * y):  # the error left is its square
            break
    return y


def _log_room(y: FloatArray, below: FloatArray, above: FloatArray, lam: FloatArray) -> FloatArray:
    """log(1 − λQ) at logit p = y: through Q where that is small, else as (1−p)^λ − (p^λ − 1)."""
    taken = -np.exp(lam * below) * np.expm1(-lam * y)
    direct = np.log1p(-taken)
    if np.max(lam, initial=-1.0) < 1e-3:
        return direct
    return np.where(taken < 0.5, direct, np.log(np.exp(lam * above) - np.expm1(lam * below)))


class Kappa4(Family):
    """F(z; h, k) = (1 − h (1 − kz)^(1/k))^(1/h), shapes h and k real, with their limits at 0.

    Hosking 1994, IBM Journal of Research and Development 38, 251–258: h = 0 is the generalized extreme value, h = 1 the
    generalized Pareto, h = −1 the generalized logistic; k is the upper tail. On (low, high): low = (1 − h^−k)/k for
    h > 0, 1/k for h ≤ 0 and k < 0, else −∞; high = 1/k for k > 0, else ∞.
    """

    name = "kappa4"
    shapes = (Shape("h"), Shape("k"))
    closed_cdf = True

    def support(self, *shapes: FloatArray) -> tuple[FloatArray, FloatArray]:
        h, k = np.broadcast_arrays(*shapes)
        k = _nonzero(k)
        below = np.where(
            h > 0.0, -np.expm1(-k * np.log(np.where(h > 0.0, h, 1.0))) / k, np.where(k < 0, 1.0 / k, -np.inf)
        )
        return below, np.where(k > 0.0, np.where(k <= _TINY, np.inf, 1.0 / k), np.inf)

    # 0 is replaced by a tiny negative h: its lower end is at −∞, as the limit's is
    def logpdf(self, z: FloatArray, h: FloatArray, k: FloatArray) -> FloatArray:
        h, k = -_nonzero(-h), _nonzero(k)
        reduced = _reduced(z, k)
        return (k - 1.0) * reduced + (1.0 / h - 1.0) * _log_power(reduced, h)

    def cdf(self, z: FloatArray, h: FloatArray, k: FloatArray) -> FloatArray:
        h = -_nonzero(-h)
        return np.exp(_log_power(_reduced(z, _nonzero(k)), h) / h)

    def sf(self, z: FloatArray, h: FloatArray, k: FloatArray) -> FloatArray:
        h = -_nonzero(-h)
        return -np.expm1(_log_power(_reduced(z, _nonzero(k)), h) / h)

    def bulk(self, h: FloatArray, k: FloatArray) -> Bulk:
        h, k = _nonzero(h), _nonzero(k)
        gumbel = (-np.log(-np.expm1(h * log_p) / h) for log_p in LOG_P)
        return quartile_bulk(*(-np.expm1(np.clip(-k * y, -300.0, 300.0)) / k for y in gumbel))

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return tuple((h, k) for h in (-6.0, -1.0, 0.1, 1.0) for k in (-0.4, 0.1, 0.7))

    def starts(self, data: Features) -> Sequence[tuple[float, ...]]:
        """Long lower tails, h → −∞, laid on the bulk of the data."""
        h, k = np.array([-20.0, -20.0, -20.0]), np.array([-0.3, -0.05, 0.2])
        center, spread = self.bulk(h, k)
        width = 0.5 * data.iqr or data.std
        loc = data.median - width * center / spread
        return list(zip(h.tolist(), k.tolist(), loc.tolist(), (width / spread).tolist(), strict=True))


def _reduced(z: FloatArray, k: FloatArray) -> FloatArray:
    """−log(1 − kz)/k, the reduced variate; z itself for k → 0."""
    return -np.log1p(-k * z) / k


def _log_power(reduced: FloatArray, h: FloatArray) -> FloatArray:
    """log(1 − h e^−reduced) = h log F, also where e^−reduced overflows."""
    result = np.log1p(-h * np.exp(-reduced))
    if np.isposinf(result).any():
        result = np.where(np.isposinf(result), np.log(-h) - reduced, result)
    return result
