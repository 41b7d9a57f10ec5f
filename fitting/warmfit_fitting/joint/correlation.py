"""Correlations of normal scores from what a joint summary holds, and the nearest matrix that is one of correlations.

A Gaussian copula's correlation ρ follows from Spearman's as 2 sin(π ρ_S/6) (Pearson 1907, "On further methods of
determining correlation"; Kruskal 1958, JASA 53, 814–861) and that of any elliptical copula from Kendall's as sin(π τ/2)
(Kruskal 1958; Lindskog, McNeil & Schmock 2003). The nearest correlation matrix: Higham (2002), IMA J. Numer. Anal. 22,
329–343: alternating projections on the positive semidefinite matrices and on those of unit diagonal, with Dykstra's
correction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.joint.summary import JointSummary

LEAST_EIGENVALUE = 1e-10  # of a matrix that is used as positive definite; a repaired one has at least this
Method: TypeAlias = Literal["normal", "spearman", "kendall"]
METHODS: tuple[Method, ...] = get_args(Method)
_PASSES, _SETTLED = 300, 1e-12


@dataclass(frozen=True, eq=False)
class Correlation:
    """A correlation matrix (C, C), positive definite, and how far it lies from what was estimated.

    `repaired`: the Frobenius distance to the estimate; 0 where that was positive definite. `constant` (C,): columns that do
    not vary, which are taken to be independent of the others.
    """

    matrix: FloatArray
    repaired: float = 0.0
    constant: tuple[bool, ...] = ()


def from_spearman(rho: FloatArray) -> FloatArray:
    """The correlations of normal scores that Spearman's ρ come from under a Gaussian copula."""
    return np.asarray(2.0 * np.sin(np.pi / 6.0 * rho))


def from_kendall(tau: FloatArray) -> FloatArray:
    """The correlations that Kendall's τ come from under an elliptical copula."""
    return np.asarray(np.sin(np.pi / 2.0 * tau))


def of_estimate(summary: JointSummary, method: str = "normal") -> FloatArray:
    """The estimated correlations (C, C) of normal scores, NaN where a column is constant; raises without scores.

    `method`: `normal`, Pearson's of the scores; `spearman`, converted from Pearson's of mid-ranks.
    """
    if summary.scores is None or summary.ranks is None:
        raise InvalidInput("this joint summary holds values alone; summarize the rows with their scores")
    if method == "spearman":
        return from_spearman(summary.ranks.correlation())
    if method == "normal":
        return summary.scores.correlation()
    raise InvalidInput(f"method={method!r} is not in a joint summary; expected 'normal' or 'spearman'")


def of_scores(summary: JointSummary, method: str = "normal") -> Correlation:
    """The correlation of normal scores of a summary, made positive definite; see `of_estimate`."""
    return settled(of_estimate(summary, method))


def settled(estimate: FloatArray) -> Correlation:
    """The positive definite correlation matrix nearest to an `estimate` (C, C), NaN where a column is constant."""
    lost = np.isnan(estimate)
    unknown = lost.sum(axis=0) - np.diag(lost)
    constant = unknown == max(len(estimate) - 1, 1)
    matrix = np.where(lost, 0.0, (estimate + estimate.T) / 2)
    np.fill_diagonal(matrix, 1.0)
    if _definite(matrix):
        return Correlation(matrix, 0.0, tuple(map(bool, constant)))
    near = nearest(matrix)
    return Correlation(near, float(np.linalg.norm(near - matrix)), tuple(map(bool, constant)))


def nearest(matrix: FloatArray, least: float = LEAST_EIGENVALUE) -> FloatArray:
    """The correlation matrix nearest to a symmetric one in the Frobenius norm, with eigenvalues of `least` or more."""
    correction, found = np.zeros_like(matrix), matrix.copy()
    for _ in range(_PASSES):
        before = found
        shifted = found - correction
        projected = _raised(shifted, 0.0)
        correction = projected - shifted
        found = projected.copy()
        np.fill_diagonal(found, 1.0)
        if np.linalg.norm(found - before) <= _SETTLED * np.linalg.norm(found):
            break
    for _ in range(3):  # what makes the diagonal one again may take a little off the least eigenvalue
        raised = _raised(found, 2.0 * least)
        size = np.sqrt(np.diag(raised))
        found = raised / np.outer(size, size)
        found = (found + found.T) / 2
        np.fill_diagonal(found, 1.0)
    return np.asarray(np.clip(found, -1.0, 1.0))


def _raised(matrix: FloatArray, least: float) -> FloatArray:
    """The symmetric matrix with its eigenvalues raised to `least`."""
    eigenvalues, vectors = np.linalg.eigh(matrix)
    raised = (vectors * np.maximum(eigenvalues, least)) @ vectors.T
    return np.asarray((raised + raised.T) / 2)


def _definite(matrix: FloatArray) -> bool:
    return bool(np.linalg.eigvalsh(matrix)[0] >= LEAST_EIGENVALUE)


def check_correlation(matrix: object, size: int) -> FloatArray:
    """A correlation matrix (`size`, `size`) as given; raises `InvalidInput` for anything else."""
    found = np.array(matrix, dtype=np.float64)
    if found.shape != (size, size):
        raise InvalidInput(
            f"a correlation matrix of the shape {found.shape}; expected {(size, size)}, a row for each column"
        )
    if not np.isfinite(found).all() or not np.allclose(found, found.T, rtol=0, atol=1e-8):
        raise InvalidInput("a correlation matrix that is not symmetric, or not finite")
    if not np.allclose(np.diag(found), 1.0, rtol=0, atol=1e-8) or (np.abs(found) > 1.0 + 1e-8).any():
        raise InvalidInput("a correlation matrix has ones on its diagonal and nothing beyond −1 and 1")
    return found
