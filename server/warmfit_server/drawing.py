"""Samples drawn ahead of their reader: while one chunk is sent, threads draw and encode the next ones."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Executor

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_server.ahead import Stop, in_order

AHEAD, AHEAD_BYTES = 4, 8 << 20  # chunks that wait for their reader, and the bytes that these may have
DRAWS = 1 << 17  # values made between looks at whether the reader has gone


def chunks_ahead(
    draws: Callable[[int, int], FloatArray],
    rows: range,
    encode: Callable[[int, FloatArray], bytes],
    threads: Executor,
    columns: int = 1,
) -> AsyncGenerator[bytes, None]:
    """`encode(start, values)` of the chunks of a sample, in order; `draws(start, size)` draws its rows `start` and on.

    `rows`: from the first row to the end, in steps of a chunk. A row has so many `columns`; rows follow each other in the
    values.
    """
    block = max(DRAWS // columns, 1)

    def drawn(start: int, is_over: Stop) -> bytes:
        end, parts = min(start + rows.step, rows.stop), []
        for at in range(start, end, block):
            if is_over():
                return b""
            parts.append(draws(at, min(block, end - at)))
        return encode(start, parts[0] if len(parts) == 1 else np.concatenate(parts))

    depth = max(1, min(AHEAD, AHEAD_BYTES // (8 * columns * rows.step)))
    return in_order(drawn, rows, depth, threads)
