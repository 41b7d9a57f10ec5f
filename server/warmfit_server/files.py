"""Files that are there whole or not at all: written aside, brought to the disk, then given their name."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

ASIDE = ".writing-"


def create(path: Path, content: bytes) -> bool:
    """Create a file; False where one of that name exists. It is on the disk when this returns."""
    if path.exists():
        return False
    temporary = _aside(path, content)
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    finally:
        temporary.unlink()
    _sync(path.parent)
    return True


def replace(path: Path, content: bytes) -> None:
    """Have a file hold `content`; it is on the disk when this returns."""
    _aside(path, content).replace(path)
    _sync(path.parent)


def read(path: Path) -> bytes | None:
    """What a file holds, None where there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def sweep(folder: Path, before: float) -> None:
    """Remove what writers that died have left aside, as far as it is older than `before`, seconds since the epoch."""
    for path in folder.rglob(f"{ASIDE}*"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < before:
                path.unlink()


def make_folder(folder: Path) -> None:
    """Have a folder be there, also after a power cut."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync(folder.parent)


def _aside(path: Path, content: bytes) -> Path:
    make_folder(path.parent)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=ASIDE)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return Path(temporary)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
