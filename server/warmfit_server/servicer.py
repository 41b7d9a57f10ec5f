"""The wire side of the service: one coroutine for each RPC, messages in and out; see `fitting.proto`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from datetime import datetime
from typing import TypeAlias

import grpc.aio
import numpy as np

from warmfit_fitting.errors import DataLost, DatasetNotFound, InvalidInput, field
from warmfit_fitting.families.catalogue import CATALOGUE, DEFAULT_EXCLUSIONS
from warmfit_fitting.families.discrete.family import DiscreteFamily
from warmfit_fitting.families.every import EXCLUSIONS
from warmfit_fitting.resampling.pvalues import GoodnessOfFit
from warmfit_fitting.row import FitRow
from warmfit_fitting.summary import ColumnSummary, Plan
from warmfit_fitting.warm import check_warm_start
from warmfit_proto import codec
from warmfit_proto import mixture as mixture_codec
from warmfit_proto.joint import copula_to_wire
from warmfit_proto.v1 import fitting_pb2 as pb
from warmfit_server import joint, mixtures
from warmfit_server.about import About
from warmfit_server.access import Scope, caller
from warmfit_server.call_context import current
from warmfit_server.identity import dataset_fingerprint
from warmfit_server.jobs import GoodnessAsked, IntervalsAsked
from warmfit_server.merging import side_by_side
from warmfit_server.records import ColumnRecord, DatasetRecord
from warmfit_server.refits import check_refits
from warmfit_server.service import FUNCTIONS, Service, Task
from warmfit_server.store import MAX_NAME, check_columns

CHUNK_BYTES = 1 << 20
PAGE = 100
TASKS_AT_ONCE = 32  # columns of one call that are fitted side by side
ALPHA, REFITS, REFITS_OF_TEST = 0.05, 1000, 199  # where a request is silent
MARGIN = 0.25  # seconds before the deadline of a call that are kept for sending the answer
FINGERPRINT = 64  # letters of one
DEFAULT_FAMILIES = tuple(name for name in CATALOGUE.names if name not in DEFAULT_EXCLUSIONS)
Context: TypeAlias = grpc.aio.ServicerContext
TimedRequest: TypeAlias = (
    pb.FitRequest | pb.ConfidenceIntervalsRequest | pb.GoodnessOfFitRequest | pb.FitCopulaRequest | pb.FitMixtureRequest
)


class Servicer:
    """The RPCs of `warmfit.v1.FittingService`; raises the errors of the tree, which the handlers put on the wire."""

    def __init__(self, service: Service, about: About) -> None:
        self._service = service
        self._about = about

    # ---- datasets

    async def RegisterDataset(self, request: pb.RegisterDatasetRequest, context: Context) -> pb.Dataset:
        if request.name:
            caller().require(Scope.WRITE)
            current().saw(request.name[:MAX_NAME])
        columns = await asyncio.to_thread(_columns, request.columns)
        record = await self._service.register(caller(), request.name, columns, request.overwrite)
        if record is None:
            kept = tuple(ColumnRecord.of(name, summary) for name, summary in columns.items())
            record = DatasetRecord("", dataset_fingerprint(kept), 0, "", kept)
        return await self._dataset(record)

    async def AppendDataset(self, request: pb.AppendDatasetRequest, context: Context) -> pb.Dataset:
        def count(record: DatasetRecord, plans: Mapping[str, Plan]) -> Mapping[str, ColumnSummary]:
            check_columns(record, (column.name for column in request.columns))
            return _columns(request.columns, plans)

        current().saw(request.name[:MAX_NAME])
        namespace = caller().namespace
        return await self._dataset(await self._service.append(namespace, request.name, count, request.request_id))

    async def GetDataset(self, request: pb.GetDatasetRequest, context: Context) -> pb.Dataset:
        current().saw(request.name[:MAX_NAME])
        return await self._dataset(
            await self._service.dataset(caller().namespace, request.name), request.with_summaries
        )

    async def ListDatasets(self, request: pb.ListDatasetsRequest, context: Context) -> pb.ListDatasetsResponse:
        namespace = caller().namespace
        names = await asyncio.to_thread(self._service.store(namespace).names)
        left = [name for name in names if name > request.page_token]
        page = left[: request.page_size or PAGE]
        records = [await self._listed(namespace, name) for name in page]
        datasets = [await self._dataset(record) for record in records if record is not None]
        return pb.ListDatasetsResponse(datasets=datasets, next_page_token=page[-1] if len(left) > len(page) else "")

    async def _listed(self, namespace: str, name: str) -> DatasetRecord | None:
        """The record of a name in a list: one without columns where it is damaged, None where it has gone meanwhile."""
        try:
            return await self._service.dataset(namespace, name)
        except DataLost:
            return DatasetRecord.unreadable(name, 0)
        except DatasetNotFound:
            return None

    async def DeleteDataset(self, request: pb.DeleteDatasetRequest, context: Context) -> pb.DeleteDatasetResponse:
        current().saw(request.name[:MAX_NAME])
        await asyncio.to_thread(self._service.store(caller().namespace).delete, request.name)
        return pb.DeleteDatasetResponse()

    async def _dataset(self, record: DatasetRecord, with_summaries: bool = False) -> pb.Dataset:
        message = pb.Dataset(name=record.name, fingerprint=record.fingerprint, version=record.version)
        if record.created:
            message.created.FromDatetime(datetime.fromisoformat(record.created))
        for column in record.columns:
            wire = message.columns.add(
                name=column.name,
                fingerprint=column.fingerprint,
                n=column.n,
                n_missing=column.n_missing,
                exact=column.exact,
            )
            if with_summaries:
                wire.summary.CopyFrom(
                    codec.summary_to_wire(await self._service.summary(caller().namespace, column.fingerprint))
                )
        return message

    # ---- fits

    async def Fit(self, request: pb.FitRequest, context: Context) -> pb.FitResponse:
        tasks = await self._tasks(request)
        deadline = time.monotonic() + self._timeout(request, context)
        places = asyncio.Semaphore(TASKS_AT_ONCE)

        async def fit(task: Task) -> tuple[FitRow, ...]:
            if task.spec.batched:  # they wait for each other, to be fitted in step
                return await self._service.fit(task, deadline)
            async with places:
                return await self._service.fit(task, deadline)

        fits = await _together(fit(task) for task in tasks)
        return pb.FitResponse(tables=[codec.table_to_wire(rows) for rows in fits])

    async def FitStream(self, request: pb.FitRequest, context: Context) -> AsyncIterator[pb.FitEvent]:
        tasks = await self._tasks(request)
        deadline = time.monotonic() + self._timeout(request, context)
        streams = (self._finished(number, task, deadline) for number, task in enumerate(tasks))
        total = 0
        async with aclosing(side_by_side(streams, min(TASKS_AT_ONCE, len(tasks)))) as finished:
            async for rows in finished:
                total += len(rows.table.distribution)
                yield pb.FitEvent(finished=rows)
        yield pb.FitEvent(complete=pb.FitComplete(n_rows=total))

    async def _finished(self, number: int, task: Task, deadline: float) -> AsyncGenerator[pb.FinishedRows, None]:
        """The rows of one task as they are finished."""
        async with aclosing(self._service.fit_stream(task, deadline)) as batches:
            async for rows in batches:
                yield pb.FinishedRows(task=number, table=codec.table_to_wire(rows))

    async def _tasks(self, request: pb.FitRequest | pb.FitCopulaRequest) -> list[Task]:
        limit = self._service.settings.max_tasks
        if not 0 < len(request.tasks) <= limit:
            raise InvalidInput(f"{len(request.tasks)} tasks; expected 1 to {limit} a call").at("tasks")
        return [await self._task(task, f"tasks[{number}]") for number, task in enumerate(request.tasks)]

    async def _task(self, message: pb.FitTask, place: str) -> Task:
        with field(place):
            task = await self._asked(message)
            with field("spec"):
                check_refits(task.summary, task.spec.n_bootstrap, self._service.settings.max_bootstrap_rows)
            return task

    async def _asked(self, message: pb.FitTask) -> Task:
        with field("spec"):
            spec = codec.spec_from_wire(message.spec, DEFAULT_FAMILIES)
            self._service.accepted.check(spec.families)
            check_warm_start(spec.warm_start, self._service.accepted.catalogue)
        return Task(await self._summary(message), spec, caller().namespace)

    async def _summary(self, message: pb.FitTask | pb.FitMixtureRequest) -> ColumnSummary:
        """The summary of the one column that a request is about."""
        source, namespace = message.WhichOneof("source"), caller().namespace
        if source == "fingerprint":
            current().saw(message.fingerprint[:FINGERPRINT])
            return await self._service.summary(namespace, message.fingerprint)
        if source == "named":
            current().saw(message.named.dataset[:MAX_NAME])
            try:
                record = await self._service.dataset(namespace, message.named.dataset)
            except InvalidInput as error:
                raise InvalidInput(str(error)).at("named.dataset") from None
            columns = {column.name: column.fingerprint for column in record.columns}
            if message.named.column not in columns:
                raise InvalidInput(
                    f"dataset {record.name!r} has no column {message.named.column!r}; it has {', '.join(columns)}"
                ).at("named.column")
            return await self._service.summary(namespace, columns[message.named.column])
        if source == "inline":
            with field("inline"):
                summary = await asyncio.to_thread(codec.column_from_wire, message.inline)
            current().saw(summary.fingerprint)
            return summary
        raise InvalidInput("the request names no column; give a fingerprint, a named column or the column itself").at(
            "inline"
        )

    # ---- uncertainty

    async def ConfidenceIntervals(
        self, request: pb.ConfidenceIntervalsRequest, context: Context
    ) -> pb.ConfidenceIntervalsResponse:
        deadline = time.monotonic() + self._timeout(request, context)
        task = await self._one_family(request)
        seed = request.seed if request.HasField("seed") else task.spec.seed
        asked = IntervalsAsked(
            request.method or "wald",
            request.alpha or ALPHA,
            tuple(request.quantiles),
            request.n_bootstrap or REFITS,
            seed,
        )
        with _about("task"):
            row, found = await self._service.of_row(task, asked, deadline)
        assert isinstance(found, dict)
        return codec.intervals_to_wire(_distribution(row, task), found)

    async def GoodnessOfFit(self, request: pb.GoodnessOfFitRequest, context: Context) -> pb.GoodnessOfFitResponse:
        deadline = time.monotonic() + self._timeout(request, context)
        task = await self._one_family(request)
        seed = request.seed if request.HasField("seed") else task.spec.seed
        asked = GoodnessAsked(request.statistic or "ad", request.n_bootstrap or REFITS_OF_TEST, seed)
        with _about("task"):
            row, found = await self._service.of_row(task, asked, deadline)
        assert isinstance(found, GoodnessOfFit)
        return codec.goodness_to_wire(_distribution(row, task), found)

    async def _one_family(self, request: pb.ConfidenceIntervalsRequest | pb.GoodnessOfFitRequest) -> Task:
        """The task of a request, which must name one family."""
        if len(request.task.spec.families) != 1:
            raise InvalidInput(f"task.spec.families names {len(request.task.spec.families)} families; name one").at(
                "task.spec.families"
            )
        return await self._task(request.task, "task")

    def _timeout(self, request: TimedRequest, context: Context) -> float:
        """Seconds for the call: what the caller gave, within the deadline of the call."""
        if request.timeout < 0 or request.timeout != request.timeout:
            raise InvalidInput(
                f"timeout={request.timeout}; expected seconds above 0, or 0 for the deadline of the call"
            ).at("timeout")
        left = context.time_remaining()
        limits = [request.timeout or self._service.settings.default_timeout]
        return min([*limits, left - min(MARGIN, left / 2)] if left is not None else limits)

    # ---- columns together

    async def FitCopula(self, request: pb.FitCopulaRequest, context: Context) -> pb.Copula:
        deadline = time.monotonic() + self._timeout(request, context)
        names, matrix, repaired = await asyncio.to_thread(joint.correlation, request)
        if not request.tasks:
            return copula_to_wire(names, [], matrix, repaired=repaired)
        if len(request.tasks) != len(names):
            raise InvalidInput(f"{len(request.tasks)} tasks for {len(names)} columns; send one each, or none").at(
                "tasks"
            )
        tasks = await self._tasks(request)
        fits = await _together(self._service.fit(task, deadline) for task in tasks)
        metric = request.metric or "bic"
        rows = [joint.best(name, fit, metric) for name, fit in zip(names, fits, strict=True)]
        marginals = [_distribution(row, task) for row, task in zip(rows, tasks, strict=True)]
        found = copula_to_wire(names, marginals, matrix, repaired=repaired)
        found.rows.CopyFrom(codec.table_to_wire(rows))
        return found

    async def FitMultivariateNormal(
        self, request: pb.FitMultivariateNormalRequest, context: Context
    ) -> pb.MultivariateNormal:
        return await asyncio.to_thread(joint.multivariate_normal, request)

    # ---- mixtures

    async def FitMixture(self, request: pb.FitMixtureRequest, context: Context) -> pb.FitMixtureResponse:
        deadline = time.monotonic() + self._timeout(request, context)
        spec = mixture_codec.spec_from_wire(request)
        summary = await self._summary(request)
        with _about(request.WhichOneof("source") or "inline"):
            found = await mixtures.fitted(self._service, summary, spec, deadline)
        return mixture_codec.fit_to_wire(found)

    # ---- distributions

    async def Sample(self, request: pb.SampleRequest, context: Context) -> AsyncIterator[bytes]:
        d = request.distribution
        size = (request.chunk_bytes or CHUNK_BYTES) // 8
        if not 0 < size * 8 <= self._service.settings.max_message_bytes // 2:
            raise InvalidInput(f"chunk_bytes={request.chunk_bytes}; expected 8 to half of the largest message").at(
                "chunk_bytes"
            )
        if request.HasField("copula") or request.HasField("normal") or request.HasField("mixture"):
            async with aclosing(joint.chunks(request, self._service, size, codec.chunk_to_wire)) as chunks:
                async for encoded in chunks:
                    yield encoded
            return
        with field("distribution"):
            window = codec.window_from_wire(d)
        asked = d.name, d.parameters, window, request.n, request.seed, request.offset, size
        async with aclosing(self._service.sample(*asked, codec.chunk_to_wire)) as chunks:
            async for encoded in chunks:
                yield encoded

    async def Evaluate(self, request: pb.EvaluateRequest, context: Context) -> pb.EvaluateResponse:
        if not 0 < request.function <= len(FUNCTIONS):
            raise InvalidInput(f"function {request.function} is unknown; expected one of {', '.join(FUNCTIONS)}").at(
                "function"
            )
        d, function = request.distribution, FUNCTIONS[request.function - 1]
        points = np.array(request.points, dtype=np.float64)
        with field("distribution"):
            window = codec.window_from_wire(d)
        values = await self._service.evaluate(d.name, d.parameters, window, function, points)
        return pb.EvaluateResponse(values=values)

    async def ListDistributions(
        self, request: pb.ListDistributionsRequest, context: Context
    ) -> pb.ListDistributionsResponse:
        catalogue, custom = self._service.accepted.catalogue, self._service.accepted.custom
        return pb.ListDistributionsResponse(
            distributions=[
                pb.DistributionInfo(
                    name=name,
                    parameters=family.parameters,
                    cost=family.cost.value,
                    default=name not in EXCLUSIONS and name not in custom,
                    refusal=family.refusal,
                    canonical=catalogue.canonical(name),
                    discrete=isinstance(family, DiscreteFamily),
                    custom=name in custom,
                )
                for name, family in catalogue.items()
            ]
        )

    async def GetServerInfo(self, request: pb.GetServerInfoRequest, context: Context) -> pb.ServerInfo:
        try:
            datasets = len(await asyncio.to_thread(self._service.store(caller().namespace).names))
        except OSError:
            datasets = None
        return self._about.told(caller(), datasets)


@contextmanager
def _about(place: str) -> Iterator[None]:
    """What is wrong with no field in particular is wrong with `place`: its column does not go with what is asked of it."""
    try:
        yield
    except InvalidInput as error:
        raise (error if error.field else error.at(place)) from None


def _distribution(row: FitRow, task: Task) -> pb.Distribution:
    bounds = task.spec.lower_bound, task.spec.upper_bound
    return codec.distribution_to_wire(row.distribution, row.parameters, bounds)


def _columns(messages: Sequence[pb.Column], plans: Mapping[str, Plan] | None = None) -> dict[str, ColumnSummary]:
    """The columns of a request by name, their values summarized, on their `plans` where there are any."""
    columns: dict[str, ColumnSummary] = {}
    for number, message in enumerate(messages):
        with field(f"columns[{number}]"):
            if not message.name or message.name in columns:
                raise InvalidInput(f"column {message.name!r}: columns need names, each once").at("name")
            columns[message.name] = codec.column_from_wire(message, (plans or {}).get(message.name))
    return columns


async def _together(fits: Iterable[Awaitable[tuple[FitRow, ...]]]) -> list[tuple[FitRow, ...]]:
    """The results of awaitables run together; the others are cancelled where one fails."""
    tasks = [asyncio.ensure_future(fit) for fit in fits]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
