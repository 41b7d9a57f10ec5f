"""Distribution functions for many parameter vectors at once are those of one law at a time, in both tails, by every road."""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest
from tests.fitting.discrete.table import CASES

from warmfit_fitting.discrete import tails
from warmfit_fitting.discrete.law import CountLaw
from warmfit_fitting.discrete.tails import log_tails
from warmfit_fitting.families.discrete.catalogue import DISCRETE


@pytest.mark.parametrize("table", [True, False], ids=["by table", "by runs"])
@pytest.mark.parametrize(("name", "shapes"), CASES)
def test_tails_of_a_batch_are_those_of_the_law(
    name: str, shapes: tuple[float, ...], table: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not table:
        monkeypatch.setattr(tails, "TABLE", dict.fromkeys(tails.TABLE, 0))
    family, law = DISCRETE[name], CountLaw(DISCRETE[name], tuple(map(float, shapes)))
    first, last = law.reach[0] - 2, min(law.reach[1], law.reach[0] + 3_000) + 2
    k = np.unique(np.concatenate([np.rint(np.linspace(first, last, 23)), np.arange(6.0)]))
    vector = tuple(np.full((3, 1), float(v)) for v in shapes)
    with np.errstate(all="ignore"):
        log_cdf, log_sf = log_tails(family, vector, k, k)
        expected = np.log(law.cdf(k)), np.log(law.sf(k))
    for found, value in zip((log_cdf, log_sf), expected, strict=True):
        held = value > -600
        np.testing.assert_allclose(
            found[:, held], np.broadcast_to(value[held], (3, held.sum())), rtol=1e-11, atol=1e-11
        )


def test_tails_that_no_double_holds_have_logarithms() -> None:
    mp.mp.dps = 40
    k, mu = 5_000, 2_500.0
    exact = mp.log(mp.nsum(lambda j: mp.exp(-mu + j * mp.log(mu) - mp.loggamma(j + 1)), [k + 1, k + 600]))
    with np.errstate(all="ignore"):
        _, (found,) = log_tails(DISCRETE["poisson"], (np.array([[mu]]),), np.zeros(0), np.array([float(k)]))
    assert found[0] == pytest.approx(float(exact), rel=1e-12)
    assert math.exp(found[0]) == 0.0
