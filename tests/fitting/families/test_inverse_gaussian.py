"""The inverse Gaussian and hyperbolic group beyond the range of the Bessel functions."""

from __future__ import annotations

from collections.abc import Iterator

import mpmath as mp
import numpy as np
import pytest

from warmfit_fitting.families.inverse_gaussian import (
    GenHyperbolic,
    GenInvGauss,
    InvGauss,
    NormInvGauss,
    RecipInvGauss,
)


@pytest.fixture(autouse=True)
def exact_digits() -> Iterator[None]:
    with mp.workdps(60), np.errstate(all="ignore"):
        yield


@pytest.mark.parametrize("a", [1e-6, 1.0, 1e9])
@pytest.mark.parametrize("lean", [-0.999, 0.0, 0.6])
@pytest.mark.parametrize("z", [-1e8, -3.0, 1e-9, 40.0, 1e290])
def test_norminvgauss_does_not_cancel_for_large_a(z: float, a: float, lean: float) -> None:
    b = a * lean
    x, alpha, beta = mp.mpf(z), mp.mpf(a), mp.mpf(b)
    q, gamma = mp.sqrt(1 + x * x), mp.sqrt(alpha**2 - beta**2)
    bessel = mp.log(mp.besselk(1, alpha * q)) if alpha * q < 1e4 else -alpha * q + mp.log(mp.pi / (2 * alpha * q)) / 2
    if alpha * q >= 1e4:
        bessel += mp.log1p(3 / (8 * alpha * q) - 15 / (128 * (alpha * q) ** 2))
    exact = mp.log(alpha / mp.pi) + gamma + beta * x - mp.log(q) + bessel
    value = float(NormInvGauss().logpdf(np.array(z), np.array(a), np.array(b)))
    assert value == pytest.approx(float(exact), rel=1e-10)


def test_genhyperbolic_with_p_minus_one_half_is_norminvgauss() -> None:
    z = np.linspace(-30.0, 30.0, 7)
    for a in (0.05, 2.0, 1e6):
        shapes = np.array([a]), np.array([-0.4 * a])
        expected = NormInvGauss().logpdf(z, *shapes)
        assert GenHyperbolic().logpdf(z, np.array([-0.5]), *shapes) == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize(("p", "a", "z"), [(900.0, 30.0, -20.0), (-300.0, 0.05, 5.0), (60.0, 1e-6, 1e3)])
def test_genhyperbolic_is_right_for_orders_at_which_kv_overflows(p: float, a: float, z: float) -> None:
    order, alpha, x = mp.mpf(p), mp.mpf(a), mp.mpf(z)
    beta = mp.mpf(0.6 * a)
    q, gamma = mp.sqrt(1 + x * x), mp.sqrt(alpha**2 - beta**2)
    with mp.workdps(300):
        log_upper, log_lower = mp.log(mp.besselk(order - 0.5, alpha * q)), mp.log(mp.besselk(order, gamma))
    exact = order * mp.log(gamma) - (order - 0.5) * mp.log(alpha) - log_lower - mp.log(2 * mp.pi) / 2
    exact += beta * x + log_upper + (order - 0.5) * mp.log(q)
    value = GenHyperbolic().logpdf(np.array(z), np.array(p), np.array(a), np.array(0.6 * a))
    assert float(value) == pytest.approx(float(exact), rel=1e-11)


@pytest.mark.parametrize(("p", "b"), [(26.0, 1e-12), (-300.0, 1e-3), (1e4, 1.0), (0.3, 1e10), (1.5, 1e-300)])
def test_geninvgauss_is_finite_and_right_where_scipy_gives_nan(p: float, b: float) -> None:
    order, rate, x = mp.mpf(p), mp.mpf(b), mp.mpf("1.5")
    exact = (order - 1) * mp.log(x) - rate * (x + 1 / x) / 2 - mp.log(2 * mp.besselk(order, rate, maxprec=40000))
    value = float(GenInvGauss().logpdf(np.array(1.5), np.array(p), np.array(b)))
    assert value == pytest.approx(float(exact), rel=1e-11)


@pytest.mark.parametrize("mu", [0.001, 0.05, 1.0, 50.0])
def test_inverse_gaussian_survival_falls_through_the_whole_range(mu: float) -> None:
    z = mu * np.array([0.5, 1.0, 4.0]) + np.array([0.0, 0.0, 60.0 * mu**2])
    for value, point in zip(InvGauss().sf(z, np.array(mu)), z, strict=True):
        x, m = mp.mpf(point), mp.mpf(mu)
        root = mp.sqrt(x)
        exact = mp.ncdf(-(x / m - 1) / root) - mp.exp(2 / m) * mp.ncdf(-(x / m + 1) / root)
        assert value == pytest.approx(float(exact), rel=1e-9, abs=1e-290)


def test_reciprocal_of_the_inverse_gaussian_exchanges_its_tails() -> None:
    z, mu = np.array([1e-3, 0.2, 1.0, 30.0]), np.array([0.7])
    assert RecipInvGauss().sf(z, mu) == pytest.approx(InvGauss().cdf(1.0 / z, mu), rel=1e-14)


@pytest.mark.parametrize("free", [(-50.0, 0.0), (0.3, -400.0), (20.0, 400.0), (-1.0, 3.0)])
def test_every_free_vector_gives_a_skewness_smaller_than_a(free: tuple[float, float]) -> None:
    a, b = NormInvGauss().from_free(*map(np.array, free))
    p, wide, lean = GenHyperbolic().from_free(np.array(0.5), *map(np.array, free))
    assert abs(b) < a
    assert abs(lean) < wide
    assert p == 0.5


def test_hyperbolic_shapes_round_trip_through_the_free_coordinates() -> None:
    shapes = np.array([0.1, 5.0, 1e4]), np.array([-0.09, 0.0, 9.99e3])
    assert NormInvGauss().from_free(*NormInvGauss().to_free(*shapes)) == (
        pytest.approx(shapes[0], rel=1e-12),
        pytest.approx(shapes[1], rel=1e-12),
    )
