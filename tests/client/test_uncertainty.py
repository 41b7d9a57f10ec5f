"""Intervals and tests of fit of results: where the data come from, and what is said where they are not known."""

from __future__ import annotations

import copy
import json
import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from warmfit import (
    DiscreteDistributionFitter,
    DistributionFitResult,
    DistributionFitter,
    FitFailed,
    FitResults,
    InvalidInput,
    UnsupportedType,
    summarize,
)

X = np.random.default_rng(5).gamma(2.0, 3.0, 800)


def gamma(**keywords: Any) -> DistributionFitResult:
    settings = {"included_distributions": ["gamma"], "fixed": {"loc": 0.0}} | keywords
    return DistributionFitter().fit(pd.DataFrame({"x": X}), column="x", **settings).best()[0]


def test_a_result_knows_its_data() -> None:
    found = gamma().confidence_intervals()
    assert list(found) == ["a", "loc", "scale"]
    assert found["loc"] == (0.0, 0.0)
    assert found["a"][0] < 2.0 < found["a"][1]
    assert all(type(end) is float for ends in found.values() for end in ends)


def test_quantiles_are_named_by_their_probability() -> None:
    fit = gamma()
    found = fit.confidence_intervals(quantiles=[0.5, 0.99])
    assert list(found) == ["ppf(0.5)", "ppf(0.99)"]
    for p in (0.5, 0.99):
        low, high = found[f"ppf({p})"]
        assert low < fit.ppf(p) < high


@pytest.mark.parametrize("method", ["wald", "profile", "bootstrap"])
def test_a_result_that_was_loaded_gives_the_same_when_it_is_given_the_data(method: str, tmp_path: Path) -> None:
    fit = gamma()
    fit.save(tmp_path / "fit.json")
    loaded = DistributionFitResult.load(tmp_path / "fit.json")
    frame = pd.DataFrame({"x": X, "y": 1.0})
    expected = fit.confidence_intervals(method=method, n_bootstrap=59)
    assert loaded.confidence_intervals(frame, method=method, n_bootstrap=59) == expected
    assert loaded.confidence_intervals(frame, "x", method=method, n_bootstrap=59) == expected
    assert loaded.confidence_intervals(summarize(frame, "x"), method=method, n_bootstrap=59) == expected


def test_a_result_without_data_says_what_to_do(tmp_path: Path) -> None:
    gamma().save(tmp_path / "fit.json")
    for alone in (DistributionFitResult.load(tmp_path / "fit.json"), DistributionFitResult("gamma", [2.0, 0.0, 1.0])):
        for call in (alone.confidence_intervals, alone.goodness_of_fit):
            with pytest.raises(InvalidInput, match=r"gamma does not know its data.*df="):
                call()
        with pytest.raises(InvalidInput, match="column='x' without df="):
            alone.confidence_intervals(column="x")


def test_the_file_of_one_result_holds_its_spec_and_not_its_summary(tmp_path: Path) -> None:
    gamma().save(tmp_path / "fit.json")
    document = json.loads((tmp_path / "fit.json").read_text())
    assert document["spec"]["fixed"] == [["loc", 0.0]]
    assert (tmp_path / "fit.json").stat().st_size < 3_000


def test_a_result_of_an_older_file_that_held_a_parameter_is_not_taken_for_one_that_did_not(tmp_path: Path) -> None:
    gamma().save(tmp_path / "fit.json")
    document = json.loads((tmp_path / "fit.json").read_text())
    del document["spec"]
    (tmp_path / "old.json").write_text(json.dumps(document))
    with pytest.raises(InvalidInput, match="does not say which of its parameters were held"):
        DistributionFitResult.load(tmp_path / "old.json").confidence_intervals(X)


def test_a_result_of_a_collection_that_was_loaded_knows_its_data(tmp_path: Path) -> None:
    results = DistributionFitter().fit(X, included_distributions=["gamma", "norm"], lower_bound=0.0)
    results.save(tmp_path / "all.json")
    for name in ("gamma", "norm"):
        here, there = (
            next(r for r in some if r.distribution == name)
            for some in (results, FitResults.load(tmp_path / "all.json"))
        )
        assert there.confidence_intervals(quantiles=[0.9]) == here.confidence_intervals(quantiles=[0.9])


def test_copies_and_pickles_keep_the_data_and_are_equal() -> None:
    fit = gamma()
    for twin in (copy.deepcopy(fit), pickle.loads(pickle.dumps(fit))):
        assert twin == fit
        assert twin.confidence_intervals() == fit.confidence_intervals()


def test_the_data_are_no_field_of_a_result() -> None:
    assert not [name for name in gamma().to_dict() if name.startswith("_")]


def test_bounds_of_the_fit_are_bounds_of_the_intervals() -> None:
    x = X[X < 8.0]
    fit = DistributionFitter().fit(x, included_distributions=["gamma"], fixed={"loc": 0.0}, upper_bound=8.0).best()[0]
    assert fit.confidence_intervals(quantiles=[0.999])["ppf(0.999)"][1] < 8.0
    assert fit.confidence_intervals()["scale"][1] > 3.0


def test_without_a_seed_the_bootstrap_is_that_of_the_fit() -> None:
    fit = gamma()
    assert fit.confidence_intervals(method="bootstrap", n_bootstrap=59) == fit.confidence_intervals(
        method="bootstrap", n_bootstrap=59, random_seed=42
    )
    assert fit.confidence_intervals(method="bootstrap", n_bootstrap=59, random_seed=1) != fit.confidence_intervals(
        method="bootstrap", n_bootstrap=59, random_seed=2
    )


def test_max_samples_changes_nothing_and_is_still_checked() -> None:
    fit = gamma()
    assert fit.confidence_intervals(max_samples=10) == fit.confidence_intervals()
    with pytest.raises(InvalidInput, match="max_samples=0"):
        fit.confidence_intervals(max_samples=0)


def test_a_family_of_the_users_own_has_intervals() -> None:
    class Rayleigh(stats.rv_continuous):
        def _pdf(self, x: Any) -> Any:
            return x * np.exp(-x * x / 2)

    fitter = DistributionFitter()
    fitter.register_distribution("mine", Rayleigh(a=0.0, name="mine"))
    x = stats.rayleigh(scale=2.0).rvs(300, random_state=1)
    mine = fitter.fit(x, included_distributions=["mine"], fixed={"loc": 0.0}).best()[0]
    known = DistributionFitter().fit(x, included_distributions=["rayleigh"], fixed={"loc": 0.0}).best()[0]
    expected = known.confidence_intervals(method="profile")["scale"]
    assert mine.confidence_intervals(method="profile")["scale"] == pytest.approx(expected, rel=1e-3)


NONSENSE: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "method": ({"method": "waldo"}, InvalidInput, "unknown method 'waldo': did you mean 'wald'"),
    "alpha": ({"alpha": 5}, InvalidInput, "alpha=5"),
    "alpha of a kind": ({"alpha": "x"}, UnsupportedType, "alpha='x'"),
    "n_bootstrap": ({"n_bootstrap": 0}, InvalidInput, "n_bootstrap=0"),
    "quantiles": ({"quantiles": 0.5}, UnsupportedType, r"quantiles=0.5.*\[0.5, 0.99\]"),
    "quantile": ({"quantiles": [2.0]}, InvalidInput, "quantiles="),
    "seed": ({"method": "bootstrap", "random_seed": -1}, InvalidInput, "random_seed=-1"),
}


@pytest.mark.parametrize("case", NONSENSE)
def test_nonsense_is_refused_by_name(case: str) -> None:
    keywords, error, says = NONSENSE[case]
    with pytest.raises(error, match=says):
        gamma().confidence_intervals(**keywords)


def test_a_row_without_a_fit_has_neither_intervals_nor_a_test() -> None:
    (failed,) = DistributionFitter().fit(X, included_distributions=["expon"], fixed={"loc": 5.0})
    for call in (failed.confidence_intervals, failed.goodness_of_fit):
        with pytest.raises(FitFailed, match="expon has no fit"):
            call()


def test_a_test_of_fit_tells_a_family_that_fits_from_one_that_does_not() -> None:
    results = DistributionFitter().fit(X, included_distributions=["gamma", "norm"])
    by_name = {fit.distribution: fit for fit in results}
    for statistic in ("ad", "cvm", "ks"):
        fits, other = (by_name[name].goodness_of_fit(statistic, n_bootstrap=99) for name in ("gamma", "norm"))
        assert fits.pvalue > 0.05 > other.pvalue == pytest.approx(0.01)
        assert (fits.statistic, fits.n_bootstrap, fits.n_failed) == (statistic, 99, 0)
        assert fits.value == getattr(by_name["gamma"], f"{statistic}_statistic")


def test_a_test_of_a_lazy_fit_measures_it_first() -> None:
    eager, lazy = (gamma(lazy_metrics=lazily) for lazily in (False, True))
    assert lazy.goodness_of_fit(n_bootstrap=19) == eager.goodness_of_fit(n_bootstrap=19)


def test_an_unknown_statistic_is_refused_by_name() -> None:
    with pytest.raises(InvalidInput, match=r"unknown statistic 'chi2'.*ks, ad, cvm"):
        gamma().goodness_of_fit("chi2")


def test_chi_square_needs_no_frame_where_the_data_are_known() -> None:
    k = np.random.default_rng(1).poisson(4.0, 400)
    fit = DiscreteDistributionFitter().fit(k, included_distributions=["poisson"]).best()[0]
    assert fit.chi_square() == fit.chi_square(k)


def test_a_whole_number_has_a_profile_and_no_wald_interval() -> None:
    k = np.random.default_rng(0).binomial(12, 0.3, 300)
    fit = DiscreteDistributionFitter().fit(k, included_distributions=["binom"]).best()[0]
    assert all(map(math.isnan, fit.confidence_intervals()["n"]))
    low, high = fit.confidence_intervals(method="profile")["n"]
    assert low <= 12 <= high
