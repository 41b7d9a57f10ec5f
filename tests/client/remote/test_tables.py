from __future__ import annotations

import numpy as np
import pytest

from warmfit import LocalBackend
from warmfit.backends.protocol import FitTask
from warmfit.remote.rows import answers
from warmfit.remote.tables import are_of, tables_of
from warmfit_fitting.errors import SerializationError
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import summarize_values
from warmfit_proto import codec
from warmfit_proto.v1 import fitting_pb2 as pb

FAMILIES = ("norm", "expon")
TASK = FitTask("x", summarize_values(np.array([1.0, 2.0, 4.0])), FitSpec(FAMILIES))


@pytest.fixture(scope="module")
def rows() -> tuple[FitRow, ...]:
    return tuple(LocalBackend(1).fit([TASK])[0])


@pytest.mark.parametrize("n", [0, 1, 3])
def test_a_response_is_cut_into_the_tables_that_it_holds(n: int, rows: tuple[FitRow, ...]) -> None:
    response = pb.FitResponse(tables=[codec.table_to_wire(rows)] * n)
    assert [pb.FitTable.FromString(t) for t in tables_of(response.SerializeToString())] == list(response.tables)


def test_any_encoding_of_a_response_is_read(rows: tuple[FitRow, ...]) -> None:
    table = codec.table_to_wire(rows).SerializeToString()
    size = bytes(
        [len(table) & 0x7F | 0x80, len(table) >> 7 & 0x7F | 0x80, 0x00]
    )  # a length in more bytes than it needs
    unknown = b"\x9a\x06\x01?"  # field 99, which no version of ours has
    (found,) = tables_of(unknown + b"\x0a" + size + table)
    assert found == table
    (given,) = answers([TASK], b"\x0a" + size + table)
    assert given == rows


def test_a_table_whose_families_do_not_come_first_is_read_too(rows: tuple[FitRow, ...]) -> None:
    table = codec.table_to_wire(rows)
    names = pb.FitTable(distribution=table.distribution).SerializeToString()
    moved = table.SerializeToString()[len(names) :] + names
    assert are_of(moved, FAMILIES)
    (given,) = answers([TASK], pb.FitResponse(tables=[pb.FitTable.FromString(moved)]).SerializeToString())
    assert given == rows


@pytest.mark.parametrize("families", [(), ("norm",), ("expon", "norm"), ("norm", "expon", "gamma"), ("norm", "expo")])
def test_families_are_told_apart_without_decoding_a_row(families: tuple[str, ...], rows: tuple[FitRow, ...]) -> None:
    assert not are_of(codec.table_to_wire(rows).SerializeToString(), families)


@pytest.mark.parametrize("broken", [b"\x0a", b"\x0a\xff", b"\x0a\x05ab", b"\x0a" + b"\xff" * 9, b"\x07", b"\x12\x7f"])
def test_bytes_that_are_no_response_are_a_serialization_error_at_once(broken: bytes) -> None:
    with pytest.raises(SerializationError):
        tables_of(broken)


@pytest.mark.parametrize("damage", [b"\x07", b"\x12\x03\x01\x01\x01"])
def test_a_table_that_is_damaged_behind_its_names_says_so_whenever_it_is_looked_at(
    damage: bytes, rows: tuple[FitRow, ...]
) -> None:
    table = codec.table_to_wire(rows).SerializeToString() + damage
    head = pb.FitResponse(tables=[pb.FitTable()]).SerializeToString()[:1]
    size = bytes([len(table) & 0x7F | 0x80, len(table) >> 7])
    (given,) = answers([TASK], head + size + table)
    assert len(given) == len(FAMILIES)
    for _ in range(2):
        with pytest.raises(SerializationError):
            given[0]


def test_columns_are_decoded_one_by_one(rows: tuple[FitRow, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    decoded = []
    real = codec.table_from_wire
    monkeypatch.setattr(codec, "table_from_wire", lambda table: decoded.append(table) or real(table))
    response = pb.FitResponse(tables=[codec.table_to_wire(rows)] * 3).SerializeToString()
    given = answers([TASK] * 3, response)
    assert [len(column) for column in given] == [2, 2, 2]
    assert not decoded
    assert given[1] == rows
    assert tuple(given[1]) == rows
    assert len(decoded) == 1
