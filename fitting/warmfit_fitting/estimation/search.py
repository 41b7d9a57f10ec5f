"""The search for the maximum: screen many starts, climb from the best few on the coarse view, polish on the fine one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.estimation.coordinates import Coordinates
from warmfit_fitting.estimation.cusp import sharpened
from warmfit_fitting.estimation.features import Features
from warmfit_fitting.estimation.location import loc_scale_starts
from warmfit_fitting.estimation.maximize import Maximum, maximize
from warmfit_fitting.families.family import Cost, Family
from warmfit_fitting.likelihood.objective import Objective
from warmfit_fitting.row import Ending

CLIMBS = 3  # starts followed to their maximum
BATCH = 32
LOSS = 1e-3  # nats over all rows that the search may leave
SKETCH_POINTS = 64
POINTS = {Cost.CHEAP: 300, Cost.SPECIAL: 300, Cost.SLOW: 120, Cost.UNBOUNDED: 120}  # of the coarse view


@dataclass(frozen=True)
class Estimate:
    """Parameters (P,) in the view's unit, the bounded log-likelihood over all rows, and how the search ended."""

    theta: FloatArray
    loglik: float
    ending: Ending


def search(fine: Objective, coordinates: Coordinates, data: Features, rounds: int = 60) -> Estimate | None:
    """The best parameters found within the objective's budget, or None where no start has a finite likelihood."""
    sketch, coarse = (on(fine, points) for points in (SKETCH_POINTS, POINTS[fine.family.cost]))
    starts = _screened(sketch, coordinates, _starts(fine.family, data))
    tolerance = LOSS / data.view.total
    climbed: list[Maximum] = []
    for start in starts:
        climbed.append(maximize(_through(coarse, coordinates), start, fine.budget, tolerance=tolerance, rounds=rounds))
        if fine.budget.used > fine.budget.limit // 2:
            break
    climbed = [c for c in climbed if np.isfinite(c.value)]
    if not climbed:
        return None
    best = max(climbed, key=lambda m: m.value)
    if fine.view is not coarse.view:
        best = maximize(_through(fine, coordinates), best.free, fine.budget, tolerance=tolerance / 10)
    best = sharpened(fine, coordinates, best, tolerance)
    if not np.isfinite(best.value):
        return None
    theta = coordinates.theta(best.free[None])[0]
    ending: Ending = "converged" if best.converged else "budget"
    return Estimate(theta, best.value * fine.view.total, ending)


def on(fine: Objective, points: int) -> Objective:
    """The same objective on a view of about that many points."""
    return Objective(fine.family, fine.view.coarse(points), fine.budget, fine.window)


def _through(objective: Objective, coordinates: Coordinates) -> Callable[[FloatArray], FloatArray]:
    """The objective as a function of free coordinates."""

    return lambda free: objective(coordinates.theta(free))


def _screened(objective: Objective, coordinates: Coordinates, starts: FloatArray) -> list[FloatArray]:
    """The free vectors of the best starts, no two with the same shapes unless there is nothing else."""
    free = coordinates.free(starts)
    function = _through(objective, coordinates)
    values = np.concatenate([function(free[i : i + BATCH]) for i in range(0, len(free), BATCH)])
    order = [int(i) for i in np.argsort(-values, kind="stable") if np.isfinite(values[i])]
    n_shapes = len(objective.family.shapes)
    chosen: list[int] = []
    for i in order:
        if len(chosen) == CLIMBS:
            break
        if all(not np.array_equal(starts[i, :n_shapes], starts[j, :n_shapes]) for j in chosen) or n_shapes == 0:
            chosen.append(i)
    if n_shapes == 0:
        chosen = chosen[:1]
    return [free[i] for i in chosen]


def _starts(family: Family, data: Features) -> FloatArray:
    """The family's own starts, then each of its shapes with locations and scales spread over the data."""
    own = [tuple(start) for start in family.starts(data)]
    generic = [
        (*shapes, loc, scale)
        for shapes in family.shape_starts()
        for loc, scale in loc_scale_starts(family, shapes, data)
    ]
    return np.array(own + generic, dtype=np.float64).reshape(-1, len(family.parameters))
