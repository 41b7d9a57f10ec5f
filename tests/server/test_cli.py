"""`warmfit serve` up to where it would start: its flags, and what it refuses before anything runs."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from tests.server.conftest import free_port
from typer.testing import CliRunner

from warmfit.cli.app import app
from warmfit_fitting.errors import InvalidInput, ServiceUnavailable
from warmfit_server import cli
from warmfit_server.running import Ending, check_ports, running
from warmfit_server.settings import Settings


def serve(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["serve", *map(str, arguments)], env={"COLUMNS": "200"})


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """The settings with which a service would have been started."""
    taken: list[Settings] = []
    monkeypatch.setattr(cli, "_serve", lambda settings, _console: taken.append(settings))
    return taken


def test_help_lists_the_flags_that_operators_look_for() -> None:
    shown = serve("--help").stdout
    for flag in (
        "port", "host", "http-port", "workers", "gateways", "data-dir", "tokens-file", "tls-cert", "tls-key",
        "tls-client-ca", "allow-anonymous", "log-file", "log-level", "metrics-port", "health-port", "config",
    ):  # fmt: skip
        assert f"--{flag} " in shown


def test_flags_are_settings(taken: list[Settings], tmp_path: Path) -> None:
    pem = tmp_path / "some.pem"
    pem.touch()
    files = ["--tokens-file", pem, "--tls-cert", pem, "--tls-key", pem, "--tls-client-ca", pem]
    result = serve("--allow-anonymous", "--host", "0.0.0.0", *files, "--health-port", 9001, "--metrics-port", 9002,
                   "--log-file", tmp_path / "log.json", "--log-level", "debug")  # fmt: skip
    assert result.exit_code == 0, result.output
    (settings,) = taken
    assert settings.tokens_file == settings.tls_cert == settings.tls_key == settings.tls_client_ca == pem
    assert (settings.health_port, settings.metrics_port) == (9001, 9002)
    assert (settings.log_file, settings.log_level) == (tmp_path / "log.json", "debug")
    assert settings.allow_anonymous


def test_paths_do_not_depend_on_where_a_replica_works(
    taken: list[Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    serve("--log-file", "log.json", "--data-dir", "data")
    assert (taken[0].log_file, taken[0].data_dir) == (tmp_path / "log.json", tmp_path / "data")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--host", "0.0.0.0"], "allow_anonymous"),
        (["--log-level", "loud"], "log_level"),
        (["--log-file", "/no/such/folder/log.json"], "log_file"),
        (["--tokens-file", "/no/such/file"], "does not exist"),
    ],
)
def test_flags_that_cannot_be_used_end_the_command_in_one_message(arguments: list[str], told: str) -> None:
    result = serve("--port", free_port(), "--http-port", free_port(), *arguments)
    assert result.exit_code == 2
    assert told in result.stderr


@pytest.mark.parametrize("name", ["port", "http_port", "health_port", "metrics_port"])
def test_a_port_that_is_taken_is_refused_with_its_flag(name: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ports = {"port": free_port(), "http_port": free_port(), name: taken.getsockname()[1]}
        with pytest.raises(InvalidInput, match=f"--{name.replace('_', '-')}"):
            check_ports(Settings.load(**ports))


def test_two_uses_of_one_port_are_refused() -> None:
    port = free_port()
    with pytest.raises(InvalidInput, match="--port and --metrics-port are both"):
        check_ports(Settings.load(port=port, http_port=free_port(), metrics_port=port))


@pytest.mark.filterwarnings("ignore")  # of Ray's imports
def test_a_ray_that_does_not_start_is_told_as_a_service_that_does_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def too_busy(**_: object) -> None:
        raise Exception("the node timed out during startup")

    monkeypatch.setattr("ray.init", too_busy)
    settings = Settings.load(port=free_port(), data_dir=tmp_path)
    with pytest.raises(ServiceUnavailable, match="did not start: the node timed out"), running(settings, Ending()):
        pass
