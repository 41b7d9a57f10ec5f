"""Families of an angle: concentrated shapes, and the refusal of the periodic density."""

from __future__ import annotations

from collections.abc import Iterator

import mpmath as mp
import numpy as np
import pytest

from warmfit_fitting.families.circular import VonMises, VonMisesLine, WrapCauchy


@pytest.fixture(autouse=True)
def exact_digits() -> Iterator[None]:
    with mp.workdps(50), np.errstate(all="ignore"):
        yield


@pytest.mark.parametrize("kappa", [1e-8, 3.0, 1e6, 1e12])
def test_von_mises_does_not_cancel_near_its_mode(kappa: float) -> None:
    z = 2.0 / np.sqrt(kappa) if kappa > 1.0 else 2.0
    k = mp.mpf(kappa)
    log_bessel = mp.log(mp.besseli(0, k)) - k if kappa < 1e5 else mp.log((1 + 1 / (8 * k)) / mp.sqrt(2 * mp.pi * k))
    exact = k * (mp.cos(mp.mpf(z)) - 1) - mp.log(2 * mp.pi) - log_bessel
    assert float(VonMisesLine().logpdf(np.array(z), np.array(kappa))) == pytest.approx(float(exact), rel=1e-11)


@pytest.mark.parametrize("z", [1e-9, 3.0, 3.3, 6.28])
def test_wrapped_cauchy_keeps_its_digits_for_c_next_to_one(z: float) -> None:
    c, x = mp.mpf(1.0 - 1e-9), mp.mpf(z)
    exact = mp.log((1 - c * c) / (2 * mp.pi * (1 + c * c - 2 * c * mp.cos(x))))
    assert float(WrapCauchy().logpdf(np.array(z), np.array(1.0 - 1e-9))) == pytest.approx(float(exact), rel=1e-12)
    below = mp.atan((1 + c) / (1 - c) * mp.tan(x / 2)) / mp.pi
    below = below if z < np.pi else 1 + below
    assert float(WrapCauchy().cdf(np.array(z), np.array(1.0 - 1e-9))) == pytest.approx(float(below), rel=1e-12)


def test_only_the_periodic_von_mises_is_refused() -> None:
    assert VonMises().refusal
    assert not VonMisesLine().refusal
