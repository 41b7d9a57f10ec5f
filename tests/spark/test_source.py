"""A Spark frame gives the summaries that the same rows give in memory."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.conftest import SHAPES, Sparks, simulated
from tests.spark.rows import assert_same_rows

import warmfit.spark
from warmfit import DistributionFitter, InvalidInput, UnsupportedType, Weights, summarize
from warmfit.sources import RowChoice, open_source
from warmfit_fitting.summary import summarize_values

pytestmark = pytest.mark.spark
N = 20_000
RNG = np.random.default_rng(3)
LARGE = pd.DataFrame(
    {
        **{shape: simulated(shape, N) for shape in SHAPES},
        "spikes": np.where(RNG.random(N) < 0.3, RNG.choice([0.0, 100.0, 2.5], N), RNG.lognormal(2.0, 1.0, N)),
        "whole": np.round(RNG.lognormal(9.0, 1.0, N)),
        "far away": 1e9 + RNG.normal(size=N),
        "holes": np.where(RNG.random(N) < 0.2, np.nan, RNG.normal(size=N)),
        "weight": RNG.choice([0.0, 1.0, 2.5], N),
    }
)
FITTED = [name for name in LARGE if name != "weight"]


@pytest.fixture(scope="module")
def large(spark: Any) -> Any:
    return spark.createDataFrame(LARGE).repartition(3).cache()


def test_rows_are_counted_alike_in_spark_and_in_memory(large: Any) -> None:
    there, here = warmfit.spark.summarize(large, FITTED), summarize(LARGE, FITTED)
    for name in FITTED:
        assert_same_rows(there[name], here[name])
        assert not here[name].is_exact
    assert len(here["spikes"].observed.atoms) == 3


def test_connect_gives_what_the_classic_session_gives(sparks: Sparks, spark: Any) -> None:
    values = LARGE[["t(3)", "weight"]]
    classic, connect = (session.createDataFrame(values) for session in (spark, sparks.connect))
    there, here = (warmfit.spark.summarize(frame, "t(3)", weights="weight") for frame in (connect, classic))
    assert_same_rows(there["t(3)"], here["t(3)"])


@pytest.mark.parametrize("kind", ["frequency", "analytic"])
def test_weighted_rows_are_counted_alike(large: Any, kind: str) -> None:
    weights = Weights("weight", kind)
    there = warmfit.spark.summarize(large, ["holes", "spikes"], weights=weights)
    here = summarize(LARGE, ["holes", "spikes"], weights=weights)
    for name in there:
        assert_same_rows(there[name], here[name])


def test_more_rows_are_counted_on_the_plan_of_those_they_join(large: Any) -> None:
    before = summarize_values(simulated("Cauchy", N, seed=2))
    rows = RowChoice(plans={"Cauchy": before.plan()})
    (_, there), (_, here) = (next(iter(open_source(frame, None, rows).columns(["Cauchy"]))) for frame in (large, LARGE))
    assert_same_rows(there, here)
    assert_same_rows(before.merge(there), before.merge(here))  # type: ignore[arg-type]


def test_columns_of_few_values_are_exact_whatever_numbers_they_hold(spark: Any) -> None:
    schema = "d double, f float, n decimal(12,3), i int, l bigint, b boolean, nothing void, zero double"
    rows = [
        (0.1, 0.5, Decimal("1.125"), 3, 2**60, True, None, -0.0),
        (None, 1.5, None, -4, None, False, None, 0.0),
        (float("nan"), float("nan"), Decimal("-7.001"), None, 7, None, None, 5e-324),
    ]
    there = dict(open_source(spark.createDataFrame(rows, schema)).columns(schema.replace(",", "").split()[::2]))
    expected = {
        "d": ([0.1], 2), "f": ([0.5, 1.5], 1), "n": ([1.125, -7.001], 1), "i": ([3.0, -4.0], 1),
        "l": ([2.0**60, 7.0], 1), "b": ([1.0, 0.0], 1), "zero": ([0.0, 0.0, 5e-324], 0),
    }  # fmt: skip
    for name, (values, missing) in expected.items():
        assert there[name] == summarize_values(np.array(values), n_missing=missing), name
    assert "no values (3 missing, 0 left)" in str(there["nothing"])


def test_what_is_fitted_to_a_spark_frame_is_what_is_fitted_to_its_rows(spark: Any) -> None:
    values = pd.DataFrame({"a": np.round(LARGE["gamma(2.5)"].to_numpy()[:2000], 2)})
    fitter = DistributionFitter(backend=warmfit.LocalBackend(1))
    there, here = (
        fitter.fit(frame, column="a", included_distributions=["gamma", "lognorm"])
        for frame in (spark.createDataFrame(values), values)
    )
    assert [(r.distribution, r.parameters, r.bic) for r in there] == [
        (r.distribution, r.parameters, r.bic) for r in here
    ]


def test_a_share_of_the_rows_is_read_where_one_is_asked_for(large: Any) -> None:
    (summary,) = warmfit.spark.summarize(large, "Cauchy", sample_fraction=0.25).values()
    assert 0.2 * N < summary.n < 0.3 * N


def test_columns_that_hold_no_numbers_are_refused_by_name_and_the_others_are_not(spark: Any) -> None:
    day, hour = datetime.date(2024, 2, 1), datetime.timedelta(hours=1)
    frame = spark.createDataFrame(
        [("x", day, hour, [1.0], float("inf"), 2.0)], ["t", "day", "span", "list", "inf", "ok"]
    )
    found = {name: str(outcome) for name, outcome in open_source(frame).columns(frame.columns)}
    assert "column 't': dtype string is not numeric (it holds, e.g., 'x')" in found["t"]
    assert "seconds since its earliest" in found["day"]
    assert "total_seconds" in found["span"]
    assert "column 'list': " in found["list"]
    assert "1 infinite value(s)" in found["inf"]
    assert summarize(frame, "ok")["ok"].n == 1


def test_what_cannot_be_read_is_refused(spark: Any) -> None:
    frame = spark.createDataFrame([(1.0, 1.0, None), (2.0, -1.0, 1.0)], "a double, w double, h double")
    with pytest.raises(InvalidInput, match=r"no column 'b'.*'a'"):
        summarize(frame, "b")
    with pytest.raises(InvalidInput, match=r"weights='w': 1 weight\(s\) are negative"):
        summarize(frame, "a", weights="w")
    with pytest.raises(InvalidInput, match=r"weights='h': 1 weight\(s\) are missing"):
        summarize(frame, "a", weights="h")
    with pytest.raises(UnsupportedType, match="rows of a Spark frame have no order"):
        summarize(frame, "a", weights=[1.0, 2.0])
    with pytest.raises(InvalidInput, match="censoring= is not available for Spark"):
        summarize(frame, "a", censoring="w")
    with pytest.raises(InvalidInput, match="several columns are named 'a'"):
        summarize(frame.selectExpr("a", "w as a"), "a")
    with pytest.raises(InvalidInput, match="column= or columns= is needed"):
        summarize(frame, None)
