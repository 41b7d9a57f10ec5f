"""The bounded log-likelihood of many columns at once, each at parameter vectors of its own.

`Batch` holds the views of K columns side by side, padded to one length; `BatchObjective` is `Objective` for all of them.
Padding weighs nothing, and the last point of a column stays the last, because its cell is the end cell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from warmfit_fitting.arrays import BoolArray, FloatArray, IntArray
from warmfit_fitting.families.family import Family
from warmfit_fitting.likelihood.masses import Masses
from warmfit_fitting.likelihood.objective import BLOCK, NODES, EndCell, Held
from warmfit_fitting.likelihood.tails import log_mass, probabilities, recovered
from warmfit_fitting.likelihood.view import TINY, View

SINGLES = 8  # points at either end that a coarse batch keeps alone
FROM = 3  # times as many points as a coarse batch would have are worth one


@dataclass(frozen=True, eq=False)
class Rays:
    """Places (K, A) of terms log P(Z > place), or log P(Z ≤ place), with `weight` (K, A), negative for windows."""

    place: FloatArray
    weight: FloatArray

    def of(self, columns: IntArray) -> Rays:
        """Those of the columns picked."""
        return Rays(self.place[columns], self.weight[columns])

    def coarse(self, points: int) -> Rays:
        """Neighbours of one sign merged at their means, about `points` of them."""
        size = self.place.shape[1]
        if size < FROM * points or (self.weight < 0).any():
            return self
        order = np.argsort(self.place, axis=1)
        place, weight = (np.take_along_axis(a, order, axis=1) for a in (self.place, self.weight))
        first = np.linspace(0, size, points, endpoint=False, dtype=np.int64)
        total = np.add.reduceat(weight, first, axis=1)
        mean = np.add.reduceat(weight * place, first, axis=1) / np.where(total > 0, total, 1.0)
        return Rays(np.where(total > 0, mean, place[:, first]), total)


@dataclass(frozen=True, eq=False)
class BatchMasses:
    """`Masses` of K columns: rays, intervals (`lower`, `upper`] (K, C) with `weight`; `rows`, `windowed` (K,)."""

    above: Rays
    below: Rays
    lower: FloatArray
    upper: FloatArray
    weight: FloatArray
    rows: FloatArray
    windowed: FloatArray

    @classmethod
    def of(cls, views: Sequence[View]) -> BatchMasses | None:
        """The masses of views, none where none of them has any."""
        if not any(view.masses is not None for view in views):
            return None
        low, high = np.array([v.minimum for v in views]), np.array([v.maximum for v in views])
        some = [v.masses or _NONE for v in views]
        pairs = [(m.lower, m.upper) for m in some]
        weight = padded([m.weight for m in some], np.zeros(len(views)))
        lower, upper = (padded([p[i] for p in pairs], end) for i, end in enumerate((low, high)))
        return cls(
            _rays([m.above for m in some], [m.above_weight for m in some], low),
            _rays([m.below for m in some], [m.below_weight for m in some], high),
            lower, upper, weight, np.array([m.rows for m in some]), np.array([m.windowed for m in some]),
        )  # fmt: skip

    def coarse(self, points: int) -> BatchMasses:
        """The same with rays merged, where there are many."""
        return replace(self, above=self.above.coarse(points), below=self.below.coarse(points))

    def of_columns(self, columns: IntArray) -> BatchMasses:
        """Those of the columns picked."""
        return BatchMasses(
            self.above.of(columns), self.below.of(columns), self.lower[columns], self.upper[columns],
            self.weight[columns], self.rows[columns], self.windowed[columns],
        )  # fmt: skip

    def log_likelihood(
        self, family: Family, columns: IntArray, shapes: tuple[FloatArray, ...], loc: FloatArray, scale: FloatArray
    ) -> FloatArray:
        """The sum (M,) of the terms of `columns` (M,) for parameters (M, 1) each."""
        above, below = self.above.of(columns), self.below.of(columns)
        ends = np.concatenate([self.lower[columns], self.upper[columns]], axis=1)
        places = [np.concatenate([rays.place, ends], axis=1) for rays in (below, above)]
        at_below, at_above = ((place - loc) / scale for place in places)
        cdf, sf = probabilities(family, shapes, at_below, at_above)
        (n_below, n_above), size = (below.place.shape[1], above.place.shape[1]), self.lower.shape[1]
        everything = np.full_like(loc, np.inf)
        total = np.zeros(len(loc))
        if n_below:
            log = recovered(family, shapes, (-everything, at_below[:, :n_below]), cdf[:, :n_below])
            total += np.einsum("ij,ij->i", log, below.weight)
        if n_above:
            log = recovered(family, shapes, (at_above[:, :n_above], everything), sf[:, :n_above])
            total += np.einsum("ij,ij->i", log, above.weight)
        if size:
            (start, end), (from_start, from_end) = (
                (part[:, :size], part[:, size:]) for part in (cdf[:, n_below:], sf[:, n_above:])
            )
            between = np.where(end < 0.5, end - start, from_start - from_end)
            edges = (self.lower[columns] - loc) / scale, (self.upper[columns] - loc) / scale
            log = recovered(family, shapes, edges, between, np.where(end < 0.5, end, from_start))
            total += np.einsum("ij,ij->i", log, self.weight[columns])
        return np.asarray(total)


@dataclass(frozen=True, eq=False)
class Batch:
    """K columns: points `x` with `weight` in cells [`lower`, `upper`], (K, N) each, standardized by `shift`, `scale` (K,).

    `minimum`, `maximum`, `total` (K,): as a `View` has them. `window` (K, 2): what had to let every row in.
    """

    x: FloatArray
    weight: FloatArray
    lower: FloatArray
    upper: FloatArray
    minimum: FloatArray
    maximum: FloatArray
    shift: FloatArray
    scale: FloatArray
    window: FloatArray
    masses: BatchMasses | None = None

    @classmethod
    def of(cls, views: Sequence[View], window: tuple[float, float]) -> Batch:
        """The batch of views, with one `window` in the data's unit."""
        shift, scale, low, high = (
            np.array([getattr(v, name) for v in views]) for name in ("shift", "scale", "minimum", "maximum")
        )
        x, lower, upper = (_last_at_end([getattr(v, name) for v in views]) for name in ("x", "lower", "upper"))
        weight = padded([v.weight[:-1] for v in views], np.zeros(len(views)))
        weight = np.column_stack([weight, [v.weight[-1] if len(v.x) else 0.0 for v in views]])
        ends = (np.array(window) - shift[:, None]) / scale[:, None]
        return cls(x, weight, lower, upper, low, high, shift, scale, ends, BatchMasses.of(views))

    def __len__(self) -> int:
        return len(self.x)

    @cached_property
    def cap(self) -> FloatArray:
        """The log of the highest mean density that a cell can have, (K, N)."""
        return -np.log(np.maximum(self.upper - self.lower, TINY))

    @cached_property
    def ends(self) -> FloatArray:
        """Place, cell, weight and cap of the first and the last point of each column, (5, 2, K)."""
        parts = (self.x, self.lower, self.upper, self.weight, self.cap)
        return np.array([part[:, [0, -1]].T for part in parts])

    @cached_property
    def total(self) -> FloatArray:
        """The total weight of each column, that of censored rows included, (K,)."""
        observed = self.weight.sum(axis=1)
        total: FloatArray = observed if self.masses is None else observed + self.masses.rows
        return total

    @property
    def windowed(self) -> bool:
        """Whether a window bounds the rows."""
        return bool(np.isfinite(self.window).any())

    def coarse(self, points: int) -> Batch:
        """The same columns in about `points` points, neighbours merged at their means; itself where they are few."""
        size = self.x.shape[1]
        if size < FROM * points:
            return self
        inner = np.linspace(SINGLES, size - SINGLES, max(points - 2 * SINGLES, 2), dtype=np.int64)
        first = np.concatenate([np.arange(SINGLES), inner[:-1], np.arange(size - SINGLES, size)])
        weight = np.add.reduceat(self.weight, first, axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.add.reduceat(self.weight * self.x, first, axis=1) / weight
        x = np.where(weight > 0, mean, self.x[:, first])
        last = np.append(first[1:], size) - 1
        return Batch(
            x, weight, self.lower[:, first], np.maximum(self.upper[:, last], x), self.minimum, self.maximum, self.shift,
            self.scale, self.window, None if self.masses is None else self.masses.coarse(points),
        )  # fmt: skip

    def parameters(self, theta: FloatArray) -> FloatArray:
        """Parameter vectors (K, P) of the standardized unit in the data's."""
        out = theta.copy()
        out[:, -2] = self.shift + self.scale * theta[:, -2]
        out[:, -1] = self.scale * theta[:, -1]
        return out

    def standardized(self, parameters: FloatArray) -> FloatArray:
        """Parameter vectors (K, P) of the data's unit, or one (P,) for all, in the standardized one, (K, P)."""
        theta = np.tile(parameters, (len(self), 1)) if parameters.ndim == 1 else parameters.copy()
        theta[:, -2] = (theta[:, -2] - self.shift) / self.scale
        theta[:, -1] /= self.scale
        return theta


@dataclass(frozen=True, eq=False)
class EndsOf:
    """The first and last points of some columns of a batch, as `EndCell` reads them."""

    x: FloatArray
    lower: FloatArray
    upper: FloatArray
    weight: FloatArray
    cap: FloatArray

    @classmethod
    def of(cls, data: Batch, columns: IntArray) -> EndsOf:
        """Those of `columns` (M,)."""
        x, lower, upper, weight, cap = data.ends[:, :, columns]
        return cls(x[:, :, None], lower[:, :, None], upper[:, :, None], weight, cap)


@dataclass(frozen=True, eq=False)
class BatchObjective:
    """The mean bounded log-likelihood of `family` on every column of `data`; `ask` is called before each block.

    `held`: where the lower and the upper end of the support of each column, (K,), are held, None where they move.
    """

    family: Family
    data: Batch
    ask: Callable[[], None] | None = None
    held: Held = (None, None)

    def __call__(self, theta: FloatArray, columns: IntArray) -> FloatArray:
        """The objective (M,) of `columns` (M,) at `theta` (M, P) in their units; −inf where there is none."""
        block = max(BLOCK // max(self.data.x.shape[1], 1), 1)
        values = np.empty(len(theta))
        with np.errstate(all="ignore"):
            for start in range(0, len(theta), block):
                part = slice(start, start + block)
                if self.ask is not None:
                    self.ask()
                values[part] = self._total(theta[part], columns[part])
        return values

    def _clear(self, index: int, columns: IntArray) -> BoolArray | bool:
        """Whether an end of the support is held away from the value next to it, in each of `columns` (M,)."""
        end = self.held[index]
        if end is None:
            return False
        extreme = (self.data.minimum, self.data.maximum)[index]
        away: BoolArray = np.broadcast_to(end, extreme.shape)[columns] != extreme[columns]
        return away

    def _total(self, theta: FloatArray, columns: IntArray) -> FloatArray:
        family, data = self.family, self.data
        shapes = tuple(theta[:, i : i + 1] for i in range(theta.shape[1] - 2))
        loc, scale = theta[:, -2:-1], theta[:, -1:]
        minimum, maximum = data.minimum[columns, None], data.maximum[columns, None]
        inside = scale > 0
        cells: list[EndCell] = []
        x, ends = data.x[columns], EndsOf.of(data, columns)
        for index, end in zip((0, -1), family.support(*shapes), strict=True):
            if end.ndim or np.isfinite(end):
                end = loc + scale * end
                inside = inside & ((end <= minimum) if index == 0 else (end >= maximum))
                cells += EndCell.near(ends, index, end, self._clear(index, columns))
        n = x.shape[1]
        z = np.empty((len(theta), n + NODES * len(cells)))
        np.subtract(x, loc, out=z[:, :n])
        for i, cell in enumerate(cells):
            np.subtract(cell.nodes, loc, out=z[:, n + i * NODES : n + (i + 1) * NODES])
        z /= scale
        term = family.logpdf(z, *shapes) - np.log(scale)
        at_rows = term[:, :n]
        total = np.einsum("ij,ij->i", np.minimum(at_rows, data.cap[columns]), data.weight[columns])
        for i, cell in enumerate(cells):
            density = term[:, n + i * NODES : n + (i + 1) * NODES]
            total += cell.correction(at_rows[:, cell.index], density, ends)
        if family.fails_somewhere:
            inside = inside & family.evaluable((minimum - loc) / scale, (maximum - loc) / scale, *shapes)
        total += self._of_masses(columns, shapes, loc, scale)
        return np.where(inside[:, 0] & np.isfinite(total), total / data.total[columns], -np.inf)

    def _of_masses(
        self, columns: IntArray, shapes: tuple[FloatArray, ...], loc: FloatArray, scale: FloatArray
    ) -> FloatArray:
        """The terms (M,) of censored rows and of windows."""
        data, total = self.data, np.zeros(len(loc))
        rows = data.total[columns]
        if data.masses is not None:
            total += data.masses.log_likelihood(self.family, columns, shapes, loc, scale)
            rows = rows - data.masses.windowed[columns]
        if data.windowed:
            low, high = data.window[columns].T[:, :, None]
            total -= rows * log_mass(self.family, shapes, (low - loc) / scale, (high - loc) / scale)[:, 0]
        return total


_EMPTY = np.zeros(0)
_NONE = Masses(_EMPTY, _EMPTY, _EMPTY, _EMPTY, _EMPTY, _EMPTY, _EMPTY, 0.0, 0.0)


def padded(rows: Sequence[FloatArray], filling: FloatArray) -> FloatArray:
    """Rows of several lengths as one array (K, N), filled up with each row's `filling` (K,)."""
    out = np.repeat(filling[:, None], max(map(len, rows), default=0), axis=1)
    for i, row in enumerate(rows):
        out[i, : len(row)] = row
    return out


def _last_at_end(rows: Sequence[FloatArray]) -> FloatArray:
    """Rows as one array, the last number of each in the last place, filled up with the middle one before it."""
    known = [row if len(row) else np.zeros(1) for row in rows]
    inner = padded([row[:-1] for row in known], np.array([row[len(row) // 2] for row in known]))
    return np.column_stack([inner, [row[-1] for row in known]])


def _rays(places: Sequence[FloatArray], weights: Sequence[FloatArray], filling: FloatArray) -> Rays:
    return Rays(padded(places, filling), padded(weights, np.zeros(len(places))))
