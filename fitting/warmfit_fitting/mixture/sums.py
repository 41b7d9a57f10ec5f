"""The E-step as a fold: rows become sums of products, which add up over blocks, partitions and machines.

Rows are taken in standard units, z = (x − centre)/spread. With the features φ(z) = (1, z_i, z_i z_j for i ≤ j), the
log of weight times Gaussian density is linear in φ, and all that an M-step asks for is Σ r_k φ: two products of
matrices a block. In standard units squares lose no digits that matter, as components are not narrower than a share of
the columns' spread.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache, reduce

import numpy as np

from warmfit_fitting.arrays import FloatArray, IntArray

_BLOCK = 1 << 12  # rows in one go: the features of a block stay in the cache
_KEPT = 1 << 22  # numbers, features of a sample that are kept from pass to pass


@dataclass(frozen=True, eq=False)
class Standard:
    """The units of rows: `centre` and `spread`, (d,) each."""

    centre: FloatArray
    spread: FloatArray

    def of(self, rows: FloatArray) -> FloatArray:
        """z of rows (n, d)."""
        return np.asarray((rows - self.centre) / self.spread)

    @property
    def log_unit(self) -> float:
        """What a log-density gains by the change of units."""
        return float(np.log(self.spread).sum())


@dataclass(frozen=True, eq=False)
class Sums:
    """Σ w r_k φ(z) over rows, (q, K), and Σ w log f(z); they add."""

    products: FloatArray
    loglik: float

    def __add__(self, other: Sums) -> Sums:
        return Sums(self.products + other.products, self.loglik + other.loglik)


@lru_cache(maxsize=64)
def pairs(d: int) -> tuple[IntArray, IntArray]:
    """The places i ≤ j of the products among the features."""
    i, j = np.triu_indices(d)
    return np.asarray(i, dtype=np.int64), np.asarray(j, dtype=np.int64)


@lru_cache(maxsize=64)
def _halves(d: int) -> FloatArray:
    """−½ for squares among the products of two columns, and −1 for those that stand for two."""
    first, second = pairs(d)
    return np.where(first == second, -0.5, -1.0)


@lru_cache(maxsize=64)
def _places(d: int) -> IntArray:
    """Where each product of two columns is among the features after the first, (d, d)."""
    places = np.empty((d, d), dtype=np.int64)
    first, second = pairs(d)
    places[first, second] = places[second, first] = np.arange(d, d + len(first))
    return places


def features_of(z: FloatArray) -> FloatArray:
    """The features (q, m) of rows (m, d) in standard units."""
    first, second = pairs(z.shape[1])
    return np.concatenate([np.ones((1, len(z))), z.T, z.T[first] * z.T[second]])


def fold(rows: FloatArray, weights: FloatArray | None, standard: Standard, coefficients: FloatArray) -> Sums:
    """The sums over rows (n, d) with `weights` (n,), all 1 for None, of a mixture of `coefficients` (q, K)."""
    q, k = coefficients.shape
    d = rows.shape[1]
    sums = Sums(np.zeros((q, k)), 0.0)
    features = np.ones((q, min(_BLOCK, max(len(rows), 1))))
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        part = features[:, : len(block)]
        np.subtract(block.T, standard.centre[:, None], out=part[1 : 1 + d])
        part[1 : 1 + d] /= standard.spread[:, None]
        for place, (i, j) in enumerate(zip(*pairs(d), strict=True), 1 + d):
            np.multiply(part[1 + i], part[1 + j], out=part[place])
        sums += _sums_of(part, None if weights is None else weights[start : start + _BLOCK], coefficients)
    return sums


def _sums_of(features: FloatArray, weights: FloatArray | None, coefficients: FloatArray) -> Sums:
    """The sums over the rows of one block."""
    joint = coefficients.T @ features
    top = joint.max(axis=0)
    joint -= top
    np.exp(joint, out=joint)
    total = joint.sum(axis=0)
    top += np.log(total)
    if weights is None:
        joint /= total
        return Sums(features @ joint.T, float(top.sum()))
    joint *= weights / total
    return Sums(features @ joint.T, float(top @ weights))


class Sample:
    """Rows `z` (m, d) in standard units with `weights` (m,), to be folded often: their features are made once."""

    def __init__(self, z: FloatArray, weights: FloatArray) -> None:
        self.z, self.weights = z, weights
        self._unit = Standard(np.zeros(z.shape[1]), np.ones(z.shape[1]))

    @cached_property
    def features(self) -> FloatArray:
        """The features (q, m) of the rows."""
        return features_of(self.z)

    @cached_property
    def _blocks(self) -> list[tuple[FloatArray, FloatArray]]:
        """Features and weights, where the features are not too many to be kept."""
        d = self.z.shape[1]
        if len(self.z) * (d + 1) * (d + 2) // 2 > _KEPT:
            return []
        starts = range(0, len(self.z), _BLOCK)
        return [(features_of(self.z[s : s + _BLOCK]), self.weights[s : s + _BLOCK]) for s in starts]

    def first(self, m: int) -> Sample:
        """The first `m` rows."""
        return self if m >= len(self.z) else Sample(self.z[:m], self.weights[:m])

    def fold(self, coefficients: FloatArray) -> Sums:
        """The sums over the rows, of a mixture of `coefficients` (q, K)."""
        if not self._blocks:
            return fold(self.z, self.weights, self._unit, coefficients)
        return reduce(Sums.__add__, (_sums_of(*block, coefficients) for block in self._blocks))

    def fold_each(self, coefficients: FloatArray, k: int) -> tuple[FloatArray, FloatArray]:
        """The products (q, S·K) and log-likelihoods (S,) of S mixtures of `k` components side by side."""
        joint = (coefficients.T @ self.features).reshape(-1, k, len(self.z))
        top = joint.max(axis=1)
        joint -= top[:, None]
        np.exp(joint, out=joint)
        total = joint.sum(axis=1)
        top += np.log(total)
        joint *= (self.weights / total)[:, None]
        return self.features @ joint.reshape(-1, len(self.z)).T, top @ self.weights


@dataclass(frozen=True, eq=False)
class Parameters:
    """A mixture in standard units: `weights` (K,), `means` (K, d), `covariances` (K, d, d).

    Of the covariances, `factors` (K, d, d) are the lower Cholesky factors, `precisions` (K, d, d) the inverses, and
    `logdets` (K,) the logs of the determinants.
    """

    weights: FloatArray
    means: FloatArray
    covariances: FloatArray
    factors: FloatArray
    precisions: FloatArray
    logdets: FloatArray

    @classmethod
    def within(
        cls,
        weights: FloatArray,
        means: FloatArray,
        covariances: FloatArray,
        floors: FloatArray,
        factors: FloatArray | None = None,
    ) -> Parameters:
        """Those with the nearest covariances, in likelihood, that are at least diag(`floors`) in every direction.

        Eigenvalues are cut off below, in units in which the floors are 1. `factors`: of the covariances, where they
        are known.
        """
        if covariances.shape[1] == 1:
            covariances = np.maximum(covariances, floors[:, None])
            return cls(
                weights, means, covariances, np.sqrt(covariances), 1.0 / covariances, np.log(covariances[:, 0, 0])
            )
        try:
            known = np.asarray(np.linalg.cholesky(covariances)) if factors is None else factors
            found = cls._of_factors(weights, means, covariances, known)
        except np.linalg.LinAlgError:
            return cls._cut_off(weights, means, covariances, floors)
        # in those units the trace of an inverse, Σ 1/λ, is at most 1 only where each eigenvalue λ is at least 1
        traces = found.precisions.diagonal(axis1=1, axis2=2) @ floors
        return found if traces.max() <= 1.0 else cls._cut_off(weights, means, covariances, floors)

    @classmethod
    def _of_factors(
        cls, weights: FloatArray, means: FloatArray, covariances: FloatArray, factors: FloatArray
    ) -> Parameters:
        """Those of covariances with these lower Cholesky factors."""
        inverse = np.linalg.inv(factors)
        logdets = 2.0 * np.log(factors.diagonal(axis1=1, axis2=2)).sum(axis=1)
        return cls(weights, means, covariances, factors, inverse.transpose(0, 2, 1) @ inverse, logdets)

    @classmethod
    def _cut_off(
        cls, weights: FloatArray, means: FloatArray, covariances: FloatArray, floors: FloatArray
    ) -> Parameters:
        unit = np.sqrt(floors)
        values, vectors = np.linalg.eigh(covariances / unit[:, None] / unit)
        if values.min() < 1.0:
            values = np.maximum(values, 1.0)
            covariances = (vectors * values[:, None, :]) @ vectors.transpose(0, 2, 1) * unit[:, None] * unit
        precisions = (vectors / values[:, None, :]) @ vectors.transpose(0, 2, 1) / unit[:, None] / unit
        logdets = np.log(values).sum(axis=1) + np.log(floors).sum()
        return cls(weights, means, covariances, np.asarray(np.linalg.cholesky(covariances)), precisions, logdets)

    def coefficients(self) -> FloatArray:
        """The log of weight times density in terms of the features, (q, K)."""
        d = self.means.shape[1]
        first, second = pairs(d)
        slope = (self.precisions * self.means[:, None, :]).sum(axis=2)
        square = self.precisions[:, first, second] * _halves(d)
        constant = np.log(self.weights) - 0.5 * (
            d * math.log(2 * math.pi) + self.logdets + (slope * self.means).sum(axis=1)
        )
        return np.concatenate([constant[:, None], slope, square], axis=1).T

    def maximized(self, sums: Sums, floors: FloatArray) -> Parameters:
        """The M-step: the parameters that maximize the likelihood expected under `sums`, of those within the floors.

        A component that no row belongs to stays where it is.
        """
        d = self.means.shape[1]
        mass = sums.products[0]
        held = mass > 1e-12 * mass.sum()
        all_held = bool(held.all())
        safe = mass if all_held else np.where(held, mass, 1.0)
        means, about = _about(sums.products[1:] / safe, d)
        if not all_held:
            means = np.where(held[:, None], means, self.means)
            about = np.where(held[:, None, None], about, self.covariances)
        weights = np.maximum(mass / mass.sum(), 1e-300)
        return Parameters.within(weights / weights.sum(), means, about, floors)


def moments_of(products: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Weights (K,), means (K, d) and covariances (K, d, d) of groups by their sums (q, K), none without rows."""
    q = len(products)
    mass = products[0]
    return mass / mass.sum(), *_about(products[1:] / mass, (math.isqrt(8 * q + 1) - 3) // 2)


def _about(averages: FloatArray, d: int) -> tuple[FloatArray, FloatArray]:
    """Means and covariances by the averages (q − 1, K) of the features after the first."""
    scaled = averages.T
    means = scaled[:, :d]
    about = scaled[:, _places(d)]
    about -= means[:, :, None] * means[:, None, :]
    return means, about
