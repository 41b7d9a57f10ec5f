"""Datasets that a service keeps, as flows: put, append, get, list, delete, and their summaries."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from warmfit import validation as check
from warmfit.remote.commands import (
    APPEND_DATASET,
    DELETE_DATASET,
    GET_DATASET,
    LIST_DATASETS,
    REGISTER_DATASET,
    Compute,
    Flow,
)
from warmfit.remote.endpoint import Endpoint
from warmfit.remote.memory import SUMMARIES
from warmfit.remote.refs import DatasetRef, Origin
from warmfit.remote.retry import Caller, Deadline, always
from warmfit.sources.protocol import RowChoice
from warmfit.summaries import summarized
from warmfit_fitting.errors import DatasetNotFound, GridMismatch
from warmfit_fitting.summary.column import ColumnSummary
from warmfit_proto import codec
from warmfit_proto.v1 import fitting_pb2 as pb

FETCH_TIMEOUT = 60.0  # seconds for the summaries of a reference that is used as a frame


def put(
    caller: Caller,
    endpoint: Endpoint,
    df: object,
    columns: str | Sequence[str] | None,
    name: str | None,
    overwrite: bool,
    rows: RowChoice,
    timeout: float,
) -> Flow[DatasetRef]:
    """The columns of a frame, summarized here and registered; raises `InvalidInput` where the name is taken."""
    if name is not None:
        check.text("name", name, "a dataset's name, or None")
    deadline = Deadline.after(timeout)
    if isinstance(df, DatasetRef):
        yield from fetch(caller, df)
        columns = df.columns if columns is None else columns
    summaries = yield Compute(lambda: summarized(df, columns, rows))
    request = pb.RegisterDatasetRequest(
        name=name or "",
        columns=[codec.column_to_wire(column, summary) for column, summary in summaries.items()],
        overwrite=check.boolean("overwrite", overwrite),
    ).SerializeToString()
    answer = yield from caller.call(REGISTER_DATASET, always(request), caller.retry(deadline))
    return _ref(caller, endpoint, answer, summaries)


def append(
    caller: Caller,
    endpoint: Endpoint,
    name: str,
    df: object,
    columns: str | Sequence[str] | None,
    rows: RowChoice,
    timeout: float,
    request_id: str | None = None,
) -> Flow[DatasetRef]:
    """The dataset with the rows of a frame added, which are counted here on the dataset's own grids.

    They count once, however often the call is made again, and over several calls of one `request_id`. Where another writer
    puts the dataset on other grids in the meantime, they are counted anew.
    """
    deadline, before = Deadline.after(timeout), None
    request_id = str(uuid.uuid4()) if request_id is None else check.text("request_id", request_id)
    ask = pb.GetDatasetRequest(name=check.text("name", name), with_summaries=True).SerializeToString()
    if isinstance(df, DatasetRef):
        yield from fetch(caller, df)
    while True:
        dataset = yield from caller.call(GET_DATASET, always(ask), caller.retry(deadline))
        plans = {c.name: codec.summary_from_wire(c.summary).plan() for c in dataset.columns if not c.exact}
        names = [column.name for column in dataset.columns] if columns is None else columns
        summaries = yield Compute(partial(summarized, df, names, replace(rows, plans=plans)))
        request = pb.AppendDatasetRequest(
            name=name,
            columns=[codec.column_to_wire(column, summary) for column, summary in summaries.items()],
            request_id=request_id,
        ).SerializeToString()
        try:
            answer = yield from caller.call(APPEND_DATASET, always(request), caller.retry(deadline))
        except GridMismatch:
            grids = {column: plan.grid for column, plan in plans.items()}
            if grids == before:
                raise
            before = grids
        else:
            return _ref(caller, endpoint, answer, {})


def get(caller: Caller, endpoint: Endpoint, name: str, timeout: float) -> Flow[DatasetRef]:
    """The dataset of that name; raises `DatasetNotFound`."""
    request = pb.GetDatasetRequest(name=check.text("name", name)).SerializeToString()
    answer = yield from caller.call(GET_DATASET, always(request), caller.retry(Deadline.after(timeout)))
    return _ref(caller, endpoint, answer, {})


def listed(caller: Caller, endpoint: Endpoint, timeout: float) -> Flow[list[DatasetRef]]:
    """Every named dataset, page after page."""
    deadline, found, token = Deadline.after(timeout), list[Any](), ""
    while True:
        request = pb.ListDatasetsRequest(page_token=token).SerializeToString()
        page = yield from caller.call(LIST_DATASETS, always(request), caller.retry(deadline))
        found += page.datasets
        token = page.next_page_token
        if not token:
            return [_ref(caller, endpoint, dataset, {}) for dataset in found]


def delete(caller: Caller, name: str, timeout: float) -> Flow[None]:
    """Forget a named dataset; raises `DatasetNotFound`, unless an attempt that went unanswered had deleted it."""
    request = pb.DeleteDatasetRequest(name=check.text("name", name)).SerializeToString()
    retry = caller.retry(Deadline.after(timeout))
    try:
        yield from caller.call(DELETE_DATASET, always(request), retry)
    except DatasetNotFound:
        if not retry.failures:
            raise


def fetch(caller: Caller, ref: DatasetRef, timeout: float = FETCH_TIMEOUT) -> Flow[None]:
    """Have `ref` hold the summaries of its columns; raises `DatasetNotFound` where they are no longer there."""
    origin = ref.origin
    for column, fingerprint in zip(ref.columns, origin.fingerprints, strict=True):
        held = SUMMARIES.get(fingerprint)
        if held is not None:
            origin.summaries.setdefault(column, held)
    lacking = [column for column in ref.columns if column not in origin.summaries]
    if not lacking:
        return
    if ref.name is None:
        raise DatasetNotFound(f"the summary of column {lacking[0]!r} is not held here, and has no name; put it again")
    request = pb.GetDatasetRequest(name=ref.name, with_summaries=True).SerializeToString()
    answer = yield from caller.call(GET_DATASET, always(request), caller.retry(Deadline.after(timeout)))
    given = {column.name: column for column in answer.columns}
    for column, fingerprint in zip(ref.columns, origin.fingerprints, strict=True):
        if column not in given or given[column].fingerprint != fingerprint:
            raise DatasetNotFound(f"dataset {ref.name!r} has been replaced since this reference was made; get it again")
        summary = codec.summary_from_wire(given[column].summary)
        SUMMARIES.keep(summary)
        origin.summaries[column] = summary


def _ref(caller: Caller, endpoint: Endpoint, answer: pb.Dataset, summaries: Mapping[str, ColumnSummary]) -> DatasetRef:
    columns = tuple(column.name for column in answer.columns)
    fingerprints = tuple(column.fingerprint for column in answer.columns)
    for fingerprint in fingerprints:
        SUMMARIES.know(caller.address, fingerprint)
    n = max((column.n + column.n_missing for column in answer.columns), default=0)
    ref = DatasetRef(answer.name or None, answer.fingerprint, columns, n)
    return ref.kept_at(Origin(endpoint, fingerprints, dict(summaries)))
