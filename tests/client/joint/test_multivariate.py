"""The multivariate normal distribution of columns, against NumPy and SciPy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from warmfit import (
    InvalidInput,
    MultivariateNormalFitter,
    MultivariateNormalResult,
    RepairWarning,
    UnsupportedType,
    summarize_joint,
)

COLUMNS = ["x", "y", "z"]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    rows = rng.multivariate_normal([1.0, -2.0, 1e6], [[2.0, 1.0, 0.0], [1.0, 2.0, 0.5], [0.0, 0.5, 1.0]], size=3000)
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame.loc[::11, "y"] = np.nan
    return frame


def test_mean_and_covariance_are_those_of_the_complete_rows(table):
    found = MultivariateNormalFitter().fit(table, COLUMNS)
    complete = table.dropna()
    assert found.mean == pytest.approx(complete.mean().to_numpy(), rel=1e-12)
    assert found.cov == pytest.approx(complete.cov().to_numpy(), rel=1e-8)
    assert found.n_samples == len(complete)
    assert found.n_dimensions == 3
    biased = MultivariateNormalFitter().fit(table, COLUMNS, bias=True)
    assert biased.cov == pytest.approx(found.cov * (len(complete) - 1) / len(complete), rel=1e-12)


def test_pairwise_covariances_are_those_of_pandas(table):
    found = MultivariateNormalFitter().fit(table, COLUMNS, missing="pairwise")
    assert found.cov == pytest.approx(table.cov().to_numpy(), rel=1e-8)
    assert found.mean == pytest.approx(table.mean().to_numpy(), rel=1e-12)


def test_joint_summaries_of_parts_merge_to_the_same_fit(table):
    parts = [summarize_joint(part, COLUMNS, missing="listwise", scores=False) for part in (table[:900], table[900:])]
    found = MultivariateNormalFitter().fit(parts[0].merge(parts[1]))
    assert found.cov == pytest.approx(MultivariateNormalFitter().fit(table, COLUMNS).cov, rel=1e-9)


def test_densities_and_distances_are_those_of_scipy(table):
    found = MultivariateNormalFitter().fit(table, COLUMNS)
    points = table.dropna()[:50]
    theirs = stats.multivariate_normal(found.mean, found.cov)
    assert found.logpdf(points) == pytest.approx(theirs.logpdf(points), rel=1e-8)
    assert found.pdf(points.to_numpy()) == pytest.approx(theirs.pdf(points), rel=1e-8)
    centred = points.to_numpy() - found.mean
    squared = np.einsum("ij,jk,ik->i", centred, np.linalg.inv(found.cov), centred)
    assert found.mahalanobis(points) == pytest.approx(np.sqrt(squared), rel=1e-8)
    assert found.mahalanobis(found.mean) == pytest.approx([0.0])
    assert found.correlation_matrix() == pytest.approx(np.corrcoef(table.dropna().to_numpy().T), abs=1e-8)


def test_draws_have_the_mean_and_the_covariance_and_are_counted_by_row(table):
    found = MultivariateNormalFitter().fit(table, COLUMNS)
    rows = np.column_stack(list(found.sample(40_000, random_state=1).values()))
    assert rows.mean(axis=0) == pytest.approx(found.mean, abs=0.03)
    assert np.cov(rows.T) == pytest.approx(found.cov, abs=0.05)
    assert np.array_equal(found.sampler().rows(30_000, 30_010, 1), rows[30_000:30_010])


@pytest.mark.parametrize("suffix", ["json", "pkl"])
def test_a_saved_result_comes_back_whole(table, tmp_path, suffix):
    found = MultivariateNormalFitter().fit(table, COLUMNS)
    found.save(tmp_path / f"normal.{suffix}")
    again = MultivariateNormalResult.load(tmp_path / f"normal.{suffix}", allow_pickle=True)
    assert (again.column_names, again.n_samples) == (found.column_names, found.n_samples)
    assert np.array_equal(again.mean, found.mean)
    assert np.array_equal(again.cov, found.cov)


def test_a_constant_column_and_a_sum_of_others_are_drawn_and_have_no_density(table):
    more = table.assign(k=5.0, s=table["x"] + table["y"])
    found = MultivariateNormalFitter().fit(more, ["x", "y", "k", "s"])
    rows = found.sample(100, random_state=1)
    assert np.ptp(rows["k"]) == 0
    assert rows["s"] == pytest.approx(rows["x"] + rows["y"], abs=1e-5)
    assert found.correlation_matrix()[2].tolist() == [0, 0, 1, 0]
    with pytest.raises(InvalidInput, match="singular"):
        found.logpdf(rows)


def test_pairwise_covariances_that_are_none_are_repaired_and_said_to_be():
    nan = np.nan
    a = [1.0, 2, 3, nan, nan, nan, 1, 3]
    frame = pd.DataFrame({"a": a, "b": [1.0, 2, 3, 1, 2, 3, nan, nan], "c": [nan, nan, nan, 1.0, 2, 3, 3, 1]})
    with pytest.warns(RepairWarning, match="nearest"):
        found = MultivariateNormalFitter().fit(frame, ["a", "b", "c"], missing="pairwise")
    assert np.linalg.eigvalsh(found.cov)[0] >= 0
    assert found.repaired > 0


def test_tests_of_normality_tell_normal_rows_from_others(table):
    found = MultivariateNormalFitter().fit(table, COLUMNS)
    assert all(test.pvalue > 1e-3 for test in found.normality(table).values())
    assert found.normality(table[:500], "henze_zirkler")["henze_zirkler"].pvalue > 1e-3
    skewed = table.assign(x=np.exp(table["x"]))
    assert set(found.normality(skewed)) == {"mardia_skewness", "mardia_kurtosis"}
    assert all(test.pvalue < 1e-6 for test in found.normality(skewed).values())
    with pytest.raises(InvalidInput, match="unknown test"):
        found.normality(table, "shapiro")


def test_what_is_no_distribution_is_refused():
    with pytest.raises(InvalidInput, match="eigenvalue"):
        MultivariateNormalResult(["a", "b"], np.zeros(2), np.array([[1.0, 2.0], [2.0, 1.0]]))
    with pytest.raises(InvalidInput, match="shape"):
        MultivariateNormalResult(["a", "b"], np.zeros(3), np.eye(2))
    with pytest.raises(UnsupportedType, match="backend"):
        MultivariateNormalFitter("spark")
    with pytest.raises(InvalidInput, match="needs two"):
        MultivariateNormalFitter().fit(pd.DataFrame({"a": [1.0, np.nan], "b": [1.0, 2.0]}))
