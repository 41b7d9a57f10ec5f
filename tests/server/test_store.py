from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from warmfit_fitting.errors import DatasetNotFound, InvalidInput, SerializationError
from warmfit_fitting.summary import ColumnSummary, summarize_values
from warmfit_server.store import DatasetStore


def summary(*values: float) -> ColumnSummary:
    return summarize_values(np.array(values))


@pytest.fixture
def store(tmp_path: Path) -> DatasetStore:
    return DatasetStore(tmp_path, "default")


def test_a_dataset_comes_back_after_a_restart(store: DatasetStore, tmp_path: Path) -> None:
    kept = store.put("fires", {"loss": summary(1.0, 2.0, 3.0)}, overwrite=False)
    again = DatasetStore(tmp_path, "default")
    assert again.get("fires") == kept
    assert again.summary(kept.columns[0].fingerprint) == summary(1.0, 2.0, 3.0)
    assert again.names() == ["fires"]


def test_the_same_content_again_is_the_same_version_and_other_content_needs_overwrite(store: DatasetStore) -> None:
    first = store.put("fires", {"loss": summary(1.0, 2.0)}, overwrite=False)
    assert store.put("fires", {"loss": summary(1.0, 2.0)}, overwrite=False) == first
    with pytest.raises(InvalidInput, match="exists with other content"):
        store.put("fires", {"loss": summary(1.0, 5.0)}, overwrite=False)
    assert store.put("fires", {"loss": summary(1.0, 5.0)}, overwrite=True).version == 2
    assert store.get("fires").version == 2


def test_a_deleted_dataset_is_not_found_and_its_name_is_free(store: DatasetStore) -> None:
    store.put("fires", {"loss": summary(1.0, 2.0)}, overwrite=False)
    store.delete("fires")
    with pytest.raises(DatasetNotFound):
        store.get("fires")
    with pytest.raises(DatasetNotFound):
        store.delete("fires")
    assert store.names() == []
    assert store.put("fires", {"loss": summary(3.0, 4.0)}, overwrite=False).version == 3


def test_namespaces_do_not_see_each_other(tmp_path: Path) -> None:
    mine, theirs = DatasetStore(tmp_path, "mine"), DatasetStore(tmp_path, "theirs")
    record = mine.put("fires", {"loss": summary(1.0, 2.0)}, overwrite=False)
    with pytest.raises(DatasetNotFound):
        theirs.get("fires")
    assert theirs.summary(record.columns[0].fingerprint) is None


@pytest.mark.parametrize("name", ["", ".hidden", "a\nb", "x" * 129, "é" * 100, "\ud800"])
def test_names_that_cannot_be_used_are_refused(store: DatasetStore, name: str) -> None:
    with pytest.raises(InvalidInput, match="dataset name"):
        store.put(name, {"loss": summary(1.0, 2.0)}, overwrite=False)


@pytest.mark.parametrize("name", ["x/../../etc/passwd", "a/b", "naïve façade", "%2e%2e"])
def test_any_other_name_stays_inside_the_directory(store: DatasetStore, tmp_path: Path, name: str) -> None:
    store.put(name, {"loss": summary(1.0, 2.0)}, overwrite=False)
    assert store.names() == [name]
    assert {path.parts[len(tmp_path.parts)] for path in tmp_path.rglob("*")} == {"default"}


@pytest.mark.parametrize("fingerprint", ["", "x" * 64, "../" * 20, "A" * 64])
def test_what_is_no_fingerprint_is_nothing(store: DatasetStore, fingerprint: str) -> None:
    assert store.summary(fingerprint) is None


def test_writers_at_once_make_one_version_each_and_lose_none(store: DatasetStore) -> None:
    def put(i: int) -> int:
        return store.put("fires", {"loss": summary(1.0, float(i + 2))}, overwrite=True).version

    with ThreadPoolExecutor(8) as pool:
        versions = list(pool.map(put, range(24)))
    assert sorted(versions) == list(range(1, 25))


def test_damage_on_disk_is_noticed(store: DatasetStore, tmp_path: Path) -> None:
    record = store.put("fires", {"loss": summary(1.0, 2.0)}, overwrite=False)
    fingerprint = record.columns[0].fingerprint
    path = tmp_path / "default" / "summaries" / fingerprint
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(SerializationError):
        store.summary(fingerprint)
    (tmp_path / "default" / "datasets" / "fires" / "1.json").write_text("{")
    with pytest.raises(SerializationError):
        store.get("fires")


def test_a_directory_that_cannot_be_written_to_is_told_at_the_start() -> None:
    with pytest.raises(InvalidInput, match="cannot be written to"):
        DatasetStore(Path("/proc/nowhere"), "default").check()
