"""Truncated laws of counts: probabilities, quantiles, moments and draws are those of the law given the window."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from tests.fitting.discrete.table import CASES, draws

from warmfit_fitting.discrete.engine import pearson
from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.families.discrete.catalogue import DISCRETE
from warmfit_fitting.fitted import fitted
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import summarize_values


@pytest.mark.parametrize(("name", "shapes"), CASES)
@pytest.mark.parametrize("sides", ["below", "above", "both"])
def test_every_family_is_conditioned_on_its_window(name: str, shapes: tuple[float, ...], sides: str) -> None:
    free = fitted(name, (*shapes, 0.0))
    low = float(free.ppf(0.2)) if sides != "above" else -math.inf
    high = float(free.ppf(0.9)) + 1 if sides != "below" else math.inf
    law = fitted(name, (*shapes, 0.0), (low, high))
    k = np.arange(max(low, free.ppf(1e-9)), min(high, free.isf(1e-9)) + 1)
    mass = free.cdf(high) - (free.cdf(low - 1) if sides != "above" else 0.0)
    np.testing.assert_allclose(law.pmf(k), free.pmf(k) / mass, rtol=1e-9, atol=1e-300)
    np.testing.assert_allclose(law.cdf(k), np.cumsum(law.pmf(k)) + law.cdf(k[0] - 1), rtol=1e-9)
    np.testing.assert_allclose(law.cdf(k) + law.sf(k), 1.0, rtol=1e-12)
    if sides == "both":
        np.testing.assert_array_equal(law.pmf([low - 1, high + 1]), [0.0, 0.0])
    q = np.linspace(0.01, 0.99, 23)
    reached = law.ppf(q)
    assert np.all((law.cdf(reached) >= q) & (law.cdf(reached - 1) < q))
    if sides == "both":
        assert law.mean() == pytest.approx((k * law.pmf(k)).sum(), rel=1e-8, abs=1e-12)
        assert law.var() == pytest.approx((k**2 * law.pmf(k)).sum() - law.mean() ** 2, rel=1e-6, abs=1e-9)
    x = law.rvs(200, 3)
    assert x.min() >= low
    assert x.max() <= high


def test_a_truncated_law_moves_with_its_location_and_survives_pickling() -> None:
    law = fitted("nbinom", (2.5, 0.3, 10.0), (11.5, 40.0))
    plain = fitted("nbinom", (2.5, 0.3, 0.0), (2.0, 30.0))
    k = np.arange(8.0, 45.0)
    np.testing.assert_allclose(law.pmf(k), plain.pmf(k - 10), rtol=1e-12)
    assert law.support() == (12.0, 40.0)
    assert law.interval(0.5) == tuple(v + 10 for v in plain.interval(0.5))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(law)).pmf(k), law.pmf(k))


@pytest.mark.parametrize("window", [(20.0, 30.0), (3.2, 3.8)])
def test_a_window_without_a_value_of_the_law_is_refused(window: tuple[float, float]) -> None:
    with pytest.raises(InvalidInput, match="has no value in"):
        fitted("binom", (10.0, 0.3, 0.0), window)


def test_distances_and_chi_square_of_truncated_columns_are_those_of_the_truncated_law() -> None:
    x = draws("poisson", (2.0,), 2_000, seed=4)
    x = x[(x >= 1) & (x <= 5)]
    summary, spec = summarize_values(x), FitSpec(("poisson",), lower_bound=1.0, upper_bound=5.0)
    row = fit_family(prepare(summary, spec), DISCRETE["poisson"])
    law = fitted("poisson", row.parameters, (1.0, 5.0))
    k = np.arange(1.0, 6.0)
    share = np.array([(x == v).mean() for v in k])
    assert row.ks_statistic == pytest.approx(np.abs(np.cumsum(share) - law.cdf(k)).max(), rel=1e-9)
    assert row.sse == pytest.approx(((share - law.pmf(k)) ** 2).sum(), rel=1e-9)
    found = pearson(summary, DISCRETE["poisson"], row.parameters, 1, (1.0, 5.0))
    expected = len(x) * law.pmf(k)
    assert (found.cells, found.degrees_of_freedom) == (5, 3)
    assert found.statistic == pytest.approx(((len(x) * share - expected) ** 2 / expected).sum(), rel=1e-9)
    with pytest.raises(InvalidInput, match="one window"):
        pearson(summarize_values(x, censoring=(x > 3) * 1), DISCRETE["poisson"], row.parameters, 1)


@pytest.mark.parametrize("window", [(1e25, 1e30), (1e308, math.inf), (-math.inf, -1e200)])
def test_a_window_farther_out_than_sums_reach_is_refused(window: tuple[float, float]) -> None:
    with pytest.raises(InvalidInput, match="has no value in"):
        fitted("skellam", [3.0, 2.0, 0.0], window)
