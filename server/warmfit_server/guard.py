"""`Guard`: the interceptor that stands before every method, known or not, and lets in who may call it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection
from typing import Any, NoReturn

import grpc
import grpc.aio

from warmfit_fitting.errors import WarmfitError
from warmfit_server.access import SCOPES, Caller, Scope, calls_as
from warmfit_server.calls import Calls
from warmfit_server.metrics import NOBODY
from warmfit_server.refusals import refuse
from warmfit_server.tokens import Tokens

log = logging.getLogger("warmfit.calls")
SERVICE = "warmfit.v1.FittingService"
HEALTH = "grpc.health.v1.Health"
REFLECTION = "grpc.reflection.v1alpha.ServerReflection"
REFLECTION_OF_LATER = "grpc.reflection.v1.ServerReflection"  # asked for first, before the one that there is


class Guard(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Refuses calls without a valid token or its scope; the methods of `open_services` need neither."""

    def __init__(self, tokens: Tokens, calls: Calls, open_services: Collection[str]) -> None:
        self._tokens = tokens
        self._calls = calls
        self._open = frozenset(open_services)

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler]],
        details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler:
        """The handler of a call that may be made, and otherwise one that refuses it."""
        service, _, method = details.method.strip("/").partition("/")
        if service in self._open:
            return await continuation(details)
        try:
            headers = dict(details.invocation_metadata or ())
            calls_as(self.admitted(service, method, headers.get("authorization")))
        except WarmfitError as error:
            return _refusal(error)
        return await continuation(details)

    def admitted(self, service: str, method: str, authorization: str | None) -> Caller:
        """Who calls, by the `authorization` header; raises `Unauthenticated` or `PermissionDenied`, and counts it."""
        name = NOBODY
        try:
            caller = self._tokens.caller(authorization)
            name = caller.name
            caller.require(self._scope(service, method))
        except WarmfitError as error:
            self._note(method if method in SCOPES else "unknown", error, name)
            raise
        return caller

    def _note(self, method: str, error: WarmfitError, caller: str) -> None:
        """Count a refusal, and log it where it has a caller: strangers could fill the disk."""
        self._calls.metrics.call(method, error.grpc_status, 0.0, caller)
        if caller == NOBODY:
            self._calls.metrics.refused("unauthenticated")
            return
        self._calls.metrics.refused("permission", caller)
        fields = {"method": method, "code": error.grpc_status, "caller": caller}
        log.info("%s: %s", method, error.grpc_status, extra=fields)

    def _scope(self, service: str, method: str) -> Scope:
        if service == SERVICE:
            return SCOPES.get(method, Scope.ADMIN)
        return Scope.READ if service in (HEALTH, REFLECTION, REFLECTION_OF_LATER) else Scope.ADMIN


def _refusal(error: WarmfitError) -> grpc.RpcMethodHandler:
    """A handler that refuses without a look at the message; unary, because it sends none either way."""

    async def handle(_: Any, context: grpc.aio.ServicerContext) -> NoReturn:
        await refuse(error, context)

    return grpc.unary_unary_rpc_method_handler(handle)
