"""`fit(groupby=…)` and `fit_groups`: each group of rows is fitted by itself, and its rows are found by its key."""

from __future__ import annotations

import datetime
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from warmfit import (
    BaseFitResults,
    DiscreteDistributionFitter,
    DistributionFitter,
    FitterConfig,
    GroupedFitResults,
    InvalidInput,
    LocalBackend,
    UnsupportedType,
    group_call,
    grouped_results,
    summarize,
)
from warmfit.cli.app import app
from warmfit.sources import RowChoice, open_source
from warmfit_fitting.summary import ColumnSummary

NAMES = ["norm", "expon", "gamma"]


def frame(groups: int = 6, rows: int = 80) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    order = rng.permutation(groups * rows)
    made = pd.DataFrame(
        {
            "region": np.repeat([f"r{g}" for g in range(groups)], rows),
            "x": rng.gamma(2.0, 3.0, groups * rows),
            "y": rng.normal(size=groups * rows),
            "w": rng.integers(0, 3, groups * rows),
        }
    )
    return made.iloc[order].reset_index(drop=True)


@pytest.fixture(scope="module")
def results() -> GroupedFitResults:
    return fitted(frame(), columns=["x", "y"], groupby="region")


def fitted(data: object, **keywords: Any) -> GroupedFitResults:
    keywords = {"included_distributions": NAMES, **keywords}
    found = DistributionFitter(backend=LocalBackend(1)).fit(data, **keywords)
    assert isinstance(found, GroupedFitResults)
    return found


# ---- the groups of a source


@pytest.mark.parametrize("kind", ["pandas", "polars", "lazy", "arrow", "structured"])
def test_every_table_has_the_same_groups(kind: str) -> None:
    data = frame()
    made: dict[str, object] = {
        "pandas": data, "polars": pl.from_pandas(data), "lazy": pl.from_pandas(data).lazy(),
        "arrow": pa.Table.from_pandas(data),
        "structured": np.rec.fromarrays([data[c].to_numpy() for c in data], names=list(data)),
    }  # fmt: skip
    found = list(open_source(made[kind], ("x",), RowChoice(weights="w")).groups(["x"], ["region"]))
    assert [key for key, _ in found] == [(f"r{g}",) for g in range(6)]
    for (region,), (summary,) in found:
        rows = data[data["region"] == region]
        assert summary == summarize(rows, "x", weights="w")["x"]


def test_groups_come_in_ascending_order_of_all_keys_and_missing_ones_last() -> None:
    data = pd.DataFrame({"a": ["b", "a", None, "a", "b", None], "j": [2, 1, 1, None, 1, 1], "x": np.arange(6.0)})
    keys = [key for key, _ in open_source(data, ("x",)).groups(["x"], ["a", "j"])]
    assert keys == [("a", 1), ("a", None), ("b", 1), ("b", 2), (None, 1)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([2, 10, 2], [2, 10]),
        ([2.5, -1.0, np.nan], [-1.0, 2.5, None]),
        ([True, False, True], [False, True]),
        (pd.to_datetime(["2024-02-01", None, None]), [datetime.datetime(2024, 2, 1), None]),
        ([datetime.date(2024, 1, 2), datetime.date(2024, 1, 1), None],
         [datetime.date(2024, 1, 1), datetime.date(2024, 1, 2), None]),
        (pd.Categorical(["low", "high", "low"], categories=["low", "high"]), ["high", "low"]),
        (["Zoë", "zoe", "Äda"], ["Zoë", "zoe", "Äda"]),
    ],
)  # fmt: skip
def test_keys_are_plain_python_values(values: Any, expected: list[object]) -> None:
    data = pd.DataFrame({"k": values, "x": [1.0, 2.0, 3.0]})
    keys = [key for (key,), _ in open_source(data, ("x",)).groups(["x"], ["k"])]
    assert keys == expected
    assert [type(key) for key in keys] == [type(key) for key in expected]


def test_keys_of_several_kinds_are_refused() -> None:
    data = pd.DataFrame({"k": ["a", 1, "b"], "x": [1.0, 2.0, 3.0]})
    with pytest.raises(UnsupportedType, match="'k': keys of the types int, str have no common order"):
        open_source(data, ("x",)).groups(["x"], ["k"])


def test_a_sample_is_drawn_of_all_rows_and_then_grouped() -> None:
    data = frame()
    drawn = list(open_source(data, ("x",), RowChoice(fraction=0.5, seed=7)).groups(["x"], ["region"]))
    assert sum(s.n for _, (s,) in drawn) == len(data) // 2


def test_censoring_and_windows_are_those_of_each_groups_rows() -> None:
    data = frame().assign(
        code=lambda d: np.where(d["x"] > 9, 1, np.where(d["x"] < 2, -1, 0)), entry=lambda d: d["x"] - 1
    )
    rows = RowChoice(censoring="code", truncation=("entry", None))
    for (region,), (summary,) in open_source(data, ("x",), rows).groups(["x"], ["region"]):
        part = data[data["region"] == region]
        alone = summarize(part, "x", censoring="code", truncation=("entry", None))["x"]
        assert summary == alone


@pytest.mark.parametrize("kind", ["summary", "reference"])
def test_what_holds_no_rows_has_no_groups(kind: str) -> None:
    summary = summarize(frame(), "x")["x"]
    with pytest.raises(InvalidInput, match="groupby='region': a ColumnSummary holds no single rows"):
        fitted(summary, groupby="region")
    del kind


# ---- results


def test_each_group_has_the_rows_that_a_call_for_it_alone_gives(results: GroupedFitResults) -> None:
    data = frame()
    for region in ("r0", "r4"):
        alone = fitted(data[data["region"] == region], columns=["x", "y"], groupby="region").for_group(region)
        for ours, theirs in zip(results.for_group(region).columns, alone.columns, strict=True):
            assert (ours.name, ours.summary, ours.spec) == (theirs.name, theirs.summary, theirs.spec)
            assert [untimed(row) for row in ours.rows] == [untimed(row) for row in theirs.rows]


def test_groups_are_found_by_their_keys(results: GroupedFitResults) -> None:
    assert results.groups == [f"r{g}" for g in range(6)]
    assert results.n_groups == 6
    assert results.column_names == ["x", "y"]
    one = results.for_group("r3")
    assert one.column_names == ["x", "y"]
    assert one.best()[0].data_count == 80
    assert isinstance(results, BaseFitResults)
    with pytest.raises(InvalidInput, match=r"no group 'r33': did you mean 'r3'\?"):
        results.for_group("r33")


def test_several_keys_make_tuples() -> None:
    data = frame().assign(half=lambda d: np.arange(len(d)) % 2 == 0)
    found = fitted(data, column="x", groupby=["region", "half"])
    assert found.groups[:3] == [("r0", False), ("r0", True), ("r1", False)]
    assert list(found.df.columns[:3]) == ["region", "half", "column_name"]
    assert found.for_group(("r0", True)).count() == len(NAMES)


def test_the_frame_has_a_row_for_every_group_column_and_family(results: GroupedFitResults) -> None:
    rows = results.df
    assert len(rows) == len(results) == results.count() == 6 * 2 * 3
    assert rows["region"].tolist()[:6] == ["r0"] * 6
    alone = results.for_group("r2").df
    own = rows[rows["region"] == "r2"].drop(columns="region").reset_index(drop=True)
    pd.testing.assert_frame_equal(own, alone)


def test_top_is_the_best_of_each_group_and_column(results: GroupedFitResults) -> None:
    top = results.top(2, "aic")
    assert len(top) == 6 * 2 * 2
    assert top["rank"].tolist() == [1, 2] * 12
    for key, one in results.by_group():
        for name in ("x", "y"):
            mine = top[(top["region"] == key) & (top["column_name"] == name)]
            assert mine["distribution"].tolist() == [fit.distribution for fit in one.for_column(name).best(2, "aic")]


def test_top_counts_reparametrizations_once() -> None:
    found = fitted(frame(2), column="x", groupby="region", included_distributions=["erlang", "gamma", "norm"])
    top = found.top(3)
    assert len(top) == 4
    assert "erlang" not in set(top["distribution"])


def test_best_is_of_each_group(results: GroupedFitResults) -> None:
    assert [fit.column_name for fit in results.best()] == [one.best()[0].column_name for _, one in results.by_group()]
    assert results.best_per_group()["r1"][0].distribution == results.for_group("r1").best()[0].distribution
    assert len(results.best_per_column()["x"]) == 6
    weights = results.weights()
    assert weights.groupby(["region", "column_name"])["weight"].sum().to_numpy() == pytest.approx(1.0)


def test_a_group_that_cannot_be_fitted_fails_its_own_rows_only() -> None:
    data = frame()
    data.loc[data["region"] == "r1", "x"] = 5.0
    data.loc[data["region"] == "r2", "x"] = np.nan
    data.loc[data.index[data["region"] == "r3"][0], "x"] = np.inf
    found = fitted(data, column="x", groupby="region")
    assert set(found.failures["region"]) == {"r1", "r2", "r3"}
    assert len(found.failures) == 3 * len(NAMES)
    reasons = found.failures.drop_duplicates("region")["reason"].tolist()
    assert ["every value is 5.0" in reasons[0], "no values" in reasons[1], "1 infinite value" in reasons[2]] == [
        True
    ] * 3
    assert found.for_group("r0").best()
    assert found.summary()["n_ok"].tolist() == [3, 0, 0, 0, 3, 3]


def test_where_no_group_can_be_fitted_the_first_error_is_raised() -> None:
    data = frame().assign(x=1.0)
    with pytest.raises(InvalidInput, match=r"every value is 1\.0"):
        fitted(data, column="x", groupby="region")
    with pytest.raises(InvalidInput, match="there are no rows, and so no groups"):
        fitted(frame().iloc[:0], column="x", groupby="region")


def test_progress_counts_all_groups_and_reaches_the_end() -> None:
    seen: list[tuple[int, int, float]] = []
    data = frame()
    data.loc[data["region"] == "r1", "x"] = 5.0
    fitted(data, column="x", groupby="region", progress_callback=lambda *event: seen.append(event))
    assert [done for done, _, _ in seen] == list(range(1, 19))
    assert {total for _, total, _ in seen} == {18}
    assert seen[-1] == (18, 18, 100.0)


def test_a_stream_of_blocks_is_the_whole_in_parts(results: GroupedFitResults, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_call, "BLOCK_TASKS", 4)
    config = FitterConfig(groupby="region", included_distributions=NAMES)
    parts = list(DistributionFitter(backend=LocalBackend(1)).fit_groups(frame(), columns=["x", "y"], config=config))
    assert [part.n_groups for part in parts] == [2, 2, 2]
    together = pd.concat([part.df for part in parts], ignore_index=True).drop(columns="elapsed")
    pd.testing.assert_frame_equal(together, results.df.drop(columns="elapsed"))


def test_summaries_are_let_go_where_they_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouped_results, "KEPT", 0)
    monkeypatch.setattr("warmfit.base_fitter.KEPT", 0)
    found = fitted(frame(), column="x", groupby="region")
    best = found.for_group("r0").best()[0]
    assert best.sample(3, random_state=0).shape == (3,)
    with pytest.raises(InvalidInput):
        best.confidence_intervals()
    assert found.df["data_count"].tolist() == [80.0] * 18


def test_the_builder_and_the_discrete_fitter_group_too() -> None:
    data = frame().assign(n=lambda d: np.floor(d["x"]))
    found = DiscreteDistributionFitter(backend=LocalBackend(1)).fit(
        data, column="n", groupby="region", included_distributions=["poisson", "nbinom"]
    )
    assert isinstance(found, GroupedFitResults)
    assert set(found.df["status"]) == {"ok"}


def test_lazy_results_know_no_distances_until_a_group_is_asked() -> None:
    found = fitted(frame(2), column="x", groupby="region", lazy_metrics=True)
    assert found.df["ks_statistic"].isna().all()
    assert found.for_group("r0").best(metric="ks_statistic")[0].ks_statistic is not None
    with pytest.raises(InvalidInput, match="lazy_metrics"):
        found.top(metric="ks_statistic")


def test_results_are_pickled_whole(results: GroupedFitResults) -> None:
    again = pickle.loads(pickle.dumps(results))
    pd.testing.assert_frame_equal(again.df, results.df)
    assert again.for_group("r5").count() == 6


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda r: r.for_column("x"), r"for_column\('x'\) is of one group"),
        (lambda r: r.filter(aic_threshold=1.0), r"take results.for_group\(key\).filter first"),
        (lambda r: r.save("x.json"), "write df"),
        (lambda r: r.quality_report(), "of one group"),
        (lambda r: r.average(), "average.. is of one group"),
    ],
)
def test_what_makes_no_sense_of_many_groups_is_refused(results: GroupedFitResults, call: Any, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        call(results)


@pytest.mark.parametrize(
    ("keywords", "told"),
    [
        ({"column": "x", "groupby": "regoin"}, r"no column 'regoin': did you mean 'region'"),
        ({"column": "x", "groupby": []}, "groupby is empty"),
        ({"column": "x", "groupby": ["region", "region"]}, "more than once"),
        ({"column": "region", "groupby": "region"}, "which is to be fitted"),
        ({"groupby": "region"}, "column= or columns= is needed"),
    ],
)
def test_keys_that_cannot_be_used_are_refused(keywords: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        fitted(frame(), **keywords)


def test_fit_groups_needs_keys() -> None:
    with pytest.raises(InvalidInput, match="fit_groups needs groupby="):
        DistributionFitter(backend=LocalBackend(1)).fit_groups(frame(), column="x")


def test_forked_workers_give_the_same_rows() -> None:
    data = frame(40, 300)
    alone, forked = (
        DistributionFitter(backend=LocalBackend(n)).fit(
            data,
            column="x",
            groupby="region",
            included_distributions=["norm", "expon", "gamma", "logistic", "t", "gumbel_r"] * 1,
        )
        for n in (1, 2)
    )
    for (_, one), (_, other) in zip(alone.by_group(), forked.by_group(), strict=True):  # type: ignore[union-attr]
        assert [untimed(row) for c in one.columns for row in c.rows] == [
            untimed(row) for c in other.columns for row in c.rows
        ]


# ---- summaries and the command line


def test_summaries_by_group_are_those_of_the_groups_rows() -> None:
    data = frame()
    made = summarize(data, ["x", "y"], by="region")
    assert list(made) == [f"r{g}" for g in range(6)]
    assert made["r2"]["y"] == summarize(data[data["region"] == "r2"], "y")["y"]
    assert isinstance(made["r2"]["x"], ColumnSummary)


def test_the_command_line_fits_by_group(tmp_path: Path) -> None:
    data = frame(3)[["region", "x"]].assign(region=lambda d: d["region"].map({"r0": "NA", "r1": "01", "r2": ""}))
    file, out = tmp_path / "data.csv", tmp_path / "rows.csv"
    data.to_csv(file, index=False)
    options = ["--column", "x", "--by", "region", "--include", "norm", "--include", "gamma", "--workers", "1"]
    ran = CliRunner().invoke(app, ["fit", str(file), *options, "--json", "--save", str(out)])
    assert ran.exit_code == 0, ran.output
    document = json.loads(ran.stdout)
    assert [row["region"] for row in document["results"]] == ["01", "NA", None]
    assert document["n_groups"] == 3
    rows = pd.read_csv(out, dtype={"region": str}, keep_default_na=False)
    assert rows["region"].tolist() == ["01", "01", "NA", "NA", "", ""]
    assert len(json.loads(rows["parameters"][1])) == 3
    shown = CliRunner().invoke(app, ["fit", str(file), *options])
    assert shown.exit_code == 0
    assert "x by region" in shown.stdout


def untimed(row: Any) -> tuple[object, ...]:
    told = list(row._told())
    told[-1] = None
    return tuple(told)
