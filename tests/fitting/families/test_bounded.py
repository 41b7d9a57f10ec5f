"""Families on a bounded interval: their ends, and the joint constraint of the trapezoid."""

from __future__ import annotations

from collections.abc import Iterator

import mpmath as mp
import numpy as np
import pytest

from warmfit_fitting.families.bounded import Argus, Cosine, Semicircular, Trapezoid


@pytest.fixture(autouse=True)
def exact_digits() -> Iterator[None]:
    with mp.workdps(50), np.errstate(all="ignore"):
        yield


@pytest.mark.parametrize("free", [(0.0, 0.0), (-900.0, 5.0), (900.0, -900.0), (3.0, 900.0), (-900.0, -900.0)])
def test_every_free_vector_gives_an_ordered_trapezoid(free: tuple[float, float]) -> None:
    c, d = Trapezoid().from_free(*map(np.array, free))
    assert 0.0 < c <= d < 1.0


def test_trapezoid_shapes_round_trip_and_a_missing_level_stays_finite() -> None:
    c, d = np.array([0.01, 0.3, 0.5]), np.array([0.02, 0.95, 0.5])
    free = Trapezoid().to_free(c, d)
    assert all(np.all(np.isfinite(v)) for v in free)
    again = Trapezoid().from_free(*free)
    assert again[0] == pytest.approx(c, rel=1e-12)
    assert again[1] == pytest.approx(d, rel=1e-12)


@pytest.mark.parametrize("gap", [1e-12, 1e-6, 0.1])
def test_cosine_and_semicircular_tails_keep_their_digits_next_to_the_ends(gap: float) -> None:
    z = np.nextafter(-np.pi + gap, 0.0)
    y = mp.mpf(np.pi) + mp.mpf(z)
    assert float(Cosine().cdf(np.array(z))) == pytest.approx(float((y - mp.sin(y)) / (2 * mp.pi)), rel=1e-12)
    z = 1.0 - gap
    half = mp.acos(mp.mpf(z))
    exact = (2 * half - mp.sin(2 * half)) / (2 * mp.pi)
    assert float(Semicircular().sf(np.array(z))) == pytest.approx(float(exact), rel=1e-12)


@pytest.mark.parametrize("chi", [1e-100, 1e-5, 0.3, 1.4, 1.5, 50.0])
def test_argus_density_is_right_for_small_and_large_chi(chi: float) -> None:
    c, x = mp.mpf(chi), mp.mpf("0.3")
    area = mp.gammainc(mp.mpf("1.5"), 0, c * c / 2) / mp.gamma(mp.mpf("1.5")) / 2
    if chi < 1e-3:
        area = c**3 / (3 * mp.sqrt(2 * mp.pi)) * (1 - mp.mpf("0.3") * c * c)
    exact = (
        3 * mp.log(c) - mp.log(2 * mp.pi) / 2 - mp.log(area) + mp.log(x * mp.sqrt(1 - x * x)) - c * c * (1 - x * x) / 2
    )
    assert float(Argus().logpdf(np.array(0.3), np.array(chi))) == pytest.approx(float(exact), rel=1e-12)


@pytest.mark.parametrize("chi", [0.3, 5.0, 50.0])
@pytest.mark.parametrize("z", [1e-6, 0.1, 0.69, 0.72, 0.99])
def test_argus_lower_tail_does_not_cancel(z: float, chi: float) -> None:
    half, x = mp.mpf(chi) ** 2 / 2, mp.mpf(z)
    power = mp.mpf("1.5")
    exact = mp.quad(lambda t: mp.sqrt(t) * mp.exp(-t), [half * (1 - x * x), half]) / mp.gammainc(power, 0, half)
    assert float(Argus().cdf(np.array(z), np.array(chi))) == pytest.approx(float(exact), rel=1e-10)
