"""The search for the most likely shapes: screen the family's starts, climb on a coarse view, polish on the fine one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.discrete.features import CountFeatures
from warmfit_fitting.discrete.lattice import LatticeSearch, Profile
from warmfit_fitting.discrete.objective import CountObjective
from warmfit_fitting.discrete.space import Space
from warmfit_fitting.estimation.information import standard_errors
from warmfit_fitting.estimation.maximize import climb
from warmfit_fitting.estimation.sharpen import sharpen
from warmfit_fitting.families.discrete.family import DiscreteFamily
from warmfit_fitting.families.family import Cost
from warmfit_fitting.likelihood.budget import Budget
from warmfit_fitting.row import Ending

LOSS = 1e-3  # nats over all rows that the search may leave
CLIMBS = {Cost.CHEAP: 3, Cost.SPECIAL: 3, Cost.SLOW: 2}  # starts followed to their maximum
POINTS = {Cost.CHEAP: 192, Cost.SPECIAL: 128, Cost.SLOW: 40}  # of the coarse view
FINE_POINTS = {Cost.CHEAP: 10**6, Cost.SPECIAL: 10**6, Cost.SLOW: 100}  # of the fine one
SUMMED_POINTS = 1000  # where masses are sums
ROUNDS, POLISH = 80, 30
UNIT_STEP, UNIT_ROUNDS = 1e-3, 3  # towards the unit of differences
NESTED = 5  # times the evaluations of a family may be spent on the one that it contains
HOPELESS = 1e-8  # of the log-likelihood that may be left where that is huge: such a law is nowhere near the data


@dataclass(frozen=True, eq=False)
class CountEstimate:
    """Shapes (P,), the log-likelihood over all rows, how the search ended, and the standard errors (P,) or none."""

    theta: FloatArray
    loglik: float
    ending: Ending
    errors: tuple[float, ...] = ()


def search(
    fine: CountObjective, space: Space, data: CountFeatures, warm: FloatArray | None = None
) -> CountEstimate | None:
    """The best shapes found within the objective's budget; None where none gives every count a probability.

    `warm` (P,): shapes that are tried before the family's own starts.
    """
    family, total = fine.family, fine.total
    known = family.closed_form(data) if not space.fixed and fine.masses is None else None
    if known is not None:
        return _estimate(fine, space, Profile(np.array(known), float(fine(np.array([known]))[0]), True), "closed_form")
    summed = fine.masses is not None and not family.closed_cdf
    coarse, polished = fine.on(POINTS[family.cost]), fine.on(SUMMED_POINTS if summed else FINE_POINTS[family.cost])
    starts = _screened(coarse, space, data)
    if family.nested is not None and not space.fixed:
        starts = np.concatenate([_from_nested(coarse, data, *family.nested), starts])
    if warm is not None:
        given = space.held(warm[None])
        starts = np.concatenate([given[np.isfinite(coarse(given))], starts])
    if not len(starts):
        return None
    loss = max(LOSS / total, HOPELESS * abs(float(coarse(starts[:1])[0])))
    find = _on_lattice if space.whole else _in_the_open
    best = find(coarse, space, starts, loss, ROUNDS, data)
    if polished is not coarse and np.isfinite(best.value):
        at_limit = best.limit
        best = find(polished, space, best.theta[None], loss / 40, POLISH, data)
        best = Profile(best.theta, best.value, best.converged, best.limit or at_limit)
    if not np.isfinite(best.value):
        return None
    theta = best.theta
    if not best.limit and family.cost is not Cost.SLOW:
        theta = _sharpened(fine, space, theta, loss / 40, climbing=fine is not polished)
    value = float(fine(theta[None])[0])
    return _estimate(fine, space, Profile(theta, value, best.converged, best.limit), "")


def _sharpened(
    fine: CountObjective, space: Space, theta: FloatArray, tolerance: float, *, climbing: bool
) -> FloatArray:
    """The shapes with the last digits of the real ones, the whole ones as they are; `climbing` first, if not yet there."""
    if not space.real or fine.budget.exhausted:
        return theta
    space = replace(space, reference=theta)
    function, free = space.through(fine, theta), space.free(theta[None])
    if climbing:
        free = climb(function, free, fine.budget, tolerance=tolerance, rounds=POLISH).free[None]
    unit = _units(function, free[0])
    found = sharpen(lambda z: function(free + z * unit), np.zeros(len(unit)))
    sharp: FloatArray = space.theta(free + found * unit, theta)[0]
    return sharp


def _units(function: Callable[[FloatArray], FloatArray], free: FloatArray) -> FloatArray:
    """What steps are measured in (F,): by how much a coordinate lowers one row's log-likelihood by a half; at most 1.

    In logs of large means, over which bounds are sharp, that is far below 1.
    """
    unit, eye = np.ones(len(free)), np.eye(len(free))
    for _ in range(UNIT_ROUNDS):
        steps = np.concatenate([eye, -eye, 0 * eye[:1]]) * (UNIT_STEP * unit)
        up, down, here = np.split(function(free + steps), [len(free), 2 * len(free)])
        curvature = (2 * here - up - down) / UNIT_STEP**2
        unit = unit / np.sqrt(np.where(np.isfinite(curvature), np.maximum(curvature, 1.0), 1.0))
    return unit


def _estimate(fine: CountObjective, space: Space, best: Profile, ending: Ending) -> CountEstimate | None:
    """The estimate with its standard errors and how it came about."""
    if not np.isfinite(best.value):
        return None
    regular = fine.family.cost is not Cost.SLOW and not fine.budget.exhausted
    errors = _errors(fine, space, best.theta) if space.real and regular and not best.limit else ()
    if not space.n_free:
        errors = (0.0,) * len(best.theta)
    if not ending:
        settled = bool(errors) or not space.real or not regular
        ending = "budget" if not best.converged else "boundary" if best.limit or not settled else "converged"
    return CountEstimate(best.theta, best.value * fine.total, ending, errors)


def _errors(fine: CountObjective, space: Space, theta: FloatArray) -> tuple[float, ...]:
    """Standard errors of the real shapes given the whole ones, which have none: NaN; 0 for what is held fixed."""
    space = replace(space, reference=theta)
    free = space.free(theta[None])[0]
    unit = _units(space.through(fine, theta), free) if fine.masses is not None else np.ones(len(free))
    errors = standard_errors(fine, lambda z: space.theta(free + z * unit, theta), 0 * free, fine.total)
    return tuple(np.nan if i in space.whole else e for i, e in enumerate(errors))


def _from_nested(
    objective: CountObjective, data: CountFeatures, family: DiscreteFamily, rest: tuple[float, ...]
) -> FloatArray:
    """The maximum of a family that is contained, as a start (1, P) or none (0, P)."""
    budget = Budget(NESTED * objective.budget.limit, objective.budget.should_stop)  # whose evaluations are cheap
    inner = replace(objective, family=family, budget=budget)
    found = search(inner, Space(family, {}), data)
    size = len(objective.family.shapes)
    return np.array([(*found.theta, *rest)] if found is not None else []).reshape(-1, size)


def _screened(objective: CountObjective, space: Space, data: CountFeatures) -> FloatArray:
    """The best of the family's starts, (S, P), no two with the same whole or the same real shapes."""
    parts = [part for part in (space.whole, space.real) if part]
    given = np.array(objective.family.starts(data), dtype=np.float64)
    starts = space.held(given.reshape(-1, len(objective.family.shapes)))
    values = objective(starts)
    order = [int(i) for i in np.argsort(-values, kind="stable") if np.isfinite(values[i])]
    chosen: list[int] = []
    for i in order:
        fresh = [not np.array_equal(starts[i, part], starts[j, part]) for j in chosen for part in parts]
        if len(chosen) < CLIMBS[objective.family.cost] and all(fresh):
            chosen.append(i)
    return starts[chosen]


def _on_lattice(
    objective: CountObjective, space: Space, starts: FloatArray, loss: float, rounds: int, data: CountFeatures
) -> Profile:
    lattice = LatticeSearch(objective, space, loss, data)
    return max((lattice.climb(start, rounds) for start in starts), key=lambda profile: profile.value)


def _in_the_open(
    objective: CountObjective, space: Space, starts: FloatArray, loss: float, rounds: int, _: CountFeatures
) -> Profile:
    at = starts[0]
    if not space.real:
        return Profile(at, float(objective(at[None])[0]), True)
    found = climb(
        space.through(objective, at), space.free(starts), objective.budget, tolerance=loss / 40, rounds=rounds
    )
    return Profile(space.theta(found.free[None], at)[0], found.value, found.converged)
