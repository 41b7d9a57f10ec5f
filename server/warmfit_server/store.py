"""Named datasets on disk: immutable, content-addressed summaries, and a record for each version of a name.

    DIR/NAMESPACE/summaries/FINGERPRINT       the canonical encoding of a summary; its name is its checksum
    DIR/NAMESPACE/datasets/NAME/VERSION.json  which columns the version has; created only if absent

Every gateway may read and write the same directory. What `put` returns has reached the disk.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, unquote

from warmfit_fitting.errors import DatasetNotFound, InvalidInput, Overloaded, SerializationError
from warmfit_fitting.summary import ColumnSummary
from warmfit_server.identity import dataset_fingerprint

MAX_NAME = 128
MAX_DATASETS = 10_000
MAX_FILE_NAME = 240  # bytes; file systems allow 255


@dataclass(frozen=True)
class ColumnRecord:
    """One column of a dataset: its name, and what is known of its summary without reading it."""

    name: str
    fingerprint: str
    n: int
    n_missing: int
    exact: bool

    @classmethod
    def of(cls, name: str, summary: ColumnSummary) -> ColumnRecord:
        """The record of a column."""
        return cls(name, summary.fingerprint, summary.n, summary.n_missing, summary.is_exact)


@dataclass(frozen=True)
class DatasetRecord:
    """One version of a dataset; `created` is ISO 8601 in UTC."""

    name: str
    fingerprint: str
    version: int
    created: str
    columns: tuple[ColumnRecord, ...]
    deleted: bool = False

    @classmethod
    def of(cls, name: str, version: int, columns: tuple[ColumnRecord, ...], deleted: bool = False) -> DatasetRecord:
        """A record of now."""
        created = datetime.now(UTC).isoformat()
        return cls(name, dataset_fingerprint(columns), version, created, columns, deleted)


class DatasetStore:
    """Named datasets of one namespace in a directory."""

    def __init__(self, root: Path, namespace: str) -> None:
        base = root / quote(namespace, safe="")
        self._summaries, self._datasets = base / "summaries", base / "datasets"

    def check(self) -> None:
        """Raise `InvalidInput` where the directory cannot be written to."""
        try:
            self._summaries.mkdir(parents=True, exist_ok=True)
            self._datasets.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self._summaries) as probe:
                probe.write(b"probe")
        except OSError as error:
            raise InvalidInput(f"data_dir {self._summaries.parent}: cannot be written to ({error.strerror})") from None

    def put(
        self, name: str, columns: Mapping[str, ColumnSummary], overwrite: bool, most: int = MAX_DATASETS
    ) -> DatasetRecord:
        """Keep columns under a name; the same content again is the same version.

        Raises `InvalidInput` for a name that cannot be used, or that another dataset has unless `overwrite`, and
        `Overloaded` where there are `most` datasets already.
        """
        check_name(name)
        records = tuple(ColumnRecord.of(column, summary) for column, summary in columns.items())
        for summary in columns.values():
            self._write(self._summaries / summary.fingerprint, summary.to_bytes())
        while True:
            last = self._latest(name)
            if last is not None and not last.deleted and last.fingerprint == dataset_fingerprint(records):
                return last
            if last is not None and not last.deleted and not overwrite:
                raise InvalidInput(f"a dataset named {name!r} exists with other content; overwrite it or choose a name")
            if (last is None or last.deleted) and len(self.names()) >= most:
                raise Overloaded(f"there are {most} named datasets, as many as may be; delete one first")
            record = DatasetRecord.of(name, last.version + 1 if last else 1, records)
            if self._create(record):
                return record

    def get(self, name: str) -> DatasetRecord:
        """The latest version of a dataset; raises `DatasetNotFound`."""
        check_name(name)
        record = self._latest(name)
        if record is None or record.deleted:
            raise DatasetNotFound(f"no dataset named {name!r}; register it first")
        return record

    def names(self) -> list[str]:
        """The names of all datasets, ascending."""
        folders = self._datasets.iterdir() if self._datasets.is_dir() else ()
        names = sorted(unquote(folder.name) for folder in folders)
        return [name for name in names if (record := self._latest(name)) is not None and not record.deleted]

    def delete(self, name: str) -> None:
        """Forget a dataset; raises `DatasetNotFound`."""
        while True:
            record = self.get(name)
            if self._create(DatasetRecord.of(name, record.version + 1, (), deleted=True)):
                return

    def summary(self, fingerprint: str) -> ColumnSummary | None:
        """The summary of that content, or None; raises `SerializationError` where the disk lost it."""
        if not re.fullmatch(r"[0-9a-f]{64}", fingerprint):
            return None
        path = self._summaries / fingerprint
        try:
            summary = ColumnSummary.from_bytes(path.read_bytes())
        except FileNotFoundError:
            return None
        if summary.fingerprint != fingerprint:
            raise SerializationError("a stored column summary is damaged; register the dataset again")
        return summary

    def _latest(self, name: str) -> DatasetRecord | None:
        folder = self._datasets / quote(name, safe="")
        versions = [int(path.stem) for path in folder.glob("*.json")] if folder.is_dir() else []
        return _read(folder / f"{max(versions)}.json") if versions else None

    def _create(self, record: DatasetRecord) -> bool:
        """Write the record of a version; False where another writer was first."""
        path = self._datasets / quote(record.name, safe="") / f"{record.version}.json"
        return self._write(path, json.dumps(asdict(record)).encode())

    @staticmethod
    def _write(path: Path, content: bytes) -> bool:
        """Create a file whole or not at all, on disk; False where it exists."""
        if path.exists():
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.link(temporary, path)
        except FileExistsError:
            return False
        finally:
            os.unlink(temporary)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return True


def check_name(name: str) -> None:
    """Raise `InvalidInput` for what cannot name a dataset."""
    too_long = len(name) > MAX_NAME or len(quote(name, safe="", errors="replace")) > MAX_FILE_NAME
    if not name or too_long or not name.isprintable() or name.startswith("."):
        given = name[:MAX_NAME]
        raise InvalidInput(f"dataset name {given!r}; expected 1 to {MAX_NAME} printable characters, no leading dot")


def _read(path: Path) -> DatasetRecord:
    try:
        document = json.loads(path.read_bytes())
        columns = tuple(ColumnRecord(**column) for column in document.pop("columns"))
        return DatasetRecord(**document, columns=columns)
    except (ValueError, TypeError, KeyError) as error:
        raise SerializationError("a stored dataset record is damaged") from error
