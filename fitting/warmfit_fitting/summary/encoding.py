"""The canonical, versioned encoding of a summary, and the fingerprint taken over it.

Layout, little-endian: magic `WFSM`, u16 version, u16 flags (1: integral, 2: has a grid), i64 n, i64 n_missing,
7 × f64 (weight, mean, m2, m3, m4, minimum, maximum), the grid when there is one (4 × f64, u16 formula, u16 level), and
six arrays, each a u32 length and f64 values: atoms, atom_count, edges, count, mean, m2. That is version 1, in which every
plain column is written. Version 2 has the flags 4 (analytic weights) and 8 (incomplete rows); with the latter follow
2 × f64 (lowest, highest), and for censored and for truncated rows the arrays above (6), below (6) and of pairs (lower,
upper, count).
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import SerializationError
from warmfit_fitting.summary.grid import Grid
from warmfit_fitting.summary.incomplete import Incomplete
from warmfit_fitting.summary.intervals import Intervals, Pairs
from warmfit_fitting.summary.moments import Moments
from warmfit_fitting.summary.tally import Tally
from warmfit_fitting.summary.validation import validate

if TYPE_CHECKING:
    from warmfit_fitting.summary.column import ColumnSummary

MAGIC = b"WFSM"
VERSIONS = 1, 2  # 2 is written only for what 1 cannot say
_HEAD = struct.Struct("<4sHHqq7d")
_GRID = struct.Struct("<4dHH")
_EXTENT = struct.Struct("<2d")
_INTEGRAL, _GRIDDED, _ANALYTIC, _INCOMPLETE = 1, 2, 4, 8


def fingerprint(data: bytes) -> str:
    """The hex BLAKE2b-256 of an encoded summary."""
    return hashlib.blake2b(data, digest_size=32).hexdigest()


def encode(summary: ColumnSummary) -> bytes:
    """The bytes of a summary; equal summaries have equal bytes."""
    m, g, rest = summary.moments, summary.grid, summary.incomplete
    flags = (_INTEGRAL if summary.integral else 0) | (_GRIDDED if g else 0)
    flags |= (_ANALYTIC if summary.analytic else 0) | (_INCOMPLETE if rest else 0)
    numbers = (m.weight, m.mean, m.m2, m.m3, m.m4, summary.minimum, summary.maximum)
    parts = [_HEAD.pack(MAGIC, version_of(summary), flags, summary.n, summary.n_missing, *numbers)]
    if g:
        parts.append(_GRID.pack(g.low, g.high, g.centre, g.spread, g.formula, g.level))
    parts += _packed(_arrays(summary.observed))
    if rest:
        parts.append(_EXTENT.pack(rest.lowest, rest.highest))
        for kind in (rest.censored, rest.truncated):
            pairs = kind.between
            parts += _packed((*_arrays(kind.above), *_arrays(kind.below), pairs.lower, pairs.upper, pairs.count))
    return b"".join(parts)


def version_of(summary: ColumnSummary) -> int:
    """The least version that can say what a summary holds."""
    return 2 if summary.incomplete or summary.analytic else 1


def _arrays(t: Tally) -> tuple[FloatArray, ...]:
    return t.atoms, t.atom_count, t.edges, t.count, t.mean, t.m2


def _packed(arrays: Iterable[FloatArray]) -> list[bytes]:
    """Each array's length and its numbers."""
    return [
        part
        for array in arrays
        for part in (struct.pack("<I", len(array)), np.ascontiguousarray(array, "<f8").tobytes())
    ]


def _unpacked(data: bytes, at: int, number: int) -> tuple[list[FloatArray], int]:
    """`number` arrays from an offset on, and where they end."""
    arrays: list[FloatArray] = []
    for _ in range(number):
        (size,) = struct.unpack_from("<I", data, at)
        arrays.append(np.frombuffer(data, "<f8", size, at + 4).astype(np.float64))
        at += 4 + 8 * size
    return arrays, at


def decode(data: bytes) -> ColumnSummary:
    """The summary that `encode` wrote; raises `SerializationError` for anything else."""
    from warmfit_fitting.summary.column import ColumnSummary

    try:
        magic, version, flags, n, n_missing, *numbers = _HEAD.unpack_from(data)
        if magic != MAGIC or version not in VERSIONS:
            raise SerializationError(
                f"not a column summary of version 1 or 2 (found {magic!r}, version {version}); summarize the rows again"
            )
        at = _HEAD.size
        grid = None
        if flags & _GRIDDED:
            low, high, centre, spread, formula, level = _GRID.unpack_from(data, at)
            grid = Grid(low, high, centre, spread, level, bool(flags & _INTEGRAL), formula)
            at += _GRID.size
        arrays, at = _unpacked(data, at, 6)
        rest = None
        if flags & _INCOMPLETE:
            lowest, highest = _EXTENT.unpack_from(data, at)
            more, at = _unpacked(data, at + _EXTENT.size, 30)
            rest = Incomplete(_intervals(more[:15]), _intervals(more[15:]), lowest, highest)
    except (struct.error, ValueError) as error:
        raise SerializationError(f"a column summary that is cut short or damaged: {error}") from error
    if at != len(data):
        raise SerializationError(f"a column summary with {len(data) - at} bytes too many")
    weight, mean, m2, m3, m4, minimum, maximum = numbers
    moments = Moments(weight, mean, m2, m3, m4)
    integral = bool(flags & _INTEGRAL)
    analytic = bool(flags & _ANALYTIC)
    summary = ColumnSummary(
        n, n_missing, moments, minimum, maximum, integral, grid, Tally(*arrays), rest, analytic
    )  # fmt: skip
    if version != version_of(summary):
        raise SerializationError(f"a column summary of version {version} that holds what version {3 - version} does")
    return validate(summary)


def _intervals(arrays: list[FloatArray]) -> Intervals:
    return Intervals(Tally(*arrays[:6]), Tally(*arrays[6:12]), Pairs(*arrays[12:]))
