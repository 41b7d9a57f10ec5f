"""`Columns`: the points of many columns side by side, with what searches and distances need of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from warmfit_fitting import goodness
from warmfit_fitting.arrays import FloatArray, IntArray
from warmfit_fitting.families.bulk import QUARTILE
from warmfit_fitting.likelihood.view import View
from warmfit_fitting.problem import Problem
from warmfit_fitting.resampling.likelihood import Batch

SKETCH, ROUGH = 64, 160  # points on which starts are compared, and searches begin
LENGTHS = tuple(sorted({8 * round(2 * 2 ** (k / 4)) for k in range(34)}))  # to which points are padded
EDGES = 8  # histograms are padded to multiples of as many edges


@dataclass(frozen=True, eq=False)
class Columns:
    """K problems, whose complete columns are kept exactly: `data`, and `rough` and `sketch`, with fewer points.

    `places`, `widths` (B, K): where the bulk lies, and half its spread, described in B ways, NaN where one makes no sense.
    """

    problems: Sequence[Problem]
    data: Batch
    rough: Batch
    sketch: Batch
    places: FloatArray
    widths: FloatArray

    @classmethod
    def of(cls, problems: Sequence[Problem]) -> Columns:
        """The columns of problems of one `size`."""
        length = size(problems[0])[0]
        data = _batch([problem.view for problem in problems], length, problems[0].spec.window)
        places, widths = _bulks([problem.view for problem in problems])
        return cls(problems, data, data.coarse(ROUGH), data.coarse(SKETCH), places, widths)

    def __len__(self) -> int:
        return len(self.problems)

    @cached_property
    def upto(self) -> FloatArray:
        """The share of the rows at or below each point, (K, N)."""
        upto: FloatArray = np.cumsum(self.data.weight, axis=1) / self.data.total[:, None]
        upto[:, -1] = 1.0
        return upto

    @cached_property
    def histogram(self) -> tuple[FloatArray, FloatArray]:
        """Edges (K, H + 1) and densities (K, H) of the histograms behind SSE, in each column's unit; empty bins fill up."""
        most = size(self.problems[0])[1]
        edges, density = np.empty((len(self), most)), np.zeros((len(self), most - 1))
        for k, problem in enumerate(self.problems):
            known, height = goodness.histogram(problem.summary, problem.spec.bins)
            at = (known - problem.view.shift) / problem.view.scale
            edges[k, : len(at)], edges[k, len(at) :] = at, at[-1]
            density[k, : len(height)] = height * problem.view.scale
        return edges, density


def size(problem: Problem) -> tuple[int, int]:
    """How many points and edges of histograms a problem's column is padded to: its own doing, whoever is beside it."""
    n = len(problem.summary.observed.atoms)
    length = next(length for length in LENGTHS if length >= n)
    edges = goodness.histogram_bins(problem.summary, problem.spec.bins) + 1
    return length, -(-edges // EDGES) * EDGES


def _batch(views: Sequence[View], length: int, window: tuple[float, float]) -> Batch:
    x, lower, upper = (_padded([getattr(v, name) for v in views], length) for name in ("x", "lower", "upper"))
    weight = _padded([v.weight for v in views], length, 0.0)
    low, high, shift, scale = (
        np.array([getattr(v, name) for v in views]) for name in ("minimum", "maximum", "shift", "scale")
    )
    ends = (np.array(window) - shift[:, None]) / scale[:, None]
    return Batch(x, weight, lower, upper, low, high, shift, scale, ends)


def _padded(rows: Sequence[FloatArray], length: int, filling: float | None = None) -> FloatArray:
    """Rows of several lengths as one array (K, `length`), filled up in the middle with what is there, or `filling`."""
    out = np.empty((len(rows), length))
    for k, row in enumerate(rows):
        n = len(row)
        middle = n // 2
        out[k, :middle], out[k, length - n + middle :] = row[:middle], row[middle:]
        out[k, middle : length - n + middle] = row[middle] if filling is None else filling
    return out


def _bulks(views: Sequence[View]) -> tuple[FloatArray, FloatArray]:
    """Median and half interquartile range, mean and standard deviation, (2, K) each."""
    quartiles = np.array([_quartiles(v) for v in views])
    mean, std = (np.array([getattr(v, name) for v in views]) for name in ("mean", "std"))
    narrow, wide = 0.5 * (quartiles[:, 2] - quartiles[:, 0]), QUARTILE * std
    widths = np.array([narrow, wide])
    return np.array([quartiles[:, 1], mean]), np.where(widths > 0, widths, np.nan)


def _quartiles(view: View) -> FloatArray:
    weight = view.weight
    return np.interp([0.25, 0.5, 0.75], (np.cumsum(weight) - 0.5 * weight) / view.total, view.x)


def alike(problems: Sequence[Problem]) -> list[IntArray]:
    """Which of the problems, by their places, can stand side by side."""
    sizes: dict[tuple[int, int], list[int]] = {}
    for place, problem in enumerate(problems):
        sizes.setdefault(size(problem), []).append(place)
    return [np.array(places) for _, places in sorted(sizes.items())]
