"""The actors of a Ray backend: who has which families, what came back, and who takes over where one dies."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import ray
from ray.exceptions import RayActorError, RayError

from warmfit.backends.local import Job, Run
from warmfit.backends.ray_worker import Order, Worker
from warmfit.backends.work import GRACE, TICK
from warmfit_fitting.errors import ServiceUnavailable
from warmfit_fitting.row import FitRow
from warmfit_fitting.summary.column import ColumnSummary

ATTEMPTS = 3  # of families whose worker dies
SHARED = 256  # summaries whose encodings stay in the object store
FOREVER = 1e9  # seconds
MANY = 4  # columns for each worker from which on a worker takes a whole column at a time


@dataclass
class Load:
    """Jobs of one column that go to a worker together, and how often they were tried."""

    jobs: list[Job]
    tries: int = 0


@dataclass
class Crew:
    """Up to `size` actors, one for each processor of the cluster where that is None; hired when there is work."""

    asked: int | None
    job: str = field(default_factory=lambda: ray.get_runtime_context().get_job_id())
    idle: list[Any] = field(default_factory=list)
    busy: dict[Any, tuple[Any, Load]] = field(default_factory=dict)
    shared: OrderedDict[str, Any] = field(default_factory=OrderedDict)

    @property
    def is_of_this_connection(self) -> bool:
        """Whether the process is still connected to the Ray that the actors were hired from."""
        return bool(ray.get_runtime_context().get_job_id() == self.job)

    @property
    def size(self) -> int:
        """How many workers there may be."""
        return self.asked or max(int(_resources().get("CPU", 1)), 1)

    def work(self, run: Run) -> None:
        """Do every job, or as many as the time allows; rows are kept by the calling thread."""
        loads = _loads(run, self.size)
        custom = _shared_customs(run)
        try:
            self._hire(min(self.size, len(loads)))
            while (loads or self.busy) and time.monotonic() < run.deadline + GRACE:
                while loads and self.idle and not run.should_stop():
                    self._begin(run, loads.popleft(), custom)
                if not self.busy:
                    return
                for reference in ray.wait(list(self.busy), timeout=TICK)[0]:
                    self._finish(run, reference, loads)
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

    def _begin(self, run: Run, load: Load, custom: Mapping[int, tuple[str, Any]]) -> None:
        column = load.jobs[0].column
        task = run.columns[column].task
        key, families = custom[id(task.custom)]
        spec = replace(task.spec, families=tuple(run.name(job) for job in load.jobs))
        known = {row.distribution: row for job in load.jobs for row in run.known(job)}
        left = min(run.deadline - time.monotonic(), FOREVER)
        summary = self._summary(task.summary)
        order = Order(task.column, task.summary.fingerprint, summary, spec, key, families, tuple(known.values()), left)
        worker = self.idle.pop()
        self.busy[worker.fit.remote(order)] = worker, load

    def _finish(self, run: Run, reference: Any, loads: deque[Load]) -> None:
        """Keep the rows that came back; where the worker died, hire another and have it done again."""
        worker, load = self.busy.pop(reference)
        try:
            rows = ray.get(reference)
        except RayActorError:
            _kill(worker)
            self._hire(len(self.idle) + 1)
            self._again(run, load, loads)
            return
        except RayError as error:
            self.idle.append(worker)
            raise ServiceUnavailable(f"a worker could not fit: {error}") from error
        self.idle.append(worker)
        for job, row in zip(load.jobs, rows, strict=True):
            run.keep(job, row)

    @staticmethod
    def _again(run: Run, load: Load, loads: deque[Load]) -> None:
        """Put back the jobs of a worker that died, one by one, so that one that kills its worker takes no other along."""
        tries = load.tries + 1
        for job in load.jobs:
            if tries < ATTEMPTS:
                loads.append(Load([job], tries))
            else:
                why = f"its process ended {ATTEMPTS} times in the middle of the fit"
                run.keep(job, FitRow(run.name(job), "failed", why))

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

    def _summary(self, summary: ColumnSummary) -> Any:
        """A reference to the encoding of a summary, which is sent once."""
        reference = self.shared.pop(summary.fingerprint, None)
        if reference is None:
            reference = ray.put(summary.to_bytes())
        self.shared[summary.fingerprint] = reference
        while len(self.shared) > SHARED:
            self.shared.popitem(last=False)
        return reference


def _loads(run: Run, workers: int) -> deque[Load]:
    """The jobs as they are handed out: one by one, or whole columns where there are many."""
    if len(run.columns) < MANY * workers:
        return deque(Load([job]) for job in run.jobs)
    by_column: dict[int, list[Job]] = {}
    for job in run.jobs:
        by_column.setdefault(job.column, []).append(job)
    return deque(Load(jobs) for jobs in by_column.values())


def _shared_customs(run: Run) -> dict[int, tuple[str, Any]]:
    """For each mapping of users' families a key, which tells it from others, and a reference to it."""
    found: dict[int, tuple[str, Any]] = {}
    for column in run.columns:
        custom = column.task.custom
        if id(custom) not in found:
            encoded = _encoded(dict(custom)) if custom else b""
            key = hashlib.blake2b(encoded, digest_size=16).hexdigest() if custom else ""
            found[id(custom)] = (key, ray.put(dict(custom)) if custom else None)
    return found


def _encoded(custom: dict[str, Any]) -> bytes:
    from ray import cloudpickle

    encoded: bytes = cloudpickle.dumps(custom)  # type: ignore[no-untyped-call]
    return encoded


def _resources() -> dict[str, float]:
    found: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    return found


def _kill(worker: Any) -> None:
    ray.kill(worker, no_restart=True)
