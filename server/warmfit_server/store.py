"""Named datasets on disk: immutable, content-addressed summaries, and a record for each version of a name.

    DIR/NAMESPACE/summaries/FINGERPRINT       the canonical encoding of a summary; its name is its checksum
    DIR/NAMESPACE/datasets/NAME/VERSION.json  which columns the version has; created only if absent

Every gateway may read and write the same directory. What `put` and `append` return has reached the disk.
"""

from __future__ import annotations

import logging
import re
import tempfile
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, unquote

from warmfit_fitting.errors import DataLost, DatasetNotFound, GridMismatch, InvalidInput, Overloaded
from warmfit_fitting.summary import ColumnSummary, encoding, validate
from warmfit_server import files
from warmfit_server.records import ColumnRecord, DatasetRecord

log = logging.getLogger("warmfit.server")
MAX_NAME = 128
MAX_FILE_NAME = 240  # bytes; file systems allow 255
MAX_DATASETS = 10_000
KEPT = 8  # versions of a dataset
UNUSED = 3600.0  # seconds after which a summary that no version has is removed: its version may be about to come


class DatasetStore:
    """Named datasets of one namespace in a directory."""

    def __init__(self, root: Path, namespace: str) -> None:
        base = root / quote(namespace, safe="")
        self._summaries, self._datasets = base / "summaries", base / "datasets"

    def check(self) -> None:
        """Raise `InvalidInput` where the directory cannot be written to."""
        try:
            files.make_folder(self._summaries)
            files.make_folder(self._datasets)
            with tempfile.TemporaryFile(dir=self._summaries) as probe:
                probe.write(b"probe")
        except OSError as error:
            raise InvalidInput(f"data_dir {self._summaries.parent}: cannot be written to ({error.strerror})") from None

    def put(
        self, name: str, columns: Mapping[str, ColumnSummary], overwrite: bool, most: int = MAX_DATASETS
    ) -> DatasetRecord:
        """Keep columns under a name; the same content again is the same version.

        Raises `InvalidInput` for a name that cannot be used, or that another dataset has unless `overwrite`, `DataLost`
        where that one is damaged and not to be overwritten, and `Overloaded` where there are `most` datasets already.
        """
        check_name(name)
        self._keep(columns)
        while True:
            last = self._last(name) if overwrite else self._latest(name)
            is_new = last is None or last.deleted
            record = last.next(columns) if last else DatasetRecord.first(name, columns)
            if last is not None and last.fingerprint == record.fingerprint:
                return last
            if not is_new and not overwrite:
                raise InvalidInput(
                    f"a dataset named {name!r} exists with other content; overwrite it or choose a name"
                ).at("name")
            if is_new and len(self.names()) >= most:
                raise Overloaded(f"there are {most} named datasets, as many as may be; delete one first")
            if self._create(record):
                return record

    def append(self, name: str, columns: Mapping[str, ColumnSummary], request_id: str) -> DatasetRecord:
        """Add rows to every column of a dataset; an append of a `request_id` that was made before is not made again.

        Raises `DatasetNotFound`, `InvalidInput` for other columns than the dataset's, and `GridMismatch` for rows that
        were counted on another grid than the dataset's.
        """
        while True:
            last = self.get(name)
            known = last.version_of(request_id)
            if known is not None:
                return self._version(name, known) or last
            merged = self._merged(last, columns)
            self._keep(merged)
            record = last.next(merged, request_id)
            if self._create(record):
                return record

    def get(self, name: str) -> DatasetRecord:
        """The latest version of a dataset; raises `DatasetNotFound`, and `DataLost` where it is damaged."""
        check_name(name)
        record = self._latest(name)
        if record is None or record.deleted:
            raise _unknown(name)
        return record

    def names(self) -> list[str]:
        """The names of all datasets, damaged ones too, ascending."""
        folders = self._datasets.iterdir() if self._datasets.is_dir() else ()
        return [name for name in sorted(unquote(folder.name) for folder in folders) if self._is_there(name)]

    def delete(self, name: str) -> None:
        """Forget a dataset, damaged or not; raises `DatasetNotFound`."""
        check_name(name)
        while True:
            if not self._is_there(name):
                raise _unknown(name)
            last = self._last(name)
            if last is not None and self._create(last.gone()):
                return

    def summary(self, fingerprint: str) -> ColumnSummary | None:
        """The summary of that content, or None; raises `DataLost` where it is damaged."""
        if not re.fullmatch(r"[0-9a-f]{64}", fingerprint):
            return None
        encoded = files.read(self._summaries / fingerprint)
        if encoded is None:
            return None
        if encoding.fingerprint(encoded) != fingerprint:
            raise DataLost("the summary of a column is damaged; register the column again")
        return ColumnSummary.from_bytes(encoded)

    def collect(self) -> int:
        """Remove old versions, and summaries that no version has; the number of summaries removed."""
        before = time.time() - UNUSED
        used: set[str] = set()
        for folder in self._datasets.iterdir() if self._datasets.is_dir() else ():
            used |= self._pruned(folder)
        removed = 0
        for path in self._summaries.iterdir() if self._summaries.is_dir() else ():
            with suppress(FileNotFoundError):
                if path.name not in used and path.stat().st_mtime < before:
                    path.unlink()
                    removed += 1
        files.sweep(self._datasets, before)
        return removed

    def _pruned(self, folder: Path) -> set[str]:
        """The fingerprints that the last versions in a folder have; older ones, and all of a deleted one, are removed."""
        used: set[str] = set()
        left = KEPT
        for version in sorted(_versions(folder), reverse=True):
            path = folder / f"{version}.json"
            data = files.read(path) if left else None
            if data is None:
                path.unlink(missing_ok=True)
                continue
            record = DatasetRecord.from_bytes(data)
            left = 0 if record.deleted else left - 1
            used |= {column.fingerprint for column in record.columns}
        return used

    def _merged(self, last: DatasetRecord, columns: Mapping[str, ColumnSummary]) -> dict[str, ColumnSummary]:
        check_columns(last, columns)
        return {column.name: self._joined(last, column, columns[column.name]) for column in last.columns}

    def _joined(self, last: DatasetRecord, column: ColumnRecord, rows: ColumnSummary) -> ColumnSummary:
        """A column with more rows; errors name it."""
        try:
            return validate(self._held(column.fingerprint).merge(rows))
        except (GridMismatch, InvalidInput) as error:
            raise type(error)(f"column {column.name!r} of dataset {last.name!r}: {error}").at("columns") from None

    def _held(self, fingerprint: str) -> ColumnSummary:
        summary = self.summary(fingerprint)
        if summary is None:
            raise DataLost("the summary of a column is gone; register the dataset again")
        return summary

    def _keep(self, columns: Mapping[str, ColumnSummary]) -> None:
        """Have the summaries on disk; one that is there already counts as new, so that it is not collected now."""
        for summary in columns.values():
            path, content = self._summaries / summary.fingerprint, summary.to_bytes()
            if files.read(path) == content:
                path.touch()
            else:
                files.replace(path, content)

    def _latest(self, name: str) -> DatasetRecord | None:
        versions = _versions(self._folder(name))
        return self._version(name, max(versions)) if versions else None

    def _last(self, name: str) -> DatasetRecord | None:
        """The latest version, or what stands for it where it is damaged."""
        try:
            return self._latest(name)
        except DataLost:
            return DatasetRecord.unreadable(name, max(_versions(self._folder(name))))

    def _is_there(self, name: str) -> bool:
        """Whether there is a dataset of that name, if only a damaged one."""
        try:
            record = self._latest(name)
        except DataLost:
            return True
        return record is not None and not record.deleted

    def _version(self, name: str, version: int) -> DatasetRecord | None:
        data = files.read(self._folder(name) / f"{version}.json")
        return None if data is None else DatasetRecord.from_bytes(data)

    def _create(self, record: DatasetRecord) -> bool:
        """Write the record of a version; False where another writer was first."""
        return files.create(self._folder(record.name) / f"{record.version}.json", record.to_bytes())

    def _folder(self, name: str) -> Path:
        return self._datasets / quote(name, safe="")


def _versions(folder: Path) -> list[int]:
    return [int(path.stem) for path in folder.glob("*.json") if path.stem.isdecimal()]


def collect(root: Path) -> int:
    """Remove what no dataset of any namespace needs any more; the number of summaries removed.

    Where the record of a version is damaged, its namespace is left as it is: nobody knows what that version had.
    """
    removed = 0
    for folder in (f for f in root.iterdir() if (f / "datasets").is_dir()) if root.is_dir() else ():
        namespace = unquote(folder.name)
        try:
            removed += DatasetStore(root, namespace).collect()
        except DataLost as error:
            log.error("nothing is removed in the namespace %s: %s", namespace, error)
    return removed


def _unknown(name: str) -> DatasetNotFound:
    return DatasetNotFound(f"no dataset named {name!r}; register it first")


def check_columns(record: DatasetRecord, names: Iterable[str]) -> None:
    """Raise `InvalidInput` for other columns than those of a dataset."""
    expected, given = [column.name for column in record.columns], list(names)
    if set(expected) != set(given):
        raise InvalidInput(
            f"an append to {record.name!r} needs all of its columns, {', '.join(expected)}; given: {', '.join(given)}"
        ).at("columns")


def check_name(name: str) -> None:
    """Raise `InvalidInput` for what cannot name a dataset."""
    too_long = len(name) > MAX_NAME or len(quote(name, safe="", errors="replace")) > MAX_FILE_NAME
    if not name or too_long or not name.isprintable() or name.startswith("."):
        given = name[:MAX_NAME]
        expected = f"expected 1 to {MAX_NAME} printable characters, no leading dot"
        raise InvalidInput(f"dataset name {given!r}; {expected}").at("name")
