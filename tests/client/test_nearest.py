"""Which names a message suggests, and that messages suggest them."""

from __future__ import annotations

import pytest

from warmfit import BackendFactory, DistributionFitter, InvalidInput, UnsupportedType
from warmfit.nearest import did_you_mean, nearest

METRICS = ["loglik", "aic", "aicc", "bic", "ks_statistic", "ad_statistic"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ks", ["ks_statistic"]),
        ("BIC", ["bic"]),
        ("ai", ["aic", "aicc"]),
        ("loglike", ["loglik"]),
        ("zzzz", []),
        ("", []),
    ],
)
def test_names_that_begin_or_are_spelt_alike_are_near(name: str, expected: list[str]) -> None:
    assert nearest(name, METRICS) == expected


def test_at_most_three_names_are_suggested() -> None:
    assert nearest("price", [f"price_{i}" for i in range(9)]) == ["price_0", "price_1", "price_2"]


def test_nothing_is_asked_where_nothing_is_near() -> None:
    assert did_you_mean("zzzz", METRICS) == ""
    assert did_you_mean("ai", METRICS) == "did you mean 'aic' or 'aicc'? "


def test_messages_suggest_the_nearest_metric_column_and_backend() -> None:
    results = DistributionFitter().fit([1.0, 2.0, 4.0], column="price", included_distributions=["norm"])
    with pytest.raises(
        InvalidInput, match=r"unknown metric 'ks': did you mean 'ks_statistic'\? expected one of loglik"
    ):
        results.best(metric="ks")
    with pytest.raises(InvalidInput, match=r"did you mean 'price'\? "):
        results.for_column("prise")
    with pytest.raises(InvalidInput, match="did you mean 'remote'"):
        BackendFactory.create("remot")


@pytest.mark.parametrize("setting", ["columns", "included_distributions"])
def test_a_name_given_bare_is_shown_as_a_list(setting: str) -> None:
    with pytest.raises(UnsupportedType, match=rf"{setting}='size' is of type str; .* such as {setting}=\['size'\]"):
        DistributionFitter().fit([1.0, 2.0], **{setting: "size"})  # type: ignore[arg-type]
    with pytest.raises(UnsupportedType, match=r"such as columns=\['price'\]"):
        DistributionFitter().fit([1.0, 2.0], columns=3)  # type: ignore[arg-type]
