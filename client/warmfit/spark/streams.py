"""`append_to`: a writer for `foreachBatch` that adds each micro-batch of a stream to a dataset that a service keeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from warmfit import validation as check
from warmfit.remote.client import Client
from warmfit_fitting.errors import DatasetNotFound, InvalidInput


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
    that no other stream into the dataset has, by default the dataset's own; it must stay with the stream's
    checkpoint. `columns`: those of the dataset, by default. `weights`: a column's name, as for `Client.put`. The first batch
    of a dataset that is not there yet makes it, and needs `columns`. Batches without rows are passed over.
    Appending raises what `Client.append` does, which ends the stream's query.
    """
    check.text("name", name)
    label = check.text("stream", name if stream is None else stream)

    def append(batch: Any, batch_id: int) -> None:
        if not batch.limit(1).count():
            return
        rows = batch.persist()  # it is read three times
        try:
            _append(client, name, rows, columns, f"{label}/{batch_id}", weights)
        finally:
            rows.unpersist()

    return append


def _append(client: Client, name: str, rows: Any, columns: Any, request: str, weights: Any) -> None:
    try:
        client.append(name, rows, columns, weights=weights, request_id=request)
    except DatasetNotFound:
        if columns is None:
            raise InvalidInput(
                f"there is no dataset {name!r} yet, and no columns= say which ones it is to have; name them, or put it first"
            ) from None
        client.put(rows, columns, name, weights=weights)
