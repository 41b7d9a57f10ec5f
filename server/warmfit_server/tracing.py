"""Spans of calls for OpenTelemetry, where its packages are installed and an exporter is configured.

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

    def __init__(self, tracer: Any = None) -> None:
        self._tracer = tracer

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
        return cls(provider.get_tracer("warmfit.server"))

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
