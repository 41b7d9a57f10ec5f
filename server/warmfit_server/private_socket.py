"""The Unix socket on which a gateway asks itself for its health, in a folder of its own."""

from __future__ import annotations

import os
import re
import shutil
import socket
import tempfile
from contextlib import suppress
from pathlib import Path

PREFIX = "warmfit-gateway-"
NAME = "gateway.sock"


def make_socket_folder() -> Path:
    """A new folder, whose name says the process; those that killed gateways have left are removed."""
    sweep(Path(tempfile.gettempdir()))
    return Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))


def remove_socket_folder(folder: Path) -> None:
    """Remove a folder and its socket, if they are there."""
    with suppress(OSError):
        (folder / NAME).unlink(missing_ok=True)
        folder.rmdir()


def sweep(parent: Path) -> None:
    """Remove the folders of this user whose process is gone and on whose socket nobody listens."""
    for folder in parent.glob(f"{PREFIX}*"):
        with suppress(OSError):
            found = re.fullmatch(rf"{PREFIX}(\d+)-\w+", folder.name)
            is_ours = folder.stat(follow_symlinks=False).st_uid == os.getuid()
            if found and is_ours and not _runs(int(found[1])) and not _is_listened_to(folder / NAME):
                shutil.rmtree(folder, ignore_errors=True)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True


def _is_listened_to(path: Path) -> bool:
    """Whether somebody listens; a process of another container has a number that means nothing here."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        return True
