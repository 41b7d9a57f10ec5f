"""What is kept for when the same is asked again changes no answer."""

from __future__ import annotations

import numpy as np
import pytest

from warmfit import DatasetRef, FitterConfig
from warmfit.call import Call, Plan
from warmfit.registry import DiscreteDistributionRegistry, DistributionRegistry
from warmfit.remote.endpoint import Endpoint
from warmfit.remote.refs import Origin
from warmfit_fitting.errors import InvalidInput, UnknownDistribution
from warmfit_fitting.summary import summarize_values


@pytest.fixture
def ref() -> DatasetRef:
    summary = summarize_values(np.array([1.0, 2.0, 4.0]))
    origin = Origin(Endpoint("127.0.0.1:1"), (summary.fingerprint,), {"x": summary})
    return DatasetRef(None, "of its content", ("x",), 3).kept_at(origin)


def plans(
    ref: DatasetRef, config: FitterConfig, registry: DistributionRegistry | None = None, seed: int = 1
) -> list[Plan]:
    return Call.of(config, registry or DistributionRegistry(), seed).opened(ref, None)


def test_the_same_question_about_a_reference_is_prepared_once(ref: DatasetRef) -> None:
    config = FitterConfig(included_distributions=["norm"])
    assert plans(ref, config) is plans(ref, config)
    assert FitterConfig.merged(None) is FitterConfig.merged(None)


def test_another_seed_column_family_or_configuration_is_another_question(ref: DatasetRef) -> None:
    config = FitterConfig(included_distributions=["norm", "gamma"])
    (first,) = plans(ref, config)
    (other,) = plans(ref, config, seed=2)
    assert (first.spec.seed, other.spec.seed) == (1, 2)
    (lazy,) = plans(ref, FitterConfig(included_distributions=["norm", "gamma"], lazy_metrics=True))
    assert (first.spec.goodness, lazy.spec.goodness) == (True, False)
    fewer = DistributionRegistry()
    fewer.add_exclusion("norm")
    (left,) = plans(ref, FitterConfig(), fewer)
    (all_,) = plans(ref, FitterConfig())
    assert set(all_.spec.families) - set(left.spec.families) == {"norm"}
    with pytest.raises(InvalidInput, match="no column 'y'"):
        Call.of(config, DistributionRegistry(), 1).opened(ref, ("y",))


def test_settings_that_can_change_are_read_anew(ref: DatasetRef) -> None:
    config = FitterConfig(included_distributions=["norm"], fixed={"loc": 0.0})
    (before,) = plans(ref, config)
    config.fixed["loc"] = 1.0  # type: ignore[index]
    (after,) = plans(ref, config)
    assert (before.spec.fixed, after.spec.fixed) == ((("loc", 0.0),), (("loc", 1.0),))


def test_a_registry_that_changes_answers_anew_and_refuses_as_before() -> None:
    registry = DistributionRegistry()
    assert "norm" in registry.families()
    registry.add_exclusion("norm")
    assert "norm" not in registry.families()
    assert registry.families(("norm",)) == ("norm",)
    assert "norm" not in DiscreteDistributionRegistry().families()
    for _ in range(2):
        with pytest.raises(UnknownDistribution, match="gama"):
            registry.families(("gama",))
        with pytest.raises(InvalidInput, match="more than once"):
            registry.families(("norm", "norm"))
    assert len(registry.families(max_distributions=1)) == 1
