from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from tests.fitting.mixture.examples import loglik

from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.mixture import GaussianMixture

TWO = GaussianMixture(
    np.array([0.7, 0.3]),
    np.array([[0.0, 0.0], [5.0, -5.0]]),
    np.array([[[1.0, 0.5], [0.5, 2.0]], [[0.3, 0.0], [0.0, 0.1]]]),
)
ONE = GaussianMixture(np.array([0.7, 0.3]), np.array([[0.0], [5.0]]), np.array([[[1.0]], [[0.25]]]))


def test_densities_are_weighted_sums_of_normal_ones() -> None:
    rows = TWO.rows(0, 200, 3)
    assert TWO.logpdf(rows).sum() == pytest.approx(loglik(TWO, rows))
    assert ONE.logpdf([0.3, 5.1]) == pytest.approx(np.log(0.7 * stats.norm(0, 1).pdf([0.3, 5.1])
                                                         + 0.3 * stats.norm(5, 0.5).pdf([0.3, 5.1])))  # fmt: skip


def test_responsibilities_sum_to_one_even_where_densities_vanish() -> None:
    rows = np.array([[0.0, 0.0], [5.0, -5.0], [1e3, -1e3], [1e8, 1e8]])
    shares = TWO.responsibilities(rows)
    assert shares.sum(axis=1) == pytest.approx(np.ones(4))
    np.testing.assert_array_equal(TWO.predict(rows), shares.argmax(axis=1))


@pytest.mark.parametrize("mixture", [ONE, TWO])
@pytest.mark.parametrize("cut", [1, 777, 8_192])
def test_a_sample_is_the_same_however_it_is_split(mixture: GaussianMixture, cut: int) -> None:
    whole = mixture.rows(0, 9_000, 4)
    parts = [mixture.rows(0, cut, 4), mixture.rows(cut, 9_000, 4)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_a_sample_has_the_law_of_the_mixture() -> None:
    x = ONE.rows(0, 20_000, 1)[:, 0]
    cdf = lambda t: 0.7 * stats.norm(0, 1).cdf(t) + 0.3 * stats.norm(5, 0.5).cdf(t)  # noqa: E731
    assert stats.kstest(x, cdf).pvalue > 0.001
    rows = TWO.rows(0, 50_000, 2)
    second = rows[rows[:, 0] > 3]
    first = rows[rows[:, 0] <= 3]
    assert len(second) / len(rows) == pytest.approx(0.3, abs=0.01)
    assert np.cov(first.T) == pytest.approx(TWO.covariances[0], abs=0.05)


def test_arrays_that_make_no_mixture_are_refused() -> None:
    good = (np.array([0.7, 0.3]), np.zeros((2, 1)), np.ones((2, 1, 1)))
    for place, wrong in (
        (0, np.array([0.7, 0.4])), (0, np.array([1.3, -0.3])), (1, np.zeros((3, 1))), (2, -np.ones((2, 1, 1))),
        (1, np.full((2, 1), np.nan)),
    ):  # fmt: skip
        arrays = [*good[:place], wrong, *good[place + 1 :]]
        with pytest.raises(InvalidInput):
            GaussianMixture(*arrays)
    with pytest.raises(InvalidInput, match="expected rows of 2 columns"):
        TWO.logpdf(np.zeros((4, 3)))
