"""`fit_mixture`: a Gaussian mixture from any source of rows.

EM runs to its end on a sample of the rows, from each start, and goes on over all rows from the best end: most of its
passes see some thousand rows, and where all rows are so few, none is left to make. The likelihood is bounded: a
component is not narrower, in any direction, than the share `reg_covar` of the columns' variance, nor than the unit to
which a column is rounded, whose uniform law has the variance unit²/12.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.mixture.em import Run, run
from warmfit_fitting.mixture.model import GaussianMixture
from warmfit_fitting.mixture.sources import Source, Survey
from warmfit_fitting.mixture.spec import MOST_TRIED, MixtureSpec
from warmfit_fitting.mixture.starts import starts
from warmfit_fitting.mixture.sums import Parameters, Sample, Sums

_WORSE = 3  # numbers of components in a row whose BIC is worse, after which no more are tried
_BEGUN = 1024  # rows of the sample that are grouped
_SHARE = 0.25  # of all rows, above which a sample spares little
_ROUGH = 0.01  # nats that may be left to gain on a sample, before all rows are passed over
_NARROW = 1.001  # times the floor: a variance up to this is held by it

ShouldStop = Callable[[], None]
"""Asked before every pass; raises to end the fit."""


@dataclass(frozen=True, eq=False)
class MixtureFit:
    """A fitted mixture, components by falling weight.

    `loglik`: over all rows, in nats. `n`: rows, or their total weight; `n_missing`: rows left out for a missing
    value. `n_iter`: passes over all rows. `narrow`: the components that are as narrow, in some direction, as they may
    be: the data may have a point mass there. `bics`: of the numbers of components that were tried, by number.
    """

    mixture: GaussianMixture
    loglik: float
    n: float
    n_missing: int
    n_iter: int
    converged: bool
    narrow: tuple[int, ...] = ()
    bics: tuple[tuple[int, float], ...] = ()

    @property
    def aic(self) -> float:
        """2k − 2 log L."""
        return 2.0 * self.mixture.n_parameters - 2.0 * self.loglik

    @property
    def bic(self) -> float:
        """k log n − 2 log L."""
        return self.mixture.n_parameters * math.log(self.n) - 2.0 * self.loglik


def fit_mixture(source: Source, spec: MixtureSpec, ask: ShouldStop | None = None) -> MixtureFit:
    """The mixture of the spec's number of components with the greatest likelihood that is found.

    Raises `InvalidInput` for a constant column, and for fewer different rows than components.
    """
    problem = _Problem(source, source.survey(), spec, ask or (lambda: None))
    if spec.n_components is not None:
        return problem.fit(spec.n_components)
    tried: dict[int, MixtureFit] = {}
    for k in range(1, min(MOST_TRIED, problem.most_components) + 1):
        tried[k] = problem.fit(k)
        best = min(tried, key=lambda number: tried[number].bic)
        if k - best >= _WORSE:
            break
    return replace(tried[best], bics=tuple((k, fit.bic) for k, fit in tried.items()))


class _Problem:
    """A source in standard units, with the sample on which fits begin."""

    def __init__(self, source: Source, survey: Survey, spec: MixtureSpec, ask: ShouldStop) -> None:
        self.source, self.survey, self.spec, self.ask = source, survey, spec, ask
        self.standard = survey.standard()
        self.floors = np.maximum(spec.reg_covar, (survey.resolutions() / self.standard.spread) ** 2 / 12.0)
        self.z = self.standard.of(survey.rows)
        self.weights = survey.rows_weight * (survey.weight / survey.rows_weight.sum())
        self.sample = Sample(self.z, self.weights)

    @property
    def most_components(self) -> int:
        """How many components there can be."""
        return len(self.z)

    def fit(self, k: int) -> MixtureFit:
        if k > self.most_components:
            raise InvalidInput(f"n_components={k} for {self.most_components} different rows; ask for fewer").at(
                "n_components"
            )
        spec = self.spec
        self.ask()
        few = max(_BEGUN, 200 * k)
        begun = starts(self.sample.first(few), k, spec.n_init, spec.init_method, spec.seed, self.floors)
        seen = len(self.z) if self.survey.is_complete else self._sampled(few)
        tol = spec.tol if self.survey.is_complete else max(spec.tol, _ROUGH)
        on_sample = partial(self._on_sample, self.sample.first(seen))
        ended = [run(on_sample, start, self.floors, tol, spec.max_iter) for start in begun]
        best = max(ended, key=lambda end: end.loglik)
        if not self.survey.is_complete:
            best = run(self._on_all, best.parameters, self.floors, spec.tol, spec.max_iter)
        return self._told(best)

    def _sampled(self, few: int) -> int:
        """How many rows of the sample fits run to their end on, before all rows are passed over."""
        return min(len(self.z), max(few, int(self.survey.n * _SHARE)))

    def _on_sample(self, sample: Sample, coefficients: FloatArray) -> Sums:
        self.ask()
        return sample.fold(coefficients)

    def _on_all(self, coefficients: FloatArray) -> Sums:
        self.ask()
        return self.source.fold(coefficients, self.standard)

    def _told(self, end: Run) -> MixtureFit:
        """The fit in the data's units."""
        p, spread = end.parameters, self.standard.spread
        order = np.argsort(-p.weights, kind="stable")
        covariances = p.covariances[order]
        mixture = GaussianMixture(
            p.weights[order],
            self.standard.centre + p.means[order] * spread,
            covariances * spread[:, None] * spread,
        )
        loglik = end.loglik - self.survey.weight * self.standard.log_unit
        narrow = tuple(int(i) for i in np.flatnonzero(_least_ratio(covariances, self.floors) < _NARROW))
        s = self.survey
        return MixtureFit(mixture, loglik, s.weight, s.n_missing, end.n_iter, end.converged, narrow)


def _least_ratio(covariances: FloatArray, floors: FloatArray) -> FloatArray:
    """The least variance (K,) of each component in any direction, over the floor there."""
    unit = np.sqrt(floors)
    return np.asarray(np.linalg.eigvalsh(covariances / unit[:, None] / unit)[:, 0])


__all__ = ["MixtureFit", "Parameters", "ShouldStop", "fit_mixture"]
