"""Profile-likelihood intervals against direct root finding on the raw likelihood, and against published ones."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import optimize, stats
from tests.fitting.intervals.fits import AT_ZERO, Fit, fit
from tests.fitting.intervals.test_wald import shock_absorbers

from warmfit_fitting.errors import FitFailed, InvalidInput
from warmfit_fitting.intervals import confidence
from warmfit_fitting.summary import summarize_values

CHI2 = 3.841458820694124  # the 95 % quantile of χ²₁

# Annual maxima of the sea level at Port Pirie, 1923 to 1987, in meters (Coles 2001, An Introduction to Statistical Modeling
# of Extreme Values, example 1.1).
PORT_PIRIE = [
    4.03, 3.83, 3.65, 3.88, 4.01, 4.08, 4.18, 3.80, 4.36, 3.96, 3.98, 4.69, 3.85, 3.96, 3.85, 3.93, 3.75, 3.63, 3.57, 4.25,
    3.97, 4.05, 4.24, 4.22, 3.73, 4.37, 4.06, 3.71, 3.96, 4.06, 4.55, 3.79, 3.89, 4.11, 3.85, 3.86, 3.86, 4.21, 4.01, 4.11,
    4.24, 3.96, 4.21, 3.74, 3.85, 3.88, 3.66, 4.11, 3.71, 4.18, 3.90, 3.78, 3.91, 3.72, 4.00, 3.66, 3.62, 4.33, 4.55, 3.75,
    4.08, 3.90, 3.88, 3.94, 4.33,
]  # fmt: skip


def ends(drop: Callable[[float], float], estimate: float, reach: float) -> tuple[float, float]:
    """Where a drop crosses the quantile of χ² on both sides of the estimate."""
    low, high = (
        optimize.brentq(lambda v: drop(v) - CHI2, estimate, estimate + side * reach, xtol=1e-12) for side in (-1, 1)
    )
    return float(low), float(high)


def test_of_a_normal_law_they_are_those_of_the_closed_profile(rng: np.random.Generator) -> None:
    x = rng.normal(5.0, 2.0, 200)
    mean, s, n = x.mean(), x.std(), len(x)
    found = fit(x, "norm").intervals("profile")
    half = s * math.sqrt(math.expm1(CHI2 / n))
    assert found["loc"] == pytest.approx((mean - half, mean + half), rel=1e-6)
    drop = lambda v: n * (2 * math.log(v / s) + (s / v) ** 2 - 1)  # noqa: E731 - 2 (l_max − l) of the scale
    assert found["scale"] == pytest.approx(ends(drop, s, s / 2), rel=1e-6)


def test_of_poisson_counts_they_are_those_of_the_closed_profile(rng: np.random.Generator) -> None:
    k = rng.poisson(4.0, 300).astype(float)
    mean = k.mean()
    drop = lambda v: 600 * (v - mean - mean * math.log(v / mean))  # noqa: E731
    assert fit(k, "poisson").intervals("profile")["mu"] == pytest.approx(ends(drop, mean, 1.0), rel=1e-6)


def test_of_a_logistic_law_they_are_those_of_direct_root_finding(rng: np.random.Generator) -> None:
    x = rng.logistic(1.0, 2.0, 150)
    best = fit(x, "logistic")
    loc, scale = best.row.parameters

    def loglik(loc: float, scale: float) -> float:
        return float(stats.logistic.logpdf(x, loc, scale).sum())

    def drop_of_loc(value: float) -> float:
        top = optimize.minimize_scalar(lambda t: -loglik(value, math.exp(t)), bounds=(-2, 3), options={"xatol": 1e-10})
        return 2 * (loglik(loc, scale) + top.fun)

    def drop_of_quantile(value: float) -> float:
        z = stats.logistic.ppf(0.9)
        top = optimize.minimize_scalar(
            lambda t: -loglik(value - z * math.exp(t), math.exp(t)), bounds=(-2, 3), options={"xatol": 1e-10}
        )
        return 2 * (loglik(loc, scale) + top.fun)

    assert best.intervals("profile")["loc"] == pytest.approx(ends(drop_of_loc, loc, 2.0), rel=1e-5)
    middle = loc + scale * stats.logistic.ppf(0.9)
    assert best.quantile(0.9, "profile") == pytest.approx(ends(drop_of_quantile, middle, 3.0), rel=1e-5)


def test_of_a_censored_weibull_law_they_are_those_of_direct_root_finding(rng: np.random.Generator) -> None:
    x, c = 2 * rng.weibull(1.5, 800), 2.5
    seen, censored = x[x < c], int((x >= c).sum())
    best = fit(summarize_values(np.minimum(x, c), censoring=(x >= c).astype(float)), "weibull_min", AT_ZERO)

    def loglik(shape: float, scale: float) -> float:
        law = stats.weibull_min(shape, scale=scale)
        return float(law.logpdf(seen).sum() + censored * law.logsf(c))

    shape, _, scale = best.row.parameters

    def drop_of_quantile(value: float) -> float:
        def lost(t: float) -> float:
            return -loglik(math.exp(t), value / stats.weibull_min.ppf(0.99, math.exp(t)))

        return 2 * (loglik(shape, scale) + optimize.minimize_scalar(lost, bounds=(0, 1), options={"xatol": 1e-10}).fun)

    middle = scale * stats.weibull_min.ppf(0.99, shape)
    assert best.quantile(0.99, "profile") == pytest.approx(ends(drop_of_quantile, middle, 1.5), rel=1e-3)


def test_they_are_the_published_ones_of_the_sea_level_at_port_pirie() -> None:
    """Coles 2001, sec. 3.4.1, read off plots there; standard errors as `gev.fit` of ismev 1.42 prints them."""
    best = fit(PORT_PIRIE, "genextreme")
    assert best.row.loglik == pytest.approx(4.339058, abs=1e-5)
    assert best.row.parameters == pytest.approx((0.05009, 3.87475, 0.19804), abs=3e-5)
    assert best.row.standard_errors == pytest.approx((0.09826, 0.02793, 0.02025), abs=3e-5)
    low, high = best.intervals()["c"]
    assert (-high, -low) == pytest.approx((-0.242, 0.142), abs=1e-3)
    assert best.quantile(0.9) == pytest.approx((4.19, 4.41), abs=0.01)
    assert best.quantile(0.99) == pytest.approx((4.38, 5.00), abs=0.01)
    assert best.quantile(0.99, "profile") == pytest.approx((4.50, 5.27), abs=0.015)


def test_they_are_the_published_one_of_the_shock_absorbers() -> None:
    """Meeker & Escobar 1998, ch. 8: the likelihood interval of μ = ln scale is 10.06 to 10.54."""
    low, high = fit(shock_absorbers(), "weibull_min", AT_ZERO).intervals("profile")["scale"]
    assert (math.log(low), math.log(high)) == pytest.approx((10.06, 10.54), abs=6e-3)


@pytest.mark.parametrize("name", ["gamma", "invgauss", "t", "genextreme", "johnsonsu", "nct"])
def test_the_drop_at_the_ends_of_a_quantile_is_that_of_an_independent_search(
    name: str, rng: np.random.Generator
) -> None:
    """The likelihood at each end, maximized along the constraint by a general optimizer, is as far below."""
    laws = {"invgauss": stats.invgauss(0.7), "genextreme": stats.genextreme(-0.1), "nct": stats.nct(6, 1.0)}
    laws |= {"gamma": stats.gamma(3.0), "t": stats.t(5), "johnsonsu": stats.johnsonsu(0.5, 1.5)}
    x = laws[name].rvs(250, random_state=rng)
    best = fit(x, name)
    dist, theta = getattr(stats, name), np.array(best.row.parameters)
    top = dist.logpdf(x, *theta).sum()
    for end in best.quantile(0.9, "profile"):
        assert -drop_below(dist, x, theta, end) + top == pytest.approx(CHI2 / 2, abs=0.02)


def drop_below(dist: stats.rv_continuous, x: np.ndarray, theta: np.ndarray, end: float) -> float:
    """The greatest log-likelihood of parameters whose 90 % quantile is `end`, location taken from the others."""

    def lost(free: np.ndarray) -> float:
        shapes, scale = free[:-1], math.exp(free[-1])
        if not dist._argcheck(*shapes):
            return 1e10
        loc = end - scale * dist.ppf(0.9, *shapes)
        value = -dist.logpdf(x, *shapes, loc, scale).sum()
        return value if math.isfinite(value) else 1e10

    scale = (end - theta[-2]) / dist.ppf(0.9, *theta[:-2])  # with which the location stays where it was
    start = np.append(theta[:-2], math.log(scale))
    options = {"xatol": 1e-7, "fatol": 1e-7, "maxiter": 4000, "maxfev": 4000}
    found = optimize.minimize(lost, start, method="Nelder-Mead", options=options)
    return -float(optimize.minimize(lost, found.x, method="Nelder-Mead", options=options).fun)


def test_an_end_that_the_profile_never_reaches_is_that_of_the_domain() -> None:
    found = fit(np.random.default_rng(3).uniform(size=200), "t").intervals("profile")
    assert 3 < found["df"][0] < 200
    assert found["df"][1] == math.inf


def test_a_location_at_the_end_of_the_support_has_an_edge_on_one_side(rng: np.random.Generator) -> None:
    """Of an exponential law the profile is known: 2 n ln((x̄ − a)/(x̄ − min))."""
    x = rng.exponential(3.0, 400) + 10.0
    low, high = fit(x, "expon").intervals("profile")["loc"]
    assert high == pytest.approx(x.min(), rel=1e-9)
    assert low == pytest.approx(x.mean() - (x.mean() - x.min()) * math.exp(CHI2 / 800), rel=1e-6)


def test_whole_numbers_have_whole_ends_and_none_above_where_the_limit_is_a_poisson_law() -> None:
    found = fit(np.random.default_rng(1).binomial(12, 0.5, 400).astype(float), "binom").intervals("profile")
    assert found["n"][0] == round(found["n"][0]) <= 12 <= found["n"][1] == round(found["n"][1])
    k = np.random.default_rng(3).negative_binomial(6, 0.6, 100).astype(float)
    assert fit(k, "binom").intervals("profile")["n"][1] == math.inf


def test_a_whole_number_at_an_end_is_not_rejected_and_the_next_one_is() -> None:
    k = np.random.default_rng(1).binomial(12, 0.5, 400)
    best = fit(k.astype(float), "binom")
    low, high = best.intervals("profile")["n"]

    def top(n: float) -> float:
        return float(stats.binom.logpmf(k, n, k.mean() / n).sum())

    highest = max(map(top, range(k.max(), 60)))
    rejected = [2 * (highest - top(n)) > CHI2 for n in (low - 1, low, high, high + 1)]
    assert rejected == [True, False, False, True]


def test_a_search_that_is_stopped_passes_the_callers_exception_on(rng: np.random.Generator) -> None:
    class Gone(Exception):
        pass

    def ask() -> None:
        raise Gone

    with pytest.raises(Gone):
        fit(rng.gamma(2.0, size=200), "gamma").intervals("profile", ask=ask)


def test_a_profile_that_uses_its_evaluations_up_says_so(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confidence, "EVALUATIONS", 50)
    with pytest.raises(FitFailed, match="within 50 evaluations"):
        fit(rng.gamma(2.0, size=200), "gamma").intervals("profile")


def test_estimates_of_another_method_are_refused(rng: np.random.Generator) -> None:
    from dataclasses import replace

    best = fit(rng.gamma(2.0, size=200), "gamma")
    other = Fit(best.problem, best.family, replace(best.row, method="mme"))
    for method in ("wald", "profile"):
        with pytest.raises(InvalidInput, match="these are by 'mme': use method='bootstrap'"):
            other.intervals(method)
