from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from warmfit_server.settings import Settings


def test_flags_win_over_the_environment_and_that_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "warmfit.toml"
    file.write_text("port = 1111\nworkers = 5\ngateways = 3\n")
    monkeypatch.setenv("WARMFIT_SERVER_WORKERS", "6")
    monkeypatch.setenv("WARMFIT_SERVER_GATEWAYS", "4")
    settings = Settings.load(file, gateways=2, port=None)
    assert (settings.port, settings.workers, settings.gateways) == (1111, 6, 2)
    assert settings.http_port == 8000


@pytest.mark.parametrize("text", ["prot = 9000", "port = 0", 'namespace = ".."', 'workers = "many"', "port ="])
def test_settings_that_cannot_be_used_are_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "warmfit.toml"
    file.write_text(text)
    with pytest.raises((ValidationError, ValueError)):
        Settings.load(file)
