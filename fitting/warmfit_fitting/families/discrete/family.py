"""What the engine must know of a family of counts, declared in one place each.

A family is written with `loc` at zero; the engine shifts. Every function takes counts and shape parameters as float64
arrays that broadcast against each other (many parameter sets against many counts in one call). Names, order and meaning
of the shapes are SciPy's where SciPy has the family. The log-probability extends smoothly to counts and whole-number
shapes between the integers, except where `lattice_only` says otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from warmfit_fitting.arrays import BoolArray, FloatArray
from warmfit_fitting.families.family import Cost, Shape

if TYPE_CHECKING:
    from warmfit_fitting.discrete.features import CountFeatures


class DiscreteFamily:
    """A discrete family with `loc` at zero.

    Subclasses set `name`, `shapes`, `integer_shapes`, the support (`low`, `high`, or `support` where it depends on the
    shapes) and `logpmf`; `starts` and, where it is known, `closed_form`; `moved` where the real shapes must follow the
    whole ones; `cdf` and `sf` with `closed_cdf = True` where a closed form is as good as a sum.
    """

    name: str
    shapes: tuple[Shape, ...] = ()
    integer_shapes: tuple[str, ...] = ()
    low: float = 0.0  # the least that the support can begin at, for any shapes
    high: float = math.inf  # the greatest that it can end at
    closed_cdf: bool = False
    lattice_only: bool = False  # its probability is not defined between the integers
    cost: Cost = Cost.CHEAP
    off_by_default: str = ""  # why the family is fitted only when named, where it is so
    refusal: str = ""

    def logpmf(self, k: FloatArray, *shapes: FloatArray) -> FloatArray:
        """The log-probability of `k`; values outside the support need not be right, because the engine masks them."""
        raise NotImplementedError(f"{self.name} declares no log-probability")

    def cdf(self, k: FloatArray, *shapes: FloatArray) -> FloatArray:
        """P(X ≤ k) at whole numbers inside the support; only where `closed_cdf`."""
        raise NotImplementedError(f"{self.name} has no closed distribution function")

    def sf(self, k: FloatArray, *shapes: FloatArray) -> FloatArray:
        """P(X > k) at whole numbers inside the support; only where `closed_cdf`."""
        raise NotImplementedError(f"{self.name} has no closed survival function")

    def support(self, *shapes: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The smallest and the largest count that has a probability, each broadcasting with the shapes."""
        return np.asarray(self.low), np.asarray(self.high)

    def allowed(self, *shapes: FloatArray) -> BoolArray | bool:
        """Whether shapes inside their intervals go together."""
        return True

    @property
    def nested(self) -> tuple[DiscreteFamily, tuple[float, ...]] | None:
        """A family that this one is at certain values of its last shapes, with these; the search begins there, too."""
        return None

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of all parameters, in SciPy's order: shapes, then loc."""
        return (*(s.name for s in self.shapes), "loc")

    @property
    def whole(self) -> tuple[int, ...]:
        """The places of the shapes that are whole numbers."""
        return tuple(i for i, s in enumerate(self.shapes) if s.name in self.integer_shapes)

    @property
    def real(self) -> tuple[int, ...]:
        """The places of the other shapes."""
        return tuple(i for i, s in enumerate(self.shapes) if s.name not in self.integer_shapes)

    def starts(self, data: CountFeatures) -> Sequence[tuple[float, ...]]:
        """Shapes from which the search begins."""
        raise NotImplementedError(f"{self.name} declares no starts")

    def closed_form(self, data: CountFeatures) -> tuple[float, ...] | None:
        """The maximum-likelihood estimate of the shapes where it is known in closed form; None where it is not."""
        return None

    def moved(self, theta: FloatArray, target: FloatArray) -> FloatArray:
        """`target` (K, P), whose whole shapes differ from those of `theta` (P,), with real shapes that follow them.

        They follow well when the mean of the law stays where it was. Where they can follow in several ways, there are as
        many times K rows.
        """
        return target

    def to_regular(self, theta: FloatArray, reference: FloatArray) -> FloatArray:
        """The real shapes of `theta` (K, P) in coordinates (K, F) in which estimates near `reference` (P,) are independent.

        In them the likelihood is about a parabola; standard errors are taken there.
        """
        return np.stack([self.shapes[i].to_free(theta[:, i]) for i in self.real], axis=1)

    def from_regular(self, free: FloatArray, reference: FloatArray) -> tuple[FloatArray, ...]:
        """The real shapes at coordinates (K, F): the inverse of `to_regular`."""
        return tuple(self.shapes[i].from_free(v) for i, v in zip(self.real, free.T, strict=True))

    def jumps(self, theta: FloatArray, data: CountFeatures) -> FloatArray:
        """Shapes (K, P) far from `theta` (P,) that may be better: whole ones by factors, along the family's ridges."""
        rows = []
        for i in self.whole:
            for factor in (0.25, 0.5, 0.75, 0.9, 1.1, 1.5, 2.0, 4.0, 16.0):
                row = theta.copy()
                row[i] = np.rint(theta[i] * factor)
                rows.append(row)
        return np.array(rows).reshape(-1, len(theta))

    def scipy_object(self) -> stats.rv_discrete:
        """SciPy's distribution; for families that SciPy lacks, one that asks this family for everything."""
        return getattr(stats, self.name)


def probability(name: str = "p") -> Shape:
    """A shape parameter in (0, 1)."""
    return Shape(name, 0.0, 1.0)


def whole_number(name: str, low: float = 0.0) -> Shape:
    """A shape that is a whole number above `low`, an open end."""
    return Shape(name, low, near=1.0, far=1e15)
