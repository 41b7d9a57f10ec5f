"""Which parameters have standard errors at a maximum, and those errors: ends of the support count as known where they must.

Where the density near an end of the support is a power d^(α−1) of the distance with α < 2, the end is estimated at a
faster rate than n^(−½), by the extreme value if α ≤ 1, and no curvature says how well; the other parameters are then as
well known, to first order, as if the end were (Smith 1985, Biometrika 72, 67–90). So such an end is held: loc and scale
follow from the ends and the shapes, and the errors are those of the rest. Where the likelihood is curved all the same
(1 < α < 2), its whole curvature serves: at 1 000 rows its errors cover more nearly what they should. A parameter that the
ends alone determine has none: NaN.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.estimation.coordinates import Coordinates
from warmfit_fitting.estimation.information import Function, Information, information_at
from warmfit_fitting.estimation.maximize import Slopes
from warmfit_fitting.families.family import Family
from warmfit_fitting.likelihood.objective import Objective

NEAR = 1e-8  # of the way from an end of the support to the centre
FALLS = 4.0  # nats from the centre to there, at least, of a density that vanishes
REGULAR = 0.999  # the power of the distance as which a density at least falls where its end has an error
LEVEL = 0.01  # a power that is as good as 0: next to nothing is left at the end, and no more falls
LITTLE = 1e-4  # nats over all rows that are left to a maximum at most
ENOUGH = 1e-9  # nats which one step makes up for, the errors and the likelihood being those at either place
ENOUGH_IN_BINS = 2e-5  # the same where bins stand for the rows, and are further off
ROUNDS = 3
ROUNDING = 1e-13  # relative: by how much the likelihood may seem to fall
LEAST = 1e-13  # of its reach, by which a held end is moved out lest rounding leaves the extreme outside

Ends = tuple[float | None, float | None]


def errors_at(
    objective: Objective, coordinates: Coordinates, free: FloatArray, slopes: Slopes | None = None
) -> tuple[float, ...]:
    """The standard errors (P,) of the parameters at a maximum, in the view's unit; empty where there are none.

    0 where a parameter is held fixed, NaN where an end of the support that is estimated at a faster rate determines it.
    """
    return settled(objective, coordinates, free, slopes).errors


@dataclass(frozen=True, eq=False)
class Settled:
    """Parameters `theta` (P,) at a maximum, the mean log-likelihood `value` there, None if it is not known, and `errors`."""

    theta: FloatArray
    value: float | None
    errors: tuple[float, ...]


def settled(objective: Objective, coordinates: Coordinates, free: FloatArray, slopes: Slopes | None = None) -> Settled:
    """The maximum next to `free` (F,): the parameters there, moved by what little is left to it.

    Beside an end of the support that is estimated at a faster rate, only what does not depend on that end is moved.
    """
    with np.errstate(all="ignore"):
        ends = irregular_ends(coordinates, coordinates.theta(free[None])[0])
        total = objective.view.total
        enough = ENOUGH if objective.view.exact else ENOUGH_IN_BINS
        whole, free = _settled(objective, coordinates.theta, free, slopes, enough)
        theta = coordinates.theta(free[None])[0]
        value, errors = (None, ()) if whole is None else (whole.value, whole.errors)
        if ends == (None, None):
            return Settled(theta, value, errors)
        beside = BesideEnds(coordinates, *ends)
        rest = beside.free(theta)
        other = information_at(objective, beside.theta, rest, total) if len(rest) else None
    if other is None or not any(other.errors):
        return Settled(theta, value, ())
    if whole is None and other.promise < enough:
        theta = _moved(objective, theta, beside.theta(np.stack([rest, rest + other.step])))
    at_edge = coordinates.edge is not None and coordinates.family.low == 0.0
    held = {*coordinates.fixed, "loc"} if at_edge else set(coordinates.fixed)
    errors = tuple(
        math.nan if left == 0.0 and name not in held else error
        for name, error, left in zip(coordinates.family.parameters, errors or other.errors, other.errors, strict=True)
    )
    return Settled(theta, value, errors)


def _settled(
    objective: Objective, theta: Function, free: FloatArray, slopes: Slopes | None, enough: float
) -> tuple[Information | None, FloatArray]:
    """What the curvature says at the maximum next to `free` (F,), and that maximum; None where it is not regular."""
    total = objective.view.total
    found = information_at(objective, theta, free, total, slopes)
    for _ in range(ROUNDS):
        if found is None or not enough < found.promise < LITTLE:
            break
        nearer = information_at(objective, theta, free + found.step, total)
        if nearer is None or nearer.promise > found.promise:
            break
        found, free = nearer, free + found.step
    return found, free + found.step if found is not None and found.promise < enough else free


def _moved(objective: Objective, theta: FloatArray, way: FloatArray) -> FloatArray:
    """Parameters (P,) moved by the difference of a `way` (2, P), if that rounds no row out of the support."""
    there = theta + (way[1] - way[0])
    before, after = objective(np.stack([theta, there]))
    return there if after >= before - ROUNDING * abs(before) else theta


def irregular_ends(coordinates: Coordinates, theta: FloatArray) -> Ends:
    """The ends of the support at `theta` (P,) that are estimated at a faster rate, in the view's unit; None for others."""
    family = coordinates.family
    *shapes, loc, scale = theta.tolist()
    low, high = (float(np.ravel(end)[0]) for end in family.support(*(np.array([v]) for v in shapes)))
    found: list[float | None] = []
    for end, sign, held in ((low, -1.0, coordinates.edge is not None), (high, 1.0, False)):
        held |= "loc" in coordinates.fixed and (end == 0.0 or "scale" in coordinates.fixed)
        regular = not math.isfinite(end) or held or falls(family, theta, end)
        reach = max(abs(loc), abs(scale * end))
        found.append(None if regular else loc + scale * end + sign * LEAST * reach)
    return found[0], found[1]


def falls(family: Family, theta: FloatArray, end: float) -> bool:
    """Whether the density at `theta` (P,) falls towards an `end` of the standard form, fast enough for it to be regular."""
    shapes = tuple(np.array([value]) for value in theta[:-2])
    center, _ = family.bulk(*shapes)
    middle, beside, nearer = (
        float(np.ravel(family.logpdf(end + share * (center - end), *shapes))[0]) for share in (1.0, NEAR, NEAR / 10.0)
    )
    if not middle - beside > FALLS:
        return False
    power = (beside - nearer) / math.log(10.0)
    return not LEVEL < power < REGULAR  # not a number where both have underflowed: a fast fall


@dataclass(frozen=True, eq=False)
class BesideEnds:
    """The parameters of a family while the ends `low` and `high` of its support stay where they are, None for a free one.

    Each end is a number, or (K,) where every vector belongs to a column of its own.
    Free are the shapes that are not held and, where neither what is held nor the ends determine it, the log of the scale.
    """

    coordinates: Coordinates
    low: float | FloatArray | None
    high: float | FloatArray | None

    @cached_property
    def _lines(self) -> tuple[Any, Any, Any]:
        """The values of loc + scale · z at z = 0, at the lower and at the upper end, where they stay."""
        c = self.coordinates
        return c.fixed.get("loc"), c.edge if self.low is None else self.low, self.high

    @property
    def scale_is_free(self) -> bool:
        """Whether neither what is held nor the ends determine the scale."""
        return "scale" not in self.coordinates.fixed and sum(value is not None for value in self._lines) == 1

    def free(self, theta: FloatArray) -> FloatArray:
        """The free vector (F,) of a parameter vector (P,)."""
        shapes = self.coordinates.shapes_free(theta[None, :-2])[0, self.coordinates.free_shapes]
        return np.append(shapes, np.log(theta[-1])) if self.scale_is_free else shapes

    def theta(self, free: FloatArray) -> FloatArray:
        """Parameter vectors (K, P) of free vectors (K, F)."""
        c = self.coordinates
        full = np.zeros((len(free), len(c.family.shapes)))
        full[:, c.free_shapes] = free[:, : len(c.free_shapes)]
        shapes = c.shapes_at(full)
        places = (np.zeros(1), *c.family.support(*shapes.T))
        lines = [(at, value) for at, value in zip(places, self._lines, strict=True) if value is not None]
        (at, value), rest = lines[0], lines[1:]
        if "scale" in c.fixed:
            scale = np.full(len(free), c.fixed["scale"])
        elif rest:
            scale = np.broadcast_to((rest[0][1] - value) / (rest[0][0] - at), len(free))
        else:
            scale = np.exp(free[:, -1])
        return np.column_stack([shapes, value - scale * at, scale])
