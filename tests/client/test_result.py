"""One fitted family: its fields, and its use as a distribution."""

from __future__ import annotations

import json
import math
import pickle
import warnings
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from scipy import stats

from warmfit.result import DistributionFitResult
from warmfit_fitting.errors import FitFailed, InvalidInput, UnknownDistribution, UnsupportedType
from warmfit_fitting.fitted import Fitted
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import summarize_values

VALUES = np.array([0.5, 1.0, 2.0, 2.5, 7.0])
GAMMA = FitRow(
    "gamma", "ok", "", (2.0, 0.5, 1.5), 3, loglik=-10.0, aic=26.0, aicc=27.0, bic=28.0, ks_statistic=0.1,
    ks_error_bound=0.0, ad_statistic=0.4, cvm_statistic=0.05, sse=0.01,
    standard_errors=(0.3, math.nan, 0.2), ending="converged", n_evaluations=40, elapsed=0.25,
)  # fmt: skip


class Kumaraswamy(stats.rv_continuous):
    def _pdf(self, x: Any, a: Any, b: Any) -> Any:
        return a * b * x ** (a - 1) * (1 - x**a) ** (b - 1)


KUMARASWAMY = Kumaraswamy(a=0.0, b=1.0, name="kumaraswamy")


def from_row(row: FitRow, custom: dict[str, Any] | None = None, **spec: Any) -> DistributionFitResult:
    question = FitSpec((row.distribution,), **spec)
    return DistributionFitResult.from_row(row, "x", summarize_values(VALUES), question, custom or {})


def test_the_fields_are_those_of_the_documented_order() -> None:
    names = [f.name for f in fields(DistributionFitResult) if not f.name.startswith("_")]
    assert names == [
        "distribution",
        "parameters",
        "sse",
        "column_name",
        "aic",
        "bic",
        "ks_statistic",
        "pvalue",
        "ad_statistic",
        "ad_pvalue",
        "data_min",
        "data_max",
        "data_mean",
        "data_stddev",
        "data_count",
        "data_kurtosis",
        "data_skewness",
        "cached_sample",
        "lower_bound",
        "upper_bound",
        "loglik",
        "aicc",
        "cvm_statistic",
        "status",
        "reason",
        "elapsed",
        "n_evaluations",
        "ks_error_bound",
        "standard_errors",
        "cvm_pvalue",
        "estimation_method",
    ]


def test_a_result_has_the_rows_estimates_and_the_summarys_statistics() -> None:
    result = from_row(GAMMA)
    assert (result.distribution, result.parameters, result.column_name) == ("gamma", [2.0, 0.5, 1.5], "x")
    assert (result.sse, result.aic, result.bic, result.loglik) == (0.01, 26.0, 28.0, -10.0)
    assert (result.data_min, result.data_max, result.data_count) == (0.5, 7.0, 5.0)
    assert result.data_mean == pytest.approx(VALUES.mean())
    assert result.data_stddev == pytest.approx(VALUES.std(ddof=1))
    assert result.data_skewness == pytest.approx(stats.skew(VALUES))
    assert result.data_kurtosis == pytest.approx(stats.kurtosis(VALUES))
    assert result.standard_errors == [0.3, None, 0.2]
    assert (result.n_evaluations, result.elapsed) == (40, 0.25)


def test_what_was_not_computed_is_none_and_a_pvalue_that_was_not_asked_for_prints_as_a_number() -> None:
    result = from_row(FitRow("norm", "ok", "", (0.0, 1.0), 2, loglik=-1.0))
    unknown = (result.ks_statistic, result.sse, result.aic, result.ad_pvalue, result.elapsed)
    assert set(unknown) == {None}
    assert f"{result.pvalue:.4f}" == "nan"
    assert result.to_dict()["pvalue"] is None
    assert result == from_row(FitRow("norm", "ok", "", (0.0, 1.0), 2, loglik=-1.0))
    assert result.standard_errors is None


def test_a_column_without_a_summary_has_no_statistics() -> None:
    row = FitRow("norm", "failed", "the column has no values")
    result = DistributionFitResult.from_row(row, "x", None, FitSpec(("norm",)), {})
    assert result.data_min is result.data_count is result.data_mean is None
    assert (result.status, result.reason) == ("failed", "the column has no values")


def test_using_a_fit_warns_of_nothing_that_scipy_warns_of() -> None:
    with warnings.catch_warnings(action="error"):
        assert DistributionFitResult("erlang", [2.5, 0, 1]).cdf(1.0) == stats.gamma.cdf(1.0, 2.5)
        DistributionFitResult("powernorm", [4.0, 0, 1]).sample(200, random_state=1)
        assert DistributionFitResult("jf_skew_t", [2.0, 3.0, 0, 1]).logpdf([1e300]).shape == (1,)


def test_a_constant_column_has_no_shape() -> None:
    row = FitRow("norm", "failed", "every value is 1.0")
    result = DistributionFitResult.from_row(row, "x", summarize_values(np.ones(9)), FitSpec(("norm",)), {})
    assert (result.data_mean, result.data_stddev) == (1.0, 0.0)
    assert result.data_kurtosis is result.data_skewness is None


def test_a_result_made_by_hand_is_a_distribution() -> None:
    result = DistributionFitResult("norm", [1, 2])
    assert result.parameters == [1.0, 2.0]
    assert result.cdf(1.0) == 0.5


def test_every_method_is_scipys_at_the_parameters() -> None:
    result, scipy = from_row(GAMMA), stats.gamma(2.0, 0.5, 1.5)
    x, q = np.array([0.7, 2.0, 9.0]), np.array([0.01, 0.5, 0.99])
    for name in ("pdf", "logpdf", "cdf", "sf"):
        assert getattr(result, name)(x) == pytest.approx(getattr(scipy, name)(x), rel=1e-12)
    for name in ("ppf", "isf"):
        assert getattr(result, name)(q) == pytest.approx(getattr(scipy, name)(q), rel=1e-12)
    assert (result.mean(), result.std()) == pytest.approx((scipy.mean(), scipy.std()), rel=1e-9)
    assert result.interval(0.9) == pytest.approx(scipy.interval(0.9), rel=1e-12)


def test_the_scipy_distribution_is_frozen_or_generic() -> None:
    assert from_row(GAMMA).get_scipy_dist().args == (2.0, 0.5, 1.5)
    assert from_row(GAMMA).get_scipy_dist(frozen=False) is stats.gamma


def test_samples_follow_the_seed_and_the_distribution() -> None:
    result = from_row(GAMMA)
    assert result.sample(3, random_state=1).tolist() == result.sample(7, random_state=1)[:3].tolist()
    assert result.sample(3, np.random.default_rng(1)).tolist() == result.sample(3, np.random.default_rng(1)).tolist()
    assert result.sample(3, random_state=1).tolist() != result.sample(3, random_state=2).tolist()
    assert result.sample().shape == (1000,)
    assert result.sample(0).shape == (0,)
    assert stats.kstest(result.sample(4000, random_state=5), stats.gamma(2.0, 0.5, 1.5).cdf).pvalue > 0.01


@pytest.mark.parametrize("bounds", [(1.0, 6.0), (None, 6.0), (1.0, None)])
def test_with_bounds_every_method_is_that_of_the_truncated_distribution(
    bounds: tuple[float | None, float | None],
) -> None:
    result = from_row(GAMMA, lower_bound=bounds[0], upper_bound=bounds[1])
    low, high = bounds[0] or -math.inf, bounds[1] or math.inf
    base = stats.gamma(2.0, 0.5, 1.5)
    mass = base.cdf(high) - base.cdf(low)
    assert result.pdf(2.0) == pytest.approx(base.pdf(2.0) / mass)
    assert result.pdf([0.0, 8.0]).tolist()[0 if bounds[0] else 1] == 0
    assert result.cdf(2.0) == pytest.approx((base.cdf(2.0) - base.cdf(low)) / mass)
    assert result.sf(2.0) == pytest.approx(1 - result.cdf(2.0))
    assert result.cdf(result.ppf(0.3)) == pytest.approx(0.3)
    assert result.sf(result.isf(0.3)) == pytest.approx(0.3)
    draws = result.sample(2000, random_state=1)
    assert low <= draws.min() <= draws.max() <= high
    assert draws.mean() == pytest.approx(result.mean(), abs=5 * result.std() / math.sqrt(2000))
    assert result.interval(0.5) == pytest.approx((result.ppf(0.25), result.ppf(0.75)))
    assert isinstance(result.get_scipy_dist(), Fitted)
    assert result.get_scipy_dist(frozen=False) is stats.gamma


@pytest.mark.parametrize("status", ["failed", "timed_out", "skipped"])
def test_a_row_without_a_fit_says_why_it_cannot_be_used(status: Any) -> None:
    result = from_row(FitRow("gamma", status, "the clock ran out"))
    uses: list[Any] = [
        result.sample, result.mean, result.std, result.get_scipy_dist, lambda: result.pdf(1.0),
        lambda: result.interval(0.5), lambda: result.ppf(0.5),
    ]  # fmt: skip
    for use in uses:
        with pytest.raises(FitFailed, match=f"{status}: the clock ran out"):
            use()
    assert result.get_param_names() == ["a", "loc", "scale"]


def test_a_degenerate_fit_can_still_be_looked_at() -> None:
    assert from_row(FitRow("norm", "degenerate", "a spike", (0.0, 1.0))).cdf(0.0) == 0.5


def test_a_continuous_family_has_no_mass_function() -> None:
    with pytest.raises(InvalidInput, match="use pdf"):
        from_row(GAMMA).pmf(1)


def test_a_users_family_is_used_through_its_object() -> None:
    result = from_row(FitRow("kumaraswamy", "ok", "", (2.0, 3.0, 0.0, 1.0)), {"kumaraswamy": KUMARASWAMY})
    assert result.get_param_names() == ["a", "b", "loc", "scale"]
    assert result.pdf(0.5) == pytest.approx(2 * 3 * 0.5 * (1 - 0.25) ** 2)
    assert result.get_scipy_dist(frozen=False) is KUMARASWAMY


def test_an_unknown_family_is_named() -> None:
    with pytest.raises(UnknownDistribution, match="gamma"):
        DistributionFitResult("gama", [1.0, 0.0, 1.0]).pdf(1.0)


def test_too_few_parameters_are_named() -> None:
    with pytest.raises(InvalidInput, match="expected finite a, loc, scale"):
        DistributionFitResult("gamma", [1.0, 2.0]).pdf(1.0)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda r: r.sample(-1), InvalidInput),
        (lambda r: r.sample(2.5), UnsupportedType),
        (lambda r: r.sample(1, random_state="seed"), UnsupportedType),
        (lambda r: r.sample(1, random_state=-1), InvalidInput),
        (lambda r: r.interval(1.5), InvalidInput),
        (lambda r: r.interval("half"), UnsupportedType),
    ],
)
def test_arguments_that_cannot_be_used_are_refused(call: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        call(from_row(GAMMA))


def test_a_dictionary_of_a_result_is_plain_and_its_own() -> None:
    result = from_row(GAMMA)
    plain = result.to_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert list(plain)[:3] == ["distribution", "parameters", "sse"]
    assert "cached_sample" not in plain
    plain["parameters"].clear()
    assert result.parameters == [2.0, 0.5, 1.5]


def test_a_result_cannot_be_changed_and_survives_pickling() -> None:
    result = from_row(GAMMA)
    with pytest.raises(AttributeError):
        result.distribution = "norm"  # type: ignore[misc]
    copy = pickle.loads(pickle.dumps(result))
    assert copy == result
    assert copy.ppf(0.5) == result.ppf(0.5)
