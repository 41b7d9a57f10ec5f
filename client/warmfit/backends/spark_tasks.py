"""What a Spark task is given and does: pieces of a call, encoded, fitted on an executor, and the rows sent back.

Pieces and rows are pickled, by the driver and by the tasks that it started itself, as everything is that Spark ships.
"""

from __future__ import annotations

import math
import pickle
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from warmfit.backends.local import LocalBackend
from warmfit.backends.protocol import FitTask
from warmfit_fitting.families.every import with_custom
from warmfit_fitting.families.family import Cost
from warmfit_fitting.summary.column import ColumnSummary

Piece = tuple[tuple[int, tuple[str, ...]], ...]
"""Tasks by their positions, and the families of each that are to be fitted."""

ROUNDS = 8  # pieces for each core: small enough to share out evenly and to see progress, large enough to be worth a job
_COST = {cost: rank for rank, cost in enumerate(Cost)}


def pieces(tasks: Sequence[FitTask], cores: int) -> list[Piece]:
    """The work in pieces: whole tasks where there are several for each core, shares of their families otherwise."""
    if len(tasks) >= 2 * cores:
        size = math.ceil(len(tasks) / (ROUNDS * cores))
        whole = [(index, task.spec.families) for index, task in enumerate(tasks)]
        return [tuple(whole[start : start + size]) for start in range(0, len(whole), size)]
    shares = math.ceil(2 * cores / len(tasks))
    return [((index, share),) for index, task in enumerate(tasks) for share in _shares(task, shares)]


def _shares(task: FitTask, shares: int) -> list[tuple[str, ...]]:
    """The families of a task in shares of about the same cost, the costly ones first."""
    families = with_custom(task.custom).resolve(task.spec.families)
    dear = sorted(task.spec.families, key={f.name: -_COST[f.cost] for f in families}.__getitem__)
    return [tuple(dear[start::shares]) for start in range(min(shares, len(dear)))]


def encoded(tasks: Sequence[FitTask], piece: Piece, until: float) -> bytes:
    """A piece as bytes; `until`: when its time is up, in seconds since the epoch."""
    from pyspark import cloudpickle  # takes families that were defined in a notebook

    parts = [
        (tasks[index].column, tasks[index].summary.to_bytes(), replace(tasks[index].spec, families=families),
         dict(tasks[index].custom))
        for index, families in piece
    ]  # fmt: skip
    packed: bytes = cloudpickle.dumps((parts, until))  # type: ignore[no-untyped-call]
    return packed


def fitted(batches: Iterator[Any]) -> Iterator[Any]:
    """Batches of encoded pieces as batches of pickled rows, in Arrow; runs on the executors."""
    import pyarrow as pa

    for batch in batches:
        answers = [pickle.dumps(_rows(piece)) for piece in batch.column(0).to_pylist()]
        yield pa.RecordBatch.from_arrays([pa.array(answers, pa.binary())], ["rows"])


def _rows(piece: bytes) -> list[Any]:
    parts, until = pickle.loads(piece)
    tasks = [FitTask(column, ColumnSummary.from_bytes(data), spec, custom) for column, data, spec, custom in parts]
    left = None if until == math.inf else max(0.0, until - time.time())
    return [row for rows in LocalBackend(1).fit(tasks, timeout=left) for row in rows]
