"""Standard errors of many columns at once: the formulas of `estimation.errors` and `estimation.information`, in step.

Whether the curvature is regular is asked of the rough points, where two widths of differences must agree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from warmfit_fitting.arrays import BoolArray, FloatArray, IntArray
from warmfit_fitting.batched.columns import Columns
from warmfit_fitting.batched.objective import ColumnsObjective
from warmfit_fitting.batched.search import Found
from warmfit_fitting.estimation.coordinates import Coordinates
from warmfit_fitting.estimation.errors import FALLS, LEAST, LEVEL, NEAR, REGULAR, BesideEnds
from warmfit_fitting.estimation.information import AGREE, CLIMB, STEPS
from warmfit_fitting.estimation.information import LEAST as LEAST_CURVATURE
from warmfit_fitting.estimation.maximize import from_stencil, stencil
from warmfit_fitting.families.family import Family
from warmfit_fitting.resampling.likelihood import Batch

Map = Callable[[FloatArray, IntArray], FloatArray]
"""Parameter vectors (M, P) of free vectors (M, F) of columns (M,)."""


def standard_errors(
    family: Family, columns: Columns, coordinates: Coordinates, found: Found
) -> list[tuple[float, ...]]:
    """The standard errors of the parameters on each column, in its unit; empty where there are none."""
    every = np.arange(len(columns))
    values = ColumnsObjective(family, columns.data)
    rough = replace(values, data=columns.rough)
    slopes = _Slopes(found.gradient, found.hessian)
    with np.errstate(all="ignore"):
        whole = _errors(
            rough, lambda free, who: coordinates.of(who).theta(free), found.free, every, slopes, columns.data
        )
        ends = _irregular_ends(coordinates, found.theta)
        answers = [tuple(row.tolist()) if known else () for row, known in zip(*whole, strict=True)]
        for pattern in ((True, False), (False, True), (True, True)):
            who = np.flatnonzero((np.isfinite(ends) == np.array(pattern)[:, None]).all(axis=0) & found.known)
            if len(who):
                for k, answer in _beside(values, rough, columns.data, coordinates, found.theta, ends, who, pattern):
                    answers[k] = _told(coordinates, answers[k], answer)
    return answers


def _told(coordinates: Coordinates, errors: tuple[float, ...], others: tuple[float, ...]) -> tuple[float, ...]:
    """What is said where an end of the support is estimated at a faster rate; see `estimation.errors.errors_at`."""
    if not any(others):
        return ()
    at_edge = coordinates.edge is not None and coordinates.family.low == 0.0
    held = {*coordinates.fixed, "loc"} if at_edge else set(coordinates.fixed)
    return tuple(
        np.nan if other == 0.0 and name not in held else error
        for name, error, other in zip(coordinates.family.parameters, errors or others, others, strict=True)
    )


@dataclass(frozen=True, eq=False)
class _Slopes:
    """Gradients (M, F) and Hessians (M, F, F) of the mean log-likelihood."""

    gradient: FloatArray
    hessian: FloatArray


def _errors(
    rough: ColumnsObjective, theta: Map, free: FloatArray, who: IntArray, slopes: _Slopes, data: Batch
) -> tuple[FloatArray, BoolArray]:
    """Errors (M, P) at free vectors (M, F) of the columns `who`, and who has any (M,)."""
    size = free.shape[1]
    if not size:
        return np.zeros((len(who), len(rough.family.parameters))), np.ones(len(who), bool)
    near, wide = (_slopes_at(rough, theta, free, who, step)[0] for step in STEPS)
    total = data.total[who]
    differ = np.abs(near.hessian - wide.hessian) * total[:, None, None]
    inverse, known = _covariance(slopes, total, differ)
    points, h = stencil(free, STEPS[0])
    each = np.repeat(who, 2 * size)
    around = theta(points[:, : 2 * size].reshape(-1, size), each).reshape(len(who), 2 * size, -1)
    jacobian = (around[:, :size] - around[:, size:]) / (2 * h[:, :, None])
    half = np.einsum("kij,kjp->kip", inverse, jacobian)
    variance = np.einsum("kip,kip->kp", jacobian, half)
    known &= np.isfinite(variance).all(axis=1) & (variance >= 0).all(axis=1)
    return np.sqrt(np.where(known[:, None], variance, 0.0)), known


def _slopes_at(
    objective: ColumnsObjective, theta: Map, free: FloatArray, who: IntArray, step: float
) -> tuple[_Slopes, FloatArray]:
    """Slopes by differences of `step` at free vectors (M, F) of columns (M,), and the values there (M,)."""
    around, h = stencil(free, step)
    points = np.concatenate([free[:, None], around], axis=1)
    each = np.repeat(who, points.shape[1])
    thetas = theta(points.reshape(len(each), -1), each)
    values = objective(thetas.reshape(*points.shape[:2], -1), who)
    return _Slopes(*from_stencil(values[:, 1:], values[:, 0], h)), values[:, 0]


def _covariance(slopes: _Slopes, total: FloatArray, differ: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Inverse informations (M, F, F) and which of them are regular (M,); see `estimation.information`."""
    information = -slopes.hessian * total[:, None, None]
    diagonal = np.einsum("kii->ki", information)
    known = (
        np.isfinite(information).all(axis=(1, 2)) & np.isfinite(differ).all(axis=(1, 2)) & (diagonal > 0).all(axis=1)
    )
    unit = np.sqrt(np.where(known[:, None], diagonal, 1.0))
    scale = unit[:, :, None] * unit[:, None, :]
    scaled = np.where(known[:, None, None], information / scale, np.eye(information.shape[1]))
    curvature, basis = np.linalg.eigh(scaled)
    apart = np.abs(differ / scale).max(axis=(1, 2))
    known &= (curvature[:, 0] >= LEAST_CURVATURE) & (apart <= AGREE * np.minimum(1.0, 20 * curvature[:, 0]))
    slope = np.einsum("kij,ki->kj", basis, slopes.gradient * total[:, None] / unit)
    known &= 0.5 * np.einsum("kj,kj->k", slope, slope / curvature) <= CLIMB
    half = basis / curvature[:, None, :]
    return np.einsum("kij,klj->kil", half, basis) / scale, known


def _irregular_ends(coordinates: Coordinates, theta: FloatArray) -> FloatArray:
    """The ends of the support (2, K) that are estimated at a faster rate; NaN for others."""
    family = coordinates.family
    shapes, loc, scale = tuple(theta[:, :-2].T), theta[:, -2], theta[:, -1]
    ends = []
    for end, sign, held in zip(
        family.support(*shapes), (-1.0, 1.0), (coordinates.edge is not None, False), strict=True
    ):
        end = np.broadcast_to(end, loc.shape)
        known = held | ("loc" in coordinates.fixed and ((end == 0.0) | ("scale" in coordinates.fixed)))
        irregular = np.isfinite(end) & ~known
        irregular &= ~_falls(family, shapes, np.where(np.isfinite(end), end, 0.0))
        reach = np.maximum(np.abs(loc), np.abs(scale * end))
        ends.append(np.where(irregular, loc + scale * end + sign * LEAST * reach, np.nan))
    return np.array(ends)


def _falls(family: Family, shapes: tuple[FloatArray, ...], end: FloatArray) -> BoolArray:
    """Whether densities (K,) fall towards an `end`, fast enough for it to be regular; see `estimation.errors.falls`."""
    center = np.broadcast_to(family.bulk(*shapes)[0], end.shape)
    shares = np.array([1.0, NEAR, NEAR / 10.0])
    z = end[:, None] + shares * (center - end)[:, None]
    middle, beside, nearer = family.logpdf(z, *(shape[:, None] for shape in shapes)).T
    power = (beside - nearer) / np.log(10.0)
    return np.asarray((middle - beside > FALLS) & ~((power > LEVEL) & (power < REGULAR)))


def _beside(
    values: ColumnsObjective,
    rough: ColumnsObjective,
    data: Batch,
    coordinates: Coordinates,
    theta: FloatArray,
    ends: FloatArray,
    who: IntArray,
    pattern: tuple[bool, bool],
) -> list[tuple[int, tuple[float, ...]]]:
    """The errors of columns `who` with the ends of `pattern` held where they are."""

    def of(columns: IntArray) -> BesideEnds:
        low, high = (ends[i, columns] if there else None for i, there in enumerate(pattern))
        return BesideEnds(coordinates.of(columns), low, high)

    first = of(who)
    free = coordinates.of(who).shapes_free(theta[who, :-2])[:, coordinates.free_shapes]
    if first.scale_is_free:
        free = np.column_stack([free, np.log(theta[who, -1])])
    if not free.shape[1]:
        return [(k, ()) for k in who.tolist()]

    def there(free: FloatArray, each: IntArray) -> FloatArray:
        return of(each).theta(free)

    slopes, _ = _slopes_at(values, there, free, who, STEPS[0])
    errors, known = _errors(rough, there, free, who, slopes, data)
    return [(k, tuple(row.tolist()) if ok else ()) for k, row, ok in zip(who.tolist(), errors, known, strict=True)]
