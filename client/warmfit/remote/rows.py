"""Rows as they came off the wire, decoded when they are first looked at; and rows gathered from a stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, overload

from warmfit.backends.protocol import FitTask
from warmfit.remote.tables import are_of, decoded, tables_of
from warmfit_fitting.errors import SerializationError
from warmfit_fitting.row import FitRow
from warmfit_proto import codec
from warmfit_proto.v1 import fitting_pb2 as pb


class TableRows(Sequence[FitRow]):
    """The `size` rows of an encoded table; equal to the tuple of them, and pickled as that tuple."""

    def __init__(self, table: bytes, size: int) -> None:
        self._table: bytes | None = table
        self._size = size
        self._rows: tuple[FitRow, ...] = ()

    @property
    def decoded(self) -> tuple[FitRow, ...]:
        """The rows; raises `SerializationError` where the table cannot be read or its arrays do not belong together."""
        table = self._table
        if table is not None:
            self._rows = codec.table_from_wire(decoded(pb.FitTable, table))
            self._table = None
        return self._rows

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, index: int) -> FitRow: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[FitRow, ...]: ...

    def __getitem__(self, index: int | slice) -> FitRow | tuple[FitRow, ...]:
        return self.decoded[index]

    def __iter__(self) -> Iterator[FitRow]:
        return iter(self.decoded)

    def __eq__(self, other: object) -> bool:
        return self.decoded == tuple(other) if isinstance(other, TableRows | tuple) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.decoded)

    def __reduce__(self) -> tuple[Any, ...]:
        return tuple, (self.decoded,)

    def __repr__(self) -> str:
        return repr(self.decoded)


def answers(tasks: Sequence[FitTask], response: bytes) -> list[Sequence[FitRow]]:
    """The rows of each task of an encoded `FitResponse`, decoded when they are looked at.

    Raises `SerializationError` where they are not those of the families asked for.
    """
    tables = tables_of(response)
    if len(tables) != len(tasks):
        raise SerializationError(f"the service answered {len(tables)} of {len(tasks)} columns")
    for task, table in zip(tasks, tables, strict=True):
        if not are_of(table, task.spec.families):
            raise SerializationError(f"the service's rows for column {task.column!r} are not of the families asked for")
    return [TableRows(table, len(task.spec.families)) for task, table in zip(tasks, tables, strict=True)]


class Gathered:
    """The rows of a stream: which have come, and what is still to be asked for."""

    def __init__(self, tasks: Sequence[FitTask]) -> None:
        self._tasks = tasks
        self._rows: list[dict[str, FitRow]] = [{} for _ in tasks]
        self._asked = list(range(len(tasks)))  # the tasks of the stream at hand, by their numbers

    @property
    def is_complete(self) -> bool:
        """Whether every family has its row."""
        return all(len(rows) == len(task.spec.families) for task, rows in zip(self._tasks, self._rows, strict=True))

    def missing(self) -> list[FitTask]:
        """Tasks for the rows that have not come; the next stream is of these."""
        left = [self._left(number) for number in range(len(self._tasks))]
        self._asked = [number for number, task in enumerate(left) if task is not None]
        return [task for task in left if task is not None]

    def add(self, finished: pb.FinishedRows) -> list[tuple[FitTask, FitRow]]:
        """Keep rows that a stream brought; those that are new, with their tasks."""
        if finished.task >= len(self._asked):
            raise SerializationError(f"the service answered task {finished.task}, of {len(self._asked)}")
        number = self._asked[finished.task]
        task, kept = self._tasks[number], self._rows[number]
        fresh = [row for row in codec.table_from_wire(finished.table) if row.distribution not in kept]
        kept.update((row.distribution, row) for row in fresh)
        if not kept.keys() <= set(task.spec.families):
            raise SerializationError(f"the service's rows for column {task.column!r} are not of the families asked for")
        return [(task, row) for row in fresh]

    def answers(self) -> list[Sequence[FitRow]]:
        """The rows of each task, in the order of its families."""
        return [
            tuple(rows[name] for name in task.spec.families) for task, rows in zip(self._tasks, self._rows, strict=True)
        ]

    def _left(self, number: int) -> FitTask | None:
        task, kept = self._tasks[number], self._rows[number]
        families = tuple(name for name in task.spec.families if name not in kept)
        if not kept or not families:
            return task if families else None
        return replace(task, spec=replace(task.spec, families=families))
