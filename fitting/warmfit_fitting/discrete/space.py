"""The space that is searched: whole shapes on a lattice, real ones in unconstrained coordinates, fixed ones nowhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.families.discrete.family import DiscreteFamily


@dataclass(frozen=True, eq=False)
class Space:
    """The shapes of `family`, of which those in `fixed` keep their value; in regular coordinates about `reference` (P,)."""

    family: DiscreteFamily
    fixed: Mapping[str, float]
    reference: FloatArray | None = None

    @cached_property
    def real(self) -> list[int]:
        """The places of the real shapes that are free."""
        return [i for i in self.family.real if self.family.shapes[i].name not in self.fixed]

    @cached_property
    def whole(self) -> list[int]:
        """The places of the whole shapes that are free."""
        return [i for i in self.family.whole if self.family.shapes[i].name not in self.fixed]

    @property
    def n_free(self) -> int:
        """The number of shapes that are estimated."""
        return len(self.real) + len(self.whole)

    def held(self, theta: FloatArray) -> FloatArray:
        """The vectors of shapes (K, P) with fixed ones at their values and whole ones rounded."""
        out = np.array(theta, dtype=np.float64)
        for i, shape in enumerate(self.family.shapes):
            if shape.name in self.fixed:
                out[:, i] = self.fixed[shape.name]
            elif shape.name in self.family.integer_shapes:
                out[:, i] = np.rint(out[:, i])
        return out

    def free(self, theta: FloatArray) -> FloatArray:
        """The coordinates (K, F) of the free real shapes of `theta` (K, P), within what the search reaches."""
        shapes = self.family.shapes
        if self._regular is not None:
            return self.family.to_regular(theta, self._regular)
        with np.errstate(all="ignore"):
            columns = [shapes[i].to_free(theta[:, i]) for i in self.real]
        limit = [np.nan_to_num(c, nan=0.0, posinf=40.0, neginf=-40.0) for c in columns]
        return np.stack(limit, axis=1) if limit else np.zeros((len(theta), 0))

    @property
    def _regular(self) -> FloatArray | None:
        """The reference, where no real shape is fixed, so that all of them can be mapped together."""
        return self.reference if len(self.real) == len(self.family.real) else None

    def theta(self, free: FloatArray, at: FloatArray) -> FloatArray:
        """The vectors of shapes (K, P) at coordinates `free` (K, F), all else as in `at` (P,)."""
        out = np.repeat(at[None], len(free), axis=0)
        if self._regular is not None:
            out[:, self.real] = np.stack(self.family.from_regular(free, self._regular), axis=1)
            return out
        for column, i in enumerate(self.real):
            out[:, i] = self.family.shapes[i].from_free(free[:, column])
        return out

    def through(
        self, function: Callable[[FloatArray], FloatArray], at: FloatArray
    ) -> Callable[[FloatArray], FloatArray]:
        """A function of vectors of shapes as one of coordinates, all else as in `at` (P,)."""
        return lambda free: function(self.theta(free, at))
