"""Between JSON and the messages of `fitting.proto`, and errors as JSON.

A message is written as protobuf's JSON mapping has it, fields without a value included; numbers that JSON lacks are the
texts "NaN", "Infinity" and "-Infinity".
"""

from __future__ import annotations

import json
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message

from warmfit_fitting.errors import InvalidInput
from warmfit_server.page.http_context import Refused

# The mapping of google.rpc.Code to HTTP; what is not here is our own fault.
HTTP_STATUS = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "UNIMPLEMENTED": 404,
    "RESOURCE_EXHAUSTED": 429,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}


def encoded(request_type: type[Message], body: bytes) -> bytes:
    """The message that a JSON document holds, as gRPC carries it; raises `InvalidInput` for one that it cannot be."""
    try:
        return json_format.Parse(body or b"{}", request_type()).SerializeToString()
    except (json_format.ParseError, ValueError, RecursionError) as error:
        why = " ".join(str(error).split())
        raise InvalidInput(f"the body is no {request_type.DESCRIPTOR.full_name} in JSON: {why}") from None


def decoded(response_type: type[Message], data: bytes) -> bytes:
    """An encoded message as one line of JSON."""
    return document(as_json(response_type.FromString(data)))


def as_json(message: Message) -> Any:
    """A message as what `json` writes."""
    return json_format.MessageToDict(
        message, always_print_fields_with_no_presence=True, preserving_proto_field_name=True
    )


def document(content: Any) -> bytes:
    """One line of JSON."""
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode(errors="replace")


def failure(refused: Refused) -> dict[str, Any]:
    """What the page is told of an error: the class as the SDK has it, what was wrong, and when to come again."""
    told: dict[str, Any] = {
        "status": refused.status,
        "reason": type(refused.error).__name__,
        "message": str(refused.error),
    }
    if refused.error.field:
        told["field"] = refused.error.field
    if refused.retry_after is not None:
        told["retry_after"] = refused.retry_after
    return {"error": told}
