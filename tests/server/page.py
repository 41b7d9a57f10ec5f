"""The HTTP door of a gateway that is not a replica of Serve: the same answers over a socket, without Ray."""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from starlette.requests import Request
from starlette.types import Receive, Scope, Send
from tests.server.conftest import Gateway, free_port, running
from tests.server.test_access import tokens_file


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.body.splitlines()]

    @property
    def reason(self) -> str:
        return str(self.json["error"]["reason"])


@contextmanager
def over_http(gateway: Gateway) -> Iterator[None]:
    """Have a gateway answer HTTP on its `http_port` while the block runs."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        response = await gateway.server.door.answer(Request(scope, receive, send))
        await response(scope, receive, send)

    settings = gateway.settings
    config = uvicorn.Config(
        answer, settings.http_host, settings.http_port, lifespan="off", log_level="warning", ws="none"
    )
    server = uvicorn.Server(config)

    async def begin() -> asyncio.Task[None]:
        serving = asyncio.create_task(server._serve())  # without the signals of a main thread
        while not server.started:
            await asyncio.sleep(0.01)
        return serving

    async def end(serving: asyncio.Task[None]) -> None:
        server.should_exit = True
        await serving

    serving = gateway.call(begin())
    try:
        yield
    finally:
        gateway.call(end(serving))


def ask(port: int, path: str, body: bytes | dict[str, Any] | None = None, **headers: str) -> Answer:
    """Ask with POST where there is a body, with GET otherwise; names of headers have _ for -."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    if isinstance(body, dict):
        body = json.dumps(body).encode()
        given.setdefault("content-type", "application/json")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET" if body is None else "POST", path, body, given)
        response = connection.getresponse()
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
    finally:
        connection.close()


@contextmanager
def behind_tokens(folder: Path) -> Iterator[Gateway]:
    """A gateway that asks for tokens, by HTTP too, and keeps its data in a folder."""
    settings = {"tokens_file": tokens_file(folder), "http_port": free_port()}
    with running(folder / "data", **settings) as gateway, over_http(gateway):
        yield gateway
