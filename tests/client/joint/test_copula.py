"""Copulas of fitted columns: fitted, drawn from, conditioned, saved."""

from __future__ import annotations

import json
import pickle
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import special, stats

from warmfit import (
    BaseFitResults,
    DistributionFitResult,
    DistributionFitter,
    FitFailed,
    FitterConfigBuilder,
    GaussianCopula,
    InvalidInput,
    LocalBackend,
    RepairWarning,
    SerializationError,
    StudentTCopula,
    UnsupportedType,
    fit_copula,
    summarize,
    summarize_joint,
)

COLUMNS = ["a", "b", "c"]
R = np.array([[1.0, 0.6, -0.4], [0.6, 1.0, 0.2], [-0.4, 0.2, 1.0]])
MARGINALS = {
    "a": DistributionFitResult("lognorm", [0.5, 0.0, 1.0]),
    "b": DistributionFitResult("norm", [3.0, 2.0], lower_bound=1.0),
    "c": DistributionFitResult("gamma", [2.5, 0.0, 1.5]),
}


def frame(n: int = 4000, seed: int = 7) -> pd.DataFrame:
    z = np.random.default_rng(seed).multivariate_normal([0, 0, 0], R, size=n)
    table = pd.DataFrame({"a": np.exp(z[:, 0]), "b": z[:, 1] + 3, "c": stats.gamma(2.5).ppf(special.ndtr(z[:, 2]))})
    table.loc[::9, "b"] = np.nan
    return table


def fit(table: object, columns: list[str] = COLUMNS) -> BaseFitResults:
    config = FitterConfigBuilder().with_distributions(["norm", "lognorm", "gamma"]).build()
    return DistributionFitter(backend=LocalBackend(1)).fit(table, columns=columns, config=config)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return frame()


@pytest.fixture(scope="module")
def results(table: pd.DataFrame) -> BaseFitResults:
    return fit(table)


def test_marginals_are_the_best_fits_and_correlations_those_of_the_scores(table, results):
    copula = GaussianCopula.fit(results, table)
    assert [m.distribution for m in copula.marginals.values()] == ["lognorm", "norm", "gamma"]
    assert copula.correlation_matrix == pytest.approx(R, abs=0.05)
    assert copula.repaired == 0.0
    ranked = table[["a", "c"]].rank() / (len(table) + 1)
    plain = np.corrcoef(special.ndtri(ranked.to_numpy()).T)[0, 1]
    assert copula.correlation_matrix[0, 2] == pytest.approx(plain, abs=1e-3)


@pytest.mark.parametrize("method", ["spearman", "kendall"])
def test_rank_correlations_agree_with_the_scores_after_conversion(table, results, method):
    copula = GaussianCopula.fit(results, table, method=method)
    assert copula.correlation_matrix == pytest.approx(GaussianCopula.fit(results, table).correlation_matrix, abs=0.02)


def test_every_table_and_a_joint_summary_give_the_same_copula(table, results):
    from_pandas = GaussianCopula.fit(results, table).correlation_matrix
    for same in (pl.from_pandas(table), table.to_numpy(), summarize_joint(table, COLUMNS)):
        assert np.array_equal(GaussianCopula.fit(results, same).correlation_matrix, from_pandas)
    shuffled = table.sample(frac=1.0, random_state=1)
    assert GaussianCopula.fit(results, shuffled).correlation_matrix == pytest.approx(from_pandas, abs=1e-12)


def test_listwise_leaves_out_rows_that_lack_a_column(table, results):
    listwise = GaussianCopula.fit(results, table, missing="listwise").correlation_matrix
    pairwise = GaussianCopula.fit(results, table).correlation_matrix
    assert listwise[0, 1] == pytest.approx(pairwise[0, 1], abs=1e-12)  # b alone is missing anywhere
    assert listwise[0, 2] != pairwise[0, 2]


def test_draws_have_the_marginals_within_their_bounds_and_the_correlations():
    copula = GaussianCopula(COLUMNS, MARGINALS, R)
    rows = copula.sample(30_000, random_state=3)
    assert list(rows) == COLUMNS
    for name, marginal in MARGINALS.items():
        assert stats.kstest(rows[name], marginal.cdf).pvalue > 1e-3
    assert rows["b"].min() >= 1.0
    scores = np.array([special.ndtri(u) for u in copula.sample(30_000, 3, return_uniform=True).values()])
    assert np.corrcoef(scores) == pytest.approx(R, abs=0.02)


def test_a_sample_begins_with_any_shorter_one_and_can_be_taken_in_parts():
    for copula in (GaussianCopula(COLUMNS, MARGINALS, R), StudentTCopula(COLUMNS, MARGINALS, R, 4.0)):
        whole = copula.sample(1000, random_state=3)
        part = copula.rows(400, 500, seed=3)
        sampler = pickle.loads(pickle.dumps(copula.sampler()))
        for j, name in enumerate(COLUMNS):
            assert np.array_equal(whole[name][:50], copula.sample(50, random_state=3)[name])
            assert np.array_equal(whole[name][400:500], part[name])
            assert np.array_equal(sampler.rows(400, 500, 3)[:, j], part[name])
        assert not np.array_equal(copula.sample(5)["a"], copula.sample(5)["a"])
        generators = [np.random.default_rng(1) for _ in range(2)]
        assert np.array_equal(*(copula.sample(5, random_state=g)["a"] for g in generators))


def test_log_densities_take_frames_mappings_and_arrays():
    copula = GaussianCopula(COLUMNS, MARGINALS, R)
    rows = copula.sample(4, random_state=3)
    expected = copula.logpdf(rows)
    for same in (pd.DataFrame(rows), np.column_stack(list(rows.values()))):
        assert np.array_equal(copula.logpdf(same), expected)
    assert copula.logpdf({name: column[0] for name, column in rows.items()}) == pytest.approx(expected[:1])
    with pytest.raises(InvalidInput, match="'c'"):
        copula.logpdf({"a": 1.0, "b": 2.0})
    with pytest.raises(InvalidInput, match=r"\(N, 3\)"):
        copula.logpdf(np.zeros((2, 2)))


def test_a_condition_shifts_what_is_correlated_with_it():
    copula = GaussianCopula(COLUMNS, MARGINALS, R)
    low, high = (copula.condition({"b": value}) for value in (1.5, 6.0))
    assert low.column_names == ["a", "c"]
    assert high.ppf("a", 0.5) > copula.marginals["a"].ppf(0.5) > low.ppf("a", 0.5)
    assert np.median(high.sample(20_000, random_state=1)["a"]) == pytest.approx(float(high.ppf("a", 0.5)), rel=0.02)
    with pytest.raises(InvalidInput, match="support"):
        copula.condition({"b": 0.5})
    for bad in ({}, {"x": 1.0}, dict.fromkeys(COLUMNS, 2.0)):
        with pytest.raises(InvalidInput, match="some of a, b, c"):
            copula.condition(bad)


@pytest.mark.parametrize("suffix", ["json", "pkl"])
def test_a_saved_copula_comes_back_whole(tmp_path, suffix):
    for copula in (GaussianCopula(COLUMNS, MARGINALS, R), StudentTCopula(COLUMNS, MARGINALS, R, 4.5)):
        path = tmp_path / f"copula.{suffix}"
        copula.save(path)
        again = type(copula).load(path, allow_pickle=True)
        assert again.column_names == COLUMNS
        assert again.marginals == copula.marginals
        assert again.marginals["b"].lower_bound == 1.0
        assert again.dof == copula.dof
        assert np.array_equal(again.correlation_matrix, R)
        assert np.array_equal(again.sample(9, 1)["b"], copula.sample(9, 1)["b"])


def test_a_copula_of_spark_bestfit_is_read_and_its_spearman_correlations_converted(tmp_path):
    document = {
        "schema_version": "1.1", "spark_bestfit_version": "3.0.3", "type": "gaussian_copula", "column_names": ["a", "b"],
        "correlation_matrix": [[1.0, 0.5], [0.5, 1.0]],
        "marginals": {n: {"distribution": "norm", "parameters": [0.0, 1.0]} for n in ("a", "b")},
    }  # fmt: skip
    path = tmp_path / "theirs.json"
    path.write_text(json.dumps(document))
    assert GaussianCopula.load(path).correlation_matrix[0, 1] == pytest.approx(2 * np.sin(np.pi / 12))


@pytest.mark.parametrize(
    "change",
    [
        {"correlation_matrix": [[1.0]]},
        {"column_names": "a"},
        {"marginals": {}},
        {"dof": -1.0},
        {"correlation_matrix": "x"},
    ],
)
def test_a_damaged_copula_is_refused(tmp_path, change):
    path = tmp_path / "copula.json"
    GaussianCopula(COLUMNS, MARGINALS, R).save(path)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(SerializationError):
        GaussianCopula.load(path)


def test_correlations_that_are_none_are_repaired_and_said_to_be():
    broken = np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]])
    with pytest.warns(RepairWarning, match="nearest"):
        copula = GaussianCopula(COLUMNS, MARGINALS, broken)
    assert copula.repaired == pytest.approx(np.linalg.norm(copula.correlation_matrix - broken))
    assert np.linalg.eigvalsh(copula.correlation_matrix)[0] > 0
    assert np.isfinite(copula.logpdf(copula.sample(5, random_state=1))).all()


def test_a_column_and_its_double_move_together():
    z = np.random.default_rng(1).normal(size=1000)
    table = pd.DataFrame({"a": z, "b": 2 * z + 1})
    with pytest.warns(RepairWarning):
        copula = GaussianCopula.fit(fit(table, ["a", "b"]), table)
    rows = copula.sample(100, random_state=1)
    assert np.corrcoef(rows["a"], rows["b"])[0, 1] == pytest.approx(1.0, abs=1e-8)
    assert copula.repaired < 1e-8


def test_a_constant_column_is_refused_by_name(table):
    constant = table.assign(b=1.0)
    with pytest.raises(FitFailed, match="column 'b'"):
        GaussianCopula.fit(fit(constant), constant)
    with pytest.raises(InvalidInput, match="column 'b' is constant"):
        GaussianCopula.fit(fit(table), constant)


def test_heavier_dependence_in_the_tails_is_told_by_aic():
    student = StudentTCopula(COLUMNS, MARGINALS, R, 3.0)
    table = pd.DataFrame(student.sample(5000, random_state=2))
    results = fit(table)
    found = fit_copula(results, table)
    assert isinstance(found, StudentTCopula)
    assert found.dof == pytest.approx(3.0, rel=0.25)
    assert found.aic < found.gaussian_aic
    normal = pd.DataFrame(GaussianCopula(COLUMNS, MARGINALS, R).sample(3000, random_state=2))
    assert isinstance(fit_copula(fit(normal), normal), GaussianCopula)


def test_what_holds_no_rows_together_is_refused(table, results):
    with pytest.raises(InvalidInput, match="columns together"):
        GaussianCopula.fit(results, summarize(table, COLUMNS))
    with pytest.raises(InvalidInput, match="values alone"):
        GaussianCopula.fit(results, summarize_joint(table, COLUMNS, scores=False))
    with pytest.raises(InvalidInput, match="no rows"):
        StudentTCopula.fit(results, summarize_joint(table, COLUMNS))
    with pytest.raises(InvalidInput, match="Kendall"):
        GaussianCopula.fit(results, summarize_joint(table, COLUMNS), method="kendall")
    with pytest.raises(InvalidInput, match="contradicts"):
        GaussianCopula.fit(results, summarize_joint(table, COLUMNS), missing="listwise")


def test_arguments_of_the_wrong_kind_are_refused_by_name(table, results):
    for given, match in (
        ({"columns": ["a"]}, "2 to"),
        ({"columns": ["a", "x"]}, "no column 'x'"),
        ({"metric": "best"}, "metric"),
        ({"method": "pearson"}, "method"),
        ({"missing": "never"}, "missing"),
    ):
        with pytest.raises(InvalidInput, match=match):
            GaussianCopula.fit(results, table, **given)
    with pytest.raises(UnsupportedType, match="backend"):
        GaussianCopula.fit(results, table, backend="spark")
    with pytest.raises(UnsupportedType, match="results"):
        GaussianCopula.fit(table, table)
    with pytest.raises(InvalidInput, match="a marginal for each"):
        GaussianCopula(["a", "b"], MARGINALS, np.eye(2))
    with pytest.raises(InvalidInput, match="dof"):
        StudentTCopula(COLUMNS, MARGINALS, R, 0.0)


def test_counts_are_drawn_exactly_and_have_no_density():
    marginals = {"n": DistributionFitResult("poisson", [4.0, 0.0]), "x": MARGINALS["a"]}
    copula = GaussianCopula(["n", "x"], marginals, [[1.0, 0.5], [0.5, 1.0]])
    rows, uniform = copula.sample(2000, random_state=1), copula.sample(2000, random_state=1, return_uniform=True)
    assert np.array_equal(rows["n"], marginals["n"].ppf(uniform["n"]))
    with pytest.raises(InvalidInput, match="discrete"):
        copula.logpdf(rows)
    with warnings.catch_warnings():
        assert copula.condition({"x": 2.0}).sample(3, random_state=1)["n"].shape == (3,)


@pytest.mark.parametrize("partitions", [1, 3, 7])
def test_distributed_rows_are_those_of_a_sample_whatever_the_partitions(partitions, tmp_path):
    for copula in (GaussianCopula(COLUMNS, MARGINALS, R), StudentTCopula(COLUMNS, MARGINALS, R, 4.0)):
        here = pd.DataFrame(copula.sample(500, random_state=5))
        made = copula.sample_distributed(500, num_partitions=partitions, random_seed=5)
        pd.testing.assert_frame_equal(made, here)
    uniform = copula.sample_distributed(50, LocalBackend(1), partitions, 5, return_uniform=True)
    pd.testing.assert_frame_equal(uniform, pd.DataFrame(copula.sample(50, 5, return_uniform=True)))
    files = copula.sample_distributed(500, num_partitions=partitions, random_seed=5, path=tmp_path / "rows")
    assert len(files) == partitions
    pd.testing.assert_frame_equal(pd.concat(map(pd.read_parquet, files), ignore_index=True), here)
