"""Hard regions of the gamma group, against mpmath."""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest

from warmfit_fitting.families.gamma import Gamma, GeneralizedGamma, InverseGamma, LogGamma, Nakagami, Pearson3

LARGE = [15.999, 16.0, 1e4, 1e8]


@pytest.mark.parametrize("a", LARGE)
@pytest.mark.parametrize("steps", [-5.0, 0.3, 5.0])
def test_large_shapes_lose_no_digits(a: float, steps: float) -> None:
    z = a + steps * math.sqrt(a) / 2.0
    with mp.workdps(60):
        zz, aa = mp.mpf(z), mp.mpf(a)
        gamma = (aa - 1) * mp.log(zz) - zz - mp.loggamma(aa)
        inverse = -(aa + 1) * mp.log(1 / zz) - zz - mp.loggamma(aa)
    assert Gamma().logpdf(np.array(z), np.array(a)) == pytest.approx(float(gamma), rel=1e-11)
    assert InverseGamma().logpdf(np.array(1.0 / z), np.array(a)) == pytest.approx(float(inverse), rel=1e-11)


@pytest.mark.parametrize("a", LARGE)
def test_loggamma_and_nakagami_near_the_normal_keep_their_digits(a: float) -> None:
    log_z, z = math.log(a) + 1.0 / math.sqrt(a), 1.0 + 0.5 / math.sqrt(a)
    with mp.workdps(60):
        aa, zz, ll = mp.mpf(a), mp.mpf(z), mp.mpf(log_z)
        loggamma = aa * ll - mp.exp(ll) - mp.loggamma(aa)
        nakagami = mp.log(2) + aa * mp.log(aa) + (2 * aa - 1) * mp.log(zz) - aa * zz**2 - mp.loggamma(aa)
    assert LogGamma().logpdf(np.array(log_z), np.array(a)) == pytest.approx(float(loggamma), rel=1e-11)
    assert Nakagami().logpdf(np.array(z), np.array(a)) == pytest.approx(float(nakagami), rel=1e-11)


@pytest.mark.parametrize("skew", [1e-13, 1e-8, 1e-5, 1e-3, 0.1, 8.0])
@pytest.mark.parametrize("z", [-0.2, 1e-3, 3.0])
def test_pearson3_is_exact_from_the_normal_limit_to_strong_skewness_and_mirrors(skew: float, z: float) -> None:
    with mp.workdps(80):
        beta = 2 / mp.mpf(skew)
        g = beta * (z + beta)
        expected = mp.log(beta) + (beta**2 - 1) * mp.log(g) - g - mp.loggamma(beta**2)
    direct = Pearson3().logpdf(np.array(z), np.array(skew))
    assert direct == pytest.approx(float(expected), rel=1e-12)
    assert Pearson3().logpdf(np.array(-z), np.array(-skew)) == direct


@pytest.mark.parametrize(
    ("z", "skew"), [(2.0, 1e-6), (3.0, 5e-4), (-3.0, 5e-4), (5.0, -1e-3), (3.0, 9e-3), (6.0, -9.9e-3), (12.0, 9.9e-3)]
)
def test_pearson3_tail_probability_is_exact_near_the_normal(z: float, skew: float) -> None:
    with mp.workdps(40), np.errstate(all="ignore"):
        beta = 2 / mp.mpf(skew)
        constant = mp.log(abs(beta)) - mp.loggamma(beta**2)

        def density(t: mp.mpf) -> mp.mpf:
            return mp.exp(constant + (beta**2 - 1) * mp.log(beta * (t + beta)) - beta * (t + beta))

        expected = mp.quad(density, [mp.mpf(z) + n for n in mp.linspace(0, 12, 49)])
        assert Pearson3().sf(np.array(z), np.array(skew)) == pytest.approx(float(expected), rel=1e-11)


def test_pearson3_with_no_skewness_is_the_standard_normal_on_the_whole_line() -> None:
    z, none = np.array([-3.0, 0.0, 2.0]), np.array(0.0)
    low, high = Pearson3().support(none)
    assert (low, high) == (-np.inf, np.inf)
    with np.errstate(all="ignore"):
        assert Pearson3().logpdf(z, none) == pytest.approx(-0.5 * z * z - 0.5 * math.log(2 * math.pi), rel=1e-15)


def test_pearson3_support_ends_on_the_side_opposite_to_the_skewness() -> None:
    low, high = Pearson3().support(np.array([0.5, -0.5]))
    assert low.tolist() == [-4.0, -np.inf]
    assert high.tolist() == [np.inf, 4.0]


def test_gengamma_with_a_negative_power_is_the_law_of_the_reciprocal() -> None:
    z, a, c = np.array([1e-3, 0.4, 7.0]), np.array(2.5), np.array(1.7)
    family = GeneralizedGamma()
    assert family.logpdf(z, a, -c) == pytest.approx(family.logpdf(1.0 / z, a, c) - 2.0 * np.log(z), rel=1e-13)
    assert family.sf(z, a, -c) == pytest.approx(family.cdf(1.0 / z, a, c), rel=1e-13)


def test_log_densities_stay_finite_over_the_whole_range_of_floats() -> None:
    with np.errstate(all="ignore"):
        assert np.all(np.isfinite(Gamma().logpdf(np.array([1e-300, 1e300]), np.array(0.05))))
        assert np.isfinite(LogGamma().logpdf(np.array(-1e300), np.array(0.05)))
    assert LogGamma().cdf(np.array(-1e3), np.array(0.05)) == pytest.approx(
        math.exp(-50.0) / math.gamma(1.05), rel=1e-12
    )
