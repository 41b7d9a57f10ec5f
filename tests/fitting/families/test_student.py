"""The Student and Cauchy group: limits of the shapes, and tails beyond the square root of the largest number."""

from __future__ import annotations

from collections.abc import Iterator

import mpmath as mp
import numpy as np
import pytest

from warmfit_fitting.families.student import (
    Cauchy,
    CrystalBall,
    FoldCauchy,
    JFSkewT,
    RelBreitWigner,
    SkewCauchy,
    T,
)


@pytest.fixture(autouse=True)
def exact_digits() -> Iterator[None]:
    with mp.workdps(50), np.errstate(all="ignore"):
        yield


def exact_t(z: float, df: float) -> float:
    v, x = mp.mpf(df), mp.mpf(z)
    constant = mp.loggamma((v + 1) / 2) - mp.loggamma(v / 2) - mp.log(v * mp.pi) / 2
    return float(constant - (v + 1) / 2 * mp.log1p(x * x / v))


@pytest.mark.parametrize("df", [0.05, 3.0, 199.0, 201.0, 1e6, 1e10])
@pytest.mark.parametrize("z", [1e-300, 0.7, 6.0, 1e9, 1e300])
def test_t_keeps_its_digits_up_to_the_normal_limit(z: float, df: float) -> None:
    assert float(T().logpdf(np.array(z), np.array(df))) == pytest.approx(exact_t(z, df), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("family", [Cauchy(), FoldCauchy(), SkewCauchy(), RelBreitWigner()], ids=lambda f: f.name)
def test_power_tails_do_not_end_where_the_square_overflows(family: Cauchy) -> None:
    shapes = [np.array(0.5)] * len(family.shapes)
    power = 4.0 if isinstance(family, RelBreitWigner) else 2.0
    near, far = family.logpdf(np.array([1e100, 1e300]), *shapes)
    assert far - near == pytest.approx(-power * np.log(1e200), rel=1e-13)


def test_jf_skew_t_with_equal_shapes_is_t_even_for_huge_shapes() -> None:
    z = np.array([-40.0, -1.0, 0.0, 3.0])
    for a in (0.05, 1.5, 99.0, 101.0, 1e9):
        expected = [exact_t(v, 2.0 * a) for v in z]
        assert JFSkewT().logpdf(z, np.array([a]), np.array([a])) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("z", [-1e100, -50.0, 1e9])
def test_jf_skew_t_lower_tail_is_a_power_where_scipy_gives_zero(z: float) -> None:
    a, b, x = mp.mpf(0.05), mp.mpf(1.3), mp.mpf(z)
    with mp.workdps(250):
        q = x / mp.sqrt(a + b + x * x)
        exact = (a + 0.5) * mp.log(1 + q) + (b + 0.5) * mp.log(1 - q)
        exact -= (a + b - 1) * mp.log(2) + mp.log(mp.beta(a, b)) + mp.log(a + b) / 2
    value = JFSkewT().logpdf(np.array(z), np.array(0.05), np.array(1.3))
    assert float(value) == pytest.approx(float(exact), rel=1e-12)


@pytest.mark.parametrize("m", [1.001, 3.0, 1e3, 1e8])
def test_crystalball_tail_survives_large_powers(m: float) -> None:
    beta, z = mp.mpf("0.4"), mp.mpf(-6)
    power, core = mp.mpf(m), mp.sqrt(2 * mp.pi) * mp.ncdf(beta)
    norm = power / (beta * (power - 1)) * mp.exp(-beta * beta / 2) + core
    exact = -mp.log(norm) - beta**2 / 2 - power * mp.log((power / beta - beta - z) * beta / power)
    value = CrystalBall().logpdf(np.array(-6.0), np.array(0.4), np.array(m))
    assert float(value) == pytest.approx(float(exact), rel=1e-12)


def test_crystalball_distribution_and_survival_add_up_across_the_joint() -> None:
    z = np.array([-1e6, -3.0, -0.5, 0.0, 2.0])
    shapes = np.array([0.5]), np.array([1.2])
    assert CrystalBall().cdf(z, *shapes) + CrystalBall().sf(z, *shapes) == pytest.approx(np.ones(5), rel=1e-14)


@pytest.mark.parametrize("rho", [0.01, 0.5, 5.0, 200.0])
def test_rel_breitwigner_survival_falls_as_the_cube(rho: float) -> None:
    r = mp.mpf(rho)
    k = 2 * mp.sqrt(2) * r**2 * mp.sqrt(r * r + 1) / (mp.pi * mp.sqrt(r * r + r * mp.sqrt(r * r + 1)))
    value = RelBreitWigner().sf(np.array(1e60), np.array(rho))
    assert float(value) == pytest.approx(float(k / 3 / mp.mpf(10) ** 180), rel=1e-12)


@pytest.mark.parametrize("rho", [0.01, 0.5, 5.0, 200.0])
def test_rel_breitwigner_survival_is_continuous_where_its_two_forms_meet(rho: float) -> None:
    joint = 3.0 * np.sqrt(rho * np.hypot(rho, 1.0))
    below, above = RelBreitWigner().sf(joint * np.array([1.0 - 1e-12, 1.0 + 1e-12]), np.array(rho))
    assert below == pytest.approx(above, rel=1e-10)
