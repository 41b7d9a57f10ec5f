"""Hard regions of the exponential group, against mpmath."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest

from warmfit_fitting.families.exponential import GeneralizedExponential, GeneralizedNormal, TruncatedExponential


@pytest.mark.parametrize(("z", "c"), [(0.7, 1e-9), (3.0, 1e-5), (1.0, 0.0199), (1.0, 0.0201)])
def test_genexpon_keeps_its_digits_as_the_hazard_becomes_linear(z: float, c: float) -> None:
    a, b = 0.5, 2.0 / c
    with mp.workdps(60):
        rise = -mp.expm1(-mp.mpf(c) * z)
        hazard = a * mp.mpf(z) + b * mp.mpf(z) - mp.mpf(b) / c * rise
        expected = float(mp.log(a + b * rise) - hazard)
        tail = float(mp.exp(-hazard))
    shapes = np.array(a), np.array(b), np.array(c)
    assert GeneralizedExponential().logpdf(np.array(z), *shapes) == pytest.approx(expected, rel=1e-12)
    assert GeneralizedExponential().sf(np.array(z), *shapes) == pytest.approx(tail, rel=1e-11)


def test_truncexpon_survival_is_exact_up_to_its_end() -> None:
    b = 0.05
    z = np.nextafter(b, 0.0)
    with mp.workdps(60):
        expected = float((mp.exp(-mp.mpf(z)) - mp.exp(-mp.mpf(b))) / -mp.expm1(-mp.mpf(b)))
    assert TruncatedExponential().sf(z, np.array(b)) == pytest.approx(expected, rel=1e-12)


def test_gennorm_nears_the_uniform_without_losing_its_constant() -> None:
    assert GeneralizedNormal().logpdf(np.array(0.3), np.array(1e12)) == pytest.approx(-np.log(2.0), rel=1e-11)
