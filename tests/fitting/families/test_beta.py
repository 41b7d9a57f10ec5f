"""The beta group: large shapes, both ends, and the constant of gausshyper."""

from __future__ import annotations

from collections.abc import Iterator

import mpmath as mp
import numpy as np
import pytest

from warmfit_fitting.families.beta import BetaPrime, F, GaussHyper, RDist, log_beta


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
