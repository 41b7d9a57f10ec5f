from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import InvalidInput, UnknownDistribution
from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.fitted import fitted
from warmfit_fitting.sampling import draw
from warmfit_fitting.sampling.counter import uniforms
from warmfit_fitting.sampling.pieces import TOLERANCE

SIZE = 3_000


def _parameters(name: str) -> tuple[float, ...]:
    """Shapes of the middle of SciPy's own table of test cases, at loc 0.5 and scale 2."""
    from scipy.stats._distr_params import distcont

    shapes = dict(distcont).get(name, ())
    return (*map(float, shapes), 0.5, 2.0)


# One family of each way to a quantile: closed, SciPy's confirmed by ours, a table; kinks, singular and finite ends.
FAMILIES = (
    "norm", "expon", "gamma", "beta", "t", "laplace", "dgamma", "triang", "weibull_min", "uniform", "cauchy", "skewnorm",
    "genextreme", "norminvgauss", "vonmises_line", "powerlaw", "johnsonsu", "arcsine", "lomax", "trapezoid",
)  # fmt: skip


@pytest.mark.parametrize("name", FAMILIES)
def test_draws_are_quantiles_of_counted_uniform_numbers_to_the_stated_tolerance(name: str) -> None:
    distribution = fitted(name, _parameters(name))
    u = uniforms(SIZE, 5)
    drawn, exact = draw(distribution, SIZE, 5), np.asarray(distribution.ppf(u))
    beside = [np.asarray(distribution.ppf(u + sign * 5 * TOLERANCE * np.minimum(u, 1 - u))) for sign in (-1, 1)]
    roundings = 64 * np.spacing(np.abs(exact) + 1.0)
    assert np.all((drawn >= beside[0] - roundings) & (drawn <= beside[1] + roundings))


@pytest.mark.parametrize("cut", [1, 2, 3, 4, 5, 777, 1 << 14])
@pytest.mark.parametrize("name", ["gamma", "dgamma", "poisson"])
def test_a_sample_is_the_same_however_it_is_split(name: str, cut: int) -> None:
    parameters = (3.5, 0.0) if name == "poisson" else (1.5, 0.0, 2.0)
    whole = draw(fitted(name, parameters), 20_000, 9)
    parts = [draw(fitted(name, parameters), *part) for part in ((20_000 - cut, 9, cut), (cut, 9, 0))]
    np.testing.assert_array_equal(np.concatenate(parts[::-1]), whole)


def test_tails_are_drawn_as_far_out_as_uniform_numbers_reach() -> None:
    ends = fitted("norm", (0.0, 1.0)).inverse.slowly(np.array([0, 2**64 - 1], dtype=np.uint64))
    np.testing.assert_allclose(ends, [stats.norm.ppf(2.0**-54), -stats.norm.ppf(2.0**-54)], rtol=1e-12)


def test_draws_follow_the_distribution_and_its_window() -> None:
    x = draw(fitted("gamma", (2.0, 1.0, 3.0), (2.0, 9.0)), 20_000, seed=4)
    assert 2 <= x.min() < x.max() <= 9
    base = stats.gamma(2.0, 1.0, 3.0)
    share = (base.cdf(x) - base.cdf(2.0)) / (base.cdf(9.0) - base.cdf(2.0))
    assert stats.kstest(share, "uniform").pvalue > 0.001


def test_draws_at_a_large_offset_stay_in_the_window_and_fill_it() -> None:
    x = draw(fitted("norm", (1e9, 1.0), (1e9 - 1, 1e9 + 2)), 20_000, seed=4)
    assert 1e9 - 1 <= x.min() < x.max() <= 1e9 + 2
    assert stats.kstest(x - 1e9, stats.truncnorm(-1, 2).cdf).pvalue > 0.001


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("poisson", (3.5, 0.0)),
        ("poisson", (1e6, -7.0)),
        ("binom", (20.0, 0.3, 0.0)),
        ("nbinom", (0.4, 0.001, 0.0)),
        ("geom", (0.02, 0.0)),
        ("zipf", (1.4, 0.0)),
        ("skellam", (3.0, 9.0, 0.0)),
        ("bernoulli", (0.25, 0.0)),
    ],
)
def test_draws_of_discrete_families_are_their_quantiles_exactly(name: str, parameters: tuple[float, ...]) -> None:
    distribution = fitted(name, parameters)
    np.testing.assert_array_equal(draw(distribution, SIZE, 3), distribution.ppf(uniforms(SIZE, 3)))


def test_truncated_counts_are_drawn_inside_their_window_alone() -> None:
    x = draw(fitted("poisson", (3.5, 0.0), (2.0, 5.0)), SIZE, 3)
    assert set(x) == {2.0, 3.0, 4.0, 5.0}


def test_a_generator_gives_other_draws_each_time_and_a_seed_the_same_ones_in_any_shape() -> None:
    distribution, generator = fitted("gamma", (2.0, 0.0, 1.0)), np.random.default_rng(3)
    assert not np.array_equal(distribution.rvs(5, generator), distribution.rvs(5, generator))
    np.testing.assert_array_equal(distribution.rvs((2, 3), 8).ravel(), distribution.rvs(6, 8))
    assert stats.kstest(distribution.rvs(20_000, 1), stats.gamma(2.0).cdf).pvalue > 0.001


def test_every_family_can_be_drawn_from_but_those_whose_tables_take_seconds() -> None:
    slow = {"levy_stable", "studentized_range", "ksone", "kstwo"}
    names = [name for name in CATALOGUE.names if not CATALOGUE[name].refusal and name not in slow]
    drawn = {name: draw(fitted(name, _parameters(name)), 40, 2) for name in names}
    outside = [n for n, x in drawn.items() if not _inside(x, *fitted(n, _parameters(n)).support())]
    assert not outside


def _inside(x: FloatArray, low: float, high: float) -> bool:
    return bool(np.all((x >= low) & (x <= high)))


def test_impossible_draws_and_distributions_are_refused() -> None:
    for arguments in ((-1, 0, 0), (1, -1, 0), (1, 0, -1), (1, 2**64, 0), (2**62, 0, 2**62)):
        with pytest.raises(InvalidInput):
            draw(fitted("norm", (0.0, 1.0)), *arguments)
    for parameters in ((1.0, 0.0), (1.0, 0.0, 0.0), (-1.0, 0.0, 1.0), (np.nan, 0.0, 1.0)):
        with pytest.raises(InvalidInput):
            fitted("gamma", parameters)
    with pytest.raises(UnknownDistribution):
        fitted("gama", (1.0, 0.0, 1.0))
