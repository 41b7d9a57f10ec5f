"""studentized_range: SciPy's double integral, its closed case of two means, its tails, and columns drawn from it."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator

import mpmath as mp
import numpy as np
import pytest
from scipy import stats

from warmfit_fitting.distribution import Distribution
from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.families.studentized_range import StudentizedRange
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import summarize_values

RANGE = StudentizedRange()


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with np.errstate(all="ignore"):
        yield


def logpdf(z: np.ndarray, k: float, df: float) -> np.ndarray:
    return RANGE.logpdf(z, np.array(k), np.array(df))


@pytest.mark.parametrize("df", [0.1, 1.0, 7.0, 60.0, 246.0, 248.0, 1e4])
def test_two_means_are_a_folded_t(df: float) -> None:
    z = np.array([1e-9, 1e-3, 0.02, 0.4, 1.0, 2.2, 4.0, 6.0])
    exact = stats.t.logpdf(z / math.sqrt(2.0), df) + 0.5 * math.log(2.0)
    assert logpdf(z, 2.0, df) == pytest.approx(exact, abs=3e-6)


@pytest.mark.parametrize(("k", "df"), [(2.5, 4.0), (3.0, 10.0), (3.0, 300.0), (9.0, 2.0), (15.0, 25.0)])
def test_the_density_is_scipys(k: float, df: float) -> None:
    z = np.array([1.7, 3.0, 4.5])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its quadrature doubts its last digits
        theirs = stats.studentized_range.pdf(z, k, df)
    assert logpdf(z, k, df) == pytest.approx(np.log(theirs), abs=1e-6)


@pytest.mark.parametrize(("k", "z"), [(3.0, 0.01), (3.0, 9.0), (6.5, 2.0), (30.0, 6.0), (200.0, 5.5)])
def test_many_degrees_of_freedom_give_the_range_of_normal_variables(k: float, z: float) -> None:
    def integrand(v: mp.mpf) -> mp.mpf:
        between = mp.ncdf(v + mp.mpf(z) / 2) - mp.ncdf(v - mp.mpf(z) / 2)
        return mp.npdf(v - mp.mpf(z) / 2) * mp.npdf(v + mp.mpf(z) / 2) * between ** (k - 2)

    exact = mp.log(k * (k - 1) * 2 * mp.quad(integrand, [0, 0.5, 1, 2, 4, 9]))
    assert logpdf(np.array([z]), k, 1e9)[0] == pytest.approx(float(exact), abs=2e-6)


@pytest.mark.parametrize("k", [1.05, 2.0, 10.0, 400.0])
@pytest.mark.parametrize("df", [0.1, 5.0, 246.0, 248.0, 1e5])
def test_the_tails_are_powers_and_finite_however_far_out(k: float, df: float) -> None:
    z = np.logspace(-300, 300, 121)
    value = logpdf(z, k, df)
    assert np.isfinite(value).all()
    if k <= 10.0:
        assert np.diff(value[:3]) == pytest.approx([(k - 2) * 5 * math.log(10.0)] * 2, rel=1e-4, abs=1e-4)
    if df <= 5.0:
        assert np.diff(value[-3:]) == pytest.approx([-(df + 1) * 5 * math.log(10.0)] * 2, rel=1e-4)


def test_both_ways_of_the_outer_integral_agree_where_one_gives_way_to_the_other() -> None:
    z, joint = np.linspace(0.3, 8.0, 40), 0.5 / 0.045**2
    for k in (1.3, 4.0, 30.0):
        assert logpdf(z, k, joint * (1 - 1e-9)) == pytest.approx(logpdf(z, k, joint * (1 + 1e-9)), abs=2e-6)


@pytest.mark.parametrize("k", [1.3, 2.0, 5.0, 60.0, 300.0])
@pytest.mark.parametrize("df", [0.5, 4.0, 40.0, 246.0, 3e3])
def test_the_density_integrates_to_one(k: float, df: float) -> None:
    law = Distribution(RANGE, np.array([k, df, 0.0, 1.0]), (-np.inf, np.inf), 1.0)
    center, spread = (float(v) for v in RANGE.bulk(np.array(k), np.array(df)))
    assert law.mass(np.linspace(max(center - 2 * spread, 0.1 * center), center + 3 * spread, 60)) == pytest.approx(
        1, abs=2e-5
    )


def test_a_row_does_not_depend_on_the_rows_beside_it() -> None:
    k, df = (np.array(v)[:, None] for v in ((1.5, 3.0, 3.0, 40.0), (2.0, 30.0, 3e3, 0.3)))
    z = np.linspace(0.05, 9.0, 48)
    together = RANGE.logpdf(z, k, df)
    for i in range(4):
        assert np.array_equal(together[i], RANGE.logpdf(z, k[i : i + 1], df[i : i + 1])[0])


@pytest.mark.parametrize(("k", "df"), [(3, 10), (5, 4), (2, 50), (20, 8)])
def test_a_fit_to_a_simulated_column_is_at_least_as_likely_as_the_truth(k: int, df: int) -> None:
    rng = np.random.default_rng(1)
    x = 3.0 + 2.0 * np.ptp(rng.normal(size=(2_000, k)), axis=1) / np.sqrt(rng.chisquare(df, 2_000) / df)
    row = fit_family(prepare(summarize_values(x), FitSpec(("studentized_range",))), RANGE)
    assert row.status == "ok"
    assert row.loglik > float((logpdf((x - 3.0) / 2.0, k, df) - math.log(2.0)).sum())
