"""Fits as Spark tasks: the rows of every other backend, with progress, a clock, and families of one's own."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from tests.conftest import Sparks
from tests.service.conftest import eventually

import warmfit.spark
from warmfit import BackendFactory, DistributionFitter, LocalBackend, SparkBackend, UnknownDistribution, UnsupportedType
from warmfit.backends import ExecutionBackend, FitTask
from warmfit.backends.spark_tasks import pieces
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import summarize_values

pytestmark = pytest.mark.spark
FAMILIES = ("gumbel_r", "norm", "expon", "gamma")


def task(column: str, families: tuple[str, ...] = FAMILIES, custom: dict[str, Any] | None = None) -> FitTask:
    values = np.random.default_rng(len(column)).gamma(3.0, size=300)
    return FitTask(column, summarize_values(values), FitSpec(families), custom or {})


def timeless(rows: Any) -> list[str]:
    return [repr(row).rpartition("elapsed=")[0] for row in rows]


def test_rows_are_those_of_the_local_backend_in_both_kinds_of_session(sparks: Sparks) -> None:
    tasks = [task("a"), task("bb", ("norm",)), *(task("c" * n) for n in range(3, 8))]
    here = LocalBackend(1).fit(tasks)
    for session, some in ((sparks.classic, tasks), (sparks.connect, tasks[:1])):
        told: list[tuple[str, FitRow]] = []
        there = SparkBackend(session).fit(some, on_row=lambda column, row, told=told: told.append((column, row)))
        assert [timeless(rows) for rows in there] == [timeless(rows) for rows in here[: len(some)]]
        assert sorted(f"{c} {r.distribution}" for c, r in told) == sorted(
            f"{t.column} {family}" for t in some for family in t.spec.families
        )


def test_a_family_of_ones_own_is_shipped_and_one_that_raises_fails_alone(spark: Any) -> None:
    class Mine(stats.rv_continuous):  # type: ignore[misc]
        def _pdf(self, x: Any) -> Any:
            return stats.norm.pdf(x)

    class Broken(stats.rv_continuous):  # type: ignore[misc]
        def _pdf(self, *_: Any) -> Any:
            raise KeyError("no such thing")

        _logpdf = _pdf

    (rows,) = SparkBackend(spark).fit([task("a", ("mine", "broken"), {"mine": Mine(), "broken": Broken()})])
    assert [row.status for row in rows] == ["ok", "failed"]
    with pytest.raises(UnknownDistribution, match="nrom"):
        SparkBackend(spark).fit([task("a", ("nrom",))])


def test_what_is_not_finished_in_time_is_timed_out_and_its_job_ends(spark: Any) -> None:
    class Slow(stats.rv_continuous):  # type: ignore[misc]
        def _pdf(self, *_: Any) -> Any:
            time.sleep(60)

        _logpdf = _pdf

    began = time.monotonic()
    (rows,) = SparkBackend(spark).fit([task("a", ("slow", "norm"), {"slow": Slow()})], timeout=0.5)
    assert rows[0].status == "timed_out"
    assert "that the timeout left" in rows[0].reason
    assert time.monotonic() - began < 30
    assert eventually(
        lambda: not spark.sparkContext.statusTracker().getActiveJobsIds(), 40
    )  # Spark ends jobs by and by


def test_work_is_shared_out_by_columns_or_by_families() -> None:
    many = pieces([task("a")] * 100, cores=2)
    assert sorted(index for piece in many for index, _ in piece) == list(range(100))
    assert 8 < len(many) <= 16
    one = pieces([task("a")], cores=2)
    assert len(one) == 4
    assert sorted(family for ((_, families),) in one for family in families) == sorted(FAMILIES)


def test_the_backend_is_found_by_name_by_session_and_by_frame(spark: Any) -> None:
    frame = spark.createDataFrame([(1.0,)], "a double")
    for backend in (
        BackendFactory.create("spark", spark=spark),
        BackendFactory.for_dataframe(frame),
        DistributionFitter(spark).backend,
        DistributionFitter(spark=spark).backend,
        SparkBackend(),
    ):
        assert isinstance(backend, SparkBackend)
        assert isinstance(backend, ExecutionBackend)
        assert backend.spark is spark
    with pytest.raises(UnsupportedType, match="expected a SparkSession"):
        SparkBackend("local[2]")


def test_results_become_a_spark_frame(spark: Any) -> None:
    frame = pd.DataFrame({"a": np.random.default_rng(1).gamma(2.0, size=100)})
    results = DistributionFitter(backend=LocalBackend(1)).fit(frame, included_distributions=["gamma", "loggamma"])
    back = warmfit.spark.to_dataframe(results, spark)
    assert dict(back.dtypes)["parameters"] == "array<double>"
    assert dict(back.dtypes)["bic"] == "double"
    assert [tuple(row.parameters) for row in back.collect()] == [tuple(p) for p in results.df.parameters]
    with pytest.raises(UnsupportedType, match=r"expected what DistributionFitter\.fit returns"):
        warmfit.spark.to_dataframe(frame, spark)  # type: ignore[arg-type]
