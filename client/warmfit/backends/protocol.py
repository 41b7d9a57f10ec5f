"""`ExecutionBackend`: the one method that a place to run fits must have, and the task that it is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, runtime_checkable

from warmfit_fitting.families.every import AnyScipy
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary.column import ColumnSummary

OnRow: TypeAlias = Callable[[str, FitRow], None]
Custom: TypeAlias = Mapping[str, AnyScipy]


@dataclass(frozen=True)
class FitTask:
    """One column to fit: its summary, the question, and the users' families that the question may name."""

    column: str
    summary: ColumnSummary
    spec: FitSpec
    custom: Custom = field(default_factory=dict)


@runtime_checkable
class ExecutionBackend(Protocol):
    """A place where tasks are fitted; the same tasks give the same rows in every one."""

    @property
    def name(self) -> str:
        """The name under which `BackendFactory` knows it."""
        ...

    def fit(
        self, tasks: Sequence[FitTask], *, on_row: OnRow | None = None, timeout: float | None = None
    ) -> Sequence[Sequence[FitRow]]:
        """The rows of for each task, in the order of `spec.families`; a row for every family.

        `on_row(column, row)` is called once for each row as it is finished, never by two threads at a time. A
        column that cannot be fitted has failed rows; rows unfinished after `timeout` seconds are `timed_out`.
        Raises `UnknownDistribution` for a family that neither the catalogue nor the task has.
        """
        ...
