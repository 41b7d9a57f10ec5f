"""Ray: Datasets are summarized where they lie, and the backend's actors stay warm, are replaced and go when told."""

from __future__ import annotations

import _thread
import os
import signal
import threading
import time
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from warmfit import BackendFactory, DistributionFitter, InvalidInput, LocalBackend, RayBackend, summarize
from warmfit.backends import ExecutionBackend, FitTask
from warmfit.sources import open_source
from warmfit.sources.ray_groups import sortable
from warmfit_fitting.errors import UnknownDistribution, UnsupportedType
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary.summarize import summarize_values

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_cluster")]
FAMILIES = ("norm", "gamma", "lognorm", "expon")


class Slow(stats.rv_continuous):  # type: ignore[misc]
    """A normal distribution that takes its time."""

    def _pdf(self, x: Any) -> Any:
        time.sleep(0.7)
        return stats.norm.pdf(x)


class Deadly(stats.rv_continuous):  # type: ignore[misc]
    """A density that takes its process with it."""

    def _logpdf(self, *_: Any) -> Any:
        os.kill(os.getpid(), signal.SIGKILL)


def task(column: str = "a", families: tuple[str, ...] = FAMILIES, custom: dict[str, Any] | None = None) -> FitTask:
    values = np.random.default_rng(len(column)).gamma(3.0, size=300)
    return FitTask(column, summarize_values(values), FitSpec(families), custom or {})


def timeless(rows: Any) -> list[str]:
    return [repr(row).rpartition("elapsed=")[0] for row in rows]


@pytest.fixture(scope="module")
def dataset(ray_cluster: None) -> tuple[Any, pd.DataFrame]:
    import ray.data

    rng = np.random.default_rng(2)
    frame = pd.DataFrame(
        {"x": rng.gamma(2.0, size=9_000), "k": rng.choice(["a", "b", "é", None], 9_000), "w": rng.random(9_000)}
    )
    return ray.data.from_pandas([frame[i : i + 2_000] for i in range(0, 9_000, 2_000)]), frame


class TestDataset:
    """The source."""

    def test_its_summary_is_the_same_each_time_and_that_of_the_rows_but_for_rounding(self, dataset: Any) -> None:
        rows, frame = dataset
        once, again, known = (summarize(data, "x", weights="w")["x"] for data in (rows, rows, frame))
        assert once == again
        assert (once.grid, once.n) == (known.grid, known.n)
        np.testing.assert_array_equal(once.observed.edges, known.observed.edges)
        np.testing.assert_allclose(once.observed.count, known.observed.count, rtol=1e-12)

    def test_its_groups_come_in_the_order_of_their_keys(self, dataset: Any) -> None:
        rows, frame = dataset
        assert list(open_source(rows).groups(["x"], ["k"])) == list(open_source(frame).groups(["x"], ["k"]))

    def test_rows_that_cannot_be_drawn_again_and_entries_beside_it_are_refused(self, dataset: Any) -> None:
        rows, frame = dataset
        with pytest.raises(InvalidInput, match="random_sample"):
            DistributionFitter().fit(rows, column="x", sample_fraction=0.5)
        with pytest.raises(InvalidInput, match="one entry a row"):
            summarize(rows, "x", weights=frame["w"])

    def test_other_rows_in_the_second_pass_are_noticed(self) -> None:
        import ray.data

        drawn = ray.data.range(60_000).map_batches(
            lambda batch: {"x": np.random.default_rng().random(len(batch["id"]))}
        )
        with pytest.raises(InvalidInput, match=r"gave others than the first; .*materialize"):
            summarize(drawn, "x")

    def test_the_users_own_settings_are_left_as_they_were(self, dataset: Any) -> None:
        rows, _ = dataset
        before = rows.context.execution_options.preserve_order
        summarize(rows, "x")
        assert rows.context.execution_options.preserve_order == before

    def test_the_factory_fits_it_on_ray(self, dataset: Any) -> None:
        assert isinstance(BackendFactory.for_dataframe(dataset[0]), RayBackend)


@pytest.mark.parametrize(
    "values",
    [
        [-(2**63), -7, 0, 3, 12, 2**63],
        [-np.inf, -1.5, -1e-300, 0.0, 2.0, 10.0, np.inf],
        ["", "a", "ab", "a b"[::-1], "b", "é"],
        [False, True],
        [pd.Timestamp("2023-12-31"), pd.Timestamp("2024-01-01"), pd.Timestamp("2024-01-01 00:00:00.5")],
    ],
)
def test_the_text_of_a_key_sorts_as_the_keys_do(values: list[Any]) -> None:
    texts = [sortable("k", value) for value in sorted(values)]
    assert texts == sorted(texts)
    assert sortable("k", None) == sortable("k", float("nan")) > texts[-1]
    with pytest.raises(UnsupportedType, match="no order here"):
        sortable("k", b"bytes")


def keeps_answering(worker: Any) -> None:
    """Ask an actor for half a minute: one that is killed may answer for a moment yet."""
    import ray

    for _ in range(300):
        ray.get(worker.pid.remote())
        time.sleep(0.1)


class TestBackend:
    """The actors."""

    def test_rows_are_those_of_this_process_and_told_as_they_are_finished(self, ray_backend: RayBackend) -> None:
        told: list[tuple[str, str]] = []
        tasks = [task("a"), task("bb")]
        answers = ray_backend.fit(tasks, on_row=lambda column, row: told.append((column, row.distribution)))
        assert [timeless(rows) for rows in answers] == [timeless(rows) for rows in LocalBackend(1).fit(tasks)]
        assert sorted(told) == sorted((column, family) for column in ("a", "bb") for family in FAMILIES)

    def test_many_columns_go_to_a_worker_as_wholes(self, ray_backend: RayBackend) -> None:
        tasks = [task("a" * n) for n in range(1, 12)]
        answers = ray_backend.fit(tasks)
        assert [timeless(rows) for rows in answers] == [timeless(rows) for rows in LocalBackend(1).fit(tasks)]

    def test_no_tasks_are_no_rows_and_need_no_ray(self) -> None:
        backend = RayBackend()
        assert backend.fit([]) == []
        assert backend._crew is None

    def test_a_worker_that_is_killed_is_replaced(self, ray_backend: RayBackend) -> None:
        import ray

        ray_backend.fit([task()])
        worker = ray_backend._crew.idle[-1]
        os.kill(ray.get(worker.pid.remote()), signal.SIGKILL)
        (rows,) = ray_backend.fit([task("killed")])
        assert {row.status for row in rows} == {"ok"}

    def test_a_family_that_kills_its_workers_fails_alone(self, ray_backend: RayBackend) -> None:
        custom = {"deadly": Deadly(name="deadly")}
        (rows,) = ray_backend.fit([task(families=("norm", "deadly", "expon"), custom=custom)])
        assert [row.status for row in rows] == ["ok", "failed", "ok"]
        assert "ended 3 times in the middle of the fit" in rows[1].reason

    def test_time_that_runs_out_leaves_timed_out_rows(self, ray_backend: RayBackend) -> None:
        custom = {"slow": Slow(name="slow")}
        ray_backend.fit([task(families=("norm",))])
        (rows,) = ray_backend.fit([task("timed", ("slow", "norm"), custom)], timeout=3.0)
        assert [row.status for row in rows] == ["timed_out", "ok"]
        assert "the 3 s that the timeout left" in rows[0].reason

    def test_ctrl_c_ends_the_call_and_leaves_workers_for_the_next(self, ray_backend: RayBackend) -> None:
        custom = {f"slow{i}": Slow(name=f"slow{i}") for i in range(3)}
        threading.Timer(1.0, _thread.interrupt_main).start()
        with pytest.raises(KeyboardInterrupt):
            ray_backend.fit([task("stopped", tuple(custom), custom)])
        (rows,) = ray_backend.fit([task()])
        assert {row.status for row in rows} == {"ok"}

    def test_closing_ends_the_actors_and_not_the_ray_that_was_there(self) -> None:
        import ray

        with RayBackend(num_cpus=1) as backend:
            backend.fit([task(families=("norm",))])
            (worker,) = backend._crew.idle
        with pytest.raises(ray.exceptions.RayActorError):
            keeps_answering(worker)
        assert ray.is_initialized()

    def test_another_ray_than_the_one_connected_to_is_refused(self) -> None:
        with pytest.raises(InvalidInput, match="is connected to the Ray at"):
            RayBackend("localhost:1").fit([task()])

    def test_an_unknown_family_is_refused_before_anything_runs(self, ray_backend: RayBackend) -> None:
        with pytest.raises(UnknownDistribution, match="gamma"):
            ray_backend.fit([task(families=("gama",))])

    def test_it_is_a_backend_by_name(self) -> None:
        assert isinstance(BackendFactory.create("ray", num_cpus=2), RayBackend)
        assert isinstance(RayBackend(), ExecutionBackend)
        assert BackendFactory.is_available("ray")
        with pytest.raises(InvalidInput, match="ray backend has no max_workers"):
            BackendFactory.create("ray", max_workers=2)
        for wrong in (0, 1.5):
            with pytest.raises((InvalidInput, UnsupportedType), match="num_cpus"):
                RayBackend(num_cpus=wrong)  # type: ignore[arg-type]


def test_a_backend_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("warmfit.backends.factory.find_spec", lambda _: None)
    assert "ray" not in BackendFactory.get_available()
    with pytest.raises(InvalidInput, match=r"pip install 'warmfit\[ray\]'"):
        BackendFactory.create("ray")
