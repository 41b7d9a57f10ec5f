"""Intervals of discrete families: of real shapes as of any parameter, of quantiles as whole numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import optimize, stats
from tests.fitting.intervals.fits import fit

METHODS = ["wald", "profile"]


@pytest.mark.parametrize("method", METHODS)
def test_quantiles_of_poisson_counts_are_those_at_the_ends_of_the_mean(method: str) -> None:
    """The quantile increases with the mean, the only parameter, so that one interval is the image of the other."""
    k = np.random.default_rng(4).poisson(250.0, 40).astype(float)
    best = fit(k, "poisson")
    low, high = best.intervals(method)["mu"]
    for p in (0.1, 0.5, 0.99):
        image = stats.poisson.ppf(p, low), stats.poisson.ppf(p, high)
        slack = 0.0 if method == "profile" else 1.0  # the delta method takes the log-odds, not the log, as a line
        assert best.quantile(p, method) == pytest.approx(image, abs=slack)


def test_profiles_of_two_shapes_are_those_of_direct_root_finding() -> None:
    k = np.random.default_rng(4).negative_binomial(3, 0.3, 300)
    best = fit(k.astype(float), "nbinom")
    n, p, _ = best.row.parameters
    top = stats.nbinom.logpmf(k, n, p).sum()

    def drop(value: float) -> float:
        inner = optimize.minimize_scalar(
            lambda q: -stats.nbinom.logpmf(k, value, q).sum(), bounds=(0.01, 0.99), options={"xatol": 1e-12}
        )
        return 2 * (top + inner.fun) - stats.chi2.ppf(0.95, 1)

    ends = optimize.brentq(drop, 1.0, n), optimize.brentq(drop, n, 9.0)
    assert best.intervals("profile")["n"] == pytest.approx(ends, rel=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_ends_of_quantiles_of_two_shapes_are_whole_numbers_about_the_quantile(method: str) -> None:
    k = np.random.default_rng(4).negative_binomial(3, 0.02, 300).astype(float)
    best = fit(k, "nbinom")
    low, high = best.quantile(0.9, method)
    middle = stats.nbinom.ppf(0.9, *best.row.parameters)
    assert low == round(low) < middle < high == round(high)
    narrow = best.quantile(0.9, method, alpha=0.5)
    assert low <= narrow[0] <= middle <= narrow[1] <= high


def test_a_location_that_is_given_is_held() -> None:
    k = np.random.default_rng(4).poisson(4.0, 300).astype(float) + 7
    best = fit(k, "poisson", {"loc": 7.0})
    assert best.intervals()["loc"] == (7.0, 7.0)
    assert best.quantile(0.5, "profile") == (stats.poisson.ppf(0.5, 4) + 7,) * 2


def test_a_shape_that_is_held_narrows_the_others() -> None:
    k = np.random.default_rng(4).negative_binomial(3, 0.3, 300).astype(float)
    held, free = fit(k, "nbinom", {"n": 3.0}).intervals(), fit(k, "nbinom").intervals()
    assert held["n"] == (3.0, 3.0)
    assert held["p"][1] - held["p"][0] < free["p"][1] - free["p"][0]


def test_a_real_shape_beside_a_whole_number_is_profiled_over_it() -> None:
    """With n free, p has a wider interval than with n held at its estimate."""
    k = np.random.default_rng(0).binomial(12, 0.3, 300).astype(float)
    best = fit(k, "binom")
    held = fit(k, "binom", {"n": best.row.parameters[0]}).intervals("profile")["p"]
    free = best.intervals("profile")["p"]
    assert free[0] < held[0] < held[1] < free[1]
    assert not any(map(math.isnan, free))
