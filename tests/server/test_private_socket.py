from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from warmfit_server.private_socket import NAME, make_socket_folder, remove_socket_folder, sweep


@pytest.fixture
def gone() -> int:
    """The number of a process that is no more."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    return process.pid


def left(parent: Path, name: str) -> Path:
    folder = parent / name
    folder.mkdir()
    (folder / NAME).touch()
    return folder


def test_what_a_killed_gateway_has_left_is_removed_and_nothing_else(tmp_path: Path, gone: int) -> None:
    stale = left(tmp_path, f"warmfit-gateway-{gone}-abc")
    kept = [left(tmp_path, name) for name in (f"warmfit-gateway-{os.getpid()}-abc", f"other-{gone}-abc", "warmfit-ab1")]
    sweep(tmp_path)
    assert not stale.exists()
    assert all(folder.exists() for folder in kept)


def test_a_socket_on_which_somebody_listens_stays(tmp_path: Path, gone: int) -> None:
    folder = tmp_path / f"warmfit-gateway-{gone}-abc"
    folder.mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / NAME))
        listener.listen()
        sweep(tmp_path)
        assert folder.exists()
    sweep(tmp_path)
    assert not folder.exists()


def test_a_folder_has_the_number_of_its_process_and_goes_with_its_socket(
    tmp_path: Path, gone: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    stale = left(tmp_path, f"warmfit-gateway-{gone}-abc")
    folder = make_socket_folder()
    assert folder.name.startswith(f"warmfit-gateway-{os.getpid()}-")
    assert not stale.exists()
    (folder / NAME).touch()
    remove_socket_folder(folder)
    remove_socket_folder(folder)
    assert not folder.exists()
