"""`Door`: HTTP into the service, for the page. Calls pass the guard, the limits and the handlers that calls by gRPC pass.

`POST /v1/METHOD` takes the request of a method as JSON and answers with its response as JSON, a stream with a line for each
message. `POST /v1/SummarizeFile?name=…` takes a CSV file; `POST /v1/Connection` says how programs reach the service.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from google.protobuf.message_factory import GetMessageClass
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from warmfit_fitting.errors import DeadlineExceeded, InvalidInput, PermissionDenied, WarmfitError
from warmfit_proto import codec
from warmfit_proto.v1 import fitting_pb2 as pb
from warmfit_server.access import calls_as
from warmfit_server.calls import Calls
from warmfit_server.guard import SERVICE, Guard
from warmfit_server.handlers import DESCRIPTOR, Handlers
from warmfit_server.page.csv_file import SummarizedFile, summarize_csv
from warmfit_server.page.documents import HTTP_STATUS, as_json, decoded, document, encoded, failure
from warmfit_server.page.http_context import HttpContext, Refused
from warmfit_server.page.shell import HEADERS, Shell
from warmfit_server.records import ColumnRecord
from warmfit_server.refusals import refuse
from warmfit_server.settings import LOOPBACK, Settings

CALLS = "/v1/"
# What the page asks, and the method whose scope a caller needs for it.
METHODS = {
    "GetServerInfo": "GetServerInfo",
    "ListDatasets": "ListDatasets",
    "GetDataset": "GetDataset",
    "ListDistributions": "ListDistributions",
    "FitStream": "FitStream",
    "Evaluate": "Evaluate",
    "SummarizeFile": "RegisterDataset",
    "Connection": "GetServerInfo",
}
JSON, LINES = "application/json", "application/x-ndjson"
FILES = ("text/csv", "text/tab-separated-values", "application/octet-stream")
ANSWER = {**HEADERS, "Cache-Control": "no-store"}


class Door:
    """One gateway's HTTP side, over the same guard, handlers and calls as its gRPC side; for one event loop."""

    def __init__(self, settings: Settings, guard: Guard, handlers: Handlers, calls: Calls) -> None:
        self._settings = settings
        self._guard = guard
        self._handlers = handlers
        self._calls = calls
        self._shell = Shell()

    async def answer(self, request: Request) -> Response:
        """The page's files to anyone, everything else to those who may ask for it."""
        path = request.url.path
        if not self._settings.page:
            return Response("there is no page here (page=false)\n", 404, HEADERS, "text/plain; charset=utf-8")
        if not path.startswith(CALLS):
            return self._shell.answer(request)
        if request.method != "POST":
            return Response("call this with POST\n", 405, {**ANSWER, "Allow": "POST"}, "text/plain; charset=utf-8")
        context = HttpContext(dict(request.headers))
        try:
            return await self._called(path.removeprefix(CALLS), request, context)
        except Refused as refused:
            context.close()
            return _failed(refused)
        except BaseException:
            context.close()
            raise

    async def _called(self, name: str, request: Request, context: HttpContext) -> Response:
        try:
            self._check_site(request)
            calls_as(self._guard.admitted(SERVICE, METHODS.get(name, name), request.headers.get("authorization")))
            if name not in METHODS:
                raise InvalidInput(f"{name[:64]!r} is not called by HTTP; there are {', '.join(METHODS)}")
        except WarmfitError as error:
            await refuse(error, context)
        if name == "Connection":
            return _answered(document(self._connection()), context)
        if name == "SummarizeFile":
            return await self._summarized(request, context)
        method = DESCRIPTOR.methods_by_name[name]
        data = await self._message(name, request, context)
        response_type = GetMessageClass(method.output_type)
        if method.server_streaming:
            return await Lines.of(self._handlers.stream(method), data, response_type, context)
        answer = await self._handlers.unary(method)(data, context)
        return _answered(await asyncio.to_thread(decoded, response_type, answer), context)

    def _check_site(self, request: Request) -> None:
        """Raise `PermissionDenied` for a request that another site's page makes with this browser.

        Where no token is needed, a name that does not mean this machine may have been made to lead here (DNS rebinding).
        """
        host = request.headers.get("host", "")
        origin = request.headers.get("origin")
        site = request.headers.get("sec-fetch-site", "same-origin")
        if site not in ("same-origin", "none") or (origin is not None and urlsplit(origin).netloc != host):
            raise PermissionDenied("this call comes from the page of another site; open the page of the service itself")
        local = self._settings.http_host.startswith(LOOPBACK) and not self._settings.needs_tokens
        if local and not _is_loopback(host):
            raise PermissionDenied(
                f"this service needs no token and answers on this machine only, not under the name {host[:100]!r}; open "
                "http://127.0.0.1 and its port, or have the service ask for tokens"
            )

    async def _message(self, name: str, request: Request, context: HttpContext) -> bytes:
        """The message of a call, as gRPC carries it; a body that is none is a call that failed."""
        request_type: Any = GetMessageClass(DESCRIPTOR.methods_by_name[name].input_type)
        try:
            body = await self._body(request, (JSON,))
            return await asyncio.to_thread(encoded, request_type, body)
        except WarmfitError as error:
            async with self._calls.call(name, context):
                raise error
            raise

    async def _body(self, request: Request, kinds: tuple[str, ...]) -> bytes:
        """The body of a request, held to the largest message and to the time of a call."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in kinds:  # also what a form of another site cannot send
            raise InvalidInput(f"a body of the type {kind[:64]!r}; expected {' or '.join(kinds)}")
        most, parts, size = self._settings.max_message_bytes, list[bytes](), 0
        too_large = InvalidInput(
            f"the file or request is larger than {most} bytes, which is all that this service takes"
        )
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > most:
            raise too_large
        try:
            async with asyncio.timeout(self._settings.default_timeout):
                async for part in request.stream():
                    size += len(part)
                    if size > most:
                        raise too_large
                    parts.append(part)
        except TimeoutError:
            raise DeadlineExceeded("the file or request took too long to arrive") from None
        except ClientDisconnect:
            raise asyncio.CancelledError from None
        return b"".join(parts)

    async def _summarized(self, request: Request, context: HttpContext) -> Response:
        """The columns of an uploaded file, as `GetDataset` tells those of a dataset; nothing of it is kept."""
        async with self._calls.call("SummarizeFile", context):
            body = await self._body(request, FILES)
            found = await asyncio.to_thread(summarize_csv, body, request.query_params.get("name", ""))
            return _answered(await asyncio.to_thread(_told, found), context)
        raise AssertionError("a call that failed was refused")

    def _connection(self) -> dict[str, Any]:
        s = self._settings
        return {
            "address": s.public_address,
            "port": s.port,
            "tls": s.tls_cert is not None,
            "tokens": s.needs_tokens,
            "max_file_bytes": s.max_message_bytes,
        }


class Lines(Response):
    """A stream of messages, a line of JSON each; the first is waited for, so that a refusal has a status of its own."""

    def __init__(self, first: bytes | None, work: asyncio.Task[None], response_type: Any, context: HttpContext) -> None:
        super().__init__(headers=ANSWER, media_type=LINES)
        del self.headers["content-length"]
        self._first = first
        self._work = work
        self._type = response_type
        self._context = context

    @classmethod
    async def of(cls, handler: Any, data: bytes, response_type: Any, context: HttpContext) -> Lines:
        """The stream of a handler that has sent its first message; raises `Refused` where it was refused before."""

        async def run() -> None:
            try:
                await handler(data, context)
            finally:
                context.end()

        work = asyncio.create_task(run())
        try:
            first = await context.read()
        except asyncio.CancelledError:
            work.cancel()
            raise
        if first is None:
            await work
        return cls(first, work, response_type, context)

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Send line after line; a reader who leaves ends the work."""
        leaving = asyncio.create_task(_left(receive))
        leaving.add_done_callback(lambda _: self._work.cancel())
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            async for line in self._lines():
                await send({"type": "http.response.body", "body": line + b"\n", "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self._work.cancel()
            leaving.cancel()
            self._context.close()

    async def _lines(self) -> AsyncIterator[bytes]:
        message = self._first
        while message is not None:
            yield decoded(self._type, message)
            message = await self._context.read()
        try:
            await self._work
        except Refused as refused:
            yield document(failure(refused))


async def _left(receive: Receive) -> None:
    """Wait until the reader has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _answered(body: bytes, context: HttpContext) -> Response:
    context.close()
    return Response(body, headers=ANSWER, media_type=JSON)


def _failed(refused: Refused) -> Response:
    headers = dict(ANSWER)
    if refused.status == "UNAUTHENTICATED":
        headers["WWW-Authenticate"] = "Bearer"
    if refused.retry_after is not None:
        headers["Retry-After"] = str(max(1, round(refused.retry_after)))
    return Response(document(failure(refused)), HTTP_STATUS.get(refused.status, 500), headers, JSON)


def _told(found: SummarizedFile) -> bytes:
    """The answer to a file: a dataset without a name, and what is no column of numbers."""
    message = pb.Dataset()
    for name, summary in found.columns.items():
        record = ColumnRecord.of(name, summary)
        column = message.columns.add(
            name=name, fingerprint=record.fingerprint, n=record.n, n_missing=record.n_missing, exact=record.exact
        )
        column.summary.CopyFrom(codec.summary_to_wire(summary))
    left_out = [{"name": name, "reason": reason} for name, reason in found.left_out.items()]
    return document({"rows": found.rows, "dataset": as_json(message), "left_out": left_out})


def _is_loopback(host: str) -> bool:
    with suppress(ValueError):
        name = urlsplit(f"//{host}").hostname or ""
        return name in ("localhost", "127.0.0.1", "::1")
    return False
