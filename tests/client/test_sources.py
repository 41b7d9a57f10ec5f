"""Every numeric column, however it is held, becomes the summary of its float64 values; nothing else does."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from warmfit.sources import RowChoice, open_source
from warmfit.sources.recognize import chosen_names, requested_names
from warmfit.sources.summarized import TableSource
from warmfit_fitting.errors import InvalidInput, UnsupportedType, WarmfitError
from warmfit_fitting.summary.column import ColumnSummary
from warmfit_fitting.summary.summarize import summarize_values

WHOLE = [3, 1, 4, 1, 5, 9, 2, 6]
HALVES = [0.5, 1.5, -2.5, 3.0]


def summary_of(data: object, names: list[str] | None = None, rows: RowChoice | None = None) -> ColumnSummary:
    source = open_source(data, names, rows)
    ((_, outcome),) = source.columns(chosen_names(source, names)[:1])
    if isinstance(outcome, WarmfitError):
        raise outcome
    return outcome


def floats(values: list[Any], missing: int = 0) -> ColumnSummary:
    return summarize_values(np.array(values, dtype=float), n_missing=missing)


@pytest.mark.parametrize(
    "dtype",
    [
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "float16",
        "float32",
        "float64",
        "longdouble",
        ">f8",
        "object",
    ],
)
@pytest.mark.parametrize("hold", [np.asarray, pd.Series, lambda a: pd.DataFrame({"value": a})])
def test_every_numpy_width_gives_the_summary_of_the_float64_values(dtype: str, hold: Callable[[Any], object]) -> None:
    assert summary_of(hold(np.array(WHOLE).astype(dtype))) == floats(WHOLE)


@pytest.mark.parametrize(
    "data",
    [
        WHOLE,
        tuple(WHOLE),
        [Decimal(v) for v in WHOLE],
        [Fraction(v) for v in WHOLE],
        [np.int16(v) for v in WHOLE],
        np.array([Decimal(v) for v in WHOLE]),
        np.array([WHOLE]).T,
        np.array(WHOLE)[::-1],
        pd.Index(WHOLE),
        pd.Series([Decimal(v) for v in WHOLE]),
        pd.Series(WHOLE, dtype=pd.ArrowDtype(pa.decimal128(5, 2))),
        pd.Series(pd.arrays.SparseArray(WHOLE)),
        pl.Series([Decimal(v) for v in WHOLE]),
        pl.Series(WHOLE, dtype=pl.Int128),
        pl.Series(WHOLE, dtype=pl.Object),
        pl.LazyFrame({"value": WHOLE}),
        pa.array(WHOLE),
        pa.chunked_array([WHOLE[:3], WHOLE[3:]]),
        pa.table({"value": WHOLE}),
        pa.record_batch({"value": pa.array(WHOLE)}),
        pa.array([Decimal(v) for v in WHOLE], pa.decimal128(5, 2)),
        pa.array([Decimal(v) for v in WHOLE], pa.decimal256(50, 2)),
        pa.array(np.array(WHOLE, dtype=np.float16)),
    ],
    ids=lambda data: f"{type(data).__module__}.{type(data).__name__}",
)
def test_every_container_gives_the_summary_of_the_float64_values(data: object) -> None:
    assert summary_of(data) == floats(WHOLE)


@pytest.mark.parametrize(
    "hold",
    [
        lambda v: v,
        lambda v: np.array(v, dtype=object),
        lambda v: np.array([np.nan if x is None else x for x in v]),
        lambda v: np.ma.masked_equal([-99 if x is None else x for x in v], -99),
        lambda v: pd.Series([pd.NA if x is None else x for x in v], dtype=object),
        lambda v: pd.Series(v, dtype="Int64"),
        lambda v: pd.array(v, dtype="Int64"),
        lambda v: pd.Series(v, dtype="UInt8"),
        lambda v: pd.Series(v, dtype="Float64"),
        lambda v: pd.Series(v, dtype="Float32"),
        lambda v: pd.Series(v, dtype="int64[pyarrow]"),
        lambda v: pd.Series(v, dtype="double[pyarrow]"),
        lambda v: pd.DataFrame({"value": v}),
        lambda v: pl.Series(v),
        lambda v: pl.Series(v, dtype=pl.UInt8),
        lambda v: pl.Series(v, dtype=pl.Float32),
        lambda v: pl.Series([None if x is None else Decimal(x) for x in v]),
        lambda v: pl.DataFrame({"value": v}),
        lambda v: pa.table({"value": v}),
        lambda v: pa.table({"value": pa.array(v, pa.uint64())}),
        lambda v: pa.table({"value": pa.array([None if x is None else Decimal(x) for x in v])}),
    ],
)
def test_missing_values_are_dropped_and_counted(hold: Callable[[list[int | None]], object]) -> None:
    summary = summary_of(hold([None, *WHOLE, None]))
    assert (summary, summary.n, summary.n_missing) == (floats(WHOLE, missing=2), len(WHOLE), 2)


@pytest.mark.parametrize(
    "data",
    [
        [True, False, True, None],
        np.ma.array([True, False, True, True], mask=[0, 0, 0, 1]),
        pd.Series([True, False, True, None]),
        pd.Series([True, False, True, None], dtype="boolean"),
        pd.Series([True, False, True, None], dtype="bool[pyarrow]"),
        pl.Series([True, False, True, None]),
        pa.array([True, False, True, None]),
    ],
    ids=lambda data: f"{type(data).__module__}.{type(data).__name__}",
)
def test_truth_values_count_as_zero_and_one(data: object) -> None:
    assert summary_of(data) == floats([1, 0, 1], missing=1)


@pytest.mark.parametrize(
    "hold",
    [
        np.asarray,
        pd.Series,
        pl.Series,
        pa.array,
        lambda v: pl.Series([*v, None]),
        lambda v: pa.array([*v, None]),
    ],
)
def test_integers_beyond_two_to_the_53_are_rounded(hold: Callable[[list[int]], object]) -> None:
    summary = summary_of(hold([2**62 + 1, 2**53 + 1, 7]))
    assert (summary.maximum, summary.observed.atoms[1]) == (2.0**62, 2.0**53)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (["a", "b"], "str"),
        ([1.0, "2.0"], "'2.0'"),
        (np.array(["1", "2"]), "pandas.to_numeric"),
        (pd.Series(["x", None]), "'x'"),
        (pd.Series(["x", None], dtype="string"), "'x'"),
        (pl.Series(["x"]), "'x'"),
        (pa.array(["x"]), "'x'"),
        (pa.array([b"x"]), "b'x'"),
        (np.array(["2024-05-01"], dtype="datetime64[D]"), "2024-05-01"),
        (pd.Series(pd.to_datetime(["2024-05-01"])), "convert it to seconds"),
        (pd.Series(pd.to_datetime(["2024-05-01"], utc=True)), "convert it to seconds"),
        (pd.Series([datetime.date(2024, 5, 1)]), "2024-05-01"),
        (pd.Series(pd.period_range("2024-05-01", periods=2, freq="D")), "Period"),
        (pl.Series([datetime.datetime(2024, 5, 1)]), "convert it to seconds"),
        (pa.array([datetime.date(2024, 5, 1)]), "2024-05-01"),
        (np.array([5], dtype="timedelta64[s]"), "total_seconds"),
        (np.array([np.timedelta64(5, "s"), 1.0], dtype=object), "total_seconds"),
        (pd.Series([pd.Timedelta(5, "s")]), "total_seconds"),
        (pl.Series([datetime.timedelta(5)]), "total_seconds"),
        (pa.array([5], pa.duration("s")), "total_seconds"),
        (pd.Series([1, 2, 1]).astype("category"), "categor"),
        (pl.Series(["a"], dtype=pl.Categorical), "categor"),
        (pa.array(["a"]).dictionary_encode(), "categor"),
        (np.array([1j, 2.0]), "real part"),
        ([1j, 2.0], "real part"),
        (pd.Series([1j]), "real part"),
        ([[1, 2], [3]], "list"),
        (pl.Series([[1], [2]]), "List"),
        (pa.array([{"a": 1}]), "struct"),
        ([object()], "object"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_columns_that_hold_no_numbers_are_refused_by_name_with_an_example(data: object, says: str) -> None:
    with pytest.raises(UnsupportedType) as caught:
        summary_of(data, ["price"])
    assert str(caught.value).startswith("column 'price': dtype ")
    assert says in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ([], "no values"),
        (np.array([]), "no values"),
        (pl.Series([None, None]), "2 missing"),
        (pa.array([None]), "1 missing"),
        (pd.Series([None, None], dtype=object), "2 missing"),
        ([1.0, np.inf], "1 infinite"),
        (pd.Series([Decimal("Infinity"), Decimal(1)]), "1 infinite"),
        (np.array([1, np.longdouble("1e4000")]), "1 infinite"),
        ([10**400, 1], "float64"),
        ([Decimal("sNaN"), 1], "float64"),
    ],
)
def test_numbers_that_cannot_be_fitted_are_refused_by_column(data: object, says: str) -> None:
    with pytest.raises(InvalidInput, match=f"column 'price': .*{says}"):
        summary_of(data, ["price"])


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (7, "int"),
        (None, "None"),
        ({"a": [1, 2]}, "pandas.DataFrame"),
        ({1.0, 2.0}, "set"),
        (type("RDD", (), {"__module__": "pyspark.core.rdd"})(), "RDD"),
    ],
)
def test_objects_of_another_kind_are_refused_with_what_is_read(data: object, says: str) -> None:
    with pytest.raises(UnsupportedType, match=r"this version reads pandas, polars, Arrow, NumPy, Spark") as caught:
        open_source(data)
    assert says in str(caught.value)


@pytest.mark.parametrize("shape", [(), (2, 3, 4)])
def test_arrays_of_no_or_three_dimensions_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InvalidInput, match="shape"):
        open_source(np.zeros(shape))


def test_a_bare_column_goes_by_the_name_asked_for_its_own_or_value() -> None:
    assert open_source([1, 2], ["price"]).names == ("price",)
    assert open_source(pd.Series([1], name="cost"), ["price"]).names == ("price",)
    assert open_source(pl.Series("cost", [1])).names == ("cost",)
    assert open_source(np.arange(3)).names == ("value",)


def test_columns_of_a_matrix_go_by_position_or_by_the_names_given() -> None:
    matrix = np.arange(12.0).reshape(4, 3)
    assert open_source(matrix).names == ("0", "1", "2")
    assert summary_of(matrix, ["2"]) == floats([2, 5, 8, 11])
    assert open_source(matrix, ["a", "b", "c"]).names == ("a", "b", "c")
    masked = np.ma.array(matrix, mask=matrix == 2)
    assert summary_of(masked, ["2"]) == floats([5, 8, 11], missing=1)
    with pytest.raises(InvalidInput, match="no column 'a'"):
        summary_of(matrix, ["a", "b"])


def test_fields_of_a_structured_array_are_columns() -> None:
    records = np.array([(1, 2.5), (3, 4.5)], dtype=[("a", "i4"), ("b", "f4")])
    assert summary_of(records, ["b"]) == floats([2.5, 4.5])


def test_labels_that_are_no_strings_go_by_their_text() -> None:
    assert summary_of(pd.DataFrame(np.arange(6).reshape(3, 2)), ["1"]) == floats([1, 3, 5])


def test_whole_numbers_name_the_columns_whose_labels_they_are() -> None:
    frame = pd.DataFrame([[1.0, 5.0], [2.0, 7.0]])
    for data in (frame, frame.to_numpy()):
        names = requested_names(None, [np.int64(1), 0])
        assert names == ("1", "0")
        found = dict(open_source(data, names).columns(names))
        assert [found[name].minimum for name in names] == [5.0, 1.0]  # type: ignore[union-attr]
    assert requested_names(1, None) == ("1",)
    assert requested_names(None, frame.columns) == ("0", "1")
    for column in (True, 1.5):
        with pytest.raises(UnsupportedType, match="column"):
            requested_names(column, None)


def test_an_unknown_column_is_refused_with_the_nearest_names_and_a_cut_list() -> None:
    frame = pd.DataFrame({f"price_{i}": [1.0] for i in range(30)})
    with pytest.raises(InvalidInput, match=r"no column 'prise_7': did you mean .*'price_7'.* and 18 more"):
        summary_of(frame, ["prise_7"])


def test_two_columns_of_one_name_are_refused() -> None:
    for frame in (pd.DataFrame([[1, 2]], columns=["a", "a"]), pa.table([[1], [2]], names=["a", "a"])):
        with pytest.raises(InvalidInput, match="rename"):
            open_source(frame)
    with pytest.raises(InvalidInput, match="'1'"):
        open_source(pd.DataFrame([[1, 2]], columns=[1, "1"]))


def test_which_column_must_be_said_where_there_are_several() -> None:
    with pytest.raises(InvalidInput, match="'a', 'b'"):
        chosen_names(open_source(pd.DataFrame({"a": [1], "b": [2]})), None)


def test_one_bad_column_is_an_answer_and_the_next_one_goes_on() -> None:
    source = open_source(pl.DataFrame({"bad": ["x", "y"], "good": [1, 2]}))
    (_, bad), (_, good) = source.columns(["bad", "good"])
    assert isinstance(bad, UnsupportedType)
    assert good == floats([1, 2])


def test_a_lazy_frame_collects_only_what_is_asked_for() -> None:
    def fail(_: pl.Series) -> pl.Series:
        raise AssertionError("collected")

    lazy = pl.LazyFrame({"a": [1, 2, 2], "b": [1, 1, 1], "n": [1, 2, 3]})
    lazy = lazy.with_columns(pl.col("b").map_batches(fail, return_dtype=pl.Int64))
    assert summary_of(lazy, ["a"], RowChoice(weights="n")).mean == pytest.approx(11 / 6)


@pytest.mark.parametrize("weights", [[2, 1, 3], np.array([2, 1, 3]), pd.Series([2, 1, 3]), pl.Series([2, 1, 3]), "w"])
def test_weights_count_rows(weights: object) -> None:
    frame = pd.DataFrame({"value": [1.0, 2.0, 4.0], "w": [2, 1, 3]})
    summary = summary_of(frame, ["value"], RowChoice(weights=weights))
    assert (summary.weight, summary.mean) == (6.0, pytest.approx((2 + 2 + 12) / 6))


def test_a_missing_value_drops_its_weight() -> None:
    summary = summary_of([1.0, None, 4.0], rows=RowChoice(weights=[2, 5, 3]))
    assert (summary.weight, summary.n_missing) == (5.0, 1)


@pytest.mark.parametrize(
    ("weights", "error", "says"),
    [
        ([1, 2], InvalidInput, "2 weight.* for 3 row"),
        ([1, None, 1], InvalidInput, "missing"),
        ([1, -1, 1], InvalidInput, "negative"),
        ([1, np.inf, 1], InvalidInput, "finite"),
        ([0, 0, 0], InvalidInput, "every weight is 0"),
        (["a", "b", "c"], UnsupportedType, "weights: dtype"),
        ("name", UnsupportedType, "weights='name': dtype"),
        ("nmae", InvalidInput, "no column 'nmae': did you mean 'name'"),
    ],
)
def test_weights_that_cannot_count_are_refused(weights: object, error: type[Exception], says: str) -> None:
    frame = pd.DataFrame({"value": [1.0, 2.0, 4.0], "name": ["a", "b", "c"]})
    with pytest.raises(error, match=says):
        summary_of(frame, ["value"], RowChoice(weights=weights))


def test_a_sample_takes_the_same_rows_of_every_column() -> None:
    frame = pl.DataFrame({"a": range(1000), "b": range(1000), "w": [1] * 1000})
    source = open_source(frame, rows=RowChoice(weights="w", fraction=0.25, seed=7))
    (_, a), (_, b) = source.columns(["a", "b"])
    assert isinstance(a, ColumnSummary)
    assert a.n == 250
    assert a == b
    assert a != summary_of(frame, ["a"], RowChoice(fraction=0.25, seed=8))


def test_summaries_pass_through() -> None:
    summary = floats(WHOLE)
    assert summary_of(summary) is summary
    assert open_source(summary, ["price"]).names == ("price",)
    assert summary_of({"a": summary}, ["a"]) is summary
    with pytest.raises(InvalidInput, match="no single rows"):
        open_source(summary, rows=RowChoice(fraction=0.5))


@pytest.mark.parametrize("hold", [lambda v: v, pd.Series, lambda v: v.reshape(-1, 1), pl.Series, pa.array])
def test_float64_is_not_copied(hold: Callable[[Any], object]) -> None:
    source = open_source(hold(np.linspace(0, 1, 100)), ["value"])
    assert isinstance(source, TableSource)
    assert np.shares_memory(source.table.numbers("value"), source.table.numbers("value"))
