"""Fits on bins against fits on all rows, for the shapes of data that distort summaries most."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from tests.conftest import SHAPES, simulated

from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.estimation.coordinates import Coordinates
from warmfit_fitting.estimation.maximize import derivatives, maximize
from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.likelihood.budget import Budget
from warmfit_fitting.likelihood.objective import Objective
from warmfit_fitting.likelihood.view import view
from warmfit_fitting.problem import Problem
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import Runs, Tally, summarize_values

TRUE_FAMILY = {
    "gamma(2.5)": ("gamma", (("loc", 0.0),)),
    "gamma(0.5)": ("gamma", (("loc", 0.0),)),
    "lognormal(1.2)": ("lognorm", ()),
    "t(3)": ("t", ()),
    "Weibull(0.7)": ("weibull_min", (("loc", 0.0),)),
    "Pareto(1.5)": ("pareto", (("loc", 0.0),)),
    "Beta(0.6, 0.8)": ("beta", (("loc", 0.0), ("scale", 1.0))),
    "Cauchy": ("cauchy", ()),
}
ROWS = 100_000


@pytest.mark.parametrize("shape", SHAPES)
def test_a_binned_fit_lies_within_two_percent_of_a_standard_error_of_the_fit_of_all_rows(shape: str) -> None:
    name, fixed = TRUE_FAMILY[shape]
    family, x = CATALOGUE[name], simulated(shape, ROWS)
    summary = summarize_values(x)
    assert not summary.is_exact
    problem = Problem(summary, FitSpec((name,), fixed=fixed, goodness=False))
    binned = fit_family(problem, family)
    assert binned.status == "ok"

    every_row = view(replace(summary, grid=None, observed=Tally.exact(Runs.of(x))))
    v = problem.view
    held = {k: (a - v.shift) / v.scale if k == "loc" else a / v.scale for k, a in fixed}
    coordinates = Coordinates(family, v.minimum, v.maximum, held)
    budget = Budget(100_000)
    objective = Objective(family, _in_units_of(every_row, v), budget)

    def function(free: np.ndarray) -> np.ndarray:
        return objective(coordinates.theta(free))

    start = coordinates.free(problem.standardized(binned.parameters)[None])[0]
    best = maximize(function, start, budget, tolerance=1e-12, rounds=12)
    _, (hessian,) = derivatives(function, best.free[None], np.array([best.value]))
    keep = np.abs(np.diag(hessian)) > 1e-6  # a coordinate at its boundary has no curvature and no standard error
    errors = 1 / np.sqrt(np.abs(np.diag(hessian)[keep]) * ROWS)  # with the others held: the smaller, stricter yardstick
    assert keep.any()
    np.testing.assert_array_less(np.abs(best.free - start)[keep], 0.02 * errors)


def _in_units_of(every_row, v):  # type: ignore[no-untyped-def]
    """The view of all rows, restated in the binned view's unit, so that parameters compare directly."""
    g, ratio = every_row.groups, every_row.scale / v.scale
    move = (every_row.shift - v.shift) / v.scale

    def t(a: np.ndarray) -> np.ndarray:
        return a * ratio + move

    groups = replace(g, mean=t(g.mean), lower=t(g.lower), upper=t(g.upper), m2=g.m2 * ratio**2)
    return replace(
        every_row,
        groups=groups,
        shift=v.shift,
        scale=v.scale,
        minimum=v.minimum,
        maximum=v.maximum,
        mean=v.mean,
        std=v.std,
    )


@pytest.mark.parametrize(
    ("truth", "rich"), [("gumbel_r", "ncf"), ("expon", "gausshyper"), ("laplace", "dgamma"), ("laplace", "dweibull")]
)
@pytest.mark.parametrize("seed", [1, 3, 6])
def test_no_family_wins_by_a_spike_on_a_column_in_bins(truth: str, rich: str, seed: int) -> None:
    x = getattr(stats, truth).rvs(10.0, 3.0, size=10_000, random_state=np.random.default_rng([0, seed]))
    problem = prepare(summarize_values(x), FitSpec((truth, rich), goodness=False))
    assert not problem.summary.is_exact
    plain, flexible = (fit_family(problem, CATALOGUE[name]) for name in (truth, rich))
    assert flexible.loglik < plain.loglik + 6.0  # Wilks: half a χ² of as many degrees as it has more parameters
