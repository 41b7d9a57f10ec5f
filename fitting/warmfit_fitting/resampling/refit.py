"""`Refit`: what the refits of one fit have in common, and how each of them is done: side by side, or by the search."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from warmfit_fitting import continuous
from warmfit_fitting.admission import check_column
from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.discrete import engine as counts
from warmfit_fitting.discrete.fitted import FittedCounts
from warmfit_fitting.errors import InvalidInput, WarmfitError
from warmfit_fitting.estimation.coordinates import Coordinates
from warmfit_fitting.estimation.features import Features
from warmfit_fitting.estimation.search import Contents
from warmfit_fitting.families.discrete.family import DiscreteFamily
from warmfit_fitting.families.every import AnyFamily
from warmfit_fitting.families.family import Family
from warmfit_fitting.fitted import Fitted
from warmfit_fitting.likelihood.budget import Budget, limit
from warmfit_fitting.likelihood.view import view
from warmfit_fitting.problem import Problem
from warmfit_fitting.resampling import statistics as distances
from warmfit_fitting.resampling.batch import batches, fit_batch
from warmfit_fitting.resampling.columns import batch_of
from warmfit_fitting.resampling.design import CellDesign, Design, GroupDesign, design_of, within
from warmfit_fitting.resampling.law import Law
from warmfit_fitting.resampling.likelihood import Batch
from warmfit_fitting.resampling.simulate import Columns, Rows, Seed, simulate
from warmfit_fitting.resampling.statistics import Statistics
from warmfit_fitting.row import FitRow
from warmfit_fitting.summary import ColumnSummary

NEARER = 2.0  # coordinates of shapes from which columns start again whose model was fitted in a limit
AT_A_TIME = 1 << 18  # rows simulated before they are fitted

Ask = Callable[[], None]


class Refit:
    """What the refits of one row have in common."""

    def __init__(self, problem: Problem, family: AnyFamily, row: FitRow, statistics: bool, ask: Ask | None) -> None:
        self.problem, self.family, self.row, self.statistics, self.ask = problem, family, row, statistics, ask
        self.spec = replace(
            problem.spec, n_bootstrap=0, goodness=statistics, families=(family.name,), method=row.method
        )
        self.design = _design(problem, family)
        window = problem.spec.window
        self.law: Law | FittedCounts = (
            FittedCounts(family, row.parameters, window)
            if isinstance(family, DiscreteFamily)
            else Law(Fitted(family, row.parameters, window))
        )

    def shares(self, n_bootstrap: int) -> Iterator[range]:
        """The numbers of the replicates, a few columns' worth of rows at a time."""
        size = 4096 if isinstance(self.design, CellDesign) else self.design.n
        step = max(AT_A_TIME // size, 1)
        for start in range(0, n_bootstrap, step):
            if self.ask is not None:
                self.ask()
            yield range(start, min(start + step, n_bootstrap))

    def simulated(self, seed: Seed, numbers: range) -> Columns:
        """The columns `numbers` of a seed."""
        return simulate(self.design, self.law, seed, numbers)

    def _one_by_one(self, columns: Columns) -> tuple[FloatArray, Statistics]:
        parts = [self.columns(columns.only(i)) for i in range(len(columns))]
        measured = (np.concatenate([getattr(part[1], name) for part in parts]) for name in ("ks", "ad", "cvm"))
        return np.concatenate([part[0] for part in parts]), Statistics(*measured)

    def columns(self, columns: Columns) -> tuple[FloatArray, Statistics]:
        """Parameters (K, P), NaN where a refit failed, and statistics of simulated columns."""
        family = self.family
        theta = np.full((len(columns), len(family.parameters)), np.nan)
        found = Statistics.unknown(len(columns))
        try:
            data = self._batch(columns) if isinstance(family, Family) else None
        except InvalidInput:  # a column of one value, or of censored rows only
            return theta, found
        if (
            data is None and len(columns) > 1
        ):  # columns of several lengths: each by itself, or sums would depend on others
            return self._one_by_one(columns)
        if data is not None and isinstance(family, Family):
            theta = self._together(family, data, columns)
            known = np.isfinite(theta).all(axis=1)
            if self.statistics and distances.measures(family, data):
                found = distances.measure(family, data, data.standardized(theta))
            elif self.statistics:
                for i in np.flatnonzero(known).tolist():
                    self._put(found, i, self._measured(columns.summary(i), family, theta[i]))
        for i in np.flatnonzero(~np.isfinite(theta).all(axis=1)).tolist():
            row = self._alone(columns, i)
            if row is not None:
                theta[i] = row.parameters
                self._put(found, i, row)
        return theta, found

    @staticmethod
    def _put(found: Statistics, i: int, row: FitRow) -> None:
        found.ks[i], found.ad[i], found.cvm[i] = row.ks_statistic, row.ad_statistic, row.cvm_statistic

    def _batch(self, columns: Columns) -> Batch | None:
        """The columns side by side, where Newton's method or a closed form serves them all.

        Raises `InvalidInput` for a column that no family can be fitted to.
        """
        spec, family = self.spec, self.family
        assert isinstance(family, Family)
        masses = self.problem.summary.incomplete is not None
        if spec.method != "mle":
            return None
        windowed = spec.window != (-np.inf, np.inf) or masses
        if not batches(family, windowed) and not self._closed:
            return None
        if isinstance(columns, Rows):
            together = batch_of(columns, self.problem.view, spec.window)
            if together is not None:
                return together
        if len(columns) > 1:
            return None
        summary = columns.summary(0)
        check_column(summary)
        return Batch.of([view(summary, spec.window, spec.origin)], spec.window)

    @property
    def _closed(self) -> bool:
        """Whether the fit was found in closed form, and refits are."""
        return self.row.ending == "closed_form"

    def _together(self, family: Family, data: Batch, columns: Columns) -> FloatArray:
        """Parameters (K, P) in the data's unit, NaN where Newton's method did not converge."""
        if self._closed:
            views = [view(columns.summary(i)) for i in range(len(columns))]
            known = [family.closed_form(Features(v)) for v in views]
            theta = np.array([k if k is not None else np.full(len(family.parameters), np.nan) for k in known])
            shift, scale = (np.array([getattr(v, name) for v in views]) for name in ("shift", "scale"))
            theta[:, -2] = shift + scale * theta[:, -2]
            theta[:, -1] *= scale
            return theta
        at = np.array(self.row.parameters)
        coordinates = continuous.coordinates_of(self.problem, family)
        coordinates = _beside(coordinates, self.problem, data)
        start = coordinates.free(data.standardized(at))
        fit = fit_batch(family, data, coordinates, start, self.ask)
        nearer = coordinates.nearer(start, NEARER)
        if self.row.ending == "boundary" and not np.array_equal(nearer, start):
            fit = fit.or_better(
                fit_batch(family, data, coordinates, nearer, self.ask)
            )  # no way leads back from a limit
        return np.where(fit.converged[:, None], data.parameters(fit.theta), np.nan)

    def _alone(self, columns: Columns, i: int) -> FitRow | None:
        """The row that the engine's own search finds for column i, from the first fit too; None where it fails."""
        family = self.family
        try:
            problem = Problem(columns.summary(i), self.spec)
            budget = Budget(limit(self.spec.evaluations, family, problem.summary.incomplete is not None))
            if self.ask is not None:
                self.ask()
            if isinstance(family, DiscreteFamily):
                row = counts.fit(problem.counts, family, budget)
            else:
                check_column(problem.summary)
                start = problem.standardized(self.row.parameters)[None]
                row = continuous.fit(problem, family, budget, lambda: Contents(start))
        except (ArithmeticError, ValueError, np.linalg.LinAlgError, WarmfitError):
            return None
        return row if row.status == "ok" else None

    def _measured(self, summary: ColumnSummary, family: Family, parameters: FloatArray) -> FitRow:
        """A row with the statistics of one column."""
        row = FitRow(family.name, "ok", parameters=tuple(parameters.tolist()))
        return continuous.measure(Problem(summary, self.spec), family, row, self.ask)


def _design(problem: Problem, family: AnyFamily) -> Design:
    design = design_of(problem.summary)
    if isinstance(design, GroupDesign):
        return within(design, problem.spec.window)
    if isinstance(family, DiscreteFamily) and isinstance(design, CellDesign):
        raise InvalidInput("columns of counts that are kept in bins are not simulated in this version")
    return design


def _beside(coordinates: Coordinates, problem: Problem, data: Batch) -> Coordinates:
    """The coordinates of one column for columns side by side, each with its extremes and its unit."""
    v = problem.view

    def moved(value: float | FloatArray) -> FloatArray:
        return np.asarray((value * v.scale + v.shift - data.shift) / data.scale)

    fixed = {name: np.full(len(data), value) for name, value in coordinates.fixed.items()}
    if "loc" in fixed:
        fixed["loc"] = moved(coordinates.fixed["loc"])
    if "scale" in fixed:
        fixed["scale"] = fixed["scale"] * v.scale / data.scale
    edge = None if coordinates.edge is None else moved(coordinates.edge)
    return Coordinates(coordinates.family, data.minimum, data.maximum, fixed, edge, coordinates.reach)
