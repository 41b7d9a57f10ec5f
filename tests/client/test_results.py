"""A collection of results: its table, rankings, filters, reports, and what lazy ones compute when asked."""

from __future__ import annotations

import copy
import math
import pickle
import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from warmfit.results import (
    BaseFitResults,
    ColumnFit,
    EagerFitResults,
    FitResults,
    LazyFitResults,
    PoorFitWarning,
)
from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.errors import InvalidInput, UnknownDistribution, UnsupportedType
from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import summarize_values

SUMMARY = summarize_values(np.random.default_rng(3).gamma(2.0, 3.0, 300))
NUMBERS = [
    "sse", "aic", "bic", "ks_statistic", "pvalue", "ad_statistic", "ad_pvalue", "data_min", "data_max",
    "data_mean", "data_stddev", "data_count", "data_kurtosis", "data_skewness", "lower_bound", "upper_bound",
    "loglik", "aicc", "cvm_statistic", "elapsed", "n_evaluations", "ks_error_bound", "n_missing",
]  # fmt: skip


def row(name: str, bic: float, ks: float = 0.05, status: Any = "ok", **more: Any) -> FitRow:
    """A row whose metrics all follow from `bic` and `ks`."""
    known = {"parameters": (1.0,) * len(CATALOGUE[name].parameters)} | more
    return FitRow(
        name, status, "" if status == "ok" else "it would not", loglik=-bic / 2, aic=bic - 1, aicc=bic - 0.5,
        bic=bic, ks_statistic=ks, ad_statistic=10 * ks, cvm_statistic=ks / 2, sse=ks / 10, **known,
    )  # fmt: skip


def column(*rows: FitRow, name: str = "x", **spec: Any) -> ColumnFit:
    return ColumnFit(name, SUMMARY, FitSpec(tuple(r.distribution for r in rows), **spec), rows)


def eager(*rows: FitRow, **spec: Any) -> EagerFitResults:
    results = FitResults.from_columns([column(*rows, **spec)], lazy=False)
    assert isinstance(results, EagerFitResults)
    return results


def names(fits: list[Any]) -> list[str]:
    return [fit.distribution for fit in fits]


THREE = (row("norm", 30.0, 0.02), row("expon", 10.0, 0.20), row("gamma", 20.0, 0.10))
FAILED = FitRow("lognorm", "failed", "no start")


@pytest.fixture(scope="module")
def families() -> tuple[str, ...]:
    return ("norm", "gamma", "erlang", "expon", "norminvgauss")


@pytest.fixture
def lazy(families: tuple[str, ...]) -> LazyFitResults:
    """A real fit without goodness."""
    return LazyFitResults([fitted(families, goodness=False)])


def fitted(families: tuple[str, ...], **spec: Any) -> ColumnFit:
    question = FitSpec(families, **spec)
    problem = prepare(SUMMARY, question)
    return ColumnFit("x", SUMMARY, question, tuple(fit_family(problem, CATALOGUE[n]) for n in families))


# The table


def test_the_table_has_the_documented_columns_in_order() -> None:
    assert eager(*THREE).df.columns.tolist() == [
        "column_name",
        "distribution",
        "parameters",
        "sse",
        "aic",
        "bic",
        "ks_statistic",
        "pvalue",
        "ad_statistic",
        "ad_pvalue",
        "data_min",
        "data_max",
        "data_mean",
        "data_stddev",
        "data_count",
        "data_kurtosis",
        "data_skewness",
        "lower_bound",
        "upper_bound",
        "loglik",
        "aicc",
        "cvm_statistic",
        "status",
        "reason",
        "elapsed",
        "n_evaluations",
        "ks_error_bound",
        "standard_errors",
        "cvm_pvalue",
        "estimation_method",
        "ending",
        "n_missing",
    ]


@pytest.mark.parametrize("rows", [THREE, (FAILED,), ()])
def test_numbers_are_float64_whatever_is_in_the_table(rows: tuple[FitRow, ...]) -> None:
    asked = ColumnFit("x", SUMMARY, FitSpec(("norm",)), rows)
    table = EagerFitResults([asked]).df
    assert len(table) == len(rows)
    assert {str(table[name].dtype) for name in NUMBERS} == {"float64"}


def test_every_family_has_a_row_with_its_status_and_lists_for_parameters() -> None:
    table = eager(*THREE, FAILED).df
    assert table["distribution"].tolist() == ["norm", "expon", "gamma", "lognorm"]
    assert table["status"].tolist() == ["ok", "ok", "ok", "failed"]
    assert table["parameters"].tolist() == [[1.0, 1.0], [1.0, 1.0], [1.0, 1.0, 1.0], []]
    assert table["bic"].isna().tolist() == [False, False, False, True]
    assert table["data_count"].tolist() == [300.0] * 4
    assert table["n_missing"].tolist() == [0.0] * 4


def test_bounds_and_missing_rows_are_in_the_table() -> None:
    summary = summarize_values(np.array([1.0, 2.0, math.nan, 4.0]))
    spec = FitSpec(("norm",), lower_bound=0.5)
    table = EagerFitResults([ColumnFit("x", summary, spec, (row("norm", 1.0),))]).df
    assert table.loc[0, "lower_bound"] == 0.5
    assert math.isnan(table.loc[0, "upper_bound"])
    assert (table.loc[0, "n_missing"], table.loc[0, "data_count"]) == (1.0, 3.0)


def test_a_table_handed_out_does_not_change_the_results() -> None:
    results = eager(*THREE)
    for table in (results.df, results.to_pandas()):
        table.loc[0, "bic"] = -1e9
    assert results.df["bic"].tolist() == [30.0, 10.0, 20.0]


def test_failures_are_the_rows_that_are_not_ok() -> None:
    spike = row("expon", 1.0, status="degenerate")
    failures = eager(row("norm", 1.0), spike, FAILED).failures
    assert failures.columns.tolist() == ["column_name", "distribution", "status", "reason"]
    assert failures["distribution"].tolist() == ["expon", "lognorm"]
    assert failures["reason"].tolist() == ["it would not", "no start"]


# Rankings


@pytest.mark.parametrize(
    ("metric", "first"),
    [
        ("bic", "expon"), ("aic", "expon"), ("aicc", "expon"), ("loglik", "expon"),
        ("ks_statistic", "norm"), ("ad_statistic", "norm"), ("cvm_statistic", "norm"), ("sse", "norm"),
    ],
)  # fmt: skip
def test_the_best_has_the_lowest_metric_but_the_highest_likelihood(metric: str, first: str) -> None:
    assert names(eager(*THREE).best(metric=metric)) == [first]


def test_the_default_metric_is_bic_and_n_counts_from_the_best() -> None:
    assert names(eager(*THREE).best(2)) == ["expon", "gamma"]
    assert names(eager(*THREE).best(n=99)) == ["expon", "gamma", "norm"]


def test_only_rows_with_status_ok_are_ranked() -> None:
    rows = [row("norm", 5.0)]
    rows += [row("expon", 1.0, status=status) for status in ("degenerate",)]
    assert names(eager(*rows, FAILED).best(5)) == ["norm"]
    assert eager(FAILED).best() == []


def test_a_row_whose_metric_is_not_known_is_not_ranked() -> None:
    assert names(eager(replace(THREE[1], bic=math.nan), THREE[0]).best(5)) == ["norm"]


def test_reparametrizations_of_one_family_count_once_in_catalogue_order() -> None:
    rows = [row(name, 1.0) for name in ("chi2", "erlang", "gamma")]
    assert names(eager(row("norm", 2.0), *rows).best(5)) == ["gamma", "norm"]
    assert names(eager(row("norm", 2.0), *rows[:2]).best(5)) == ["erlang", "norm"]


def test_a_parameter_held_fixed_makes_reparametrizations_different_models() -> None:
    rows = [row("gamma", 1.0), row("chi2", 2.0)]
    assert names(eager(*rows, fixed=(("loc", 0.0),)).best(5)) == ["gamma"]
    assert names(eager(*rows, fixed=(("scale", 1.0),)).best(5)) == ["gamma", "chi2"]
    begun_elsewhere = [row("pareto", 1.0), row("lomax", 2.0)]
    assert names(eager(*begun_elsewhere).best(5)) == ["lomax"]
    assert names(eager(*begun_elsewhere, fixed=(("loc", 0.0),)).best(5)) == ["pareto", "lomax"]


def test_ties_go_to_the_family_that_the_catalogue_has_first() -> None:
    first, second = sorted(("gumbel_r", "expon"), key=CATALOGUE.names.index)
    assert names(eager(row(second, 1.0), row(first, 1.0)).best(2)) == [first, second]


@pytest.mark.parametrize(("n", "error"), [(0, InvalidInput), (1.5, UnsupportedType)])
def test_a_number_of_fits_that_makes_no_sense_is_refused(n: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="n="):
        eager(*THREE).best(n)


def test_an_unknown_metric_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(InvalidInput, match=r"'BIC'.*loglik, aic, aicc, bic, ks_statistic"):
        eager(*THREE).best(metric="BIC")
    with pytest.raises(UnsupportedType):
        eager(*THREE).best(metric=3)  # type: ignore[arg-type]


def test_a_poor_fit_is_warned_of_when_asked() -> None:
    with pytest.warns(PoorFitWarning, match=r"expon on x: the KS distance 0\.2 is above 0\.1"):
        eager(*THREE).best(warn_if_poor=True)
    with warnings.catch_warnings(action="error"):
        eager(*THREE).best()
        eager(*THREE).best(metric="sse", warn_if_poor=True)


def test_a_family_that_nobody_here_knows_is_ranked_and_named_where_it_is_needed() -> None:
    strange = ColumnFit("x", SUMMARY, FitSpec(("mine",)), (FitRow("mine", "ok", "", (0.0, 1.0), bic=1.0),))
    best = EagerFitResults([strange]).best()[0]
    assert best.distribution == "mine"  # a service's own family ranks here, and is evaluated there
    with pytest.raises(UnknownDistribution, match=r"'mine'.*Client\.evaluate"):
        best.pdf(0.0)


def test_a_users_family_ranks_and_works_like_any_other() -> None:
    mine = FitRow("mine", "ok", "", (0.0, 1.0), 2, bic=1.0, ks_statistic=0.01)
    asked = ColumnFit("x", SUMMARY, FitSpec(("norm", "mine")), (row("norm", 2.0), mine))
    best = EagerFitResults([asked], custom={"mine": stats.logistic}).best()[0]
    assert best.cdf(0.3) == pytest.approx(stats.logistic.cdf(0.3), rel=1e-12)


# Columns


def two_columns() -> EagerFitResults:
    return EagerFitResults([column(*THREE, name="a"), column(row("norm", 1.0), FAILED, name="b")])


def test_a_collection_is_split_by_column() -> None:
    results = two_columns()
    assert results.column_names == ["a", "b"]
    assert (len(results), results.count(), len(results.for_column("b"))) == (5, 5, 2)
    assert type(results.for_column("a")) is EagerFitResults
    assert {name: names(fits) for name, fits in results.best_per_column(n=2).items()} == {
        "a": ["expon", "gamma"],
        "b": ["norm"],
    }


def test_an_unknown_column_is_refused_with_the_columns_there_are() -> None:
    with pytest.raises(InvalidInput, match="no column 'c': the columns are 'a', 'b'"):
        two_columns().for_column("c")


def test_iterating_gives_every_row_as_a_result() -> None:
    assert [(r.column_name, r.distribution, r.status) for r in two_columns()][-2:] == [
        ("b", "norm", "ok"),
        ("b", "lognorm", "failed"),
    ]


def test_a_column_named_twice_is_refused() -> None:
    with pytest.raises(InvalidInput, match="more than once"):
        EagerFitResults([column(*THREE), column(*THREE)])


def test_a_column_without_a_summary_has_failed_rows_and_no_statistics() -> None:
    spec = FitSpec(("norm", "gamma"))
    rows = tuple(FitRow(name, "failed", "the column has no values") for name in spec.families)
    results = EagerFitResults([column(*THREE, name="a"), ColumnFit("b", None, spec, rows)])
    assert results.for_column("b").best() == []
    assert results.for_column("b").df["data_count"].isna().all()
    assert results.failures["column_name"].tolist() == ["b", "b"]


# Filters and reports


@pytest.mark.parametrize(
    ("thresholds", "kept"),
    [
        ({}, ["norm", "expon", "gamma", "lognorm"]),
        ({"bic_threshold": 20.0}, ["expon"]),
        ({"bic_threshold": 20.1}, ["expon", "gamma"]),
        ({"aic_threshold": 10.0}, ["expon"]),
        ({"ks_threshold": 0.10}, ["norm"]),
        ({"ad_threshold": 1.5, "bic_threshold": 25}, ["gamma"]),
        ({"sse_threshold": 0.0}, []),
    ],
)
def test_a_filter_keeps_what_is_strictly_below_every_threshold(thresholds: dict[str, float], kept: list[str]) -> None:
    filtered = eager(*THREE, FAILED).filter(**thresholds)
    assert type(filtered) is EagerFitResults
    assert filtered.df["distribution"].tolist() == kept


def test_a_filter_on_pvalues_that_were_not_computed_is_refused() -> None:
    with pytest.raises(InvalidInput, match="pvalue_threshold"):
        eager(*THREE).filter(pvalue_threshold=0.05)


def test_a_threshold_that_is_no_number_is_refused_by_name() -> None:
    with pytest.raises(UnsupportedType, match="ks_threshold"):
        eager(*THREE).filter(ks_threshold="low")  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="bic_threshold"):
        eager(*THREE).filter(bic_threshold=math.nan)


def test_the_summary_aggregates_the_ok_rows_of_each_column() -> None:
    table = two_columns().summary().set_index("column_name")
    assert table.loc["a", ["total_distributions", "n_ok"]].tolist() == [3, 3]
    assert table.loc["b", ["total_distributions", "n_ok"]].tolist() == [2, 1]
    assert table.loc["a", ["min_bic", "mean_bic", "max_bic"]].tolist() == [10.0, 20.0, 30.0]
    assert table.loc["a", ["min_ks", "max_ks"]].tolist() == [0.02, 0.20]
    assert table.loc["b", ["min_ad", "mean_ad", "max_ad"]].tolist() == [0.5, 0.5, 0.5]


def test_a_quality_report_shows_the_best_counts_the_acceptable_and_warns() -> None:
    report = eager(*THREE, FAILED).quality_report(n=2, ad_threshold=1.2)
    assert names(report["top_fits"]) == ["expon", "gamma"]
    assert (report["n_acceptable"], report["n_ok"], report["n_failures"]) == (2, 3, 1)
    assert report["summary"]["min_bic"] == 10.0
    assert report["summary"]["total_distributions"] == 4
    assert [word for word in ("KS distance 0.2", "AD statistic 2 ") if word in " ".join(report["warnings"])] == [
        "KS distance 0.2",
        "AD statistic 2 ",
    ]
    assert "1 of 4 rows" in report["warnings"][-1]


def test_a_quality_report_without_any_fit_says_so() -> None:
    report = eager(FAILED).quality_report()
    assert report["top_fits"] == []
    assert "no family could be fitted" in report["warnings"][0]


def test_a_quality_report_of_a_good_fit_has_no_warnings() -> None:
    assert eager(row("norm", 1.0, 0.02)).quality_report()["warnings"] == []


# Eager and lazy


def test_the_factory_makes_the_class_that_is_asked_for() -> None:
    assert type(FitResults([column(*THREE)])) is EagerFitResults
    assert type(FitResults([column(*THREE)], lazy=True)) is LazyFitResults
    assert isinstance(FitResults([]), BaseFitResults)
    with pytest.raises(InvalidInput, match="lazy"):
        EagerFitResults([], lazy=True)


def test_an_eager_collection_is_itself_when_materialized_or_unpersisted() -> None:
    results = eager(*THREE)
    assert results.materialize() is results
    assert results.unpersist(blocking=True) is results
    assert (results.is_lazy, results.is_spark_df) == (False, False)


def test_a_lazy_collection_leaves_goodness_open_until_it_is_asked_for(lazy: LazyFitResults) -> None:
    assert lazy.is_lazy
    assert lazy.best()[0].ks_statistic is None
    assert lazy.df["ks_statistic"].isna().all()
    assert lazy.best(metric="ks_statistic")[0].ks_statistic is not None
    assert lazy.df["ks_statistic"].notna().all()
    assert lazy.df["sse"].notna().all()


def test_a_lazy_collection_ends_with_the_rows_of_an_eager_one(lazy: LazyFitResults, families: tuple[str, ...]) -> None:
    ours, theirs = lazy.materialize().df, EagerFitResults([fitted(families)]).df
    assert isinstance(lazy.materialize(), EagerFitResults)
    pd.testing.assert_frame_equal(ours.drop(columns="elapsed"), theirs.drop(columns="elapsed"))


@pytest.mark.parametrize(
    "use",
    [
        lambda r: r.filter(ks_threshold=1.0),
        lambda r: r.filter(ad_threshold=1e9, bic_threshold=1e9),
        lambda r: r.best_per_column(metric="sse"),
        lambda r: r.quality_report(),
    ],
)
def test_asking_for_goodness_computes_it(lazy: LazyFitResults, use: Any) -> None:
    outcome = use(lazy)
    if isinstance(outcome, BaseFitResults):
        assert type(outcome) is LazyFitResults
        assert outcome.df["ks_statistic"].notna().all()
        assert len(outcome) == len(lazy)


def test_warning_of_a_poor_fit_computes_only_that_fits_goodness(lazy: LazyFitResults) -> None:
    best = lazy.best(warn_if_poor=True)[0]
    assert best.ks_statistic is not None
    assert lazy.df["ks_statistic"].notna().sum() == 1


def test_letting_go_of_prepared_summaries_changes_no_answer(lazy: LazyFitResults) -> None:
    before = lazy.best(metric="ad_statistic")[0]
    assert lazy.unpersist() is lazy
    assert lazy.best(metric="ad_statistic")[0] == before
    assert lazy.materialize().best(metric="ad_statistic")[0] == before


def test_a_column_of_a_lazy_collection_is_lazy(lazy: LazyFitResults) -> None:
    assert type(lazy.for_column("x")) is LazyFitResults
    assert lazy.for_column("x").best(metric="sse") == lazy.best(metric="sse")


def test_failed_rows_of_a_lazy_collection_stay_as_they_are() -> None:
    asked = ColumnFit("x", SUMMARY, FitSpec(("lognorm",), goodness=False), (FAILED,))
    assert LazyFitResults([asked]).materialize().failures["reason"].tolist() == ["no start"]


def test_collections_survive_copying_and_pickling(lazy: LazyFitResults) -> None:
    lazy.best(warn_if_poor=True)  # prepares what is not copied
    for twin in (copy.copy(lazy), pickle.loads(pickle.dumps(lazy)), copy.deepcopy(lazy)):
        assert type(twin) is LazyFitResults
        assert twin.best(metric="sse") == lazy.best(metric="sse")


def test_the_representation_tells_columns_rows_and_the_best() -> None:
    assert repr(two_columns()) == ("EagerFitResults(2 column(s), 5 rows, 4 ok; best by bic: a: expon, b: norm)")
    assert "none" in repr(eager(FAILED))
