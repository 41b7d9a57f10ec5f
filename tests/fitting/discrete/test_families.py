"""Every discrete family says what it is said to be: against mpmath and SciPy, in the bulk, in the tails, at huge counts."""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest
from scipy import stats
from tests.fitting.discrete.table import CASES, NOT_SCIPY, PMF, SHAPES, exact_pmf, scipy_of

from warmfit_fitting.discrete.fitted import FittedCounts
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.families.discrete.catalogue import DISCRETE, NOT_DECLARED


def fitted(name: str, shapes: tuple[float, ...], loc: float = 0.0) -> FittedCounts:
    return FittedCounts(DISCRETE[name], (*shapes, loc))


def some_counts(law: FittedCounts) -> np.ndarray:
    """Counts from the lower end or the median on, and far out, within the support."""
    low, high = law.support()
    first = low if math.isfinite(low) else law.ppf(1e-9)
    k = np.concatenate([first + np.arange(60), law.isf([1e-6, 1e-12, 1e-20]), law.ppf([1e-12, 1e-20])])
    return np.unique(k[(k >= low) & (k <= min(high, 1e6))])


def test_every_discrete_distribution_of_scipy_is_declared_or_said_why_not() -> None:
    of_scipy = {name for name in dir(stats) if isinstance(getattr(stats, name), stats.rv_discrete)}
    assert of_scipy - set(DISCRETE) == set(NOT_DECLARED)
    assert {name for name in DISCRETE if not name.startswith(NOT_SCIPY)} <= of_scipy
    assert set(DISCRETE) == set(SHAPES) == set(PMF)
    assert not set(DISCRETE) & set(CATALOGUE)


@pytest.mark.parametrize("name", [name for name in DISCRETE if not name.startswith(NOT_SCIPY)])
def test_parameters_are_named_and_ordered_as_scipys(name: str) -> None:
    family, dist = DISCRETE[name], scipy_of(name)
    assert family.parameters == (*(s.strip() for s in dist.shapes.split(",")), "loc")
    whole = {info.name for info in dist._shape_info() if info.integrality}
    assert set(family.integer_shapes) == whole - ({"n"} if name == "nbinom" else set())  # SciPy takes any n > 0 there


@pytest.mark.parametrize(("name", "shapes"), CASES)
def test_log_probabilities_are_those_of_forty_digits(name: str, shapes: tuple[float, ...]) -> None:
    law = fitted(name, shapes)
    k = some_counts(law)
    exact = np.array([float(mp.log(exact_pmf(name, v, shapes))) for v in k])
    np.testing.assert_allclose(law.logpmf(k), exact, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(("name", "shapes"), [c for c in CASES if not c[0].startswith(NOT_SCIPY)])
def test_probabilities_and_distribution_functions_are_scipys(name: str, shapes: tuple[float, ...]) -> None:
    law, dist = fitted(name, shapes, 4.0), scipy_of(name)(*shapes, 4)
    k = np.arange(law.ppf(1e-4) - 2, law.ppf(0.999) + 3)
    rough = 2e-4 if name == "nchypergeom_wallenius" else 1e-9  # SciPy's own is no better there
    np.testing.assert_allclose(law.pmf(k), dist.pmf(k), rtol=rough, atol=1e-13)
    np.testing.assert_allclose(law.cdf(k), dist.cdf(k), rtol=rough, atol=1e-12)
    np.testing.assert_allclose(law.sf(k), dist.sf(k), rtol=rough, atol=1e-10)


@pytest.mark.parametrize(("name", "shapes"), CASES)
def test_distribution_functions_are_the_sums_of_forty_digits(name: str, shapes: tuple[float, ...]) -> None:
    law = fitted(name, shapes)
    low, high = law.support()
    if not math.isfinite(low):
        low = float(law.ppf(1e-40)) - 5
    k = low + np.arange(min(40, high - low + 1))
    with mp.workdps(40):
        upto = np.array([float(v) for v in np.add.accumulate([exact_pmf(name, v, shapes) for v in k])])
    if math.isinf(law.support()[0]):  # what lies before the first of the sum is then nothing
        k, upto = k[upto > 1e-25], upto[upto > 1e-25]
    np.testing.assert_allclose(law.cdf(k), upto, rtol=1e-10)
    np.testing.assert_allclose(law.sf(k), 1 - upto, rtol=1e-9, atol=1e-12)


LIGHT = [c for c in CASES if c[0] not in ("zipf", "zipfian", "yulesimon", "betanbinom", "nchypergeom_wallenius")]


@pytest.mark.parametrize(("name", "shapes"), LIGHT)
def test_upper_tails_keep_their_digits_far_out(name: str, shapes: tuple[float, ...]) -> None:
    law = fitted(name, shapes)
    for q in (1e-5, 1e-15, 1e-60):
        k = float(law.isf(q))
        if k >= law.support()[1]:
            continue
        with mp.workdps(40):
            tail, at = mp.mpf(0), k + 1
            while at <= law.support()[1] and (tail == 0 or term > tail * mp.mpf(10) ** -14):  # noqa: F821
                term = exact_pmf(name, at, shapes)
                tail, at = tail + term, at + 1
        assert law.sf(k) == pytest.approx(float(tail), rel=1e-9), (q, k)


@pytest.mark.parametrize("a", [1.05, 2.5, 6.0])
def test_the_tail_of_zipf_is_hurwitzs_zeta(a: float) -> None:
    k = np.array([1.0, 10.0, 1e3, 1e6, 1e12])
    exact = [float(mp.zeta(a, v + 1) / mp.zeta(a)) for v in k]
    np.testing.assert_allclose(fitted("zipf", (a,)).sf(k), exact, rtol=1e-11)


@pytest.mark.parametrize("alpha", [0.5, 3.0])
def test_the_tail_of_yule_and_simon_is_a_beta_function(alpha: float) -> None:
    k = np.array([1.0, 10.0, 1e3, 1e6, 1e12])
    with mp.workdps(40):
        exact = [float(v * mp.beta(v, alpha + 1)) for v in map(mp.mpf, k)]
    np.testing.assert_allclose(fitted("yulesimon", (alpha,)).sf(k), exact, rtol=1e-10)


HUGE = {
    "poisson": ((2e9,), 2e9, 5e4),
    "binom": ((10**10, 0.3), 3e9, 5e4),
    "nbinom": ((4.0, 1e-9), 4e9, 1e9),
    "betabinom": ((10**9, 2.0, 3.0), 4e8, 1e8),
    "betanbinom": ((5, 4.0, 1e9), 1e9, 5e8),
    "geom": ((1e-9,), 1e9, 5e8),
    "planck": ((1e-9,), 1e9, 5e8),
    "logser": ((1 - 1e-9,), 1e8, 5e7),
    "hypergeom": ((10**10, 3 * 10**9, 10**9), 3e8, 2e4),
    "nhypergeom": ((10**10, 10**10 - 100, 50), 5e9, 5e8),
    "zt_poisson": ((2e9,), 2e9, 5e4),
}


@pytest.mark.parametrize("name", HUGE)
def test_counts_of_a_thousand_million_keep_their_digits(name: str) -> None:
    shapes, centre, spread = HUGE[name]
    law = fitted(name, shapes)
    for k in np.rint(centre + spread * np.array([-1.0, 0.0, 1.0])):
        with mp.workdps(60):
            exact = float(mp.log(PMF[name](mp.mpf(float(k)), *(mp.mpf(float(s)) for s in shapes))))
        assert law.logpmf(k) == pytest.approx(exact, abs=2e-11), k
    assert law.cdf(law.ppf(0.37)) == pytest.approx(0.37, abs=1e-4)
    assert law._law.sums.total == pytest.approx(1.0, abs=1e-9)


def test_a_skellam_of_huge_means_is_the_sum_over_pairs_of_poissons() -> None:
    law, (mu1, mu2) = fitted("skellam", (3e9, 1e9)), (3e9, 1e9)
    for k in (2e9 - 1e5, 2e9, 2e9 + 1.7e5):
        step = 2000.0  # a trapezoidal rule of a bell whose standard deviation is some 27 000
        j = np.rint((np.sqrt(k * k + 4 * mu1 * mu2) - k) / 2) + step * np.arange(-200, 201)
        pairs = fitted("poisson", (mu1,)).logpmf(j + k) + fitted("poisson", (mu2,)).logpmf(j)
        assert law.logpmf(k) == pytest.approx(float(np.logaddexp.reduce(pairs) + np.log(step)), abs=1e-9)


@pytest.mark.parametrize(("name", "shapes"), CASES)
def test_probabilities_sum_to_one_and_give_scipys_moments(name: str, shapes: tuple[float, ...]) -> None:
    law = fitted(name, shapes, -7.0)
    assert law._law.sums.total == pytest.approx(1.0, abs=1e-11)
    k = np.arange(law.ppf(1e-17), min(law.isf(1e-17), 3e5) + 1)
    assert law.pmf(k).sum() == pytest.approx(float(law.cdf(k[-1])), abs=1e-10)
    if not name.startswith(NOT_SCIPY):
        dist = scipy_of(name)(*shapes, -7)
        rough = 1e-4 if name == "nchypergeom_wallenius" else 1e-9
        assert law.mean() == pytest.approx(dist.mean(), rel=rough, abs=1e-9)
        assert law.std() == pytest.approx(dist.std(), rel=rough)


@pytest.mark.parametrize(("name", "shapes"), CASES)
def test_quantiles_are_the_first_count_that_reaches_the_probability(name: str, shapes: tuple[float, ...]) -> None:
    law = fitted(name, shapes, 2.0)
    q = np.array([1e-13, 1e-3, 0.2, 0.5, 0.77, 0.999])
    k, upper = law.ppf(q), law.isf(q)
    assert (law.cdf(k) >= q).all()
    assert (law.cdf(k - 1) < q).all()
    assert (law.sf(upper) <= q).all()
    assert (law.sf(upper - 1) > q).all()
    np.testing.assert_array_equal(law.ppf(law.cdf(k)), k)
    assert (law.ppf(0.0), law.ppf(1.0)) == (law.support()[0] - 1, law.support()[1])
    assert np.isnan(law.ppf([-0.1, 1.1, np.nan])).all()


@pytest.mark.parametrize("a", [2.05, 2.5, 3.2])
def test_moments_of_heavy_tails_reach_beyond_any_integer_that_is_added(a: float) -> None:
    assert fitted("zipf", (a,)).mean() == pytest.approx(float(mp.zeta(a - 1) / mp.zeta(a)), rel=1e-9)
    second = float(mp.zeta(a - 2) / mp.zeta(a)) if a > 3 else math.inf
    assert fitted("zipf", (a,)).std() == pytest.approx(math.sqrt(second - fitted("zipf", (a,)).mean() ** 2), rel=1e-6)


def test_infinite_moments_are_said_to_be_infinite() -> None:
    assert fitted("zipf", (1.5,)).mean() == math.inf
    assert fitted("betanbinom", (2, 0.5, 3.0)).mean() == math.inf
    assert fitted("yulesimon", (1.5,)).mean() == pytest.approx(3.0)
    assert fitted("yulesimon", (1.5,)).std() == math.inf


def test_off_the_integers_and_the_support_there_is_no_probability() -> None:
    law = fitted("binom", (10, 0.3), 5.0)
    np.testing.assert_array_equal(law.pmf([4.0, 16.0, 7.5, np.inf]), 0.0)
    assert np.isnan(law.pmf(np.nan))
    np.testing.assert_array_equal(law.cdf([4.9, -np.inf, np.inf, 7.5]), [0.0, 0.0, 1.0, law.cdf(7.0)])
    np.testing.assert_array_equal(law.sf([4.9, -np.inf, np.inf, 15.0]), [1.0, 1.0, 0.0, 0.0])


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("binom", (10.5, 0.3, 0.0)), ("binom", (10.0, 1.3, 0.0)), ("poisson", (2.0, 0.5)), ("poisson", (2.0,)),
        ("hypergeom", (10.0, 20.0, 5.0, 0.0)), ("randint", (5.0, 5.0, 0.0)), ("zipf", (0.9, 0.0)),
        ("poisson", (math.nan, 0.0)), ("zi_poisson", (1.0, 1.5, 0.0)),
    ],
)  # fmt: skip
def test_parameters_that_make_no_distribution_are_refused(name: str, parameters: tuple[float, ...]) -> None:
    with pytest.raises(InvalidInput, match=name):
        FittedCounts(DISCRETE[name], parameters)


def test_a_discrete_family_has_no_density() -> None:
    for function in ("pdf", "logpdf"):
        with pytest.raises(InvalidInput, match=r"poisson is discrete and has no density; use (log)?pmf"):
            getattr(fitted("poisson", (2.0,)), function)(1.0)
