"""Workers that are threads of this process: daemons, so that one that hangs keeps nothing from ending."""

from __future__ import annotations

import threading
import time
from queue import Empty, SimpleQueue

from warmfit.backends.work import GRACE, TICK, J, R, Work


def work(jobs: Work[J, R], workers: int) -> None:
    """Do every job, or as many as the time allows, in `workers` threads; rows are kept by the calling one."""
    waiting = SimpleQueue[J]()
    finished = SimpleQueue[tuple[J, R] | None]()  # None: a thread has ended
    for job in jobs.jobs:
        waiting.put(job)

    def serve() -> None:
        try:
            while not jobs.should_stop():
                job = waiting.get_nowait()
                finished.put((job, jobs.row(job)))
        except Empty:
            pass
        finally:
            finished.put(None)

    for number in range(workers):
        threading.Thread(target=serve, name=f"warmfit-{number}", daemon=True).start()
    while workers and time.monotonic() < jobs.deadline + GRACE:
        try:
            row = finished.get(timeout=TICK)
        except Empty:
            continue
        if row is None:
            workers -= 1
        else:
            jobs.keep(*row)
