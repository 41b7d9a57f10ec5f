"""The noncentral group against independent representations, in the tails and at extreme shapes."""

from __future__ import annotations

from collections.abc import Iterator

import mpmath as mp
import numpy as np
import pytest

from warmfit_fitting.families.noncentral import NCF, NCT, NCX2, Rice
from warmfit_fitting.families.student import T


@pytest.fixture(autouse=True)
def exact_digits() -> Iterator[None]:
    with mp.workdps(40), np.errstate(all="ignore"):
        yield


@pytest.mark.parametrize("df", [1e-3, 0.05, 2.0, 53.0, 1e3])
@pytest.mark.parametrize("nc", [1e-10, 3.0, 500.0])
@pytest.mark.parametrize("z", [1e-300, 0.01, 30.0, 1e5])
def test_ncx2_is_right_where_scipy_underflows(z: float, df: float, nc: float) -> None:
    x, order, mean = mp.mpf(z), mp.mpf(df) / 2 - 1, mp.mpf(nc)
    exact = -mp.log(2) - (x + mean) / 2 + order / 2 * mp.log(x / mean) + mp.log(mp.besseli(order, mp.sqrt(mean * x)))
    value = float(NCX2().logpdf(np.array(z), np.array(df), np.array(nc)))
    assert value == pytest.approx(float(exact), rel=1e-10, abs=1e-10)


def test_rice_with_a_distant_mean_is_normal() -> None:
    b = 1e8
    assert float(Rice().logpdf(np.array(b + 1.0), np.array(b))) == pytest.approx(
        -0.5 - 0.5 * np.log(2.0 * np.pi), abs=1e-7
    )


def exact_nct(z: float, df: float, nc: float) -> float:
    t, v, mean = mp.mpf(z), mp.mpf(df), mp.mpf(nc)
    m = mean * t / mp.sqrt(t * t + v)
    mode = (m + mp.sqrt(m * m + 4 * (v + 1))) / 2
    width = 1 / mp.sqrt(v + 1 + mode**2)

    def log_integrand(u: mp.mpf) -> mp.mpf:
        return (v + 1) * u - (mp.e**u - m) ** 2 / 2

    top = log_integrand(mp.log(mode))
    knots = [-200, -80, -40, -20, -10, -5, -2, 0, 2, 5, 8, 12]
    area = width * mp.quad(lambda s: mp.exp(log_integrand(mp.log(mode) + s * width) - top), knots)
    constant = v / 2 * mp.log(v) - mean**2 * v / (2 * (t * t + v)) - mp.log(mp.pi) / 2 - mp.loggamma(v / 2)
    return float(constant - (v - 1) / 2 * mp.log(2) - (v + 1) / 2 * mp.log(t * t + v) + top + mp.log(area))


@pytest.mark.parametrize("df", [0.05, 3.0, 1e3, 1e7])
@pytest.mark.parametrize("nc", [-30.0, 0.3, 5.0])
@pytest.mark.parametrize("z", [-50.0, 0.0, 4.0, 1e200])
def test_nct_is_right_in_the_tail_against_its_skewness(z: float, df: float, nc: float) -> None:
    value = float(NCT().logpdf(np.array(z), np.array(df), np.array(nc)))
    assert value == pytest.approx(exact_nct(z, df, nc), rel=1e-11, abs=1e-11)


def test_nct_without_shift_is_t() -> None:
    z = np.array([-1e8, -3.0, 0.0, 0.5, 20.0])
    for df in (0.1, 2.0, 1e10):
        expected = T().logpdf(z, np.array([df]))
        assert NCT().logpdf(z, np.array([df]), np.array([0.0])) == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize("dfn", [0.05, 1.3, 50.0, 1e3])
@pytest.mark.parametrize("dfd", [0.05, 50.0])
@pytest.mark.parametrize("nc", [1e-3, 8.0, 300.0, 1e5])
@pytest.mark.parametrize("z", [1e-12, 1.0, 1e9])
def test_ncf_series_agrees_with_kummers_function(z: float, dfn: float, dfd: float, nc: float) -> None:
    a, b, half, x = mp.mpf(dfn) / 2, mp.mpf(dfd) / 2, mp.mpf(nc) / 2, mp.mpf(z)
    odds = a / b * x
    kummer = mp.log(mp.hyp1f1(a + b, a, half * odds / (1 + odds)))
    exact = a * mp.log(a / b) - mp.log(mp.beta(a, b)) + (a - 1) * mp.log(x) - (a + b) * mp.log1p(odds) - half + kummer
    value = float(NCF().logpdf(np.array(z), np.array(dfn), np.array(dfd), np.array(nc)))
    assert value == pytest.approx(float(exact), rel=1e-10, abs=1e-10)
