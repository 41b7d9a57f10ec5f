"""One call from its admission to its end: a place among those under way, and what metrics, logs and traces say of it."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import grpc
import grpc.aio

from warmfit_fitting.errors import Overloaded, ServiceUnavailable, WarmfitError
from warmfit_server.access import Caller, caller
from warmfit_server.call_context import CallContext, begin
from warmfit_server.metrics import Metrics
from warmfit_server.refusals import refuse
from warmfit_server.tracing import Tracing

log = logging.getLogger("warmfit.calls")
Context: TypeAlias = grpc.aio.ServicerContext


@dataclass
class Calls:
    """The calls of a gateway. `limit`: how many may be under way; `slow`: seconds after which a call is logged.

    `open`: calls whose answer is not sent in full. While `draining`, none is admitted.
    """

    limit: int
    slow: float
    metrics: Metrics = field(default_factory=Metrics)
    tracing: Tracing = field(default_factory=Tracing)
    of_caller: Counter[str] = field(default_factory=Counter)
    open: int = 0
    draining: bool = False

    @property
    def under_way(self) -> int:
        """The calls under way."""
        return self.of_caller.total()

    @asynccontextmanager
    async def call(self, method: str, context: Context) -> AsyncIterator[None]:
        """A call under way while the block runs; an error ends it with the status that carries it."""
        who, started, code = caller(), time.perf_counter(), "OK"
        headers: dict[str, Any] = dict(context.invocation_metadata() or ())
        self.open += 1
        context.add_done_callback(self._sent)
        with self.tracing.span(method, headers) as span:
            call = begin(str(headers.get("x-request-id", "")), self.tracing.carrier())
            try:
                self._admit(who)
                try:
                    yield
                finally:
                    self.of_caller[who.name] -= 1
            except Exception as error:
                code = error.grpc_status if isinstance(error, WarmfitError) else "INTERNAL"
                await refuse(error, context, call.request_id)
            except BaseException:  # cancelled: the caller has gone
                code = "CANCELLED"
                raise
            finally:
                if span is not None:
                    span.set_attribute("rpc.grpc.status", code)
                self._ended(method, code, time.perf_counter() - started, who, call)

    def are_free_for(self, who: Caller) -> bool:
        """Whether a call of `who` would be admitted, and has no span."""
        return not self.tracing.is_on and self._refusal(who) is None

    def answered(self, method: str, who: Caller, started: float, context: Context) -> None:
        """Account for a call whose answer was at hand, when it is sent: its caller does not wait for that."""

        def sent(_: Context) -> None:
            self.open -= 1
            self.metrics.call(method, "OK", time.perf_counter() - started, who.name)

        self.open += 1
        context.add_done_callback(sent)

    def _sent(self, _: Context) -> None:
        self.open -= 1

    def _ended(self, method: str, code: str, seconds: float, who: Caller, call: CallContext) -> None:
        """Count a call that has ended, and log it where it failed or was slow."""
        self.metrics.call(method, code, seconds, who.name)
        if code != "OK" or seconds > self.slow:
            level = logging.WARNING if code in ("INTERNAL", "UNAVAILABLE", "DATA_LOSS") else logging.INFO
            fields = {"request_id": call.request_id, "method": method, "code": code, "seconds": round(seconds, 6)}
            about = {"caller": who.name, "namespace": who.namespace, "dataset": call.dataset}
            log.log(level, "%s: %s", method, code, extra={**fields, **about})

    def _admit(self, who: Caller) -> None:
        refusal = self._refusal(who)
        if refusal is not None:
            reason, error = refusal
            self.metrics.refused(reason, who.name)
            raise error
        self.of_caller[who.name] += 1

    def _refusal(self, who: Caller) -> tuple[str, WarmfitError] | None:
        """Why a call is not admitted, for metrics and for its caller; None where it is."""
        own = self.of_caller[who.name]
        if self.draining:
            return "draining", ServiceUnavailable("this gateway is ending; call again, another one answers")
        if self.under_way >= self.limit:
            return "gateway_full", Overloaded(f"{self.limit} calls are under way at this gateway; try again shortly")
        if who.max_calls is not None and own >= who.max_calls:
            return "caller_full", Overloaded(
                f"{own} calls of this token are under way at this gateway; try again shortly"
            )
        return None
