"""The blocking and the asyncio client: the same operations with the same answers."""

from __future__ import annotations

import asyncio
import gc
import inspect
import pickle
import warnings
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from typer.testing import CliRunner

import warmfit
from warmfit import (
    Client,
    DatasetNotFound,
    DatasetRef,
    DistributionFitResult,
    DistributionFitter,
    FitFailed,
    FitterConfig,
    InvalidInput,
    LocalBackend,
    TruncationNotice,
    UnknownDistribution,
    UnsupportedType,
    aio,
    summarize,
)
from warmfit.cli.app import app
from warmfit.remote import awaiting, blocking
from warmfit.remote.endpoint import Endpoint
from warmfit.remote.memory import SUMMARIES, Recent, Summaries

CONFIG = FitterConfig(included_distributions=("norm", "gamma", "t", "levy_stable"))
GAMMA = DistributionFitResult("gamma", [2.0, 0.0, 1.5])
TRUNCATED = DistributionFitResult("norm", [0.0, 1.0], lower_bound=-1.0, upper_bound=2.0)


def frame() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    return pd.DataFrame({"a": rng.gamma(2.0, size=200), "b": rng.normal(size=200)})


class Waiting:
    """The asyncio client with the methods of the blocking one."""

    def __init__(self, address: str) -> None:
        self._loop = asyncio.Runner()
        self._client = aio.Client(address)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            async def done() -> Any:
                answer = method(*args, **kwargs)
                return [item async for item in answer] if hasattr(answer, "__aiter__") else await answer

            return self._loop.run(done())

        return call

    def __enter__(self) -> Waiting:
        return self

    def __exit__(self, *_error: Any) -> None:
        self._loop.run(self._client.close())
        self._loop.close()


@pytest.fixture(params=[Client, Waiting])
def client(request: pytest.FixtureRequest, service: Any) -> Any:
    with request.param(service.address) as made:
        yield made


def table(results: Any) -> pd.DataFrame:
    return results.df.drop(columns="elapsed")


def test_a_dataset_is_kept_found_listed_and_forgotten(client: Any, service: Any) -> None:
    first = client.put(frame(), ["a", "b"], name="first")
    second = client.put(frame(), "a", name="second")
    assert (first.name, first.columns, first.n) == ("first", ("a", "b"), 200)
    assert client.get("first") == first
    assert client.list() == [first, second]
    assert service.faults.calls.count("ListDatasets") == 2
    client.delete("first")
    assert client.list() == [second]
    with pytest.raises(DatasetNotFound):
        client.delete("first")
    with pytest.raises(DatasetNotFound):
        client.get("first")


def test_a_name_is_replaced_only_where_that_is_asked_for(client: Any) -> None:
    first = client.put(frame(), "a", name="kept")
    assert client.put(frame(), "a", name="kept") == first
    with pytest.raises(InvalidInput, match="exists"):
        client.put(frame(), "b", name="kept")
    assert client.put(frame(), "b", name="kept", overwrite=True) != first


def test_a_deletion_whose_answer_was_lost_has_happened(client: Any, service: Any) -> None:
    client.put(frame(), "a", name="gone")
    service.faults.fail("DeleteDataset", "UNAVAILABLE")
    service.engine.datasets.clear()  # the attempt that went unanswered
    client.delete("gone")


def test_a_fit_of_a_reference_is_the_fit_of_the_frame(client: Any) -> None:
    ref = client.put(frame(), ["a", "b"])
    local = DistributionFitter(LocalBackend(1)).fit(frame(), columns=["a", "b"], config=CONFIG)
    for results in (
        client.fit(ref, CONFIG),
        client.fit(frame(), CONFIG, columns=["a", "b"]),
        client.fit(summarize(frame(), ["a", "b"]), CONFIG, columns=["a", "b"]),
        client.fit(client.put(ref), CONFIG),
    ):
        pd.testing.assert_frame_equal(table(results), table(local), check_exact=True)
    assert client.fit(ref, CONFIG, columns="b").column_names == ["b"]


def test_a_stream_of_fits_has_every_row_once(client: Any) -> None:
    ref = client.put(frame(), ["a", "b"])
    events = list(client.fit_stream(ref, CONFIG))
    by_row = {(column, result.distribution): result for column, result in events}
    assert len(events) == len(by_row) == 8
    for expected in client.fit(ref, CONFIG):
        got = by_row[expected.column_name, expected.distribution]
        assert (got.parameters, got.bic, got.data_mean) == (expected.parameters, expected.bic, expected.data_mean)


def test_a_stream_tells_of_columns_that_cannot_be_summarized_and_refuses_where_none_can(client: Any) -> None:
    data = frame().assign(text="x")
    events = list(client.fit_stream(data, CONFIG, columns=["text", "a"]))
    assert [(column, result.status) for column, result in events[:4]] == [("text", "failed")] * 4
    assert len(events) == 8
    with pytest.raises(UnsupportedType, match="text"):
        list(client.fit_stream(data, CONFIG, columns=["text"]))


def test_bounds_that_nobody_gave_are_told(client: Any) -> None:
    config = FitterConfig(included_distributions=("norm",), bounded=True)
    with pytest.warns(TruncationNotice, match="observed extremes"):
        results = client.fit(frame(), config, columns="a")
    assert results.columns[0].spec.lower_bound == frame()["a"].min()


def test_progress_is_told_in_both_ways_of_fitting(client: Any) -> None:
    seen: list[float] = []
    config = CONFIG.with_progress_callback(lambda _completed, _total, percent: seen.append(percent))
    client.fit(frame(), config, columns="a")
    list(client.fit_stream(frame(), config, columns="a"))
    assert seen == [25.0, 50.0, 75.0, 100.0] * 2


@pytest.mark.parametrize("result", [GAMMA, TRUNCATED])
@pytest.mark.parametrize("n", [0, 1, 100, 1050])
def test_a_sample_is_that_of_the_result(client: Any, result: DistributionFitResult, n: int) -> None:
    arrays = list(client.sample(result, n, seed=3))
    assert all(array.dtype == np.float64 and array.flags.writeable for array in arrays)
    np.testing.assert_array_equal(np.concatenate([np.empty(0), *arrays]), result.sample(n, random_state=3))


@pytest.mark.parametrize("function", ["pdf", "logpdf", "cdf", "sf", "ppf", "isf"])
@pytest.mark.parametrize("result", [GAMMA, TRUNCATED])
def test_an_evaluation_is_that_of_the_result(client: Any, result: DistributionFitResult, function: str) -> None:
    points = np.linspace(0.05, 0.95, 12).reshape(3, 4)
    np.testing.assert_array_equal(client.evaluate(result, function, points), getattr(result, function)(points))
    assert client.evaluate(result, function, 0.5).shape == ()


def test_many_points_go_in_several_calls(client: Any, service: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("warmfit.remote.distributions.POINTS", 5)
    np.testing.assert_array_equal(client.evaluate(GAMMA, "pdf", np.arange(12)), GAMMA.pdf(np.arange(12)))
    assert service.faults.calls == ["Evaluate"] * 3


def test_what_the_service_says_of_itself(client: Any) -> None:
    assert (client.info().api_version, client.info().started.year) == ("v1", 2023)
    assert {d.name: d.parameters for d in client.distributions()}["gamma"] == ("a", "loc", "scale")


OWN = stats.rv_continuous(name="own", shapes="")
BAD: dict[str, tuple[Any, type[Exception], str]] = {
    "sample of a failed row": (
        lambda c: list(c.sample(DistributionFitResult("norm", [], status="failed"), 5)), FitFailed, "no fit"),
    "sample of no result": (lambda c: list(c.sample("norm", 5)), UnsupportedType, "DistributionFitResult"),
    "negative sample": (lambda c: list(c.sample(GAMMA, -1)), InvalidInput, "n=-1"),
    "seed too large": (lambda c: list(c.sample(GAMMA, 1, 2**64)), InvalidInput, "seed="),
    "users' own family": (
        lambda c: list(c.sample(DistributionFitResult("own", [0.0, 1.0])._known_as({"own": OWN}), 5)),
        UnknownDistribution, "does not know 'own'"),
    "unknown function": (lambda c: c.evaluate(GAMMA, "hazard", [1.0]), InvalidInput, "pdf, logpdf"),
    "probability of a continuous one": (lambda c: c.evaluate(GAMMA, "pmf", [1.0]), InvalidInput, "gamma is continuous"),
    "empty name": (lambda c: c.get(""), InvalidInput, "name"),
    "config of another type": (lambda c: c.fit([1.0, 2.0], {"bins": 4}), UnsupportedType, "config"),
    "several columns": (lambda c: c.fit(frame()), InvalidInput, "columns"),
    "unknown column": (lambda c: c.fit(frame(), columns="z"), InvalidInput, "no column 'z'"),
    "text to put": (lambda c: c.put({"a": ["x"]}, "a"), UnsupportedType, "DataFrame"),
    "constant column": (lambda c: c.fit([4.0, 4.0], CONFIG), InvalidInput, "two different values"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_used_is_refused_by_name(client: Any, case: str) -> None:
    call, error, says = BAD[case]
    with pytest.raises(error, match=says):
        call(client)


# ---- references


def test_a_reference_goes_wherever_a_frame_goes(service: Any) -> None:
    with Client(service.address) as client:
        ref = client.put(frame(), ["a", "b"], name="shared")
    local = DistributionFitter(LocalBackend(1)).fit(frame(), column="a", config=CONFIG)
    for target in (service.address, LocalBackend(1)):
        results = DistributionFitter(target).fit(ref, column="a", config=CONFIG)
        pd.testing.assert_frame_equal(table(results), table(local), check_exact=True)
    assert summarize(ref, "b")["b"] == summarize(frame(), "b")["b"]
    assert DistributionFitter(LocalBackend(1)).fit(ref, config=CONFIG).column_names == ["a", "b"]
    with pytest.raises(InvalidInput, match="DatasetRef holds no single rows"):
        DistributionFitter(LocalBackend(1)).fit(ref, column="a", weights="b")


def test_summaries_of_a_named_dataset_are_fetched_once(service: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("warmfit.remote.datasets.SUMMARIES", Summaries())
    with Client(service.address) as client:
        client.put(frame(), ["a", "b"], name="fetched")
        ref = client.get("fetched")
        for column in ("a", "b", "a"):
            DistributionFitter(service.address).fit(ref, column=column, config=CONFIG)
        client.fit(client.get("fetched"), CONFIG)
    asked = [request.with_summaries for request in service.faults.requests["GetDataset"]]
    assert asked == [False, True, False]
    assert service.faults.calls.count("RegisterDataset") == 1


def test_a_reference_to_a_dataset_that_was_replaced_says_so(service: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("warmfit.remote.datasets.SUMMARIES", Summaries())
    with Client(service.address) as client:
        client.put(frame(), "a", name="changing")
        ref = client.get("changing")
        client.put(frame() * 2, "a", name="changing", overwrite=True)
        with pytest.raises(DatasetNotFound, match="replaced"):
            client.fit(ref, CONFIG)


def test_columns_without_a_name_survive_a_service_that_evicted_them(service: Any) -> None:
    with Client(service.address) as client:
        ref = client.put(frame(), "a")
        assert ref.name is None
        service.engine.summaries.clear()
        assert client.fit(ref, CONFIG).best()
    assert service.faults.calls.count("RegisterDataset") == 2


def test_a_reference_shows_and_compares_what_it_is_and_crosses_a_pickle(service: Any) -> None:
    with Client(service.address, token="s3cret") as client:
        ref = client.put(frame(), "a", name="x")
    made = DatasetRef("x", ref.fingerprint, ("a",), 200)
    assert ref == made
    assert hash(ref) == hash(made)
    assert repr(ref) == f"DatasetRef(name='x', fingerprint={ref.fingerprint!r}, columns=('a',), n=200)"
    again = pickle.loads(pickle.dumps(ref))
    assert again == ref
    assert b"s3cret" not in pickle.dumps(ref)
    assert DistributionFitter(LocalBackend(1)).fit(again, config=CONFIG).best()
    with pytest.raises(InvalidInput, match=r"Client\.put"):
        DistributionFitter(LocalBackend(1)).fit(made)


def test_what_is_used_last_is_kept() -> None:
    recent = Recent[str, int](2)
    for name in "abac":
        recent.put(name, ord(name))
    assert [recent.get(name) for name in "abc"] == [97, None, 99]
    assert SUMMARIES.get("unheard of") is None


# ---- connections


def test_clients_of_one_endpoint_share_a_connection_that_the_last_one_closes(service: Any) -> None:
    one, other = Client(service.address), Client(service.address)
    connection = blocking.hold(Endpoint(service.address))
    assert connection.holders == 3
    blocking.release(connection)
    one.close()
    one.close()
    assert other.info()
    other.close()
    assert connection.holders == 0
    with pytest.raises(InvalidInput, match="closed"):
        other.info()
    with Client(service.address) as again:
        assert again.info()


def test_a_client_that_nobody_closes_lets_go_of_its_connection_when_it_is_collected(service: Any) -> None:
    client = Client(service.address)
    connection = blocking.hold(Endpoint(service.address))
    ended = client.sample(GAMMA, 250, seed=3)
    del client
    gc.collect()
    assert connection.holders == 2  # who iterates keeps the client
    assert sum(map(len, ended)) == 250
    del ended
    gc.collect()
    assert connection.holders == 1
    blocking.release(connection)
    assert connection.is_closed


def test_an_asyncio_client_that_nobody_closes_lets_go_of_its_connection_too(service: Any) -> None:
    async def use() -> int:
        client = warmfit.aio.Client(service.address)
        await client.info()
        connection = awaiting.hold(Endpoint(service.address))
        del client
        gc.collect()
        holders = connection.holders
        await awaiting.release(connection)
        return holders

    assert asyncio.run(use()) == 1


def test_the_address_is_the_argument_or_that_of_the_environment(service: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidInput, match="WARMFIT_ADDRESS"):
        Client()
    monkeypatch.setenv("WARMFIT_ADDRESS", service.address)
    monkeypatch.setenv("WARMFIT_TOKEN", "from there")
    with Client() as client:
        assert client.info()
        assert repr(client) == f"Client({service.address!r})"
    assert service.faults.metadata["GetServerInfo"][0]["authorization"] == "Bearer from there"
    assert DistributionFitter().fit([1.0, 2.0, 4.0], config=CONFIG).best()


# ---- asyncio


def test_both_clients_have_the_same_operations() -> None:
    def operations(cls: type) -> dict[str, list[str]]:
        public = {name: f for name, f in vars(cls).items() if not name.startswith("_")}
        return {name: list(inspect.signature(f).parameters) for name, f in public.items()}

    assert operations(Client) == operations(warmfit.aio.Client)


def run(work: Awaitable[Any]) -> Any:
    async def main() -> Any:
        return await work

    return asyncio.run(main())


def test_calls_of_one_asyncio_client_run_together(service: Any) -> None:
    async def work() -> None:
        async with aio.Client(service.address) as client:
            ref = await client.put(frame(), "a")
            fits = await asyncio.gather(*(client.fit(ref, CONFIG) for _ in range(5)))
            assert len({fit.best()[0].bic for fit in fits}) == 1
        with pytest.raises(InvalidInput, match="closed"):
            await client.info()

    run(work())


def test_cancelling_an_asyncio_call_ends_the_work(service: Any) -> None:
    service.faults.hold("GetServerInfo")

    async def work() -> None:
        async with aio.Client(service.address) as client:
            call = asyncio.create_task(client.info())
            await asyncio.to_thread(service.faults.entered.wait, 10)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            assert await asyncio.to_thread(service.faults.cancelled.wait, 10)

    run(work())


def test_leaving_an_asyncio_stream_early_ends_the_work(service: Any) -> None:
    service.faults.hold("FitStream", after=1)

    async def first(events: AsyncIterator[Any]) -> Any:
        async for event in events:
            assert await asyncio.to_thread(service.faults.entered.wait, 10)
            return event
        return None

    async def work() -> None:
        async with aio.Client(service.address) as client:
            ref = await client.put(frame(), "a")
            assert (await first(client.fit_stream(ref)))[0] == "a"
            assert await asyncio.to_thread(service.faults.cancelled.wait, 10)

    run(work())


def test_a_broken_asyncio_sample_goes_on_where_it_ended(service: Any) -> None:
    service.faults.break_stream("Sample", 2, 0, 1)
    with Waiting(service.address) as client:
        np.testing.assert_array_equal(np.concatenate(client.sample(GAMMA, 777, 1)), GAMMA.sample(777, random_state=1))
    assert len(service.faults.calls) == 4


# ---- the command line


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data.csv"
    frame()[["a"]].to_csv(path, index=False)
    return path


def invoke(*arguments: str, **environment: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return CliRunner().invoke(app, list(arguments), env=environment)


def columns(output: str) -> list[str]:
    return [line for line in output.splitlines() if " s; families" not in line]


def test_the_command_line_fits_on_the_service_with_the_same_table(service: Any, data: Path) -> None:
    arguments = ["fit", str(data), "--include", "norm", "--include", "gamma", "--all"]
    local, remote = invoke(*arguments), invoke(*arguments, "--server", service.address, "--token", "s3cret")
    assert remote.exit_code == 0, remote.output
    assert columns(remote.stdout) == columns(local.stdout)
    assert "Fitting: 2/2 (100 %)" in remote.stderr
    assert service.faults.calls == ["FitStream", "RegisterDataset", "FitStream"]
    assert service.faults.metadata["FitStream"][0]["authorization"] == "Bearer s3cret"


def test_the_command_line_finds_the_service_in_the_environment(service: Any, data: Path) -> None:
    done = invoke("fit", str(data), "--include", "norm", WARMFIT_ADDRESS=service.address, WARMFIT_TOKEN="t")
    assert done.exit_code == 0, done.output
    assert service.faults.metadata["FitStream"][0]["authorization"] == "Bearer t"


def test_the_command_line_samples_through_the_service(service: Any, data: Path) -> None:
    arguments = ["sample", str(data), "-n", "250", "--seed", "4", "--distribution", "gamma"]
    local, remote = invoke(*arguments), invoke(*arguments, "--server", service.address)
    assert remote.exit_code == 0, remote.output
    assert remote.stdout == local.stdout
    assert service.faults.calls.count("Sample") == 1


def test_the_command_line_says_what_is_wrong_with_the_service_in_a_line(data: Path, impatient: None) -> None:
    assert "--workers is of this process" in invoke("fit", str(data), "--workers", "2", "--server", "h:1").stderr
    assert "host:port" in invoke("fit", str(data), "--server", "nowhere").stderr
    away = invoke("fit", str(data), "--server", "127.0.0.1:1")
    assert away.exit_code == 2
    assert "ServiceUnavailable" in away.stderr.splitlines()[-1]
