from __future__ import annotations

import pytest

from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.spec import FitSpec
from warmfit_server.jobs import WEIGHT, split


@pytest.mark.parametrize("parts", [1, 2, 7, 500])
def test_every_family_goes_to_one_worker(parts: int) -> None:
    spec = FitSpec(CATALOGUE.names)
    shares = split(spec, parts)
    assert sorted(name for share in shares for name in share.families) == sorted(CATALOGUE.names)
    assert len(shares) <= parts
    assert all(share.families for share in shares)


def test_the_same_distributions_stay_together_and_loads_are_even() -> None:
    shares = split(FitSpec(CATALOGUE.names), 2)
    for share in shares:
        assert len({"gamma", "erlang", "chi2"} & set(share.families)) in (0, 3)
    loads = [sum(WEIGHT[CATALOGUE[CATALOGUE.canonical(n)].cost] for n in set(share.families)) for share in shares]
    assert max(loads) < 1.2 * min(loads)


def test_a_split_asks_nothing_else() -> None:
    spec = FitSpec(("norm", "gamma"), bins=7, seed=3)
    assert {share.bins for share in split(spec, 2)} == {7}
    assert {share.seed for share in split(spec, 2)} == {3}
