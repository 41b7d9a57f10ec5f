from __future__ import annotations

import numpy as np
import pytest

from warmfit_fitting.estimation.maximize import climb, derivatives, first_rounds, maximize, refine
from warmfit_fitting.likelihood.budget import Budget


def rosenbrock(x: np.ndarray) -> np.ndarray:
    return -((1 - x[:, 0]) ** 2) - 100 * (x[:, 1] - x[:, 0] ** 2) ** 2


def two_hills(x: np.ndarray) -> np.ndarray:
    return np.exp(-((x[:, 0] + 3) ** 2)) + 2 * np.exp(-((x[:, 0] - 3) ** 2))


def test_a_curved_valley_is_followed_to_its_end() -> None:
    best = maximize(rosenbrock, np.array([-1.9, 2.0]), Budget(10_000), tolerance=1e-12)
    assert best.converged
    np.testing.assert_allclose(best.free, [1.0, 1.0], atol=2e-6)  # as near as differences of 1e-4 tell


def test_of_several_climbers_the_highest_end_is_returned() -> None:
    best = climb(two_hills, np.array([[-3.5], [2.0]]), Budget(10_000), tolerance=1e-12)
    assert best.free[0] == pytest.approx(3.0, abs=1e-5)
    assert best.converged


def test_a_kink_is_found() -> None:
    best = maximize(
        lambda x: -np.abs(x[:, 0] - 0.3) - x[:, 1] ** 2, np.array([2.0, 1.0]), Budget(9_999), tolerance=1e-9
    )
    assert best.free[0] == pytest.approx(0.3, abs=2e-4)


def test_the_value_is_that_of_the_function_however_low_the_start() -> None:
    best = maximize(
        lambda x: 1 - x[:, 0] ** 2 - 1e30 * np.maximum(x[:, 0] - 50, 0), np.array([51.0]), Budget(9_999), tolerance=1e-9
    )
    assert best.value == 1 - best.free[0] ** 2


def test_nowhere_finite_is_no_maximum() -> None:
    best = climb(lambda x: np.full(len(x), -np.inf), np.zeros((3, 2)), Budget(100), tolerance=1e-9)
    assert not np.isfinite(best.value)
    assert not best.converged


def test_out_of_budget_it_ends_and_says_so() -> None:
    budget = Budget(30)

    def counted(x: np.ndarray) -> np.ndarray:
        budget.spend(len(x))
        return rosenbrock(x)

    assert not maximize(counted, np.array([-1.9, 2.0]), budget, tolerance=1e-12).converged


def test_derivatives_of_a_quadratic_are_exact() -> None:
    matrix = np.array([[3.0, 1.0], [1.0, 2.0]])

    def quadratic(x: np.ndarray) -> np.ndarray:
        return -0.5 * np.einsum("ki,ij,kj->k", x, matrix, x)

    x = np.array([[0.5, -0.2]])
    (gradient,), (hessian,) = derivatives(quadratic, x, quadratic(x))
    np.testing.assert_allclose(gradient, -matrix @ x[0], atol=1e-9)
    np.testing.assert_allclose(hessian, -matrix, atol=1e-6)


def test_newtons_own_steps_end_at_a_maximum_nearby_and_know_the_slopes_there() -> None:
    end = refine(lambda x: -np.cosh(x[:, 0] - 0.1) - 2 * (x[:, 1] - x[:, 0]) ** 2, np.zeros(2), tolerance=1e-12)
    assert end.converged
    np.testing.assert_allclose(end.free, [0.1, 0.1], atol=1e-6)
    assert end.slopes is not None
    np.testing.assert_allclose(end.slopes.hessian, [[-5.0, 4.0], [4.0, -4.0]], atol=1e-5)


def test_steps_that_do_not_gain_what_they_promise_are_not_taken() -> None:
    start = np.array([1.0])
    end = refine(lambda x: -np.sqrt(np.abs(x[:, 0])), start, tolerance=1e-12)
    assert not end.converged
    assert end.value >= -1.0
    assert end.promise > 1e-12


def test_climbers_that_meet_in_the_first_rounds_go_on_as_one() -> None:
    places = first_rounds(two_hills, np.array([[-3.2], [-2.9], [2.9]]), Budget(10_000), rounds=3)
    np.testing.assert_allclose(places[:, 0], [3.0, -3.0], atol=1e-3)
