"""Gauss–Legendre rules in the coordinates in which densities are smooth."""

from __future__ import annotations

import numpy as np

from warmfit_fitting.arrays import FloatArray


def composite(breaks: tuple[float, ...], *orders: int) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights (Q,) of Gauss–Legendre rules on each interval between `breaks`, of one order or one for each."""
    panels = orders * (len(breaks) - 1) if len(orders) == 1 else orders
    nodes, weights = [], []
    for left, right, order in zip(breaks[:-1], breaks[1:], panels, strict=True):
        x, w = np.polynomial.legendre.leggauss(order)
        nodes.append((left + right) / 2 + (right - left) / 2 * x)
        weights.append((right - left) / 2 * w)
    return np.concatenate(nodes), np.concatenate(weights)
