"""The canonical, versioned encoding of a summary, and the fingerprint taken over it.

Layout, little-endian: magic `WFSM`, u16 version, u16 flags (1: integral, 2: has a grid), i64 n, i64 n_missing,
7 × f64 (weight, mean, m2, m3, m4, minimum, maximum), the grid when there is one (4 × f64, u16 formula, u16 level), and
six arrays, each a u32 length and f64 values: atoms, atom_count, edges, count, mean, m2.
"""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import SerializationError
from warmfit_fitting.summary.grid import Grid
from warmfit_fitting.summary.moments import Moments
from warmfit_fitting.summary.tally import Tally
from warmfit_fitting.summary.validation import validate

if TYPE_CHECKING:
    from warmfit_fitting.summary.column import ColumnSummary

MAGIC = b"WFSM"
VERSION = 1
_HEAD = struct.Struct("<4sHHqq7d")
_GRID = struct.Struct("<4dHH")
_INTEGRAL, _GRIDDED = 1, 2


def fingerprint(data: bytes) -> str:
    """The hex BLAKE2b-256 of an encoded summary."""
    return hashlib.blake2b(data, digest_size=32).hexdigest()


def encode(summary: ColumnSummary) -> bytes:
    """The bytes of a summary; equal summaries have equal bytes."""
    m, t, g = summary.moments, summary.observed, summary.grid
    flags = (_INTEGRAL if summary.integral else 0) | (_GRIDDED if g else 0)
    numbers = (m.weight, m.mean, m.m2, m.m3, m.m4, summary.minimum, summary.maximum)
    parts = [_HEAD.pack(MAGIC, VERSION, flags, summary.n, summary.n_missing, *numbers)]
    if g:
        parts.append(_GRID.pack(g.low, g.high, g.centre, g.spread, g.formula, g.level))
    for array in (t.atoms, t.atom_count, t.edges, t.count, t.mean, t.m2):
        parts += [struct.pack("<I", len(array)), np.ascontiguousarray(array, "<f8").tobytes()]
    return b"".join(parts)


def decode(data: bytes) -> ColumnSummary:
    """The summary that `encode` wrote; raises `SerializationError` for anything else."""
    from warmfit_fitting.summary.column import ColumnSummary

    try:
        magic, version, flags, n, n_missing, *numbers = _HEAD.unpack_from(data)
        if magic != MAGIC or version != VERSION:
            raise SerializationError(
                f"not a column summary of version {VERSION} (found {magic!r}, version {version}); summarize the rows again"
            )
        at = _HEAD.size
        grid = None
        if flags & _GRIDDED:
            low, high, centre, spread, formula, level = _GRID.unpack_from(data, at)
            grid = Grid(low, high, centre, spread, level, bool(flags & _INTEGRAL), formula)
            at += _GRID.size
        arrays: list[FloatArray] = []
        for _ in range(6):
            (size,) = struct.unpack_from("<I", data, at)
            arrays.append(np.frombuffer(data, "<f8", size, at + 4).astype(np.float64))
            at += 4 + 8 * size
    except (struct.error, ValueError) as error:
        raise SerializationError(f"a column summary that is cut short or damaged: {error}") from error
    if at != len(data):
        raise SerializationError(f"a column summary with {len(data) - at} bytes too many")
    weight, mean, m2, m3, m4, minimum, maximum = numbers
    moments = Moments(weight, mean, m2, m3, m4)
    integral = bool(flags & _INTEGRAL)
    return validate(ColumnSummary(n, n_missing, moments, minimum, maximum, integral, grid, Tally(*arrays)))
