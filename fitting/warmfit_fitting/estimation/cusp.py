"""Where a density has a cusp at its location: the likelihood has a kink at every value, and often a maximum.

No derivative leads from one to the next; the values nearby, and the points between, are tried one by one, and the other
parameters follow with the location held (Norton 1984, "The double exponential distribution", for the simplest case).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from warmfit_fitting.arrays import BoolArray, FloatArray
from warmfit_fitting.estimation.coordinates import Coordinates
from warmfit_fitting.estimation.maximize import Maximum, maximize
from warmfit_fitting.likelihood.objective import Objective

NEIGHBOURS = 12  # values on either side of the cusp that are tried
MOVES = 4
FOLLOWED = 2  # of the values tried, those for which the other parameters are sought
ROUNDS = 12


def sharpened(objective: Objective, coordinates: Coordinates, found: Maximum, tolerance: float) -> Maximum:
    """The maximum `found`, or a better one with the cusp at, beside or between values nearby, its density finite."""
    if not objective.family.cusp_at_loc or "loc" in coordinates.fixed or not np.isfinite(found.value):
        return found
    first = found
    if not _finite(objective, coordinates.theta(found.free[None]))[0]:
        found = replace(found, value=-np.inf)  # on a value itself: anything beside it is better
    for _ in range(MOVES):
        moved = _moved(objective, coordinates, found, tolerance)
        if moved.value <= found.value + tolerance:
            break
        found = moved
    return found if np.isfinite(found.value) else first


def _moved(objective: Objective, coordinates: Coordinates, found: Maximum, tolerance: float) -> Maximum:
    theta = coordinates.theta(found.free[None])[0]
    tried = np.tile(theta, (8 * NEIGHBOURS, 1))
    places = _places(objective.view.x, float(theta[-2]))
    tried = tried[: len(places)]
    tried[:, -2] = places
    values = np.where(_finite(objective, tried), objective(tried), -np.inf)
    best = found
    for i in np.argsort(-values, kind="stable")[:FOLLOWED]:
        held = replace(coordinates, fixed={**coordinates.fixed, "loc": float(tried[i, -2])})

        def function(free: FloatArray, held: Coordinates = held) -> FloatArray:
            return objective(held.theta(free))

        start = held.free(tried[i : i + 1])[0]
        end = maximize(function, start, objective.budget, tolerance=tolerance, rounds=ROUNDS)
        if end.value > best.value and _finite(objective, held.theta(end.free[None]))[0]:
            best = Maximum(coordinates.free(held.theta(end.free[None]))[0], end.value, end.converged)
    return best


def _finite(objective: Objective, theta: FloatArray) -> BoolArray:
    """Whether the density is finite, and not zero, at every value, for parameter vectors (K, P): at the cusp, that is."""
    shapes = tuple(theta[:, i : i + 1] for i in range(theta.shape[1] - 2))
    with np.errstate(all="ignore"):
        at_cusp = np.isfinite(objective.family.logpdf(np.zeros((len(theta), 1)), *shapes))[:, 0]
    return np.asarray(at_cusp | ~np.isin(theta[:, -2], objective.view.x), dtype=np.bool_)


def _places(x: FloatArray, loc: float) -> FloatArray:
    """Values near `loc` and the points between them, (≤ 8 · NEIGHBOURS,)."""
    at = int(np.searchsorted(x, loc))
    near = x[max(at - NEIGHBOURS, 0) : at + NEIGHBOURS]
    between = near[:-1] + np.diff(near) * np.array([[0.002], [0.5], [0.998]])
    return np.concatenate([near, between.ravel()])
