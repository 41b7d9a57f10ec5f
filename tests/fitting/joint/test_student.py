"""Degrees of freedom by profile likelihood, and tests of normality, on rows whose law is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from warmfit_fitting.errors import FitFailed, InvalidInput
from warmfit_fitting.joint import JointCount
from warmfit_fitting.joint.correlation import of_scores
from warmfit_fitting.joint.elliptical import Elliptical
from warmfit_fitting.joint.normality import MOST_ROWS, WhitenedSums, Whitening, henze_zirkler, mardia
from warmfit_fitting.joint.student import Candidate, Pass, StudentFit, Sums, fit_student
from warmfit_fitting.summary import summarize_values

R = np.array([[1.0, 0.7], [0.7, 1.0]])


def fit(x: np.ndarray, parts: int = 1) -> StudentFit:
    summaries = {name: summarize_values(c) for name, c in zip("ab", x.T, strict=True)}
    count = JointCount.of("ab", summaries, "listwise")
    start = of_scores(count(x)).matrix

    def take(one: Pass) -> Sums:
        pieces = [one(part) for part in np.array_split(x, parts)]
        total = pieces[0]
        for piece in pieces[1:]:
            total = total.merge(piece)
        return total

    return fit_student(take, count.ranked, start)


@pytest.mark.parametrize("dof", [2.5, 6.0])
def test_degrees_of_freedom_and_correlation_are_recovered(dof):
    x = np.exp(Elliptical(np.zeros(2), R, dof).rows(0, 20_000, seed=8).T / 5)
    found = fit(x)
    assert math.log(found.dof / dof) == pytest.approx(0, abs=0.12)
    assert found.correlation[0, 1] == pytest.approx(0.7, abs=0.012)
    assert found.aic < found.gaussian_aic


def test_normal_rows_prefer_the_gaussian_copula():
    found = fit(Elliptical(np.zeros(2), R).rows(0, 6_000, seed=8).T)
    assert found.dof > 30
    assert found.gaussian_aic < found.aic


def test_the_fit_is_the_best_of_its_neighbourhood():
    x = Elliptical(np.zeros(2), R, 4.0).rows(0, 5_000, seed=1).T
    found = fit(x)
    summaries = {name: summarize_values(c) for name, c in zip("ab", x.T, strict=True)}
    ranked = JointCount.of("ab", summaries, "listwise").ranked
    near = tuple(
        Candidate(found.dof * factor, np.array([[1, r], [r, 1]]))
        for factor in (0.97, 1.0, 1.03)
        for r in found.correlation[0, 1] + np.array([-0.003, 0.003])
    )
    assert found.loglik > Pass(ranked, near)(x).loglik.max() - 1e-3


def test_split_rows_give_the_same_fit_to_rounding():
    x = Elliptical(np.zeros(2), R, 4.0).rows(0, 2_000, seed=1).T
    x[::7, 0] = np.nan
    one, many = fit(x), fit(x, parts=3)
    assert one.dof == pytest.approx(many.dof, rel=1e-8)
    assert one.loglik == pytest.approx(many.loglik, rel=1e-10)
    assert one.n == many.n == 2_000 - math.ceil(2_000 / 7)


def test_too_few_complete_rows_are_refused():
    x = np.array([[1.0, np.nan], [2.0, np.nan], [np.nan, 3.0], [2.0, 2.0], [np.nan, 4.0]])
    with pytest.raises(FitFailed, match="all 2 columns"):
        fit(x)


def whitening(x: np.ndarray) -> Whitening:
    return Whitening.of(x.mean(axis=0), np.cov(x.T, bias=True))


def test_mardias_statistics_are_the_double_sums_of_their_definition(rng):
    x = rng.gamma(2.0, size=(60, 3))
    inverse, d = np.linalg.inv(np.cov(x.T, bias=True)), x - x.mean(axis=0)
    products = d @ inverse @ d.T
    skewness, kurtosis = mardia(whitening(x)(x))
    assert skewness.statistic == pytest.approx(60 / 6 * (products**3).mean(), rel=1e-9)
    assert kurtosis.statistic == pytest.approx(
        ((np.diag(products) ** 2).mean() - 15) / math.sqrt(8 * 15 / 60), rel=1e-9
    )
    assert skewness.pvalue == pytest.approx(stats.chi2.sf(skewness.statistic, 10))


def test_sums_of_parts_are_the_sums_of_all_rows(rng):
    x = rng.normal(size=(1000, 2))
    whole, parts = whitening(x)(x), [whitening(x)(part) for part in np.array_split(x, 3)]
    merged = WhitenedSums.merge(WhitenedSums.merge(parts[2], parts[0]), parts[1])
    assert merged.third == pytest.approx(whole.third, abs=1e-9)
    assert merged.fourth == pytest.approx(whole.fourth)


def test_henze_and_zirklers_statistic_is_that_of_its_definition(rng):
    x = rng.gamma(2.0, size=(40, 2))
    n, p = x.shape
    mean, cov = x.mean(axis=0), np.cov(x.T, bias=True)
    inverse = np.linalg.inv(cov)
    b = ((2 * p + 1) * n / 4) ** (1 / (p + 4)) / math.sqrt(2)
    between = sum(math.exp(-(b**2) / 2 * (u - v) @ inverse @ (u - v)) for u in x for v in x)
    single = sum(math.exp(-(b**2) / (2 * (1 + b**2)) * (u - mean) @ inverse @ (u - mean)) for u in x)
    expected = between / n - 2 * (1 + b**2) ** (-p / 2) * single + n * (1 + 2 * b**2) ** (-p / 2)
    assert henze_zirkler(x, mean, cov).statistic == pytest.approx(expected, rel=1e-9)


def test_tests_of_normality_reject_as_often_as_they_say():
    rejected = np.zeros(3)
    for seed in range(120):
        x = np.random.default_rng(seed).multivariate_normal([0, 0], R, size=250)
        found = [*mardia(whitening(x)(x)), henze_zirkler(x, x.mean(axis=0), np.cov(x.T, bias=True))]
        rejected += [test.pvalue < 0.05 for test in found]
    assert np.all(rejected < 15)
    skewed = np.random.default_rng(0).gamma(2.0, size=(400, 2))
    tests = [
        mardia(whitening(skewed)(skewed))[0],
        henze_zirkler(skewed, skewed.mean(axis=0), np.cov(skewed.T, bias=True)),
    ]
    assert all(test.pvalue < 1e-6 for test in tests)


def test_more_rows_than_have_pairs_are_refused_by_number():
    with pytest.raises(InvalidInput, match="mardia"):
        henze_zirkler(np.zeros((MOST_ROWS + 1, 2)), np.zeros(2), np.eye(2))
    with pytest.raises(InvalidInput, match="singular"):
        Whitening.of(np.zeros(2), np.ones((2, 2)))
