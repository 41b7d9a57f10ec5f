"""`SparkBackend`: fits as Spark tasks, for many columns or groups; summaries go out, rows of results come back.

A task is some columns with all their families, or some families of one column. Each is a Spark job of one task, so that
rows are reported as they are finished and jobs can be ended; as many run at a time as the cluster has cores. Python runs
on the executors here, where warmfit, pandas' friend PyArrow and the users' families must be importable.
"""

from __future__ import annotations

import logging
import math
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Any

from warmfit.backends.protocol import FitTask, OnRow
from warmfit.backends.spark_tasks import Piece, encoded, fitted, pieces
from warmfit.backends.work import GRACE, TICK
from warmfit_fitting.errors import UnsupportedType
from warmfit_fitting.families.every import with_custom
from warmfit_fitting.row import FitRow

log = logging.getLogger("warmfit")


class SparkBackend:
    """Fits on the cluster of a Spark session: `spark`, or the active one, or a new one as its configuration says.

    It pays for many columns or groups; a fit of one column takes longer to send than to compute. Tasks need Python workers
    that can import warmfit: the same environment on the executors as here.
    """

    name = "spark"

    def __init__(self, spark: Any = None) -> None:
        if spark is not None and not is_session(spark):
            raise UnsupportedType(f"spark= is a {type(spark).__name__}; expected a SparkSession, or None")
        self._spark = spark
        self._cores: int | None = None

    @property
    def spark(self) -> Any:
        """The session."""
        if self._spark is None:
            from pyspark.sql import SparkSession

            self._spark = SparkSession.getActiveSession() or SparkSession.builder.getOrCreate()
        return self._spark

    def __repr__(self) -> str:
        return f"SparkBackend({'' if self._spark is None else self._spark!r})"

    def fit(
        self, tasks: Sequence[FitTask], *, on_row: OnRow | None = None, timeout: float | None = None
    ) -> list[tuple[FitRow, ...]]:
        """One tuple of rows for each task; see `ExecutionBackend.fit`."""
        for task in tasks:
            with_custom(task.custom).resolve(task.spec.families)
        run = _Run(tasks, on_row, timeout)
        if tasks:
            self._fit(run, pieces(tasks, self._parallelism()))
        run.give_up()
        return run.answers()

    def _fit(self, run: _Run, work: Sequence[Piece]) -> None:
        tag = f"warmfit-{uuid.uuid4()}"
        left = math.inf if run.timeout is None else run.timeout
        until, deadline = time.time() + left, time.monotonic() + left  # executors share the date, not the clock
        pool = ThreadPoolExecutor(min(self._parallelism(), len(work)), thread_name_prefix="warmfit-spark")
        try:
            waiting = {pool.submit(self._job, encoded(run.tasks, piece, until), tag): piece for piece in work}
            while waiting and time.monotonic() < deadline + GRACE:
                for done in wait(waiting, TICK, FIRST_COMPLETED).done:
                    run.take(waiting.pop(done), done)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            self._cancel(tag)

    def _job(self, payload: bytes, tag: str) -> list[FitRow]:
        """The rows of one piece, computed by one Spark task."""
        spark = self.spark
        if _is_connect(spark):
            spark.addTag(tag)
        else:
            spark.sparkContext.addJobTag(tag)
        answer = _row_of(spark, payload).mapInArrow(fitted, "rows binary").collect()
        return [row for part in answer for row in _decoded(part[0])]

    def _cancel(self, tag: str) -> None:
        with suppress(Exception):  # nothing is left to be ended, or the session is gone
            if _is_connect(self.spark):
                self.spark.interruptTag(tag)
            else:
                self.spark.sparkContext.cancelJobsWithTag(tag)

    def _parallelism(self) -> int:
        """How many tasks the cluster runs at a time, as far as Spark tells."""
        if self._cores is None:
            if _is_connect(self.spark):
                parts = self.spark.range(0, 4096).selectExpr("spark_partition_id() as p").distinct().count()
            else:
                parts = self.spark.sparkContext.defaultParallelism
            self._cores = max(1, int(parts))
        return self._cores


def is_session(given: object) -> bool:
    """Whether it is a session of Spark, classic or Connect."""
    kind = type(given)
    return kind.__module__.partition(".")[0] == "pyspark" and kind.__name__ == "SparkSession"


def _is_connect(spark: Any) -> bool:
    return ".connect." in type(spark).__module__


def _row_of(spark: Any, payload: bytes) -> Any:
    """A frame of one row in one partition, which no Python worker has to make: classic sessions would start two for it."""
    if _is_connect(spark):
        return spark.createDataFrame([(payload,)], "piece binary").coalesce(1)
    from pyspark.sql.functions import lit

    return spark.range(1, numPartitions=1).select(lit(payload).alias("piece"))


def _decoded(rows: bytes) -> list[FitRow]:
    import pickle

    found: list[FitRow] = pickle.loads(rows)  # written by the tasks of this very job
    return found


class _Run:
    """One call: its tasks, and the rows finished so far."""

    def __init__(self, tasks: Sequence[FitTask], on_row: OnRow | None, timeout: float | None) -> None:
        self.tasks = tasks
        self.timeout = timeout
        self._on_row = on_row
        self._rows: dict[tuple[int, str], FitRow] = {}

    def take(self, piece: Piece, done: Future[list[FitRow]]) -> None:
        """Keep the rows of a piece; those of a job that failed say so."""
        error = done.exception()
        if error is None:
            rows: Iterator[FitRow] = iter(done.result())
        else:
            log.warning("a Spark job failed", exc_info=error)
            why = f"its Spark task failed: {_short(error)}"
            rows = (FitRow(family, "failed", why) for _, families in piece for family in families)
        for index, families in piece:
            for family in families:
                self._keep(index, family, next(rows))

    def give_up(self) -> None:
        """Rows for what nobody finished."""
        for index, task in enumerate(self.tasks):
            for family in task.spec.families:
                if (index, family) not in self._rows:
                    self._keep(index, family, FitRow(family, "timed_out", self._late()))

    def answers(self) -> list[tuple[FitRow, ...]]:
        """The rows, in the order in which they were asked for."""
        return [
            tuple(self._rows[index, family] for family in task.spec.families) for index, task in enumerate(self.tasks)
        ]

    def _late(self) -> str:
        return f"not finished in the {self.timeout or 0.0:.3g} s that the timeout left for fitting"

    def _keep(self, index: int, family: str, row: FitRow) -> None:
        self._rows[index, family] = row
        if self._on_row is None:
            return
        try:
            self._on_row(self.tasks[index].column, row)
        except Exception:
            log.exception("the callback for a finished family failed; the fit goes on")


def _short(error: BaseException) -> str:
    """The last line of a traceback from an executor that says something, or the first line of the error."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if "Error: " in line and not line.startswith(("at ", "Caused"))]
    return (telling[-1] if telling else lines[0] if lines else type(error).__name__)[:300]
