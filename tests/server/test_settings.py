from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from warmfit_fitting.errors import InvalidInput
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


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"tls_cert": "cert.pem"}, "tls_cert and tls_key go together"),
        ({"tls_client_ca": "ca.pem"}, "tls_client_ca needs"),
        ({"host": "0.0.0.0"}, "allow_anonymous"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(given: dict[str, str], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Settings.load(**given)


def test_a_service_that_others_can_reach_needs_tokens_or_a_word_that_it_does_not() -> None:
    assert Settings.load(host="0.0.0.0", allow_anonymous=True).host == "0.0.0.0"
    assert Settings.load(host="0.0.0.0", token="0123456789abcdef").needs_tokens


def test_a_misspelt_variable_of_the_environment_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARMFIT_SERVER_WROKERS", "3")
    with pytest.raises(InvalidInput, match="WARMFIT_SERVER_WROKERS"):
        Settings.load()


def test_a_token_is_not_shown() -> None:
    assert "0123456789abcdef" not in repr(Settings.load(token="0123456789abcdef"))
