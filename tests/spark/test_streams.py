"""Each micro-batch of a stream is appended once, under a name of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import warmfit.spark
from warmfit import summarize

pytestmark = pytest.mark.spark


class Appended:
    """What a client was asked to append, as the service would count it: once for each request."""

    def __init__(self) -> None:
        self.requests: dict[str, list[float]] = {}

    def append(self, name: str, df: Any, columns: Any, *, weights: Any, request_id: str) -> None:
        assert (name, columns, weights) == ("prices", None, None)
        self.requests[request_id] = summarize(df, None)["price"].observed.atoms.tolist()


def test_a_stream_is_appended_batch_by_batch(spark: Any, tmp_path: Path) -> None:
    for day, prices in enumerate([(1.0, 2.0), (3.0,)]):
        spark.createDataFrame([(p,) for p in prices], "price double").coalesce(1).write.json(
            str(tmp_path / "in" / str(day))
        )
    client = Appended()
    stream = spark.readStream.schema("price double").option("maxFilesPerTrigger", 1).json(str(tmp_path / "in" / "*"))
    writer = stream.writeStream.foreachBatch(warmfit.spark.append_to(client, "prices", stream="till 4"))  # type: ignore[arg-type]
    query = writer.option("checkpointLocation", str(tmp_path / "checkpoint")).trigger(availableNow=True).start()
    assert query.awaitTermination(120)
    assert sorted(client.requests) == ["till 4/0", "till 4/1"]
    assert sorted(p for prices in client.requests.values() for p in prices) == [1.0, 2.0, 3.0]


def test_a_batch_without_rows_is_passed_over(spark: Any) -> None:
    client = Appended()
    append = warmfit.spark.append_to(client, "prices")  # type: ignore[arg-type]
    append(spark.createDataFrame([], "price double"), 7)
    assert not client.requests
    append(spark.createDataFrame([(5.0,)], "price double"), 8)
    append(spark.createDataFrame([(5.0,)], "price double"), 8)
    assert client.requests == {"prices/8": [5.0]}
