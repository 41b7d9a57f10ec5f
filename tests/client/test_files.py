"""Files and streams are read in blocks, and have the summaries of the tables that they hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import parquet

from warmfit import DistributionFitter, InvalidInput, UnsupportedType, summarize
from warmfit.sources import RowChoice, open_source, ordered, streams
from warmfit.sources.batches import BatchSource


@pytest.fixture(autouse=True)
def _short_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of a thousand rows, so that small tables have several, of which more than one is not whole."""
    monkeypatch.setattr(ordered, "block_size", lambda _: 1_000)


@pytest.fixture
def table(rng: np.random.Generator) -> pd.DataFrame:
    x = rng.gamma(2.0, size=5_500)
    x[::700] = np.nan
    return pd.DataFrame(
        {
            "x": x,
            "whole": rng.integers(0, 9, 5_500),
            "w": rng.integers(0, 3, 5_500),
            "c": rng.choice(["right", "none"], 5_500),
            "key": rng.choice(["b", "a", "é"], 5_500),
        }
    )


def outcomes(data: object, names: list[str], rows: RowChoice | None = None) -> dict[str, Any]:
    return dict(open_source(data, names, rows).columns(names))


def assert_alike(a: Any, b: Any) -> None:
    """The same grid and counts, and sums that differ by rounding."""
    assert (a.n, a.n_missing, a.grid, a.minimum, a.maximum) == (b.n, b.n_missing, b.grid, b.minimum, b.maximum)
    np.testing.assert_array_equal(a.observed.edges, b.observed.edges)
    np.testing.assert_allclose(a.observed.count, b.observed.count, rtol=1e-12)
    np.testing.assert_allclose(a.observed.mean, b.observed.mean, rtol=1e-12)


@pytest.mark.parametrize("row_group", [300, 2_000, 6_000])
def test_a_parquet_file_has_the_summaries_of_its_table(row_group: int, table: pd.DataFrame, tmp_path: Path) -> None:
    parquet.write_table(pa.Table.from_pandas(table), tmp_path / "t.parquet", row_group_size=row_group)
    found, known = summarize(tmp_path / "t.parquet", ["x", "whole"]), summarize(table, ["x", "whole"])
    assert_alike(found["x"], known["x"])
    assert found["whole"] == known["whole"]


def test_weights_and_codes_of_a_file_are_given_by_name(table: pd.DataFrame, tmp_path: Path) -> None:
    table.to_parquet(tmp_path / "t.parquet")
    said: dict[str, Any] = {"weights": "w", "censoring": "c"}
    assert_alike(summarize(tmp_path / "t.parquet", "x", **said)["x"], summarize(table, "x", **said)["x"])
    with pytest.raises(InvalidInput, match="one entry a row, of rows that come in batches"):
        summarize(tmp_path / "t.parquet", "x", weights=np.ones(len(table)))


def test_codes_are_understood_from_all_blocks_together(tmp_path: Path) -> None:
    codes = np.zeros(3_000)
    codes[2_990] = -1  # the first two blocks alone could mean anything
    frame = pd.DataFrame({"x": np.arange(1.0, 3_001.0), "c": codes})
    frame.to_csv(tmp_path / "t.csv", index=False)
    assert summarize(tmp_path / "t.csv", "x", censoring="c")["x"].incomplete is not None
    frame["c"] = np.abs(codes)
    frame.to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(InvalidInput, match="say which: kind='event'"):
        summarize(tmp_path / "t.csv", "x", censoring="c")


def test_a_share_of_a_file_is_the_same_rows_as_of_its_table(table: pd.DataFrame, tmp_path: Path) -> None:
    table.to_parquet(tmp_path / "t.parquet")
    table.to_csv(tmp_path / "t.csv", index=False)
    share = RowChoice(fraction=0.3, seed=7)
    known = outcomes(table, ["x"], share)["x"]
    assert outcomes(tmp_path / "t.parquet", ["x"], share)["x"] == known
    assert outcomes(tmp_path / "t.csv", ["x"], share)["x"] == known


def test_a_pattern_and_a_folder_are_read_in_the_order_of_names(table: pd.DataFrame, tmp_path: Path) -> None:
    for year, part in ((2023, table[:2_000]), (2024, table[2_000:])):
        (tmp_path / f"year={year}").mkdir()
        part.to_parquet(tmp_path / f"year={year}" / "part.parquet")
    (tmp_path / "_SUCCESS").touch()
    known = summarize(table, "x")["x"]
    assert_alike(summarize(str(tmp_path), "x")["x"], known)
    assert_alike(summarize(str(tmp_path / "*" / "part.*"), "x")["x"], known)
    keys = [key for key, _ in open_source(tmp_path).groups(["x"], ["year"])]
    assert keys == [(2023,), (2024,)]


def test_files_of_one_pattern_may_hold_a_column_in_different_types(tmp_path: Path) -> None:
    pd.DataFrame({"x": [1, 2, 3]}).to_parquet(tmp_path / "a.parquet")
    pd.DataFrame({"x": [0.5, None]}).to_parquet(tmp_path / "b.parquet")
    assert summarize(str(tmp_path / "*.parquet"), "x")["x"] == summarize([1, 2, 3, 0.5, None], "x")["x"]
    pd.DataFrame({"y": [0.5]}).to_parquet(tmp_path / "c.parquet")
    with pytest.raises(InvalidInput, match=r"c\.parquet: no column 'x'"):
        summarize(str(tmp_path / "*.parquet"), "x")


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("gone.csv", "no such file"),
        ("*.parquet", "no file has such a name"),
        ("", "no Parquet files"),
        ("e.csv", "empty"),
    ],
)
def test_paths_that_lead_to_nothing_are_refused(path: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "e.csv").touch()
    with pytest.raises(InvalidInput, match=says):
        summarize(tmp_path / path, "x")


def test_a_file_that_is_no_parquet_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_text("x\n1\n2\n")
    with pytest.raises(InvalidInput, match=r"t\.parquet: cannot be read as Parquet"):
        summarize(tmp_path / "t.parquet", "x")


def test_a_bad_batch_is_said_to_be_one(table: pd.DataFrame, tmp_path: Path) -> None:
    table.loc[[1_100, 4_100], "x"] = np.inf
    table.to_parquet(tmp_path / "t.parquet")
    with pytest.raises(InvalidInput, match="column 'x': in a batch of 1000 rows: the column has 1 infinite value"):
        summarize(tmp_path / "t.parquet", "x")


def test_truth_values_and_numbers_in_pieces_of_one_csv_column_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("warmfit.sources.csv_files.PIECE", 2)
    (tmp_path / "t.csv").write_text("x,y\nTrue,1\nFalse,2\n3,3\n4,4\n")
    with pytest.raises(InvalidInput, match="both numbers and truth values"):
        summarize(tmp_path / "t.csv", "x")


def test_groups_of_a_file_are_those_of_its_table(table: pd.DataFrame, tmp_path: Path) -> None:
    table.to_csv(tmp_path / "t.csv", index=False)
    table.to_parquet(tmp_path / "t.parquet")
    known = list(open_source(table).groups(["x"], ["key", "whole"]))
    assert list(open_source(tmp_path / "t.csv").groups(["x"], ["key", "whole"])) == known
    assert list(open_source(tmp_path / "t.parquet").groups(["x"], ["key", "whole"])) == known


def test_more_rows_to_group_than_can_be_held_are_refused(
    table: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.to_parquet(tmp_path / "t.parquet")
    monkeypatch.setattr(ordered, "MOST", 4_000)
    with pytest.raises(InvalidInput, match="more than 2000 rows are too many to be grouped here"):
        open_source(tmp_path / "t.parquet").groups(["x"], ["key"])


class Stream:
    """A table of another library, of which only the stream is known."""

    def __init__(self, table: Any) -> None:
        self.table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)


def test_streams_have_the_summaries_of_their_tables(table: pd.DataFrame) -> None:
    arrow, known = pa.Table.from_pandas(table), summarize(table, ["x", "whole"])
    for data in (Stream(arrow), arrow.to_reader(max_chunksize=77), pl.from_pandas(table).lazy()):
        found = summarize(data, ["x", "whole"])
        assert_alike(found["x"], known["x"])
        assert found["whole"] == known["whole"]


def test_a_stream_can_be_read_twice_only_by_the_columns_that_were_kept(table: pd.DataFrame) -> None:
    stream = streams.opened_stream(pa.Table.from_pandas(table).to_reader())
    once, again = (sum(part.n_rows for part in stream.tables(["x"], 1_000)) for _ in range(2))
    assert once == again == len(table)
    with pytest.raises(InvalidInput, match="can be read once"):
        stream.tables(["w"], 1_000)


def test_a_stream_of_single_values_and_a_share_of_a_stream_are_refused(table: pd.DataFrame) -> None:
    with pytest.raises(UnsupportedType, match="no stream of record batches"):
        summarize(Stream(pa.chunked_array([[1.0, 2.0]])), "x")
    with pytest.raises(InvalidInput, match="not known before its end"):
        DistributionFitter().fit(Stream(pa.Table.from_pandas(table)), column="x", sample_fraction=0.5)


def test_arrays_of_other_libraries_are_read_where_they_lie(rng: np.random.Generator) -> None:
    values = rng.gamma(2.0, size=300)

    class Tensor:
        def __dlpack__(self, **settings: Any) -> object:
            return values.__dlpack__(**settings)

        def __dlpack_device__(self) -> object:
            return values.__dlpack_device__()

    assert summarize(Tensor(), "value")["value"] == summarize(values, "value")["value"]


def test_other_rows_in_the_second_pass_are_noticed(rng: np.random.Generator) -> None:
    class Changing(streams.LazyBlocks):
        def tables(self, names: Any, size: int) -> Any:
            frame = pl.DataFrame({"x": np.sort(rng.random(6_000)).clip(0.01, 0.99)})
            return streams.LazyBlocks(frame.lazy()).tables(names, size)

    source = BatchSource(ordered.Ordered(Changing(pl.DataFrame({"x": [1.0]}).lazy())), RowChoice())
    ((_, outcome),) = source.columns(["x"])
    assert isinstance(outcome, InvalidInput)
    assert "gave others than the first" in str(outcome)
