"""The logistic group where SciPy overflows or cancels."""

from __future__ import annotations

from collections.abc import Iterator

import mpmath as mp
import numpy as np
import pytest

from warmfit_fitting.families.logistic import Burr12, GenHalfLogistic, GenLogistic, HalfLogistic, Mielke


@pytest.fixture(autouse=True)
def exact_digits() -> Iterator[None]:
    with mp.workdps(50), np.errstate(all="ignore"):
        yield


@pytest.mark.parametrize("c", [0.05, 50.0, 1e6])
@pytest.mark.parametrize("z", [-700.0, -30.0, 0.3, 40.0, 800.0])
def test_genlogistic_survival_keeps_its_digits_in_both_tails(z: float, c: float) -> None:
    exact = -mp.expm1(-mp.mpf(c) * mp.log1p(mp.exp(-mp.mpf(z))))
    assert float(GenLogistic().sf(np.array(z), np.array(c))) == pytest.approx(float(exact), rel=1e-12)


@pytest.mark.parametrize("d", [1e-3, 1.0, 1e10])
@pytest.mark.parametrize("z", [1e-300, 1e-5, 1.0, 1e300])
def test_burr12_is_right_from_1e_minus_300_to_1e300_and_near_its_weibull_limit(z: float, d: float) -> None:
    c = mp.mpf(1.5)
    exact = mp.log(c) + mp.log(d) + (c - 1) * mp.log(z) - (mp.mpf(d) + 1) * mp.log1p(mp.mpf(z) ** c)
    assert float(Burr12().logpdf(np.array(z), np.array(1.5), np.array(d))) == pytest.approx(float(exact), rel=1e-13)


def test_mielke_distribution_does_not_overflow_where_scipy_gives_nan() -> None:
    k, s, z = 50.0, 0.05, 1e31
    exact = mp.exp(mp.mpf(k) / s * -mp.log1p(mp.mpf(z) ** -mp.mpf(s)))
    assert float(Mielke().cdf(np.array(z), np.array(k), np.array(s))) == pytest.approx(float(exact), rel=1e-10)


def test_genhalflogistic_tends_to_the_half_logistic() -> None:
    z = np.array([1e-9, 0.5, 3.0, 40.0])
    near = GenHalfLogistic().logpdf(z, np.array([1e-13]))
    assert near == pytest.approx(HalfLogistic().logpdf(z), rel=1e-9)
