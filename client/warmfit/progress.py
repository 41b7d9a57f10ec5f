"""Progress of one call: a counter of finished families over all columns, and a display of it on the terminal.

Progress is counted, never timed: one event for each finished family, in order, up to 100 %.
"""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from warmfit.settings import ProgressCallback

__all__ = ["ConsoleProgress", "ProgressCallback", "ProgressTracker", "console_progress"]

log = logging.getLogger("warmfit")


class ProgressTracker:
    """A counter towards `total` that tells `callback(completed, total, percent)` of each step.

    Threads may share it. An exception in the callback is logged and ends nothing.
    """

    def __init__(self, total: int, callback: ProgressCallback | None = None) -> None:
        self.total = total
        self._callback = callback
        self._completed = 0
        self._expected = 0
        self._lock = threading.Lock()

    @property
    def completed(self) -> int:
        """The steps taken so far."""
        return self._completed

    @property
    def percent(self) -> float:
        """The share done, in percent; 100 where there is nothing to do."""
        return 100.0 * self._completed / self.total if self.total else 100.0

    def step(self) -> None:
        """Count one finished family and tell the callback; steps beyond the total are not counted."""
        with self._lock:
            if self._completed >= self.total:
                return
            self._completed += 1
            self._tell()

    def expect(self, steps: int) -> None:
        """Say that `steps` more are to come, which a total that nobody knew beforehand grows by."""
        with self._lock:
            self._expected += steps
            self.total = max(self.total, self._expected)

    def close(self) -> None:
        """End the callback's display, where it has one, however the call ended."""
        close = getattr(self._callback, "close", None)
        if callable(close):
            close()

    def _tell(self) -> None:
        if self._callback is None:
            return
        try:
            self._callback(self._completed, self.total, self.percent)
        except Exception:
            log.exception("the progress callback failed; the fit goes on")


class ConsoleProgress:
    """A callback that shows progress on stderr: a bar on a terminal, elsewhere at most ten lines."""

    def __init__(self, prefix: str = "Progress", console: Console | None = None) -> None:
        self._prefix = prefix
        self._console = console
        self._bar: Progress | None = None
        self._task = TaskID(0)
        self._tenths = 0

    def __call__(self, completed: int, total: int, percent: float) -> None:
        """Show that `completed` of `total` are done."""
        console = self._console or Console(file=sys.stderr)
        if console.is_terminal:
            self._draw(console, completed, total)
        else:
            self._print(console, completed, total, percent)
        if completed >= total:
            self.close()

    def close(self) -> None:
        """Leave the bar as it stands and give the cursor back; the next event begins anew."""
        if self._bar is not None:
            self._bar.stop()
        self._bar, self._tenths = None, 0

    def __enter__(self) -> ConsoleProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _draw(self, console: Console, completed: int, total: int) -> None:
        if self._bar is None:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
            )
            self._bar = Progress(*columns, console=console)
            self._bar.start()
            self._task = self._bar.add_task(self._prefix, total=total)
        self._bar.update(self._task, completed=completed, total=total)

    def _print(self, console: Console, completed: int, total: int, percent: float) -> None:
        tenths = int(percent // 10)
        if tenths > self._tenths:
            self._tenths = tenths
            line = f"{self._prefix}: {completed}/{total} ({percent:.0f} %)"
            console.print(line, markup=False, highlight=False, soft_wrap=True)


def console_progress(prefix: str = "Progress") -> ConsoleProgress:
    """A progress callback that shows a bar on a terminal's stderr, and plain lines where stderr is a file."""
    return ConsoleProgress(prefix)
