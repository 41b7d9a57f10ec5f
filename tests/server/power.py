"""A disk whose power is cut: what had not been brought to it is lost, in part or whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock


class PowerCut(BaseException):
    """There is no power."""


class Disk:
    """Counts what changes files under `root` and ends with `PowerCut` in place of the step number `cut`.

    Afterwards `lose` leaves what a disk may have kept: names that were given after their folder had last been brought
    to the disk may be lost, and so may the contents of files that had not been.
    """

    def __init__(self, root: Path, cut: int) -> None:
        self.steps = 0
        self.is_cut = False
        self._root = root
        self._cut = cut
        self._synced: set[int] = set()
        self._undo: dict[Path, list[Callable[[], None]]] = {}

    @contextmanager
    def powered(self) -> Iterator[None]:
        """Have the block run until the power is cut."""
        names = ("fsync", "link", "replace", "unlink", "mkdir", "rmdir")
        own = {name: getattr(self, f"_{name}", None) or self._plain(getattr(os, name)) for name in names}
        self._synced |= {path.stat().st_ino for path in self._root.rglob("*")}
        self._os = {name: getattr(os, name) for name in names}
        with mock.patch.multiple(os, **own):
            try:
                yield
            except PowerCut:
                self.is_cut = True

    def lose(self, names: bool, kept: float) -> None:
        """Lose the names that may be lost, where `names` says so, and all but a share of contents that may be."""
        for undos in self._undo.values() if names else ():
            for undo in reversed(undos):
                undo()
        for path in self._root.rglob("*"):
            if path.is_file() and path.stat().st_ino not in self._synced:
                content = path.read_bytes()
                path.write_bytes(content[: int(kept * len(content))])

    def _step(self) -> None:
        self.steps += 1
        if self.steps > self._cut:
            raise PowerCut

    def _plain(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **keywords: Any) -> Any:
            self._step()
            return function(*arguments, **keywords)

        return step

    def _fsync(self, handle: int) -> None:
        self._step()
        where = Path(os.readlink(f"/proc/self/fd/{handle}"))
        if where.is_dir():
            self._undo.pop(where, None)
        else:
            self._synced.add(os.fstat(handle).st_ino)

    def _link(self, source: Any, target: Any) -> None:
        self._step()
        self._os["link"](source, target)
        self._undo.setdefault(Path(target).parent, []).append(Path(target).unlink)

    def _replace(self, source: Any, target: Any) -> None:
        self._step()
        before = Path(target).read_bytes() if Path(target).exists() else None
        self._os["replace"](source, target)

        def undo() -> None:
            if before is None:
                Path(target).unlink()
            else:
                Path(target).write_bytes(before)

        self._undo.setdefault(Path(target).parent, []).append(undo)
