"""The bounded log-likelihood of many columns, each at a few places: `likelihood.objective` for complete columns in step.

Several places of one column share its points, which are not copied for each; that is most of what places cost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from warmfit_fitting.arrays import FloatArray, IntArray
from warmfit_fitting.estimation.coordinates import Coordinates
from warmfit_fitting.families.family import Family
from warmfit_fitting.likelihood.objective import NODES, EndCell
from warmfit_fitting.resampling.likelihood import Batch, EndsOf

BLOCK = 1 << 15  # numbers evaluated at a time


@dataclass(frozen=True, eq=False)
class ColumnsObjective:
    """The mean bounded log-likelihood of `family` on every column of `data`; `ask` is called before each block."""

    family: Family
    data: Batch
    ask: Callable[[], None] | None = None

    def __call__(self, theta: FloatArray, columns: IntArray) -> FloatArray:
        """The objective (M, D) of `columns` (M,) at D vectors each, `theta` (M, D, P); −inf where there is none."""
        size = theta.shape[1]
        step = max(BLOCK // max(self.data.x.shape[1] * size, 1), 1)
        values = np.empty(theta.shape[:2])
        with np.errstate(all="ignore"):
            for start in range(0, len(theta), step):
                part = slice(start, start + step)
                if self.ask is not None:
                    self.ask()
                values[part] = self._total(theta[part], columns[part])
        return values

    def _total(self, theta: FloatArray, columns: IntArray) -> FloatArray:
        family, data = self.family, self.data
        many, each = theta.shape[:2]
        flat = theta.reshape(many * each, -1)
        shapes = tuple(flat[:, i : i + 1] for i in range(flat.shape[1] - 2))
        loc, scale = flat[:, -2:-1], flat[:, -1:]
        inside, cells = scale > 0, []
        owner = np.repeat(columns, each)
        ends = EndsOf.of(data, owner)
        for index, end in zip((0, -1), family.support(*shapes), strict=True):
            if end.ndim or np.isfinite(end):
                end = loc + scale * end
                extreme = (data.minimum, data.maximum)[index][owner, None]
                inside = inside & ((end <= extreme) if index == 0 else (end >= extreme))
                cells += EndCell.near(ends, index, end)
        x = data.x[columns, None]
        n = x.shape[2]
        z = np.empty((len(flat), n + NODES * len(cells)))
        np.subtract(x, loc.reshape(many, each, 1), out=z.reshape(many, each, -1)[:, :, :n])
        for i, cell in enumerate(cells):
            np.subtract(cell.nodes, loc, out=z[:, n + i * NODES : n + (i + 1) * NODES])
        z /= scale
        term = family.logpdf(z, *shapes)
        term = np.subtract(term, np.log(scale), out=z)
        bounded = np.minimum(term.reshape(many, each, -1)[:, :, :n], data.cap[columns, None])
        total = np.einsum("mdn,mn->md", bounded, data.weight[columns]).reshape(-1)
        for i, cell in enumerate(cells):
            density = term[:, n + i * NODES : n + (i + 1) * NODES]
            total += cell.correction(term[:, :n][:, cell.index], density, ends)
        if family.fails_somewhere:
            first, last = data.minimum[owner, None], data.maximum[owner, None]
            inside = inside & family.evaluable((first - loc) / scale, (last - loc) / scale, *shapes)
        total = np.where(inside[:, 0] & np.isfinite(total), total / data.total[owner], -np.inf)
        return np.asarray(total.reshape(many, each))


def function_of(
    family: Family, data: Batch, coordinates: Coordinates, ask: Callable[[], None] | None = None
) -> Callable[[FloatArray, IntArray], FloatArray]:
    """The objective (M, D) of columns (M,) at free vectors (M, D, F)."""
    objective = ColumnsObjective(family, data, ask)

    def function(free: FloatArray, columns: IntArray) -> FloatArray:
        each = np.repeat(columns, free.shape[1])
        theta = coordinates.of(each).theta(free.reshape(len(each), -1))
        return objective(theta.reshape(*free.shape[:2], -1), columns)

    return function
