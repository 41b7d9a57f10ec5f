"""The actors of a Ray backend: who has which families, what came back, and who takes over where one dies."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import ray
from ray.exceptions import RayActorError, RayError

from warmfit.backends.blocks import BlockRun, blocks_of
from warmfit.backends.local import Job, Run
from warmfit.backends.ray_worker import ManyOrder, Order, Worker
from warmfit.backends.work import GRACE, TICK
from warmfit_fitting.errors import ServiceUnavailable
from warmfit_fitting.summary.column import ColumnSummary

ATTEMPTS = 3  # of families whose worker dies
SHARED = 256  # summaries whose encodings stay in the object store
FOREVER = 1e9  # seconds
MANY = 4  # columns for each worker from which on a worker takes a whole column at a time


@dataclass
class Load:
    """What goes to a worker together: families of one column, or columns that are fitted in step; how often it was tried."""

    jobs: tuple[Any, ...]
    tries: int = 0


class Assignment(Protocol):
    """One call as the crew sees it."""

    def loads(self, workers: int) -> Iterable[Load]:
        """What is to be done."""

    def order(self, crew: Crew, load: Load) -> Order | ManyOrder:
        """What a worker is told."""

    def keep(self, load: Load, answer: Any) -> None:
        """Take what came back."""

    def give_up(self, load: Load, why: str) -> None:
        """Take the failure of what no worker survives."""

    def should_stop(self) -> bool:
        """Whether the call is over."""

    @property
    def deadline(self) -> float:
        """When the time is up, by the monotonic clock."""


@dataclass
class Crew:
    """Up to `size` actors, one for each processor of the cluster where that is None; hired when there is work."""

    asked: int | None
    connection: tuple[str, str] = field(default_factory=lambda: _connection())
    idle: list[Any] = field(default_factory=list)
    busy: dict[Any, tuple[Any, Load]] = field(default_factory=dict)
    shared: OrderedDict[str, Any] = field(default_factory=OrderedDict)

    @property
    def is_of_this_connection(self) -> bool:
        """Whether the process is still connected to the Ray that the actors were hired from."""
        return _connection() == self.connection

    @property
    def size(self) -> int:
        """How many workers there may be."""
        return self.asked or max(int(_resources().get("CPU", 1)), 1)

    def work(self, call: Assignment) -> None:
        """Do everything, or as much as the time allows; rows are kept by the calling thread."""
        loads = deque(call.loads(self.size))
        try:
            self._hire(min(self.size, len(loads)))
            while (loads or self.busy) and time.monotonic() < call.deadline + GRACE:
                while loads and self.idle and not call.should_stop():
                    load = loads.popleft()
                    worker = self.idle.pop()
                    self.busy[worker.fit.remote(call.order(self, load))] = worker, load
                if not self.busy:
                    return
                for reference in ray.wait(list(self.busy), timeout=TICK)[0]:
                    self._finish(call, reference, loads)
        finally:
            self._recall()

    def dismiss(self) -> None:
        """End all actors."""
        for worker in [*self.idle, *(worker for worker, _ in self.busy.values())]:
            _kill(worker)
        self.idle, self.busy = [], {}

    def _hire(self, number: int) -> None:
        actor = ray.remote(Worker).options(num_cpus=0, max_concurrency=2, scheduling_strategy="SPREAD")
        while len(self.idle) < number:
            self.idle.append(actor.remote())

    def _finish(self, call: Assignment, reference: Any, loads: deque[Load]) -> None:
        """Keep what came back; where the worker died, hire another and have it done again.

        It is put back in parts, so that one job that kills its worker takes no other along.
        """
        worker, load = self.busy.pop(reference)
        try:
            answer = ray.get(reference)
        except RayActorError:
            _kill(worker)
            self._hire(len(self.idle) + 1)
            parts = [Load((job,), load.tries + 1) for job in load.jobs]
            for part in parts:
                if part.tries < ATTEMPTS:
                    loads.append(part)
                else:
                    call.give_up(part, f"its process ended {ATTEMPTS} times in the middle of the fit")
            return
        except RayError as error:
            self.idle.append(worker)
            raise ServiceUnavailable(f"a worker could not fit: {error}") from error
        self.idle.append(worker)
        call.keep(load, answer)

    def _recall(self) -> None:
        """Stop what is under way; a worker that does not come back in time is ended."""
        if not self.busy:
            return
        for worker, _ in self.busy.values():
            worker.stop.remote()
        back, _ = ray.wait(list(self.busy), num_returns=len(self.busy), timeout=GRACE)
        for reference, (worker, _) in self.busy.items():
            if reference in back:
                worker.begin.remote()
                self.idle.append(worker)
            else:
                _kill(worker)
        self.busy = {}

    def summary(self, summary: ColumnSummary) -> Any:
        """A reference to the encoding of a summary, which is sent once."""
        reference = self.shared.pop(summary.fingerprint, None)
        if reference is None:
            reference = ray.put(summary.to_bytes())
        self.shared[summary.fingerprint] = reference
        while len(self.shared) > SHARED:
            self.shared.popitem(last=False)
        return reference


@dataclass
class FamilyCall:
    """Families of columns, each searched by itself: handed out one by one, or by the column where there are many."""

    run: Run
    customs: Customs

    @property
    def deadline(self) -> float:
        """When the time is up."""
        return self.run.deadline

    def should_stop(self) -> bool:
        """Whether the call is over."""
        return self.run.should_stop()

    def loads(self, workers: int) -> Iterable[Load]:
        """The jobs of the run, the cheap ones first."""
        if len(self.run.columns) < MANY * workers:
            return [Load((job,)) for job in self.run.jobs]
        by_column: dict[int, list[Job]] = {}
        for job in self.run.jobs:
            by_column.setdefault(job.column, []).append(job)
        return [Load(tuple(jobs)) for jobs in by_column.values()]

    def order(self, crew: Crew, load: Load) -> Order:
        """The families of one column."""
        task = self.run.columns[load.jobs[0].column].task
        key, custom = self.customs.of(task.custom)
        spec = replace(task.spec, families=tuple(self.run.name(job) for job in load.jobs))
        known = {row.distribution: row for job in load.jobs for row in self.run.known(job)}
        fingerprint, summary = task.summary.fingerprint, crew.summary(task.summary)
        return Order(task.column, fingerprint, summary, spec, key, custom, tuple(known.values()), _left(self.deadline))

    def keep(self, load: Load, answer: Any) -> None:
        """The rows of an order."""
        for job, row in zip(load.jobs, answer, strict=True):
            self.run.keep(job, row)

    def give_up(self, load: Load, why: str) -> None:
        """Failed rows."""
        for job in load.jobs:
            self.run.keep(job, self.run.lost(job, why))


@dataclass
class ColumnsCall:
    """Columns that are fitted in step: handed out in blocks."""

    run: BlockRun
    customs: Customs

    @property
    def deadline(self) -> float:
        """When the time is up."""
        return self.run.deadline

    def should_stop(self) -> bool:
        """Whether the call is over."""
        return self.run.should_stop()

    def loads(self, workers: int) -> Iterable[Load]:
        """The blocks, each as the columns that are in it."""
        return [Load(tuple(block)) for block in blocks_of(self.run.tasks, workers)]

    def order(self, crew: Crew, load: Load) -> ManyOrder:  # noqa: ARG002 - each column is sent once, and not kept
        """The columns of a block."""
        tasks = [self.run.tasks[t] for t in load.jobs]
        _, custom = self.customs.of(tasks[0].custom)
        columns = tuple((task.column, task.summary.to_bytes(), task.spec) for task in tasks)
        return ManyOrder(columns, custom, _left(self.deadline))

    def keep(self, load: Load, answer: Any) -> None:
        """The rows of a block."""
        self.run.keep(load.jobs, answer)

    def give_up(self, load: Load, why: str) -> None:
        """Failed rows."""
        self.run.keep(load.jobs, self.run.lost(load.jobs, why))


@dataclass
class Customs:
    """References to users' own families, each mapping of them with a key that tells it from others."""

    known: dict[int, tuple[str, Any]] = field(default_factory=dict)

    def of(self, custom: Mapping[str, Any]) -> tuple[str, Any]:
        """The key and the reference; none where there are no such families."""
        if not custom:
            return "", None
        if id(custom) not in self.known:
            key = hashlib.blake2b(_encoded(dict(custom)), digest_size=16).hexdigest()
            self.known[id(custom)] = key, ray.put(dict(custom))
        return self.known[id(custom)]


def _left(deadline: float) -> float:
    """Seconds until then."""
    return min(deadline - time.monotonic(), FOREVER)


def _encoded(custom: dict[str, Any]) -> bytes:
    from ray import cloudpickle

    encoded: bytes = cloudpickle.dumps(custom)  # type: ignore[no-untyped-call]
    return encoded


def _resources() -> dict[str, float]:
    found: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    return found


def _connection() -> tuple[str, str]:
    """What tells one connection to Ray from another: every cluster begins to count its jobs anew."""
    context = ray.get_runtime_context()
    return context.get_job_id(), context.get_node_id()


def _kill(worker: Any) -> None:
    ray.kill(worker, no_restart=True)
