"""Test statistics and uniform sums: the joints of their series, and counts given as reals."""

from __future__ import annotations

from collections.abc import Iterator

import mpmath as mp
import numpy as np
import pytest
from scipy import special

from warmfit_fitting.families.statistics import IrwinHall, KSOne, KSTwoBign


@pytest.fixture(autouse=True)
def exact_digits() -> Iterator[None]:
    with mp.workdps(80), np.errstate(all="ignore"):
        yield


@pytest.mark.parametrize("z", [0.02, 0.3, 0.8275, 1.0 - 1e-9, 1.0, 3.0, 30.0])
def test_kstwobign_density_is_right_in_both_of_its_series(z: float) -> None:
    x = mp.mpf(z)
    unit = (mp.pi / (2 * x)) ** 2
    terms = ((2 * k - 1) ** 2 for k in range(1, 12))
    exact = mp.log(sum((s * unit - 1) * mp.exp(-s * unit / 2) for s in terms) * mp.sqrt(2 * mp.pi) / x**2)
    if z >= 1.0:
        exact = mp.log(8 * x * sum((-1) ** (k - 1) * k * k * mp.exp(-2 * k * k * x * x) for k in range(1, 12)))
    assert float(KSTwoBign().logpdf(np.array(z))) == pytest.approx(float(exact), rel=1e-12)


@pytest.mark.parametrize("n", [1, 2, 20, 60])
@pytest.mark.parametrize("share", [1e-6, 0.03, 0.25, 0.5, 0.9])
def test_irwinhall_does_not_cancel_for_many_terms(n: int, share: float) -> None:
    z = n * share
    x = mp.mpf(z)
    sum_ = mp.fsum((-1) ** k * mp.binomial(n, k) * (x - k) ** (n - 1) for k in range(int(z) + 1))
    exact = mp.log(sum_ / mp.factorial(n - 1))
    assert float(IrwinHall().logpdf(np.array(z), np.array(float(n)))) == pytest.approx(
        float(exact), rel=1e-10, abs=1e-12
    )


@pytest.mark.parametrize("n", [1, 7, 100, 500])
@pytest.mark.parametrize("z", [1e-6, 0.0313, 0.3, 0.9995])
def test_ksone_density_is_the_derivative_of_birnbaum_and_tingeys_sum(z: float, n: int) -> None:
    x = mp.mpf(z)
    total = n * (1 - x) ** (n - 1)
    for j in range(1, n):
        height, rest = x + mp.mpf(j) / n, 1 - x - mp.mpf(j) / n
        if rest <= 0:
            break
        term = mp.binomial(n, j) * height ** (j - 1) * rest ** (n - j)
        total += term * (x * ((n - j) / rest - (j - 1) / height) - 1)
    value = float(KSOne().logpdf(np.array(z), np.array(float(n))))
    assert value == pytest.approx(float(mp.log(total)), rel=1e-9, abs=1e-9)


def test_a_count_given_as_a_real_means_the_nearest_whole_number() -> None:
    z = np.array([0.2, 0.7])
    for family in (IrwinHall(), KSOne()):
        assert family.logpdf(z, np.array([3.4])) == pytest.approx(family.logpdf(z, np.array([3.0])))


@pytest.mark.parametrize("n", [1, 2, 9, 150, 500])
def test_ksone_tails_are_those_of_smirnovs_sum(n: int) -> None:
    z = np.concatenate([np.linspace(0.0, 1.0, 57), [1e-9, 1.0 / n]])
    count = np.array(float(n))
    expected = special.smirnov(n, z)
    np.testing.assert_allclose(KSOne().sf(z, count), expected, rtol=1e-11, atol=1e-300)
    np.testing.assert_allclose(KSOne().cdf(z, count), 1.0 - expected, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("n", [1, 2, 9, 150, 500])
def test_ksone_distribution_function_keeps_its_digits_near_zero(n: int) -> None:
    z = np.array([1e-300, 1e-12, 0.3 / n, (1.0 - 1e-9) / n, (1.0 + 1e-9) / n])
    small = z * (1.0 + z) ** (n - 1)
    np.testing.assert_allclose(KSOne().cdf(z, np.array(float(n))), small, rtol=1e-8)
    np.testing.assert_allclose(KSOne().cdf(z[:4], np.array(float(n))), small[:4], rtol=1e-13)
