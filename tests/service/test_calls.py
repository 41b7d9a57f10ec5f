"""Whole calls through a running service: references, progress, workers that die, callers who leave, the command line."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.conftest import DATA, real_column
from tests.congruence.elsewhere import FAMILIES, SMALL, survival, two_columns
from tests.service.conftest import START, Running, becomes_idle, free_port, wait_until_ready

from warmfit import (
    Client,
    DatasetNotFound,
    DatasetRef,
    DistributionFitResult,
    DistributionFitter,
    DistributionRegistry,
    FitterConfig,
    InvalidInput,
    RemoteBackend,
    ServiceUnavailable,
    Weights,
    aio,
    summarize,
)

pytestmark = pytest.mark.ray


def frame(results: Any) -> pd.DataFrame:
    return results.to_pandas().drop(columns=["elapsed"])


def test_a_reference_is_fitted_like_the_frame_it_was_made_from(service: Running) -> None:
    frame_ = two_columns()[["a", "b"]]
    with Client(service.address) as client:
        ref = client.put(frame_, ["a", "b"], name="two columns")
        assert isinstance(ref, DatasetRef)
        assert client.get("two columns") == ref
        config = FitterConfig(included_distributions=FAMILIES)
        by_ref = DistributionFitter(service.address).fit(ref, config=config)
        here = DistributionFitter().fit(frame_, columns=["a", "b"], config=config)
        pd.testing.assert_frame_equal(frame(by_ref), frame(here), check_exact=True)
        best = here.for_column("a").best()[0]
        drawn = np.concatenate(list(client.sample(best, 3_000, seed=5)))
        np.testing.assert_array_equal(drawn, best.sample(3_000, random_state=5))
        np.testing.assert_array_equal(client.evaluate(best, "cdf", [1.0, 2.0]), best.cdf([1.0, 2.0]))
        client.delete("two columns")
        with pytest.raises(DatasetNotFound):
            client.get("two columns")


def test_a_censored_column_is_put_and_fitted_like_the_rows_themselves(service: Running) -> None:
    said = {"censoring": "state", "weights": Weights("times", "analytic"), "truncation": ("entry", None)}
    config = FitterConfig(included_distributions=FAMILIES)
    with Client(service.address) as client:
        ref = client.put(survival(), "time", name="survival", **said)
        by_ref = client.fit(client.get("survival"), config)
        here = DistributionFitter().fit(summarize(survival(), "time", **said), config=config)
        pd.testing.assert_frame_equal(frame(by_ref), frame(here), check_exact=True)
        with pytest.raises(InvalidInput, match=r"DatasetRef holds no single rows.*give censoring= to Client\.put"):
            client.fit(ref, FitterConfig(censoring="state"))
        with pytest.raises(InvalidInput, match=r"column 'time': censoring='died': .*say which"):
            client.put(survival(), "time", censoring="died")
        client.delete("survival")


def test_the_asynchronous_client_gives_the_same_answers(service: Running) -> None:
    config = FitterConfig(included_distributions=FAMILIES)

    async def main() -> pd.DataFrame:
        async with aio.Client(service.address) as client:
            return frame(await client.fit(await client.put(real_column("rivers"), ["value"]), config))

    here = DistributionFitter().fit(real_column("rivers"), column="value", config=config)
    pd.testing.assert_frame_equal(asyncio.run(main()), frame(here), check_exact=True)


def test_progress_comes_from_the_stream_and_reaches_the_end(service: Running) -> None:
    seen: list[tuple[int, int, float]] = []
    DistributionFitter(service.address).fit(
        np.random.default_rng(8).normal(size=300), progress_callback=lambda *event: seen.append(event), **SMALL
    )
    assert [event[0] for event in seen] == list(range(1, len(FAMILIES) + 1))
    assert seen[-1][2] == 100.0


def test_a_worker_killed_during_a_fit_goes_unseen(service: Running) -> None:
    x = np.random.default_rng(9).gamma(2.0, size=4_000)
    killed = threading.Event()

    def kill_once(*_: object) -> None:
        if not killed.is_set():
            killed.set()
            service.replicas("FitWorker")[0].kill()

    there = DistributionFitter(service.address).fit(x, progress_callback=kill_once)
    here = DistributionFitter().fit(x)
    assert killed.is_set()
    pd.testing.assert_frame_equal(frame(there), frame(here), check_exact=True)


@pytest.mark.parametrize("streamed", [False, True])
def test_a_timeout_is_of_the_whole_call_and_cuts_rows_short(service: Running, streamed: bool) -> None:
    rng = np.random.default_rng(10 + streamed)
    columns = {f"x{i}": rng.gamma(2.0, size=4_000) for i in range(20)}
    callback = (lambda *_: None) if streamed else None
    results = DistributionFitter(service.address).fit(
        pd.DataFrame(columns), columns=list(columns), timeout=2.0, progress_callback=callback
    )
    statuses = results.df.groupby("column_name", sort=False)["status"].agg(set)
    assert "timed_out" in statuses["x19"]
    assert len(results.df) == 20 * len(DistributionRegistry().get_distributions())


def test_identical_fits_at_once_run_once(service: Running) -> None:
    x = np.random.default_rng(14).gamma(2.0, size=4_000)
    with ThreadPoolExecutor(4) as pool:
        fits = list(pool.map(lambda _: DistributionFitter(service.address).fit(x, **SMALL), range(4)))
    elapsed = [tuple(fit.df["elapsed"]) for fit in fits]  # each run has its own times
    assert len(set(elapsed)) == 1


def test_a_second_service_on_the_port_and_an_unwritable_directory_are_refused_at_once(service: Running) -> None:
    port = service.address.rpartition(":")[2]
    for arguments, said in (
        (["--port", port], f"cannot listen on {service.address}"),
        (["--port", str(free_port()), "--http-port", str(free_port()), "--data-dir", "/proc/nowhere"], "data_dir"),
        (["--port", str(free_port()), "--host", "127.0.0.999"], "cannot listen"),
    ):
        command = [sys.executable, "-m", "warmfit", "serve", *arguments]
        refused = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert refused.returncode == 2
        assert said in refused.stderr
        assert "Traceback" not in refused.stderr


def test_a_service_told_to_end_while_it_starts_ends_cleanly(tmp_path: Path) -> None:
    import psutil

    command = [sys.executable, "-m", "warmfit", "serve", "--port", str(free_port()), "--http-port", str(free_port())]
    command += ["--data-dir", str(tmp_path), "--workers", "1"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as starting:
        process = psutil.Process(starting.pid)
        while not (family := process.children(recursive=True)):
            assert starting.poll() is None
            threading.Event().wait(0.05)
        starting.send_signal(signal.SIGTERM)
        _, said = starting.communicate(timeout=60)
    assert starting.returncode in (0, 130), said
    assert "Traceback" not in said
    _, alive = psutil.wait_procs(family, timeout=30)
    assert not alive


def test_an_unreachable_service_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"127.0.0.1:{free_port()}"
    with pytest.raises(ServiceUnavailable, match=re.escape(address)):
        DistributionFitter(backend=RemoteBackend(address, timeout=1.0)).fit([1.0, 2.0, 4.0], **SMALL)
    monkeypatch.setenv("WARMFIT_ADDRESS", address)
    assert isinstance(DistributionFitter().backend, RemoteBackend)


def test_a_message_that_is_too_large_says_what_to_do(service: Running) -> None:
    columns = {f"x{i}": np.random.default_rng(i).random(4_000) for i in range(1_200)}
    with (
        Client(service.address) as client,
        pytest.raises(InvalidInput, match="where 67108864 are allowed; ask for fewer columns"),
    ):
        client.put(columns_frame(columns), list(columns))


def columns_frame(columns: dict[str, np.ndarray]) -> pd.DataFrame:
    return pd.DataFrame(columns)


def test_the_command_line_fits_and_draws_through_the_service(service: Running) -> None:
    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "warmfit", *arguments, "--column", "value"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    path, families = str(DATA / "precip.csv"), ["--include", "norm", "--include", "gumbel_r"]
    here = run("fit", path, "--top", "2", *families)
    there = run("fit", path, "--top", "2", *families, "--server", service.address)
    assert here.splitlines()[:-1] == there.splitlines()[:-1]  # the last line tells the time
    drawn = ["sample", path, "--distribution", "norm", "--n", "3", "--seed", "2"]
    assert run(*drawn) == run(*drawn, "--server", service.address)


def test_ctrl_c_ends_a_remote_fit_on_the_command_line(service: Running, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    pd.DataFrame({"x": np.random.default_rng(11).gamma(2.0, size=4_000)}).to_csv(path, index=False)
    command = [sys.executable, "-m", "warmfit", "fit", str(path), "--server", service.address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as fitting:
        assert fitting.stderr is not None
        assert "Fitting" in fitting.stderr.readline()  # the fit is under way
        fitting.send_signal(signal.SIGINT)
        _, said = fitting.communicate(timeout=20)
    assert fitting.returncode == 130
    assert "interrupted" in said


MANY_COLUMNS = """
import sys, numpy as np, pandas as pd
from warmfit import DistributionFitter
rng = np.random.default_rng(13)
frame = pd.DataFrame({f"x{i}": rng.gamma(2.0, size=4_000) for i in range(20)})
say = lambda *_: print("under way", flush=True)
DistributionFitter(sys.argv[1]).fit(frame, columns=list(frame), progress_callback=say)
"""


def test_ctrl_c_in_a_script_ends_the_work_on_the_workers(service: Running) -> None:
    command = [sys.executable, "-c", MANY_COLUMNS, service.address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as fitting:
        assert fitting.stdout is not None
        assert "under way" in fitting.stdout.readline()
        fitting.send_signal(signal.SIGINT)
        _, said = fitting.communicate(timeout=20)
    assert "KeyboardInterrupt" in said
    assert becomes_idle(service.replicas("FitWorker"))


def test_a_service_that_starts_is_found_and_ctrl_c_lets_its_fits_finish_and_leaves_no_process(tmp_path: Path) -> None:
    import psutil

    port = free_port()
    command = [sys.executable, "-m", "warmfit", "serve", "--port", str(port), "--http-port", str(free_port())]
    log = tmp_path / "serve.log"
    environment = {**os.environ, "WARMFIT_SERVER_DATA_DIR": str(tmp_path), "WARMFIT_SERVER_WORKERS": "1"}
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out, env=environment) as starting:
        try:
            assert first_answer(f"127.0.0.1:{port}").distribution == "norm"
            wait_until_ready(log, starting)
            family = psutil.Process(starting.pid).children(recursive=True)
            with ThreadPoolExecutor(1) as pool:
                under_way = threading.Event()
                x = np.random.default_rng(12).gamma(2.0, size=4_000)
                fitter = DistributionFitter(f"127.0.0.1:{port}")
                slow = ["norm", "genhyperbolic", "gausshyper", "ncx2", "ncf", "nct", "powerlognorm", "truncpareto"]
                fit = pool.submit(
                    fitter.fit, x, included_distributions=slow, progress_callback=lambda *_: under_way.set()
                )
                assert under_way.wait(60)
                starting.send_signal(signal.SIGINT)
                assert set(fit.result(60).df["status"]) == {"ok"}
            assert starting.wait(60) == 0, log.read_text()
        finally:
            starting.terminate()
    _, alive = psutil.wait_procs(family, timeout=10)
    assert not alive


def first_answer(address: str) -> DistributionFitResult:
    """The best of a small fit, as soon as the service is there; until then it is unavailable, and nothing else."""
    until = time.monotonic() + START
    while True:
        try:
            return DistributionFitter(address).fit([1.0, 2.0, 4.0, 9.0], included_distributions=["norm"]).best()[0]
        except ServiceUnavailable:
            assert time.monotonic() < until
