from __future__ import annotations

import numpy as np
import pytest

from warmfit_fitting.estimation.maximize import climb, derivatives, maximize
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
