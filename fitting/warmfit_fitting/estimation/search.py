"""The search for the maximum: screen many starts, climb from the best few on the coarse view, polish on the fine one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.estimation.coordinates import Coordinates
from warmfit_fitting.estimation.cusp import sharpened
from warmfit_fitting.estimation.errors import Settled, settled
from warmfit_fitting.estimation.features import Features
from warmfit_fitting.estimation.held_starts import held_starts
from warmfit_fitting.estimation.location import loc_scale_starts
from warmfit_fitting.estimation.maximize import STEP, Maximum, climb, first_rounds, maximize, refine
from warmfit_fitting.estimation.refound import (
    FEW,
    FOLLOWING,
    FURTHER,
    REACHED,
    REFOUND,
    STRICT,
    STRICT_IN_BINS,
    one_top,
    refound,
)
from warmfit_fitting.families.family import Cost, Family
from warmfit_fitting.likelihood.objective import Objective
from warmfit_fitting.row import Ending

CLIMBS = {Cost.CHEAP: 3, Cost.SPECIAL: 2, Cost.SLOW: 2}  # starts followed to their maximum
HEATS = 6  # starts that are followed for a round first, where there is more than one shape
HEAT_ROUNDS = 1
LOSS = 2e-3  # nats over all rows that the search may leave
ROUNDS = {Cost.CHEAP: 90, Cost.SPECIAL: 60, Cost.SLOW: 12}  # on the coarse view
AT_CUSPS = (25, 8)  # the same where the density has a cusp, whose neighbours are tried one by one afterwards
POLISH = {Cost.CHEAP: 30, Cost.SPECIAL: 30, Cost.SLOW: 3}  # on the fine view
SKETCH_POINTS = 64
WIDE, FINER = 0.2, 0.05  # steps of the differences past kinks, on the coarse and on the fine view
RIDGE = 5e-7  # nats a row that a climb along a ridge may leave besides: a twentieth of a nat of 100 000 rows
COARSER = 3.0  # times that may be left on the coarse view
LOSS_AT_KINKS = 0.05  # nats over all rows that the search may leave where the likelihood has kinks
POLISH_POINTS = {Cost.CHEAP: 10**6, Cost.SPECIAL: 10**6, Cost.SLOW: 250}  # of the fine view
POINTS = {Cost.CHEAP: 160, Cost.SPECIAL: 128, Cost.SLOW: 48}  # of the coarse view


@dataclass(frozen=True)
class Estimate:
    """Parameters (P,) in the view's unit, the bounded log-likelihood over all rows, how the search ended, `errors` (P,)."""

    theta: FloatArray
    loglik: float
    ending: Ending
    errors: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class Contents:
    """The fits of families that a family contains, as its own parameters `theta` (M, P), and the highest `loglik`.

    `loose` (L, P): where the family is best with nothing held, if something is. Then the search climbs from there and not
    from `theta`, most of which lie in limits, whose flat likelihood holds a climb that nothing else draws on.
    """

    theta: FloatArray
    loglik: float = -np.inf
    loose: FloatArray | None = None


def search(
    fine: Objective, coordinates: Coordinates, data: Features, contents: Contents, warm: FloatArray | None = None
) -> Estimate | None:
    """The best parameters found within the objective's budget, or None where no start has a finite likelihood.

    They are no worse than the best of the `contents` that lies where the family can be evaluated. `warm` (P,): parameters
    that may lie next to the maximum. Where Newton's steps from there end at one, or a short climb in a limit or between
    kinks, nothing else is tried; otherwise the search is the same as without them, and where they end higher all the same,
    it goes on from there.
    """
    if coordinates.n_free == 0:
        return _held(fine, coordinates)
    if warm is None:
        best = _searched(fine, coordinates, data, contents)
    else:
        best = _resumed(fine, coordinates, data, contents, warm)
    return _estimate(fine, coordinates, best) if np.isfinite(best.value) else None


def _resumed(
    fine: Objective, coordinates: Coordinates, data: Features, contents: Contents, warm: FloatArray
) -> Maximum:
    """Where the search ends that begins at `warm` (P,): next to it, where that is known to do, or else from everywhere."""
    near = refound(fine, coordinates, warm) if one_top(fine.family) else None
    if near is not None:
        if near.converged and contents.loglik <= near.value * fine.view.total + REFOUND:
            return near
        again = _followed(fine, coordinates, warm, near, contents)
        if again is not None:
            return again
    best = _searched(fine, coordinates, data, contents)
    near = near or _standing(fine, coordinates, warm)
    if near.value > best.value:
        end = _polished(fine, coordinates, replace(near, converged=True), _tolerance(fine))
        best = max([best, end], key=lambda m: m.value)
    return best


def _standing(fine: Objective, coordinates: Coordinates, theta: FloatArray) -> Maximum:
    """The place of `theta` (P,) and its value, nothing being sought around it."""
    free = coordinates.free(theta[None])
    return Maximum(free[0], float(_through(fine, coordinates)(free)[0]), False)


def _searched(fine: Objective, coordinates: Coordinates, data: Features, contents: Contents) -> Maximum:
    """Where the search ends that knows no place to start from."""
    family, total = fine.family, data.view.total
    sketch, coarse = (on(fine, points) for points in (SKETCH_POINTS, POINTS[family.cost]))
    tolerance = _tolerance(fine)
    inner = coordinates.free(contents.theta)
    first = inner if contents.loose is None else coordinates.free(contents.loose)
    others = _screened(sketch, coordinates, _starts(family, data, coordinates))
    climbing = np.concatenate([_best(coarse, coordinates, first), others])
    best = _climbed(fine, coarse, coordinates, climbing, tolerance)
    if contents.loglik / total > best.value + tolerance:
        within = _best(fine, coordinates, inner)
        ends = [_polished(fine, coordinates, Maximum(free, -np.inf, True), tolerance) for free in within]
        best = max([best, *ends], key=lambda m: m.value)
    if family.cusp_at_loc and not fine.budget.exhausted:
        best = sharpened(fine, coordinates, best, tolerance)
    return best


def _followed(
    fine: Objective, coordinates: Coordinates, warm: FloatArray, near: Maximum, contents: Contents
) -> Maximum | None:
    """The maximum next to `near`, where Newton's steps from `warm` have led, if `warm` lay at it but for a few rows.

    Where a family that this one contains does better than `near`, the climb begins at that family's place instead.
    It leaves no more than the search from everywhere may leave: `LOSS`, or that at kinks, and `RIDGE` a row.
    """
    total = fine.view.total
    start = float(fine(coordinates.theta(coordinates.free(warm[None])))[0])
    if not (near.value - start) * total < FEW:
        return None
    tolerance = _tolerance(fine)
    enough = tolerance + RIDGE  # as where the search from everywhere ends
    if contents.loglik > near.value * total + REFOUND:
        inner = _best(fine, coordinates, coordinates.free(contents.theta))
        within = [refine(_through(fine, coordinates), free, tolerance=enough) for free in inner]
        near = max([near, *within], key=lambda m: m.value)
    end = near
    if fine.family.kinked or fine.family.cusp_at_loc:
        end = _polished(fine, coordinates, replace(near, converged=True), tolerance)
        end = sharpened(fine, coordinates, end, tolerance)
    elif near.promise * total > REACHED:
        left, rounds = (enough, FOLLOWING) if near.promise > enough else (REACHED / total, FURTHER)
        far = maximize(_through(fine, coordinates), near.free, fine.budget, tolerance=left, rounds=rounds)
        end = refine(
            _through(fine, coordinates), far.free, tolerance=(STRICT if fine.view.exact else STRICT_IN_BINS) / total
        )
        end = replace(end, converged=far.converged or end.promise < enough)
    else:
        end = replace(end, converged=True)
    there = end.converged and not fine.budget.exhausted and (end.value - start) * total < FEW
    return end if there and contents.loglik <= end.value * total + REFOUND else None


def _tolerance(fine: Objective) -> float:
    """The nats a row that the search may leave."""
    return (LOSS_AT_KINKS if fine.family.kinked else LOSS) / fine.view.total


def _estimate(fine: Objective, coordinates: Coordinates, best: Maximum) -> Estimate:
    """The estimate at a maximum, with its errors, and how the search ended."""
    family, total = fine.family, fine.view.total
    end = Settled(coordinates.theta(best.free[None])[0], None, ())
    regular = not family.cusp_at_loc and family.cost is not Cost.SLOW  # else without errors, and no worse for it
    if regular and not fine.budget.exhausted:
        end = settled(fine, coordinates, best.free, best.slopes)
    ending: Ending = "boundary"
    if not best.converged:
        ending = "budget"
    elif (end.errors and np.isfinite(end.errors).all()) or not regular:
        ending = "converged"
    return Estimate(end.theta, (best.value if end.value is None else end.value) * total, ending, end.errors)


def _held(fine: Objective, coordinates: Coordinates) -> Estimate | None:
    """The likelihood of the only parameters there are, all of them being held."""
    theta = coordinates.theta(np.zeros((1, 0)))
    value = float(fine(theta)[0])
    if not np.isfinite(value):
        return None
    return Estimate(theta[0], value * fine.view.total, "converged", (0.0,) * theta.shape[1])


def _climbed(
    fine: Objective, coarse: Objective, coordinates: Coordinates, starts: FloatArray, tolerance: float
) -> Maximum:
    """The highest maximum reached from free vectors `starts` (S, F) on the coarse view, and from there on the fine one."""
    if not len(starts):
        return Maximum(np.zeros(coordinates.n_free), -np.inf, False)
    step = WIDE if fine.family.kinked else STEP
    function = _through(coarse, coordinates)
    exact = coarse.view is fine.view
    rounds = AT_CUSPS[0] if fine.family.cusp_at_loc and not exact else ROUNDS[fine.family.cost]
    loose = (tolerance if exact else COARSER * tolerance) + RIDGE
    best = climb(function, starts, fine.budget, tolerance=loose, rounds=rounds, step=step)
    return best if not np.isfinite(best.value) else _polished(fine, coordinates, best, tolerance)


def _best(objective: Objective, coordinates: Coordinates, free: FloatArray) -> FloatArray:
    """The one of the free vectors (K, F) with the highest likelihood, (1, F); none (0, F) where all have none."""
    if not len(free):
        return free
    values = _through(objective, coordinates)(free)
    return free[[int(np.argmax(values))]] if np.isfinite(values).any() else free[:0]


def _polished(fine: Objective, coordinates: Coordinates, best: Maximum, tolerance: float) -> Maximum:
    """The maximum on the fine view next to that on the coarse one: a Newton step or two away, or up a ridge."""
    family = fine.family
    polished = on(fine, POLISH_POINTS[family.cost])
    function = _through(polished, coordinates)
    strict = (STRICT if fine.view.exact else STRICT_IN_BINS) / fine.view.total
    rounds = AT_CUSPS[1] if family.cusp_at_loc else POLISH[family.cost]
    if family.kinked:
        end = maximize(function, best.free, fine.budget, tolerance=tolerance + RIDGE, rounds=rounds, step=FINER)
        return replace(end, converged=end.converged and best.converged)
    end = refine(function, best.free, tolerance=strict)
    near = end.converged or end.promise < tolerance + RIDGE
    if not near:
        far = maximize(function, end.free, fine.budget, tolerance=tolerance + RIDGE, rounds=rounds)
        end, near = refine(function, far.free, tolerance=strict), far.converged
    if fine.view is not polished.view:
        value = float(_through(fine, coordinates)(end.free[None])[0])
        return Maximum(end.free, value, best.converged and near)
    return replace(end, converged=best.converged and near)


def on(fine: Objective, points: int) -> Objective:
    """The same objective on a view of about that many points."""
    return replace(fine, view=fine.view.coarse(points))


def _through(objective: Objective, coordinates: Coordinates) -> Callable[[FloatArray], FloatArray]:
    """The objective as a function of free coordinates."""

    return lambda free: objective(coordinates.theta(free))


def _screened(objective: Objective, coordinates: Coordinates, starts: FloatArray) -> FloatArray:
    """The free vectors of the best starts, no two with the same shapes unless there is nothing else."""
    free = coordinates.free(starts)
    function = _through(objective, coordinates)
    values = function(free)
    order = [int(i) for i in np.argsort(-values, kind="stable") if np.isfinite(values[i])]
    n_shapes, climbs = len(objective.family.shapes), CLIMBS[objective.family.cost]
    most = 1 if n_shapes == 0 else climbs if n_shapes == 1 else HEATS
    chosen: list[int] = []
    for i in order:
        if len(chosen) == most:
            break
        if all(not np.array_equal(starts[i, :n_shapes], starts[j, :n_shapes]) for j in chosen):
            chosen.append(i)
    if len(chosen) <= climbs:
        return free[chosen]
    return first_rounds(function, free[chosen], objective.budget, HEAT_ROUNDS)[:climbs]


def _starts(family: Family, data: Features, coordinates: Coordinates) -> FloatArray:
    """The family's own starts, then each of its shapes with locations and scales spread over the data."""
    own = [tuple(start) for start in family.starts(data)]
    characters = family.shape_starts()
    shapes = np.array(characters, dtype=np.float64).reshape(len(characters), len(family.shapes))
    shapes = coordinates.moved_in(shapes)
    generic = [
        (*each, loc, scale)
        for each in map(tuple, shapes.tolist())
        for loc, scale in loc_scale_starts(family, each, data)
    ]
    found = np.array(own + generic, dtype=np.float64).reshape(-1, len(family.parameters))
    if not coordinates.fixed:
        return found
    return np.concatenate([held_starts(coordinates, shapes, data), found])
