"""Progress is counted once for each finished family, reaches 100 %, and never disturbs what it reports."""

from __future__ import annotations

import io
import threading

import pytest
from rich.console import Console

from warmfit.progress import ConsoleProgress, ProgressTracker, console_progress

Event = tuple[int, int, float]


def test_each_step_is_an_event_up_to_a_hundred_percent() -> None:
    events: list[Event] = []
    tracker = ProgressTracker(4, lambda *event: events.append(event))
    for _ in range(4):
        tracker.step()
    assert events == [(1, 4, 25.0), (2, 4, 50.0), (3, 4, 75.0), (4, 4, 100.0)]


def test_steps_beyond_the_total_are_no_events() -> None:
    events: list[Event] = []
    tracker = ProgressTracker(1, lambda *event: events.append(event))
    tracker.step()
    tracker.step()
    assert events == [(1, 1, 100.0)]
    assert (tracker.completed, tracker.percent) == (1, 100.0)
    assert ProgressTracker(0).percent == 100.0


def test_threads_lose_no_step_and_events_never_go_backwards() -> None:
    events: list[int] = []
    tracker = ProgressTracker(4000, lambda completed, _total, _percent: events.append(completed))
    threads = [threading.Thread(target=lambda: [tracker.step() for _ in range(1000)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert events == list(range(1, 4001))


def test_an_exception_in_the_callback_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def callback(completed: int, total: int, percent: float) -> None:
        raise RuntimeError("display is gone")

    tracker = ProgressTracker(2, callback)
    tracker.step()
    tracker.step()
    assert tracker.completed == 2
    assert [str(record.exc_info[1]) for record in caplog.records if record.exc_info] == ["display is gone"] * 2


def test_closing_ends_the_display_of_a_callback_that_has_one() -> None:
    closed = []

    class Display:
        def __call__(self, completed: int, total: int, percent: float) -> None: ...

        def close(self) -> None:
            closed.append(True)

    ProgressTracker(1, Display()).close()
    ProgressTracker(1, lambda *_: None).close()
    ProgressTracker(1).close()
    assert closed == [True]


def test_where_stderr_is_no_terminal_there_are_at_most_ten_lines(capsys: pytest.CaptureFixture[str]) -> None:
    show = console_progress("Fitting")
    for completed in range(1, 301):
        show(completed, 300, 100 * completed / 300)
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert len(lines) == 10
    assert (lines[0], lines[-1]) == ("Fitting: 30/300 (10 %)", "Fitting: 300/300 (100 %)")


def test_a_callback_can_be_used_again() -> None:
    file = io.StringIO()
    show = ConsoleProgress("Fitting", Console(file=file))
    for _ in range(2):
        show(1, 2, 50.0)
        show(2, 2, 100.0)
    assert file.getvalue().count("100 %") == 2


def test_on_a_terminal_there_is_a_bar_that_gives_the_cursor_back() -> None:
    file = io.StringIO()
    with ConsoleProgress("Fitting", Console(file=file, force_terminal=True, width=80)) as show:
        show(1, 4, 25.0)
    shown = file.getvalue()
    assert "Fitting" in shown
    assert "1/4" in shown
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")  # shown after it was hidden
