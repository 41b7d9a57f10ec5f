"""Starts beside what is held fixed: shapes, and a location or scale if free, with which the law's bulk lies on the data's.

With a scale or a location held the shapes must bring the bulk to where the data are, and may have to be far from the
usual ones for that. They are sought without evaluating densities, from `Family.bulk` alone, on a grid and then near its
best points by a pattern of ever smaller steps (Hooke & Jeeves 1961).
"""

from __future__ import annotations

import itertools

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.estimation.coordinates import Coordinates
from warmfit_fitting.estimation.features import Features
from warmfit_fitting.estimation.location import bulks

REACH = 16.0  # of the grid of shapes in each of their free coordinates
LEVELS = {1: 41, 2: 13, 3: 7}  # of the grid, by the number of free shapes
FEWEST = 5  # levels of more shapes
KEPT = 24  # starts whose bulk lies nearest to that of the data, on the grid and after the pattern
STEPS = 1.5 * 0.5 ** np.arange(36.0)  # of the pattern


def held_starts(coordinates: Coordinates, shapes: FloatArray, data: Features) -> FloatArray:
    """Parameter vectors (S, P) with usual `shapes` (C, n) or others, their bulk as near to that of `data` as they come."""
    usual = coordinates.shapes_free(shapes)
    free = np.concatenate([usual, _grid(coordinates.free_shapes, usual.shape[1])])
    with np.errstate(all="ignore"):
        away = np.concatenate([laid[1] for laid in _laid(coordinates, free, data)])
        nearest = np.argsort(away, kind="stable")[:KEPT] % len(free)
        near = free[np.unique(nearest)]
        near = np.concatenate([near, _nearer(coordinates, near, data)])
        parts = _laid(coordinates, near[np.argsort(np.abs(near).max(axis=1, initial=0.0), kind="stable")], data)
    theta, away = (np.concatenate(part) for part in zip(*parts, strict=True))
    best = np.argsort(away, kind="stable")[: 2 * KEPT]
    return _distinct(theta[np.sort(best[np.isfinite(away[best])])])


def _distinct(theta: FloatArray) -> FloatArray:
    """Parameter vectors without those at the location and scale of an earlier one: in a limit, all are one law."""
    _, first = np.unique(np.round([theta[:, -2], np.log(theta[:, -1])], 2), axis=1, return_index=True)
    return theta[np.sort(first)]


def _grid(which: list[int], n: int) -> FloatArray:
    """Coordinates (G, n) of n shapes, those of `which` far and wide."""
    levels = np.linspace(-REACH, REACH, LEVELS.get(len(which), FEWEST))
    points = list(itertools.product(levels, repeat=len(which)))
    grid = np.zeros((len(points), n))
    grid[:, which] = np.array(points).reshape(len(points), len(which))
    return grid


def _nearer(coordinates: Coordinates, free: FloatArray, data: Features) -> FloatArray:
    """Shape coordinates (S, n) from `free` (S, n) on by the steps of the pattern that bring the bulk nearer."""
    away = _least(coordinates, free, data)
    axes = np.eye(free.shape[1])[coordinates.free_shapes]
    for step in STEPS if len(axes) else ():
        trials = free[:, None, :] + step * np.concatenate([axes, -axes])
        there = _least(coordinates, trials.reshape(-1, free.shape[1]), data).reshape(len(free), -1)
        best, row = np.argmin(np.where(np.isnan(there), np.inf, there), axis=1), np.arange(len(free))
        better = there[row, best] < away
        free = np.where(better[:, None], trials[row, best], free)
        away = np.where(better, there[row, best], away)
    return free


def _least(coordinates: Coordinates, free: FloatArray, data: Features) -> FloatArray:
    """How near the bulk comes to that of the data (S,), of its descriptions the best."""
    least: FloatArray = np.fmin.reduce([away for _, away in _laid(coordinates, free, data)])
    return least


def _laid(coordinates: Coordinates, free: FloatArray, data: Features) -> list[tuple[FloatArray, FloatArray]]:
    """Parameter vectors (S, P) at shape coordinates (S, n), and how far off their bulk lies and their ends within the data.

    One pair for each description of where the data's bulk is, and each way to lay the law's on it.
    """
    shapes, held = coordinates.shapes_at(free), coordinates.fixed
    columns = tuple(shapes.T)
    center, spread = (np.broadcast_to(part, len(free)) for part in coordinates.family.bulk(*columns))
    low, high = coordinates.family.support(*columns)
    loc, scale = (np.full(len(free), held[name]) if name in held else None for name in ("loc", "scale"))
    laid = []
    for place, width in bulks(data):
        sizes = (
            [scale]
            if scale is not None
            else [width / spread, (place - loc) / center]
            if loc is not None
            else [width / spread]
        )
        for size in sizes:
            at = place - size * center if loc is None else loc
            inside = np.maximum(at + size * low - data.minimum, 0.0) + np.maximum(data.maximum - at - size * high, 0.0)
            away = (np.abs(at + size * center - place) + inside) / width + np.abs(np.log(size * spread / width))
            laid.append((np.column_stack([shapes, at, size]), away))
    return laid
