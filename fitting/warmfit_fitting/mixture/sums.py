"""The E-step as a fold: rows become sums of products, which add up over blocks, partitions and machines.

Rows are taken in standard units, z = (x − centre)/spread. With the features φ(z) = (1, z_i, z_i z_j for i ≤ j), the
log of weight times Gaussian density is linear in φ, and all that an M-step asks for is Σ r_k φ: two products of
matrices a block. In standard units squares lose no digits that matter, as components are not narrower than a share of
the columns' spread.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from warmfit_fitting.arrays import FloatArray, IntArray

_BLOCK = 1 << 12  # rows in one go: the features of a block stay in the cache


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


def fold(rows: FloatArray, weights: FloatArray | None, standard: Standard, coefficients: FloatArray) -> Sums:
    """The sums over rows (n, d) with `weights` (n,), all 1 for None, of a mixture of `coefficients` (q, K)."""
    q, k = coefficients.shape
    d = rows.shape[1]
    first, second = pairs(d)
    products, loglik = np.zeros((q, k)), 0.0
    features = np.ones((q, min(_BLOCK, max(len(rows), 1))))
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        size = len(block)
        part = features[:, :size]
        np.subtract(block.T, standard.centre[:, None], out=part[1 : 1 + d])
        part[1 : 1 + d] /= standard.spread[:, None]
        for place, (i, j) in enumerate(zip(first, second, strict=True), 1 + d):
            np.multiply(part[1 + i], part[1 + j], out=part[place])
        joint = coefficients.T @ part
        top = joint.max(axis=0)
        joint -= top
        np.exp(joint, out=joint)
        total = joint.sum(axis=0)
        top += np.log(total)
        if weights is None:
            loglik += float(top.sum())
            joint /= total
        else:
            w = weights[start : start + _BLOCK]
            loglik += float(top @ w)
            joint *= w / total
        products += part @ joint.T
    return Sums(products, loglik)


@dataclass(frozen=True, eq=False)
class Parameters:
    """A mixture in standard units: `weights` (K,), `means` (K, d), `covariances` (K, d, d)."""

    weights: FloatArray
    means: FloatArray
    covariances: FloatArray

    @cached_property
    def factors(self) -> FloatArray:
        """The lower Cholesky factors (K, d, d) of the covariances."""
        if self.covariances.shape[1] == 1:
            return np.sqrt(self.covariances)
        return np.asarray(np.linalg.cholesky(self.covariances))

    def coefficients(self) -> FloatArray:
        """The log of weight times density in terms of the features, (q, K)."""
        d = self.means.shape[1]
        first, second = pairs(d)
        precision = 1.0 / self.covariances if d == 1 else np.linalg.inv(self.covariances)
        slope = (precision * self.means[:, None, :]).sum(axis=2)
        logdet = 2.0 * np.log(np.diagonal(self.factors, axis1=1, axis2=2)).sum(axis=1)
        constant = np.log(self.weights) - 0.5 * (d * math.log(2 * math.pi) + logdet + (slope * self.means).sum(axis=1))
        square = -precision[:, first, second] * np.where(first == second, 0.5, 1.0)
        return np.asarray(np.concatenate([constant[:, None], slope, square], axis=1).T)

    def maximized(self, sums: Sums, floors: FloatArray) -> Parameters:
        """The M-step: the parameters that maximize the likelihood expected under `sums`.

        Among covariances Σ ≥ diag(`floors`) in every direction, by cutting eigenvalues off below. A component that no
        row belongs to stays where it is.
        """
        k, d = self.means.shape
        mass = sums.products[0]
        held = mass > 1e-12 * mass.sum()
        safe = np.where(held, mass, 1.0)
        means = np.where(held[:, None], sums.products[1 : 1 + d].T / safe[:, None], self.means)
        first, second = pairs(d)
        squares = np.empty((k, d, d))
        squares[:, first, second] = squares[:, second, first] = (sums.products[1 + d :] / safe).T
        about = squares - means[:, :, None] * means[:, None, :]
        covariances = np.where(held[:, None, None], floored(about, floors), self.covariances)
        weights = np.maximum(mass / mass.sum(), 1e-300)
        return Parameters(weights / weights.sum(), means, covariances)


def floored(covariances: FloatArray, floors: FloatArray) -> FloatArray:
    """The nearest covariances (K, d, d), in likelihood, that are at least diag(`floors`) in every direction."""
    if covariances.shape[1] == 1:
        return np.maximum(covariances, floors[:, None])
    unit = np.sqrt(floors)
    values, vectors = np.linalg.eigh(covariances / unit[:, None] / unit)
    if (values >= 1.0).all():
        return covariances
    kept = (vectors * np.maximum(values, 1.0)[:, None, :]) @ vectors.transpose(0, 2, 1)
    return np.asarray(kept * unit[:, None] * unit)
