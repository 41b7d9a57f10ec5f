"""Tables of smooth functions, and the families' tables between and at their nodes."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest

from warmfit_fitting.families.cardinal_spline import log_cardinal_spline
from warmfit_fitting.families.noncentral import log_peak_area, tabulated_area
from warmfit_fitting.families.tabulated import Table


def test_a_table_reproduces_a_smooth_function_on_every_panel_and_at_its_ends() -> None:
    table = Table.of(lambda alpha, x: np.exp(-alpha * x) * np.cos(x), 5, (14, 12))
    alpha = np.array([0.0, 0.2, 1.0])[:, None]
    x = np.linspace(0.0, 5.0, 201)
    np.testing.assert_allclose(table(alpha, x), np.exp(-alpha * x) * np.cos(x), atol=1e-13)


@pytest.mark.parametrize("n", [1.0 + 1e-9, 1.05, 1.7, 3.0, 40.0, 1e4, 1e9])
def test_the_table_of_ncts_integral_is_the_integral(n: float) -> None:
    ratio = np.concatenate([[1e-9, 1e9], np.exp(np.linspace(-8.0, 8.0, 500)), 24.0 / np.arange(1.0, 24.0) - 1.0])
    count = np.array([[n]])
    np.testing.assert_allclose(tabulated_area(count, ratio), log_peak_area(count, n * ratio[None] ** 2), atol=3e-12)


@pytest.mark.parametrize("n", [2, 3, 4, 5, 9, 33, 59, 60])
def test_the_spline_is_right_on_both_sides_of_every_joint(n: int) -> None:
    joints = np.arange(1, 2 * n) / 4.0
    z = np.concatenate([joints - 1e-9, joints, joints + 1e-9, [1e-12]])
    with mp.workdps(300):
        sums = [
            mp.fsum((-1) ** k * mp.binomial(n, k) * (mp.mpf(float(v)) - k) ** (n - 1) for k in range(int(v) + 1))
            for v in z
        ]
        exact = [float(mp.log(total / mp.factorial(n - 1))) for total in sums]
    np.testing.assert_allclose(log_cardinal_spline(z, np.array(float(n))), exact, rtol=1e-11, atol=2e-12)
