"""One call of the Ray backend: tasks whose families are searched one by one, and tasks that are fitted in step."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from warmfit.backends.blocks import BlockRun
from warmfit.backends.local import Column, Run
from warmfit.backends.protocol import FitTask, OnRow
from warmfit.backends.ray_crew import ColumnsCall, Crew, Customs, FamilyCall
from warmfit_fitting.families.every import with_custom
from warmfit_fitting.row import FitRow


def fit_tasks(
    workers: Callable[[], Crew],
    tasks: Sequence[FitTask],
    deadline: float,
    timeout: float | None,
    on_row: OnRow | None,
) -> list[tuple[FitRow, ...]]:
    """The rows of each task; `workers` gives the crew, once it is known that the tasks make sense."""
    many = [t for t, task in enumerate(tasks) if task.spec.batched]
    rest = [t for t, task in enumerate(tasks) if not task.spec.batched]
    for task in tasks:
        with_custom(task.custom).resolve(task.spec.families)
    run = Run([Column.of(tasks[t]) for t in rest], deadline, timeout, on_row)
    blocks = BlockRun([tasks[t] for t in many], (), {}, deadline, timeout, threading.Event(), on_row)
    customs = Customs()
    try:
        if rest:
            workers().work(FamilyCall(run, customs))
        if many:
            workers().work(ColumnsCall(blocks, customs))
    finally:
        run.stop.set()
        blocks.stop.set()
    run.give_up()
    blocks.give_up()
    answers = dict(zip(rest, run.answers(), strict=True)) | {t: blocks.rows[i] for i, t in enumerate(many)}
    return [answers[t] for t in range(len(tasks))]
