"""`Elliptical`: a multivariate normal or t distribution, its density, its conditionals, and rows of it by position.

Row i of a sample is a function of the seed and i, to the last bit, however a sample is split: it is made of its own
numbers of the counter-based generator, by sums in a fixed order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import linalg, special

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.fitted import Fitted, fitted
from warmfit_fitting.quantile_table import QuantileTable
from warmfit_fitting.sampling import normals

BLOCK = 1 << 14  # rows made in one go
_SINGULAR = 1e-13  # an eigenvalue below this share of the greatest is 0
_ASYMMETRIC = 1e-8


@dataclass(frozen=True, eq=False)
class Elliptical:
    """`mean` (C,), `scatter` (C, C) positive semidefinite, and `dof` degrees of freedom, ∞ for a normal distribution.

    The scatter is the covariance of a normal distribution; that of a t distribution is dof/(dof − 2) times it.
    """

    mean: FloatArray
    scatter: FloatArray
    dof: float = math.inf

    def __post_init__(self) -> None:
        size = len(self.mean)
        if (
            self.scatter.shape != (size, size)
            or not np.isfinite(self.scatter).all()
            or not np.isfinite(self.mean).all()
        ):
            raise InvalidInput(
                f"a scatter of the shape {self.scatter.shape} for {size} means; expected finite numbers of {size}²"
            )
        if np.abs(self.scatter - self.scatter.T).max(initial=0.0) > _ASYMMETRIC * np.abs(self.scatter).max(initial=0.0):
            raise InvalidInput("a covariance matrix that is not symmetric")
        if not self.dof > 0:
            raise InvalidInput(f"dof={self.dof}; expected a number above 0")

    @property
    def size(self) -> int:
        """The number of columns."""
        return len(self.mean)

    @cached_property
    def factor(self) -> FloatArray:
        """A matrix L (C, C) with L Lᵀ the scatter: Cholesky's, or Q √Λ where the scatter is singular."""
        try:
            return np.asarray(np.linalg.cholesky(self.scatter))
        except np.linalg.LinAlgError:
            values, vectors = self._eigen
            return np.asarray(vectors * np.sqrt(values))

    @cached_property
    def _eigen(self) -> tuple[FloatArray, FloatArray]:
        try:
            values, vectors = np.linalg.eigh(self.scatter / 2 + self.scatter.T / 2)
        except np.linalg.LinAlgError:
            raise InvalidInput("a covariance matrix without eigenvalues; its numbers are too great") from None
        least = _SINGULAR * self.size * max(float(values[-1]), 0.0)
        if values[0] < -1e3 * max(least, 1e-300):
            raise InvalidInput(f"a covariance matrix with the eigenvalue {values[0]:.3g}; expected none below 0")
        return np.where(values > least, values, 0.0), vectors

    @property
    def singular(self) -> bool:
        """Whether some combination of the columns does not vary, so that there is no density."""
        return bool((self._eigen[0] <= 0).any())

    @cached_property
    def _chi(self) -> QuantileTable:
        chi = fitted("gamma", (self.dof / 2, 0.0, 2 / self.dof))
        assert isinstance(chi, Fitted)
        return QuantileTable(chi)

    def rows(self, start: int, stop: int, seed: int) -> FloatArray:
        """Rows `start`, …, `stop` − 1 of the sample that belongs to a seed, as columns (C, stop − start)."""
        found = np.empty((self.size, max(stop - start, 0)))
        for first in range(start, stop, BLOCK):
            last = min(first + BLOCK, stop)
            found[:, first - start : last - start] = self._block(first, last, seed)
        return found

    def _block(self, start: int, stop: int, seed: int) -> FloatArray:
        normal = math.isinf(self.dof)
        width = self.size + (0 if normal else 1)
        numbers = normals((stop - start) * width, seed, start * width)
        z = numbers.reshape(-1, width).T.copy()
        if not normal:
            z[: self.size] /= np.sqrt(self._chi.at_scores(z[self.size]))
        found = np.empty((self.size, stop - start))
        for j, line in enumerate(self.factor):  # not by BLAS, whose order of sums depends on the number of rows
            found[j] = self.mean[j]
            for k in np.flatnonzero(line):
                found[j] += line[k] * z[k]
        return found

    def distances(self, x: FloatArray) -> FloatArray:
        """Squared Mahalanobis distances (N,) of rows `x` (N, C); ∞ off the plane of a singular scatter."""
        centred = x - self.mean
        if not self.singular:
            whitened = linalg.solve_triangular(
                np.linalg.cholesky(self.scatter), centred.T, lower=True, check_finite=False
            )
            return np.asarray((whitened**2).sum(axis=0))
        values, vectors = self._eigen
        along = centred @ vectors
        flat, size = values <= 0, np.sqrt(np.diag(self.scatter).sum())
        off = np.abs(along[:, flat]).max(axis=1, initial=0.0) > 1e-9 * size
        inside = (along[:, ~flat] ** 2 / values[~flat]).sum(axis=1)
        return np.where(off, np.inf, inside)

    @property
    def log_determinant(self) -> float:
        """The log of the determinant of the scatter; −∞ where it is singular."""
        values = self._eigen[0]
        return float(np.log(values).sum()) if not self.singular else -math.inf

    def logpdf(self, x: FloatArray) -> FloatArray:
        """The log-density (N,) at rows `x` (N, C); raises `InvalidInput` where there is none (Kotz & Nadarajah 2004)."""
        if self.singular:
            raise InvalidInput(
                "a singular covariance matrix: a column is constant, or a sum of others, so that there is no density; "
                "leave such a column out"
            )
        squared, c, nu = self.distances(x), self.size, self.dof
        if math.isinf(nu):
            return np.asarray(-0.5 * (squared + self.log_determinant + c * math.log(2 * math.pi)))
        constant = special.gammaln((nu + c) / 2) - special.gammaln(nu / 2) - 0.5 * c * math.log(nu * math.pi)
        return np.asarray(constant - 0.5 * self.log_determinant - (nu + c) / 2 * np.log1p(squared / nu))

    def given(self, at: list[int], values: FloatArray) -> Elliptical:
        """That of the other columns, given `values` (K,) of those `at`; of t ones: Ding (2016), Am. Stat. 70, 293."""
        rest = [i for i in range(self.size) if i not in at]
        known = Elliptical(self.mean[at], self.scatter[np.ix_(at, at)], self.dof)
        across = self.scatter[np.ix_(rest, at)]
        slope = np.linalg.lstsq(known.scatter, across.T, rcond=None)[0].T
        mean = self.mean[rest] + slope @ (values - known.mean)
        scatter = self.scatter[np.ix_(rest, rest)] - slope @ across.T
        if math.isinf(self.dof):
            return Elliptical(mean, (scatter + scatter.T) / 2)
        stretch = (self.dof + float(known.distances(values[None, :])[0])) / (self.dof + len(at))
        return Elliptical(mean, stretch * (scatter + scatter.T) / 2, self.dof + len(at))

    def __reduce__(self) -> tuple[Any, ...]:
        return Elliptical, (self.mean, self.scatter, self.dof)
