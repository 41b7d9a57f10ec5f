"""Hard regions of the transformations of the normal, against mpmath."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest

from warmfit_fitting.families.lognormal import DoubleParetoLognormal, FatigueLife, JohnsonUnbounded


def mills(t: mp.mpf) -> mp.mpf:
    return mp.erfc(t / mp.sqrt(2)) * mp.exp(t * t / 2) * mp.sqrt(mp.pi / 2)


HARD = [
    (1e-5, 0.01, 2.0, 0.3),
    (1e300, 1e-3, 0.5, 3.0),
    (1e-300, 2.0, 50.0, 50.0),
    (1.2, 0.5, 1e3, 1e3),
    (5.0, 1.0, 50.0, 50.0),
]


@pytest.mark.parametrize(("z", "s", "a", "b"), HARD)
def test_dpareto_lognorm_is_exact_where_mills_ratio_overflows(z: float, s: float, a: float, b: float) -> None:
    with mp.workdps(400), np.errstate(all="ignore"):
        y = mp.log(z) / mp.mpf(s)
        phi = mp.exp(-y * y / 2) / mp.sqrt(2 * mp.pi)
        right, left = mills(mp.mpf(a) * s - y), mills(mp.mpf(b) * s + y)
        expected = mp.log(mp.mpf(a) * b / (mp.mpf(a) + b) * phi * (right + left) / z)
        logpdf = DoubleParetoLognormal().logpdf(np.array(z), *map(np.array, (0.0, s, a, b)))
    assert logpdf == pytest.approx(float(expected), rel=1e-12)


@pytest.mark.parametrize(("z", "s", "a", "b"), [(1e39, 0.05, 0.3, 0.3), (1e-8, 0.2, 3.0, 3.0), (30.0, 0.1, 50.0, 3.0)])
def test_dpareto_lognorm_tail_probabilities_do_not_cancel(z: float, s: float, a: float, b: float) -> None:
    with mp.workdps(400), np.errstate(all="ignore"):
        y = mp.log(z) / mp.mpf(s)
        phi = mp.exp(-y * y / 2) / mp.sqrt(2 * mp.pi)
        spread = phi * (b * mills(mp.mpf(a) * s - y) - a * mills(mp.mpf(b) * s + y)) / (mp.mpf(a) + b)
        upper = phi * mills(y) + spread
        family, shapes = DoubleParetoLognormal(), tuple(map(np.array, (0.0, s, a, b)))
        assert family.sf(np.array(z), *shapes) == pytest.approx(float(upper), rel=1e-12)
        assert family.cdf(np.array(z), *shapes) == pytest.approx(float(1 - upper), rel=1e-12)


def test_the_log_densities_are_finite_at_both_ends_of_the_range_of_floats() -> None:
    z = np.array([1e-300, 1e300])
    assert np.all(np.isfinite(JohnsonUnbounded().logpdf(np.array([-1e300, 1e300]), np.array(1.0), np.array(0.5))))
    expected = np.log1p(z) - 1.5 * np.log(z) - 0.5 - np.log(2e150 * np.sqrt(2.0 * np.pi))
    assert FatigueLife().logpdf(z, np.array(1e150)) == pytest.approx(expected, rel=1e-12)
