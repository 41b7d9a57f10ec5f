"""Workers that are processes forked from this one: what was prepared is theirs at once, and no lock is shared.

A fork copies one thread only, so it is done where there is no other; the child computes, answers through its pipe and
ends without running anything else of the parent's.
"""

from __future__ import annotations

import gc
import multiprocessing
import signal
import sys
import threading
import time
import warnings
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from typing import Generic

from warmfit.backends.work import GRACE, TICK, J, R, Work
from warmfit_fitting.row import FitRow


def are_safe() -> bool:
    """Whether this process may fork: on Linux, from its only thread, and where children are allowed."""
    alone = threading.active_count() == 1 and not multiprocessing.current_process().daemon
    return sys.platform == "linux" and alone


def work(jobs: Work[J, R], workers: int) -> None:
    """Do every job, or as many as the time allows, in `workers` processes; rows are kept by the calling one."""
    waiting = deque(jobs.jobs)
    crew: list[_Worker[J, R]] = [_Worker.hired(jobs) for _ in range(workers)]
    try:
        for worker in crew:
            worker.begin(jobs, waiting)
        while any(worker.job is not None for worker in crew) and time.monotonic() < jobs.deadline + GRACE:
            busy = {worker.pipe: worker for worker in crew if worker.job is not None}
            for pipe in wait(list(busy), timeout=TICK):
                worker = busy[pipe]  # type: ignore[index]
                job, row = worker.finished(jobs)
                jobs.keep(job, row)
                if worker.lost and waiting:
                    crew.append(_Worker.hired(jobs))
                    crew[-1].begin(jobs, waiting)
                worker.begin(jobs, waiting)
    finally:
        for worker in crew:
            worker.dismiss()


@dataclass(eq=False)
class _Worker(Generic[J, R]):
    """A process, the pipe to it, the job that it has, and whether it ended before its time."""

    process: ForkProcess
    pipe: Connection
    job: J | None = None
    lost: bool = False

    @classmethod
    def hired(cls, jobs: Work[J, R]) -> _Worker[J, R]:
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(jobs, theirs), daemon=True)
        with warnings.catch_warnings():  # of threads that OpenBLAS keeps, and that no child needs
            warnings.simplefilter("ignore", DeprecationWarning)
            process.start()
        theirs.close()
        return cls(process, ours)

    def begin(self, jobs: Work[J, R], waiting: deque[J]) -> None:
        """Hand over the next job, if there is one."""
        self.job = None
        if waiting and not self.lost and not jobs.should_stop():
            self.job = waiting.popleft()
            with suppress(OSError):  # the process is gone, which `finished` finds out
                self.pipe.send((self.job, jobs.known(self.job)))

    def finished(self, jobs: Work[J, R]) -> tuple[J, R]:
        """The job and its row; that of a failure where the process is gone."""
        assert self.job is not None
        try:
            return self.job, self.pipe.recv()
        except (EOFError, OSError):
            self.lost = True
            self.process.join(GRACE)
            why = f"its process ended with exit code {self.process.exitcode} in the middle of the fit"
            return self.job, jobs.lost(self.job, why)

    def dismiss(self) -> None:
        """End the process, whatever it does."""
        self.pipe.close()
        self.process.terminate()
        self.process.join()


def _serve(jobs: Work[J, R], pipe: Connection) -> None:
    """Do one job after another, until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's, who dismisses its workers
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    warnings.simplefilter("ignore")  # what there is to be warned of, the parent says
    gc.freeze()  # what is the parent's is not for this process to collect, or even to look at
    try:
        while True:
            asked: tuple[J, Sequence[FitRow]] = pipe.recv()
            job, rows = asked
            jobs.learn(job, rows)
            pipe.send(jobs.row(job))
    except (EOFError, OSError):
        return
