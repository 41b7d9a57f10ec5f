"""Chunks of draws, read in place or by the general decoder: the same values, and no other error than one of ours."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from warmfit.remote.chunks import values_of
from warmfit_fitting.errors import SerializationError
from warmfit_proto.v1 import fitting_pb2 as pb


@pytest.mark.parametrize("offset", [0, 1, 127, 128, 2**40])
@pytest.mark.parametrize("n", [0, 1, 1000])
def test_a_chunk_is_its_offset_and_its_values(offset: int, n: int) -> None:
    known = np.random.default_rng(n).normal(size=n)
    found, values = values_of(pb.SampleChunk(offset=offset, values=known).SerializeToString())
    assert found == offset
    np.testing.assert_array_equal(values, known)


def test_any_encoding_of_a_chunk_is_read() -> None:
    backwards = b"\x12\x08" + struct.pack("<d", 1.5) + b"\x08\x07"
    one_by_one = b"\x08\x07" + b"\x11" + struct.pack("<d", 1.5) + b"\x11" + struct.pack("<d", 2.5)
    assert (values_of(backwards)[0], list(values_of(backwards)[1])) == (7, [1.5])
    assert (values_of(one_by_one)[0], list(values_of(one_by_one)[1])) == (7, [1.5, 2.5])


@pytest.mark.parametrize("message", [b"\x12\x09" + bytes(9), b"\x12\x10" + bytes(8), b"\x08" + b"\xff" * 11, b"\x12"])
def test_what_is_no_chunk_is_a_serialization_error(message: bytes) -> None:
    with pytest.raises(SerializationError):
        values_of(message)
