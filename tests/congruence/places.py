"""Where data lie, and where they are fitted: one line for each place. A call gives the same rows in all of them.

`get` gives a fixture of the session by its name, so that a cluster is started where a test needs it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from pyarrow import parquet

from warmfit import LocalBackend, RemoteBackend

Get = Callable[[str], Any]
BLOCKS = 3  # into which a frame is cut where a place holds several
LACKS_OF_SPARK = frozenset({"censoring", "truncation"})


@dataclass(frozen=True)
class Place:
    """How a frame gets there; `exact`: its sums are those of the frame in memory, to the last bit.

    Elsewhere they are rounded differently, because rows are added in another order, and estimates move by `rounding` of
    a standard error at most. `lacks`: keywords that it refuses.
    """

    put: Callable[[pd.DataFrame, Path, Get], object]
    exact: bool = True
    rounding: float = 1e-6
    lacks: frozenset[str] = frozenset()


def _to_parquet(frame: pd.DataFrame, folder: Path, _: Get) -> object:
    parquet.write_table(pa.Table.from_pandas(frame), folder / "rows.parquet", row_group_size=1_700)
    return folder / "rows.parquet"


def _to_folder(frame: pd.DataFrame, folder: Path, _: Get) -> object:
    for i, part in enumerate(_cut(frame)):
        parquet.write_table(pa.Table.from_pandas(part), folder / f"part-{i}.parquet")
    return str(folder / "part-*.parquet")


def _to_csv(frame: pd.DataFrame, folder: Path, _: Get) -> object:
    frame.to_csv(folder / "rows.csv", index=False)
    return str(folder / "rows.csv")


def _to_ray(frame: pd.DataFrame, _: Path, get: Get) -> object:
    get("ray_cluster")
    import ray.data

    return ray.data.from_pandas(_cut(frame))


def _to_spark(kind: str) -> Callable[[pd.DataFrame, Path, Get], object]:
    def put(frame: pd.DataFrame, folder: Path, get: Get) -> object:
        parquet.write_table(pa.Table.from_pandas(frame, preserve_index=False), folder / "rows.parquet")
        return getattr(get("sparks"), kind).read.parquet(str(folder / "rows.parquet"))

    return put


def _spark_backend(get: Get) -> object:
    from warmfit.backends.spark import SparkBackend

    return SparkBackend(get("spark"))


def _cut(frame: pd.DataFrame) -> list[pd.DataFrame]:
    return [frame.iloc[rows] for rows in np.array_split(np.arange(len(frame)), BLOCKS)]


SOURCES = {
    "pandas": Place(lambda frame, *_: frame),
    "NumPy": Place(lambda frame, *_: frame.to_records(index=False).view(np.ndarray)),
    "polars": Place(lambda frame, *_: pl.from_pandas(frame)),
    "polars, lazy": Place(lambda frame, *_: pl.from_pandas(frame).lazy()),
    "Arrow": Place(lambda frame, *_: pa.Table.from_pandas(frame)),
    "a Parquet file": Place(_to_parquet),
    "several Parquet files": Place(_to_folder),
    "a CSV file": Place(_to_csv),
    "a Ray Dataset": Place(_to_ray, exact=False),
    "a Spark frame": Place(_to_spark("classic"), exact=False, rounding=1e-4, lacks=LACKS_OF_SPARK),
    "a frame of Spark Connect": Place(_to_spark("connect"), exact=False, rounding=1e-4, lacks=LACKS_OF_SPARK),
}

BACKENDS: dict[str, Callable[[Get], Any]] = {
    "local": lambda _: LocalBackend(),
    "ray": lambda get: get("ray_backend"),
    "spark": _spark_backend,
    "remote": lambda get: RemoteBackend(get("service").address),
}
