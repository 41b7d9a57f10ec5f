"""Configuration: what is accepted, what is refused by name, and how keywords and a config go together."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from warmfit import DistributionFitter
from warmfit.builder import FitterConfigBuilder
from warmfit.config import FitterConfig, SamplingMode
from warmfit.given import NOT_GIVEN
from warmfit_fitting.errors import InvalidInput, UnknownDistribution, UnsupportedType

VALUES = [1.0, 2.0, 4.0, 3.0, 7.0]


def ignore_progress(completed: int, total: int, percent: float) -> None:
    pass


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bins", 0),
        ("max_distributions", 0),
        ("sample_fraction", 0.0),
        ("sample_fraction", 1.5),
        ("max_sample_size", 0),
        ("num_partitions", -1),
        ("lower_bound", float("nan")),
        ("upper_bound", -float("inf")),
        ("lower_bound", {"x": float("inf")}),
        ("lower_bound", {"x": float("nan")}),
        ("prefilter", "sometimes"),
        ("estimation_method", "map"),
        ("included_distributions", []),
        ("included_distributions", ["norm", "norm"]),
        ("fixed", {"scale": 0.0}),
        ("fixed", {"loc": float("inf")}),
        ("weights", ""),
        ("weights", np.ones((2, 2))),
        ("weights", {"column": "w", "kind": "precision"}),
        ("censoring", ""),
        ("censoring", {}),
        ("censoring", {"column": "died", "kind": "dead"}),
        ("censoring", {"x": np.ones((2, 2))}),
        ("censoring_column", ""),
        ("truncation", (float("nan"), None)),
        ("truncation", (float("inf"), None)),
        ("truncation", (5, 5)),
        ("truncation", (None, "")),
        ("timeout", 0),
        ("sampling_mode", "random"),
        ("skew_threshold_mild", -1),
    ],
)
def test_a_value_out_of_range_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(InvalidInput, match=name):
        FitterConfig(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bins", 2.5),
        ("bins", True),
        ("bins", [1, 2, 3]),
        ("bins", None),
        ("use_rice_rule", 1),
        ("support_at_zero", "yes"),
        ("progress_callback", 3),
        ("lower_bound", "0"),
        ("included_distributions", "norm"),
        ("included_distributions", [1]),
        ("fixed", [("loc", 0)]),
        ("weights", 3.0),
        ("weights", {"w": 1}),
        ("censoring", 1),
        ("censoring", ("lower", "upper", "more")),
        ("censoring", {"column": "lower", "kind": "interval"}),
        ("censoring_column", ["event"]),
        ("truncation", 0),
        ("truncation", "limit"),
        ("truncation", (0, None, 1)),
        ("truncation", {"x": 0}),
        ("warm_start", object()),
        ("warm_start", {"norm": "ab"}),
        ("warm_start", {"norm": ["a", 1.0]}),
        ("timeout", "60"),
    ],
)
def test_an_object_of_the_wrong_kind_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(UnsupportedType, match=name):
        FitterConfig(**{name: value})


@pytest.mark.parametrize(("given", "held"), [("region", ("region",)), (["a", "b"], ("a", "b")), (0, ("0",))])
def test_keys_of_groups_are_one_name_or_several(given: Any, held: tuple[str, ...]) -> None:
    assert FitterConfig(groupby=given).groupby == held
    assert FitterConfig.merged(FitterConfig(groupby=given), groupby=given).groupby == held


@pytest.mark.parametrize("method", ["mle", "mse", "mme", "auto"])
def test_every_estimation_method_may_be_asked_for(method: str) -> None:
    assert FitterConfig(estimation_method=method).estimation_method == method
    assert FitterConfigBuilder().with_estimation_method(method).build().estimation_method == method


def test_an_unknown_estimation_method_is_refused_with_the_choices() -> None:
    with pytest.raises(InvalidInput, match="expected one of mle, mse, mme, auto"):
        FitterConfig(estimation_method="mps")


def test_numpy_numbers_and_booleans_become_plain_ones() -> None:
    config = FitterConfig(bins=np.int64(7), bounded=np.bool_(True), lower_bound=np.float32(0.5))
    assert (type(config.bins), type(config.bounded), type(config.lower_bound)) == (int, bool, float)


def test_a_list_given_to_a_config_can_change_without_changing_the_config() -> None:
    names, held = ["norm", "gamma"], {"loc": 0.0}
    config = FitterConfig(included_distributions=names, fixed=held)
    names.append("expon")
    held["scale"] = 1.0
    assert config.included_distributions == ("norm", "gamma")
    assert config.fixed == {"loc": 0.0}


def test_bounds_out_of_order_are_refused_naming_the_column() -> None:
    with pytest.raises(InvalidInput, match=r"lower_bound=5\.0 is not below upper_bound=1\.0"):
        FitterConfig(lower_bound=5, upper_bound=1)
    with pytest.raises(InvalidInput, match="column 'b'"):
        FitterConfig(lower_bound={"a": 0, "b": 3}, upper_bound=2)


def test_a_share_of_the_rows_is_refused_beside_what_forbids_it() -> None:
    with pytest.raises(InvalidInput, match=r"sample_fraction=0\.5 contradicts enable_sampling=False"):
        FitterConfig(sample_fraction=0.5, enable_sampling=False)
    with pytest.raises(InvalidInput, match=r"sampling_mode='stratified' .* sample_fraction=0\.5 draws rows uniformly"):
        FitterConfig(sample_fraction=0.5, sampling_mode=SamplingMode.STRATIFIED)
    assert not FitterConfig(enable_sampling=False, sampling_mode="stratified").enable_sampling  # type: ignore[arg-type]


def test_a_family_may_be_registered_after_it_was_named_in_a_config() -> None:
    config = FitterConfig(included_distributions=["mine"])
    fitter = DistributionFitter()
    with pytest.raises(UnknownDistribution, match="mine"):
        fitter.fit(VALUES, config=config)
    fitter.register_distribution("mine", stats.norm)
    assert fitter.fit(VALUES, config=config).best()[0].distribution == "mine"


def test_bounds_by_column_leave_other_columns_unbounded() -> None:
    config = FitterConfig(lower_bound={"a": 0}, upper_bound=9)
    assert config.for_column("a") == (0.0, 9.0)
    assert config.for_column("b") == (None, 9.0)
    assert config.named_columns == {"a"}


@pytest.mark.parametrize(
    ("settings", "bins"),
    [({}, None), ({"bins": 20}, 20), ({"use_rice_rule": False}, 50), ({"bins": 20, "use_rice_rule": True}, 20)],
)
def test_bins_given_explicitly_win_over_the_rice_rule(settings: dict[str, Any], bins: int | None) -> None:
    assert FitterConfig(**settings).spec(("norm",), "x", (None, None), 1).bins == bins


def test_the_spec_carries_what_the_engine_must_know() -> None:
    config = FitterConfig(fixed={"scale": 2, "loc": 0}, support_at_zero=True, lazy_metrics=True)
    spec = config.spec(("gamma", "norm"), "x", (0.0, None), seed=7)
    assert spec.families == ("gamma", "norm")
    assert spec.fixed == (("loc", 0.0), ("scale", 2.0))
    assert (spec.lower_bound, spec.upper_bound, spec.seed) == (0.0, None, 7)
    assert spec.support_at_zero
    assert not spec.goodness


def test_a_spec_that_cannot_be_names_the_column() -> None:
    with pytest.raises(InvalidInput, match="column 'price': lower_bound"):
        FitterConfig().spec(("norm",), "price", (3.0, 1.0), seed=1)


def test_configs_of_equal_settings_are_equal_even_with_arrays() -> None:
    assert FitterConfig(weights=np.array([1.0, 2.0])) == FitterConfig(weights=np.array([1.0, 2.0]))
    assert FitterConfig(weights=np.array([1.0, 2.0])) != FitterConfig(weights=np.array([1.0, 3.0]))
    assert FitterConfig(bins=3) != FitterConfig(bins=4)


def test_a_config_survives_pickling() -> None:
    config = FitterConfig(lower_bound={"a": 0}, fixed={"loc": 1}, sampling_mode=SamplingMode.UNIFORM)
    assert pickle.loads(pickle.dumps(config)) == config


def test_keywords_alone_make_a_config() -> None:
    assert FitterConfig.merged(None, bins=10, timeout=5) == FitterConfig(bins=10, timeout=5)


def test_keywords_that_repeat_a_config_are_accepted_beside_it() -> None:
    config = FitterConfig(bins=10, lower_bound=0, included_distributions=["norm"])
    assert FitterConfig.merged(config, bins=10, lower_bound=0, included_distributions=["norm"]) is config


def test_a_keyword_that_says_the_default_contradicts_a_config_that_says_something_else() -> None:
    config = FitterConfig(lazy_metrics=True, bins=20)
    with pytest.raises(InvalidInput, match=r"bins=50 \(config: 20\), lazy_metrics=False \(config: True\)"):
        DistributionFitter().fit(VALUES, config=config, lazy_metrics=False, bins=50)
    assert DistributionFitter().fit(VALUES, config=replace(config, included_distributions=["norm"])).is_lazy


def test_keywords_that_were_left_out_contradict_nothing() -> None:
    config = FitterConfig(bins=20, timeout=3)
    assert FitterConfig.merged(config, bins=NOT_GIVEN, timeout=3) is config


def test_fifty_bins_beside_a_config_that_leaves_them_to_the_rice_rule_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"bins=50 \(config: 'the Rice rule'\)"):
        FitterConfig.merged(FitterConfig(), bins=50)
    config = FitterConfigBuilder().with_bins(50).build()
    assert FitterConfig.merged(config, bins=50) is config


@pytest.mark.parametrize(
    ("keywords", "bins"),
    [({"bins": 50}, 50), ({}, None), ({"bins": 50, "use_rice_rule": True}, 50), ({"use_rice_rule": True}, None)],
)
def test_fifty_bins_that_were_given_are_fifty_bins(keywords: dict[str, Any], bins: int | None) -> None:
    results = DistributionFitter().fit(VALUES, included_distributions=["norm"], **keywords)
    assert results.columns[0].spec.bins == bins
    assert FitterConfigBuilder().with_bins(**keywords).build().histogram_bins == bins


def test_positional_bins_of_the_builder_were_given_too() -> None:
    assert FitterConfigBuilder().with_bins(50).build().histogram_bins == 50
    assert FitterConfigBuilder().with_bins().build() == FitterConfig()


def test_keywords_that_contradict_a_config_are_refused_by_name() -> None:
    with pytest.raises(InvalidInput, match=r"bins=20 \(config: 10\)") as caught:
        FitterConfig.merged(FitterConfig(bins=10), bins=20, bounded=True, timeout=None)
    assert "bounded=True" in str(caught.value)
    assert "timeout" not in str(caught.value)


def test_weights_beside_a_config_are_compared_as_a_whole() -> None:
    config = FitterConfig(weights=np.array([1.0, 2.0]))
    assert FitterConfig.merged(config, weights=np.array([1.0, 2.0])) is config
    with pytest.raises(InvalidInput, match="weights"):
        FitterConfig.merged(config, weights=np.array([2.0, 2.0]))


def test_a_progress_callback_may_always_be_given_beside_a_config() -> None:
    config = FitterConfig(bins=10, progress_callback=print)
    merged = FitterConfig.merged(config, progress_callback=ignore_progress)
    assert merged.progress_callback is ignore_progress
    assert merged.bins == 10
    assert FitterConfig.merged(config, progress_callback=None).progress_callback is print


def test_misspelt_keywords_and_configs_of_another_kind_are_refused() -> None:
    with pytest.raises(InvalidInput, match="binz"):
        FitterConfig.merged(None, binz=3)
    with pytest.raises(UnsupportedType, match="config"):
        FitterConfig.merged({"bins": 3})  # type: ignore[arg-type]


def test_every_setting_of_the_builder_reaches_the_config() -> None:
    config = (
        FitterConfigBuilder()
        .with_bins(30, use_rice_rule=False)
        .with_bounds(lower=0, upper={"x": 4}, auto_detect=True)
        .with_sampling(fraction=0.5, max_size=10, threshold=20)
        .with_adaptive_sampling(False, SamplingMode.UNIFORM, 0.1, 0.2)
        .with_lazy_metrics()
        .with_support_at_zero()
        .with_max_distributions(5)
        .with_partitions(8)
        .with_estimation_method("auto")
        .with_distributions(["gamma", "norm"])
        .with_fixed(loc=0)
        .with_weights("w")
        .with_censoring(("since", "until"), kind="interval")
        .with_truncation(upper="limit")
        .with_timeout(3)
        .build()
    )
    expected = FitterConfig(
        bins=30, use_rice_rule=False, lower_bound=0, upper_bound={"x": 4}, bounded=True, sample_fraction=0.5,
        max_sample_size=10, sample_threshold=20, adaptive_sampling=False,
        sampling_mode=SamplingMode.UNIFORM, skew_threshold_mild=0.1, skew_threshold_high=0.2,
        lazy_metrics=True, support_at_zero=True, max_distributions=5, num_partitions=8,
        included_distributions=("gamma", "norm"), fixed={"loc": 0}, weights="w", censoring=("since", "until"),
        truncation=(None, "limit"), timeout=3, estimation_method="auto",
    )  # fmt: skip
    assert config == expected


def test_a_builder_without_settings_makes_the_default_config() -> None:
    assert FitterConfigBuilder().build() == FitterConfig()


def test_fixed_parameters_given_in_turn_are_held_together() -> None:
    assert FitterConfigBuilder().with_fixed(loc=0).with_fixed(a=2).build().fixed == {"loc": 0.0, "a": 2.0}


@pytest.mark.parametrize(
    ("builder", "name"),
    [
        (FitterConfigBuilder().with_estimation_method("map"), "unknown estimation_method 'map'"),
    ],
)
def test_the_builder_carries_what_build_refuses_by_name(builder: FitterConfigBuilder, name: str) -> None:
    with pytest.raises(InvalidInput, match=name):
        builder.build()


def test_a_config_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        FitterConfig().bins = 3  # type: ignore[misc]
