"""levy_stable: its closed cases, Fourier's integral, SciPy, its tails, and columns that it was drawn from."""

from __future__ import annotations

import math
from collections.abc import Iterator

import mpmath as mp
import numpy as np
import pytest
from scipy import special, stats

from warmfit_fitting.distribution import Distribution
from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.families.stable import LevyStable
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import summarize_values

STABLE = LevyStable()
GRID = [(a, b) for a in (0.3, 0.7, 0.99, 1.01, 1.3, 1.7, 1.99) for b in (-0.9, 0.0, 0.4, 0.999)]


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with np.errstate(all="ignore"):
        yield


def tangent(alpha: float) -> float:
    """tan(πα/2), as exact next to 1 as the distance from 1 is; 0 at 1, where the bulk is at 0."""
    return 0.0 if alpha == 1.0 else 1.0 / math.tan(math.pi * (1.0 - alpha) / 2)


def logpdf(z: np.ndarray | float, alpha: float, beta: float) -> np.ndarray:
    return STABLE.logpdf(np.atleast_1d(z), np.array(alpha), np.array(beta))


def by_fourier(x: float, alpha: float, beta: float) -> float:
    """The inverse of the characteristic function at distance x from β tan(πα/2), where the bulk is."""
    t = mp.mpf(tangent(alpha)) if alpha != 1 else mp.mpf(0)

    def phase(u: mp.mpf) -> mp.mpf:
        turn = -2 / mp.pi * u * mp.log(u) if alpha == 1 else t * (u**alpha - u)
        return x * u - beta * turn

    end = mp.mpf(40) ** (1 / mp.mpf(alpha))
    panels = max(8, int((abs(x) + 2.0) * end / 3))
    value = mp.quad(
        lambda u: mp.exp(-(u**alpha)) * mp.cos(phase(u)), [mp.mpf(0), *mp.linspace(end / panels, end, panels)]
    )
    return float(mp.log(value / mp.pi))


LIGHT = [(6.0, -1.0, a) for a in (0.8, 0.97, 1.0, 1.03)]  # where less than a double is left of the integral
POINTS = [
    (x, b, a) for x in (-2.0, -0.3, 1.1, 6.0) for b in (-1.0, -0.6, 0.0, 0.95) for a in (0.8, 0.97, 1.0, 1.03, 1.5, 1.9)
]


@pytest.mark.parametrize(("x", "beta", "alpha"), [point for point in POINTS if point not in LIGHT])
def test_the_density_inverts_the_characteristic_function(x: float, alpha: float, beta: float) -> None:
    exact = by_fourier(x, alpha, beta)
    value = logpdf(x + beta * tangent(alpha), alpha, beta)[0]
    assert value == pytest.approx(exact, abs=1e-6 if exact > -14 else 1e-2)


@pytest.mark.parametrize(("alpha", "beta"), [(1.6, 0.4), (1.2, -0.8), (0.7, 0.5)])
def test_the_density_and_the_distribution_function_are_scipys(alpha: float, beta: float) -> None:
    z = np.array([-3.0, 0.4, 2.5]) + beta * tangent(alpha)
    assert stats.levy_stable.parameterization == "S1"
    assert logpdf(z, alpha, beta) == pytest.approx(stats.levy_stable.logpdf(z, alpha, beta), abs=1e-6)
    shapes = np.array(alpha), np.array(beta)
    assert STABLE.cdf(z, *shapes) == pytest.approx(stats.levy_stable.cdf(z, alpha, beta), abs=1e-6)


@pytest.mark.parametrize("z", [0.02, 0.3, 1.0, 40.0, 1e6])
def test_levys_law_is_the_case_of_one_half_and_one(z: float) -> None:
    assert logpdf(z, 0.5, 1.0) == pytest.approx(stats.levy.logpdf(z), abs=2e-6)
    assert STABLE.sf(np.array([z]), np.array(0.5), np.array(1.0)) == pytest.approx(stats.levy.sf(z), rel=1e-6)
    assert STABLE.cdf(np.array([-z]), np.array(0.5), np.array(-1.0)) == pytest.approx(stats.levy.sf(z), rel=1e-6)


@pytest.mark.parametrize("z", [-6.5, -1.0, 0.0, 1e-9, 0.2, 4.0])
def test_next_to_two_it_is_normal_with_variance_two(z: float) -> None:
    normal = stats.norm(scale=math.sqrt(2.0))
    assert logpdf(z, 2.0 - 1e-12, 0.3) == pytest.approx(normal.logpdf(z), abs=1e-6)
    assert STABLE.sf(np.array([z]), np.array(2.0 - 1e-12), np.array(0.3)) == pytest.approx(normal.sf(z), rel=1e-5)


@pytest.mark.parametrize("alpha", [1.0 - 1e-9, 1.0, 1.0 + 1e-9])
@pytest.mark.parametrize("z", [-1e5, -2.0, 0.0, 0.3, 50.0])
def test_at_one_without_skewness_it_is_cauchys(z: float, alpha: float) -> None:
    assert logpdf(z, alpha, 0.0) == pytest.approx(stats.cauchy.logpdf(z), abs=2e-6)
    assert STABLE.sf(np.array([z]), np.array(alpha), np.array(0.0)) == pytest.approx(stats.cauchy.sf(z), rel=2e-6)


@pytest.mark.parametrize("joint", [1.0 - 1e-7, 1.0, 1.0 + 1e-7])
def test_the_density_about_the_bulk_is_continuous_in_alpha_across_one(joint: float) -> None:
    x, beta = np.array([-1.5, 0.0, 2.0, 9.0]), 0.7
    values = [logpdf(x + beta * tangent(a), a, beta) for a in (joint - 3e-6, joint, joint + 3e-6)]
    assert values[0] == pytest.approx(values[1], abs=3e-5)
    assert values[1] == pytest.approx(values[2], abs=3e-5)


@pytest.mark.parametrize(("alpha", "beta"), GRID)
def test_both_tails_are_powers_with_the_mass_that_skewness_gives_them(alpha: float, beta: float) -> None:
    constant = math.gamma(alpha) * math.sin(math.pi * alpha / 2) / math.pi
    for sign in (1.0, -1.0):
        z = sign * np.array([1e40, 1e250])
        expected = math.log(alpha * constant * (1 + sign * beta)) - (1 + alpha) * np.log(np.abs(z))
        assert logpdf(z, alpha, beta) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("alpha", "beta"), [*GRID, (0.7, 1.0), (1.5, -1.0), (1.999999, 0.5)])
def test_the_density_is_finite_however_far_out(alpha: float, beta: float) -> None:
    z = np.concatenate([-np.logspace(-300, 300, 41), [0.0], np.logspace(-300, 300, 41)])
    assert np.isfinite(logpdf(z, alpha, beta)).all()


@pytest.mark.parametrize(("alpha", "beta"), GRID)
def test_the_density_integrates_to_one_and_to_the_distribution_function(alpha: float, beta: float) -> None:
    center, shapes = beta * tangent(alpha), (np.array(alpha), np.array(beta))
    x = center + np.sinh(np.linspace(-5.0, 5.0, 41))
    law = Distribution(STABLE, np.array([alpha, beta, 0.0, 1.0]), (-np.inf, np.inf), 1.0)
    assert law.mass(x) == pytest.approx(1.0, abs=2e-5)
    cdf, sf = STABLE.cdf(x, *shapes), STABLE.sf(x, *shapes)
    assert cdf + sf == pytest.approx(np.ones(41), abs=1e-7)
    steps = STABLE.cdf(x + 1e-4, *shapes) - STABLE.cdf(x - 1e-4, *shapes)
    smooth = np.abs(x) > 0.05
    assert steps[smooth] / 2e-4 == pytest.approx(np.exp(STABLE.logpdf(x, *shapes))[smooth], rel=1e-4, abs=1e-7)


def test_the_density_at_zero_is_the_closed_one() -> None:
    for alpha, beta in ((0.6, 0.5), (1.4, -0.7), (1.9, 0.9)):
        zeta = beta * math.tan(math.pi * alpha / 2)
        angle = math.atan(zeta) / alpha
        value = special.gamma(1 + 1 / alpha) * math.cos(angle) / (math.pi * (1 + zeta * zeta) ** (0.5 / alpha))
        assert logpdf(np.array([0.0, 1e-200]), alpha, beta) == pytest.approx(math.log(value), abs=1e-6)


def test_a_row_does_not_depend_on_the_rows_beside_it() -> None:
    alpha, beta = (np.array(v)[:, None] for v in ((0.6, 1.0, 1.00001, 1.5, 1.97), (0.3, 0.0, -0.8, 0.99, -0.2)))
    z = np.linspace(-8.0, 9.0, 48)
    together = STABLE.logpdf(z, alpha, beta)
    for i in range(5):
        assert np.array_equal(together[i], STABLE.logpdf(z, alpha[i : i + 1], beta[i : i + 1])[0])
        assert np.array_equal(together[i, ::7], STABLE.logpdf(z[::7], alpha[i], beta[i]))


@pytest.mark.parametrize(("alpha", "beta"), [(1.7, -0.6), (1.3, 0.95), (1.0, 0.0), (0.85, 0.3)])
def test_a_fit_to_a_simulated_column_is_at_least_as_likely_as_the_truth(alpha: float, beta: float) -> None:
    x = 3.0 + 2.0 * stats.levy_stable.rvs(alpha, beta, size=2_000, random_state=5)
    row = fit_family(prepare(summarize_values(x), FitSpec(("levy_stable",))), STABLE)
    truth = float((logpdf((x - 3.0) / 2.0, alpha, beta) - math.log(2.0)).sum())
    assert row.status == "ok"
    assert row.loglik > truth
    assert row.parameters[:2] == pytest.approx((alpha, beta), abs=0.15)
