"""Columns fitted side by side against the search that fits them one by one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.estimation.coordinates import Coordinates
from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.likelihood.budget import Budget
from warmfit_fitting.likelihood.objective import Objective
from warmfit_fitting.likelihood.view import view
from warmfit_fitting.resampling.batch import batches, fit_batch
from warmfit_fitting.resampling.likelihood import Batch, BatchObjective
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary, summarize_intervals, summarize_values

WHOLE_LINE = (-np.inf, np.inf)


def columns(rng: np.random.Generator) -> list[ColumnSummary]:
    """Columns of several lengths: complete, censored on both sides, in intervals, truncated row by row, weighted."""
    x = rng.gamma(2.5, 3.0, 400)
    entry = rng.uniform(0.0, 3.0, 400)
    lower = np.floor(x)
    return [
        summarize_values(x[:300]),
        summarize_values(np.clip(x, 2.0, 12.0), censoring=np.where(x > 12, 1.0, np.where(x <= 2, -1.0, 0.0))),
        summarize_intervals(np.where(lower > 3, lower, x), np.where(lower > 3, lower + 1, x)),
        summarize_values(x[x > entry], truncation=(entry[x > entry], None)),
        summarize_values(x[:50], rng.uniform(0.5, 2.0, 50), analytic=True),
    ]


@pytest.mark.parametrize("window", [WHOLE_LINE, (0.0, 60.0)])
@pytest.mark.parametrize("name", ["gamma", "weibull_min", "norm", "fisk", "beta"])
def test_the_likelihood_of_columns_side_by_side_is_that_of_each(
    name: str, window: tuple[float, float], rng: np.random.Generator
) -> None:
    family, views = CATALOGUE[name], [view(summary, window) for summary in columns(rng)]
    shapes = [2.0] * len(family.shapes)
    data = Batch.of(views, window)
    theta = np.array([[*shapes, v.minimum - 0.3, (v.maximum - v.minimum) * 1.4] for v in views])
    together = BatchObjective(family, data)(theta, np.arange(len(views)))
    for i, v in enumerate(views):
        ends = tuple(v.standardized(edge) for edge in window)
        alone = Objective(family, v, Budget(10**6), (ends[0], ends[1]))(theta[[i]])
        assert together[i] == pytest.approx(alone[0], rel=1e-12), i
        assert data.total[i] == pytest.approx(v.total)


def test_a_location_next_to_the_smallest_value_gains_no_more_side_by_side(rng: np.random.Generator) -> None:
    views = [view(summarize_values(rng.gamma(0.6, 1.0, n))) for n in (80, 120)]
    theta = np.array([[0.6, v.minimum - 1e-9, 1.0] for v in views])
    together = BatchObjective(CATALOGUE["gamma"], Batch.of(views, WHOLE_LINE))(theta, np.arange(2))
    for i, v in enumerate(views):
        assert together[i] == pytest.approx(Objective(CATALOGUE["gamma"], v, Budget(100))(theta[[i]])[0], rel=1e-12)


FAMILIES = ["norm", "logistic", "gumbel_r", "t", "gamma", "lognorm", "weibull_min", "invgauss", "fisk", "genextreme"]


@pytest.mark.parametrize("name", FAMILIES)
def test_maxima_found_side_by_side_are_those_of_the_search(name: str, rng: np.random.Generator) -> None:
    family, spec = CATALOGUE[name], FitSpec((name,), goodness=False)
    summaries = [summarize_values(rng.gamma(4.0, 1.0, n)) for n in (200, 350, 900)]
    rows = [fit_family(prepare(summary, spec), family) for summary in summaries]
    data = Batch.of([view(summary) for summary in summaries], WHOLE_LINE)
    coordinates = Coordinates(family, data.minimum, data.maximum)
    starts = coordinates.free(data.standardized(np.array(rows[0].parameters)))
    fit = fit_batch(family, data, coordinates, starts)
    assert fit.converged.all()
    for i, row in enumerate(rows):
        if row.standard_errors:
            off = (data.parameters(fit.theta)[i] - row.parameters) / np.array(row.standard_errors)
            assert np.nanmax(np.abs(off)) < 1e-3, i  # an irregular end has no error


@pytest.mark.parametrize("held", [{"loc": 0.0}, {"scale": 2.0}, {"a": 3.0, "loc": 0.0}])
def test_what_is_held_fixed_stays_so_in_every_column(held: dict[str, float], rng: np.random.Generator) -> None:
    family = CATALOGUE["gamma"]
    spec = FitSpec(("gamma",), fixed=tuple(held.items()), goodness=False)
    summaries = [summarize_values(rng.gamma(3.0, 2.0, 300)) for _ in range(3)]
    data = Batch.of([view(summary) for summary in summaries], WHOLE_LINE)
    fixed: dict[str, np.ndarray] = {}
    for name, value in held.items():
        unit = {"loc": (value - data.shift) / data.scale, "scale": value / data.scale}
        fixed[name] = unit.get(name, np.full(3, value))
    coordinates = Coordinates(family, data.minimum, data.maximum, fixed)
    start = coordinates.free(data.standardized(np.array([3.0, 0.0, 2.0])))
    fit = fit_batch(family, data, coordinates, start)
    for theta, summary in zip(data.parameters(fit.theta), summaries, strict=True):
        row = fit_family(prepare(summary, spec), family)
        np.testing.assert_allclose(theta, row.parameters, rtol=2e-3, atol=1e-9)  # a hundredth of an error


def test_a_column_gets_the_same_bits_whoever_is_beside_it(rng: np.random.Generator) -> None:
    family = CATALOGUE["weibull_min"]
    views = [view(summarize_values(rng.weibull(1.5, 300))) for _ in range(7)]
    everyone, last = Batch.of(views, WHOLE_LINE), Batch.of(views[-1:], WHOLE_LINE)
    fits = []
    for data in (everyone, last):
        coordinates = Coordinates(family, data.minimum, data.maximum)
        start = coordinates.free(data.standardized(np.array([1.5, -0.01, 1.0])))
        fits.append(fit_batch(family, data, coordinates, start))
    assert np.array_equal(fits[0].theta[-1], fits[1].theta[0])
    assert fits[0].loglik[-1] == fits[1].loglik[0]


def test_who_starts_nowhere_does_not_converge_and_holds_nobody_up(rng: np.random.Generator) -> None:
    family = CATALOGUE["norm"]
    data = Batch.of([view(summarize_values(rng.normal(size=50))) for _ in range(2)], WHOLE_LINE)
    coordinates = Coordinates(family, data.minimum, data.maximum)
    fit = fit_batch(family, data, coordinates, np.array([[0.0, 0.0], [0.0, np.nan]]))
    assert fit.converged.tolist() == [True, False]


def test_coarse_columns_have_the_weight_and_the_ends_of_the_fine_ones(rng: np.random.Generator) -> None:
    data = Batch.of([view(summarize_values(stats.norm.rvs(size=n, random_state=rng))) for n in (1000, 900)], WHOLE_LINE)
    coarse = data.coarse(128)
    assert coarse.x.shape[1] < 150
    np.testing.assert_allclose(coarse.total, data.total)
    assert np.array_equal(coarse.x[:, [0, -1]], data.x[:, [0, -1]])
    np.testing.assert_allclose((coarse.weight * coarse.x).sum(axis=1), (data.weight * data.x).sum(axis=1))


def test_families_whose_likelihood_has_kinks_are_left_to_the_search() -> None:
    assert not any(batches(CATALOGUE[name]) for name in ("loglaplace", "dgamma", "gennorm", "triang", "irwinhall"))
    assert all(batches(CATALOGUE[name]) for name in FAMILIES)
