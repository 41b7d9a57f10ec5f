"""Hard regions of the normal group, against mpmath at 60 digits and more."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest

from warmfit_fitting.families.normal import (
    ExponentiallyModifiedNormal,
    FoldedNormal,
    PowerNormal,
    SkewNormal,
    TruncatedNormal,
)


def upper(x: mp.mpf) -> mp.mpf:
    """P(N(0, 1) > x)."""
    return mp.erfc(x / mp.sqrt(2)) / 2


@pytest.mark.parametrize(("z", "k"), [(0.5, 1e-3), (-2.0, 1e-7), (3.0, 1e-5), (40.0, 1e8), (-1e4, 3.0), (1e4, 3.0)])
def test_exponnorm_keeps_its_digits_from_the_normal_limit_to_heavy_tails(z: float, k: float) -> None:
    with mp.workdps(60), np.errstate(all="ignore"):
        zz, kk = mp.mpf(z), mp.mpf(k)
        expected = -mp.log(kk) + 1 / (2 * kk**2) - zz / kk + mp.log(upper(1 / kk - zz))
        logpdf = ExponentiallyModifiedNormal().logpdf(np.array(z), np.array(k))
    assert logpdf == pytest.approx(float(expected), rel=1e-13, abs=1e-13)


@pytest.mark.parametrize(("z", "k"), [(-7.0, 10.0), (-3.0, 1e-6), (-1.0, 1e-3)])
def test_exponnorm_left_tail_probability_does_not_cancel(z: float, k: float) -> None:
    with mp.workdps(60), np.errstate(all="ignore"):
        zz, kk = mp.mpf(z), mp.mpf(k)
        expected = upper(-zz) - mp.exp(1 / (2 * kk**2) - zz / kk) * upper(1 / kk - zz)
        cdf = ExponentiallyModifiedNormal().cdf(np.array(z), np.array(k))
    assert cdf == pytest.approx(float(expected), rel=1e-12)


@pytest.mark.parametrize(("z", "a"), [(-0.00566, 1000.0), (-10.0, 0.31), (-0.3, 10.1), (-2.0, 1.6), (-6.0, 4.0)])
def test_skewnorm_thin_tail_is_right_to_ten_digits_on_both_sides(z: float, a: float) -> None:
    with mp.workdps(40), np.errstate(all="ignore"):
        zz, aa = mp.mpf(z), mp.mpf(a)
        step = 1 / (aa * zz**2)
        integrand = lambda x: mp.exp(-(zz**2) * (1 + x * x) / 2) / ((1 + x * x) * mp.pi)  # noqa: E731
        expected = float(mp.quad(integrand, [aa + n * step for n in (0, 1, 5, 20, 100)]))
        lower = SkewNormal().cdf(np.array(z), np.array(a))
        mirrored = SkewNormal().sf(np.array(-z), np.array(-a))
    assert lower == pytest.approx(expected, rel=1e-10)
    assert mirrored == lower


@pytest.mark.parametrize(("a", "b"), [(10.0, 10.01), (-1e-3, 1e-3), (-30.0, -5.0), (1e3, 1e3 + 1), (-1.0, -1.0 + 1e-9)])
def test_truncnorm_is_exact_in_narrow_and_remote_intervals(a: float, b: float) -> None:
    z = a + 0.25 * (b - a)

    def mass(low: float, high: float) -> mp.mpf:
        return mp.quad(lambda t: mp.exp(-(t * t - mp.mpf(z) ** 2) / 2), mp.linspace(low, high, 33))

    with mp.workdps(30), np.errstate(all="ignore"):
        total, left, right = mass(a, b), mass(a, z), mass(z, b)
        shapes = np.array(a), np.array(b)
        family = TruncatedNormal()
        assert family.logpdf(np.array(z), *shapes) == pytest.approx(float(-mp.log(total)), rel=1e-12, abs=1e-12)
        assert family.cdf(np.array(z), *shapes) == pytest.approx(float(left / total), rel=1e-9)
        assert family.sf(np.array(z), *shapes) == pytest.approx(float(right / total), rel=1e-9)


def test_truncnorm_free_coordinates_always_give_an_interval_and_round_trip() -> None:
    family = TruncatedNormal()
    a, log_width = np.array([-40.0, 0.0, 3.0, 1e6]), np.array([2.0, -5.0, -300.0, -900.0])
    low, high = family.from_free(a, log_width)
    assert np.all(low < high)
    back = family.to_free(np.array([-2.0, 1.0]), np.array([0.5, 9.0]))
    assert np.allclose(family.from_free(*back), [[-2.0, 1.0], [0.5, 9.0]], rtol=1e-14)


@pytest.mark.parametrize("c", [0.05, 1.0, 1e3])
def test_powernorm_tails_follow_the_power_of_the_normal_tail(c: float) -> None:
    z = np.array([-35.0, 35.0])
    with mp.workdps(400), np.errstate(all="ignore"):
        expected = [
            float(mp.log(c) - mp.mpf(x) ** 2 / 2 - mp.log(2 * mp.pi) / 2 + (c - 1) * mp.log(upper(mp.mpf(x))))
            for x in z
        ]
        assert PowerNormal().logpdf(z, np.array(c)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("z", "c"), [(1e-12, 5.0), (1e-3, 5.0), (0.009, 0.05)])
def test_foldnorm_distribution_function_is_exact_near_the_fold(z: float, c: float) -> None:
    with mp.workdps(60):
        expected = float(upper(c - mp.mpf(z)) - upper(c + mp.mpf(z)))
    assert FoldedNormal().cdf(np.array(z), np.array(c)) == pytest.approx(expected, rel=1e-12)
