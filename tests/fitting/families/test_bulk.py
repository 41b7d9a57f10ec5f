"""The bulk that coordinates and starts are built on is where the law's bulk is."""

from __future__ import annotations

import numpy as np
import pytest

from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.families.family import Cost

WITH_BULK = [
    name for name, f in CATALOGUE.items() if f.knows_bulk and f.closed_cdf and not f.refusal and f.cost is not Cost.SLOW
]


@pytest.mark.parametrize("name", WITH_BULK)
def test_the_centre_lies_within_the_body_and_the_spread_is_of_its_order(name: str) -> None:
    family = CATALOGUE[name]
    for shapes in family.shape_starts():
        arrays = [np.array([s]) for s in shapes]
        with np.errstate(all="ignore"):
            low, high = family.support(*arrays)
            center, spread = family.bulk(*arrays)
            at = [np.clip(center + k * spread, low, high) for k in (-1.0, 0.0, 1.0)]
            below, middle, above = (
                0.0 if z[0] <= low else 1.0 if z[0] >= high else float(family.cdf(z, *arrays)[0]) for z in at
            )
        assert 0.05 < middle < 0.95, (name, shapes)
        assert above - below > 0.08, (name, shapes)


@pytest.mark.parametrize(
    ("name", "shapes"),
    [("exponweib", (1e-8, 1e8)), ("burr", (1e9, 1e-9)), ("burr12", (1e8, 1e-6)), ("mielke", (0.5, 1e9))],
)
def test_quartiles_whose_powers_overflow_have_logarithms(name: str, shapes: tuple[float, ...]) -> None:
    with np.errstate(all="ignore"):
        center, spread = CATALOGUE[name].bulk(*(np.array([s]) for s in shapes))
    assert 0.0 < center[0] < np.inf, name
    assert 0.0 < spread[0] < np.inf, name
