"""Whenever the power is cut, what was acknowledged is there, what was not is there whole or not at all, nothing is torn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.server.power import Disk

from warmfit_fitting.errors import DataLost, DatasetNotFound
from warmfit_fitting.summary import ColumnSummary, summarize_values
from warmfit_server.store import DatasetStore

STEPS = 60  # more than any change of a dataset takes
LEFT = [(False, 0.0), (False, 0.5), (True, 0.0), (True, 1.0)]


def summary(*values: float) -> ColumnSummary:
    return summarize_values(np.array(values))


def rows(store: DatasetStore) -> ColumnSummary | None:
    """What is kept, None where nothing is; raises for what is damaged."""
    try:
        return store.summary(store.get("fires").columns[0].fingerprint)
    except DatasetNotFound:
        return None


@pytest.mark.parametrize(("names", "kept"), LEFT)
def test_a_power_cut_during_an_append_loses_no_acknowledged_one_and_tears_none(
    tmp_path: Path, names: bool, kept: float
) -> None:
    before, after = summary(1.0, 2.0, 5.0), summary(1.0, 2.0, 3.0, 5.0)
    for cut in range(STEPS):
        root = tmp_path / str(cut)
        DatasetStore(root, "default").put("fires", {"loss": summary(1.0, 2.0)}, overwrite=False)
        DatasetStore(root, "default").append("fires", {"loss": summary(5.0)}, "acknowledged")
        disk = Disk(root, cut)
        with disk.powered():
            DatasetStore(root, "default").append("fires", {"loss": summary(3.0)}, "r")
        if disk.is_cut:
            disk.lose(names, kept)
        there = DatasetStore(root, "default")
        assert rows(there) in ((before, after) if disk.is_cut else (after,))
        there.append("fires", {"loss": summary(3.0)}, "r")  # which the caller whom nobody answered makes again
        assert rows(there) == after
        if not disk.is_cut:
            return
    raise AssertionError("an append takes more steps than were tried")


@pytest.mark.parametrize(("names", "kept"), LEFT)
def test_a_power_cut_during_a_registration_leaves_all_of_it_or_nothing(
    tmp_path: Path, names: bool, kept: float
) -> None:
    whole = summary(1.0, 2.0)
    for cut in range(STEPS):
        disk = Disk(tmp_path / str(cut), cut)
        with disk.powered():
            DatasetStore(tmp_path / str(cut), "default").put("fires", {"loss": whole}, overwrite=False)
        if disk.is_cut:
            disk.lose(names, kept)
        there = DatasetStore(tmp_path / str(cut), "default")
        assert rows(there) in ((None, whole) if disk.is_cut else (whole,))
        there.put("fires", {"loss": whole}, overwrite=False)
        assert rows(there) == whole
        if not disk.is_cut:
            return
    raise AssertionError("a registration takes more steps than were tried")


def damaged(content: bytes, rng: np.random.Generator) -> bytes:
    """A file cut short, or with one bit turned over."""
    at = int(rng.integers(len(content)))
    if rng.random() < 0.3:
        return content[:at]
    return content[:at] + bytes([content[at] ^ 1 << int(rng.integers(8))]) + content[at + 1 :]


def test_what_is_damaged_on_disk_is_never_served(tmp_path: Path) -> None:
    rng, store = np.random.default_rng(3), DatasetStore(tmp_path, "default")
    store.put("fires", {"loss": summarize_values(rng.gamma(2.0, 1.0, 6_000))}, overwrite=False)
    store.append("fires", {"loss": summary(3.0)}, "r")
    record = store.get("fires")
    files = [tmp_path / "default" / "datasets" / "fires" / "2.json"]
    files.append(tmp_path / "default" / "summaries" / record.columns[0].fingerprint)
    for path in files:
        content = path.read_bytes()
        for _ in range(300):
            path.write_bytes(damaged(content, rng))
            with pytest.raises(DataLost):
                rows(store)
            with pytest.raises(DataLost):
                store.append("fires", {"loss": summary(4.0)}, "another")
        path.write_bytes(content)
    assert store.get("fires") == record


def test_a_damaged_dataset_stays_in_the_list_and_can_be_replaced_or_deleted(tmp_path: Path) -> None:
    store = DatasetStore(tmp_path, "default")
    for name in ("fires", "floods", "whole"):
        store.put(name, {"loss": summary(1.0, 2.0)}, overwrite=False)
    for name in ("fires", "floods"):
        (tmp_path / "default" / "datasets" / name / "1.json").write_bytes(b"{")
    assert store.names() == ["fires", "floods", "whole"]
    with pytest.raises(DataLost):
        store.put("fires", {"loss": summary(1.0, 2.0)}, overwrite=False)
    assert store.put("fires", {"loss": summary(7.0)}, overwrite=True).version == 2
    store.delete("floods")
    assert store.names() == ["fires", "whole"]
    assert rows(store) == summary(7.0)
