"""`docs/service` has every setting with default and flag, every metric, every field of the logs, and code that runs."""

from __future__ import annotations

import inspect
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from tests.service.conftest import Running

from warmfit.cli.app import app
from warmfit_proto.v1 import fitting_pb2 as pb
from warmfit_server import cli
from warmfit_server.access import SCOPES, Scope
from warmfit_server.logs import FIELDS
from warmfit_server.metrics import GATEWAY, WORKER
from warmfit_server.settings import MIB, Settings
from warmfit_server.tokens import File

ROOT = Path(__file__).parents[2]
TEXT = "\n".join(page.read_text() for page in sorted((ROOT / "docs" / "service").glob("*.md")))
SAID = {"workers": "one a processor", "data_dir": "`~/.local/state/warmfit`", "distributions": "none"}


def block(name: str) -> list[list[str]]:
    """The cells of the rows of a table between two marks, without its head."""
    (text,) = re.findall(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", TEXT, re.DOTALL)
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.strip().splitlines()]
    return rows[2:]


def fences(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def default_of(name: str) -> str:
    if name in SAID:
        return SAID[name]
    value = Settings.model_fields[name].default
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "`true`" if value else "`false`"
    if isinstance(value, int) and value >= MIB and value % MIB == 0:
        return f"{value // MIB} MiB"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def flag_of(name: str) -> str:
    flags = {"distributions": "distribution"}.get(name, name)
    return f"`--{flags.replace('_', '-')}`" if flags in inspect.signature(cli.serve).parameters else ""


def test_every_setting_is_told_with_its_default_and_its_flag() -> None:
    rows = block("settings")
    assert [row[0] for row in rows] == [f"`{name}`" for name in Settings.model_fields]
    for name, row in zip(Settings.model_fields, rows, strict=True):
        assert row[1:3] == [default_of(name), flag_of(name)], name
        assert len(row[3]) > 10, name


def test_every_metric_is_told_with_its_kind_and_labels() -> None:
    every = [*GATEWAY, *(metric for metric in WORKER if metric not in GATEWAY)]
    expected = [[f"`{m.name}`", m.kind, ", ".join(f"`{label}`" for label in m.labels), m.description] for m in every]
    assert block("metrics") == expected


def test_every_field_of_a_log_line_is_told() -> None:
    own = ["time", "level", "logger", "process", "message"]
    assert [row[0].strip("`") for row in block("logs")] == [*own, *FIELDS, "error"]


def test_every_scope_is_told() -> None:
    for scope in Scope:
        assert f"| `{scope.value}` |" in TEXT
    assert set(SCOPES.values()) <= set(Scope)


def test_the_file_of_tokens_that_is_shown_can_be_used() -> None:
    (text,) = fences("toml")
    entries = File.model_validate(tomllib.loads(text.replace('"…"', f'"{"0" * 64}"'))).token
    assert [entry.name for entry in entries] == ["risk", "operator"]


def test_commands_that_are_shown_have_the_options_that_they_use() -> None:
    from typer.main import get_command

    commands: Any = get_command(app)
    lines = [line for text in fences("console") for line in text.splitlines() if line.startswith("$ warmfit")]
    assert len(lines) >= 4
    for line in lines:
        _, _, name, *words = line.split()
        known = {option for parameter in commands.commands[name].params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known


def test_the_request_that_is_shown_for_grpcurl_is_one() -> None:
    from google.protobuf import json_format

    (text,) = re.findall(r"-d '(.*?)' 127", TEXT, re.DOTALL)
    request = json_format.Parse(json.dumps(json.loads(text)), pb.FitRequest())
    assert list(request.tasks[0].spec.families) == ["norm", "gumbel_r"]


@pytest.mark.ray
def test_the_client_that_is_shown_fits(service: Running, capsys: pytest.CaptureFixture[str]) -> None:
    from warmfit_proto.v1 import fitting_pb2_grpc

    (code,) = fences("python")
    code = code.replace("import fitting_pb2 as pb, fitting_pb2_grpc\n", "").replace("127.0.0.1:9000", service.address)
    import grpc

    exec(code, {"grpc": grpc, "pb": pb, "fitting_pb2_grpc": fitting_pb2_grpc})
    assert "gumbel_r" in capsys.readouterr().out


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\((\.\./[^)#]+)\)|`(tests/[\w/.]+)`", TEXT))))
def test_files_that_are_named_are_there(target: tuple[str, str]) -> None:
    link, test = target
    assert ((ROOT / "docs" / "service" / link) if link else (ROOT / test)).exists()
