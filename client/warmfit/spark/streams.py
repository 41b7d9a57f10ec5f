"""`append_to`: a writer for `foreachBatch` that adds each micro-batch of a stream to a dataset that a service keeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from warmfit import validation as check
from warmfit.remote.client import Client


def append_to(
    client: Client,
    name: str,
    columns: str | Sequence[str] | None = None,
    *,
    stream: str | None = None,
    weights: Any = None,
) -> Callable[[Any, int], None]:
    """A function (batch, batch id) for `DataStreamWriter.foreachBatch` that appends the batch to the dataset `name`.

    Each batch is summarized by Spark on the dataset's own grid, and only the summary is sent. Spark repeats a batch after a
    failure; the service counts it once, because its request is named by `stream` and the batch's id. `stream`: a name
    that no other stream into the dataset has, by default the dataset's own; it must stay with the stream's checkpoint.
    `columns`: those of the dataset, by default. `weights`: a column's name, as for `Client.put`. Batches without rows are
    passed over. The dataset must be there: `Client.put` makes it of rows that came earlier. What `Client.append` raises
    ends the stream's query.
    """
    check.text("name", name)
    label = check.text("stream", name if stream is None else stream)

    def append(batch: Any, batch_id: int) -> None:
        rows = batch.persist()  # it is read several times
        try:
            if rows.limit(1).count():
                client.append(name, rows, columns, weights=weights, request_id=f"{label}/{batch_id}")
        finally:
            rows.unpersist()

    return append
