"""Hard regions of the extreme-value group, against mpmath."""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest

from warmfit_fitting.families.extreme import GeneralizedExtreme, Landau


@pytest.mark.parametrize("c", [0.0, 1e-300, 1e-17, -1e-9, 1e-6, -0.5, 5.0])
@pytest.mark.parametrize("z", [-1.5, 1e-5, 0.19])
def test_genextreme_is_exact_through_the_gumbel_limit(c: float, z: float) -> None:
    with mp.workdps(350):
        y = -mp.log(1 - mp.mpf(c) * z) / c if c else mp.mpf(z)
        expected = float(-mp.exp(-y) - (1 - c) * y)
        tail = float(-mp.expm1(-mp.exp(-y)))
    assert GeneralizedExtreme().logpdf(np.array(z), np.array(c)) == pytest.approx(expected, rel=1e-13)
    assert GeneralizedExtreme().sf(np.array(z), np.array(c)) == pytest.approx(tail, rel=1e-13)


def test_genextreme_support_ends_right_for_positive_and_left_for_negative_shapes() -> None:
    low, high = GeneralizedExtreme().support(np.array([0.5, 0.0, -0.5]))
    assert low.tolist() == [-np.inf, -np.inf, -2.0]
    assert high.tolist() == [2.0, np.inf, np.inf]


@pytest.mark.parametrize("z", [-5.0, -4.0 - 1e-9, -4.0, -2.0, 0.0, 3.0])
def test_landau_density_is_exact_across_the_seam_of_its_left_tail(z: float) -> None:
    with mp.workdps(40), np.errstate(all="ignore"):
        x = mp.pi * mp.mpf(z) / 2 + mp.log(mp.pi / 2)
        saddle = mp.exp(-1 - x)
        width = mp.sqrt(saddle)

        def integrand(t: mp.mpf) -> mp.mpf:
            s = saddle + mp.mpc(0, t)
            return (mp.exp(s * mp.log(s) + x * s + saddle)).real

        points = [n * width for n in range(0, 40, 2)] + [width * 2.0**n for n in range(6, 14)]
        expected = mp.log(mp.quad(integrand, points) / 2) - saddle
        assert Landau().logpdf(np.array(z)) == pytest.approx(float(expected), rel=1e-11)


def test_landau_log_density_outlives_the_density_in_both_tails() -> None:
    with np.errstate(all="ignore"):
        left, right = Landau().logpdf(np.array([-20.0, 1e300]))
    saddle = 2.0 / math.pi * math.exp(10.0 * math.pi - 1.0)
    assert left == pytest.approx(-saddle, rel=1e-10)
    assert right == pytest.approx(-2.0 * math.log(1e300) + math.log(2.0 / math.pi), rel=1e-13)
