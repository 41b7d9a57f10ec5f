"""Gauss rules for sums over runs of consecutive integers.

A run of N integers has a rule of its own, whose orthogonal polynomials are the discrete Chebyshev (Gram) ones: with Q nodes
the sum of a polynomial of degree 2Q − 1 is exact (Gautschi 2004, "Orthogonal Polynomials", 1.5 and 3.1.1). In units of
the run's length its recurrence is linear in 1/N², so that nodes and weights are smooth in 1/N²; they are interpolated there.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.polynomial import chebyshev

from warmfit_fitting.arrays import FloatArray

NODES = 10
SHORT = 16  # runs of up to so many integers are added term by term
_DEGREE = 20  # of the interpolation: the last digits of nodes and weights are right
_WIDEST = 1.0 / (SHORT + 1) ** 2  # of 1/N², for runs that are not short


def run_rule(size: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Nodes, from the first integer of the run on, and weights (P, Q) for runs of `size` (P,) integers."""
    offset = np.arange(float(SHORT))
    nodes, weights = np.repeat(offset[None], len(size), axis=0), (offset < size[:, None]).astype(np.float64)
    long = size > SHORT
    if long.any():
        width = size[long][:, None]
        both = chebyshev.chebval(2 * (1 / width[:, 0]) ** 2 / _WIDEST - 1, _interpolation()).T
        nodes[long], weights[long] = 0.0, 0.0
        nodes[long, :NODES] = (both[:, :NODES] + 0.5) * width - 0.5
        weights[long, :NODES] = both[:, NODES:] * width
    return nodes, weights


@cache
def _interpolation() -> FloatArray:
    """Coefficients (D, 2Q), in Chebyshev polynomials of 1/N², of nodes in (−½, ½) and weights that add up to 1."""
    places = chebyshev.chebpts1(_DEGREE + 1)
    k = np.arange(1.0, NODES)
    beside = np.sqrt(k**2 * (1 - k**2 * ((places[:, None] + 1) / 2 * _WIDEST)) / (4 * (4 * k**2 - 1)))
    matrix = np.zeros((len(places), NODES, NODES))
    i = np.arange(NODES - 1)
    matrix[:, i, i + 1] = matrix[:, i + 1, i] = beside
    values, vectors = np.linalg.eigh(matrix)
    both = np.concatenate([values, vectors[:, 0, :] ** 2], axis=1)
    return np.linalg.solve(chebyshev.chebvander(places, _DEGREE), both)
