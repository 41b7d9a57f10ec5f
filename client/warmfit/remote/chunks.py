"""A `SampleChunk` read where it lies: its values are an array without a Python object for each."""

from __future__ import annotations

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import SerializationError
from warmfit_proto.v1 import fitting_pb2 as pb

_OFFSET, _VALUES = 0x08, 0x12  # field 1, a varint; field 2, packed doubles


def values_of(message: bytes) -> tuple[int, FloatArray]:
    """The offset and the values (n,) of a chunk; raises `SerializationError` for anything else.

    The two fields in order, as every encoder of Protocol Buffers writes them, are read in place; any other encoding
    of the same message by the general decoder.
    """
    at, offset = 0, 0
    if message[:1] == bytes([_OFFSET]):
        offset, at = _varint(message, 1)
    if message[at : at + 1] == bytes([_VALUES]):
        size, at = _varint(message, at + 1)
        if size == len(message) - at and size % 8 == 0:
            return offset, np.frombuffer(message, "<f8", offset=at).astype(np.float64)
    return _decoded(message)


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """The number that begins at `at`, and where the next field does."""
    number = shift = 0
    for place, byte in enumerate(message[at : at + 10], at + 1):
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, place
        shift += 7
    raise SerializationError("the service sent a chunk that cannot be read")


def _decoded(message: bytes) -> tuple[int, FloatArray]:
    try:
        chunk = pb.SampleChunk.FromString(message)
    except Exception as error:  # DecodeError, of whichever implementation is in use
        raise SerializationError(f"the service sent a chunk that cannot be read ({error})") from None
    return chunk.offset, np.array(chunk.values, dtype=np.float64)
