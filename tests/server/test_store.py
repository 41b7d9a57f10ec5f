from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from warmfit_fitting.errors import DatasetNotFound, GridMismatch, InvalidInput, SerializationError
from warmfit_fitting.summary import ColumnSummary, summarize_values
from warmfit_server.store import KEPT, DatasetStore


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
    store.put("fires", {"loss": summary(1.0, 2.0)}, overwrite=True)
    assert store.summary(fingerprint) == summary(1.0, 2.0)  # registered again, it is whole again


@pytest.mark.parametrize("damage", [lambda _: "{", lambda text: text[:-9], lambda text: text.replace("loss", "lose")])
def test_a_damaged_record_is_refused_and_no_older_version_served_in_its_place(
    store: DatasetStore, tmp_path: Path, damage: Callable[[str], str]
) -> None:
    for upper in (2.0, 3.0):
        store.put("fires", {"loss": summary(1.0, upper)}, overwrite=True)
    path = tmp_path / "default" / "datasets" / "fires" / "2.json"
    path.write_text(damage(path.read_text()))
    with pytest.raises(SerializationError):
        store.get("fires")


def test_a_directory_that_cannot_be_written_to_is_told_at_the_start() -> None:
    with pytest.raises(InvalidInput, match="cannot be written to"):
        DatasetStore(Path("/proc/nowhere"), "default").check()


def test_an_append_adds_rows_in_a_new_version(store: DatasetStore) -> None:
    store.put("fires", {"loss": summary(1.0, 2.0), "age": summary(7.0, 8.0)}, overwrite=False)
    record = store.append("fires", {"age": summary(9.0), "loss": summary(2.0, 3.0)}, "r1")
    assert (record.version, [column.name for column in record.columns]) == (2, ["loss", "age"])
    assert store.summary(record.columns[0].fingerprint) == summary(1.0, 2.0, 2.0, 3.0)
    assert store.get("fires") == record


def test_an_append_counts_once_however_often_it_is_retried(store: DatasetStore) -> None:
    store.put("fires", {"loss": summary(1.0, 2.0)}, overwrite=False)
    first = store.append("fires", {"loss": summary(3.0)}, "r1")
    store.append("fires", {"loss": summary(4.0)}, "r2")
    assert store.append("fires", {"loss": summary(3.0)}, "r1") == first
    assert store.get("fires").columns[0].n == 4


def test_a_retry_after_the_dataset_was_replaced_adds_nothing_to_the_new_one(store: DatasetStore) -> None:
    store.put("fires", {"loss": summary(1.0, 2.0)}, overwrite=False)
    store.append("fires", {"loss": summary(3.0)}, "r1")
    replaced = store.put("fires", {"loss": summary(5.0, 6.0)}, overwrite=True)
    store.append("fires", {"loss": summary(3.0)}, "r1")
    assert store.get("fires") == replaced


def test_appends_at_once_lose_none(store: DatasetStore) -> None:
    store.put("fires", {"loss": summary(0.0)}, overwrite=False)

    def append(i: int) -> int:
        return store.append("fires", {"loss": summary(float(i + 1))}, f"r{i}").version

    with ThreadPoolExecutor(8) as pool:
        versions = list(pool.map(append, range(24)))
    assert sorted(versions) == list(range(2, 26))
    last = store.get("fires").columns[0]
    assert store.summary(last.fingerprint) == summary(*map(float, range(25)))


@pytest.mark.parametrize("columns", [{}, {"loss": summary(1.0)}, {"loss": summary(1.0), "ages": summary(1.0)}])
def test_an_append_of_other_columns_is_refused_by_name(store: DatasetStore, columns: dict[str, ColumnSummary]) -> None:
    store.put("fires", {"loss": summary(1.0, 2.0), "age": summary(7.0, 8.0)}, overwrite=False)
    with pytest.raises(InvalidInput, match="loss, age"):
        store.append("fires", columns, "r1")


def test_rows_counted_on_another_grid_are_refused_and_on_the_datasets_taken(store: DatasetStore) -> None:
    x = np.random.default_rng(1).normal(size=10_000)
    mine = summarize_values(x)
    store.put("noise", {"x": mine}, overwrite=False)
    with pytest.raises(GridMismatch):
        store.append("noise", {"x": summarize_values(x * 3)}, "r1")
    assert store.append("noise", {"x": summary(100.0, 200.0)}, "r2").columns[0].n == 10_002


def test_a_dataset_that_is_not_there_takes_no_append(store: DatasetStore) -> None:
    with pytest.raises(DatasetNotFound):
        store.append("nothing", {"x": summary(1.0)}, "r1")


def test_old_versions_and_what_no_version_has_are_removed_but_nothing_that_may_yet_be_needed(
    store: DatasetStore, tmp_path: Path
) -> None:
    for i in range(KEPT + 3):
        store.put("fires", {"loss": summary(1.0, float(i + 2))}, overwrite=True)
    store.put("other", {"loss": summary(1.0, 2.0)}, overwrite=False)  # which the oldest version of fires has too
    assert store.collect() == 0  # all of them are young
    for path in (tmp_path / "default" / "summaries").iterdir():
        os.utime(path, (0, 0))
    (tmp_path / "default" / "datasets" / "fires" / ".writing-dead").touch()
    os.utime(tmp_path / "default" / "datasets" / "fires" / ".writing-dead", (0, 0))
    assert store.collect() == 2
    for name in ("fires", "other"):
        assert store.summary(store.get(name).columns[0].fingerprint) is not None
    assert len(list((tmp_path / "default" / "datasets" / "fires").iterdir())) == KEPT


def test_a_deleted_dataset_leaves_nothing_but_its_tombstone(store: DatasetStore, tmp_path: Path) -> None:
    store.put("fires", {"loss": summary(1.0, 2.0)}, overwrite=False)
    store.delete("fires")
    for path in (tmp_path / "default" / "summaries").iterdir():
        os.utime(path, (0, 0))
    assert store.collect() == 1
    assert store.names() == []
