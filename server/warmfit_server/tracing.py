"""Spans of calls and of the workers' shares of them, for OpenTelemetry.

They are made where its packages are installed and an exporter is configured.

The variables are OpenTelemetry's own (`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_SERVICE_NAME`, …); without the first, no span
is made and nothing is imported.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from warmfit_fitting.errors import InvalidInput

VARIABLE = "OTEL_EXPORTER_OTLP_ENDPOINT"


class Tracing:
    """Makes spans; None as `tracer` makes none."""

    def __init__(self, tracer: Any = None, provider: Any = None) -> None:
        self._tracer = tracer
        self._provider = provider

    @property
    def is_on(self) -> bool:
        """Whether spans are made."""
        return self._tracer is not None

    @classmethod
    def configured(cls) -> Tracing:
        """Tracing as the environment says; raises `InvalidInput` where what it needs is not installed."""
        if not os.environ.get(VARIABLE):
            return cls()
        try:
            from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
        except ImportError as error:
            raise InvalidInput(
                f"{VARIABLE} is set and {error.name} is not installed; install warmfit[tracing]"
            ) from None
        name = os.environ.get("OTEL_SERVICE_NAME", "warmfit")
        provider = TracerProvider(resource=Resource.create({"service.name": name}))
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        return cls(provider.get_tracer("warmfit.server"), provider)

    @contextmanager
    def span(self, method: str, headers: Mapping[str, Any]) -> Iterator[Any]:
        """The span of a call, within the trace that its caller is part of; None where no spans are made."""
        if self._tracer is None:
            yield None
            return
        from opentelemetry.propagate import extract
        from opentelemetry.trace import SpanKind

        carrier = {key: value for key, value in headers.items() if isinstance(value, str)}
        attributes = {"rpc.system": "grpc", "rpc.service": "warmfit.v1.FittingService", "rpc.method": method}
        with self._tracer.start_as_current_span(
            f"warmfit.v1.FittingService/{method}", extract(carrier), SpanKind.SERVER, attributes
        ) as span:
            yield span

    def carrier(self) -> dict[str, str]:
        """The headers by which spans of other processes become children of the current one."""
        carrier: dict[str, str] = {}
        if self._tracer is not None:
            from opentelemetry.propagate import inject

            inject(carrier)
        return carrier

    @contextmanager
    def child(self, name: str, carrier: Mapping[str, str], **attributes: str | int) -> Iterator[None]:
        """A span beside no other of this process, whose parent is the span that `carrier` tells of."""
        if self._tracer is None:
            yield
            return
        from opentelemetry.propagate import extract

        span = self._tracer.start_span(name, extract(carrier), attributes=attributes)
        try:
            yield
        finally:
            span.end()

    def close(self) -> None:
        """Send what has not been sent; blocks until it is, or cannot be."""
        if self._provider is not None:
            self._provider.shutdown()
