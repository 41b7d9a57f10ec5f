"""The local backend: one row a family, the same whoever computes it, and an end when time or patience is up."""

from __future__ import annotations

import _thread
import multiprocessing
import os
import signal
import threading
import time
from typing import Any

import numpy as np
import pytest
from scipy import stats

import warmfit
from warmfit.backends import BackendFactory, ExecutionBackend, FitTask, LocalBackend, forks
from warmfit_fitting.errors import InvalidInput, UnknownDistribution, UnsupportedType
from warmfit_fitting.families.catalogue import CATALOGUE, DEFAULT_EXCLUSIONS
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary.summarize import summarize_values

TESTS = os.getpid()
FAMILIES = ("gumbel_r", "norm", "expon", "gamma", "logistic")


class Slow(stats.rv_continuous):  # type: ignore[misc]
    """A normal distribution that takes its time."""

    def _pdf(self, x: Any) -> Any:
        time.sleep(0.1)
        return stats.norm.pdf(x)


class Hanging(stats.rv_continuous):  # type: ignore[misc]
    """A density that does not come back in time."""

    def _pdf(self, x: Any) -> Any:
        time.sleep(20)
        return stats.norm.pdf(x)


class Deadly(stats.rv_continuous):  # type: ignore[misc]
    """A density that takes its process with it."""

    def _pdf(self, *_: Any) -> Any:
        assert os.getpid() != TESTS, "this would end the tests"
        os.kill(os.getpid(), signal.SIGKILL)

    _logpdf = _pdf


class Broken(stats.rv_continuous):  # type: ignore[misc]
    """A density with a programming error."""

    def _pdf(self, x: Any) -> Any:
        raise KeyError("no such thing", x)

    _logpdf = _pdf


def task(column: str = "a", families: tuple[str, ...] = FAMILIES, custom: dict[str, Any] | None = None) -> FitTask:
    values = np.random.default_rng(len(column)).gamma(3.0, size=300)
    return FitTask(column, summarize_values(values), FitSpec(families), custom or {})


def timeless(rows: tuple[FitRow, ...]) -> list[str]:
    return [repr(row).rpartition("elapsed=")[0] for row in rows]


def test_rows_come_in_the_order_asked_for_one_for_each_family() -> None:
    answers = LocalBackend(2).fit([task("a"), task("bb", ("norm",))])
    assert [[row.distribution for row in rows] for rows in answers] == [list(FAMILIES), ["norm"]]
    assert {row.status for rows in answers for row in rows} == {"ok"}


def test_rows_do_not_depend_on_the_number_of_threads() -> None:
    tasks = [task("a"), task("bb")]
    one, four = (LocalBackend(n).fit(tasks) for n in (1, 4))
    assert [timeless(rows) for rows in one] == [timeless(rows) for rows in four]


def test_every_finished_family_is_told_once_and_in_one_thread() -> None:
    seen: list[tuple[str, str]] = []
    threads = set()

    def on_row(column: str, row: FitRow) -> None:
        seen.append((column, row.distribution))
        threads.add(threading.get_ident())

    LocalBackend(3).fit([task("a"), task("bb")], on_row=on_row)
    assert sorted(seen) == sorted((column, family) for column in ("a", "bb") for family in FAMILIES)
    assert threads == {threading.get_ident()}


def test_an_exception_in_the_callback_is_logged_and_the_fit_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    def on_row(column: str, row: FitRow) -> None:
        raise RuntimeError("display is gone")

    (rows,) = LocalBackend(1).fit([task()], on_row=on_row)
    assert {row.status for row in rows} == {"ok"}
    assert [record.name for record in caplog.records] == ["warmfit"] * len(FAMILIES)
    assert "display is gone" in caplog.text


def test_no_tasks_are_no_rows() -> None:
    assert LocalBackend().fit([]) == []


def test_a_column_that_cannot_be_fitted_fails_its_rows_and_no_other() -> None:
    constant = FitTask("c", summarize_values(np.full(9, 4.0)), FitSpec(("norm", "expon")))
    bad, good = LocalBackend(2).fit([constant, task()])
    assert {row.status for row in bad} == {"failed"}
    assert all("at least two different values" in row.reason for row in bad)
    assert {row.status for row in good} == {"ok"}


def test_a_family_that_raises_is_a_failed_row_that_says_what_was_raised() -> None:
    custom = {"broken": Broken(name="broken")}
    (rows,) = LocalBackend(2).fit([task(families=("norm", "broken"), custom=custom)])
    assert [row.status for row in rows] == ["ok", "failed"]
    assert "no such thing" in rows[1].reason


def test_time_that_runs_out_leaves_timed_out_rows_and_keeps_the_finished_ones() -> None:
    custom = {f"slow{i}": Slow(name=f"slow{i}") for i in range(4)}
    asked = task(families=(*custom, "norm"), custom=custom)
    told: list[str] = []
    started = time.monotonic()
    (rows,) = LocalBackend(2).fit([asked], timeout=0.5, on_row=lambda _, row: told.append(row.distribution))
    assert time.monotonic() - started < 3
    assert [row.status for row in rows] == ["timed_out"] * 4 + ["ok"]
    assert all("the 0.5 s that the timeout left" in row.reason for row in rows[:4])
    assert sorted(told) == sorted(row.distribution for row in rows)


def test_a_density_that_hangs_does_not_hold_the_call_beyond_its_time() -> None:
    custom = {"hanging": Hanging(name="hanging")}
    started = time.monotonic()
    (rows,) = LocalBackend(1).fit([task(families=("norm", "hanging"), custom=custom)], timeout=0.3)
    assert time.monotonic() - started < 3
    assert [row.status for row in rows] == ["ok", "timed_out"]


def test_ctrl_c_ends_the_call_promptly_and_its_threads_soon() -> None:
    custom = {f"slow{i}": Slow(name=f"slow{i}") for i in range(4)}
    before = set(threading.enumerate())
    threading.Timer(0.3, _thread.interrupt_main).start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        LocalBackend(2).fit([task(families=tuple(custom), custom=custom)])
    assert time.monotonic() - started < 2
    for thread in set(threading.enumerate()) - before:
        thread.join(timeout=5)
        assert not thread.is_alive()


def test_an_unknown_family_is_refused_before_anything_runs() -> None:
    with pytest.raises(UnknownDistribution, match="gamma"):
        LocalBackend(1).fit([task(families=("gama",))])


@pytest.mark.parametrize(
    ("workers", "error"), [(0, InvalidInput), (-1, InvalidInput), (1.5, UnsupportedType), (True, UnsupportedType)]
)
def test_a_number_of_workers_that_makes_no_sense_is_refused(workers: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="max_workers"):
        LocalBackend(workers)


def test_the_factory_makes_backends_by_name() -> None:
    made = BackendFactory.create("local", max_workers=2)
    assert isinstance(made, LocalBackend)
    assert made.max_workers == 2
    assert isinstance(made, ExecutionBackend)
    assert isinstance(BackendFactory.for_dataframe(np.arange(3)), LocalBackend)
    assert BackendFactory.create("remote", address="localhost:1", timeout=5).name == "remote"
    assert BackendFactory.get_available() == ["local", "remote", "spark"]
    assert BackendFactory.is_available("local")
    assert not BackendFactory.is_available("ray")


def test_the_factory_refuses_unknown_names_and_frames() -> None:
    with pytest.raises(InvalidInput, match="did you mean 'local'"):
        BackendFactory.create("locale")
    with pytest.raises(InvalidInput, match="local backend has no address"):
        BackendFactory.create("local", address="localhost:1")
    with pytest.raises(InvalidInput, match="remote backend has no max_workers"):
        BackendFactory.create("remote", address="localhost:1", max_workers=2)
    with pytest.raises(UnsupportedType, match="pandas, polars"):
        BackendFactory.for_dataframe(object())


def test_any_object_with_the_two_members_is_a_backend() -> None:
    class Own:
        name = "own"

        def fit(self, tasks: Any, *, on_row: Any = None, timeout: Any = None) -> list[tuple[FitRow, ...]]:
            return LocalBackend(1).fit(tasks, on_row=on_row, timeout=timeout)

    assert isinstance(Own(), ExecutionBackend)
    results = warmfit.DistributionFitter(Own()).fit([1.0, 2.0, 4.0, 3.0], included_distributions=["norm"])
    assert results.best()[0].distribution == "norm"


MANY = tuple(name for name in CATALOGUE if name not in DEFAULT_EXCLUSIONS)[:30]  # enough to fork for


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if there were no other thread: those that other tests left hold no lock that a worker would need."""
    monkeypatch.setattr(forks.threading, "active_count", lambda: 1)


@pytest.mark.usefixtures("alone")
class TestForked:
    """Workers that are processes."""

    def test_rows_are_those_of_one_thread_and_told_by_the_calling_one(self) -> None:
        told: list[int] = []
        tasks = [task("a", MANY), task("bb", MANY)]
        forked = LocalBackend(3).fit(tasks, on_row=lambda *_: told.append(os.getpid()))
        assert told == [os.getpid()] * 2 * len(MANY)
        assert [timeless(rows) for rows in forked] == [timeless(rows) for rows in LocalBackend(1).fit(tasks)]
        assert not multiprocessing.active_children()

    def test_a_process_that_dies_fails_its_family_and_no_other(self) -> None:
        custom = {"deadly": Deadly(name="deadly")}
        (rows,) = LocalBackend(2).fit([task(families=(*MANY, "deadly"), custom=custom)])
        assert {row.status for row in rows[:-1]} == {"ok"}
        assert rows[-1].status == "failed"
        assert "ended with exit code -9" in rows[-1].reason

    def test_processes_killed_from_outside_fail_what_they_had_and_are_replaced(self) -> None:
        def on_row(*_: Any) -> None:
            for process in multiprocessing.active_children() if len(told) < 3 else ():
                process.kill()
                process.join()
            told.append(os.getpid())

        told: list[int] = []
        (rows,) = LocalBackend(2).fit([task("a", MANY)], on_row=on_row)
        assert {row.status for row in rows} == {"ok", "failed"}
        assert sum(row.status == "ok" for row in rows) > len(MANY) / 2
        assert not multiprocessing.active_children()

    def test_a_density_that_hangs_does_not_hold_the_call_beyond_its_time(self) -> None:
        custom = {"hanging": Hanging(name="hanging")}
        started = time.monotonic()
        (rows,) = LocalBackend(2).fit([task(families=(*MANY, "hanging"), custom=custom)], timeout=2)
        assert time.monotonic() - started < 6
        assert rows[-1].status == "timed_out"
        assert not multiprocessing.active_children()

    def test_ctrl_c_ends_the_call_and_its_processes(self) -> None:
        custom = {"hanging": Hanging(name="hanging")}
        threading.Timer(0.5, _thread.interrupt_main).start()
        started = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            LocalBackend(2).fit([task(families=(*MANY, "hanging"), custom=custom)])
        assert time.monotonic() - started < 5
        assert not multiprocessing.active_children()


def test_there_is_no_fork_beside_other_threads() -> None:
    release = threading.Event()
    other = threading.Thread(target=release.wait)
    other.start()
    try:
        assert not forks.are_safe()
    finally:
        release.set()
        other.join()
