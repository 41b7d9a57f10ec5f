"""Wald intervals against closed forms, and where there are none."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.fitting.intervals.fits import AT_ZERO, fit

from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.summary import summarize_values

Z = 1.959963984540054


def log_interval(value: float, relative_error: float, z: float = Z) -> tuple[float, float]:
    return value * math.exp(-z * relative_error), value * math.exp(z * relative_error)


def test_of_a_normal_law_they_are_the_textbook_ones(rng: np.random.Generator) -> None:
    x = rng.normal(5.0, 2.0, 1000)
    mean, s, n = x.mean(), x.std(), len(x)
    found = fit(x, "norm").intervals()
    assert found["loc"] == pytest.approx((mean - Z * s / math.sqrt(n), mean + Z * s / math.sqrt(n)), rel=1e-5)
    assert found["scale"] == pytest.approx(log_interval(s, 1 / math.sqrt(2 * n)), rel=1e-4)


def test_of_quantiles_of_a_normal_law_they_are_those_of_the_delta_method(rng: np.random.Generator) -> None:
    x = rng.normal(5.0, 2.0, 1000)
    s, n, z = x.std(), len(x), 1.2815515655446004
    error = s * math.sqrt((1 + z * z / 2) / n)
    middle = x.mean() + z * s
    assert fit(x, "norm").quantile(0.9) == pytest.approx((middle - Z * error, middle + Z * error), rel=1e-5)


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.5])
def test_of_an_exponential_law_they_are_the_textbook_ones(alpha: float, rng: np.random.Generator) -> None:
    from scipy import stats

    x = rng.exponential(3.0, 400)
    expected = log_interval(fit(x, "expon", AT_ZERO).row.parameters[1], 1 / 20, float(stats.norm.isf(alpha / 2)))
    assert fit(x, "expon", AT_ZERO).intervals(alpha=alpha)["scale"] == pytest.approx(expected, rel=1e-3)


def test_of_poisson_counts_they_are_the_textbook_ones(rng: np.random.Generator) -> None:
    k = rng.poisson(4.0, 300).astype(float)
    mean = k.mean()
    assert fit(k, "poisson").intervals()["mu"] == pytest.approx(log_interval(mean, 1 / math.sqrt(300 * mean)), rel=1e-5)


def test_they_are_the_published_ones_of_the_shock_absorbers() -> None:
    """Meeker & Escobar 1998, Statistical Methods for Reliability Data, ch. 8: μ = ln scale, σ = 1/c, in print to 4 digits.

    μ 10.23 with standard error 0.1099, 95 % interval 10.01 to 10.45; σ 0.3164 with standard error 0.07317.
    """
    found = fit(shock_absorbers(), "weibull_min", AT_ZERO)
    c, _, scale = found.row.parameters
    c_error, _, scale_error = found.row.standard_errors
    assert math.log(scale) == pytest.approx(10.23, abs=5e-3)
    assert scale_error / scale == pytest.approx(0.1099, abs=5e-4)
    assert 1 / c == pytest.approx(0.3164, abs=5e-4)
    assert c_error / c**2 == pytest.approx(0.07317, abs=5e-5)
    low, high = found.intervals()["scale"]
    assert (math.log(low), math.log(high)) == pytest.approx((10.01, 10.45), abs=6e-3)


def shock_absorbers() -> object:
    """Kilometers to failure of 38 shock absorbers, 27 of them running when last seen (Meeker & Escobar 1998, table C.2)."""
    failed = [6700, 9120, 12200, 13150, 14300, 17520, 20100, 20900, 22700, 26510, 27490]
    running = [
        6950, 7820, 8790, 9660, 9820, 11310, 11690, 11850, 11880, 12140, 12870, 13330, 13470, 14040, 17540, 17890,
        18420, 18960, 18980, 19410, 20100, 20150, 20320, 23490, 27410, 27890, 28100,
    ]  # fmt: skip
    values = np.array(failed + running, dtype=np.float64)
    return summarize_values(values, censoring=np.repeat([0.0, 1.0], [len(failed), len(running)]))


def test_a_parameter_that_was_held_has_both_ends_at_its_value(rng: np.random.Generator) -> None:
    found = fit(rng.gamma(2.0, size=500), "gamma", {"loc": 0.0, "scale": 1.0}).intervals()
    assert found["loc"] == (0.0, 0.0)
    assert found["scale"] == (1.0, 1.0)
    assert found["a"][0] < 2.0 < found["a"][1]


def test_a_location_at_the_end_of_the_support_has_none_and_the_scale_that_of_a_known_location(
    rng: np.random.Generator,
) -> None:
    x = rng.exponential(3.0, 400) + 10.0
    free, held = fit(x, "expon"), fit(x, "expon", {"loc": x.min()})
    assert all(map(math.isnan, free.intervals()["loc"]))
    assert free.intervals()["scale"] == pytest.approx(held.intervals()["scale"], rel=1e-3)


def test_a_location_that_follows_the_scale_has_the_interval_of_the_scale(rng: np.random.Generator) -> None:
    found = fit(3 * (rng.pareto(4.0, 800)), "pareto", support_at_zero=True).intervals()
    assert found["loc"] == pytest.approx((-found["scale"][1], -found["scale"][0]))


def test_a_whole_number_has_none_and_is_named(rng: np.random.Generator) -> None:
    found = fit(rng.binomial(12, 0.3, 400).astype(float), "binom")
    assert all(map(math.isnan, found.intervals()["n"]))
    with pytest.raises(InvalidInput, match=r"ppf\(0.9\) of binom.*bootstrap"):
        found.quantile(0.9)


def test_where_there_are_none_at_all_the_error_names_them_and_another_method() -> None:
    found = fit(np.random.default_rng(3).uniform(size=200), "t")
    assert found.row.ending == "boundary"
    with pytest.raises(InvalidInput, match=r"df, loc, scale of t.*'profile' or 'bootstrap'"):
        found.intervals()
