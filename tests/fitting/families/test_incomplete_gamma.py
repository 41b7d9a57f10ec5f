"""Incomplete gamma functions of arguments below the smallest float, and the laws that need them."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from warmfit_fitting.families import incomplete_gamma
from warmfit_fitting.families.catalogue import CATALOGUE

SHAPES = [1e-9, 1e-4, 0.3, 2.0, 50.0]
LOGS = [-1e8, -5e3, -800.0, -60.0, -40.1, -39.9, -3.0, 0.0, 2.0]


@pytest.mark.parametrize("a", SHAPES)
def test_both_functions_have_the_digits_of_mpmath_where_x_underflows_and_where_it_does_not(a: float) -> None:
    for log_x in LOGS:
        with mpmath.workdps(40):
            below = mpmath.gammainc(a, 0, mpmath.exp(log_x), regularized=True)
            expected = float(below), float(1 - below)
        with np.errstate(under="ignore"):
            found = [f(np.float64(a), np.float64(log_x)) for f in (incomplete_gamma.lower, incomplete_gamma.upper)]
        np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-300)


@pytest.mark.parametrize("beta", [200.0, 1e4, 1e9])
def test_flat_powers_of_the_normal_law_spread_their_mass_evenly(beta: float) -> None:
    z = np.array([1e-3, 0.3, 0.6, 0.9])
    with np.errstate(all="ignore"):
        for name, expected in (("halfgennorm", z), ("gennorm", 0.5 + 0.5 * z)):
            np.testing.assert_allclose(CATALOGUE[name].cdf(z, np.full(4, beta)), expected, rtol=1 / beta)
            np.testing.assert_allclose(CATALOGUE[name].sf(z, np.full(4, beta)), 1 - expected, atol=1 / beta)


def test_a_generalized_gamma_of_steep_powers_is_a_power_law() -> None:
    z = np.array([0.01, 0.5, 0.99])
    with np.errstate(all="ignore"):
        found = CATALOGUE["gengamma"].cdf(z, np.full(3, 1e-8), np.full(3, 5e7))
    np.testing.assert_allclose(found, np.sqrt(z), rtol=1e-6)


@pytest.mark.parametrize("a", [1.01e5, 1e6, 1e8, 1e10])
@pytest.mark.parametrize("deviations", [-4.1, -5.0, -9.0, -20.0])
def test_the_lower_tail_of_large_shapes_is_the_integral_of_the_density(a: float, deviations: float) -> None:
    x = a + deviations * np.sqrt(a)
    with mpmath.workdps(40):
        shape, step = mpmath.mpf(a), mpmath.sqrt(a) / 10

        def density(t: mpmath.mpf) -> mpmath.mpf:
            return mpmath.exp((shape - 1) * mpmath.log(t) - t - mpmath.loggamma(shape))

        expected = float(mpmath.quad(density, [x - k * step for k in (80, 40, 20, 10, 5, 2, 1, 0)]))
    assert incomplete_gamma.lower_of(np.array([a]), np.array([x])) == pytest.approx(expected, rel=1e-8)
