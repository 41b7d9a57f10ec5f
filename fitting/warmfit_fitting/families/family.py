"""What the engine must know of a distribution family, declared in one place each.

A family is written in its standard form, z = (x − loc)/scale; the engine adds `loc` and `scale`. Every function takes
`z` and the shape parameters as float64 arrays that broadcast against each other (many parameter sets against many
points in one call) and returns their broadcast; values outside the support need not be right, because the engine masks
them. Names, order and meaning of the shapes are SciPy's.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from warmfit_fitting.arrays import BoolArray, FloatArray, clip

if TYPE_CHECKING:
    from warmfit_fitting.estimation.features import Features


class Cost(Enum):
    """What one evaluation of the log-density costs, as far as it decides how a family is searched."""

    CHEAP = "cheap"  # elementary functions
    SPECIAL = "special"  # special functions, up to a microsecond a point
    SLOW = "slow"  # series or quadrature, up to fifty microseconds a point


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape parameter: its name and the open interval (`low`, `high`) of its values.

    The search goes no nearer to a finite end than `near`, and no further out than `far`: by then the family is its
    limit in all but name, and beyond it densities cancel, SciPy's first.
    """

    name: str
    low: float = -math.inf
    high: float = math.inf
    near: float = 1e-9
    far: float = 1e9

    def to_free(self, value: FloatArray) -> FloatArray:
        """The interval mapped onto the whole line: arsinh, log distance from the one finite end, or logit."""
        if self.low == -math.inf and self.high == math.inf:
            return np.arcsinh(value)
        if self.high == math.inf:
            return np.log(value - self.low)
        if self.low == -math.inf:
            return -np.log(self.high - value)
        return np.log(value - self.low) - np.log(self.high - value)

    def from_free(self, free: FloatArray) -> FloatArray:
        """The inverse of `to_free`."""
        if self.low == -math.inf and self.high == math.inf:
            return clip(np.sinh(clip(free, -700.0, 700.0)), -self.far, self.far)
        near, far = math.log(self.near), math.log(self.far)
        if self.high == math.inf:
            return self.low + np.exp(clip(free, near, far))
        if self.low == -math.inf:
            return self.high - np.exp(clip(-free, near, far))
        share = 1.0 / (1.0 + np.exp(-clip(free, -36.0, 36.0)))
        return self.low + (self.high - self.low) * share


def positive(name: str, near: float = 1e-9, far: float = 1e9) -> Shape:
    """A shape parameter in (0, ∞)."""
    return Shape(name, 0.0, near=near, far=far)


class Family:
    """A continuous family in standard form.

    Subclasses set `name`, `shapes`, the support (`low`, `high`, or `support` where it depends on the shapes) and
    `logpdf`; `cdf` and `sf` together with `closed_cdf = True` where a closed form or a fast special function exists;
    `starts` and `closed_form` where the family knows better than the generic search.
    """

    name: str
    shapes: tuple[Shape, ...] = ()
    low: float = -math.inf
    high: float = math.inf
    always_bounded: bool = False  # the support depends on the shapes, and both its ends are always finite
    closed_cdf: bool = False
    cusp_at_loc: bool = False  # the density bends sharply at z = 0: the likelihood has a kink in loc at every value
    kinked: bool = False  # the same at another place: derivatives are taken by differences that look past the kinks
    cost: Cost = Cost.CHEAP
    refusal: str = ""  # why the family is not fitted at all, where it is not
    off_by_default: str = ""  # why the family is fitted only when named, where it is so
    integer_shapes: tuple[str, ...] = ()  # shapes that are whole numbers: densities round them, and so do answers
    ordered: tuple[str, ...] = ()  # two shapes the first of which lies below the second
    leaning: tuple[str, ...] = ()  # two shapes the first of which is greater than the absolute value of the second
    trusted: bool = True  # its density is tested to integrate to one; a user's is not

    def logpdf(self, z: FloatArray, *shapes: FloatArray) -> FloatArray:
        """The log-density of the standard form."""
        raise NotImplementedError(f"{self.name} declares no log-density")

    def cdf(self, z: FloatArray, *shapes: FloatArray) -> FloatArray:
        """P(Z ≤ z); only where `closed_cdf`."""
        raise NotImplementedError(f"{self.name} has no closed distribution function")

    def sf(self, z: FloatArray, *shapes: FloatArray) -> FloatArray:
        """P(Z > z), without the cancellation of 1 − cdf; only where `closed_cdf`."""
        raise NotImplementedError(f"{self.name} has no closed survival function")

    def support(self, *shapes: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The ends of the support of the standard form, each broadcasting with the shapes."""
        return self._ends

    @cached_property
    def _ends(self) -> tuple[FloatArray, FloatArray]:
        return np.asarray(self.low), np.asarray(self.high)

    def reliable_ends(self, *shapes: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The ends of the support that are finite for every shape; infinite where an end is finite for some only."""
        return self.support(*shapes) if self.always_bounded else self._ends

    def bulk(self, *shapes: FloatArray) -> tuple[FloatArray, FloatArray]:
        """About the median and half the interquartile range of the standard form, smooth in the shapes.

        Families that come near a limit far out (large shapes) override this; see `families.bulk`.
        """
        low, high = self.reliable_ends(*shapes)
        if np.isfinite(low).all() and np.isfinite(high).all():
            return 0.5 * (low + high), 0.5 * (high - low)
        if np.isfinite(low).all():
            return low + 1.0, np.ones_like(low)
        return (high - 1.0, np.ones_like(high)) if np.isfinite(high).all() else (np.zeros(1), np.ones(1))

    def evaluable(self, lowest: FloatArray, highest: FloatArray, *shapes: FloatArray) -> BoolArray | bool:
        """Whether SciPy's own density is finite between the standardized extremes; estimates are for its users, too."""
        return True

    @cached_property
    def fails_somewhere(self) -> bool:
        """Whether `evaluable` may say no."""
        return type(self).evaluable is not Family.evaluable

    @property
    def knows_bulk(self) -> bool:
        """Whether `bulk` follows the shapes."""
        return type(self).bulk is not Family.bulk

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """The names of all parameters, in SciPy's order: shapes, loc, scale."""
        return (*(s.name for s in self.shapes), "loc", "scale")

    def whole(self, theta: FloatArray) -> FloatArray:
        """Parameters (P,) with the shapes that are whole numbers rounded."""
        rounded = theta.copy()
        for i, shape in enumerate(self.shapes):
            if shape.name in self.integer_shapes:
                rounded[i] = np.rint(theta[i])
        return rounded

    def to_free(self, *shapes: FloatArray) -> tuple[FloatArray, ...]:
        """The shapes mapped onto unconstrained coordinates; families with joint constraints override both ways."""
        return tuple(s.to_free(v) for s, v in zip(self.shapes, shapes, strict=True))

    def from_free(self, *free: FloatArray) -> tuple[FloatArray, ...]:
        """The inverse of `to_free`."""
        return tuple(s.from_free(v) for s, v in zip(self.shapes, free, strict=True))

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        """Shape values from which the generic search begins, spread over the family's characters."""
        return list(itertools.product(*map(spread, self.shapes)))

    def starts(self, data: Features) -> Sequence[tuple[float, ...]]:
        """Parameter vectors (shapes, loc, scale), in the data's standardized unit, tried before the generic ones."""
        return ()

    def closed_form(self, data: Features) -> tuple[float, ...] | None:
        """The maximum-likelihood estimate (shapes, loc, scale) where it is known in closed form."""
        return None


def spread(shape: Shape, distances: tuple[float, ...] = (0.5, 1.5, 5.0)) -> tuple[float, ...]:
    """A few values across a shape's interval, at such `distances` from its end where only one is finite."""
    if shape.low == -math.inf and shape.high == math.inf:
        return (-1.0, 0.1, 1.0)
    if math.isfinite(shape.low) and math.isfinite(shape.high):
        width = shape.high - shape.low
        return tuple(shape.low + width * share for share in (0.1, 0.5, 0.9))
    if shape.low == -math.inf:
        return tuple(shape.high - d for d in distances)
    return tuple(shape.low + d for d in distances)
