"""p-values: their formula, when they are computed, and that they are uniform where the family is the right one."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from warmfit_fitting import engine
from warmfit_fitting.engine import fit_family, measure, prepare
from warmfit_fitting.families.every import EVERY, AnyFamily
from warmfit_fitting.problem import Problem
from warmfit_fitting.resampling import pvalues
from warmfit_fitting.resampling.pvalues import pvalue, with_pvalues
from warmfit_fitting.resampling.refit import Refit
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary, summarize_intervals, summarize_values


def problem_of(summary: ColumnSummary, *names: str, n_bootstrap: int = 19, **spec: object) -> Problem:
    return prepare(summary, FitSpec(names, n_bootstrap=n_bootstrap, **spec))  # type: ignore[arg-type]


def test_a_pvalue_counts_the_simulated_statistics_at_or_above_the_observed_one() -> None:
    assert pvalue(2.0, np.array([1.0, 2.0, 3.0])) == 3 / 4
    assert pvalue(9.0, np.array([1.0, 2.0, 3.0])) == 1 / 4
    assert pvalue(2.0, np.array([1.0, np.nan, 3.0])) == 2 / 3
    assert math.isnan(pvalue(2.0, np.array([np.nan])))
    assert math.isnan(pvalue(math.nan, np.array([1.0])))


def test_rows_have_pvalues_when_the_spec_asks_for_refits(rng: np.random.Generator) -> None:
    summary = summarize_values(rng.gamma(2.0, size=200))
    row = fit_family(problem_of(summary, "gamma"), EVERY["gamma"])
    assert all(p in np.arange(1, 21) / 20 for p in (row.pvalue, row.ad_pvalue, row.cvm_pvalue))
    without = fit_family(problem_of(summary, "gamma", n_bootstrap=0), EVERY["gamma"])
    assert math.isnan(without.pvalue)
    assert without.n_evaluations == row.n_evaluations
    assert without.parameters == row.parameters


def test_a_family_that_does_not_fit_is_rejected(rng: np.random.Generator) -> None:
    row = fit_family(problem_of(summarize_values(rng.exponential(size=300)), "norm", n_bootstrap=99), EVERY["norm"])
    assert row.pvalue == row.ad_pvalue == row.cvm_pvalue == 0.01


def test_the_same_distribution_has_the_same_pvalues_under_each_of_its_names(rng: np.random.Generator) -> None:
    problem = problem_of(summarize_values(rng.gamma(2.0, size=100)), "gamma", "erlang", "chi2")
    rows = [fit_family(problem, EVERY[name]) for name in ("chi2", "gamma", "erlang")]
    assert len({row.pvalue for row in rows}) == 1
    assert not math.isnan(rows[0].pvalue)


def test_families_that_are_fitted_on_the_way_are_not_judged(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[str] = []

    def noted(_problem: Problem, family: AnyFamily, row: FitRow, _ask: object) -> FitRow:
        judged.append(family.name)
        return row

    monkeypatch.setattr(engine, "with_pvalues", noted)
    fit_family(problem_of(summarize_values(rng.gamma(2.0, size=100)), "gengamma"), EVERY["gengamma"])
    assert judged == ["gengamma"]


def test_pvalues_of_a_fit_without_goodness_wait_for_measure(rng: np.random.Generator) -> None:
    problem = problem_of(summarize_values(rng.gamma(2.0, size=100)), "gamma", goodness=False)
    row = fit_family(problem, EVERY["gamma"])
    assert math.isnan(row.pvalue)
    assert (
        measure(problem, EVERY["gamma"], row).pvalue
        == fit_family(problem_of(problem.summary, "gamma"), EVERY["gamma"]).pvalue
    )


def test_a_caller_who_runs_out_of_time_gets_a_row_that_says_so(rng: np.random.Generator) -> None:
    summary = summarize_values(rng.gamma(2.0, size=500))
    problem, calls = problem_of(summary, "gamma", n_bootstrap=9999), 0
    fit_family(prepare(summary, FitSpec(("gamma",))), EVERY["gamma"])

    def should_stop() -> bool:
        nonlocal calls
        calls += 1
        return calls > 200

    row = fit_family(problem, EVERY["gamma"], should_stop)
    assert (row.status, row.parameters) == ("timed_out", ())
    assert calls < 220


def test_many_failed_refits_leave_pvalues_out_with_the_reason(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Refit, "_alone", lambda *_: None)
    row = fit_family(problem_of(summarize_values(rng.gamma(2.0, size=100)), "dgamma"), EVERY["dgamma"])
    assert row.status == "ok"
    assert math.isnan(row.pvalue)
    assert row.reason == "no p-values: 19 of 19 refits to simulated columns failed"


def test_a_column_without_a_design_leaves_pvalues_out_with_the_reason(
    rng: np.random.Generator,
) -> None:
    start = rng.uniform(0.0, 3.0, 80)
    problem = problem_of(summarize_intervals(start, start + 1.0), "norm")
    row = fit_family(problem, EVERY["norm"])
    judged = with_pvalues(problem, EVERY["norm"], replace(row, ks_statistic=0.1, reason=""))
    assert math.isnan(judged.pvalue)
    assert "intervals that overlap" in judged.reason


def test_counts_have_pvalues(rng: np.random.Generator) -> None:
    problem = problem_of(summarize_values(rng.poisson(3.0, 150).astype(float)), "poisson", "geom")
    assert fit_family(problem, EVERY["poisson"]).pvalue > 0.05


def test_pvalues_do_not_depend_on_what_was_fitted_before(rng: np.random.Generator) -> None:
    summary = summarize_values(rng.gamma(2.0, size=100))
    problem = problem_of(summary, "norm", "gamma")
    fit_family(problem, EVERY["norm"])
    assert fit_family(problem, EVERY["gamma"]).pvalue == fit_family(problem_of(summary, "gamma"), EVERY["gamma"]).pvalue
    other = fit_family(problem_of(summary, "gamma", seed=7, n_bootstrap=199), EVERY["gamma"])
    assert other.pvalue != fit_family(problem_of(summary, "gamma", n_bootstrap=199), EVERY["gamma"]).pvalue


@pytest.mark.parametrize(
    ("name", "parameters", "fixed"),
    [
        ("norm", (5.0, 2.0), ()),
        ("expon", (0.0, 2.0), ()),
        ("gamma", (2.5, 0.0, 1.0), (("loc", 0.0),)),
        ("weibull_min", (1.5, 0.0, 1.0), (("loc", 0.0),)),
    ],
)
def test_pvalues_are_uniform_where_the_family_is_the_right_one(
    name: str, parameters: tuple[float, ...], fixed: tuple[tuple[str, float], ...]
) -> None:
    columns, refits, rng = 120, 39, np.random.default_rng(11)
    found = []
    for seed in range(columns):
        x = getattr(stats, name).rvs(*parameters, size=50, random_state=rng)
        spec = FitSpec((name,), n_bootstrap=refits, fixed=fixed, seed=seed)
        row = fit_family(prepare(summarize_values(x), spec), EVERY[name])
        found.append((row.pvalue, row.ad_pvalue, row.cvm_pvalue))
    spread = np.array(found) - rng.random((columns, 3)) / (refits + 1)  # uniform where the grid's steps were
    for statistic in range(3):
        assert stats.kstest(spread[:, statistic], "uniform").pvalue > 0.01 / 12  # twelve such tests at 1 % in all


def test_few_failed_refits_are_allowed_for() -> None:
    assert not pvalues._too_many(1, 19)
    assert pvalues._too_many(2, 19)
    assert not pvalues._too_many(3, 199)
    assert pvalues._too_many(4, 199)
