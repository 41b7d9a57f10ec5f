"""The maxima of one family on many columns: starts compared on a sketch, climbs in step, the last steps on all points."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from warmfit_fitting.arrays import BoolArray, FloatArray, IntArray
from warmfit_fitting.batched.climb import Climb
from warmfit_fitting.batched.columns import Columns
from warmfit_fitting.estimation.coordinates import Coordinates
from warmfit_fitting.families.family import Family
from warmfit_fitting.resampling.batch import function_of
from warmfit_fitting.resampling.likelihood import Batch

FILLED = 0.8
FIRST = 3  # rounds of each of the starts on the sketch, before the highest goes on
LOOSE = 1e-2  # nats over all rows that the rough climb may leave
ROUGH_ROUNDS, ROUNDS = 40, 30
STRICT = 1e-6  # nats that Newton's model may promise yet where a climb ends on all points; its step is taken
STARTS = 2  # with different shapes, beside those of families that are contained
LOSS = 2e-3  # nats by which a family may end below one that it contains

Ask = Callable[[], None] | None


@dataclass(frozen=True, eq=False)
class Found:
    """Where a family ended on K columns: `theta` (K, P) and `free` (K, F) in each column's unit, `loglik` (K,) over all rows.

    `gradient` (K, F), `hessian` (K, F, F) a row; `known` (K,): whether that is a maximum at all; `rounds` (K,): evaluations.
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
    known = np.isfinite(theta).all(axis=1)
    free = coordinates.free(np.where(known[:, None], theta, 1.0))
    climb = Climb.at(function_of(family, columns.data, coordinates, ask), free, columns.data.total)
    known &= np.isfinite(climb.value)
    return Found(
        theta, free, climb.value * columns.data.total, climb.gradient, climb.hessian, known, climb.evaluations
    )


def search(
    family: Family, columns: Columns, coordinates: Coordinates, inner: list[tuple[FloatArray, FloatArray]], ask: Ask
) -> Found:
    """The maximum that is reached on each column; `inner`: parameters (K, P) of contained laws, and their likelihoods (K,).

    A column whose climb ends at no regular end, or below what is contained, is not `known`.
    """
    own = _screened(family, columns, coordinates, _starts(family, columns), ask)
    within = [coordinates.free(theta) for theta, _ in inner]
    starts = own + within
    climbs = [_first(family, columns.sketch, coordinates, start, ask) for start in starts]
    climb = max_of(climbs)
    used = sum(climb.evaluations for climb in climbs)
    if columns.rough is not columns.data:
        climb = Climb.at(function_of(family, columns.rough, coordinates, ask), climb.x, columns.rough.total)
        climb.run(LOOSE, ROUGH_ROUNDS)
        used = used + climb.evaluations
    climb = Climb.at(function_of(family, columns.data, coordinates, ask), climb.x, columns.data.total)
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
            scale = width / spread
            starts.append(np.column_stack([*(np.full(len(columns), s) for s in shapes), place - scale * center, scale]))
    return starts


def _shapes(family: Family) -> list[tuple[float, ...]]:
    """The shapes that a search begins with, and others between them, no farther apart than `FILLED` in coordinates."""
    if not family.shapes:
        return [()]
    (free,) = family.to_free(np.array([s for (s,) in family.shape_starts()], dtype=np.float64))
    free = np.sort(free)
    parts = [np.linspace(a, b, 1 + math.ceil((b - a) / FILLED), endpoint=False) for a, b in zip(free, free[1:], strict=False)]
    return [(float(s),) for s in family.from_free(np.concatenate([*parts, free[-1:]]))[0]]


def _screened(
    family: Family, columns: Columns, coordinates: Coordinates, starts: list[FloatArray], ask: Ask
) -> list[FloatArray]:
    """Of each column the best starts on the sketch, with different shapes, as free vectors (K, F)."""
    function = function_of(family, columns.sketch, coordinates, ask)
    size = len(columns)
    free = np.stack([coordinates.free(theta) for theta in starts], axis=1)
    value = function(free, np.arange(size))
    value = np.where(np.isnan(value), -np.inf, value)
    each = len(columns.places)
    chosen = []
    for _ in range(STARTS if family.shapes else 1):
        best = np.argmax(value, axis=1)
        chosen.append(free[np.arange(size), best])
        same = np.arange(free.shape[1])[None, :] // each == best[:, None] // each
        value = np.where(same, -np.inf, value)
        if not np.isfinite(value).any():
            break
    return chosen


def _first(family: Family, data: Batch, coordinates: Coordinates, start: FloatArray, ask: Ask) -> Climb:
    climb = Climb.at(function_of(family, data, coordinates, ask), start, data.total)
    climb.run(LOOSE, FIRST)
    return climb


def max_of(climbs: list[Climb]) -> Climb:
    """Of each column the climber that stands highest."""
    best = climbs[0]
    for other in climbs[1:]:
        higher = other.value > best.value
        best.x = np.where(higher[:, None], other.x, best.x)
        best.value = np.where(higher, other.value, best.value)
    return best


def _last_step(climb: Climb, coordinates: Coordinates, total: FloatArray) -> Found:
    """The ends of a climb, each after the step that Newton's model promises next to nothing of."""
    step, promise, newton = climb.promised()
    last = newton & (promise < STRICT)
    free = np.where(last[:, None], climb.x + step, climb.x)
    theta = coordinates.theta(free)
    known = (promise < LOSS) & np.isfinite(climb.value) & np.isfinite(theta).all(axis=1) & (theta[:, -1] > 0)
    loglik = climb.value * total + np.where(last, promise, 0.0)
    return Found(theta, free, loglik, climb.gradient, climb.hessian, known, climb.evaluations)
