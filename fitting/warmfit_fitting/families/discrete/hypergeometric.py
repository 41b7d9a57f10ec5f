"""Draws without replacement: hypergeometric, negative hypergeometric, and Fisher's noncentral hypergeometric.

Sources: Johnson, Kemp & Kotz (2005), "Univariate Discrete Distributions", ch. 6; Fog (2008), Commun. Stat. Simul. Comput.
37, for the noncentral ones. Data say little about the three sizes beyond mean and variance: the likelihood has a long ridge
towards the binomial, and a symmetry between the good and the drawn.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from warmfit_fitting.arrays import BoolArray, FloatArray
from warmfit_fitting.discrete.features import CountFeatures
from warmfit_fitting.families.discrete.binomial import beta_shares, trials
from warmfit_fitting.families.discrete.family import DiscreteFamily, whole_number
from warmfit_fitting.families.discrete.probabilities import log_beta_binomial, log_binomial, log_hypergeometric
from warmfit_fitting.families.family import Cost, Shape, positive

_NODES = 400  # of a sum over the support
_REACH = 12.0  # standard deviations from the mode that it covers
_FACTORS = (0.5, 0.7, 0.85, 0.95, 1.05, 1.2, 1.5, 2.0, 4.0, 16.0)


class Urn(DiscreteFamily):
    """What hypergeometric families share: M in all, n of them good, N drawn."""

    shapes: tuple[Shape, ...] = (whole_number("M"), whole_number("n"), whole_number("N"))
    integer_shapes = ("M", "n", "N")
    odds: tuple[float, ...] = (1.0,)  # from which to begin
    every = 1  # of so many factors one is tried
    near = 10  # numbers drawn on either side that are tried with a total that keeps the variance

    def support(self, M: FloatArray, n: FloatArray, N: FloatArray, *odds: FloatArray) -> tuple[FloatArray, FloatArray]:
        return np.maximum(0.0, N - (M - n)), np.minimum(n, N)

    def allowed(self, M: FloatArray, n: FloatArray, N: FloatArray, *odds: FloatArray) -> BoolArray:
        return (n <= M) & (N <= M)

    def starts(self, data: CountFeatures) -> Sequence[tuple[float, ...]]:
        found = []
        sizes = {float(np.rint(data.maximum * f)) for f in (1.0, 1.1, 1.5, 2.5, 6.0)}
        for drawn in sorted({*sizes, data.maximum + 1}):
            for total in _totals(drawn, data):
                for odds in self.odds:
                    good = max(float(np.rint(total * _share(data.mean / drawn, odds))), data.maximum)
                    least = max(total, good + drawn - data.minimum)
                    found.append((least, good, drawn, *(odds,) * (len(self.shapes) - 3)))
        return found

    def jumps(self, theta: FloatArray, data: CountFeatures) -> FloatArray:
        """Other numbers drawn and other totals, that keep the variance or not, with as many good ones as keep the mean."""
        total, good, drawn = theta[:3]
        odds = theta[3] if len(theta) > 3 else 1.0
        near = np.arange(-self.near, self.near + 1.0)
        d, change = (v.ravel() for v in np.meshgrid(drawn + near, np.array([0.9, 0.97, 1.0, 1.03, 1.1])))
        kept = (1 - good / total) * (1 - drawn / total) / np.maximum(1 - data.mean / d, 1e-9)
        m = np.where(kept < 1, d / np.maximum(1 - kept, 1e-9), total) * change
        f = np.array(_FACTORS[:: self.every])
        d = np.concatenate([d, np.full(len(f), drawn), drawn * f, drawn * f, drawn * np.sqrt(f)])
        m = np.concatenate([m, total * f, total * f, np.full(len(f), total), total * f])
        d, m = np.maximum(np.rint(d), data.maximum), np.rint(m)
        exact = good / total * m * _share(data.mean / d, odds) / _share(data.mean / drawn, odds)
        rows = []
        for g in (np.floor(exact), np.ceil(exact)):
            g = np.maximum(g, data.maximum)
            rest = [np.full(len(d), v) for v in theta[3:]]
            rows.append(np.stack([np.maximum(m, g + d - data.minimum), g, d, *rest], axis=1))
        return np.concatenate(rows)


class Hypergeometric(Urn):
    """C(n, k) C(M − n, N − k)/C(M, N)."""

    name = "hypergeom"

    def logpmf(self, k: FloatArray, M: FloatArray, n: FloatArray, N: FloatArray) -> FloatArray:
        return log_hypergeometric(k, M, n, N)


class NegativeHypergeometric(DiscreteFamily):
    """Good ones drawn before the r-th other one, of M in all with n good: a beta-binomial of whole shapes."""

    name = "nhypergeom"
    shapes = (whole_number("M"), whole_number("n"), whole_number("r"))
    integer_shapes = ("M", "n", "r")

    def support(self, M: FloatArray, n: FloatArray, r: FloatArray) -> tuple[FloatArray, FloatArray]:
        return np.asarray(0.0), n

    def allowed(self, M: FloatArray, n: FloatArray, r: FloatArray) -> BoolArray:
        return n + r <= M

    def logpmf(self, k: FloatArray, M: FloatArray, n: FloatArray, r: FloatArray) -> FloatArray:
        return log_beta_binomial(k, n, r, M - n - r + 1)

    def starts(self, data: CountFeatures) -> Sequence[tuple[float, ...]]:
        found = []
        for n in trials(data):
            for a, b in beta_shares(n, data):
                r = max(np.rint(a), 1.0)
                others = max(np.rint(b * r / a), 1.0)
                found.append((float(n + r + others - 1), n, float(r)))
        return found

    def jumps(self, theta: FloatArray, data: CountFeatures) -> FloatArray:
        """Other numbers of good ones and other r, with as many others as keep the mean, and some that keep the variance."""
        total, good, r = theta
        others = total - good + 1
        mean, size = good * r / others, others
        f = np.array(_FACTORS)
        near = good + np.arange(-10.0, 11.0)
        ratio = good * (1 - mean / good) * (good + size) / (1 + size) / np.maximum(near - mean, 1e-9)
        kept = np.where(ratio > 1, (near - ratio) / np.maximum(ratio - 1, 1e-9), size) * mean / near
        n = np.concatenate([near, near, near, good * f, np.full(len(f), good), good * f, good * f])
        s = np.concatenate([kept, kept - 1, kept + 1, np.full(len(f), r), r * f, r * f, r / f])
        n, s = np.maximum(np.rint(n), data.maximum), np.maximum(np.rint(s), 1.0)
        exact = n * s / mean
        return np.concatenate(
            [np.stack([n + np.maximum(b - 1, s), n, s], axis=1) for b in (np.floor(exact), np.ceil(exact))]
        )


class FisherHypergeometric(Urn):
    """C(n, k) C(M − n, N − k) ω^k over its sum: two binomials given their total, ω the ratio of their odds.

    The sum is taken over all of the support where the law is narrow, else by a trapezoidal rule on its bulk.
    """

    name = "nchypergeom_fisher"
    shapes = (*Urn.shapes, positive("odds", near=1e-12, far=1e12))
    odds = (1.0, 0.25, 4.0)
    near, every = 1, 2
    cost = Cost.SLOW

    @property
    def nested(self) -> tuple[DiscreteFamily, tuple[float, ...]]:
        return Hypergeometric(), (1.0,)

    def logpmf(self, k: FloatArray, M: FloatArray, n: FloatArray, N: FloatArray, odds: FloatArray) -> FloatArray:
        shape = np.broadcast_shapes(*(np.shape(v) for v in (M, n, N, odds)))
        M, n, N, odds = (np.broadcast_to(v, shape).reshape(-1, 1) for v in (M, n, N, odds))
        low, high = self.support(M, n, N)
        mode = np.clip(_fisher_mode(M, n, N, odds), low, high)
        share = (mode + 0.5) / (n + 1)  # of the good: with it neither binomial is far from its bulk
        other = (n + 0.5 - mode) / (n + 1)
        pair = share / (share + odds * other), odds * other / (share + odds * other)

        def term(at: FloatArray) -> FloatArray:
            bad, rest = np.maximum(M - n, 0.0), np.clip(N - at, 0.0, np.maximum(M - n, 0.0))
            return log_binomial(np.clip(at, 0.0, n), n, share, other) + log_binomial(rest, bad, *pair)

        spread = 1 / np.sqrt(sum(1 / (v + 1) for v in (mode, n - mode, N - mode, M - n - N + mode)))
        reach = np.ceil(_REACH * (spread + 1))
        step = np.maximum(1.0, np.ceil(2 * reach / _NODES))
        half = min(float(reach.max()), _NODES / 2)
        at = np.rint(mode) + step * np.arange(-half, half + 1)
        inside = (at >= low) & (at <= high)
        terms = np.where(inside, term(np.clip(at, low, high)), -np.inf)
        total = np.logaddexp.reduce(terms, axis=1, keepdims=True) + np.log(step)
        if len(shape) < 2:
            return (term(np.atleast_1d(k)) - total).reshape(np.broadcast_shapes(np.shape(k), shape))
        return term(np.asarray(k)) - total


def _fisher_mode(M: FloatArray, n: FloatArray, N: FloatArray, odds: FloatArray) -> FloatArray:
    """Where neighbouring terms are equal: the root of a quadratic (Fog 2008, eq. 11), without cancellation."""
    a = odds - 1
    b = -((n + N + 2) * odds + (M - n - N))
    c = (n + 1) * (N + 1) * odds
    root = np.sqrt(np.maximum(b * b - 4 * a * c, 0.0))
    return 2 * c / (-b + root)


def _share(drawn: FloatArray | float, odds: float) -> FloatArray:
    """The share of good ones that, at these odds, gives them the share `drawn` of few draws."""
    drawn = np.clip(drawn, 1e-12, 1 - 1e-12)
    return np.asarray(drawn / (drawn + odds * (1 - drawn)))


def _totals(drawn: float, data: CountFeatures) -> list[float]:
    """Totals that give the variance, for a number drawn, and some around them."""
    share = min(data.mean / drawn, 1 - 1e-9)
    kept = data.variance / max(data.mean * (1 - share), 1e-300)  # 1 − drawn/total
    by_moments = drawn / (1 - kept) if kept < 1 - 1e-6 else drawn * 1e4
    least = drawn + data.maximum - data.minimum
    return [max(float(np.rint(by_moments * f)), least) for f in (0.8, 1.0, 1.5, 10.0)]
