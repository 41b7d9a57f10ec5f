"""The registry: which families are tried, in which order, and the user's own."""

from __future__ import annotations

from typing import Any

import pytest
from scipy import stats

from warmfit.registry import DistributionRegistry
from warmfit_fitting.errors import InvalidInput, UnknownDistribution, UnsupportedType
from warmfit_fitting.families.catalogue import CATALOGUE, DEFAULT_EXCLUSIONS


class Kumaraswamy(stats.rv_continuous):
    def _pdf(self, x: Any, a: Any, b: Any) -> Any:
        return a * b * x ** (a - 1) * (1 - x**a) ** (b - 1)


KUMARASWAMY = Kumaraswamy(a=0.0, b=1.0, name="kumaraswamy")


def test_all_families_but_the_exclusions_are_tried_in_catalogue_order() -> None:
    names = DistributionRegistry().families()
    assert names == tuple(name for name in CATALOGUE.names if name not in DEFAULT_EXCLUSIONS)


def test_families_named_keep_the_callers_order_and_may_be_excluded_ones() -> None:
    excluded = sorted(DEFAULT_EXCLUSIONS)[0]
    named = ("norm", excluded, "gamma")
    assert DistributionRegistry().families(named) == named


def test_exclusions_given_replace_the_default_ones() -> None:
    assert set(DEFAULT_EXCLUSIONS) <= set(DistributionRegistry(()).families())
    assert "norm" not in DistributionRegistry(["norm"]).families()


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownDistribution, match=r"'gama'.*gamma"):
        DistributionRegistry().families(["gama"])


def test_unknown_exclusions_are_refused_when_the_registry_is_made() -> None:
    with pytest.raises(UnknownDistribution, match="gama"):
        DistributionRegistry(["gama"])


def test_a_name_given_twice_is_refused() -> None:
    with pytest.raises(InvalidInput, match="norm more than once"):
        DistributionRegistry().families(["norm", "gamma", "norm"])


def test_nothing_left_to_fit_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no distribution is left"):
        DistributionRegistry(CATALOGUE.names).families()


def test_max_distributions_keeps_the_first() -> None:
    registry = DistributionRegistry()
    assert registry.families(max_distributions=3) == registry.families()[:3]
    assert registry.families(["t", "norm"], max_distributions=1) == ("t",)
    with pytest.raises(InvalidInput, match="max_distributions=0"):
        registry.families(max_distributions=0)


def test_families_that_cannot_start_at_zero_are_asked_for_but_not_counted() -> None:
    registry = DistributionRegistry()
    assert registry.families(["norm", "gamma"], support_at_zero=True) == ("norm", "gamma")
    assert registry.families(["norm", "gamma"], max_distributions=1, support_at_zero=True) == ("gamma",)


def test_get_distributions_for_support_at_zero_has_only_families_with_a_lower_end() -> None:
    names = DistributionRegistry().get_distributions(support_at_zero=True)
    assert {"gamma", "expon", "lognorm"} <= set(names)
    assert not {"norm", "t", "cauchy"} & set(names)


def test_exclusions_come_and_go_and_reset_to_the_first() -> None:
    registry = DistributionRegistry(["cauchy"])
    registry.add_exclusion("norm")
    registry.remove_exclusion("cauchy")
    assert registry.get_exclusions() == {"norm"}
    assert "cauchy" in registry.get_distributions()
    registry.reset_exclusions()
    assert registry.get_exclusions() == {"cauchy"}
    with pytest.raises(UnknownDistribution):
        registry.add_exclusion("nrom")


def test_what_a_registry_hands_out_does_not_change_it() -> None:
    registry = DistributionRegistry()
    registry.get_exclusions().clear()
    registry.get_custom_distributions()["mine"] = KUMARASWAMY
    registry.get_distributions().clear()
    assert registry.get_exclusions() == DEFAULT_EXCLUSIONS
    assert not registry.has_custom_distributions()
    assert registry.get_distributions()


def test_a_registered_family_is_tried_last_and_only_in_its_registry() -> None:
    registry = DistributionRegistry()
    registry.register_distribution("kumaraswamy", KUMARASWAMY)
    assert registry.families()[-1] == "kumaraswamy"
    assert "kumaraswamy" not in registry.get_distributions(include_custom=False)
    assert registry.catalogue()["kumaraswamy"].parameters == ("a", "b", "loc", "scale")
    assert registry.get_distribution_object("kumaraswamy") is KUMARASWAMY
    assert registry.custom == registry.get_custom_distributions() == {"kumaraswamy": KUMARASWAMY}
    assert not DistributionRegistry().has_custom_distributions()


def test_a_family_unregistered_is_unknown_again() -> None:
    registry = DistributionRegistry()
    registry.register_distribution("kumaraswamy", KUMARASWAMY)
    registry.unregister_distribution("kumaraswamy")
    with pytest.raises(UnknownDistribution):
        registry.families(["kumaraswamy"])
    with pytest.raises(UnknownDistribution):
        registry.unregister_distribution("kumaraswamy")


@pytest.mark.parametrize("name", ["norm", "poisson"])
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_scipy_name_is_never_shadowed(name: str, overwrite: bool) -> None:
    with pytest.raises(InvalidInput, match="keeps its name"):
        DistributionRegistry().register_distribution(name, KUMARASWAMY, overwrite=overwrite)


def test_replacing_an_own_family_takes_overwrite() -> None:
    registry = DistributionRegistry()
    registry.register_distribution("mine", KUMARASWAMY)
    with pytest.raises(InvalidInput, match="overwrite=True"):
        registry.register_distribution("mine", stats.norm)
    registry.register_distribution("mine", stats.norm, overwrite=True)
    assert registry.get_distribution_object("mine") is stats.norm


@pytest.mark.parametrize("name", ["", "two words", "3rd", "a-b"])
def test_a_name_that_is_no_identifier_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="name"):
        DistributionRegistry().register_distribution(name, KUMARASWAMY)


@pytest.mark.parametrize(
    ("thing", "hint"),
    [
        (Kumaraswamy, r"give Kumaraswamy\(name='mine'\)"),
        (stats.norm(0, 1), "not a frozen one"),
        (stats.poisson, "rv_continuous"),
        (lambda x: x, "rv_continuous"),
    ],
)
def test_only_an_instance_of_rv_continuous_can_be_registered(thing: Any, hint: str) -> None:
    with pytest.raises(UnsupportedType, match=hint):
        DistributionRegistry().register_distribution("mine", thing)


def test_the_class_lists_the_catalogue_and_its_slow_and_excluded_families() -> None:
    assert CATALOGUE.names == DistributionRegistry.ALL_DISTRIBUTIONS
    assert DistributionRegistry.DEFAULT_EXCLUSIONS == DEFAULT_EXCLUSIONS
    assert set(CATALOGUE.names) > DistributionRegistry.SLOW_DISTRIBUTIONS
    assert "levy_stable" in DistributionRegistry.SLOW_DISTRIBUTIONS
    assert "norm" not in DistributionRegistry.SLOW_DISTRIBUTIONS


def test_scipy_objects_are_found_by_name() -> None:
    assert DistributionRegistry().get_distribution_object("gamma") is stats.gamma
    with pytest.raises(UnknownDistribution):
        DistributionRegistry().get_distribution_object("gama")
