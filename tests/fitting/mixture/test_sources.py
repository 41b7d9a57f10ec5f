from __future__ import annotations

from functools import reduce

import numpy as np
import pytest
from tests.fitting.mixture.examples import loglik, simulated

from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.mixture import MixtureSpec, fit_mixture
from warmfit_fitting.mixture.sources import SAMPLE, RowSource, Survey, survey_rows
from warmfit_fitting.mixture.sums import Parameters, Standard, fold

ROWS = simulated(30_000, 3, 2)


@pytest.mark.parametrize("parts", [2, 7])
def test_surveys_of_parts_merge_into_that_of_all_in_any_order(parts: int) -> None:
    whole = survey_rows(ROWS)
    pieces = [survey_rows(part) for part in np.array_split(ROWS, parts)]
    for order in (pieces, pieces[::-1]):
        merged = reduce(Survey.merge, order)
        assert (merged.n, merged.weight) == (whole.n, whole.weight)
        assert merged.mean == pytest.approx(whole.mean)
        assert merged.m2 == pytest.approx(whole.m2)
        np.testing.assert_array_equal(merged.rows, whole.rows)
        np.testing.assert_array_equal(merged.count, whole.count)


def test_the_sample_of_a_survey_is_of_different_rows_that_were_given_with_their_number() -> None:
    survey = survey_rows(np.repeat(ROWS, 2, axis=0))
    assert len(survey.rows) == SAMPLE
    assert (survey.count == 2).all()
    assert not survey.is_complete
    few = survey_rows(np.round(ROWS[:, :1]))
    assert few.is_complete
    assert few.count.sum() == few.n == len(ROWS)


def test_an_empty_part_changes_nothing() -> None:
    whole = survey_rows(ROWS)
    for merged in (whole.merge(survey_rows(ROWS[:0])), survey_rows(ROWS[:0]).merge(whole)):
        np.testing.assert_array_equal(merged.mean, whole.mean)
        np.testing.assert_array_equal(merged.m2, whole.m2)
        np.testing.assert_array_equal(merged.rows, whole.rows)


def test_means_far_from_zero_lose_no_digits_of_the_spread() -> None:
    survey = reduce(Survey.merge, [survey_rows(part) for part in np.array_split(ROWS + 1e9, 5)])
    assert survey.m2 / survey.n == pytest.approx(ROWS.var(axis=0), rel=1e-6)


def test_sums_over_parts_add_up_to_those_over_all_rows_and_hold_the_likelihood() -> None:
    parameters = Parameters.within(
        np.array([0.4, 0.6]), np.array([[0.0] * 3, [1.0] * 3]), np.array([np.eye(3), 2 * np.eye(3)]), np.full(3, 1e-6)
    )
    standard = Standard(ROWS.mean(axis=0), ROWS.std(axis=0))
    whole = fold(ROWS, None, standard, parameters.coefficients())
    parts = [fold(part, None, standard, parameters.coefficients()) for part in np.array_split(ROWS, 3)]
    together = parts[0] + parts[1] + parts[2]
    assert together.products == pytest.approx(whole.products)
    assert whole.products[0].sum() == pytest.approx(len(ROWS))
    z = standard.of(ROWS)
    as_mixture = type("M", (), {"weights": parameters.weights, "means": parameters.means,
                                "covariances": parameters.covariances})  # fmt: skip
    assert whole.loglik == pytest.approx(loglik(as_mixture, z))  # type: ignore[arg-type]


def test_rows_elsewhere_give_the_fit_of_rows_here_however_they_are_split() -> None:
    class Parts:
        def __init__(self, n: int) -> None:
            self.parts = np.array_split(ROWS, n)

        def survey(self) -> Survey:
            return reduce(Survey.merge, map(survey_rows, self.parts))

        def fold(self, coefficients: np.ndarray, standard: Standard) -> object:
            return sum((fold(p, None, standard, coefficients) for p in self.parts[1:]),
                       fold(self.parts[0], None, standard, coefficients))  # fmt: skip

    here = fit_mixture(RowSource(ROWS), MixtureSpec(2))
    for n in (1, 4):
        there = fit_mixture(Parts(n), MixtureSpec(2))  # type: ignore[arg-type]
        assert there.loglik == pytest.approx(here.loglik, abs=1e-5)
        assert there.mixture.means == pytest.approx(here.mixture.means, rel=1e-7)


def test_rows_of_another_shape_are_refused() -> None:
    with pytest.raises(InvalidInput, match="expected rows"):
        RowSource(np.zeros(3))
