"""Conversions of rank correlations, repairs of matrices, and whether estimates are unbiased."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.joint import JointSummary
from warmfit_fitting.joint.correlation import (
    LEAST_EIGENVALUE,
    check_correlation,
    from_kendall,
    from_spearman,
    nearest,
    of_estimate,
    settled,
)
from warmfit_fitting.joint.multivariate import estimate
from warmfit_fitting.summary import summarize_values

# Higham (2002), the example of section 6 and the nearest correlation matrix that he prints.
TRIDIAGONAL = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])
NEAREST = np.array([[1.0, 0.7607, 0.1573], [0.7607, 1.0, 0.7607], [0.1573, 0.7607, 1.0]])


def normals(rho: float, n: int, seed: int) -> np.ndarray:
    z = np.random.default_rng(seed).standard_normal((n, 2))
    return np.column_stack([z[:, 0], rho * z[:, 0] + np.sqrt(1 - rho * rho) * z[:, 1]])


def joint(x: np.ndarray) -> JointSummary:
    names = [str(j) for j in range(x.shape[1])]
    return JointSummary.of(names, x, {n: summarize_values(c) for n, c in zip(names, x.T, strict=True)})


@pytest.mark.parametrize("rho", [-0.9, 0.5])
@pytest.mark.parametrize("method", ["normal", "spearman"])
def test_correlations_of_transformed_normals_are_unbiased(rho, method):
    found = []
    for seed in range(25):
        x = normals(rho, 10_000, seed)
        x[:, 0] = np.exp(x[:, 0])
        found.append(of_estimate(joint(x), method)[0, 1])
    deviation = np.std(found, ddof=1) / np.sqrt(len(found))
    assert abs(np.mean(found) - rho) < 2.5 * deviation


@pytest.mark.parametrize("rho", [-0.8, 0.3, 0.95])
def test_rank_correlations_convert_to_that_of_the_scores(rho):
    x = normals(rho, 50_000, 3)
    assert from_spearman(stats.spearmanr(x).statistic) == pytest.approx(rho, abs=8e-3)
    assert from_kendall(stats.kendalltau(x[:10_000, 0], x[:10_000, 1]).statistic) == pytest.approx(rho, abs=2e-2)
    assert from_spearman(np.array([-1.0, 0.0, 1.0])) == pytest.approx([-1.0, 0.0, 1.0])
    assert from_kendall(np.array([-1.0, 0.0, 1.0])) == pytest.approx([-1.0, 0.0, 1.0])


def test_the_nearest_correlation_matrix_is_the_published_one():
    assert nearest(TRIDIAGONAL) == pytest.approx(NEAREST, abs=5e-5)


def test_a_repair_is_definite_and_measured(rng):
    a = rng.uniform(-1, 1, (6, 6))
    broken = np.clip((a + a.T) / 2, -1, 1)
    np.fill_diagonal(broken, 1.0)
    found = settled(broken)
    assert np.linalg.eigvalsh(found.matrix)[0] >= LEAST_EIGENVALUE
    assert np.array_equal(np.diag(found.matrix), np.ones(6))
    assert found.repaired == pytest.approx(np.linalg.norm(found.matrix - broken))
    np.linalg.cholesky(found.matrix)


def test_a_definite_matrix_is_left_as_it_is():
    matrix = np.array([[1.0, 0.5], [0.5, 1.0]])
    found = settled(matrix)
    assert np.array_equal(found.matrix, matrix)
    assert found.repaired == 0.0


def test_perfectly_correlated_columns_are_moved_by_next_to_nothing(rng):
    x = rng.gamma(2.0, size=1000)
    found = settled(of_estimate(joint(np.column_stack([x, 2 * x, -x]))))
    assert found.matrix == pytest.approx(np.array([[1, 1, -1], [1, 1, -1], [-1, -1, 1]]), abs=1e-8)
    assert 0 < found.repaired < 1e-8


def test_a_constant_column_has_no_correlation_and_is_told_apart(rng):
    x = np.column_stack([rng.normal(size=50), np.full(50, 3.0), rng.normal(size=50)])
    estimated = of_estimate(joint(x))
    assert np.isnan(estimated[0, 1])
    assert settled(estimated).constant == (False, True, False)


@pytest.mark.parametrize("bad", [np.eye(3), [[1, 2], [2, 1]], [[1, 0.5], [0.4, 1]], [[1, np.nan], [np.nan, 1]]])
def test_what_is_no_correlation_matrix_is_refused(bad):
    with pytest.raises(InvalidInput, match="correlation matrix"):
        check_correlation(bad, 2)


def test_means_and_covariances_are_those_of_the_rows(rng):
    x = rng.multivariate_normal([1, 2, 3], [[2, 1, 0], [1, 2, 0], [0, 0, 1]], size=400)
    found = estimate(JointSummary.of("abc", x))
    assert found.mean == pytest.approx(x.mean(axis=0), rel=1e-12)
    assert found.cov == pytest.approx(np.cov(x.T), rel=1e-10)
    assert estimate(JointSummary.of("abc", x), bias=True).cov == pytest.approx(np.cov(x.T, bias=True), rel=1e-10)


def test_pairwise_covariances_that_are_none_are_repaired_with_their_variances():
    nan = np.nan
    x = np.array(
        [[1.0, 1, nan], [2, 2, nan], [3, 3, nan], [nan, 1, 1], [nan, 2, 2], [nan, 3, 3], [1, nan, 3], [3, nan, 1]]
    )
    found = estimate(JointSummary.of("abc", x))
    raw = JointSummary.of("abc", x).values.covariance()
    assert np.linalg.eigvalsh(raw)[0] < 0 <= np.linalg.eigvalsh(found.cov)[0]
    assert np.diag(found.cov) == pytest.approx(np.diag(raw))
    assert found.repaired > 0


def test_too_few_rows_of_a_pair_are_named():
    x = np.array([[1.0, np.nan], [2.0, np.nan], [np.nan, 1.0]])
    with pytest.raises(InvalidInput, match="'b'"):
        estimate(JointSummary.of("ab", x))
