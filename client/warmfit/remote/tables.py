"""A `FitResponse` cut into its tables where it lies, so that no row is decoded before somebody looks at it.

Protocol Buffers, "Encoding": a message is its fields one after the other, a table of a response is field 1 with its
length before it, and the names of its families, field 1 again, stand first, as every encoder writes them. Any other
encoding of the same messages is read by the general decoder.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TypeVar

from google.protobuf.message import DecodeError, Message

from warmfit_fitting.errors import SerializationError
from warmfit_proto.v1 import fitting_pb2 as pb

_FIRST = 0x0A  # the tag of field 1 where it has a length
M = TypeVar("M", bound=Message)


def tables_of(response: bytes) -> list[bytes]:
    """The encoded tables of an encoded response; raises `SerializationError` where it is none."""
    tables, at = [], 0
    while at < len(response):
        if response[at] != _FIRST:
            return _decoded_tables(response)
        size = shift = 0
        while True:
            at += 1
            if at >= len(response) or shift > 28:
                return _decoded_tables(response)
            size |= (response[at] & 0x7F) << shift
            if response[at] < 0x80:
                break
            shift += 7
        at += 1
        if size > len(response) - at:
            return _decoded_tables(response)
        tables.append(response[at : at + size])
        at += size
    return tables


def are_of(table: bytes, families: tuple[str, ...]) -> bool:
    """Whether an encoded table has a row for each of these families, in their order, and no other."""
    names = _names(families)
    if table.startswith(names) and table[len(names) : len(names) + 1] != bytes([_FIRST]):
        return True
    return tuple(decoded(pb.FitTable, table).distribution) == families


def decoded(kind: type[M], message: bytes) -> M:
    """The message; raises `SerializationError` where it cannot be read."""
    try:
        return kind.FromString(message)
    except DecodeError as error:
        raise SerializationError(f"the service sent an answer that cannot be read ({error})") from None


def _decoded_tables(response: bytes) -> list[bytes]:
    return [table.SerializeToString() for table in decoded(pb.FitResponse, response).tables]


@lru_cache(maxsize=256)
def _names(families: tuple[str, ...]) -> bytes:
    """The names of families as a table begins with them."""
    return pb.FitTable(distribution=families).SerializeToString()
