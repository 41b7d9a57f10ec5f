from __future__ import annotations

import math
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.conftest import SHAPES, simulated

from warmfit_fitting.errors import InvalidInput, SerializationError, WarmfitError
from warmfit_fitting.row import Ending, FitRow, Status
from warmfit_fitting.spec import METHODS, FitSpec
from warmfit_fitting.summary import summarize_intervals, summarize_values
from warmfit_proto import codec
from warmfit_proto.v1 import fitting_pb2 as pb

FINITE = st.floats(allow_nan=False, allow_infinity=False)
NAMES = st.text(min_size=1, max_size=12)
COUNTS = st.integers(0, 2**32 - 1)
SPECS = st.builds(
    FitSpec,
    families=st.lists(NAMES, min_size=1, max_size=5, unique=True).map(tuple),
    method=st.sampled_from(METHODS),
    bins=st.none() | st.integers(1, 1000),
    support_at_zero=st.booleans(),
    lower_bound=st.none() | st.floats(-1e300, -1.0),
    upper_bound=st.none() | st.floats(1.0, 1e300),
    fixed=st.lists(st.tuples(NAMES, FINITE), max_size=3).map(tuple),
    goodness=st.booleans(),
    evaluations=st.integers(1, 10**6),
    seed=st.integers(0, 2**64 - 1),
)
ROWS = st.builds(
    FitRow,
    distribution=NAMES,
    status=st.sampled_from(get_args(Status)),
    reason=st.text(max_size=20),
    parameters=st.lists(FINITE, max_size=6).map(tuple),
    n_parameters=COUNTS,
    loglik=st.floats(allow_nan=False),
    aic=FINITE,
    ks_statistic=FINITE,
    standard_errors=st.lists(FINITE, max_size=6).map(tuple),
    ending=st.sampled_from(get_args(Ending)),
    method=st.sampled_from(METHODS),
    n_evaluations=COUNTS,
    elapsed=FINITE,
)


def same(a: FitRow, b: FitRow) -> bool:
    """Equal, NaN to NaN."""
    pairs = [(getattr(a, name), getattr(b, name)) for name in a.__dataclass_fields__]
    return all(x == y or (x != x and y != y) for x, y in pairs)


@given(arrays(np.float64, st.integers(1, 50), elements=FINITE))
@settings(max_examples=100, deadline=None)
def test_summaries_of_any_finite_rows_round_trip(x: np.ndarray) -> None:
    summary = summarize_values(x)
    wire = codec.summary_to_wire(summary).SerializeToString()
    assert codec.summary_from_wire(pb.ColumnSummary.FromString(wire)) == summary


@pytest.mark.parametrize("shape", SHAPES)
def test_binned_summaries_round_trip(shape: str) -> None:
    summary = summarize_values(simulated(shape, 20_000))
    assert codec.summary_from_wire(codec.summary_to_wire(summary)) == summary


@pytest.mark.parametrize("n", [1, 300, 20_000])
def test_summaries_of_censored_truncated_and_weighted_rows_round_trip(n: int, rng: np.random.Generator) -> None:
    lower = rng.normal(size=n)
    upper = lower + rng.choice([0.0, 0.5, np.inf], n)
    lower = np.where(rng.random(n) < 0.2, -np.inf, lower)
    upper = np.where(np.isinf(lower) & np.isinf(upper), 0.0, upper)
    window = (np.where(rng.random(n) < 0.5, -np.inf, -9.0), np.where(rng.random(n) < 0.5, np.inf, 9.0))
    for weights in (None, rng.uniform(0.1, 2, n)):
        summary = summarize_intervals(lower, upper, weights, truncation=window, analytic=weights is not None)
        wire = codec.summary_to_wire(summary).SerializeToString()
        assert codec.summary_from_wire(pb.ColumnSummary.FromString(wire)) == summary


def test_values_are_summarized_with_what_is_sent_of_their_censoring_truncation_and_weights() -> None:
    x, weights, codes, entry = np.array([1.0, 2.0, 4.0]), np.array([1.0, 0.5, 2.0]), [0, 1, -1], [0.5, -np.inf, 0.0]
    sent = pb.ColumnValues(values=x, weights=weights, censoring=codes, lower_truncation=entry, analytic=True)
    expected = summarize_values(x, weights, censoring=codes, truncation=(entry, None), analytic=True)
    assert codec.column_from_wire(pb.Column(name="x", values=sent)) == expected
    both = pb.ColumnValues(values=x, upper=[1.0, np.inf, 5.0], upper_truncation=[9.0, 9.0, 9.0])
    cut = summarize_intervals(x, np.array([1.0, np.inf, 5.0]), truncation=(None, 9.0))
    assert codec.column_from_wire(pb.Column(name="x", values=both)) == cut
    both.censoring.extend(codes)
    with pytest.raises(InvalidInput, match="'x': both censoring and upper"):
        codec.column_from_wire(pb.Column(name="x", values=both))


def test_a_plain_summary_is_written_as_version_1_and_what_it_cannot_say_as_version_2() -> None:
    x = np.array([1.0, 2.0, 4.0])
    assert codec.summary_to_wire(summarize_values(x)).version == 1
    message = codec.summary_to_wire(summarize_values(x, censoring=[0, 0, 1]))
    assert message.version == 2
    message.version = 1
    with pytest.raises(SerializationError, match="version 1 that holds"):
        codec.summary_from_wire(message)


@given(SPECS)
@settings(max_examples=200, deadline=None)
def test_specs_round_trip(spec: FitSpec) -> None:
    assert codec.spec_from_wire(pb.FitSpec.FromString(codec.spec_to_wire(spec).SerializeToString()), ()) == spec


@given(st.lists(ROWS, max_size=6))
@settings(max_examples=200, deadline=None)
def test_rows_round_trip(rows: list[FitRow]) -> None:
    again = codec.table_from_wire(pb.FitTable.FromString(codec.table_to_wire(rows).SerializeToString()))
    assert len(again) == len(rows)
    assert all(same(a, b) for a, b in zip(again, rows, strict=True))


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_no_bytes_make_a_summary_that_no_rows_can_have(data: bytes) -> None:
    whole = codec.summary_to_wire(summarize_values(np.array([1.0, 2.0, 4.0]))).SerializeToString()
    try:
        message = pb.ColumnSummary.FromString(whole + data)  # a later field overrides an earlier one
    except Exception:
        return
    try:
        summary = codec.summary_from_wire(message)
    except WarmfitError:
        return
    assert summary.minimum <= summary.mean <= summary.maximum or not math.isfinite(summary.mean)


def test_a_fingerprint_that_is_not_that_of_the_content_is_refused() -> None:
    message = codec.summary_to_wire(summarize_values(np.array([1.0, 2.0])))
    message.n_missing = 7
    with pytest.raises(SerializationError, match="not that of its content"):
        codec.summary_from_wire(message)


def test_a_summary_of_another_version_is_refused() -> None:
    message = codec.summary_to_wire(summarize_values(np.array([1.0, 2.0])))
    message.version = 9
    with pytest.raises(SerializationError, match="version 9"):
        codec.summary_from_wire(message)


def test_raw_values_become_the_summary_of_the_rows() -> None:
    column = pb.Column(name="x", values=pb.ColumnValues(values=[3.0, math.nan, 1.0], weights=[2.0, 1.0, 1.0]))
    expected = summarize_values(np.array([3.0, math.nan, 1.0]), np.array([2.0, 1.0, 1.0]))
    assert codec.column_from_wire(column) == expected


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (pb.Column(name="x"), "neither a summary nor values"),
        (pb.Column(name="x", values=pb.ColumnValues()), "column 'x'.*no values"),
        (pb.Column(name="x", values=pb.ColumnValues(values=[1.0], weights=[1.0, 2.0])), "1 values and 2 weights"),
        (pb.Column(name="x", values=pb.ColumnValues(values=[math.inf])), "column 'x'.*infinite"),
    ],
)
def test_columns_that_cannot_be_used_are_refused_by_name(column: pb.Column, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        codec.column_from_wire(column)


@pytest.mark.parametrize("n", [1, 15, 16, 17, 2_048, 131_072])
@pytest.mark.parametrize("offset", [0, 5, 2**40])
def test_a_chunk_written_from_an_array_is_the_message(n: int, offset: int) -> None:
    values = np.random.default_rng(n).normal(size=n)
    message = pb.SampleChunk.FromString(codec.chunk_to_wire(offset, values))
    assert message == pb.SampleChunk(offset=offset, values=values)


def test_a_table_whose_arrays_do_not_belong_together_is_refused() -> None:
    row = FitRow("norm", "ok", parameters=(1.0, 2.0), elapsed=0.1)
    table = codec.table_to_wire([row, replace(row, distribution="gamma")])
    short = pb.FitTable()
    short.CopyFrom(table)
    del short.aic[1]
    with pytest.raises(SerializationError, match="differ in length"):
        codec.table_from_wire(short)
    del table.parameters[3]
    with pytest.raises(SerializationError, match="fewer parameters"):
        codec.table_from_wire(table)
