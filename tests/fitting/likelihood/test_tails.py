"""Logs of probabilities of intervals far out and of narrow ones, against mpmath."""

from __future__ import annotations

import math
from collections.abc import Callable

import mpmath
import numpy as np
import pytest

from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.likelihood.tails import log_mass

mpmath.mp.dps = 60
Ends = tuple[float, float]
WINDOWS: tuple[Ends, ...] = ((30.0, math.inf), (30.0, 31.0), (60.0, 61.0), (45.0, math.inf), (2.0, 2.0 + 1e-12))


def upper_norm(z: float) -> mpmath.mpf:
    return mpmath.erfc(mpmath.mpf(z) / mpmath.sqrt(2)) / 2


def upper_lognorm(z: float, s: float) -> mpmath.mpf:
    return mpmath.erfc(mpmath.log(mpmath.mpf(z)) / (s * mpmath.sqrt(2))) / 2


def upper_gamma(z: float, a: float) -> mpmath.mpf:
    return mpmath.gammainc(a, mpmath.mpf(z), mpmath.inf, regularized=True)


def upper_weibull(z: float, c: float) -> mpmath.mpf:
    return mpmath.exp(-(mpmath.mpf(z) ** c))


CASES: tuple[tuple[str, tuple[float, ...], Callable[..., mpmath.mpf]], ...] = (
    ("norm", (), upper_norm),
    ("lognorm", (0.125,), upper_lognorm),
    ("gamma", (2.5,), upper_gamma),
    ("weibull_min", (1.7,), upper_weibull),
    ("weibull_min", (0.5,), upper_weibull),
)


def found(name: str, shapes: tuple[float, ...], low: float, high: float) -> float:
    columns = tuple(np.array([[v]]) for v in shapes)
    with np.errstate(all="ignore"):
        return float(log_mass(CATALOGUE[name], columns, np.array([[low]]), np.array([[high]]))[0, 0])


@pytest.mark.parametrize(("name", "shapes", "upper"), CASES)
@pytest.mark.parametrize("window", WINDOWS)
def test_the_log_of_a_window_in_the_upper_tail_is_that_of_many_digits(
    name: str, shapes: tuple[float, ...], upper: Callable[..., mpmath.mpf], window: Ends
) -> None:
    low, high = window
    beyond = mpmath.mpf(0) if high == math.inf else upper(high, *shapes)
    exact = float(mpmath.log(upper(low, *shapes) - beyond))
    assert found(name, shapes, low, high) == pytest.approx(exact, rel=1e-8)


@pytest.mark.parametrize("window", [(-math.inf, -30.0), (-31.0, -30.0), (-60.0, -45.0)])
def test_so_is_that_of_one_in_the_lower_tail(window: Ends) -> None:
    low, high = window
    exact = float(mpmath.log(upper_norm(-high) - (upper_norm(-low) if low > -math.inf else 0)))
    assert found("norm", (), low, high) == pytest.approx(exact, rel=1e-8)


@pytest.mark.parametrize(("low", "high"), [(0.0, 1e-200), (1e-300, 1e-150), (0.0, math.inf), (1.0, 2.0)])
def test_near_the_end_of_a_support_it_is_too(low: float, high: float) -> None:
    a = 2.5
    beyond = mpmath.mpf(1) if high == math.inf else mpmath.gammainc(a, 0, mpmath.mpf(high), regularized=True)
    exact = float(mpmath.log(beyond - mpmath.gammainc(a, 0, mpmath.mpf(low), regularized=True)))
    assert found("gamma", (a,), low, high) == pytest.approx(exact, rel=1e-8, abs=1e-12)


def test_an_interval_outside_the_support_has_no_probability() -> None:
    assert found("gamma", (2.0,), -3.0, -1.0) == -math.inf
    assert found("beta", (2.0, 3.0), 1.5, math.inf) == -math.inf


@pytest.mark.parametrize("name", ["rice", "norminvgauss", "vonmises_line"])
def test_families_without_a_closed_distribution_function_have_theirs_too(name: str) -> None:
    family = CATALOGUE[name]
    shapes = {"rice": (1.5,), "norminvgauss": (1.0, 0.5), "vonmises_line": (2.0,)}[name]
    columns = tuple(np.array([v]) for v in shapes)
    for low, high in ((0.5, 1.5), (0.3, 0.3 + 1e-12), (35.0, 36.0)):
        if name == "vonmises_line" and high > 4:
            continue
        x, w = np.polynomial.legendre.leggauss(400)
        middle, half = (low + high) / 2, (high - low) / 2
        z = middle + half * x
        log_f = np.asarray(family.logpdf(z, *columns))
        exact = float(np.log(w @ np.exp(log_f - log_f.max())) + log_f.max() + math.log(half))
        assert found(name, shapes, low, high) == pytest.approx(exact, rel=1e-6, abs=1e-6)
