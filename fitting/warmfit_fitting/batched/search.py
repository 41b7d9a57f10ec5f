"""The maxima of one family on many columns: starts compared on a sketch, climbs in step, the last steps on all points."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from warmfit_fitting.arrays import BoolArray, FloatArray, IntArray
from warmfit_fitting.batched.climb import Climb, steps, turned
from warmfit_fitting.batched.columns import Columns
from warmfit_fitting.batched.objective import function_of
from warmfit_fitting.estimation.coordinates import Coordinates
from warmfit_fitting.estimation.maximize import stencil
from warmfit_fitting.families.family import Family
from warmfit_fitting.resampling.batch import Values

FILLED = 0.8
GAPS = (1e-6, 1e-2, 0.5)  # half-spreads beyond the data at which supports end to begin with
CURVED = 1e-4  # least curvature a row of a regular maximum
FIRST = 3  # rounds of each of the starts on the sketch, before the highest goes on
LOOSE = 1e-2  # nats over all rows that the rough climb may leave
ROUGH_ROUNDS, ROUNDS = 40, 30
STRICT = 1e-5  # nats that Newton's model may promise yet where a climb ends on all points; its step is taken
STARTS = 2  # with shapes that differ, that are followed
ALIKE = 3  # shapes of the list are alike that are nearer than this
SMALL = 0.5  # components of a step that rough curvature is good for
LOSS = 2e-3  # nats by which a family may end below one that it contains

LIMITS = frozenset({"gamma", "lognorm", "t", "weibull_min"})  # whose ends in limits are those of the whole search

Ask = Callable[[], None] | None


@dataclass(frozen=True, eq=False)
class Found:
    """Where a family ended on K columns: `theta` (K, P) and `free` (K, F) in each column's unit, `loglik` (K,) of all rows.

    `gradient` (K, F), `hessian` (K, F, F) a row; `known` (K,): whether that is a maximum at all; `evaluations` (K,).
    """

    theta: FloatArray
    free: FloatArray
    loglik: FloatArray
    gradient: FloatArray
    hessian: FloatArray
    known: BoolArray
    evaluations: IntArray


def found_at(family: Family, columns: Columns, coordinates: Coordinates, theta: FloatArray, ask: Ask) -> Found:
    """What is found where the maximum is known in closed form, `theta` (K, P), NaN where it is not."""
    known = np.asarray(np.isfinite(theta).all(axis=1))
    free = coordinates.free(np.where(known[:, None], theta, 1.0))
    climb = Climb.at(function_of(family, columns.data, coordinates, ask), free, columns.data.total)
    known &= np.isfinite(climb.value)
    return Found(theta, free, climb.value * columns.data.total, climb.gradient, climb.hessian, known, climb.evaluations)


def search(
    family: Family, columns: Columns, coordinates: Coordinates, inner: list[tuple[FloatArray, FloatArray]], ask: Ask
) -> Found:
    """The maximum that is reached on each column; `inner`: parameters (K, P) of contained laws, and their likelihoods (K,).

    A column whose climb ends at no regular end, or below what is contained, is not `known`.
    """
    x, used = _begun(family, columns, coordinates, [theta for theta, _ in inner], ask)
    if columns.rough is not columns.data:
        climb = Climb.at(function_of(family, columns.rough, coordinates, ask), x, columns.rough.total)
        climb.run(LOOSE, ROUGH_ROUNDS)
        used = used + climb.evaluations
        x, more = _nearer(climb, function_of(family, columns.data, coordinates, ask))
        used = used + more
    climb = Climb.at(function_of(family, columns.data, coordinates, ask), x, columns.data.total)
    climb.run(STRICT, ROUNDS)
    found = _last_step(climb, coordinates, columns.data.total)
    below = np.zeros(len(columns), bool)
    for _, loglik in inner:
        below |= loglik > found.loglik + LOSS
    return replace(found, known=found.known & ~below, evaluations=used + climb.evaluations)


def _starts(family: Family, columns: Columns) -> list[FloatArray]:
    """Parameter vectors (K, P) with usual shapes, the law's bulk laid on the data's."""
    starts = []
    for shapes in _shapes(family):
        center, spread = (np.asarray(part).ravel()[0] for part in family.bulk(*(np.array([s]) for s in shapes)))
        for place, width in zip(columns.places, columns.widths, strict=True):
            starts.append(_at(columns, shapes, place - width / spread * center, width / spread))
    return starts


def _edges(family: Family, columns: Columns) -> list[FloatArray]:
    """Parameter vectors (K, P) with usual shapes and an end of the support next to the data, median on median."""
    low, high = family.low, family.high
    if math.isfinite(low) == math.isfinite(high):
        return []
    sign, end, extreme = (1.0, low, columns.data.minimum) if math.isfinite(low) else (-1.0, high, columns.data.maximum)
    starts = []
    for shapes in family.shape_starts():
        center = np.asarray(family.bulk(*(np.array([s]) for s in shapes))[0]).ravel()[0]
        for gap in GAPS:
            edge = extreme - sign * gap * columns.widths[0]
            scale = (columns.places[0] - edge) / (center - end)
            starts.append(_at(columns, tuple(shapes), edge - scale * end, scale))
    return starts


def _at(columns: Columns, shapes: tuple[float, ...], loc: FloatArray, scale: FloatArray) -> FloatArray:
    return np.column_stack([*(np.full(len(columns), shape) for shape in shapes), loc, scale])


def _shapes(family: Family) -> list[tuple[float, ...]]:
    """The shapes that a search begins with, and others between them, no farther apart than `FILLED` in coordinates."""
    if not family.shapes:
        return [()]
    (free,) = family.to_free(np.array([s for (s,) in family.shape_starts()], dtype=np.float64))
    free = np.sort(free)
    parts = [np.linspace(a, b, 1 + math.ceil((b - a) / FILLED), endpoint=False) for a, b in pairwise(free)]
    return [(float(s),) for s in family.from_free(np.concatenate([*parts, free[-1:]]))[0]]


def _begun(
    family: Family, columns: Columns, coordinates: Coordinates, inner: list[FloatArray], ask: Ask
) -> tuple[FloatArray, IntArray]:
    """Of each column where the highest of a few climbers stands after their first rounds on the sketch, (K, F), and how many
    places were looked at (K,).
    """
    size, every = len(columns), np.arange(len(columns))
    function = function_of(family, columns.sketch, coordinates, ask)
    usual, edges = _starts(family, columns), _edges(family, columns)
    free = np.stack([coordinates.free(theta) for theta in usual + edges + inner], axis=1)
    value = function(free, every)
    value = np.where(np.isnan(value), -np.inf, value)
    others = [*(-1 - i // len(GAPS) for i in range(len(edges))), *(-1 - len(edges) - i for i in range(len(inner)))]
    kind = np.array([*(i // len(columns.places) for i in range(len(usual))), *(ALIKE * other for other in others)])
    chosen = []
    for _ in range(STARTS if family.shapes else 1):
        best = np.argmax(value, axis=1)
        chosen.append(free[every, best])
        value = np.where(np.abs(kind - kind[best][:, None]) < ALIKE, -np.inf, value)
    if not family.shapes:
        return chosen[0], np.full(size, free.shape[1])
    owner = np.tile(every, len(chosen))
    total = columns.sketch.total[owner]
    climb = Climb.at(lambda free, who: function(free, owner[who]), np.concatenate(chosen), total)
    climb.run(LOOSE, FIRST)
    height = climb.value.reshape(-1, size)
    best = np.argmax(np.where(np.isnan(height), -np.inf, height), axis=0) * size + every
    used = climb.evaluations.reshape(-1, size).sum(axis=0) + free.shape[1]
    return climb.x[best], used


def _nearer(climb: Climb, function: Values) -> tuple[FloatArray, int]:
    """Free vectors (K, F) nearer to the maxima on all points: a step by their gradient there and the rough curvature."""
    free = climb.x
    around, h = stencil(free)
    size = free.shape[1]
    values = function(around[:, : 2 * size], np.arange(len(free)))
    gradient = (values[:, :size] - values[:, size:]) / (2 * h)
    components, basis, _, newton = steps(gradient, climb.hessian)
    small = newton & np.isfinite(gradient).all(axis=1) & (np.abs(components) < SMALL).all(axis=1)
    return np.where(small[:, None], free + turned(basis, components), free), 2 * size


def _last_step(climb: Climb, coordinates: Coordinates, total: FloatArray) -> Found:
    """The ends of a climb, each after the step that Newton's model promises next to nothing of."""
    step, promise, newton = climb.promised()
    last = newton & (promise < STRICT)
    free = np.where(last[:, None], climb.x + step, climb.x)
    theta = coordinates.theta(free)
    known: BoolArray = (promise < LOSS) & np.isfinite(climb.value) & np.isfinite(theta).all(axis=1) & (theta[:, -1] > 0)
    loglik = climb.value * total + np.where(last, promise, 0.0)
    if coordinates.family.shapes and coordinates.family.name not in LIMITS:
        finite: BoolArray = np.asarray(np.isfinite(climb.hessian).all(axis=(1, 2)))
        curvature = np.linalg.eigvalsh(np.where(finite[:, None, None], -climb.hessian, 0.0))
        known = known & (curvature[:, 0] > CURVED)
    return Found(theta, free, loglik, climb.gradient, climb.hessian, known, climb.evaluations)
