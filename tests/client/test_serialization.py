"""Files: what is written can be read back whole, and what cannot be read is refused for what it is."""

from __future__ import annotations

import json
import math
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from warmfit.result import DistributionFitResult
from warmfit.results import ColumnFit, EagerFitResults, FitResults, LazyFitResults
from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.errors import SerializationError
from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import summarize_values

SUMMARY = summarize_values(np.random.default_rng(3).gamma(2.0, 3.0, 200))
RESULT = DistributionFitResult(
    "gamma", [0.1 + 0.2, 1 / 3, math.pi], 0.01, "Größe", aic=1e-300, bic=-math.inf, ks_statistic=None,
    data_min=0.1, data_count=200.0, lower_bound=0.0, upper_bound=None, loglik=-5.5, status="ok",
    elapsed=0.1, n_evaluations=7, standard_errors=[0.1, None, 0.3],
)  # fmt: skip
ROWS = (
    FitRow("norm", "ok", "", (1.0, 2.0), 2, loglik=-5.0, bic=1 / 3, aicc=math.inf, standard_errors=(0.1, math.nan)),
    FitRow("gamma", "timed_out", "the clock ran out", n_evaluations=3, elapsed=0.5),
)


class Kumaraswamy(stats.rv_continuous):
    def _pdf(self, x: Any, a: Any, b: Any) -> Any:
        return a * b * x ** (a - 1) * (1 - x**a) ** (b - 1)


# An instance of a class that a fresh interpreter could import, as pickles of users' families need.
CUSTOM = {"mine": stats.logistic}


def with_custom() -> DistributionFitResult:
    row = FitRow("mine", "ok", "", (0.0, 2.0), 2)
    return DistributionFitResult.from_row(row, "x", SUMMARY, FitSpec(("mine",)), CUSTOM)


def collection(lazy: bool = False) -> EagerFitResults | LazyFitResults:
    spec = FitSpec(("norm", "gamma"), lower_bound=0.0, fixed=(("loc", 1.0),), bins=12, goodness=not lazy)
    empty = ColumnFit("b", None, spec, tuple(FitRow(n, "failed", "no values") for n in spec.families))
    return FitResults.from_columns([ColumnFit("a", SUMMARY, spec, ROWS), empty], lazy=lazy)


@pytest.mark.parametrize("name", ["r.json", "r.pkl", "r.pickle", "R.JSON"])
def test_a_result_comes_back_to_the_last_digit(tmp_path: Path, name: str) -> None:
    RESULT.save(tmp_path / name)
    assert DistributionFitResult.load(tmp_path / name, allow_pickle=True) == RESULT


@pytest.mark.parametrize("name", ["r.json", "r.pkl"])
@pytest.mark.parametrize("lazy", [False, True])
def test_a_collection_comes_back_whole(tmp_path: Path, name: str, lazy: bool) -> None:
    saved = collection(lazy)
    saved.save(tmp_path / name)
    loaded = FitResults.load(tmp_path / name, allow_pickle=True)
    assert type(loaded) is type(saved)
    pd.testing.assert_frame_equal(loaded.df, saved.df)
    assert [c.spec for c in loaded.columns] == [c.spec for c in saved.columns]
    assert [c.summary for c in loaded.columns] == [SUMMARY, None]


def test_a_loaded_lazy_collection_still_computes_its_goodness(tmp_path: Path) -> None:
    spec = FitSpec(("norm", "gamma"), goodness=False)
    problem = prepare(SUMMARY, spec)
    rows = tuple(fit_family(problem, CATALOGUE[name]) for name in spec.families)
    saved = LazyFitResults([ColumnFit("a", SUMMARY, spec, rows)])
    saved.save(tmp_path / "r.json")
    loaded = FitResults.load(tmp_path / "r.json")
    assert loaded.best(metric="ks_statistic") == saved.best(metric="ks_statistic")
    assert loaded.best(metric="ks_statistic")[0].ks_statistic is not None


def test_what_a_lazy_collection_has_computed_is_saved_too(tmp_path: Path) -> None:
    spec = FitSpec(("norm",), goodness=False)
    saved = LazyFitResults([ColumnFit("a", SUMMARY, spec, (fit_family(prepare(SUMMARY, spec), CATALOGUE["norm"]),))])
    saved.best(metric="sse")
    saved.save(tmp_path / "r.json")
    assert FitResults.load(tmp_path / "r.json").df["sse"].notna().all()


def test_json_is_standard_and_carries_its_version(tmp_path: Path) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(f"bare {constant}")

    for thing, kind in ((RESULT, "distribution_fit_result"), (collection(), "fit_results")):
        thing.save(tmp_path / "r.json")
        document = json.loads((tmp_path / "r.json").read_text("utf-8"), parse_constant=refuse)
        assert (document["schema_version"], document["library"], document["type"]) == ("2.0", "warmfit", kind)
        assert document["created_at"].endswith("+00:00")


@pytest.mark.parametrize("indent", [None, 4])
def test_the_indent_is_the_callers(tmp_path: Path, indent: int | None) -> None:
    RESULT.save(tmp_path / "r.json", indent=indent)
    assert ("\n    " in (tmp_path / "r.json").read_text("utf-8")) is (indent == 4)


def test_a_format_given_wins_over_the_suffix(tmp_path: Path) -> None:
    RESULT.save(tmp_path / "model.dat", format="json")
    assert DistributionFitResult.load(tmp_path / "model.dat", format="json") == RESULT
    with pytest.raises(SerializationError, match="format"):
        RESULT.save(tmp_path / "model.dat", format="yaml")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["model.txt", "model"])
def test_a_suffix_that_means_no_format_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("{}")
    for use in (RESULT.save, DistributionFitResult.load):
        with pytest.raises(SerializationError, match=r"\.json"):
            use(tmp_path / name)


def test_a_pickle_is_read_only_when_asked_for_by_name(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(tmp_path / "exploded"),)

    (tmp_path / "r.pkl").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(SerializationError, match="allow_pickle=True"):
        DistributionFitResult.load(tmp_path / "r.pkl")
    with pytest.raises(SerializationError, match="allow_pickle=True"):
        FitResults.load(tmp_path / "r.pkl")
    assert not (tmp_path / "exploded").exists()


def test_a_users_family_is_named_in_json_and_held_in_a_pickle(tmp_path: Path) -> None:
    result = with_custom()
    result.save(tmp_path / "r.json")
    with pytest.raises(SerializationError, match=r"unknown distribution 'mine'; .*custom="):
        DistributionFitResult.load(tmp_path / "r.json")
    assert DistributionFitResult.load(tmp_path / "r.json", custom=CUSTOM).ppf(0.9) == result.ppf(0.9)
    result.save(tmp_path / "r.pkl")
    assert DistributionFitResult.load(tmp_path / "r.pkl", allow_pickle=True).ppf(0.9) == result.ppf(0.9)


def test_a_collection_with_a_users_family_needs_it_to_be_loaded(tmp_path: Path) -> None:
    asked = ColumnFit("a", SUMMARY, FitSpec(("mine",)), (FitRow("mine", "ok", "", (0.0, 2.0), 2, bic=1.0),))
    EagerFitResults([asked], custom=CUSTOM).save(tmp_path / "r.json")
    with pytest.raises(SerializationError, match="mine"):
        FitResults.load(tmp_path / "r.json")
    assert FitResults.load(tmp_path / "r.json", custom=CUSTOM).best()[0].cdf(0.0) == 0.5


def test_a_family_that_cannot_be_pickled_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    class Local(Kumaraswamy):
        pass

    row = FitRow("local", "ok", "", (2.0, 3.0, 0.0, 1.0))
    custom = {"local": Local(a=0.0, b=1.0)}
    result = DistributionFitResult.from_row(row, "x", None, FitSpec(("local",)), custom)
    with pytest.raises(SerializationError, match="not written"):
        result.save(tmp_path / "r.pkl")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_earlier_file_and_no_other(tmp_path: Path, monkeypatch: Any) -> None:
    RESULT.save(tmp_path / "r.json")
    before = (tmp_path / "r.json").read_bytes()

    def full(*_args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(SerializationError, match="No space left"):
        collection().save(tmp_path / "r.json")
    assert (tmp_path / "r.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["r.json"]


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(SerializationError, match="nowhere"):
        RESULT.save(tmp_path / "nowhere" / "r.json")


def test_a_file_that_does_not_exist_is_named(tmp_path: Path) -> None:
    for load in (DistributionFitResult.load, FitResults.load):
        with pytest.raises(SerializationError, match=r"missing\.json"):
            load(tmp_path / "missing.json")


def test_every_truncation_of_a_file_is_refused(tmp_path: Path) -> None:
    collection().save(tmp_path / "r.json")
    whole = (tmp_path / "r.json").read_bytes()
    for size in (0, 1, len(whole) // 3, len(whole) // 2, len(whole) - 2):
        (tmp_path / "r.json").write_bytes(whole[:size])
        with pytest.raises(SerializationError, match="cut short"):
            FitResults.load(tmp_path / "r.json")


def test_damaged_pickles_and_pickles_of_other_things_are_refused(tmp_path: Path) -> None:
    RESULT.save(tmp_path / "r.pkl")
    data = (tmp_path / "r.pkl").read_bytes()
    for damaged in (b"", data[:-10], b"\x80\x04nonsense", pickle.dumps([1, 2]), pickle.dumps({"document": 1})):
        (tmp_path / "r.pkl").write_bytes(damaged)
        with pytest.raises(SerializationError, match="pickle"):
            DistributionFitResult.load(tmp_path / "r.pkl", allow_pickle=True)


def test_a_file_of_the_other_kind_is_refused(tmp_path: Path) -> None:
    RESULT.save(tmp_path / "one.json")
    collection().save(tmp_path / "all.json")
    with pytest.raises(SerializationError, match="holds a distribution_fit_result; expected a fit_results"):
        FitResults.load(tmp_path / "one.json")
    with pytest.raises(SerializationError, match="holds a fit_results"):
        DistributionFitResult.load(tmp_path / "all.json")


@pytest.mark.parametrize(
    "change",
    [
        {"schema_version": "3.0"},
        {"schema_version": None},
        {"schema_version": 2.0},
        {"type": "gaussian_copula"},
        {"distribution": "gama"},
        {"distribution": None},
        {"distribution": "poisson"},
        {"parameters": None},
        {"parameters": []},
        {"parameters": [1.0, 2.0]},
        {"parameters": ["a", 0.0, 1.0]},
        {"parameters": [None, 0.0, 1.0]},
        {"parameters": [float("nan"), 0.0, 1.0]},
        {"metrics": [1]},
        {"metrics": {"aic": "low"}},
        {"data_min": "0.1"},
        {"status": "great"},
        {"standard_errors": 3},
        {"column_name": 3},
        {"n_evaluations": "inf"},
    ],
)
def test_a_document_that_makes_no_sense_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    RESULT.save(tmp_path / "r.json")
    document = json.loads((tmp_path / "r.json").read_text("utf-8")) | change
    (tmp_path / "r.json").write_text(json.dumps(document), "utf-8")
    with pytest.raises(SerializationError):
        DistributionFitResult.load(tmp_path / "r.json")


@pytest.mark.parametrize("content", ["[]", "3", "null", '"text"', "{}", "[" * 100_000])
def test_json_of_something_else_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "r.json").write_text(content)
    for load in (DistributionFitResult.load, FitResults.load):
        with pytest.raises(SerializationError):
            load(tmp_path / "r.json")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["columns"], None),
        (["columns", 0], 3),
        (["columns", 0, "summary"], "not base64"),
        (["columns", 0, "summary"], "QUJD"),
        (["columns", 0, "summary"], 3),
        (["columns", 0, "spec"], None),
        (["columns", 0, "spec", "families"], "norm"),
        (["columns", 0, "spec", "families"], []),
        (["columns", 0, "spec", "method"], "guess"),
        (["columns", 0, "spec", "fixed"], [1]),
        (["columns", 0, "spec", "lower_bound"], "low"),
        (["columns", 0, "rows"], {}),
        (["columns", 0, "rows", 0], []),
        (["columns", 0, "rows", 0, "distribution"], "gama"),
        (["columns", 0, "rows", 0, "distribution"], "expon"),
        (["columns", 0, "rows", 0, "parameters"], [1.0]),
        (["columns", 0, "rows", 0, "parameters"], []),
        (["columns", 0, "rows", 0, "n_evaluations"], 1.5),
        (["columns", 0, "rows", 0, "status"], "great"),
        (["columns", 0, "rows", 0, "bic"], "low"),
        (["columns", 0, "rows", 0, "colour"], "red"),
        (["columns", 1, "name"], "a"),
    ],
)
def test_a_collection_that_makes_no_sense_is_refused(tmp_path: Path, path: list[Any], value: Any) -> None:
    collection().save(tmp_path / "r.json")
    document = place = json.loads((tmp_path / "r.json").read_text("utf-8"))
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    (tmp_path / "r.json").write_text(json.dumps(document), "utf-8")
    with pytest.raises(SerializationError):
        FitResults.load(tmp_path / "r.json")


# Files of spark-bestfit

FOREIGN = {
    "schema_version": "1.1",
    "spark_bestfit_version": "3.0.3",
    "created_at": "2026-01-04T15:30:00+00:00",
    "distribution": "gamma",
    "parameters": [2.0, 0.0, 5.0],
    "column_name": "response_time",
    "metrics": {
        "sse": 0.003, "aic": 1400.0, "bic": 1430.0, "ks_statistic": 0.02, "pvalue": 0.95, "ad_statistic": 0.4,
        "ad_pvalue": None,
    },
}  # fmt: skip
STATISTICS = {"data_min": 0.5, "data_max": 245.3, "data_mean": 10.2, "data_stddev": 8.7, "data_count": 1e6}
NESTED = {"min": 0.5, "max": 245.3, "mean": 10.2, "std": 8.7, "sample_size": 1e6}


@pytest.mark.parametrize(
    "statistics",
    [
        STATISTICS,
        {"data_stats": STATISTICS},
        {"data_summary": NESTED},
        {"data_summary": NESTED, "schema_version": "1.0"},
    ],
)
def test_a_file_of_spark_bestfit_is_read(tmp_path: Path, statistics: dict[str, Any]) -> None:
    bounds = {"lower_bound": 0.0, "upper_bound": 300.0}
    (tmp_path / "r.json").write_text(json.dumps(FOREIGN | statistics | bounds))
    result = DistributionFitResult.load(tmp_path / "r.json")
    assert (result.distribution, result.parameters) == ("gamma", [2.0, 0.0, 5.0])
    assert (result.sse, result.bic, result.pvalue, result.ad_pvalue) == (0.003, 1430.0, 0.95, None)
    assert [result.to_dict()[name] for name in STATISTICS] == list(STATISTICS.values())
    assert (result.lower_bound, result.upper_bound, result.status) == (0.0, 300.0, "ok")
    assert result.sample(50, random_state=1).max() <= 300


def test_metrics_may_be_flat_or_missing_or_bare_nan_in_a_foreign_file(tmp_path: Path) -> None:
    flat = {**FOREIGN, "metrics": {}, "aic": 12.0, "sse": math.nan, "data_summary": None}
    (tmp_path / "r.json").write_text(json.dumps(flat))
    result = DistributionFitResult.load(tmp_path / "r.json")
    assert (result.aic, result.sse, result.bic, result.data_min) == (12.0, None, None, None)


def test_a_foreign_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text(json.dumps({**FOREIGN, "type": "gaussian_copula"}))
    with pytest.raises(SerializationError, match="holds a gaussian_copula"):
        DistributionFitResult.load(tmp_path / "r.json")
    (tmp_path / "r.json").write_text(json.dumps({**FOREIGN, "distribution": "poisson", "parameters": [7.0]}))
    with pytest.raises(SerializationError, match="poisson"):
        DistributionFitResult.load(tmp_path / "r.json")
