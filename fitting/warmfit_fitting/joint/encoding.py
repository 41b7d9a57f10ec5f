"""The canonical, versioned encoding of a joint summary.

Layout, little-endian: magic `WFSJ`, u16 version, u16 flags (1: listwise, 2: scored), i64 n, u32 number of columns C, each
name as a u32 length and UTF-8, then for values and, where scored, for normal scores and for ranks, count, mean, square and
product, C² × f64 each by rows; where scored, C fingerprints of 32 bytes at the end.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

from warmfit_fitting.errors import SerializationError
from warmfit_fitting.joint.products import CrossProducts

if TYPE_CHECKING:
    from warmfit_fitting.joint.summary import JointSummary, Missing

MAGIC, VERSION = b"WFSJ", 1
MAX_COLUMNS = 512
_HEAD, _SIZE = struct.Struct("<4sHHqI"), struct.Struct("<I")
_LISTWISE, _SCORED = 1, 2
_FINGERPRINT = 32
_ROUNDING = 1e-6  # by which sums of squares may break an inequality


def encode(summary: JointSummary) -> bytes:
    """The bytes of a summary; equal summaries have equal bytes."""
    flags = (_LISTWISE if summary.missing == "listwise" else 0) | (_SCORED if summary.scored else 0)
    parts = [_HEAD.pack(MAGIC, VERSION, flags, summary.n, len(summary.names))]
    for name in summary.names:
        text = name.encode()
        parts += [_SIZE.pack(len(text)), text]
    for products in (summary.values, summary.scores, summary.ranks):
        if products is not None:
            parts += [np.ascontiguousarray(array, "<f8").tobytes() for array in products.arrays]
    return b"".join([*parts, *map(bytes.fromhex, summary.marginals)])


def decode(data: bytes) -> JointSummary:
    """The summary that `encode` wrote; raises `SerializationError` for anything else."""
    from warmfit_fitting.joint.summary import JointSummary

    try:
        magic, version, flags, n, columns = _HEAD.unpack_from(data)
        if magic != MAGIC or version != VERSION:
            raise SerializationError(f"not a joint summary of version {VERSION} (found {magic!r}, version {version})")
        if not 0 < columns <= MAX_COLUMNS:
            raise SerializationError(f"a joint summary of {columns} columns; expected 1 to {MAX_COLUMNS}")
        at, names = _HEAD.size, []
        for _ in range(columns):
            (size,) = _SIZE.unpack_from(data, at)
            names.append(data[at + _SIZE.size : at + _SIZE.size + size].decode())
            at += _SIZE.size + size
        scored = bool(flags & _SCORED)
        found = []
        for _ in range(3 if scored else 1):
            arrays = np.frombuffer(data, "<f8", 4 * columns**2, at).reshape(4, columns, columns).astype(np.float64)
            found.append(CrossProducts(*arrays))
            at += arrays.nbytes
        marginals = tuple(
            data[at + _FINGERPRINT * i : at + _FINGERPRINT * (i + 1)].hex() for i in range(columns * scored)
        )
    except (struct.error, ValueError) as error:
        raise SerializationError(f"a joint summary that is cut short or damaged: {error}") from error
    if at + _FINGERPRINT * len(marginals) != len(data):
        raise SerializationError("a joint summary with bytes too few or too many")
    values, scores, ranks = found if scored else (found[0], None, None)
    missing: Missing = "listwise" if flags & _LISTWISE else "pairwise"
    summary = JointSummary(tuple(names), n, missing, values, scores, ranks, marginals)
    return validate(summary)


def validate(summary: JointSummary) -> JointSummary:
    """The same summary; raises `SerializationError` for one that no rows can have."""
    if not summary.names or len(set(summary.names)) != len(summary.names) or summary.n < 0:
        raise SerializationError("a joint summary without names, with one twice, or with a negative number of rows")
    shape = (len(summary.names), len(summary.names))
    parts = [part for part in (summary.values, summary.scores, summary.ranks) if part is not None]
    if len(parts) not in (1, 3) or len(summary.marginals) != (len(parts) > 1) * shape[0]:
        raise SerializationError("a joint summary whose scores, ranks and marginals do not belong together")
    for part in parts:
        _check(part, shape, summary.n)
    return summary


def _check(part: CrossProducts, shape: tuple[int, int], n: int) -> None:
    if any(array.shape != shape or not np.isfinite(array).all() for array in part.arrays):
        raise SerializationError(f"cross-products that are not finite and of the shape {shape}")
    if not all(np.array_equal(array, array.T) for array in (part.count, part.product)):
        raise SerializationError("cross-products that are not symmetric")
    roots = np.sqrt(np.maximum(part.square, 0.0))
    most = roots * roots.T * (1 + _ROUNDING) + 1e-300
    if (part.count < 0).any() or (part.count > n).any() or (part.square < 0).any() or (abs(part.product) > most).any():
        raise SerializationError("cross-products that no rows can have: more rows than there are, or sums out of order")
