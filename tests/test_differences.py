"""Numbers that fitters of this kind have been seen to get wrong, one claim each: what is right, and how far off they were.

The wrong figure is computed beside the right one where a formula gives it, so that each claim is seen to tell them apart.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import stats
from tests.conftest import real_column

from warmfit import (
    Censoring,
    DiscreteDistributionFitter,
    DistributionFitResult,
    DistributionFitter,
    FitterConfig,
    GaussianCopula,
    InvalidInput,
    LocalBackend,
    RepairWarning,
    UnknownDistribution,
)
from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.families.every import EVERY
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import summarize_values

AT_ZERO = {"loc": 0.0}


def fit(data: Any, *families: str, **keywords: Any) -> Any:
    fitter = DistributionFitter(backend=LocalBackend(1))
    return fitter.fit(data, included_distributions=list(families), **keywords)


def counted(data: Any, *families: str, **keywords: Any) -> Any:
    fitter = DiscreteDistributionFitter(backend=LocalBackend(1))
    return fitter.fit(data, included_distributions=list(families), **keywords)


def engine_row(name: str, x: np.ndarray, **how: Any) -> FitRow:
    spec = FitSpec((name,), fixed=(("loc", 0.0),))
    return fit_family(prepare(summarize_values(x, **how), spec), EVERY[name])


def test_every_row_of_a_large_column_is_fitted_and_not_a_sample_of_it(rng: np.random.Generator) -> None:
    x = rng.exponential(2.0, 400_000)
    best = fit(x, "expon", fixed=AT_ZERO).best()[0]
    error = x.mean() / math.sqrt(len(x))
    assert best.data_count == len(x)
    assert best.parameters[1] == pytest.approx(x.mean(), abs=0.02 * error)
    assert best.standard_errors[1] == pytest.approx(error, rel=0.01)
    assert abs(rng.choice(x, 250).mean() - x.mean()) > 5 * error  # what 250 rows of them give


def test_a_normal_column_is_ranked_normal_where_the_distance_alone_prefers_families_that_bend_more() -> None:
    x = np.random.default_rng(1).normal(50.0, 10.0, 2_000)
    families = ["norm", "logistic", "t", "skewnorm", "johnsonsu", "gennorm", "exponnorm", "powernorm", "genlogistic"]
    results = fit(x, *families)
    assert [best.distribution for best in results.best()] == ["norm"]
    by_distance = [best.distribution for best in results.best(9, metric="ks_statistic")]
    assert by_distance.index("norm") > 3
    assert by_distance[0] == "johnsonsu"


def test_half_normal_data_are_fitted_by_the_truncated_likelihood_and_not_truncated_after_the_fit() -> None:
    x = np.abs(np.random.default_rng(7).standard_normal(20_000))
    best = fit(x, "norm", lower_bound=0.0).best()[0]
    assert best.ks_statistic < 0.0055
    assert best.parameters == pytest.approx([0.0, 1.0], abs=0.05)
    assert best.loglik == pytest.approx(stats.halfnorm.logpdf(x).sum(), abs=2.0)
    mean, deviation = x.mean(), x.std()
    afterwards = stats.truncnorm(-mean / deviation, np.inf, mean, deviation)
    assert stats.kstest(x, afterwards.cdf).statistic == pytest.approx(0.147, abs=0.002)


@pytest.mark.parametrize(("name", "shapes"), [("expon", ()), ("weibull_min", (1.5,)), ("lognorm", (0.8,))])
def test_the_aic_of_a_censored_column_has_the_probability_of_censored_rows_and_not_their_density(
    name: str, shapes: tuple[float, ...], rng: np.random.Generator
) -> None:
    law, n, end = getattr(stats, name), 4_000, 6.0
    life = law.rvs(*shapes, scale=10.0, size=n, random_state=rng)
    x, censored = np.minimum(life, end), life > end
    row = engine_row(name, x, censoring=censored)
    frozen = law(*row.parameters)
    loglik = frozen.logpdf(x[~censored]).sum() + frozen.logsf(x[censored]).sum()
    k = len(shapes) + 1
    assert row.n_parameters == k
    assert row.aic == pytest.approx(2 * k - 2 * loglik, abs=0.05)
    assert row.bic == pytest.approx(k * math.log(n) - 2 * loglik, abs=0.05)
    assert row.aic <= 2 * k - 2 * (
        law.logpdf(x[~censored], *shapes, scale=10).sum() + law.logsf(x[censored], *shapes, scale=10).sum()
    )
    assert 2 * k - 2 * frozen.logpdf(x).sum() > 1.5 * row.aic


def test_the_exponential_aic_of_a_censored_column_is_the_closed_form(rng: np.random.Generator) -> None:
    life = rng.exponential(10.0, 3_000)
    x, censored = np.minimum(life, 5.0), life > 5.0
    events = int((~censored).sum())
    row = engine_row("expon", x, censoring=censored)
    assert row.aic == pytest.approx(2 + 2 * events * (1 + math.log(x.sum() / events)), abs=0.01)


def test_a_frame_with_a_column_of_events_is_fitted_by_the_censored_likelihood(rng: np.random.Generator) -> None:
    life = rng.exponential(10.0, 2_000)
    frame = pd.DataFrame({"weeks": np.minimum(life, 5.0), "died": life <= 5.0})
    events, time = frame["died"].sum(), frame["weeks"].sum()
    how = {"column": "weeks", "fixed": AT_ZERO}
    best = fit(frame, "expon", censoring=Censoring("died", "event"), **how).best()[0]
    assert best.parameters == pytest.approx([0.0, time / events], rel=1e-4)
    assert best.aic == pytest.approx(2 + 2 * events * (1 + math.log(time / events)), abs=0.01)
    assert fit(frame, "expon", **how).best()[0].parameters[1] < 0.5 * time / events  # censored times taken for deaths


def test_rows_that_had_to_pass_a_gate_of_their_own_are_fitted_as_such(rng: np.random.Generator) -> None:
    size, deductible = rng.lognormal(0.0, 1.0, 30_000), rng.choice([0.25, 0.5, 1.0], 30_000)
    seen = size > deductible
    frame = pd.DataFrame({"loss": size[seen], "deductible": deductible[seen]})
    how = {"column": "loss", "fixed": AT_ZERO}
    best = fit(frame, "lognorm", truncation=("deductible", None), **how).best()[0]
    assert (best.parameters[0], best.parameters[2]) == pytest.approx((1.0, 1.0), abs=0.04)
    assert fit(frame, "lognorm", **how).best()[0].parameters[2] > 1.4  # the gates forgotten


@pytest.mark.parametrize(("name", "fixed"), [("norm", ()), ("expon", (("loc", 0.0),))])
def test_pvalues_are_uniform_where_the_family_is_right_although_its_parameters_were_fitted(
    name: str, fixed: tuple[tuple[str, float], ...]
) -> None:
    found, naive = [], []
    for seed in range(150):
        x = getattr(stats, name).rvs(size=50, random_state=seed)
        spec = FitSpec((name,), fixed=fixed, n_bootstrap=99, seed=seed)
        row = fit_family(prepare(summarize_values(x), spec), EVERY[name])
        found.append((row.pvalue, row.ad_pvalue, row.cvm_pvalue))
        naive.append(stats.kstest(x, getattr(stats, name)(*row.parameters).cdf).pvalue)
    for pvalues in zip(*found, strict=True):
        assert stats.kstest(pvalues, "uniform").pvalue > 0.01 / 6  # six such tests at 1 % in all
        assert 1 <= sum(p <= 0.05 for p in pvalues) <= 17  # 7.5 expected
    assert sum(p <= 0.05 for p in naive) <= 1
    assert stats.kstest(naive, "uniform").pvalue < 1e-4


def test_the_distance_of_counts_is_taken_on_the_atoms_and_not_between_ties() -> None:
    k = np.random.default_rng(3).poisson(1.3, 2_000)
    best = counted(k, "poisson").best()[0]
    atoms = np.arange(k.max() + 1)
    empirical = np.searchsorted(np.sort(k), atoms, side="right") / len(k)
    model = stats.poisson(best.parameters[0]).cdf
    assert best.ks_statistic == pytest.approx(np.abs(empirical - model(atoms)).max(), abs=1e-9)
    assert best.ks_statistic < 0.012
    assert stats.kstest(k, model).statistic > 0.25  # the formula for continuous laws


def test_whole_number_parameters_are_profiled() -> None:
    k = np.random.default_rng(3).binomial(23, 0.35, 3_000)
    profile = {n: stats.binom.logpmf(k, n, k.mean() / n).sum() for n in range(int(k.max()), 200)}
    best = counted(k, "binom").best()[0]
    assert best.parameters[0] == max(profile, key=lambda n: profile[n]) == 24
    assert best.loglik == pytest.approx(max(profile.values()), abs=1e-6)


def test_families_that_cannot_be_fitted_have_rows_that_say_why() -> None:
    asked = ["norm", "gamma", "beta", "expon", "ksone", "weibull_min"]
    frame = fit([-3.0, -1.0, 0.5, 2.0, 4.0, 8.0], *asked, fixed=AT_ZERO).df
    assert sorted(frame["distribution"]) == sorted(asked)
    status = frame.set_index("distribution")["status"]
    assert status["norm"] == "ok"
    assert set(status[["gamma", "expon", "weibull_min"]]) <= {"skipped", "failed"}
    assert (frame.loc[frame["status"] != "ok", "reason"].str.len() > 10).all()


HOLES = [1.0, 2.5, None, 4.0, float("nan"), 3.0, 7.0, None]
HOLDERS = {
    "pandas": lambda values: pd.DataFrame({"x": values}),
    "pandas, nullable": lambda values: pd.DataFrame({"x": pd.array(values, dtype="Float64")}),
    "polars": lambda values: pl.DataFrame({"x": values}, schema={"x": pl.Float64}),
    "Arrow": lambda values: pa.table({"x": pa.array(values, pa.float64())}),
    "NumPy": lambda values: np.array([np.nan if v is None else v for v in values]),
    "a list": lambda values: values,
}


@pytest.mark.parametrize("holder", HOLDERS)
def test_nulls_and_nans_are_counted_and_dropped_in_every_holder(holder: str) -> None:
    row = fit(HOLDERS[holder](HOLES), "norm").df.iloc[0]
    assert (row["status"], row["data_count"], row["n_missing"]) == ("ok", 5, 3)
    assert row["parameters"] == pytest.approx([3.5, np.std([1.0, 2.5, 4.0, 3.0, 7.0])])


@pytest.mark.parametrize("holder", HOLDERS)
def test_an_infinity_is_refused_by_name_in_every_holder(holder: str) -> None:
    with pytest.raises(InvalidInput, match=r"column '\w+': .*1 infinite"):
        fit(HOLDERS[holder]([1.0, 2.0, float("inf"), 5.0]), "norm")


@pytest.mark.parametrize(
    ("config", "keywords"),
    [
        (FitterConfig(bins=9), {"bins": 7}),
        (FitterConfig(fixed={"loc": 0.0}), {"fixed": {"loc": 1.0}}),
        (FitterConfig(lower_bound=0.0), {"lower_bound": -5.0}),
        (FitterConfig(support_at_zero=True), {"support_at_zero": False}),
    ],
)
def test_a_keyword_that_contradicts_the_config_is_refused_by_name(
    config: FitterConfig, keywords: dict[str, Any]
) -> None:
    (name,) = keywords
    fitter = DistributionFitter(backend=LocalBackend(1))
    with pytest.raises(InvalidInput, match=name):
        fitter.fit([1.0, 2.0, 3.0], config=config, **keywords)


def test_bins_are_honoured_whatever_the_rice_rule_says() -> None:
    x = real_column("faithful")
    sse = {}
    for bins in (5, 20, 50):
        best = fit(x, "norm", bins=bins).best()[0]
        density, edges = np.histogram(x, bins=bins, density=True)
        model = np.diff(stats.norm(*best.parameters).cdf(edges)) / np.diff(edges)
        sse[bins] = best.sse
        assert best.sse == pytest.approx(((density - model) ** 2).sum(), rel=1e-6)
    assert len(set(sse.values())) == 3
    assert fit(x, "norm").best()[0].sse not in sse.values()


def test_one_bound_is_enough_to_truncate_and_is_in_the_result() -> None:
    x = np.abs(np.random.default_rng(7).standard_normal(2_000))
    bounded, free = fit(x, "norm", lower_bound=0.0).best()[0], fit(x, "norm").best()[0]
    assert (bounded.lower_bound, free.lower_bound) == (0.0, None)
    assert bounded.parameters[0] < 0.3 < free.parameters[0]
    assert bounded.cdf(0.0) == 0.0


def test_a_misspelt_family_is_refused_with_the_name_that_was_meant() -> None:
    with pytest.raises(UnknownDistribution, match=r"did you mean .*lognorm"):
        fit([1.0, 2.0, 3.0], "lognrom")


def test_numbers_in_the_results_are_float64_and_keep_their_digits() -> None:
    x = 1e8 + np.random.default_rng(2).standard_normal(500)
    frame = fit(x, "norm", "logistic").df
    numeric = ["sse", "aic", "bic", "ks_statistic", "loglik", "data_min", "data_mean", "data_stddev", "pvalue"]
    assert {str(frame[name].dtype) for name in numeric} == {"float64"}
    assert frame["data_mean"].iloc[0] == pytest.approx(x.mean(), abs=1e-6)  # float32 knows 1e8 to 8
    assert frame["data_min"].iloc[0] == x.min()


def test_a_constant_column_is_refused_by_name_and_fits_nothing_perfectly() -> None:
    frame = pd.DataFrame({"rate": [4.0] * 50, "good": np.arange(50.0)})
    with pytest.raises(InvalidInput, match=r"column 'rate': .*4\.0.*two different values"):
        fit(frame, "norm", "expon", column="rate")
    both = fit(frame, "norm", columns=["rate", "good"]).df.set_index("column_name")
    assert both["status"].to_dict() == {"rate": "failed", "good": "ok"}
    assert math.isnan(both["sse"]["rate"])


def test_a_copula_correlation_is_that_of_the_scores_and_not_spearmans() -> None:
    z = np.random.default_rng(1).multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], size=100_000)
    frame = pd.DataFrame({"a": z[:, 0], "b": np.exp(z[:, 1])})
    copula = GaussianCopula.fit(fit(frame[:500], "norm", "lognorm", columns=["a", "b"]), frame)
    assert copula.correlation_matrix[0, 1] == pytest.approx(0.5, abs=0.009)
    assert stats.spearmanr(frame["a"], frame["b"]).statistic < 0.49


def test_a_saved_copula_keeps_the_bounds_of_its_marginals(tmp_path: Path) -> None:
    half = DistributionFitResult("norm", [0.0, 1.0], lower_bound=0.0)
    GaussianCopula(["a", "b"], {"a": half, "b": half}, np.eye(2)).save(tmp_path / "copula.json")
    loaded = GaussianCopula.load(tmp_path / "copula.json")
    assert loaded.marginals["a"].lower_bound == 0.0
    assert loaded.sample(100, random_state=1)["a"].min() >= 0.0


def test_correlations_that_are_not_positive_definite_are_repaired_and_said_to_be() -> None:
    marginals = dict.fromkeys(["a", "b", "c"], DistributionFitResult("norm", [0.0, 1.0]))
    with pytest.warns(RepairWarning):
        copula = GaussianCopula(list(marginals), marginals, [[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]])
    assert copula.repaired > 0
    assert len(copula.sample(10, random_state=1)["c"]) == 10
