"""What runs in an actor of the Ray backend: families fitted to summaries that are kept prepared."""

from __future__ import annotations

import logging
import os
import threading
import time
import warnings
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from warmfit.backends.blocks import BlockRun, Rows
from warmfit.backends.local import Column
from warmfit.backends.protocol import FitTask
from warmfit_fitting.families.every import is_discrete, with_custom
from warmfit_fitting.problem import Problem
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary

KEPT = 64  # columns that a worker keeps prepared, of some megabytes each


@dataclass(frozen=True)
class Order:
    """The families of `spec` for one column, to be fitted by one worker.

    `summary`: a reference to the encoded summary, whose `fingerprint` it is; `custom`: a reference to the users' own
    families, None without any, whose key is `custom_key`. `known`: rows that would be computed on the way. `seconds`: how
    long it may take.
    """

    column: str
    fingerprint: str
    summary: Any
    spec: FitSpec
    custom_key: str
    custom: Any
    known: tuple[FitRow, ...]
    seconds: float


@dataclass(frozen=True)
class ManyOrder:
    """Columns that are fitted in step: the name, the encoded summary and the spec of each."""

    columns: tuple[tuple[str, bytes, FitSpec], ...]
    custom: Any
    seconds: float


class Worker:
    """The body of an actor, of two threads: one fits, the other can tell it to stop."""

    def __init__(self) -> None:
        warnings.simplefilter("ignore")  # what a family's own code warns of is nobody's here to read
        logging.getLogger("warmfit").setLevel(logging.CRITICAL)  # rows tell what failed
        self._columns: OrderedDict[Any, Column] = OrderedDict()
        self._stop = threading.Event()

    def pid(self) -> int:
        """The process of the actor."""
        return os.getpid()

    def begin(self) -> None:
        """Take orders again after `stop`."""
        self._stop.clear()

    def stop(self) -> None:
        """End what is under way at its next evaluation."""
        self._stop.set()

    def fit(self, order: Order | ManyOrder) -> Sequence[Any]:
        """The rows of an order; of many columns, those of each."""
        return self._many(order) if isinstance(order, ManyOrder) else self._families(order)

    def _many(self, order: ManyOrder) -> Rows:
        custom = _fetched(order.custom)
        tasks = [
            FitTask(name, ColumnSummary.from_bytes(summary), spec, custom) for name, summary, spec in order.columns
        ]
        block = tuple(range(len(tasks)))
        deadline = time.monotonic() + order.seconds
        return BlockRun(tasks, [block], {}, deadline, None, self._stop, None).row(block)

    def _families(self, order: Order) -> list[FitRow]:
        deadline = time.monotonic() + order.seconds
        column = self._column(order)
        if isinstance(column.problem, Problem):
            column.problem.learn(order.known)
        return [
            column.row(family, lambda: self._stop.is_set() or time.monotonic() > deadline)
            for family in with_custom(column.task.custom).resolve(order.spec.families)
        ]

    def _column(self, order: Order) -> Column:
        """The column prepared, from what is kept or from the references; what is prepared serves all families of a kind."""
        import ray

        custom = _fetched(order.custom)
        discrete = is_discrete(order.spec.families, with_custom(custom))
        key = order.fingerprint, replace(order.spec, families=("poisson" if discrete else "norm",)), order.custom_key
        column = self._columns.pop(key, None)
        if column is None:
            summary = ColumnSummary.from_bytes(ray.get(order.summary))
            column = Column.of(FitTask(order.column, summary, order.spec, custom))
        self._columns[key] = column
        while len(self._columns) > KEPT:
            self._columns.popitem(last=False)
        return column


def _fetched(custom: Any) -> Mapping[str, Any]:
    """The users' own families behind a reference."""
    import ray

    found: Mapping[str, Any] = {} if custom is None else ray.get(custom)
    return found
