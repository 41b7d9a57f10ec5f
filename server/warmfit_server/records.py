"""What is kept of a version of a dataset beside its summaries, and its form on disk, which says its own checksum."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from warmfit_fitting.errors import DataLost
from warmfit_fitting.summary import ColumnSummary
from warmfit_server.identity import dataset_fingerprint

REMEMBERED = 256  # appends whose request ids a record knows


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
    """One version of a dataset; `created` is ISO 8601 in UTC. `requests`: (id, version) of the last appends."""

    name: str
    fingerprint: str
    version: int
    created: str
    columns: tuple[ColumnRecord, ...]
    deleted: bool = False
    requests: tuple[tuple[str, int], ...] = ()

    @classmethod
    def first(cls, name: str, columns: Mapping[str, ColumnSummary]) -> DatasetRecord:
        """The record of columns that no other version came before."""
        return cls(name, "", 0, "", ()).next(columns)

    def next(self, columns: Mapping[str, ColumnSummary], request_id: str = "") -> DatasetRecord:
        """The record of the version after this one; `request_id` is that of the append that makes it."""
        records = tuple(ColumnRecord.of(name, summary) for name, summary in columns.items())
        version = self.version + 1
        requests = (*self.requests, (request_id, version))[-REMEMBERED:] if request_id else self.requests
        return DatasetRecord(self.name, dataset_fingerprint(records), version, _now(), records, requests=requests)

    @classmethod
    def unreadable(cls, name: str, version: int) -> DatasetRecord:
        """In place of the record of a version that is damaged, for what comes after it."""
        return cls(name, "", version, "", (), deleted=True)

    def gone(self) -> DatasetRecord:
        """The record that says that the dataset is deleted."""
        return DatasetRecord(self.name, "", self.version + 1, _now(), (), deleted=True, requests=self.requests)

    def version_of(self, request_id: str) -> int | None:
        """The version that the append of that id has made, None where it is not known."""
        return dict(self.requests).get(request_id) if request_id else None

    def to_bytes(self) -> bytes:
        """The record as it is on disk."""
        record = json.dumps(asdict(self))
        return json.dumps({"checksum": _checksum(record), "record": record}).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> DatasetRecord:
        """The record that `to_bytes` wrote; raises `DataLost` for anything else."""
        try:
            document = json.loads(data)
            if document["checksum"] != _checksum(document["record"]):
                raise ValueError("another checksum")
            record = json.loads(document["record"])
            columns = tuple(ColumnRecord(**column) for column in record.pop("columns"))
            requests = tuple((str(name), int(version)) for name, version in record.pop("requests"))
            return cls(**record, columns=columns, requests=requests)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise DataLost("the record of a dataset is damaged; register the dataset again, with overwrite") from error


def _checksum(record: str) -> str:
    return hashlib.blake2b(record.encode(), digest_size=16).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat()
