"""Gauss–Legendre rules in the coordinates in which densities are smooth."""

from __future__ import annotations

import numpy as np

from warmfit_fitting.arrays import FloatArray


def composite(breaks: tuple[float, ...], order: int) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights (Q,) of Gauss–Legendre rules of one `order` on each interval between `breaks`."""
    nodes, weights = np.polynomial.legendre.leggauss(order)
    left, right = np.asarray(breaks[:-1]), np.asarray(breaks[1:])
    half = (right - left) / 2
    x = (left + right)[:, None] / 2 + half[:, None] * nodes
    return x.ravel(), (half[:, None] * weights).ravel()
