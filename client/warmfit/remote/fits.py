"""Fits through the service, as flows: by fingerprint first, the summaries only where the service lacks them."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from functools import lru_cache

from warmfit.backends.protocol import FitTask, OnRow
from warmfit.call import Call, Plan, failed_column
from warmfit.column_fit import ColumnFit
from warmfit.remote import rows
from warmfit.remote.about import info
from warmfit.remote.commands import FIT, FIT_STREAM, REGISTER_DATASET, Command, Deliver, Failure, Flow
from warmfit.remote.distributions import check_accepted, distributions
from warmfit.remote.memory import SUMMARIES
from warmfit.remote.retry import Caller, Deadline, Stream, always
from warmfit.result import DistributionFitResult
from warmfit_fitting.errors import DatasetNotFound
from warmfit_fitting.families.every import of_scipy
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary.column import ColumnSummary
from warmfit_proto import codec
from warmfit_proto.v1 import fitting_pb2 as pb

log = logging.getLogger("warmfit")

GRACE = 2.0  # seconds beyond the timeout of a fit, in which rows that it cut short may still arrive
LEAST = 1e-3  # seconds for a fit whose time is up: the service then says so row by row
BATCH = 16 << 20  # bytes of summaries in one message
MANY = 512  # columns that are fitted in step in one message
UPLOADS = 3  # times that summaries are sent in one call, to a service that may evict them at once

Each = Callable[[FitTask, FitRow], Iterable[Command]]
"""What is to be done with a row of a stream."""


def fit_tasks(
    caller: Caller, tasks: Sequence[FitTask], timeout: float, on_row: OnRow | None = None
) -> Flow[list[Sequence[FitRow]]]:
    """The rows of each task; as they are finished, where `on_row(column, row)` is to be told of each."""
    if not tasks:
        return []
    yield from _check_custom(caller, tasks, timeout)
    if all(task.spec.batched for task in tasks):
        return (yield from _in_messages(caller, tasks, timeout, on_row))
    if on_row is None:
        return (yield from _fitted(caller, tasks, timeout))

    def each(task: FitTask, row: FitRow) -> Iterable[Command]:
        _tell(on_row, task, row)
        return ()

    return (yield from _streamed(caller, tasks, timeout, each))


def fit_columns(caller: Caller, call: Call, plans: Sequence[Plan], timeout: float) -> Flow[list[ColumnFit]]:
    """Every column of a call fitted; raises the first column's error where none can be."""
    call.check(plans)
    with closing(call.tracker(plans)) as tracker:
        answers = yield from fit_tasks(caller, call.tasks(plans), timeout, call.on_row(tracker))
        return call.fits(plans, answers)


def fit_events(caller: Caller, call: Call, plans: Sequence[Plan], timeout: float) -> Flow[None]:
    """Delivers (column, result) for every row: first those of columns that cannot be fitted, then as they are finished."""
    with closing(call.tracker(plans)) as tracker:
        on_row = call.on_row(tracker)

        def each(task: FitTask, row: FitRow) -> Iterable[Command]:
            if on_row is not None:
                _tell(on_row, task, row)
            return (
                Deliver((task.column, DistributionFitResult.from_row(row, task.column, task.summary, task.spec, {}))),
            )

        call.check(plans)
        for failed in filter(None, map(failed_column, plans)):
            for row in failed.rows:
                yield Deliver(
                    (failed.name, DistributionFitResult.from_row(row, failed.name, failed.summary, failed.spec, {}))
                )
        yield from _streamed(caller, call.tasks(plans), timeout, each)


def _tell(on_row: OnRow, task: FitTask, row: FitRow) -> None:
    try:
        on_row(task.column, row)
    except Exception:
        log.exception("the callback for a finished family failed; the fit goes on")


def upload(caller: Caller, summaries: Iterable[ColumnSummary], deadline: Deadline) -> Flow[None]:
    """Have the service keep summaries by content, as many in a message as it can take."""
    for batch in _batches(summaries):
        columns = [codec.column_to_wire(summary.fingerprint, summary) for summary in batch]
        message = pb.RegisterDatasetRequest(columns=columns).SerializeToString()
        yield from caller.call(REGISTER_DATASET, always(message), caller.retry(deadline))


def _fitted(caller: Caller, tasks: Sequence[FitTask], timeout: float) -> Flow[list[Sequence[FitRow]]]:
    retry = caller.retry(Deadline.after(timeout + GRACE))
    missing = _Missing(caller, tasks, retry.deadline)
    while True:
        try:
            response = yield from caller.call(FIT, lambda left: _request(tasks, left), retry)
        except DatasetNotFound as error:
            yield from missing.send(error)
        else:
            missing.none()
            return rows.answers(tasks, response)


def _in_messages(
    caller: Caller, tasks: Sequence[FitTask], timeout: float, on_row: OnRow | None
) -> Flow[list[Sequence[FitRow]]]:
    """The rows of many small columns, which go with the question, as many in a message as the service takes."""
    deadline = Deadline.after(timeout + GRACE)
    limits = (yield from info(caller, timeout)).limits
    found: list[Sequence[FitRow]] = []
    for part in _parts(tasks, min(limits.tasks, MANY)):
        wires = [_with_column(task) for task in part]
        retry = caller.retry(deadline)
        response = yield from caller.call(FIT, lambda left, wires=wires: _message(wires, left), retry)  # type: ignore[misc]
        found += rows.answers(part, response)
        if on_row is not None:
            for task, answer in zip(part, found[-len(part) :], strict=True):
                for row in answer:
                    _tell(on_row, task, row)
    return found


def _parts(tasks: Sequence[FitTask], most: int) -> Iterator[Sequence[FitTask]]:
    """Tasks in a row, at most so many and of no more bytes than a message takes."""
    part: list[FitTask] = []
    size = 0
    for task in tasks:
        if part and (len(part) >= most or size + task.summary.nbytes > BATCH):
            yield part
            part, size = [], 0
        part.append(task)
        size += task.summary.nbytes
    if part:
        yield part


def _with_column(task: FitTask) -> bytes:
    """The part of a request that one task is with its column."""
    column = codec.column_to_wire(task.summary.fingerprint, task.summary)
    wire = pb.FitTask(inline=column, spec=codec.spec_to_wire(task.spec))
    return pb.FitRequest(tasks=[wire]).SerializeToString()


def _streamed(caller: Caller, tasks: Sequence[FitTask], timeout: float, each: Each) -> Flow[list[Sequence[FitRow]]]:
    retry = caller.retry(Deadline.after(timeout + GRACE))
    missing, gathered = _Missing(caller, tasks, retry.deadline), rows.Gathered(tasks)
    stream = Stream(FIT_STREAM, lambda left: _request(gathered.missing(), left), retry)
    while not gathered.is_complete:
        for task, row in (yield from _next(stream, gathered, missing)):
            yield from each(task, row)
    yield from stream.finish()
    return gathered.answers()


def _next(stream: Stream, gathered: rows.Gathered, missing: _Missing) -> Flow[list[tuple[FitTask, FitRow]]]:
    """The next rows of a stream; none where it began anew, or ended and all is there."""
    try:
        event = yield from stream.receive()
    except DatasetNotFound as error:
        yield from missing.send(error)
        return []
    if event is not None and event.WhichOneof("event") == "finished":
        missing.none()
        return gathered.add(event.finished)
    if not gathered.is_complete:
        yield from stream.broke(Failure("UNAVAILABLE", "the stream ended before every family had its row"))
    return []


class _Missing:
    """The summaries that the service turns out to lack, sent to it within one call."""

    def __init__(self, caller: Caller, tasks: Sequence[FitTask], deadline: Deadline) -> None:
        self._caller = caller
        self._deadline = deadline
        self._tasks = tasks
        self._times = 0

    def send(self, error: DatasetNotFound) -> Flow[None]:
        """Send what `error` names and what the service was never known to have; raises it where that is in vain."""
        self._times += 1
        if self._times > UPLOADS:
            raise error
        held = {task.summary.fingerprint: task.summary for task in self._tasks}
        lacking = [s for f, s in held.items() if f in str(error) or not SUMMARIES.is_known(self._caller.address, f)]
        yield from upload(self._caller, lacking or held.values(), self._deadline)

    def none(self) -> None:
        """Remember that the service has every summary."""
        for task in self._tasks:
            SUMMARIES.know(self._caller.address, task.summary.fingerprint)


def _check_custom(caller: Caller, tasks: Iterable[FitTask], timeout: float) -> Flow[None]:
    """Have the service say that it knows the users' own families that tasks name, as they are known here."""
    own = {name: task.custom[name] for task in tasks for name in task.spec.families if name in task.custom}
    if own:
        known = {info.name: info for info in (yield from distributions(caller, timeout))}
        for name, distribution in own.items():
            check_accepted(name, of_scipy(name, distribution).parameters, known.get(name), caller.address)


def _request(tasks: Iterable[FitTask], left: float) -> bytes:
    """A `FitRequest`; messages that follow each other are read as one (Protocol Buffers, "Encoding").

    The timeout is rounded up to an eighth of a second, so that the same question is the same bytes, by which the service
    finds its answer.
    """
    return _message([_task_part(task.summary.fingerprint, task.spec) for task in tasks], left)


def _message(parts: Sequence[bytes], left: float) -> bytes:
    """Tasks as a request that is given so much time."""
    return b"".join([*parts, _timeout_part(math.ceil(8 * max(LEAST, left - GRACE)))])


@lru_cache(maxsize=1024)
def _timeout_part(eighths: int) -> bytes:
    """The part of a request that says how much time there is, in eighths of a second."""
    return pb.FitRequest(timeout=eighths / 8).SerializeToString()


@lru_cache(maxsize=1024)
def _task_part(fingerprint: str, spec: FitSpec) -> bytes:
    """The part of a request that one task is, kept for when the same is asked again."""
    task = pb.FitTask(fingerprint=fingerprint, spec=codec.spec_to_wire(spec))
    return pb.FitRequest(tasks=[task]).SerializeToString()


def _batches(summaries: Iterable[ColumnSummary]) -> Iterable[list[ColumnSummary]]:
    batch: list[ColumnSummary] = []
    size = 0
    for summary in summaries:
        size += len(summary.to_bytes())
        if batch and size > BATCH:
            yield batch
            batch, size = [], len(summary.to_bytes())
        batch.append(summary)
    if batch:
        yield batch
