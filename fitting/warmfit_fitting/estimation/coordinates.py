"""Unconstrained coordinates: every free vector is a parameter vector whose support holds the data.

Shapes go through the family's own map, location and scale through a `Placement`; where some are held fixed, the rest
keep to the values with which the support holds the data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from warmfit_fitting.arrays import FloatArray, IntArray, clip
from warmfit_fitting.estimation.held import joint, shapes_beside
from warmfit_fitting.estimation.placement import LEAST_GAP, REFUSED, Extent, Placement, Standard, placement
from warmfit_fitting.families.family import Family, Shape
from warmfit_fitting.likelihood.objective import Held

CEILING = 1e12
REACH = 1e8  # of a free location in the view's unit: from farther off, masses of windows have too few digits left


@dataclass(frozen=True, eq=False)
class Coordinates:
    """The map between free vectors (K, F) and parameter vectors (K, P), both in the view's standardized unit.

    `minimum`, `maximum`: the data's extremes. `fixed`: parameter values held, by name, with `edge` the fixed lower end of
    the support where one is asked for. Each is a number, or (K,) where every vector belongs to a column of its own.
    `reach`: how far off a free location may lie; beyond it the scale is NaN.
    """

    family: Family
    minimum: float | FloatArray
    maximum: float | FloatArray
    fixed: Mapping[str, float | FloatArray] = field(default_factory=dict)
    edge: float | FloatArray | None = None
    reach: float = np.inf
    _memo: dict[str, Placement] = field(default_factory=dict)

    @property
    def n_free(self) -> int:
        """How many parameters are free."""
        return len(self._free)

    @cached_property
    def held(self) -> Held:
        """Where the lower and the upper end of the support are held, None where they move with the parameters."""
        low, high = (self._held(end) for end in (self.family.low, self.family.high))
        return (self.edge if low is None else low), high

    def _held(self, end: float) -> float | FloatArray | None:
        """Where an end of the standard form is held."""
        loc, scale = self.fixed.get("loc"), self.fixed.get("scale", 0.0 if end == 0 else None)
        return None if loc is None or scale is None or not np.isfinite(end) else loc + scale * end

    @cached_property
    def _free(self) -> list[int]:
        """Which of the full coordinates (shapes, first and second of location and scale) are free."""
        names = self.family.parameters
        held = [name in self.fixed for name in names]
        if self.edge is not None:
            held[-2] = True
        return [i for i, h in enumerate(held) if not h]

    def nearer(self, free: FloatArray, most: float) -> FloatArray:
        """Free vectors (K, F) with the shapes' coordinates held to ±`most`: out of a limit, place and spread as they are."""
        held = free.copy()
        shapes = [j for j, i in enumerate(self._free) if i < len(self.family.shapes)]
        held[:, shapes] = clip(free[:, shapes], -most, most)
        return held

    def of(self, columns: IntArray) -> Coordinates:
        """The coordinates for vectors (M, F) that belong to `columns` (M,) of the K."""

        def of(value: float | FloatArray) -> float | FloatArray:
            return value if np.ndim(value) == 0 else np.asarray(value)[columns]

        fixed = {name: of(value) for name, value in self.fixed.items()}
        edge = None if self.edge is None else of(self.edge)
        return Coordinates(self.family, of(self.minimum), of(self.maximum), fixed, edge, self.reach)

    def theta(self, free: FloatArray) -> FloatArray:
        """Parameter vectors (K, P) of free vectors (K, F)."""
        with np.errstate(all="ignore"):
            return self._theta(free)

    def _theta(self, free: FloatArray) -> FloatArray:
        size, names = len(free), self.family.parameters
        full = clip(free, -CEILING, CEILING)
        if len(self._free) < len(names):
            some, full = full, np.zeros((size, len(names)))
            full[:, self._free] = some
        theta = np.empty_like(full)
        theta[:, :-2] = self.shapes_at(full[:, :-2])
        theta[:, -2], theta[:, -1] = self._loc_scale(tuple(theta[:, :-2].T), full[:, -2], full[:, -1])
        if self.reach < np.inf and "loc" not in self.fixed:
            theta[np.abs(theta[:, -2]) > self.reach, -1] = np.nan
        return theta

    def free(self, theta: FloatArray) -> FloatArray:
        """Free vectors (K, F) of parameter vectors (K, P), moved inside where a support would not hold the data."""
        with np.errstate(all="ignore"):
            return self._of_theta(theta)

    def _of_theta(self, theta: FloatArray) -> FloatArray:
        shapes = tuple(theta[:, :-2].T)
        loc, scale = theta[:, -2], theta[:, -1]
        first, second = self._coordinates(shapes, loc, scale)
        full = np.column_stack([*self._shapes_free(shapes), first, second])
        free = full[:, self._free]
        return clip(np.where(np.isnan(free), 0.0, free), -CEILING, CEILING)

    @cached_property
    def _separate(self) -> tuple[Shape, ...]:
        """The shapes with a coordinate for each, where the family's own, joint ones do not serve."""
        return () if joint(self.family, self.fixed) else shapes_beside(self.family, self.fixed)

    def shapes_at(self, free: FloatArray) -> FloatArray:
        """Shapes (K, n) at coordinates (K, n), those that are held at their values."""
        values = (
            [s.from_free(v) for s, v in zip(self._separate, free.T, strict=True)]
            if self._separate
            else self.family.from_free(*free.T)
        )
        shapes = np.empty_like(free)
        for i, (name, value) in enumerate(zip(self.family.parameters, values, strict=False)):
            shapes[:, i] = self.fixed.get(name, value)
        return shapes

    def moved_in(self, shapes: FloatArray) -> FloatArray:
        """Shapes (K, n) with those that are held in their places, and the others where these leave them."""
        if all(shape.name not in self.fixed for shape in self.family.shapes):
            return shapes
        with np.errstate(all="ignore"):
            return self.shapes_at(self.shapes_free(shapes))

    def shapes_free(self, shapes: FloatArray) -> FloatArray:
        """The coordinates (K, n) of shapes (K, n), moved inside where they lie outside of what is left to them."""
        with np.errstate(all="ignore"):
            return np.column_stack([shapes[:, :0], *self._shapes_free(tuple(shapes.T))])

    @property
    def free_shapes(self) -> list[int]:
        """Which of the shapes are free."""
        return [i for i in self._free if i < len(self.family.shapes)]

    def _shapes_free(self, shapes: tuple[FloatArray, ...]) -> tuple[FloatArray, ...]:
        """The coordinates (K,) of shapes (K,), moved inside where they lie outside of what is left to them."""
        if not self._separate:
            return self.family.to_free(*shapes)
        return tuple(s.to_free(_inside(s, v)) for s, v in zip(self._separate, shapes, strict=True))

    def _placement(self, form: Standard) -> Placement:
        if "placement" not in self._memo:
            self._memo["placement"] = placement(form, self.minimum, self.maximum)
        return self._memo["placement"]

    def _standard(self, shapes: tuple[FloatArray, ...]) -> Standard:
        return self._constant or Standard(*self.family.reliable_ends(*shapes), *self.family.bulk(*shapes))

    @cached_property
    def _constant(self) -> Standard | None:
        """The standard form of a family without shapes."""
        return None if self.family.shapes else Standard(*self.family.reliable_ends(), *self.family.bulk())

    def _loc_scale(self, shapes: tuple[FloatArray, ...], u: FloatArray, v: FloatArray) -> tuple[FloatArray, FloatArray]:
        form = self._standard(shapes)
        loc, scale = self.fixed.get("loc"), self.fixed.get("scale")
        if self.edge is not None and scale is not None:
            return self.edge - scale * np.broadcast_to(form.low, u.shape), np.full(u.shape, scale)
        if loc is not None:
            size = np.full(u.shape, scale) if scale is not None else self._scale(form.low, form.high, loc, v)
            return np.full(u.shape, loc), size
        if scale is not None:
            return self._loc(form.low, form.high, scale, u), np.full(u.shape, scale)
        if self.edge is not None:
            return self._from_edge(form, self.edge, v)
        return self._placement(form).loc_scale(form, u, v)

    def _coordinates(
        self, shapes: tuple[FloatArray, ...], loc: FloatArray, scale: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """The two location and scale coordinates of parameter vectors."""
        form = self._standard(shapes)
        if "loc" in self.fixed:
            return loc, self._scale_free(form.low, form.high, self.fixed["loc"], scale)
        if "scale" in self.fixed:
            return self._loc_free(form.low, form.high, self.fixed["scale"], loc), scale
        if self.edge is not None:
            return loc, self._beyond_edge(form, loc, scale)
        return self._placement(form).coordinates(form, loc, scale)

    def _from_edge(self, form: Standard, edge: float | FloatArray, v: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Location and scale of a support whose lower end is held: the centre, or the upper end, is free."""
        margin = Extent(self.minimum, self.maximum).margin
        if np.isfinite(form.high).all():
            scale = (self.maximum + np.maximum(np.exp(v), margin) - edge) / (form.high - form.low)
        else:
            scale = np.exp(v) / (form.center - form.low)
        return edge - scale * form.low, scale

    def _beyond_edge(self, form: Standard, loc: FloatArray, scale: FloatArray) -> FloatArray:
        if np.isfinite(form.high).all():
            return _log(loc + scale * form.high - self.maximum)
        return np.log(scale * (form.center - form.low))

    def _scale_range(self, low: FloatArray, high: FloatArray, loc: float | FloatArray) -> tuple[FloatArray, FloatArray]:
        """The scales with which a support at a fixed `loc` holds the data."""
        least, most = np.asarray(0.0), np.asarray(np.inf)
        for end, extreme, sign in ((low, self.minimum, -1.0), (high, self.maximum, 1.0)):
            ratio = (extreme - loc) / end
            bounds = np.isfinite(end) & (end != 0)
            outward = sign * end > 0
            least = np.maximum(least, np.where(bounds & outward, ratio, 0.0))
            most = np.minimum(most, np.where(bounds & ~outward, ratio, np.inf))
        return least, most

    def _scale(self, low: FloatArray, high: FloatArray, loc: float | FloatArray, v: FloatArray) -> FloatArray:
        least, most = self._scale_range(low, high, loc)
        return _between(least, most, v)

    def _scale_free(self, low: FloatArray, high: FloatArray, loc: float | FloatArray, scale: FloatArray) -> FloatArray:
        least, most = self._scale_range(low, high, loc)
        return _from_between(least, most, scale, scale)

    def _loc_range(self, low: FloatArray, high: FloatArray, scale: float | FloatArray) -> tuple[FloatArray, FloatArray]:
        return self.maximum - scale * high, self.minimum - scale * low

    def _loc(self, low: FloatArray, high: FloatArray, scale: float | FloatArray, u: FloatArray) -> FloatArray:
        return _between(*self._loc_range(low, high, scale), u)

    def _loc_free(self, low: FloatArray, high: FloatArray, scale: float | FloatArray, loc: FloatArray) -> FloatArray:
        return _from_between(*self._loc_range(low, high, scale), loc, 1.0)


def _log(distance: FloatArray) -> FloatArray:
    return np.log(np.maximum(distance, LEAST_GAP))


def _inside(shape: Shape, value: FloatArray) -> FloatArray:
    """Values (K,) of a shape, those outside of its interval moved in."""
    if np.isfinite(shape.low) and np.isfinite(shape.high):
        margin = 0.02 * (shape.high - shape.low)
        return np.where(
            (value > shape.low) & (value < shape.high), value, clip(value, shape.low + margin, shape.high - margin)
        )
    if np.isfinite(shape.low):
        return np.where(value > shape.low, value, shape.low + np.maximum(0.1 * abs(shape.low), shape.near))
    if np.isfinite(shape.high):
        return np.where(value < shape.high, value, shape.high - np.maximum(0.1 * abs(shape.high), shape.near))
    return value


def _between(least: FloatArray, most: FloatArray, u: FloatArray) -> FloatArray:
    """The line mapped onto (least, most), either end of which may be infinite; NaN where that is empty."""
    if np.isfinite(least).all() and np.isfinite(most).all():
        return np.where(most >= least, least + (most - least) / (1.0 + np.exp(-u)), np.nan)
    if np.isfinite(least).all():
        return least + np.exp(u)
    if np.isfinite(most).all():
        return most - np.exp(u)
    return u


def _from_between(least: FloatArray, most: FloatArray, value: FloatArray, unit: FloatArray | float) -> FloatArray:
    """The inverse of `_between`; values outside are moved in by some of a `unit`."""
    bounded = np.isfinite(least).all() and np.isfinite(most).all()
    step = np.minimum(REFUSED * unit, REFUSED * (most - least)) if bounded else REFUSED * unit
    above, below = (np.where(gap < -step, step, gap) for gap in (value - least, most - value))
    if bounded:
        above, below = np.minimum(above, most - least), np.minimum(below, most - least)
        return _log(above) - _log(below)
    if np.isfinite(least).all():
        return _log(above)
    if np.isfinite(most).all():
        return _log(below)
    return value
