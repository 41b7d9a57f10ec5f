"""The t copula of rows, by maximum pseudo-likelihood: a correlation matrix and the degrees of freedom.

Rows become probabilities through their columns' summaries (Genest, Ghoudi & Rivest 1995, Biometrika 82, 543–552). For each
of several degrees of freedom the correlation is improved by steps of the EM algorithm (Liu & Rubin 1995, Statistica Sinica
5, 19–39), and the likelihood is maximized over the degrees of freedom on ever finer grids (its profile). Each round is one
sum over all rows, taken where they are. Rows that lack a column are left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import FitFailed
from warmfit_fitting.fitted import Fitted, fitted
from warmfit_fitting.joint.correlation import settled
from warmfit_fitting.joint.elliptical import Elliptical
from warmfit_fitting.joint.law import base_logpdf
from warmfit_fitting.joint.products import blocks
from warmfit_fitting.joint.scores import EmpiricalDistribution
from warmfit_fitting.quantile_table import QuantileTable

FIRST = (2.0, 3.0, 4.0, 6.0, 9.0, 14.0, 25.0, 60.0)  # degrees of freedom tried first, and ∞
LEAST, MOST = 1.05, 1000.0
_BLOCK = 1 << 14
_ROUNDS, _STEPS = 3, 7  # how often the grid is made finer, and by how many points


@dataclass(frozen=True, eq=False)
class Candidate:
    """Degrees of freedom, ∞ for the Gaussian copula, and a correlation matrix (C, C)."""

    dof: float
    correlation: FloatArray


@dataclass(frozen=True, eq=False)
class Sums:
    """Over `n` rows, for K candidates: `loglik` (K,) of the copula, and `scatter` (K, C, C), Σ w x xᵀ of the EM step."""

    n: int
    loglik: FloatArray
    scatter: FloatArray

    def merge(self, other: Sums) -> Sums:
        """The sums over both sets of rows."""
        return Sums(self.n + other.n, self.loglik + other.loglik, self.scatter + other.scatter)


@dataclass(frozen=True, eq=False)
class Pass:
    """From a block of rows (N, C) to the sums of the candidates; `ranked` (C,): through which rows become probabilities."""

    ranked: tuple[EmpiricalDistribution, ...]
    candidates: tuple[Candidate, ...]

    def __call__(self, rows: FloatArray) -> Sums:
        """The sums over a block."""
        size = len(self.ranked)
        laws = [Elliptical(np.zeros(size), c.correlation, c.dof) for c in self.candidates]
        tables = [_quantiles(c.dof) for c in self.candidates]
        total = Sums(0, np.zeros(len(laws)), np.zeros((len(laws), size, size)))
        rows = rows[~np.isnan(rows).any(axis=1)]
        for part in blocks(len(rows), _BLOCK):
            z = np.column_stack([d.scores(column) for d, column in zip(self.ranked, rows[part].T, strict=True)])
            found = [_sums(z, law, table) for law, table in zip(laws, tables, strict=True)]
            total = total.merge(Sums(len(z), np.array([f[0] for f in found]), np.stack([f[1] for f in found])))
        return total


@dataclass(frozen=True, eq=False)
class StudentFit:
    """The fitted correlation (C, C) and `dof`, with `loglik` of the t copula and of the Gaussian one over `n` rows."""

    correlation: FloatArray
    dof: float
    loglik: float
    gaussian: FloatArray
    gaussian_loglik: float
    n: int

    @property
    def aic(self) -> float:
        """Akaike's criterion of the t copula; −2 loglik + 2k, with a parameter for each pair and one for `dof`."""
        return -2 * self.loglik + 2 * (_pairs(self.correlation) + 1)

    @property
    def gaussian_aic(self) -> float:
        """Akaike's criterion of the Gaussian copula."""
        return -2 * self.gaussian_loglik + 2 * _pairs(self.correlation)


def fit_student(
    take: Callable[[Pass], Sums], ranked: tuple[EmpiricalDistribution, ...], correlation: FloatArray
) -> StudentFit:
    """The t copula of the rows over which `take` sums, from the `correlation` (C, C) of their normal scores.

    Raises `FitFailed` where there are no more rows that have every column than columns.
    """
    tried = tuple(Candidate(dof, correlation) for dof in (*FIRST, math.inf))
    sums = take(Pass(ranked, tried))
    if sums.n <= len(correlation):
        raise FitFailed(f"{sums.n} row(s) have all {len(correlation)} columns; a t copula needs more than that")
    gaussian_loglik, tried = float(sums.loglik[-1]), _improved(tried, sums)[:-1]
    sums = take(Pass(ranked, tried))
    for _ in range(_ROUNDS):
        best = int(np.argmax(sums.loglik))
        start = _improved(tried, sums)[best].correlation
        tried = tuple(Candidate(dof, start) for dof in _finer([c.dof for c in tried], best))
        sums = take(Pass(ranked, tried))
    best = int(np.argmax(sums.loglik))
    start = _improved(tried, sums)[best].correlation
    last = Candidate(_vertex(np.log([c.dof for c in tried]), sums.loglik, best), start)
    loglik = float(take(Pass(ranked, (last,))).loglik[0])
    return StudentFit(start, last.dof, loglik, correlation, gaussian_loglik, sums.n)


def _sums(z: FloatArray, law: Elliptical, table: QuantileTable | None) -> tuple[float, FloatArray]:
    """The log-likelihood of the copula over normal scores `z` (N, C), and Σ w x xᵀ with the weights of the EM step."""
    x = z if table is None else np.column_stack([table.at_scores(column) for column in z.T])
    loglik = float((law.logpdf(x) - base_logpdf(x, law.dof).sum(axis=1)).sum())
    if table is None:
        return loglik, x.T @ x
    weight = (law.dof + law.size) / (law.dof + law.distances(x))
    return loglik, (x * weight[:, None]).T @ x


def _improved(tried: tuple[Candidate, ...], sums: Sums) -> tuple[Candidate, ...]:
    """The same degrees of freedom with the correlations of one EM step."""
    found = []
    for candidate, scatter in zip(tried, sums.scatter, strict=True):
        size = np.sqrt(np.diag(scatter))
        found.append(Candidate(candidate.dof, settled(scatter / np.outer(size, size)).matrix))
    return tuple(found)


def _finer(grid: list[float], best: int) -> FloatArray:
    """Degrees of freedom between the neighbours of the best of a `grid`."""
    low = grid[best - 1] if best else max(LEAST, grid[0] ** 2 / grid[1])
    high = grid[best + 1] if best + 1 < len(grid) else min(MOST, grid[-1] ** 2 / grid[-2] * 4)
    return np.geomspace(low, max(high, low * 1.001), _STEPS)


def _vertex(log_dof: FloatArray, loglik: FloatArray, best: int) -> float:
    """The degrees of freedom at the top of the parabola through the best and its neighbours."""
    if not 0 < best < len(loglik) - 1:
        return float(np.exp(log_dof[best]))
    x, y = log_dof[best - 1 : best + 2], loglik[best - 1 : best + 2]
    left, right = (y[1] - y[0]) / (x[1] - x[0]), (y[2] - y[1]) / (x[2] - x[1])
    bend = (right - left) / (x[2] - x[0])
    top = (x[0] + x[1]) / 2 - left / (2 * bend) if bend < 0 else x[1]
    return float(np.exp(np.clip(top, x[0], x[2])))


def _quantiles(dof: float) -> QuantileTable | None:
    """The t quantiles at normal scores; None for ∞, where they are the scores."""
    if math.isinf(dof):
        return None
    law = fitted("t", (dof, 0.0, 1.0))
    assert isinstance(law, Fitted)
    return QuantileTable(law)


def _pairs(correlation: FloatArray) -> int:
    return len(correlation) * (len(correlation) - 1) // 2
