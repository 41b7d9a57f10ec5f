"""A distribution conditioned on a window, against closed forms and SciPy's own truncated families."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats

from warmfit_fitting.errors import FitFailed, InvalidInput
from warmfit_fitting.truncated import Truncated

WINDOWS = [
    (stats.norm(1, 2), 0.0, 3.0),
    (stats.norm(1, 2), 5.0, math.inf),
    (stats.norm(1, 2), -math.inf, -5.0),
    (stats.gamma(2.5, 0, 1.5), 1.0, 4.0),
    (stats.gamma(2.5, 0, 1.5), -3.0, 4.0),
    (stats.t(2.5), 0.0, math.inf),
    (stats.beta(0.5, 0.5), 0.2, 0.9),
    (stats.uniform(0, 10), 2.0, 5.0),
]


@pytest.mark.parametrize(("base", "low", "high"), WINDOWS)
def test_the_density_integrates_to_one_and_is_the_derivative_of_the_cdf(base: Any, low: float, high: float) -> None:
    truncated = Truncated(base, low, high)
    x = truncated.ppf(np.linspace(0.05, 0.95, 7))
    steps = [integrate.quad(truncated.pdf, a, b)[0] for a, b in pairwise(x)]
    assert steps == pytest.approx([0.15] * 6, rel=1e-7)
    assert truncated.cdf(x) == pytest.approx(np.linspace(0.05, 0.95, 7), rel=1e-9)
    assert truncated.cdf(x) + truncated.sf(x) == pytest.approx(np.ones(7), rel=1e-12)
    assert np.exp(truncated.logpdf(x)) == pytest.approx(truncated.pdf(x), rel=1e-10)


@pytest.mark.parametrize(("base", "low", "high"), WINDOWS)
def test_there_is_nothing_outside_the_window(base: Any, low: float, high: float) -> None:
    truncated = Truncated(base, low, high)
    start, end = truncated.support()
    outside = np.array([start - 1, end + 1])
    assert truncated.pdf(outside).tolist() == [0, 0]
    assert truncated.logpdf(outside).tolist() == [-math.inf, -math.inf]
    assert truncated.cdf(outside).tolist() == [0, 1]
    assert truncated.sf(outside).tolist() == [1, 0]
    draws = truncated.rvs(500, random_state=1)
    assert start <= draws.min()
    assert draws.max() <= end


@pytest.mark.parametrize(("low", "high"), [(-1.0, 2.0), (0.5, math.inf), (3.0, 4.0), (8.0, 9.0), (-9.0, -8.0)])
def test_a_truncated_normal_is_scipys(low: float, high: float) -> None:
    ours, theirs = Truncated(stats.norm(), low, high), stats.truncnorm(low, high)
    q = np.array([0.001, 0.3, 0.5, 0.99])
    x = theirs.ppf(q)
    assert ours.ppf(q) == pytest.approx(x, rel=1e-9)
    assert ours.isf(q) == pytest.approx(theirs.isf(q), rel=1e-9)
    assert ours.logpdf(x) == pytest.approx(theirs.logpdf(x), rel=1e-9)
    assert ours.mean() == pytest.approx(theirs.mean(), rel=1e-9)
    assert ours.std() == pytest.approx(theirs.std(), rel=1e-6)
    assert ours.interval(0.8) == pytest.approx(theirs.interval(0.8), rel=1e-9)
    assert ours.median() == pytest.approx(theirs.median(), rel=1e-9)


def test_an_exponential_above_a_bound_is_the_exponential_moved_there() -> None:
    truncated = Truncated(stats.expon(0, 2), 30.0, math.inf)
    assert truncated.mean() == pytest.approx(32, rel=1e-9)
    assert truncated.var() == pytest.approx(4, rel=1e-7)
    assert truncated.ppf([0.1, 0.9]) == pytest.approx(30 + stats.expon(0, 2).ppf([0.1, 0.9]), rel=1e-9)


def test_moments_are_infinite_exactly_where_the_tail_that_is_left_makes_them_so() -> None:
    assert Truncated(stats.cauchy(), 0.0, math.inf).mean() == math.inf
    assert Truncated(stats.cauchy(), -math.inf, 0.0).mean() == -math.inf
    assert math.isnan(Truncated(stats.cauchy(), 0.0, math.inf).std())
    assert Truncated(stats.pareto(1.5), 2.0, math.inf).mean() == pytest.approx(6, rel=1e-6)
    assert Truncated(stats.pareto(1.5), 2.0, math.inf).var() == math.inf
    half = Truncated(stats.levy(), -math.inf, 1.0)
    assert half.mean() == pytest.approx(
        integrate.quad(lambda x: x * stats.levy.pdf(x), 0, 1)[0] / stats.levy.cdf(1), rel=1e-8
    )
    bounded = Truncated(stats.cauchy(), 0.0, 1.0)
    assert bounded.mean() == pytest.approx(math.log(2) / math.pi / 0.5, rel=1e-9)


def test_moments_do_not_depend_on_the_unit() -> None:
    small, large = (Truncated(stats.norm(0, s), s, math.inf) for s in (1e-9, 1e9))
    assert large.mean() / 1e9 == pytest.approx(small.mean() / 1e-9, rel=1e-9)
    assert large.std() / 1e9 == pytest.approx(small.std() / 1e-9, rel=1e-7)


def test_probabilities_outside_zero_and_one_have_no_quantile() -> None:
    truncated = Truncated(stats.norm(), 0, 1)
    assert np.isnan(truncated.ppf([-0.1, 1.1, math.nan])).all()
    assert truncated.ppf([0.0, 1.0]).tolist() == [0.0, 1.0]
    assert math.isnan(truncated.pdf(math.nan))


def test_the_same_seed_draws_the_same_numbers() -> None:
    truncated = Truncated(stats.norm(), 0, 1)
    assert truncated.rvs(5, 3).tolist() == truncated.rvs(5, np.random.default_rng(3)).tolist()
    assert truncated.rvs(5, 3).tolist() != truncated.rvs(5, 4).tolist()


def test_a_window_beyond_the_support_or_without_mass_is_refused() -> None:
    with pytest.raises(InvalidInput, match="does not meet the support"):
        Truncated(stats.expon(), -2, -1)
    with pytest.raises(FitFailed, match="no mass"):
        Truncated(stats.norm(), 50, 51)
