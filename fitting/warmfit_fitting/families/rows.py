"""One parameter vector at a time: for densities that lay out a table or a quadrature for each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from warmfit_fitting.arrays import FloatArray


def by_row(function: Callable[..., FloatArray], z: FloatArray, *shapes: FloatArray) -> FloatArray:
    """`function(z, *shapes)` with its shapes as numbers and all their z as one array (N,), for arrays that broadcast.

    A row's values come from its own numbers only, so that they are the same to the last bit whatever rows stand beside it.
    What is NaN is not asked, as it has no place in a table; it stays NaN.
    """
    given = np.broadcast_arrays(*shapes)
    size = np.broadcast_shapes(np.shape(z), given[0].shape)
    points = np.broadcast_to(z, size)
    lead = (1,) * (len(size) - given[0].ndim)
    columns = [column.reshape(lead + column.shape) for column in given]
    result = np.empty(size)
    for at in np.ndindex(columns[0].shape):
        own = tuple(slice(None) if n == 1 else i for i, n in zip(at, columns[0].shape, strict=True))
        row = np.ascontiguousarray(points[own]).ravel()
        known = ~np.isnan(row)
        values = np.full(row.shape, np.nan)
        if known.any():
            values[known] = function(row[known], *(float(column[at]) for column in columns))
        result[own] = values.reshape(points[own].shape)
    return result
