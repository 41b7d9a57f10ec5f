"""Appends to named datasets over a socket: what is acknowledged counts, once, on the dataset's own grid."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pandas as pd
import pytest
from tests.server.conftest import Gateway, running

import warmfit
from warmfit import Client
from warmfit_fitting.errors import DatasetNotFound, GridMismatch, InvalidInput, PermissionDenied
from warmfit_fitting.summary import ColumnSummary, Tally, summarize_values
from warmfit_proto import codec
from warmfit_proto.v1 import fitting_pb2 as pb
from warmfit_server import grpc_server
from warmfit_server.handlers import DESCRIPTOR
from warmfit_server.store import DatasetStore

RNG = np.random.default_rng(5)
FIRST = pd.DataFrame({"loss": RNG.gamma(2.0, 5.0, 12_000), "kind": RNG.integers(0, 9, 12_000)})
MORE = pd.DataFrame({"loss": RNG.gamma(2.0, 6.0, 6_000), "kind": RNG.integers(0, 12, 6_000)})
ALL = pd.concat([FIRST, MORE], ignore_index=True)
COLUMNS = ["loss", "kind"]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with running(tmp_path_factory.mktemp("append") / "data") as gateway:
        yield gateway


@pytest.fixture
def client(gateway: Gateway) -> Iterator[Client]:
    with Client(gateway.address) as client:
        yield client


@pytest.fixture
def name(client: Client, request: pytest.FixtureRequest) -> str:
    """The name of a dataset of `FIRST`, of the test's own."""
    client.put(FIRST, COLUMNS, name=request.node.name)
    return str(request.node.name)


def raw(gateway: Gateway, name: str, columns: list[pb.Column], request_id: str) -> pb.Dataset:
    """One append without the SDK."""
    request = pb.AppendDatasetRequest(name=name, columns=columns, request_id=request_id)
    with grpc.insecure_channel(gateway.address) as channel:
        call = channel.unary_unary(f"/{DESCRIPTOR.full_name}/AppendDataset")
        return pb.Dataset.FromString(call(request.SerializeToString(), timeout=30))


def values(frame: pd.DataFrame) -> list[pb.Column]:
    return [pb.Column(name=name, values=pb.ColumnValues(values=frame[name])) for name in frame]


def version(gateway: Gateway, name: str) -> int:
    return DatasetStore(gateway.settings.data_dir, "default").get(name).version


def test_an_append_is_the_summary_of_all_rows_on_the_datasets_grid(client: Client, name: str) -> None:
    before = client.get(name).summaries()
    after = client.append(name, MORE).summaries()
    assert after["kind"] == summarize_values(ALL["kind"].to_numpy(float))
    whole = summarize_values(ALL["loss"].to_numpy(), plan=before["loss"].plan())
    assert after["loss"].grid == whole.grid == before["loss"].grid
    np.testing.assert_array_equal(after["loss"].observed.edges, whole.observed.edges)
    np.testing.assert_array_equal(after["loss"].observed.count, whole.observed.count)
    np.testing.assert_allclose(after["loss"].observed.mean, whole.observed.mean, rtol=1e-12)
    assert after["loss"].moments.m4 == pytest.approx(whole.moments.m4, rel=1e-12)


def test_appends_one_after_the_other_each_make_a_version(gateway: Gateway, client: Client, name: str) -> None:
    first = client.append(name, MORE[:10])
    second = client.append(name, MORE[10:30], columns=["kind", "loss"])
    assert (first.n, second.n, version(gateway, name)) == (12_010, 12_030, 3)
    assert client.get(name) == second
    assert second.columns == tuple(COLUMNS)


def test_the_reference_is_fitted_at_once(client: Client, name: str) -> None:
    config = warmfit.FitterConfig(included_distributions=("gamma",))
    ref = client.append(name, MORE)
    here = warmfit.DistributionFitter().fit(dict(ref.summaries()), columns=["loss"], config=config)
    assert client.fit(ref, config, columns="loss").best()[0].parameters == here.best()[0].parameters


def test_an_append_counts_once_however_often_it_is_sent(gateway: Gateway, client: Client, name: str) -> None:
    first = raw(gateway, name, values(MORE), "one and the same")
    again = raw(gateway, name, values(MORE), "one and the same")
    assert first == again
    assert client.get(name).n == len(ALL)
    raw(gateway, name, values(MORE), "another")
    assert client.get(name).n == len(ALL) + len(MORE)


def test_values_sent_as_they_are_join_as_if_summarized_by_the_client(
    gateway: Gateway, client: Client, name: str
) -> None:
    client.put(FIRST, COLUMNS, name=f"{name} by the client")
    raw(gateway, name, values(MORE), "r")
    theirs = client.append(f"{name} by the client", MORE)
    assert client.get(name).summaries() == theirs.summaries()


@pytest.mark.parametrize("columns", [["loss"], ["kind", "loss", "losss"], ["kind", "losss"]])
def test_other_columns_are_refused_by_name(gateway: Gateway, client: Client, name: str, columns: list[str]) -> None:
    frame = MORE.assign(losss=1.0)
    with pytest.raises(InvalidInput, match="loss, kind"):
        client.append(name, frame, columns=columns)
    with pytest.raises(grpc.RpcError, match="loss, kind"):
        raw(gateway, name, values(frame[columns]), "r")
    with pytest.raises(InvalidInput, match="loss"):
        client.append(name, MORE[["kind"]])
    assert version(gateway, name) == 1


def test_summaries_on_another_grid_are_refused_with_the_datasets(client: Client, name: str) -> None:
    mine = warmfit.summarize(MORE * 1.5, COLUMNS)
    with pytest.raises(GridMismatch, match="column 'loss' of dataset") as refused:
        client.append(name, mine)
    grid = client.get(name).summaries()["loss"].grid
    assert grid is not None
    assert repr(grid.centre) in str(refused.value)


def test_a_dataset_that_is_not_there_takes_no_rows(client: Client) -> None:
    with pytest.raises(DatasetNotFound):
        client.append("nothing", MORE)


@pytest.mark.parametrize("request_id", ["", "x" * 129])
def test_an_append_needs_an_id(gateway: Gateway, name: str, request_id: str) -> None:
    with pytest.raises(grpc.RpcError, match="request_id") as refused:
        raw(gateway, name, values(MORE), request_id)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_rows_that_are_incomplete_and_weigh_join_too(client: Client) -> None:
    def frame(n: int, scale: float) -> pd.DataFrame:
        x = RNG.gamma(2.0, scale, n)
        died = RNG.random(n) < 0.7
        return pd.DataFrame({"t": x, "died": died, "entry": np.where(x > 1, 0.5, -np.inf), "w": RNG.integers(1, 4, n)})

    first, more = frame(9_000, 5.0), frame(5_000, 6.0)
    said: dict[str, Any] = {
        "weights": "w", "censoring": warmfit.Censoring("died", "event"), "truncation": ("entry", None)
    }  # fmt: skip
    client.put(first, "t", name="survival", **said)
    plan = client.get("survival").summaries()["t"].plan()
    after = client.append("survival", more, **said).summaries()["t"]
    rows = pd.concat([first, more], ignore_index=True)
    whole = summarize_values(
        rows["t"].to_numpy(), rows["w"].to_numpy(float), censoring=np.where(rows["died"], 0, 1),
        truncation=(rows["entry"].to_numpy(), None), plan=plan,
    )  # fmt: skip
    assert after.incomplete is not None
    assert whole.incomplete is not None
    for mine, theirs in (
        (after.observed, whole.observed),
        (after.incomplete.censored.above, whole.incomplete.censored.above),
        (after.incomplete.truncated.above, whole.incomplete.truncated.above),
    ):
        assert mine.weight == theirs.weight
        assert below(mine, mine.edges) == below(theirs, mine.edges)


def below(tally: Tally, edges: np.ndarray) -> list[float]:
    """The weight below each of the edges."""
    return [tally.atom_count[tally.atoms < x].sum() + tally.count[tally.edges[1:] <= x].sum() for x in edges]


def test_appends_of_several_clients_at_once_lose_nothing(gateway: Gateway, name: str) -> None:
    parts = np.array_split(np.arange(len(MORE)), 12)

    def append(part: Any) -> int:
        with Client(gateway.address) as client:
            return client.append(name, MORE.iloc[part]).n

    with ThreadPoolExecutor(6) as pool:
        sizes = list(pool.map(append, parts))
    with Client(gateway.address) as client:
        summaries = client.get(name).summaries()
    assert len(set(sizes)) == len(parts)
    assert max(sizes) == summaries["loss"].n == len(ALL)
    assert summaries["kind"] == summarize_values(ALL["kind"].to_numpy(float))


def test_a_client_whose_dataset_is_put_on_another_grid_counts_anew(
    gateway: Gateway, client: Client, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced = FIRST.assign(loss=FIRST["loss"] * 3.0)
    kept = DatasetStore.append

    def replacing(store: DatasetStore, *given: Any) -> Any:
        if version(gateway, name) == 1:
            with Client(gateway.address) as other:
                other.put(replaced, COLUMNS, name=name, overwrite=True)
        return kept(store, *given)

    monkeypatch.setattr(DatasetStore, "append", replacing)
    after = client.append(name, MORE).summaries()["loss"]
    plan = warmfit.summarize(replaced, "loss")["loss"].plan()
    both = np.concatenate([replaced["loss"], MORE["loss"]])
    np.testing.assert_array_equal(after.observed.count, summarize_values(both, plan=plan).observed.count)


def test_the_asyncio_client_appends_too(gateway: Gateway, name: str) -> None:
    async def append() -> warmfit.DatasetRef:
        async with warmfit.aio.Client(gateway.address) as client:
            return await client.append(name, MORE)

    assert asyncio.run(append()).n == len(ALL)


def test_another_namespace_can_neither_append_nor_learn_of_the_name(tmp_path: Path) -> None:
    tokens = {who: f"{who}-0123456789abcdef" for who in ("ours", "theirs", "reader")}
    lines = [
        f'[[token]]\nname = "{who}"\ntoken = "{token}"\nnamespace = "{"theirs" if who == "theirs" else "ours"}"\n'
        f"scopes = {['read', 'fit'] if who == 'reader' else ['read', 'fit', 'write']}"
        for who, token in tokens.items()
    ]
    file = tmp_path / "tokens.toml"
    file.write_text("\n".join(lines))
    with running(tmp_path / "data", tokens_file=file) as gateway:

        def client(who: str) -> Client:
            return Client(gateway.address, token=tokens[who])

        client("ours").put(FIRST, COLUMNS, name="secret")
        told = []
        for asked in ("secret", "nosuch"):
            with pytest.raises(DatasetNotFound) as refused:
                client("theirs").append(asked, MORE)
            told.append(str(refused.value).replace(asked, "?"))
        assert told[0] == told[1]
        with pytest.raises(PermissionDenied):
            client("reader").append("secret", MORE)
        assert client("ours").get("secret").n == len(FIRST)


def test_the_gateway_removes_at_its_start_what_no_dataset_needs_and_nothing_else(
    start: Callable[..., Gateway], tmp_path: Path
) -> None:
    store = DatasetStore(tmp_path / "data", "default")
    old, kept = ({"x": summarize_values(np.array(v))} for v in ([1.0, 2.0], [3.0, 4.0]))
    for columns in (old, kept):
        store.put("x", columns, overwrite=True)
    store.delete("x")
    store.put("x", kept, overwrite=False)
    for path in (tmp_path / "data" / "default" / "summaries").iterdir():
        os.utime(path, (0, 0))
    (tmp_path / "data" / "stray").write_text("not a namespace")
    gateway = start()
    until = time.monotonic() + 10.0
    while store.summary(old["x"].fingerprint) is not None:
        assert time.monotonic() < until
        time.sleep(0.02)
    with Client(gateway.address) as client:
        assert client.append("x", [5.0]).summaries()["x"] == summarize_values(np.array([3.0, 4.0, 5.0]))


def test_removing_while_appends_go_on_harms_none(
    monkeypatch: pytest.MonkeyPatch, start: Callable[..., Gateway]
) -> None:
    monkeypatch.setattr(grpc_server, "COLLECT_PERIOD", 0.001)
    gateway = start()
    with Client(gateway.address) as client:
        client.put([0.0, 1.0], name="x")
        for i in range(40):
            client.append("x", [float(i)])
        assert client.get("x").summaries()["value"].n == 42


def test_a_damaged_dataset_is_told_and_keeps_nobody_from_the_others(
    start: Callable[..., Gateway], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grpc_server, "COLLECT_PERIOD", 0.01)
    gateway = start()
    with Client(gateway.address) as client:
        for name in ("whole", "damaged"):
            client.put([0.0, 1.0], name=name)
        (tmp_path / "data" / "default" / "datasets" / "damaged" / "1.json").write_text("{")
        time.sleep(0.1)
        assert client.append("whole", [2.0]).n == 3


def test_more_rows_than_can_be_counted_are_refused(gateway: Gateway, client: Client) -> None:
    client.put([1.0, 2.0], name="many")
    message = codec.column_to_wire("value", summarize_values(np.array([1.0, 2.0]), np.array([1e308, 1e307])))
    raw(gateway, "many", [message], "r1")
    with pytest.raises(grpc.RpcError) as refused:
        raw(gateway, "many", [message], "r2")
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_what_is_kept_is_a_summary(client: Client, name: str) -> None:
    assert isinstance(client.append(name, MORE).summaries()["loss"], ColumnSummary)
