from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from warmfit_fitting.errors import InvalidInput, UnknownDistribution
from warmfit_fitting.fitted import fitted
from warmfit_fitting.sampling import draw, uniforms


@pytest.mark.parametrize("cut", [1, 2, 3, 4, 5, 777])
def test_a_sample_is_the_same_however_it_is_split(cut: int) -> None:
    whole = uniforms(1_000, seed=9)
    np.testing.assert_array_equal(np.concatenate([uniforms(cut, 9), uniforms(1_000 - cut, 9, cut)]), whole)


def test_uniform_numbers_are_uniform_inside_the_unit_interval_and_differ_by_seed() -> None:
    u = uniforms(20_000, seed=1)
    assert 0 < u.min() < u.max() < 1
    assert stats.kstest(u, "uniform").pvalue > 0.001
    assert not np.array_equal(u, uniforms(20_000, seed=2))


def test_draws_follow_the_distribution_and_its_window() -> None:
    x = draw(fitted("gamma", (2.0, 1.0, 3.0), (2.0, 9.0)), 20_000, seed=4)
    assert 2 <= x.min() < x.max() <= 9
    base = stats.gamma(2.0, 1.0, 3.0)
    share = (base.cdf(x) - base.cdf(2.0)) / (base.cdf(9.0) - base.cdf(2.0))
    assert stats.kstest(share, "uniform").pvalue > 0.001


def test_impossible_draws_and_distributions_are_refused() -> None:
    for arguments in ((-1, 0, 0), (1, -1, 0), (1, 0, -1), (1, 2**64, 0)):
        with pytest.raises(InvalidInput):
            uniforms(*arguments)
    for parameters in ((1.0, 0.0), (1.0, 0.0, 0.0), (-1.0, 0.0, 1.0), (np.nan, 0.0, 1.0)):
        with pytest.raises(InvalidInput):
            fitted("gamma", parameters)
    with pytest.raises(UnknownDistribution):
        fitted("gama", (1.0, 0.0, 1.0))
