"""Hard regions of the power laws, against mpmath."""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest

from warmfit_fitting.families.pareto import Alpha, GeneralizedPareto, Kappa3, LogUniform, TruncatedPareto


@pytest.mark.parametrize("c", [0.0, 1e-300, 1e-17, -1e-9, 1e-6, -0.5, 50.0])
@pytest.mark.parametrize("z", [1e-12, 0.3, 1.9])
def test_genpareto_is_exact_through_the_exponential_limit(c: float, z: float) -> None:
    with mp.workdps(350):
        y = mp.log(1 + mp.mpf(c) * z) / c if c else mp.mpf(z)
        expected, lower = float(-(1 + c) * y), float(-mp.expm1(-y))
    assert GeneralizedPareto().logpdf(np.array(z), np.array(c)) == pytest.approx(expected, rel=1e-13)
    assert GeneralizedPareto().cdf(np.array(z), np.array(c)) == pytest.approx(lower, rel=1e-13)


@pytest.mark.parametrize(("z", "b", "c"), [(1.0005, 3.0, 1.001), (1e4, -5.0, 1e5), (2.0, 1e-12, 1e4), (3.0, 0.0, 9.0)])
def test_truncpareto_is_exact_for_exponents_of_both_signs_and_none(z: float, b: float, c: float) -> None:
    family, shapes = TruncatedPareto(), (np.array(b), np.array(c))
    with mp.workdps(60):
        length = lambda x: (1 - mp.mpf(x) ** -b) / b if b else mp.log(x)  # noqa: E731
        expected = float(-(b + 1) * mp.log(z) - mp.log(length(c)))
        right = float((length(c) - length(z)) / length(c))
    assert family.logpdf(np.array(z), *shapes) == pytest.approx(expected, rel=1e-11)
    assert family.sf(np.array(z), *shapes) == pytest.approx(right, rel=1e-11)


def test_truncated_families_free_coordinates_always_give_an_interval_and_round_trip() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.normal(scale=200.0, size=(2, 500))
    _, c = TruncatedPareto().from_free(first, second)
    assert np.all((c > 1.0) & np.isfinite(c))
    a, b = LogUniform().from_free(first, second)
    assert np.all((a > 0.0) & (a < b) & np.isfinite(b))
    for family, shapes in (
        (TruncatedPareto(), (-2.0, 1.001)),
        (LogUniform(), (1e-10, 1e10)),
        (LogUniform(), (2.0, 2.001)),
    ):
        arrays = tuple(map(np.array, shapes))
        assert np.allclose(family.from_free(*family.to_free(*arrays)), shapes, rtol=1e-12)


@pytest.mark.parametrize(
    ("z", "a"), [(1e300, 50.0), (1e-300, 50.0), (1e300, 1e-3), (2.0, 1e-6), (0.3, 1e8), (1.001, 1e8)]
)
def test_kappa3_does_not_overflow_in_its_power(z: float, a: float) -> None:
    with mp.workdps(60):
        total = mp.mpf(a) + mp.mpf(z) ** a
        expected = float(mp.log(a) - (1 + 1 / mp.mpf(a)) * mp.log(total))
    assert Kappa3().logpdf(np.array(z), np.array(a)) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(("z", "a"), [(6e11, 0.3), (1e15, 3.0), (0.05, 30.0), (2.0, 0.5)])
def test_alpha_survival_does_not_cancel(z: float, a: float) -> None:
    with mp.workdps(300), np.errstate(all="ignore"):
        upper = lambda x: mp.erfc(x / mp.sqrt(2)) / 2  # noqa: E731
        expected = float((upper(a - 1 / mp.mpf(z)) - upper(mp.mpf(a))) / upper(-mp.mpf(a)))
        assert Alpha().sf(np.array(z), np.array(a)) == pytest.approx(expected, rel=1e-12)


def test_loguniform_distribution_function_is_exact_beside_its_end() -> None:
    a, z = 2.0, math.nextafter(2.0, 3.0)
    assert LogUniform().cdf(np.array(z), np.array(a), np.array(2e10)) == pytest.approx(
        (z - a) / a / math.log(1e10), rel=1e-12
    )
