"""`Vitals`: looks, all the time, at what a gateway needs to be of use: workers that answer and a disk that keeps."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from warmfit_fitting.errors import InvalidInput
from warmfit_server.health import Health

log = logging.getLogger("warmfit.server")
PERIOD = 2.0  # seconds between looks at the workers
SOON = 0.5  # the same after a look in vain
PATIENCE = 2.0  # seconds that workers have to answer
MISSES = 3  # looks in vain, one after the other, that mean that no worker is there
DISK_PERIOD = 10.0
DISK_PATIENCE = 10.0
WORKERS, DISK = "workers", "disk"
NO_WORKER, NO_DISK = "no worker answers", "the data directory cannot be written to"


class Answering(Protocol):
    """Workers that can be asked whether they are there."""

    async def answering(self, patience: float) -> int:
        """How many answer within `patience` seconds."""
        ...


class Vitals:
    """Tells `health` of what is missing. `write`: tries to write to the data directory, raises `InvalidInput`."""

    def __init__(self, health: Health, workers: Answering, write: Callable[[], None]) -> None:
        self.answering = 0
        self._health = health
        self._workers = workers
        self._write = write
        health.trouble(WORKERS, "no worker has answered yet")

    async def watch_workers(self) -> None:
        """Ask the workers for ever: none before the first answer, and none after some misses, is a trouble."""
        misses = 0
        while True:
            self.answering = await self._ask()
            if self.answering:
                misses = 0
                self._health.well(WORKERS)
            else:
                misses += 1
            if misses == MISSES:
                self._health.trouble(WORKERS, NO_WORKER)
            await asyncio.sleep(SOON if misses else PERIOD)

    async def _ask(self) -> int:
        try:
            return await self._workers.answering(PATIENCE)
        except Exception:
            log.exception("asking the workers failed")
            return 0

    async def watch_disk(self) -> None:
        """Try the data directory for ever; one that does not answer is as one that cannot be written to."""
        trial: asyncio.Task[None] | None = None
        while True:
            trial = trial or asyncio.create_task(asyncio.to_thread(self._write))
            done, _ = await asyncio.wait({trial}, timeout=DISK_PATIENCE)
            failure = trial.exception() if done else TimeoutError()
            if failure is None:
                self._health.well(DISK)
            else:
                self._health.trouble(DISK, NO_DISK)
                log.warning("the data directory: %s", _reason(failure))
            if done:
                trial = None
                await asyncio.sleep(DISK_PERIOD)


def _reason(failure: BaseException) -> str:
    """What the system said, without the path."""
    cause = failure.__context__ if isinstance(failure, InvalidInput) else failure
    return getattr(cause, "strerror", None) or type(failure).__name__
