"""gRPC as both drivers need it: channel options, credentials, metadata, and failures read off its errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import grpc

from warmfit.remote.commands import Failure
from warmfit.remote.endpoint import Endpoint, Tls

LARGEST = 64 << 20  # bytes of a message, either way
OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.enable_retries", 0),  # `retry.py` decides, within the caller's deadline
    ("grpc.max_send_message_length", LARGEST),
    ("grpc.max_receive_message_length", LARGEST),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.min_reconnect_backoff_ms", 5_000),  # which is how long one attempt to connect may take
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
)
_DETAILS = "grpc-status-details-bin"


def open_channel(factory: Any, endpoint: Endpoint) -> Any:
    """A channel of `factory`, which is `grpc` or `grpc.aio`."""
    if endpoint.tls is None:
        return factory.insecure_channel(endpoint.address, options=OPTIONS)
    return factory.secure_channel(endpoint.address, _credentials(endpoint.tls), options=OPTIONS)


def multicallable(channel: Any, method: Any) -> Any:
    """What makes the calls of one method; requests are bytes already."""
    make = channel.unary_stream if method.streams else channel.unary_unary
    return make(method.path, response_deserializer=method.decode)


def metadata(endpoint: Endpoint, request_id: str) -> tuple[tuple[str, str], ...]:
    """What every call carries."""
    if endpoint.token is None:
        return (("x-request-id", request_id),)
    return (("x-request-id", request_id), ("authorization", f"Bearer {endpoint.token}"))


def failure_of(error: Any) -> Failure:
    """The failure that an error of gRPC tells of."""
    trailer = None
    for key, value in error.trailing_metadata() or ():
        if key == _DETAILS:
            trailer = value
    return Failure(error.code().name, error.details() or "", trailer)


def _credentials(tls: Tls) -> Any:
    return grpc.ssl_channel_credentials(_read(tls.ca), _read(tls.key), _read(tls.cert))


def _read(path: str | Path | None) -> bytes | None:
    return None if path is None else Path(path).read_bytes()
