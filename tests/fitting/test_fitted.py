"""Fitted families as distributions, against SciPy where it is right, and mpmath and closed forms where it is not."""

from __future__ import annotations

import math
import pickle
from itertools import pairwise
from typing import Any

import mpmath
import numpy as np
import pytest
from scipy import integrate, stats

from warmfit_fitting.errors import FitFailed, InvalidInput
from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.families.scipy_family import ScipyFamily
from warmfit_fitting.fitted import Fitted, fitted
from warmfit_fitting.sampling import draw

INF = math.inf
WINDOWS = [
    (("norm", (1.0, 2.0)), 0.0, 3.0),
    (("norm", (1.0, 2.0)), 5.0, INF),
    (("norm", (1.0, 2.0)), -INF, -5.0),
    (("norm", (1.0, 2.0)), -INF, INF),
    (("gamma", (2.5, 0.0, 1.5)), 1.0, 4.0),
    (("gamma", (2.5, 0.0, 1.5)), -3.0, 4.0),
    (("t", (2.5, 0.0, 1.0)), 0.0, INF),
    (("beta", (0.5, 0.5, 0.0, 1.0)), 0.2, 0.9),
    (("uniform", (0.0, 10.0)), 2.0, 5.0),
    (("norminvgauss", (1.5, 1.0, 0.0, 1.0)), 0.5, 3.0),
    (("geninvgauss", (0.5, 1.0, 0.0, 1.0)), 2.0, INF),
]
# What the engine fits to tests/data: at these parameters SciPy's functions are NaN, infinite or not monotone.
EXTREME = [
    # danish
    ("norminvgauss", (2195.3427192242193, 2195.3427063143063, 0.9247692026283584, 0.00027401549284251887)),
    (
        "genhyperbolic",
        (-0.9121131549196249, 5487.146619376244, 5487.146616331128, 0.8745514809170584, 0.00020667522619716405),
    ),
    ("jf_skew_t", (104680.59838853673, 0.5242585141615025, 0.7078635823172705, 9.80861850020376e-06)),
    ("powernorm", (6.207948707644736e-07, -6.496039871146132, 0.0074072505887661354)),
    ("tukeylambda", (-1.0040419558368734, 1.582226431437902, 0.1900330787647388)),
    # precip
    ("crystalball", (0.8670937586652409, 15900756.799485115, 38.289514117189285, 10.49119459524087)),
    (
        "gausshyper",
        (0.27981186250606116, 6.482805151881186, -9.83594493225357, 2.2252884617892636, 6.9989295284, 72.488510250571),
    ),
]
FITTED_FAMILIES = [n for n, f in CATALOGUE.items() if not f.refusal]
PROBABILITIES = np.array([1e-12, 1e-4, 0.03, 0.2, 0.5, 0.77, 0.999, 1 - 1e-10])


class Tent(stats.rv_continuous):
    """f(z) = 1 − |z| on (−1, 1), by its density alone."""

    def _pdf(self, x: Any) -> Any:
        return 1.0 - np.abs(x)


TENT = Tent(a=-1.0, b=1.0, name="tent")


def rounding(distribution: Fitted, x: np.ndarray, p: np.ndarray) -> np.ndarray:
    """The relative error of p that quantiles may have, 1e-9, and that of a few roundings of x and of 1 − p."""
    return 1e-9 + (8 * np.minimum(distribution.pdf(x), 1e300) * np.spacing(np.abs(x)) + 1e-16) / p


@pytest.mark.parametrize("name", FITTED_FAMILIES)
def test_quantiles_invert_the_distribution_function_in_both_tails(name: str) -> None:
    for shapes in CATALOGUE[name].shape_starts():
        distribution = fitted(name, (*shapes, 0.0, 1.0))
        x, y = distribution.ppf(PROBABILITIES), distribution.isf(PROBABILITIES)
        below, above = distribution.cdf(x) / PROBABILITIES - 1, distribution.sf(y) / PROBABILITIES - 1
        assert (np.abs(below) < rounding(distribution, x, PROBABILITIES)).all(), (shapes, below)
        assert (np.abs(above) < rounding(distribution, y, PROBABILITIES)).all(), (shapes, above)
        assert (np.diff(x) >= 0).all()


@pytest.mark.parametrize("name", FITTED_FAMILIES)
def test_the_table_of_quantiles_holds_for_every_family(name: str) -> None:
    shapes = CATALOGUE[name].shape_starts()[0]
    distribution = fitted(name, (*shapes, 0.0, 1.0))
    q = np.linspace(0.01, 0.99, 197)
    with np.errstate(all="ignore"):
        z = distribution._quantiles.quantile(q, 1 - q)
        assert distribution._quantiles.cdf(z) == pytest.approx(q, rel=1e-9)
    assert distribution.cdf(z) == pytest.approx(q, rel=1e-9)


@pytest.mark.parametrize(("name", "parameters"), EXTREME)
def test_extreme_fits_have_monotone_functions_and_finite_draws_that_follow_them(
    name: str, parameters: tuple[float, ...]
) -> None:
    distribution = fitted(name, parameters)
    x = np.unique(np.concatenate([distribution.ppf(np.linspace(0.001, 0.999, 999)), np.geomspace(0.01, 200, 500)]))
    assert (np.diff(distribution.cdf(x)) >= -1e-15).all()
    assert (np.diff(distribution.sf(x)) <= 1e-15).all()
    assert distribution.cdf(x) + distribution.sf(x) == pytest.approx(np.ones(len(x)), rel=1e-9)
    assert not np.isnan(distribution.logpdf(x)).any()
    edges = distribution.ppf([0.2, 0.35, 0.5, 0.8])
    masses = [integrate.quad(distribution.pdf, a, b, epsabs=1e-11, limit=200)[0] for a, b in pairwise(edges)]
    assert masses == pytest.approx([0.15, 0.15, 0.3], rel=1e-7)
    draws = draw(distribution, 20_000, seed=3)
    assert np.isfinite(draws).all()
    assert stats.kstest(draws, distribution.cdf).pvalue > 0.001


def test_distribution_functions_by_quadrature_are_those_of_mpmath_in_the_far_tails() -> None:
    distribution = fitted("norminvgauss", (1.5, 1.0, 0.0, 1.0))
    root = mpmath.sqrt(mpmath.mpf("1.5") ** 2 - 1)

    def density(x: Any) -> Any:
        r = mpmath.sqrt(1 + x * x)
        return 1.5 / mpmath.pi * mpmath.besselk(1, 1.5 * r) / r * mpmath.exp(root + x)

    steps = (0, 1, 4, 16, 64)  # beyond which there is less than 1e-13 of what lies on this side
    for x, function, side in ((-270.0, distribution.cdf, -1), (-2.0, distribution.cdf, -1),
                              (1200.0, distribution.sf, 1), (3.0, distribution.sf, 1)):  # fmt: skip
        ends = sorted(x + side * step for step in steps)
        expected = mpmath.quad(density, ends, method="gauss-legendre", maxdegree=4)
        assert function(x) == pytest.approx(float(expected), rel=1e-9)


@pytest.mark.parametrize(
    ("name", "shapes"),
    [("norm", ()), ("gamma", (2.5,)), ("invgauss", (0.7,)), ("logistic", ()), ("genhyperbolic", (0.5, 1.0, 0.3))],
)
def test_quantiles_keep_their_digits_at_the_smallest_probabilities(name: str, shapes: tuple[float, ...]) -> None:
    distribution = fitted(name, (*shapes, 0.0, 1.0))
    q = np.array([1e-300, 1e-100, 1e-30])
    assert distribution.cdf(distribution.ppf(q)) == pytest.approx(q, rel=1e-8)
    assert distribution.sf(distribution.isf(q)) == pytest.approx(q, rel=1e-8)
    # 1 − q is rounded to 1e-16, of 1e-12
    assert distribution.ppf(1 - 1e-12) == pytest.approx(distribution.isf(1e-12), rel=1e-4)


@pytest.mark.parametrize(
    ("name", "shapes"),
    [("gamma", (2.5,)), ("johnsonsu", (0.5, 1.5)), ("lognorm", (0.8,)), ("weibull_min", (1.7,)), ("beta", (2.0, 3.0))],
)
def test_where_scipy_is_right_every_function_is_scipys(name: str, shapes: tuple[float, ...]) -> None:
    ours, theirs = fitted(name, (*shapes, 1.0, 2.0)), getattr(stats, name)(*shapes, 1.0, 2.0)
    q = np.array([[1e-6, 0.2], [0.6, 0.999]])
    x = theirs.ppf(q)
    for function in ("pdf", "logpdf", "cdf", "sf"):
        assert getattr(ours, function)(x) == pytest.approx(getattr(theirs, function)(x), rel=1e-10)
    for function in ("ppf", "isf"):
        assert getattr(ours, function)(q) == pytest.approx(getattr(theirs, function)(q), rel=1e-10)
    assert (ours.mean(), ours.std()) == pytest.approx((theirs.mean(), theirs.std()), rel=1e-8)
    assert (ours.support(), ours.median()) == (theirs.support(), pytest.approx(theirs.median(), rel=1e-12))


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("gamma", (0.3, 0.0, 1.0)),
        ("genhyperbolic", (0.5, 1.0, 0.3, 0.0, 1.0)),
        ("recipinvgauss", (1.0, 0.0, 1.0)),
        *EXTREME,
    ],
)
def test_a_draw_does_not_depend_on_its_chunk(name: str, parameters: tuple[float, ...]) -> None:
    whole = draw(fitted(name, parameters), 3_000, seed=5)
    for cut in (1, 2, 7, 1_501):
        again = fitted(name, parameters)
        parts = [draw(again, cut, 5), draw(again, 3_000 - cut, 5, cut)]
        np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_a_users_family_of_a_density_alone_is_a_distribution() -> None:
    distribution = fitted("tent", (1.0, 2.0), custom=TENT)
    x = np.array([-1.0, 0.0, 1.0, 2.5, 3.0])
    z = (x - 1) / 2
    expected = np.where(z < 0, (1 + z) ** 2 / 2, 1 - (1 - z) ** 2 / 2)
    assert distribution.cdf(x) == pytest.approx(expected, abs=1e-10)
    assert distribution.ppf(expected) == pytest.approx(x, abs=1e-8)
    assert (distribution.mean(), distribution.var()) == pytest.approx((1.0, 4 / 6), rel=1e-9)


def test_a_density_that_is_none_has_no_distribution_function() -> None:
    class Half(Tent):
        def _pdf(self, x: Any) -> Any:
            return 0.5 * (1.0 - np.abs(x))

    with pytest.raises(FitFailed, match=r"integrates to 0\.5"):
        Fitted(ScipyFamily("half", Half(a=-1.0, b=1.0, name="half")), (0.0, 1.0)).cdf(0.1)


def test_shapes_on_the_edge_of_their_interval_are_evaluated_by_scipy() -> None:
    distribution = fitted("rice", (0.0, 0.0, 1.0))
    assert distribution.cdf(1.5) == pytest.approx(stats.rayleigh.cdf(1.5), rel=1e-12)
    assert distribution.mean() == pytest.approx(stats.rayleigh.mean(), rel=1e-9)


@pytest.mark.parametrize("name", ["norm", "genhyperbolic", "gausshyper", "pareto"])
def test_functions_take_any_shape_and_know_nan_and_what_lies_outside(name: str) -> None:
    distribution = fitted(name, (*CATALOGUE[name].shape_starts()[0], 0.0, 1.0))
    for function in ("pdf", "logpdf", "cdf", "sf", "ppf", "isf"):
        f = getattr(distribution, function)
        assert (np.shape(f(0.3)), np.shape(f([])), np.shape(f(np.full((2, 1, 3), 0.3)))) == ((), (0,), (2, 1, 3))
        assert np.isnan(f([math.nan, 0.3])).tolist()[0]
    assert distribution.pdf([-INF, INF]).tolist() == [0, 0]
    assert distribution.logpdf([-INF, INF]).tolist() == [-INF, -INF]
    assert distribution.cdf([-INF, INF]).tolist() == [0, 1]
    assert distribution.sf([-INF, INF]).tolist() == [1, 0]
    assert distribution.ppf([0.0, 1.0]).tolist() == list(distribution.support())


def test_a_copy_through_pickle_gives_the_same_numbers() -> None:
    distribution = fitted("genhyperbolic", (0.5, 1.0, 0.3, 0.0, 1.0), (-1.0, 4.0))
    copy = pickle.loads(pickle.dumps(distribution))
    assert copy.ppf(0.3) == distribution.ppf(0.3)
    assert len(pickle.dumps(distribution)) < 1_000  # without the table


def test_families_that_the_engine_declines_are_scipys() -> None:
    ours, theirs = fitted("vonmises", (1.5, 0.0, 1.0)), stats.vonmises(1.5)
    copy = pickle.loads(pickle.dumps(ours))
    assert ours.ppf(0.4) == copy.ppf(0.4) == theirs.ppf(0.4)
    assert ours.cdf(0.3) == theirs.cdf(0.3)
    assert ours.mean() == pytest.approx(theirs.mean(), rel=1e-12)


def test_the_end_of_the_support_belongs_to_it_however_it_is_rounded() -> None:
    for loc, scale in ((0.1, 3.0), (-7.3, 0.7), (1e6, 0.3)):
        distribution = fitted("pareto", (2.0, loc, scale))
        assert distribution.pdf(distribution.low) == pytest.approx(2 / scale, rel=1e-9)
        assert distribution.cdf(distribution.low) == 0


# ---- windows


@pytest.mark.parametrize(("base", "low", "high"), WINDOWS)
def test_the_density_integrates_to_one_and_is_the_derivative_of_the_cdf(base: Any, low: float, high: float) -> None:
    truncated = fitted(*base, (low, high))
    x = truncated.ppf(np.linspace(0.05, 0.95, 7))
    steps = [integrate.quad(truncated.pdf, a, b)[0] for a, b in pairwise(x)]
    assert steps == pytest.approx([0.15] * 6, rel=1e-7)
    assert truncated.cdf(x) == pytest.approx(np.linspace(0.05, 0.95, 7), rel=1e-9)
    assert truncated.cdf(x) + truncated.sf(x) == pytest.approx(np.ones(7), rel=1e-9)
    assert np.exp(truncated.logpdf(x)) == pytest.approx(truncated.pdf(x), rel=1e-10)


@pytest.mark.parametrize(("base", "low", "high"), WINDOWS)
def test_there_is_nothing_outside_the_window(base: Any, low: float, high: float) -> None:
    truncated = fitted(*base, (low, high))
    start, end = truncated.support()
    outside = np.array([start - 1, end + 1])
    assert truncated.pdf(outside).tolist() == [0, 0]
    assert truncated.logpdf(outside).tolist() == [-INF, -INF]
    assert truncated.cdf(outside).tolist() == [0, 1]
    assert truncated.sf(outside).tolist() == [1, 0]
    draws = truncated.rvs(500, random_state=1)
    assert start <= draws.min()
    assert draws.max() <= end


@pytest.mark.parametrize(("low", "high"), [(-1.0, 2.0), (0.5, INF), (3.0, 4.0), (8.0, 9.0), (-9.0, -8.0)])
def test_a_truncated_normal_is_scipys(low: float, high: float) -> None:
    ours, theirs = fitted("norm", (0.0, 1.0), (low, high)), stats.truncnorm(low, high)
    q = np.array([0.001, 0.3, 0.5, 0.99])
    x = theirs.ppf(q)
    assert ours.ppf(q) == pytest.approx(x, rel=1e-9)
    assert ours.isf(q) == pytest.approx(theirs.isf(q), rel=1e-9)
    assert ours.logpdf(x) == pytest.approx(theirs.logpdf(x), rel=1e-9)
    assert ours.mean() == pytest.approx(theirs.mean(), rel=1e-9)
    assert ours.std() == pytest.approx(theirs.std(), rel=1e-6)
    assert ours.interval(0.8) == pytest.approx(theirs.interval(0.8), rel=1e-9)
    assert ours.median() == pytest.approx(theirs.median(), rel=1e-9)


@pytest.mark.parametrize("low", [30.0, 1000.0])
def test_an_exponential_above_a_bound_is_the_exponential_moved_there(low: float) -> None:
    truncated = fitted("expon", (0.0, 2.0), (low, INF))
    q = np.array([0.1, 0.9, 1 - 1e-12])
    assert truncated.mean() == pytest.approx(low + 2, rel=1e-9)
    assert truncated.var() == pytest.approx(4, rel=1e-7)
    assert truncated.ppf(q) == pytest.approx(low + stats.expon(0, 2).ppf(q), rel=1e-8)
    assert truncated.isf(1e-80) - low == pytest.approx(stats.expon(0, 2).isf(1e-80), rel=1e-8)


def test_moments_are_infinite_exactly_where_the_tail_that_is_left_makes_them_so() -> None:
    cauchy = ("cauchy", (0.0, 1.0))
    assert fitted(*cauchy, (0.0, INF)).mean() == INF
    assert fitted(*cauchy, (-INF, 0.0)).mean() == -INF
    assert math.isnan(fitted(*cauchy).mean())
    assert math.isnan(fitted(*cauchy, (0.0, INF)).std())
    assert fitted("pareto", (1.5, 0.0, 1.0), (2.0, INF)).mean() == pytest.approx(6, rel=1e-6)
    assert fitted("pareto", (1.5, 0.0, 1.0), (2.0, INF)).var() == INF
    assert fitted("t", (2.0, 0.0, 1.0)).var() == INF
    assert fitted("t", (2.01, 0.0, 1.0)).var() == pytest.approx(201, rel=1e-9)
    half = fitted("levy", (0.0, 1.0), (-INF, 1.0))
    expected = integrate.quad(lambda x: x * stats.levy.pdf(x), 0, 1)[0] / stats.levy.cdf(1)
    assert half.mean() == pytest.approx(expected, rel=1e-8)
    assert fitted(*cauchy, (0.0, 1.0)).mean() == pytest.approx(math.log(2) / math.pi / 0.5, rel=1e-9)


def test_moments_do_not_depend_on_the_unit() -> None:
    small, large = (fitted("norm", (0.0, s), (s, INF)) for s in (1e-9, 1e9))
    assert large.mean() / 1e9 == pytest.approx(small.mean() / 1e-9, rel=1e-9)
    assert large.std() / 1e9 == pytest.approx(small.std() / 1e-9, rel=1e-7)


def test_probabilities_outside_zero_and_one_have_no_quantile() -> None:
    truncated = fitted("norm", (0.0, 1.0), (0.0, 1.0))
    assert np.isnan(truncated.ppf([-0.1, 1.1, math.nan])).all()
    assert truncated.ppf([0.0, 1.0]).tolist() == [0.0, 1.0]
    assert math.isnan(truncated.pdf(math.nan))


def test_the_same_seed_draws_the_same_numbers() -> None:
    truncated = fitted("norm", (0.0, 1.0), (0.0, 1.0))
    assert truncated.rvs(5, 3).tolist() == truncated.rvs(5, np.random.default_rng(3)).tolist()
    assert truncated.rvs(5, 3).tolist() != truncated.rvs(5, 4).tolist()


def test_a_window_beyond_the_support_or_without_mass_is_refused() -> None:
    with pytest.raises(InvalidInput, match="does not meet the support"):
        fitted("expon", (0.0, 1.0), (-2.0, -1.0))
    with pytest.raises(FitFailed, match="no mass"):
        fitted("norm", (0.0, 1.0), (50.0, 51.0))
