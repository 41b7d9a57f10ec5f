"""What a gateway says of itself, over the wire and by `warmfit status`, and to whom."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.server.conftest import Gateway, free_port
from typer.testing import CliRunner

from warmfit import Client, FitterConfigBuilder
from warmfit.cli.app import app

ADMIN, READER, FITTER = "admin-0123456789", "reader-0123456789", "fitter-0123456789"


@pytest.fixture
def gateway(start: Callable[..., Gateway], tmp_path: Path) -> Gateway:
    entries = (
        ("admin", ADMIN, "admin", ""),
        ("reader", READER, "read", "max_calls = 7"),
        ("fitter", FITTER, "fit", ""),
    )
    text = "".join(f'[[token]]\nname="{n}"\ntoken="{t}"\nscopes=["{s}"]\n{more}\n' for n, t, s, more in entries)
    file = tmp_path / "tokens.toml"
    file.write_text(text)
    gateway = start(tokens_file=file)
    with Client(gateway.address, token=ADMIN) as client:
        ref = client.put(pd.DataFrame({"x": np.arange(9.0)}), ["x"], name="kept")
        for _ in range(3):
            client.fit(ref, FitterConfigBuilder().with_distributions(["norm"]).build())
    return gateway


def status(*arguments: object) -> Any:
    environment = {"COLUMNS": "160", "WARMFIT_ADDRESS": "", "WARMFIT_TOKEN": ""}
    return CliRunner().invoke(app, ["status", *map(str, arguments)], env=environment)


def test_an_administrator_learns_of_all_calls_and_caches(gateway: Gateway) -> None:
    with Client(gateway.address, token=ADMIN) as client:
        info = client.info()
    assert info.is_serving
    assert (info.workers_answering, info.gateways, info.datasets) == (1, 1, 1)
    assert (info.calls, info.limits.calls, info.limits.timeout) == (1, 1000, 600.0)
    assert info.load is not None
    assert info.load.calls == 1
    caches = {cache.name: cache for cache in info.load.caches}
    assert set(caches) == {"answers", "summaries", "rows"}
    assert caches["answers"].hits + caches["rows"].hits == 2
    assert 0 < caches["summaries"].bytes < caches["summaries"].limit


def test_a_reader_learns_of_its_own_only(gateway: Gateway) -> None:
    with Client(gateway.address, token=READER) as client:
        info = client.info()
    assert info.load is None
    assert (info.calls, info.limits.calls_of_caller) == (1, 7)


def test_status_is_a_table_that_names_health_workers_calls_and_caches(gateway: Gateway) -> None:
    result = status("--server", gateway.address, "--token", ADMIN)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[0] == f"{gateway.address}: SERVING"
    for told in ("1 of 1 answer", "1 of 1000; 1 of 1000 of this caller", "1 of 10000 in this namespace", "64.0 MiB"):
        assert told in result.stdout
    assert any("answers" in line and "%" in line for line in result.stdout.splitlines())
    assert "hit ratio" not in status("--server", gateway.address, "--token", READER).stdout


def test_status_as_json_is_one_document_with_all_that_is_known(gateway: Gateway) -> None:
    document = json.loads(status("--server", gateway.address, "--token", ADMIN, "--json").stdout)
    assert document["health"] == "SERVING"
    assert 0 <= document["uptime"] < 600
    assert document["load"]["caches"][0].keys() == {"name", "bytes", "limit", "hits", "misses", "evictions"}
    assert str(gateway.settings.data_dir) not in json.dumps(document)


def test_a_service_that_does_not_serve_is_told_with_its_trouble_and_status_1(gateway: Gateway) -> None:
    gateway.call(_troubled(gateway))
    result = status("--server", gateway.address, "--token", READER)
    assert result.exit_code == 1
    assert "NOT_SERVING" in result.stdout
    assert "the moon is full" in result.stdout


async def _troubled(gateway: Gateway) -> None:
    gateway.server.health.trouble("moon", "the moon is full")


def test_where_no_service_is_status_is_1_and_says_so() -> None:
    result = status("--server", f"127.0.0.1:{free_port()}", "--timeout", 0.5)
    assert result.exit_code == 1
    assert "no service answers at" in result.stderr
    as_json = status("--server", f"127.0.0.1:{free_port()}", "--timeout", 0.5, "--json")
    assert as_json.exit_code == 1
    assert json.loads(as_json.stdout)["health"] is None


@pytest.mark.parametrize("token", [None, FITTER])
def test_without_the_right_token_the_state_is_not_known_and_status_is_2(gateway: Gateway, token: str | None) -> None:
    result = status("--server", gateway.address, *(["--token", token] if token else []))
    assert result.exit_code == 2
    assert result.stdout == ""
