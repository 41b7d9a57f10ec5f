"""Hard regions of the Weibull group, against mpmath."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest

from warmfit_fitting.families.weibull import ExponentiatedWeibull, TruncatedWeibullMin

SHAPES = [
    (0.500005, 3.0, 0.5, 0.50001),
    (0.5000000001, 0.3, 0.5, 0.50001),
    (1e-15, 0.05, 1e-20, 2.0),
    (9.5, 8.0, 9.0, 10.0),
    (2e-4, 300.0, 1e-4, 3e-4),
]


@pytest.mark.parametrize(("z", "c", "a", "b"), SHAPES)
def test_truncweibull_min_is_exact_in_narrow_and_remote_intervals(z: float, c: float, a: float, b: float) -> None:
    family, shapes = TruncatedWeibullMin(), (np.array(c), np.array(a), np.array(b))
    with mp.workdps(2000):
        zc, ac, bc = (mp.mpf(v) ** c for v in (z, a, b))
        total = -mp.expm1(ac - bc)
        logpdf = mp.log(c) + (c - 1) * mp.log(z) - zc + ac - mp.log(total)
        left = -mp.expm1(ac - zc) / total
        right = (mp.exp(ac - zc) - mp.exp(ac - bc)) / total
    with np.errstate(all="ignore"):
        assert family.logpdf(np.array(z), *shapes) == pytest.approx(float(logpdf), rel=1e-12)
        assert family.cdf(np.array(z), *shapes) == pytest.approx(float(left), rel=1e-11)
        assert family.sf(np.array(z), *shapes) == pytest.approx(float(right), rel=1e-9)


def test_truncweibull_min_free_coordinates_always_give_an_interval_and_round_trip() -> None:
    family = TruncatedWeibullMin()
    rng = np.random.default_rng(0)
    c, a, b = family.from_free(*rng.normal(scale=200.0, size=(3, 500)))
    assert np.all((c > 0.0) & (a > 0.0) & (a < b))
    shapes = np.array([0.7, 3.0]), np.array([0.05, 2.0]), np.array([3.0, 2.5])
    assert np.allclose(family.from_free(*family.to_free(*shapes)), shapes, rtol=1e-13)


@pytest.mark.parametrize(("z", "a", "c"), [(1e-40, 0.05, 0.5), (1e-300, 3.0, 50.0), (1e-12, 1e3, 2.0)])
def test_exponweib_left_tail_survives_the_underflow_of_the_power(z: float, a: float, c: float) -> None:
    with mp.workdps(60), np.errstate(all="ignore"):
        log_cdf = mp.mpf(c) * mp.log(mp.mpf(z))  # z^c is so small that 1 − e^(−z^c) is z^c
        expected = mp.log(a * c) + (a - 1) * log_cdf + (c - 1) * mp.log(mp.mpf(z))
        shapes = np.array(a), np.array(c)
        assert ExponentiatedWeibull().logpdf(np.array(z), *shapes) == pytest.approx(float(expected), rel=1e-13)
        assert ExponentiatedWeibull().cdf(np.array(z), *shapes) == pytest.approx(float(mp.exp(a * log_cdf)), rel=1e-12)
