"""Elliptical laws and copulas against SciPy, closed forms and simulation; rows by position."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from scipy import stats

from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.fitted import fitted
from warmfit_fitting.joint.elliptical import Elliptical
from warmfit_fitting.joint.law import CopulaLaw

MEAN = np.array([1.0, -2.0, 0.5])
R = np.array([[1.0, 0.8, -0.3], [0.8, 1.0, 0.1], [-0.3, 0.1, 1.0]])
DOFS = [math.inf, 3.0]
MARGINALS = (
    fitted("norminvgauss", (1.5, 0.5, 0.0, 1.0)),
    fitted("gamma", (2.5, 0.0, 1.0), (0.5, 6.0)),
    fitted("poisson", (4.0, 0.0)),
)
SMOOTH = (*MARGINALS[:2], fitted("t", (4.0, 1.0, 2.0)))


@pytest.mark.parametrize("dof", DOFS)
def test_densities_are_those_of_scipy(rng, dof):
    x = rng.normal(size=(50, 3))
    law = Elliptical(MEAN, R, dof)
    theirs = stats.multivariate_normal(MEAN, R) if math.isinf(dof) else stats.multivariate_t(MEAN, R, dof)
    assert law.logpdf(x) == pytest.approx(theirs.logpdf(x), rel=1e-10)


@pytest.mark.parametrize("dof", DOFS)
def test_a_row_depends_on_its_position_alone(dof):
    law = CopulaLaw.of(MARGINALS, R, dof)
    whole = law.rows(0, 40_000, seed=9)
    for start, stop in ((0, 1), (5, 6), (16_000, 17_000), (33_333, 40_000), (7, 7)):
        assert np.array_equal(law.rows(start, stop, seed=9), whole[:, start:stop])
    again = pickle.loads(pickle.dumps(law))
    assert np.array_equal(again.rows(100, 200, seed=9), whole[:, 100:200])
    assert not np.array_equal(law.rows(0, 10, seed=8), whole[:, :10])


@pytest.mark.parametrize("dof", DOFS)
def test_drawn_marginals_are_the_fitted_ones_by_exact_tests(dof):
    law = CopulaLaw.of(MARGINALS, R, dof)
    rows = law.rows(0, 40_000, seed=2)
    for marginal, column in zip(MARGINALS[:2], rows, strict=False):
        assert stats.kstest(column, marginal.cdf).pvalue > 1e-3
    counts = np.bincount(rows[2].astype(int), minlength=15)[:12]
    expected = MARGINALS[2].pmf(np.arange(12)) * 40_000
    assert stats.chi2.sf(((counts - expected) ** 2 / expected).sum(), 11) > 1e-3
    assert rows[1].min() >= 0.5
    assert rows[1].max() <= 6.0


@pytest.mark.parametrize("dof", DOFS)
def test_drawn_scores_have_the_correlations_and_uniform_probabilities(dof):
    law = CopulaLaw.of(SMOOTH, R, dof)
    uniform = law.rows(0, 40_000, seed=4, uniform=True)
    tau = stats.kendalltau(uniform[0, :10_000], uniform[1, :10_000]).statistic
    assert np.sin(np.pi / 2 * tau) == pytest.approx(0.8, abs=0.03)
    assert all(stats.kstest(u, "uniform").pvalue > 1e-3 for u in uniform)


def test_a_singular_covariance_is_drawn_from_and_has_no_density():
    law = Elliptical(MEAN, np.array([[1.0, 2.0, 0.0], [2.0, 4.0, 0.0], [0.0, 0.0, 0.0]]))
    rows = law.rows(0, 500, seed=1)
    assert rows[1] + 2.0 == pytest.approx(2 * (rows[0] - 1.0), abs=1e-6)
    assert np.ptp(rows[2]) == 0
    assert np.isfinite(law.distances(rows.T)).all()
    assert law.distances(np.array([[1.0, -2.0, 9.0]]))[0] == math.inf
    with pytest.raises(InvalidInput, match="singular"):
        law.logpdf(rows.T)


def test_a_matrix_that_is_no_covariance_is_refused():
    for bad in (np.array([[1.0, 2.0], [2.0, 1.0]]), np.array([[1.0, 0.5], [0.1, 1.0]]), np.full((2, 2), np.nan)):
        with pytest.raises(InvalidInput):
            _ = Elliptical(np.zeros(2), bad).factor


@pytest.mark.parametrize("dof", DOFS)
def test_a_copula_density_integrates_to_one(dof):
    law = CopulaLaw.of([fitted("gamma", (2.5, 0.0, 1.0)), fitted("norm", (0.0, 1.0))], R[:2, :2], dof)

    at, weight = np.polynomial.legendre.leggauss(120)
    z, spread = 7.0 * at, 7.0 * weight * np.exp(-24.5 * at**2) / math.sqrt(2 * math.pi)  # in normal scores
    x, y = (np.concatenate([m.ppf(stats.norm.cdf(z[z < 0])), m.isf(stats.norm.sf(z[z >= 0]))]) for m in law.marginals)
    points = np.array([(a, b) for a in x for b in y])
    ratio = np.exp(law.logpdf(points) - sum(m.logpdf(c) for m, c in zip(law.marginals, points.T, strict=True)))
    assert spread @ ratio.reshape(120, 120) @ spread == pytest.approx(1.0, abs=2e-4)


def test_with_normal_marginals_a_gaussian_copula_is_a_normal_distribution(rng):
    sd = np.array([2.0, 0.5, 3.0])
    law = CopulaLaw.of([fitted("norm", (m, s)) for m, s in zip(MEAN, sd, strict=True)], R)
    x = rng.normal(size=(40, 3))
    theirs = stats.multivariate_normal(MEAN, R * np.outer(sd, sd))
    assert law.logpdf(x) == pytest.approx(theirs.logpdf(x), rel=1e-9)


@pytest.mark.parametrize("dof", DOFS)
def test_joint_density_is_marginal_times_conditional(rng, dof):
    law = CopulaLaw.of(SMOOTH, R, dof)
    x = law.rows(0, 200, seed=3).T.copy()
    x[:, 1] = 2.0
    conditional = law.given([1], np.array([2.0]))
    assert conditional.logpdf(x[:, [0, 2]]) + SMOOTH[1].logpdf(2.0) == pytest.approx(law.logpdf(x), abs=1e-9)


@pytest.mark.parametrize("dof", DOFS)
def test_conditional_draws_are_those_of_rows_near_the_condition(dof):
    law = CopulaLaw.of(SMOOTH, R, dof)
    rows = law.rows(0, 150_000, seed=6)
    near = rows[0][np.abs(rows[1] - 2.0) < 0.03]
    drawn = law.given([1], np.array([2.0])).rows(0, 20_000, seed=7)[0]
    assert stats.ks_2samp(near, drawn).pvalue > 1e-3
    quantiles = law.given([1], np.array([2.0])).conditional_quantile(0, np.array([0.1, 0.5, 0.9]))
    assert np.quantile(drawn, [0.1, 0.5, 0.9]) == pytest.approx(quantiles, abs=0.03)


def test_outside_a_support_there_is_no_density_and_no_condition():
    law = CopulaLaw.of(SMOOTH, R)
    x = np.array([[0.0, 0.1, 0.0], [0.0, np.nan, 0.0], [0.0, 2.0, 0.0]])
    assert law.logpdf(x)[:2].tolist() == pytest.approx([-math.inf, math.nan], nan_ok=True)
    assert math.isfinite(law.logpdf(x)[2])
    with pytest.raises(InvalidInput, match="support"):
        law.given([1], np.array([7.0]))


def test_densities_and_conditions_of_counts_are_refused():
    law = CopulaLaw.of(MARGINALS, R)
    with pytest.raises(InvalidInput, match="discrete"):
        law.logpdf(np.array([[0.0, 1.0, 4.0]]))
    with pytest.raises(InvalidInput, match="discrete"):
        law.given([2], np.array([4.0]))
