"""Cross-products, ranks and joint summaries against NumPy and SciPy, split and merged in every way."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest
from scipy import special, stats

from warmfit_fitting.errors import GridMismatch, InvalidInput, SerializationError
from warmfit_fitting.joint import CrossProducts, JointSummary
from warmfit_fitting.joint.scores import EmpiricalDistribution
from warmfit_fitting.summary import summarize_values

NAMES = ("a", "b", "c")


def rows(n: int, rng: np.random.Generator, missing: float = 0.0) -> np.ndarray:
    z = rng.multivariate_normal([0, 0, 0], [[1, 0.8, -0.3], [0.8, 1, 0.1], [-0.3, 0.1, 1]], size=n)
    x = np.column_stack([np.exp(z[:, 0]), z[:, 1] + 1e6, np.round(3 * z[:, 2])])
    x[rng.random(x.shape) < missing] = np.nan
    return x


def summaries_of(x: np.ndarray) -> dict[str, object]:
    return {name: summarize_values(column) for name, column in zip(NAMES, x.T, strict=True)}


def test_covariances_are_those_of_numpy(rng):
    x = rows(5000, rng)
    assert CrossProducts.of(x).covariance() == pytest.approx(np.cov(x.T), rel=1e-9)
    assert CrossProducts.of(x).correlation() == pytest.approx(np.corrcoef(x.T), abs=1e-10)


def test_a_large_offset_costs_no_digits(rng):
    x = rows(5000, rng)
    moved = CrossProducts.of(x + 1e12)
    assert moved.correlation() == pytest.approx(np.corrcoef((x + 1e12 - 1e12).T), abs=1e-6)


def test_a_pair_is_taken_over_the_rows_that_have_both(rng):
    x = rows(3000, rng, missing=0.2)
    found = CrossProducts.of(x)
    for j in range(3):
        for k in range(3):
            both = ~np.isnan(x[:, j]) & ~np.isnan(x[:, k])
            assert found.count[j, k] == both.sum()
            assert found.mean[j, k] == pytest.approx(x[both, j].mean(), rel=1e-12)
            assert found.covariance()[j, k] == pytest.approx(np.cov(x[both, j], x[both, k])[0, 1], rel=1e-8)


@pytest.mark.parametrize("missing", ["pairwise", "listwise"])
@pytest.mark.parametrize("parts", [1, 3, 17])
def test_parts_merge_to_the_summary_of_all_rows_in_any_order(rng, missing, parts):
    x = rows(4000, rng, missing=0.1)
    summaries = summaries_of(x)
    whole = JointSummary.of(NAMES, x, summaries, missing)
    pieces = [JointSummary.of(NAMES, part, summaries, missing) for part in np.array_split(x, parts)]
    for order in (pieces, pieces[::-1]):
        merged = reduce(JointSummary.merge, order)
        assert merged.n == whole.n
        for mine, all_rows in (
            (merged.values, whole.values),
            (merged.scores, whole.scores),
            (merged.ranks, whole.ranks),
        ):
            assert np.array_equal(mine.count, all_rows.count)
            assert mine.mean == pytest.approx(all_rows.mean, rel=1e-12, abs=1e-12)
            assert mine.correlation() == pytest.approx(all_rows.correlation(), abs=1e-10)


def test_merging_two_is_the_same_whichever_comes_first(rng):
    x = rows(1000, rng, missing=0.1)
    a, b = (JointSummary.of(NAMES, part, summaries_of(x)) for part in (x[:300], x[300:]))
    assert a.merge(b) == b.merge(a)
    assert a.merge(b).fingerprint == b.merge(a).fingerprint


def test_listwise_leaves_out_rows_that_lack_any_column(rng):
    x = rows(1000, rng, missing=0.2)
    complete = x[~np.isnan(x).any(axis=1)]
    found = JointSummary.of(NAMES, x, missing="listwise")
    assert found.n == 1000
    assert np.all(found.values.count == len(complete))
    assert found.values.covariance() == pytest.approx(np.cov(complete.T), rel=1e-8)


def test_the_ranks_of_an_exact_summary_are_mid_ranks(rng):
    x = np.round(rng.gamma(2.0, size=3000), 2)
    found = EmpiricalDistribution.of(summarize_values(x)).ranks(x)
    assert found == pytest.approx((stats.rankdata(x) - 0.5) / len(x), abs=1e-12)


@pytest.mark.parametrize("ties", [False, True])
def test_the_scores_of_a_binned_summary_are_those_of_the_ranks(rng, ties):
    x = rng.gamma(0.7, size=200_000)
    x = np.where(rng.random(len(x)) < 0.1, 1.0, x) if ties else x
    found = EmpiricalDistribution.of(summarize_values(x)).scores(x)
    exact = special.ndtri((stats.rankdata(x) - 0.5) / len(x))
    assert np.sqrt(np.mean((found - exact) ** 2)) < 1e-3
    assert np.corrcoef(found, exact)[0, 1] > 1 - 1e-6


def test_whole_numbers_in_wide_bins_have_the_mid_ranks_of_their_ties(rng):
    x = rng.poisson(1e6, size=100_000).astype(float)
    found = EmpiricalDistribution.of(summarize_values(x)).ranks(x)
    assert found == pytest.approx((stats.rankdata(x) - 0.5) / len(x), abs=1e-3)


def test_spearmans_correlation_is_that_of_scipy(rng):
    x = rows(2000, rng)
    found = JointSummary.of(NAMES, x, summaries_of(x)).ranks.correlation()
    assert found == pytest.approx(stats.spearmanr(x).statistic, abs=1e-10)


def test_a_summary_survives_its_encoding(rng):
    x = rows(500, rng, missing=0.1)
    for whole in (JointSummary.of(NAMES, x), JointSummary.of(NAMES, x, summaries_of(x), "listwise")):
        again = JointSummary.from_bytes(whole.to_bytes())
        assert again == whole
        assert (again.names, again.missing, again.marginals) == (whole.names, whole.missing, whole.marginals)


def test_damaged_bytes_are_refused(rng):
    data = JointSummary.of(NAMES, rows(50, rng)).to_bytes()
    for bad in (b"", data[:-1], data + b"\0", b"XXXX" + data[4:], data[:24]):
        with pytest.raises(SerializationError):
            JointSummary.from_bytes(bad)


def test_rows_ranked_through_other_summaries_do_not_merge(rng):
    x = rows(400, rng)
    a, b = (JointSummary.of(NAMES, part, summaries_of(part)) for part in (x[:200], x[200:]))
    with pytest.raises(GridMismatch, match="ranked"):
        a.merge(b)
    with pytest.raises(InvalidInput, match="same columns"):
        a.merge(JointSummary.of(("x", "y", "z"), x))


def test_infinite_values_and_censored_columns_are_refused_by_name(rng):
    x = rows(10, rng)
    x[3, 1] = np.inf
    with pytest.raises(InvalidInput, match="'b'"):
        JointSummary.of(NAMES, x)
    censored = summarize_values(np.arange(1.0, 9.0), censoring=np.array([0, 1] * 4))
    with pytest.raises(InvalidInput, match="censored"):
        EmpiricalDistribution.of(censored)


def test_some_of_the_columns_are_a_summary_of_their_own(rng):
    x = rows(300, rng)
    summaries = summaries_of(x)
    whole = JointSummary.of(NAMES, x, summaries)
    part = whole.only(["c", "a"])
    assert part == JointSummary.of(("c", "a"), x[:, [2, 0]], summaries)
