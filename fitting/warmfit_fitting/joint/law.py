"""`CopulaLaw`: marginal distributions joined by an elliptical copula (Sklar 1959): its density, its rows, its conditionals.

X_j = Q_j(T(S_j)), where S is elliptical and T the distribution function of one of its columns: the standard normal one,
or that of Student's t.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from scipy import special

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.discrete.fitted import FittedCounts
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.fitted import Fitted
from warmfit_fitting.joint.elliptical import BLOCK, Elliptical
from warmfit_fitting.quantile_table import ScoreTable, exact, score_table

Marginal: TypeAlias = Fitted | FittedCounts


@dataclass(frozen=True, eq=False)
class CopulaLaw:
    """`marginals` (C,) and the distribution of their scores; `dof`: of T, ∞ for the normal one.

    The scores of an unconditional law have mean 0, a correlation matrix for scatter, and the same `dof`.
    """

    marginals: tuple[Marginal, ...]
    scores: Elliptical
    dof: float = math.inf

    @classmethod
    def of(cls, marginals: Sequence[Marginal], correlation: FloatArray, dof: float = math.inf) -> CopulaLaw:
        """The law of marginals and a correlation matrix (C, C) of scores."""
        return cls(tuple(marginals), Elliptical(np.zeros(len(marginals)), correlation, dof), dof)

    @property
    def size(self) -> int:
        """The number of columns."""
        return len(self.marginals)

    @cached_property
    def _tables(self) -> tuple[ScoreTable, ...]:
        return tuple(score_table(marginal) for marginal in self.marginals)

    def rows(self, start: int, stop: int, seed: int, uniform: bool = False) -> FloatArray:
        """Rows `start`, …, `stop` − 1 of the sample of a seed, as columns (C, stop − start); `uniform`: their probabilities.

        A row depends on the seed and its position alone, to the last bit.
        """
        found = np.empty((self.size, max(stop - start, 0)))
        for first in range(start, stop, BLOCK):
            last = min(first + BLOCK, stop)
            scores = normal_scores(self.scores.rows(first, last, seed), self.dof)
            for j, z in enumerate(scores):
                part = special.ndtr(z) if uniform else self._tables[j].at_scores(z)
                found[j, first - start : last - start] = part
        return found

    def logpdf(self, x: FloatArray) -> FloatArray:
        """The log-density (N,) at rows `x` (N, C), −∞ outside the marginals' supports; NaN where a value is missing.

        Raises `InvalidInput` where a marginal is discrete.
        """
        values, densities = np.empty(x.shape), np.zeros(len(x))
        for j, marginal in enumerate(self.marginals):
            values[:, j] = self.score(j, x[:, j])
            densities += marginal.logpdf(x[:, j])
        possible = np.isfinite(values).all(axis=1) & np.isfinite(densities)
        found = np.where(np.isnan(x).any(axis=1), np.nan, -np.inf)
        at = values[possible]
        found[possible] = self.scores.logpdf(at) - base_logpdf(at, self.dof).sum(axis=1) + densities[possible]
        return found

    def score(self, column: int, x: FloatArray) -> FloatArray:
        """The scores (N,) of values of a column; infinite at the ends of its support and beyond."""
        marginal = self.marginals[column]
        if isinstance(marginal, FittedCounts):
            raise InvalidInput(
                f"{marginal.family.name} is discrete: a count says only in which interval its score lies; densities and "
                "conditions are of continuous marginals"
            )
        below, above = np.asarray(marginal.cdf(x)), np.asarray(marginal.sf(x))
        return np.where(below < 0.5, base_quantile(below, self.dof), -base_quantile(above, self.dof))

    def given(self, at: list[int], values: FloatArray) -> CopulaLaw:
        """The law of the other columns, given `values` (K,) of those `at`; raises `InvalidInput` for impossible ones."""
        scores = np.array([self.score(j, values[[i]])[0] for i, j in enumerate(at)])
        for j, score, value in zip(at, scores, values, strict=True):
            if not math.isfinite(score):
                low, high = self.marginals[j].support()
                raise InvalidInput(
                    f"{value} is not inside the support ({low}, {high}) of its marginal, or too far out in it"
                )
        rest = tuple(m for j, m in enumerate(self.marginals) if j not in at)
        return CopulaLaw(rest, self.scores.given(at, scores), self.dof)

    def conditional_quantile(self, column: int, q: FloatArray) -> FloatArray:
        """The quantiles of one column by itself, in the shape of `q`."""
        spread = math.sqrt(float(self.scores.scatter[column, column]))
        score = float(self.scores.mean[column]) + spread * base_quantile(q.ravel(), self.scores.dof)
        return exact(self.marginals[column], normal_scores(score, self.dof)).reshape(q.shape)

    def __reduce__(self) -> tuple[Any, ...]:
        return CopulaLaw, (self.marginals, self.scores, self.dof)


def normal_scores(scores: FloatArray, dof: float) -> FloatArray:
    """Φ⁻¹(T(s)) of scores of any shape, exact in both tails."""
    if math.isinf(dof):
        return scores
    return np.asarray(-np.sign(scores) * special.ndtri(special.stdtr(dof, -np.abs(scores))))


def base_quantile(probability: FloatArray, dof: float) -> FloatArray:
    """T⁻¹ of probabilities."""
    return np.asarray(special.ndtri(probability) if math.isinf(dof) else special.stdtrit(dof, probability))


def base_logpdf(s: FloatArray, dof: float) -> FloatArray:
    """log T′ of scores of any shape."""
    if math.isinf(dof):
        return np.asarray(-0.5 * s * s - 0.5 * math.log(2 * math.pi))
    constant = special.gammaln((dof + 1) / 2) - special.gammaln(dof / 2) - 0.5 * math.log(dof * math.pi)
    return np.asarray(constant - (dof + 1) / 2 * np.log1p(s * s / dof))
