"""The beta group: large shapes, both ends, and the constant of gausshyper."""

from __future__ import annotations

from collections.abc import Iterator

import mpmath as mp
import numpy as np
import pytest

from warmfit_fitting.families.beta import BetaPrime, F, GaussHyper, RDist, log_beta
from warmfit_fitting.families.gauss_integral import log_gauss_integral


@pytest.fixture(autouse=True)
def exact_digits() -> Iterator[None]:
    with mp.workdps(50), np.errstate(all="ignore"):
        yield


@pytest.mark.parametrize("a", [1e-8, 0.3, 7.0, 150.0, 1e5, 1e12])
@pytest.mark.parametrize("b", [1e-8, 0.5, 60.0, 1e4, 1e10])
def test_log_beta_does_not_cancel(a: float, b: float) -> None:
    x, y = mp.mpf(a), mp.mpf(b)
    exact = float(mp.loggamma(x) + mp.loggamma(y) - mp.loggamma(x + y))
    assert float(log_beta(np.array(a), np.array(b))) == pytest.approx(exact, rel=1e-12, abs=1e-13)


@pytest.mark.parametrize("z", [1e-300, 1e-20, 1e20, 1e300])
def test_betaprime_both_tails_keep_their_digits_for_small_shapes(z: float) -> None:
    a, b = 0.05, 0.03
    lower = mp.exp(mp.mpf(a) * mp.log(mp.mpf(z))) / (a * mp.beta(a, b))
    upper = mp.exp(-mp.mpf(b) * mp.log(mp.mpf(z))) / (b * mp.beta(a, b))
    below, above = (lower, 1 - lower) if z < 1.0 else (1 - upper, upper)
    shapes = np.array(a), np.array(b)
    assert float(BetaPrime().cdf(np.array(z), *shapes)) == pytest.approx(float(below), rel=1e-12)
    assert float(BetaPrime().sf(np.array(z), *shapes)) == pytest.approx(float(above), rel=1e-12)


def test_f_with_huge_dfd_is_chi_square_over_its_degrees() -> None:
    z, dfn = np.array([1e-6, 0.3, 1.0, 9.0]), 4.0
    chi = [float(mp.log(dfn * (dfn * mp.mpf(v)) * mp.exp(-dfn * mp.mpf(v) / 2) / 4)) for v in z]
    assert F().logpdf(z, np.array([dfn]), np.array([1e13])) == pytest.approx(chi, rel=1e-10, abs=1e-10)


@pytest.mark.parametrize(("c", "z"), [(0.05, 1.0 - 1e-14), (1e10, 2e-5), (3.0, -1.0 + 1e-15)])
def test_rdist_keeps_its_digits_at_the_ends_and_for_large_c(c: float, z: float) -> None:
    power, x = mp.mpf(c) / 2, mp.mpf(z)
    log_norm = mp.loggamma(power) + mp.log(mp.pi) / 2 - mp.loggamma(power + 0.5)
    exact = (power - 1) * mp.log(1 - x * x) - log_norm
    assert float(RDist().logpdf(np.array(z), np.array(c))) == pytest.approx(float(exact), rel=1e-10)


@pytest.mark.parametrize("a", [0.05, 1.0, 40.0])
@pytest.mark.parametrize("b", [0.05, 3.0, 300.0])
@pytest.mark.parametrize(("c", "zeta"), [(-30.0, 4.0), (2.0, -0.999), (60.0, 1e4), (0.0, 1.0)])
def test_gausshyper_constant_agrees_with_the_hypergeometric_function(a: float, b: float, c: float, zeta: float) -> None:
    constant = mp.log(mp.beta(a, b)) + mp.log(mp.hyp2f1(c, a, a + b, -zeta))
    x = mp.mpf("0.3")
    exact = (a - 1) * mp.log(x) + (b - 1) * mp.log(1 - x) - c * mp.log(1 + zeta * x) - constant
    value = GaussHyper().logpdf(np.array(0.3), *map(np.array, (a, b, c, zeta)))
    assert float(value) == pytest.approx(float(exact), rel=1e-11, abs=1e-11)


@pytest.mark.parametrize(
    ("a", "b", "c", "zeta"),
    [(361.0, 368.0, 0.66, -0.89), (215.0, 211.0, 0.15, 110.0), (347.0, 356.0, -15.5, -0.98), (900.0, 2.0, 5.0, 3.0)],
)
def test_gausshyper_constant_is_right_for_large_shapes(a: float, b: float, c: float, zeta: float) -> None:
    exact = mp.log(mp.beta(a, b)) + mp.log(mp.hyp2f1(c, a, a + b, -mp.mpf(zeta)))
    value = log_gauss_integral(*map(np.array, (a, b, c, zeta)))
    assert float(value) == pytest.approx(float(exact), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("b", [0.3, 4.0, 80.0])
def test_gausshyper_constant_does_not_jump_where_more_nodes_are_taken(b: float) -> None:
    a = np.exp(np.linspace(-4.0, 4.0, 4000))[:, None]
    values = log_gauss_integral(a, np.array([[b]]), np.array([[2.0]]), np.array([[1.5]]))[:, 0]
    third = np.abs(np.diff(values, 3))
    assert third.max() < 1e-7
    exact = [mp.log(mp.beta(v, b)) + mp.log(mp.hyp2f1(2, v, v + b, mp.mpf("-1.5"))) for v in a[::200, 0].tolist()]
    assert values[::200] == pytest.approx([float(v) for v in exact], rel=1e-11, abs=1e-11)


def exact_symmetric_tail(z: float, half: float) -> mp.mpf:
    """P(Z > z) for the density (1 − z²)^(half − 1)/B(½, half), from z > 0, by quadrature where the mass lies."""
    start, step = mp.mpf(z), 1 / mp.sqrt(2 * mp.mpf(half))
    knots = [v for v in (start + k * step for k in (0, 0.5, 1, 2, 4, 8, 16, 30)) if v < 1] + [mp.mpf(1)]
    top = (half - 1) * mp.log1p(-start * start)
    area = mp.quad(lambda v: mp.exp((half - 1) * mp.log1p(-v * v) - top), knots[:-1])
    return area * mp.exp(top) / mp.beta(0.5, half)


@pytest.mark.parametrize("half", [999.9999, 1000.0, 1e4, 1e6, 5e8])
@pytest.mark.parametrize("deviate", [0.02, 1.0, 4.0, 12.0, 25.0])
def test_rdist_tails_are_right_on_both_sides_of_the_switch_to_the_expansion(half: float, deviate: float) -> None:
    z = deviate / np.sqrt(2.0 * half)
    exact = float(exact_symmetric_tail(z, half))
    c = np.array(2.0 * half)
    assert float(RDist().sf(np.array(z), c)) == pytest.approx(exact, rel=1e-11)
    assert float(RDist().cdf(np.array(-z), c)) == pytest.approx(exact, rel=1e-11)
    assert float(RDist().cdf(np.array(z), c)) == pytest.approx(1.0 - exact, rel=1e-14)


def test_rdist_ends_have_all_the_mass_between_them() -> None:
    z, c = np.array([-1.0, 0.0, 1.0]), np.array([1.0, 1e4])[:, None]
    np.testing.assert_allclose(RDist().cdf(z, c), np.array([[0.0, 0.5, 1.0]] * 2), atol=1e-15)
