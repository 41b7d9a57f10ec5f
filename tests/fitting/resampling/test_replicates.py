"""The parametric bootstrap of one fit: what refits of simulated columns come to."""

from __future__ import annotations

import numpy as np
import pytest

from warmfit_fitting.engine import fit_family, measure, prepare
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.families.every import EVERY
from warmfit_fitting.likelihood.budget import Stopped
from warmfit_fitting.problem import Problem
from warmfit_fitting.resampling import refit
from warmfit_fitting.resampling.refit import Refit
from warmfit_fitting.resampling.replicates import Replicates, replicates
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary, summarize_intervals, summarize_values

AT_ZERO = (("loc", 0.0),)


def fitted(summary: ColumnSummary, name: str, **spec: object) -> tuple[Problem, FitRow]:
    problem = prepare(summary, FitSpec((name,), **spec))  # type: ignore[arg-type]
    row = fit_family(problem, EVERY[name])
    assert row.status == "ok", row.reason
    return problem, row


def of(summary: ColumnSummary, name: str, size: int = 99, statistics: bool = False, **spec: object) -> Replicates:
    problem, row = fitted(summary, name, **spec)
    return replicates(problem, EVERY[name], row, size, 1, statistics=statistics)


def complete(rng: np.random.Generator, n: int = 300) -> ColumnSummary:
    return summarize_values(3.0 * rng.weibull(1.7, n))


def censored(rng: np.random.Generator) -> ColumnSummary:
    x, bound = 3.0 * rng.weibull(1.7, 400), rng.uniform(1.0, 8.0, 400)
    return summarize_values(np.minimum(x, bound), censoring=(x > bound).astype(float))


def entered_late(rng: np.random.Generator) -> ColumnSummary:
    x, entry = 3.0 * rng.weibull(1.7, 500), rng.uniform(0.0, 2.0, 500)
    return summarize_values(x[x > entry], truncation=(entry[x > entry], None))


def table(rng: np.random.Generator) -> ColumnSummary:
    edges = np.array([0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, np.inf])
    at = np.searchsorted(edges, 3.0 * rng.weibull(1.7, 400))
    return summarize_intervals(edges[at - 1], edges[at])


def weighted(rng: np.random.Generator) -> ColumnSummary:
    return summarize_values(3.0 * rng.weibull(1.7, 300), rng.uniform(0.5, 2.0, 300), analytic=True)


def binned(rng: np.random.Generator) -> ColumnSummary:
    return complete(rng, 20_000)


@pytest.mark.parametrize("column", [complete, censored, entered_late, table, binned])
def test_replicates_scatter_as_the_standard_errors_say(column: object, rng: np.random.Generator) -> None:
    problem, row = fitted(column(rng), "weibull_min", fixed=AT_ZERO)  # type: ignore[operator]
    found = replicates(problem, EVERY["weibull_min"], row, 199, 1)
    assert found.n_failed == 0
    ratio = found.theta.std(axis=0)[[0, 2]] / np.array(row.standard_errors)[[0, 2]]
    np.testing.assert_allclose(ratio, 1.0, atol=0.2)
    bias = (found.theta.mean(axis=0) - row.parameters)[[0, 2]] / np.array(row.standard_errors)[[0, 2]]
    assert np.abs(bias).max() < 0.4
    np.testing.assert_allclose(found.theta[:, 1], 0.0, atol=1e-12)


@pytest.mark.parametrize("column", [complete, censored, entered_late, table, weighted, binned])
@pytest.mark.parametrize("name", ["gamma", "weibull_min"])
def test_a_replicate_depends_on_its_number_and_not_on_the_batch(
    name: str, column: object, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = column(rng)  # type: ignore[operator]
    many = of(summary, name, 12, fixed=AT_ZERO)
    monkeypatch.setattr(refit, "AT_A_TIME", 1)
    few = of(summary, name, 5, fixed=AT_ZERO)
    assert np.array_equal(many.theta[:5], few.theta)


@pytest.mark.parametrize("name", ["norm", "expon", "gamma", "lognorm", "laplace", "dgamma", "genextreme"])
def test_a_refit_is_what_the_engine_finds_on_the_simulated_column(name: str, rng: np.random.Generator) -> None:
    problem, row = fitted(summarize_values(rng.gamma(4.0, 1.0, 150)), name)
    family = EVERY[name]
    found = replicates(problem, family, row, 3, 1, statistics=True)
    own_seed = 1, int(problem.summary.fingerprint, 16)
    columns = Refit(problem, family, row, True, None).simulated(own_seed, range(3))
    for i in range(3):
        alone, own = fitted(columns.summary(i), name)
        unit = np.array(own.standard_errors or found.theta.std(axis=0))
        assert np.nanmax(np.abs((found.theta[i] - own.parameters) / unit)) < 0.01  # an irregular end has no error
        mine = measure(alone, family, FitRow(name, "ok", parameters=tuple(found.theta[i].tolist())))
        assert found.ks[i] == pytest.approx(mine.ks_statistic, rel=1e-6)
        assert found.ad[i] == pytest.approx(mine.ad_statistic, rel=1e-6)
        assert found.cvm[i] == pytest.approx(mine.cvm_statistic, rel=1e-6)


def test_truncated_columns_are_simulated_and_measured_inside_their_window(rng: np.random.Generator) -> None:
    x = rng.normal(size=400)
    found = of(summarize_values(x[x > 0.5]), "norm", 5, statistics=True, lower_bound=0.5)
    assert found.n_failed == 0
    assert (found.ks < 0.2).all()


def test_statistics_of_binned_columns_are_about_those_of_their_rows(rng: np.random.Generator) -> None:
    problem, row = fitted(binned(rng), "gamma", fixed=AT_ZERO)
    found = replicates(problem, EVERY["gamma"], row, 30, 1, statistics=True)
    assert 0.25 < np.median(found.ks) * np.sqrt(20_000) < 1.5


@pytest.mark.parametrize("name", ["poisson", "nbinom", "zi_poisson", "randint"])
def test_counts_are_simulated_and_refitted(name: str, rng: np.random.Generator) -> None:
    found = of(summarize_values(rng.poisson(4.0, 200).astype(float)), name, 9, statistics=True)
    assert found.n_failed == 0
    assert np.isfinite(found.ks).all()
    assert np.isfinite(found.ad).all()


def test_failed_refits_are_counted_and_never_dropped(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    problem, row = fitted(complete(rng), "dgamma")
    monkeypatch.setattr(Refit, "_alone", lambda *_: None)
    found = replicates(problem, EVERY["dgamma"], row, 7, 1, statistics=True)
    assert found.n_failed == 7
    assert found.theta.shape == (7, 3)
    assert np.isnan(found.theta).all()
    assert np.isnan(found.ks).all()


def test_whoever_asks_may_end_the_work(rng: np.random.Generator) -> None:
    problem, row = fitted(complete(rng), "gamma")
    calls = 0

    def ask() -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise Stopped

    with pytest.raises(Stopped):
        replicates(problem, EVERY["gamma"], row, 99, 1, ask=ask)
    assert calls == 3


def test_a_row_without_parameters_is_refused(rng: np.random.Generator) -> None:
    problem, _ = fitted(complete(rng), "gamma")
    with pytest.raises(InvalidInput, match="has no parameters"):
        replicates(problem, EVERY["gamma"], FitRow("gamma", "failed", "why"), 9, 1)


def test_no_replicates_are_an_empty_answer(rng: np.random.Generator) -> None:
    assert of(complete(rng), "gamma", 0).theta.shape == (0, 3)
