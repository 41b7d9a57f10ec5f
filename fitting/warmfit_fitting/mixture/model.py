"""`GaussianMixture`: weights, means and covariances of a mixture of Gaussian laws, as a distribution."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from warmfit_fitting.arrays import FloatArray, IntArray
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.sampling.counter import uniforms

_BLOCK = 1 << 13  # rows in one go
_WEIGHT_ERROR = 1e-6  # by how much weights may miss 1 in sum


@dataclass(frozen=True, eq=False)
class GaussianMixture:
    """`weights` (K,), which sum to 1, `means` (K, d) and `covariances` (K, d, d), positive definite.

    Raises `InvalidInput` for arrays that do not go together or are none of these.
    """

    weights: FloatArray
    means: FloatArray
    covariances: FloatArray

    def __post_init__(self) -> None:
        w, m, c = (np.asarray(a, dtype=np.float64) for a in (self.weights, self.means, self.covariances))
        if w.ndim != 1 or m.ndim != 2 or c.shape != (len(w), m.shape[1], m.shape[1]) or len(m) != len(w) or not m.size:
            raise InvalidInput(
                f"weights {w.shape}, means {m.shape}, covariances {c.shape}; expected (K,), (K, d), (K, d, d)"
            )
        if not all(np.isfinite(a).all() for a in (w, m, c)) or (w < 0).any() or abs(w.sum() - 1) > _WEIGHT_ERROR:
            raise InvalidInput("weights, means and covariances must be finite, and weights at least 0 with the sum 1")
        for name, array in (("weights", w / w.sum()), ("means", m), ("covariances", (c + c.transpose(0, 2, 1)) / 2)):
            object.__setattr__(self, name, array)
        _ = self._factors

    @property
    def n_components(self) -> int:
        """K."""
        return len(self.weights)

    @property
    def n_features(self) -> int:
        """The number of columns, d."""
        return int(self.means.shape[1])

    @property
    def n_parameters(self) -> int:
        """The free parameters: K − 1 weights, K·d means, K·d(d + 1)/2 variances and covariances."""
        k, d = self.n_components, self.n_features
        return k - 1 + k * d + k * d * (d + 1) // 2

    @cached_property
    def _factors(self) -> FloatArray:
        """The lower Cholesky factors (K, d, d) of the covariances."""
        try:
            return np.asarray(np.linalg.cholesky(self.covariances))
        except np.linalg.LinAlgError:
            raise InvalidInput("a covariance is not positive definite") from None

    @cached_property
    def _precisions(self) -> tuple[FloatArray, FloatArray]:
        """The inverses (K, d, d) of the Cholesky factors, and log of weight over √((2π)^d |Σ|) of each component
        (K,)."""
        logs = np.log(np.diagonal(self._factors, axis1=1, axis2=2)).sum(axis=1)
        with np.errstate(divide="ignore"):
            height = np.log(self.weights) - logs - 0.5 * self.n_features * math.log(2 * math.pi)
        return np.asarray(np.linalg.inv(self._factors), dtype=np.float64), height

    def _joint(self, x: FloatArray) -> FloatArray:
        """log(weight · density) of every component at rows `x` (n, d), (n, K)."""
        inverses, height = self._precisions
        joint = np.empty((len(x), self.n_components))
        for k, (inverse, mean) in enumerate(zip(inverses, self.means, strict=True)):
            z = (x - mean) @ inverse.T
            joint[:, k] = height[k] - 0.5 * np.einsum("ij,ij->i", z, z)
        return joint

    def _blocks(self, rows: ArrayLike) -> list[FloatArray]:
        """The joint log-densities of rows, block by block."""
        x = as_rows(rows, self.n_features)
        return [self._joint(x[start : start + _BLOCK]) for start in range(0, len(x), _BLOCK)]

    def logpdf(self, rows: ArrayLike) -> FloatArray:
        """The log-density at rows (n, d), or numbers (n,) of one column, (n,)."""
        return np.concatenate([np.zeros(0), *(_log_sum(joint) for joint in self._blocks(rows))])

    def responsibilities(self, rows: ArrayLike) -> FloatArray:
        """The probability (n, K) that each row is of each component."""
        parts = [np.exp(joint - _log_sum(joint)[:, None]) for joint in self._blocks(rows)]
        return np.concatenate([np.zeros((0, self.n_components)), *parts])

    def predict(self, rows: ArrayLike) -> IntArray:
        """The number (n,) of the component that each row is most probably of."""
        parts = [joint.argmax(axis=1) for joint in self._blocks(rows)]
        return np.concatenate([np.zeros(0, dtype=np.int64), *parts])

    def rows(self, start: int, stop: int, seed: int) -> FloatArray:
        """Rows `start`, …, `stop` − 1 of the sample of a seed, (stop − start, d): 1 + d words of the seed for each."""
        width = 1 + self.n_features
        parts = [np.zeros((0, self.n_features))]
        for at in range(start, stop, _BLOCK):
            size = min(_BLOCK, stop - at)
            u = uniforms(size * width, seed, at * width).reshape(size, width)
            parts.append(self._drawn(u))
        return np.concatenate(parts)

    def _drawn(self, u: FloatArray) -> FloatArray:
        """The rows (n, d) of uniform numbers (n, 1 + d): the first of each says of which component it is."""
        last = int(np.flatnonzero(self.weights)[-1])
        component = np.minimum(np.searchsorted(np.cumsum(self.weights), u[:, 0], side="right"), last)
        normals = ndtri(u[:, 1:])
        values = self.means[component]
        for j in range(self.n_features):  # column by column: the same bits whichever rows stand beside
            values += self._factors[component, :, j] * normals[:, j : j + 1]
        return values

    @property
    def columns(self) -> tuple[str, ...]:
        """Names for the columns of a sample."""
        return ("sample",) if self.n_features == 1 else tuple(f"x{j}" for j in range(self.n_features))


@dataclass(frozen=True)
class MixtureSampler:
    """The sample of a mixture by rows, its columns named."""

    columns: tuple[str, ...]
    mixture: GaussianMixture

    def rows(self, start: int, stop: int, seed: int) -> FloatArray:
        """Rows `start`, …, `stop` − 1 of the sample of a seed, (stop − start, d)."""
        return self.mixture.rows(start, stop, seed)


def as_rows(rows: ArrayLike, d: int) -> FloatArray:
    """Rows (n, d), from those or, of one column, from numbers (n,); raises `InvalidInput` for another shape."""
    x = np.asarray(rows, dtype=np.float64)
    if x.ndim < 2 and d == 1:
        x = x.reshape(-1, 1)
    elif x.ndim == 1 and len(x) == d:
        x = x.reshape(1, d)
    if x.ndim != 2 or x.shape[1] != d:
        raise InvalidInput(f"an array of shape {x.shape}; expected rows of {d} columns, (n, {d})")
    return x


def _log_sum(joint: FloatArray) -> FloatArray:
    top = joint.max(axis=1, initial=-np.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        total = top + np.log(np.exp(joint - top[:, None]).sum(axis=1))
    return np.asarray(np.where(np.isneginf(top), -np.inf, total))
