"""Akaike weights and the averages that they give."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from warmfit import DiscreteDistributionFitter, DistributionFitter, FitFailed, InvalidInput
from warmfit.averaging import AveragedDistribution, akaike

X = np.random.default_rng(8).gamma(2.0, 3.0, 60)
NAMES = ["gamma", "weibull_min", "lognorm", "expon"]


def average(names: list[str] = NAMES, metric: str = "aic") -> AveragedDistribution:
    return DistributionFitter().fit(X, included_distributions=names, fixed={"loc": 0.0}).average(metric)


def test_weights_are_those_of_a_published_table() -> None:
    """BMC Evolutionary Biology 11:353 (2011), additional models of table 1: AIC and w of six models."""
    criteria = [893.91, 895.70, 897.69, 899.81, 901.23, 902.95]
    expected = [0.6066, 0.2478, 0.0916, 0.0317, 0.0156, 0.0066]
    np.testing.assert_allclose(akaike(criteria), expected, atol=1e-4)


def test_weights_do_not_overflow_where_criteria_are_huge() -> None:
    np.testing.assert_allclose(akaike([1e9, 1e9 + 2.0, 2e9]), [1 / (1 + math.exp(-1)), 1 / (1 + math.e), 0.0])
    np.testing.assert_allclose(akaike([-1e9, -1e9 + 2.0]), [1 / (1 + math.exp(-1)), 1 / (1 + math.e)])


@pytest.mark.parametrize("metric", ["aic", "aicc", "bic"])
def test_weights_of_each_column_sum_to_one_best_first(metric: str) -> None:
    frame = pd.DataFrame({"a": X, "b": np.random.default_rng(1).normal(size=60)})
    table = (
        DistributionFitter().fit(frame, columns=["a", "b"], included_distributions=["norm", "logistic"]).weights(metric)
    )
    assert list(table.columns) == ["column_name", "distribution", metric, "delta", "weight"]
    assert table.groupby("column_name")["weight"].sum().to_numpy() == pytest.approx([1.0, 1.0])
    for _, rows in table.groupby("column_name"):
        assert rows["delta"].iloc[0] == 0.0
        assert rows["weight"].is_monotonic_decreasing


def test_the_same_distribution_under_several_names_counts_once() -> None:
    results = DistributionFitter().fit(X, included_distributions=["gamma", "erlang", "chi2", "lognorm"])
    assert sorted(results.weights()["distribution"]) == ["gamma", "lognorm"]
    assert results.weights()["weight"].sum() == pytest.approx(1.0)


def test_a_family_without_a_fit_has_no_weight() -> None:
    results = DistributionFitter().fit(X - 20.0, included_distributions=["expon", "norm"], fixed={"loc": 0.0})
    assert list(results.weights()["distribution"]) == ["norm"]


def test_other_metrics_are_refused_by_name() -> None:
    results = DistributionFitter().fit(X, included_distributions=["norm"])
    for call in (results.weights, results.average):
        with pytest.raises(InvalidInput, match=r"unknown metric 'ks_statistic'.*aic, aicc, bic"):
            call("ks_statistic")


def test_several_columns_are_averaged_one_by_one() -> None:
    frame = pd.DataFrame({"a": X, "b": X + 1.0})
    results = DistributionFitter().fit(frame, columns=["a", "b"], included_distributions=["norm", "gumbel_r"])
    with pytest.raises(InvalidInput, match=r"2 columns, a, b; take results.for_column\(name\)"):
        results.average()
    assert results.for_column("b").average().mean() == pytest.approx(X.mean() + 1.0, rel=0.05)


def test_nothing_to_average_is_said() -> None:
    results = DistributionFitter().fit(X - 20.0, included_distributions=["expon"], fixed={"loc": 0.0})
    with pytest.raises(FitFailed, match="nothing to average"):
        results.average()


def test_functions_are_the_weighted_ones() -> None:
    mixed, x = average(), np.array([0.5, 3.0, 20.0])
    assert len(mixed.models) > 1
    for name in ("pdf", "cdf", "sf"):
        expected = sum(w * getattr(m, name)(x) for w, m in zip(mixed.weights, mixed.models, strict=True))
        np.testing.assert_allclose(getattr(mixed, name)(x), expected, rtol=1e-14)


def test_quantiles_invert_the_distribution_function_in_both_tails() -> None:
    mixed, p = average(), np.array([1e-12, 1e-3, 0.1, 0.5, 0.999])
    np.testing.assert_allclose(mixed.cdf(mixed.ppf(p)), p, rtol=1e-10)
    np.testing.assert_allclose(mixed.sf(mixed.isf(p)), p, rtol=1e-10)
    assert mixed.ppf(0.0) == 0.0
    assert mixed.ppf(1.0) == math.inf
    assert math.isnan(mixed.ppf(1.5))
    assert mixed.ppf([[0.5], [0.9]]).shape == (2, 1)
    assert mixed.interval(0.9) == pytest.approx((mixed.ppf(0.05), mixed.isf(0.05)))


def test_moments_are_those_of_the_mixture() -> None:
    mixed = average()
    drawn = mixed.sample(400_000, random_state=1)
    assert mixed.mean() == pytest.approx(drawn.mean(), abs=5 * drawn.std() / math.sqrt(len(drawn)))
    assert mixed.std() == pytest.approx(drawn.std(), rel=0.02)


def test_draws_follow_the_mixture_and_a_longer_sample_begins_with_a_shorter_one() -> None:
    mixed = average()
    drawn = mixed.sample(2_000, random_state=3)
    assert stats.kstest(drawn, mixed.cdf).pvalue > 0.01
    np.testing.assert_array_equal(mixed.sample(500, random_state=3), drawn[:500])
    assert mixed.sample(10, np.random.default_rng(1)).shape == (10,)


@pytest.mark.parametrize("method", ["wald", "profile", "bootstrap"])
def test_one_model_with_all_the_weight_is_the_average(method: str) -> None:
    mixed = average(["gamma"])
    model = mixed.models[0]
    assert mixed.weights == (1.0,)
    assert mixed.ppf(0.9) == pytest.approx(model.ppf(0.9), rel=1e-14)
    expected = model.confidence_intervals(quantiles=[0.9], method=method, n_bootstrap=59)["ppf(0.9)"]
    assert mixed.quantile_interval(0.9, method=method, n_bootstrap=59) == pytest.approx(expected, rel=1e-12)


def test_the_interval_of_an_average_spans_the_models_more_widely_than_the_best_one_alone() -> None:
    mixed = average()
    low, high = mixed.quantile_interval(0.99)
    ends = [model.confidence_intervals(quantiles=[0.99])["ppf(0.99)"] for model in mixed.models]
    assert min(e[0] for e in ends) <= low < mixed.ppf(0.99) < high <= max(e[1] for e in ends)
    assert high - low > ends[0][1] - ends[0][0]


def test_a_model_without_a_wald_interval_gives_its_profile() -> None:
    x = np.random.default_rng(3).uniform(size=200)
    mixed = DistributionFitter().fit(x, included_distributions=["t"]).average()
    expected = mixed.models[0].confidence_intervals(quantiles=[0.9], method="profile")["ppf(0.9)"]
    assert mixed.quantile_interval(0.9) == pytest.approx(expected, rel=1e-12)


def test_a_model_of_a_whole_number_gives_its_bootstrap() -> None:
    k = np.random.default_rng(0).binomial(12, 0.3, 200)
    mixed = DiscreteDistributionFitter().fit(k, included_distributions=["binom"]).average()
    model = mixed.models[0]
    expected = model.confidence_intervals(quantiles=[0.9], method="bootstrap", n_bootstrap=39)["ppf(0.9)"]
    assert mixed.quantile_interval(0.9, n_bootstrap=39) == expected


def test_counts_are_averaged_as_counts() -> None:
    k = np.random.default_rng(1).poisson(4.0, 200)
    mixed = DiscreteDistributionFitter().fit(k, included_distributions=["poisson", "nbinom", "geom"]).average()
    at = np.arange(8)
    expected = sum(w * m.pmf(at) for w, m in zip(mixed.weights, mixed.models, strict=True))
    np.testing.assert_allclose(mixed.pmf(at), expected, rtol=1e-14)
    q = mixed.ppf([0.1, 0.5, 0.999])
    assert (q == np.rint(q)).all()
    assert (mixed.cdf(q) >= [0.1, 0.5, 0.999]).all()
    assert (mixed.cdf(q - 1) < [0.1, 0.5, 0.999]).all()
    low, high = mixed.quantile_interval(0.9)
    assert low == round(low) <= mixed.ppf(0.9) <= high == round(high)
    with pytest.raises(InvalidInput, match="pmf"):
        mixed.pdf(at)
