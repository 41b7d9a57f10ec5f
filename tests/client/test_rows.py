"""Weights, censoring and truncation: every way of saying them, in every kind of frame, is one summary."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from warmfit import (
    Censoring,
    ColumnSummary,
    DatasetRef,
    DiscreteDistributionRegistry,
    DistributionFitter,
    FitterConfig,
    FitterConfigBuilder,
    InvalidInput,
    TruncationNotice,
    UnsupportedType,
    Weights,
    summarize,
)
from warmfit.call import Call
from warmfit.sources import RowChoice, open_source
from warmfit_fitting.summary.summarize import summarize_intervals, summarize_values

TIME = [2.0, 3.5, 1.0, 4.0, 7.5, 6.0, 2.5, 9.0]
CODE = [0, 1, -1, 0, 1, 0, 0, 1]
WORD = ["none", "right", "left", "", "Right", "none", " none ", "right"]
DIED = [code == 0 for code in CODE]
LOST = [code == 1 for code in CODE]
SINCE = [2.0, 3.5, None, 4.0, 7.5, 6.0, 2.0, 9.0]
UNTIL = [2.0, None, 1.0, 4.0, float("inf"), 8.0, 3.0, None]
COUNT = [1, 2, 1, 3, 1, 1, 2, 1]
ENTRY = [0.5, None, 0.1, -np.inf, 2.0, 0.5, 1.0, 3.0]
COLUMNS: dict[str, list[Any]] = {
    "time": TIME, "code": CODE, "word": WORD, "died": DIED, "lost": LOST, "since": SINCE, "until": UNTIL,
    "count": COUNT, "entry": ENTRY,
}  # fmt: skip


def records(columns: dict[str, list[Any]]) -> np.ndarray:
    """A structured array, with NaN for what is missing."""
    plain = {name: [np.nan if v is None else v for v in column] for name, column in columns.items()}
    return np.array(
        list(zip(*plain.values(), strict=True)),
        dtype=[(name, np.asarray(column).dtype) for name, column in plain.items()],
    )


FRAMES: dict[str, Callable[[dict[str, list[Any]]], Any]] = {
    "pandas": pd.DataFrame,
    "pandas, nullable": lambda columns: pd.DataFrame(columns).convert_dtypes(convert_integer=False),
    "pandas, categories": lambda columns: pd.DataFrame(columns).astype({"word": "category"}),
    "pandas, Arrow": lambda columns: pd.DataFrame(columns).convert_dtypes(
        convert_integer=False, dtype_backend="pyarrow"
    ),
    "polars": pl.DataFrame,
    "polars, lazy": pl.LazyFrame,
    "polars, categories": lambda columns: pl.DataFrame(columns).with_columns(pl.col("word").cast(pl.Categorical)),
    "Arrow": pa.table,
    "NumPy records": records,
}


def floats(values: list[Any], missing: float = np.nan) -> np.ndarray:
    return np.array([missing if v is None else v for v in values], dtype=float)


def expected(**settings: Any) -> ColumnSummary:
    return summarize_values(floats(TIME), **settings)


ENTRIES = floats(ENTRY, -np.inf)
INTERVALS = floats(SINCE, -np.inf), floats(UNTIL, np.inf)

SAID: dict[str, tuple[dict[str, Any], ColumnSummary]] = {
    "frequency weights": ({"weights": "count"}, expected(weights=floats(COUNT))),
    "frequency weights, said so": ({"weights": Weights("count", "frequency")}, expected(weights=floats(COUNT))),
    "analytic weights": ({"weights": Weights("count", "analytic")}, expected(weights=floats(COUNT), analytic=True)),
    "analytic weights, JSON": (
        {"weights": {"column": "count", "kind": "analytic"}},
        expected(weights=floats(COUNT), analytic=True),
    ),
    "codes": ({"censoring": "code"}, expected(censoring=CODE)),
    "words": ({"censoring": "word"}, expected(censoring=CODE)),
    "words by column": ({"censoring": {"time": "word"}}, expected(censoring=CODE)),
    "an event indicator": ({"censoring": Censoring("died", "event")}, expected(censoring=np.where(DIED, 0, 1))),
    "an event indicator, JSON": (
        {"censoring": {"time": {"column": "died", "kind": "event"}}},
        expected(censoring=np.where(DIED, 0, 1)),
    ),
    "censored on the right": ({"censoring": Censoring("lost", "right")}, expected(censoring=np.where(LOST, 1, 0))),
    "censored on the left": ({"censoring": Censoring("lost", "left")}, expected(censoring=np.where(LOST, -1, 0))),
    "intervals": ({"censoring": ("since", "until")}, summarize_intervals(*INTERVALS)),
    "intervals, JSON": (
        {"censoring": {"column": ["since", "until"], "kind": "interval"}},
        summarize_intervals(*INTERVALS),
    ),
    "entries": ({"truncation": ("entry", None)}, expected(truncation=(ENTRIES, None))),
    "a number for each row": ({"truncation": {"time": (0, np.inf)}}, expected(truncation=(0.0, None))),
    "everything": (
        {"weights": Weights("count", "analytic"), "censoring": ("since", "until"), "truncation": ("entry", 100)},
        summarize_intervals(*INTERVALS, floats(COUNT), truncation=(ENTRIES, np.full(8, 100.0)), analytic=True),
    ),
}


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("said", SAID)
def test_every_frame_gives_the_summary_of_the_rows_themselves(frame: str, said: str) -> None:
    keywords, summary = SAID[said]
    found = summarize(FRAMES[frame](COLUMNS), "time", **keywords)["time"]
    assert found.fingerprint == summary.fingerprint


@pytest.mark.parametrize(
    "hold", [list, lambda v: np.array(v, dtype=object), pd.Series, pl.Series, lambda v: pa.array(v)]
)
def test_columns_may_be_given_as_they_are(hold: Callable[[list[Any]], Any]) -> None:
    for keywords, summary in (
        ({"weights": hold(COUNT)}, expected(weights=floats(COUNT))),
        ({"censoring": hold(CODE)}, expected(censoring=CODE)),
        ({"censoring": hold(WORD)}, expected(censoring=CODE)),
        ({"censoring": Censoring(hold(DIED), "event")}, expected(censoring=np.where(DIED, 0, 1))),
        ({"censoring": (hold(SINCE), hold(UNTIL))}, summarize_intervals(*INTERVALS)),
        ({"truncation": (hold(ENTRY), None)}, expected(truncation=(ENTRIES, None))),
    ):
        (found,) = summarize(TIME, None, **keywords).values()
        assert found.fingerprint == summary.fingerprint


@pytest.mark.parametrize("said", SAID)
def test_a_fit_of_rows_is_the_fit_of_their_summary(said: str) -> None:
    keywords, _ = SAID[said]
    asked: dict[str, Any] = {"included_distributions": ["norm"], "lazy_metrics": True}
    by_rows = DistributionFitter().fit(pd.DataFrame(COLUMNS), column="time", **asked, **keywords)
    summaries = summarize(pd.DataFrame(COLUMNS), "time", **keywords)
    by_summary = DistributionFitter().fit(summaries, column="time", **asked)
    assert next(iter(by_rows)).parameters == pytest.approx(next(iter(by_summary)).parameters, rel=1e-5)
    assert next(iter(by_rows)).loglik == pytest.approx(next(iter(by_summary)).loglik, rel=1e-12)


def test_ends_of_intervals_need_no_column_that_they_replace() -> None:
    frame = pd.DataFrame({"since": SINCE, "until": UNTIL})
    assert summarize(frame, "time", censoring=("since", "until"))["time"] == summarize_intervals(*INTERVALS)
    with pytest.raises(InvalidInput, match="column= or columns= is needed"):
        summarize(frame, None, censoring=("since", "until"))


def test_a_column_beside_others_is_not_the_one_to_fit() -> None:
    frame = pd.DataFrame({"died": DIED, "time": TIME, "count": COUNT})
    (name,) = summarize(frame, None, censoring=Censoring("died", "event"), weights="count")
    assert name == "time"


def test_each_column_has_its_own_censoring_and_window() -> None:
    frame = pl.DataFrame({**COLUMNS, "other": TIME[::-1]})
    found = summarize(
        frame, ["time", "other"], censoring={"time": "code"}, truncation={"other": (None, 20.0)}, weights="count"
    )
    assert found["time"] == expected(weights=floats(COUNT), censoring=CODE)
    assert found["other"] == summarize_values(floats(TIME[::-1]), floats(COUNT), truncation=(None, np.full(8, 20.0)))


AMBIGUOUS = "mean an observed value in some tables and a censored row in others; say which: kind='event'"

REFUSED: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "truth values": ({"censoring": "died"}, InvalidInput, f"column 'time': censoring='died': .*{AMBIGUOUS}"),
    "ones and zeros": ({"censoring": [0, 1, 0, 0, 1, 0, 0, 1]}, InvalidInput, f"censoring: .*{AMBIGUOUS}"),
    "nothing but zeros": ({"censoring": [0] * 8}, InvalidInput, AMBIGUOUS),
    "an unknown code": ({"censoring": "count"}, InvalidInput, "censoring='count': unknown code 2; expected 0 for a known"),
    "an unknown word": ({"censoring": ["cut"] * 8}, InvalidInput, "unknown code 'cut'; expected 'right', 'left' or 'none'"),
    "codes that are no truth values": (
        {"censoring": Censoring("code", "event")}, InvalidInput, "unknown code -1; expected True or False, or 1 and 0",
    ),
    "words that are no truth values": (
        {"censoring": Censoring("word", "right")}, InvalidInput, "kind='right' expects True or False.*'none'",
    ),
    "a missing code": ({"censoring": [None, *CODE[1:]]}, InvalidInput, "censoring: 1 code.* missing; fill them"),
    "a missing word": ({"censoring": [None, *WORD[1:]]}, InvalidInput, "1 code.* missing"),
    "a missing event": (
        {"censoring": Censoring([None, *DIED[1:]], "event")}, InvalidInput, "1 code.* missing",
    ),
    "too few codes": ({"censoring": [1, -1]}, InvalidInput, r"2 code\(s\) for 8 row\(s\)"),
    "too few bounds": ({"truncation": ([0, 1], None)}, InvalidInput, r"2 bound\(s\) for 8 row\(s\)"),
    "a column of codes that is not there": ({"censoring": "cod"}, InvalidInput, "no column 'cod': did you mean .*'code'"),
    "a column of ends that is not there": ({"censoring": ("since", "untli")}, InvalidInput, "did you mean 'until'"),
    "a column of bounds that is not there": ({"truncation": ("entyr", None)}, InvalidInput, "did you mean 'entry'"),
    "a column that is not fitted": ({"censoring": {"tmie": "code"}}, InvalidInput, "no column 'tmie': did you mean 'time'"),
    "bounds that are words": ({"truncation": ("word", None)}, UnsupportedType, "truncation='word': dtype"),
    "ends in the wrong order": ({"censoring": ("until", "since")}, InvalidInput, "begins above its end"),
    "rows outside their windows": ({"truncation": ("until", None)}, InvalidInput, "outside their truncation window"),
    "weights that are missing": ({"weights": "entry"}, InvalidInput, "weights='entry': 1 weight.* missing"),
    "weights of another kind": ({"weights": {"column": "count", "kind": "precision"}}, InvalidInput, "kind of weights"),
    "censoring of another kind": ({"censoring": {"column": "died", "kind": "dead"}}, InvalidInput, "kind of censoring"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("frame", ["pandas", "polars", "Arrow"])
def test_what_cannot_be_read_is_refused_by_name(case: str, frame: str) -> None:
    keywords, error, says = REFUSED[case]
    data = FRAMES[frame](COLUMNS)
    with pytest.raises(error, match=says) as summarizing:
        summarize(data, "time", **keywords)
    with pytest.raises(error, match=says) as fitting:
        DistributionFitter().fit(data, column="time", included_distributions=["norm"], **keywords)
    assert type(summarizing.value) is type(fitting.value) is error
    assert str(summarizing.value) == str(fitting.value)


def test_one_pair_of_ends_for_several_columns_is_refused() -> None:
    frame = pd.DataFrame({**COLUMNS, "other": TIME})
    with pytest.raises(InvalidInput, match=r"one pair of ends for 2 columns.*\{column: \(lower, upper\)\}"):
        summarize(frame, ["time", "other"], censoring=("since", "until"))


def test_a_row_without_a_value_or_weight_is_left_out_whatever_else_it_has() -> None:
    frame = pd.DataFrame(
        {
            "x": [1.0, np.nan, 2.0, 5.0, 3.0],
            "w": [1.0, 2.0, 1.0, 0.0, 2.0],
            "code": [0, np.nan, 1, np.nan, -1],
            "from": [0.0, 9.0, np.nan, 99.0, 0.5],
        }
    )
    found = summarize(frame, "x", weights="w", censoring="code", truncation=("from", None))["x"]
    rest = np.array([1.0, 2.0, 3.0])
    assert found == summarize_values(
        rest, np.array([1.0, 1.0, 2.0]), 1, censoring=[0, 1, -1], truncation=(np.array([0.0, -np.inf, 0.5]), None)
    )


def test_a_row_open_at_both_ends_is_a_missing_value() -> None:
    frame = pl.DataFrame({"a": [1.0, None, None, float("-inf")], "b": [2.0, 3.0, None, float("inf")]})
    found = summarize(frame, "x", censoring=("a", "b"))["x"]
    assert (found.n, found.n_missing) == (2, 2)


def test_a_sample_takes_values_weights_codes_and_windows_of_the_same_rows() -> None:
    rng = np.random.default_rng(5)
    x = rng.gamma(2.0, 5.0, 2_000)
    frame = pd.DataFrame({"x": x, "w": x * 2, "code": np.where(x > 10, 1, np.where(x < 1, -1, 0)), "entry": x / 2})
    choice = RowChoice("w", "code", ("entry", None), fraction=0.25, seed=7)
    ((_, found),) = open_source(frame, ["x"], choice).columns(["x"])
    rows = choice.drawn(2_000)
    assert rows is not None
    assert len(rows) == 500
    part = frame.iloc[rows]
    assert found == summarize(part, "x", weights="w", censoring="code", truncation=("entry", None))["x"]


def table(results: Any) -> pd.DataFrame:
    frame: pd.DataFrame = results.df.drop(columns=["elapsed"])
    return frame


@pytest.mark.parametrize(
    ("truncation", "bounds"),
    [
        ((0, 20), {"lower_bound": 0, "upper_bound": 20}),
        ((0, None), {"lower_bound": 0}),
        ([-np.inf, 20.0], {"upper_bound": 20}),
        ({"time": (0, None)}, {"lower_bound": {"time": 0}}),
    ],
)
def test_one_window_for_all_rows_is_the_bounds(truncation: Any, bounds: dict[str, Any]) -> None:
    asked: dict[str, Any] = {"column": "time", "included_distributions": ["norm", "expon"]}
    by_window, by_bounds = (
        DistributionFitter().fit(pd.DataFrame(COLUMNS), **asked, **said)
        for said in ({"truncation": truncation}, bounds)
    )
    assert by_window.columns[0].spec == by_bounds.columns[0].spec
    assert by_window.columns[0].summary == by_bounds.columns[0].summary
    pd.testing.assert_frame_equal(table(by_window), table(by_bounds))


def test_bounds_and_a_window_that_say_the_same_go_together_and_others_are_refused() -> None:
    config = FitterConfig(truncation=(0, "limit"), lower_bound=0, upper_bound=50)
    assert config.for_column("x") == (0.0, 50.0)
    assert config.rows(1).truncation.upper == "limit"
    with pytest.raises(InvalidInput, match=r"lower_bound=1\.0 contradicts the lower end 0\.0 of truncation"):
        FitterConfig(truncation=(0, None), lower_bound=1)
    with pytest.raises(InvalidInput, match=r"upper_bound=3\.0 of column 'x' contradicts the upper end 4\.0"):
        FitterConfig(truncation={"x": (0, 4)}, upper_bound=3)
    with pytest.raises(InvalidInput, match=r"lower_bound=5\.0 is not below upper_bound=4\.0"):
        FitterConfig(truncation=(None, 4), lower_bound=5)


def test_a_censoring_column_is_an_event_indicator() -> None:
    frame = pd.DataFrame(COLUMNS)
    configs = [
        FitterConfig(censoring_column="died"),
        FitterConfigBuilder().with_censoring("died").build(),
        FitterConfigBuilder().with_censoring(DIED).build(),
        FitterConfig(censoring=Censoring("died", "event"), censoring_column="died"),
        FitterConfig(censoring={"column": "died", "kind": "event"}),
    ]
    for config in configs:
        asked = replace(config, included_distributions=["expon"], fixed={"loc": 0.0})
        best = DistributionFitter().fit(frame, column="time", config=asked).best()[0]
        assert best.parameters[1] == pytest.approx(sum(TIME) / sum(DIED), rel=1e-5)  # total time on test ÷ events
    with pytest.raises(InvalidInput, match=r"censoring_column='died' and censoring=.* contradict each other"):
        FitterConfig(censoring="code", censoring_column="died")
    with pytest.raises(InvalidInput, match="censoring='code': unknown code -1"):
        DistributionFitter().fit(frame, column="time", config=FitterConfig(censoring_column="code"))


def test_analytic_weights_count_rows_and_frequencies_count_weight() -> None:
    asked: dict[str, Any] = {"column": "time", "included_distributions": ["norm"]}
    frame = pd.DataFrame({"time": TIME, "count": COUNT})
    frequency, analytic = (
        DistributionFitter().fit(frame, weights=Weights("count", kind), **asked).best()[0]
        for kind in ("frequency", "analytic")
    )
    assert frequency.parameters == pytest.approx(analytic.parameters, rel=1e-6)
    assert frequency.bic + 2 * frequency.loglik == pytest.approx(2 * np.log(sum(COUNT)))
    assert analytic.bic + 2 * analytic.loglik == pytest.approx(2 * np.log(len(COUNT)))
    assert analytic.loglik == pytest.approx(frequency.loglik * len(COUNT) / sum(COUNT), rel=1e-9)


def test_settings_of_rows_go_through_json_pickles_and_comparisons() -> None:
    config = FitterConfig(
        weights={"column": "w", "kind": "analytic"},
        censoring={"x": {"column": ["a", "b"], "kind": "interval"}, "y": None, "z": "code"},
        truncation={"x": [0, "limit"]},
    )
    said = {"weights": Weights("w", "analytic"), "truncation": {"x": (0, "limit")}}
    assert config == FitterConfig(**said, censoring={"x": ("a", "b"), "z": Censoring("code")})
    assert config == pickle.loads(pickle.dumps(config))
    document = json.loads(
        json.dumps({"weights": {"column": "w", "kind": "analytic"}, "truncation": {"x": [0, "limit"]}})
    )
    assert FitterConfig.merged(config, **document) is config
    with pytest.raises(InvalidInput, match=r"weights='w' \(config: Weights\("):
        FitterConfig.merged(config, weights="w")
    assert Weights(np.arange(3.0)) == Weights(np.arange(3.0))
    assert Weights([1, 2]) != Weights([1, 2], "analytic")
    assert Censoring("a") != Weights("a")


def test_what_holds_no_rows_refuses_what_speaks_of_rows_and_takes_bounds() -> None:
    summaries = summarize(pd.DataFrame(COLUMNS), "time", censoring="code")
    ref = DatasetRef("claims", "0" * 64, ("time",), 8)
    for data, says in (
        (summaries, r"ColumnSummary holds no single rows, .*give {} to summarize"),
        (summaries["time"], r"ColumnSummary holds no single rows, .*give {} to summarize"),
        (ref, r"DatasetRef holds no single rows, .*give {} to Client.put or summarize"),
    ):
        for keywords, named in (
            ({"weights": COUNT}, "weights="),
            ({"censoring": CODE}, "censoring="),
            ({"truncation": (ENTRY, None), "sample_fraction": 0.5}, "truncation= and sample_fraction="),
        ):
            with pytest.raises(InvalidInput, match=says.format(named)):
                DistributionFitter().fit(data, column="time", **keywords)
    assert DistributionFitter().fit(summaries, truncation=(-50, 50), included_distributions=["norm"]).best()


def test_bounded_truncates_where_an_extreme_was_observed() -> None:
    frame = pd.DataFrame(COLUMNS)
    asked: dict[str, Any] = {"column": "time", "bounded": True, "included_distributions": ["norm"]}
    for censoring, says, bounds in (
        (None, "truncates at the observed extremes 1.0 and 9.0", (1.0, 9.0)),
        (Censoring("lost", "right"), "at the least value 1.0 only, because rows are censored above", (1.0, None)),
        (Censoring("lost", "left"), "at the greatest value 9.0 only, because rows are censored below", (None, 9.0)),
        ("code", "truncates nowhere, because rows are censored on both sides", (None, None)),
    ):
        with pytest.warns(TruncationNotice, match=says):
            results = DistributionFitter().fit(frame, censoring=censoring, **asked)
        spec = results.columns[0].spec
        assert (spec.lower_bound, spec.upper_bound) == bounds


def test_bounds_that_cut_off_rows_are_refused() -> None:
    frame = pd.DataFrame(COLUMNS)
    asked: dict[str, Any] = {"column": "time", "included_distributions": ["norm"], "censoring": "code"}
    with pytest.raises(InvalidInput, match=r"column 'time': values from 1\.0 to 9\.0 lie outside the bounds"):
        DistributionFitter().fit(frame, upper_bound=8, **asked)
    with pytest.raises(
        InvalidInput, match=r"rows are censored at the bounds \[-inf, 9\.0\], which leave them no value"
    ):
        DistributionFitter().fit(frame, upper_bound=9, **asked)
    with pytest.raises(InvalidInput, match=r"rows are censored at the bounds \[1\.0, inf\]"):
        DistributionFitter().fit(frame, lower_bound=1, **asked)


def test_a_support_at_zero_holds_censored_rows_too() -> None:
    frame = pd.DataFrame({"x": [-1.0, 2.0, 3.0, 5.0], "code": [1, 0, -1, 0]})
    asked: dict[str, Any] = {"column": "x", "support_at_zero": True, "included_distributions": ["expon"]}
    assert DistributionFitter().fit(frame, censoring="code", **asked).best()[0].parameters[0] == 0.0
    with pytest.raises(InvalidInput, match="support_at_zero needs values at or above 0"):
        DistributionFitter().fit(frame, **asked)


def test_one_bad_code_of_a_column_leaves_the_others_alone() -> None:
    frame = pd.DataFrame({**COLUMNS, "other": TIME, "bad": [None, *CODE[1:]]})
    results = DistributionFitter().fit(
        frame, columns=["time", "other"], censoring={"time": "bad"}, included_distributions=["norm"]
    )
    statuses = dict(zip(results.df["column_name"], results.df["status"], strict=True))
    assert statuses == {"time": "failed", "other": "ok"}


def test_bounds_and_windows_of_counts_are_for_their_engine_to_judge() -> None:
    settings = FitterConfig(upper_bound=9, truncation={"n": (0, "limit")}, weights=Weights("w", "analytic"))
    call = Call.of(settings, DiscreteDistributionRegistry(), seed=1)
    (plan,) = call.opened(pd.DataFrame({"n": [0, 1, 3], "w": [1, 2, 1], "limit": [5, 6, 7]}), ("n",))
    assert (plan.spec.lower_bound, plan.spec.upper_bound) == (0.0, 9.0)
    assert plan.summary == summarize_values(
        np.array([0.0, 1.0, 3.0]),
        np.array([1.0, 2.0, 1.0]),
        truncation=(None, np.array([5.0, 6.0, 7.0])),
        analytic=True,
    )
