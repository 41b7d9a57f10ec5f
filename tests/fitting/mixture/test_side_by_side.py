from __future__ import annotations

import numpy as np
import pytest

from warmfit_fitting.mixture import em
from warmfit_fitting.mixture.em import improved
from warmfit_fitting.mixture.starts import grouped
from warmfit_fitting.mixture.sums import Parameters, Sample, Standard, fold

GENERATOR = np.random.default_rng(2)
ROWS = GENERATOR.normal(size=(400, 3)) + np.repeat([[0.0], [1.5]], 200, axis=0)
SAMPLE, FLOORS = Sample(ROWS, GENERATOR.uniform(0.5, 2.0, 400)), np.full(3, 1e-6)
STARTS = [grouped(SAMPLE, GENERATOR.integers(0, 3, 400), 3, FLOORS) for _ in range(5)]


def test_a_sample_folds_as_its_rows_do() -> None:
    coefficients = STARTS[0].coefficients()
    there = fold(ROWS, SAMPLE.weights, Standard(np.zeros(3), np.ones(3)), coefficients)
    here = SAMPLE.fold(coefficients)
    np.testing.assert_array_equal(here.products, there.products)
    assert here.loglik == there.loglik


@pytest.mark.parametrize("numbers", [1, 2 * 3 * 400, 1 << 19])
def test_starts_improve_side_by_side_as_each_does_by_passes_of_em(
    numbers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(em, "_TOGETHER", numbers)
    for start, end in zip(STARTS, improved(SAMPLE, STARTS, FLOORS, 4), strict=True):
        alone = start
        for _ in range(3):
            alone = alone.maximized(SAMPLE.fold(alone.coefficients()), FLOORS)
        np.testing.assert_allclose(end.parameters.means, alone.means, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(end.parameters.weights, alone.weights, rtol=1e-9)
        np.testing.assert_allclose(end.loglik, SAMPLE.fold(alone.coefficients()).loglik, rtol=1e-12)


@pytest.mark.parametrize("least", [0.5, 1.0 + 1e-9, 2.0, 100.0])
def test_no_variance_is_below_the_floor_and_those_above_stay(least: float) -> None:
    turn = np.linalg.qr(GENERATOR.normal(size=(3, 3)))[0]
    covariance = (turn * [least, 3.0, 50.0]) @ turn.T
    found = Parameters.within(np.ones(1), np.zeros((1, 3)), covariance[None], np.ones(3))
    wide = (turn * [max(least, 1.0), 3.0, 50.0]) @ turn.T
    np.testing.assert_allclose(found.covariances[0], wide, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found.precisions[0] @ wide, np.eye(3), atol=1e-9)
    np.testing.assert_allclose(found.factors[0] @ found.factors[0].T, wide, atol=1e-9)
    np.testing.assert_allclose(found.logdets[0], np.linalg.slogdet(wide)[1], atol=1e-9)
