"""KS, AD, CvM and SSE of many columns against a fit of each: the formulas of `goodness`, columns side by side."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from warmfit_fitting.arrays import FloatArray, IntArray
from warmfit_fitting.batched.columns import Columns
from warmfit_fitting.families.family import Family
from warmfit_fitting.resampling.statistics import both_tails, half_of_end_cells
from warmfit_fitting.row import FitRow

BLOCK = 1 << 15  # numbers evaluated at a time


@dataclass(frozen=True, eq=False)
class Distances:
    """KS, AD, CvM and SSE of K columns, (K,) each."""

    ks: FloatArray
    ad: FloatArray
    cvm: FloatArray
    sse: FloatArray

    def of(self, k: int, row: FitRow) -> FitRow:
        """The row of column k with its distances."""
        ks, ad, cvm, sse = (float(part[k]) for part in (self.ks, self.ad, self.cvm, self.sse))
        return replace(row, ks_statistic=ks, ks_error_bound=0.0, ad_statistic=ad, cvm_statistic=cvm, sse=sse)


def distances(family: Family, columns: Columns, theta: FloatArray) -> Distances:
    """The distances of the laws `theta` (K, P), in each column's unit, from the rows of the columns."""
    step = max(BLOCK // columns.data.x.shape[1], 1)
    parts = [
        _measured(family, columns, theta, np.arange(i, min(i + step, len(columns))))
        for i in range(0, len(columns), step)
    ]
    return Distances(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _measured(
    family: Family, columns: Columns, theta: FloatArray, who: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    data, at = columns.data, theta[who]
    with np.errstate(all="ignore"):
        f, s = both_tails(family, at, data.x[who], data.window[who])
        upto = columns.upto[who]
        below = np.concatenate([np.zeros((len(who), 1)), upto[:, :-1]], axis=1)
        ks = np.maximum(np.abs(upto - f), np.abs(f - below)).max(axis=1)
        half_of_end_cells(family, at, data, who, f, s)
        c, total = upto[:, :-1], data.total[who]
        log_f, log_s = np.log(f), np.log(s)
        inner = c * c * np.diff(log_f) - (1 - c) * (1 - c) * np.diff(log_s) - np.diff(f)
        ad = total * (inner.sum(axis=1) - log_s[:, 0] - f[:, 0] - log_f[:, -1] - s[:, -1])
        ends = np.concatenate([np.zeros((len(f), 1)), f, np.ones((len(f), 1))], axis=1)
        steps = np.concatenate([below, np.ones((len(f), 1))], axis=1)
        above, under = ends[:, 1:] - steps, ends[:, :-1] - steps
        cvm = total * (above * above * above - under * under * under).sum(axis=1) / 3
        return ks, ad, cvm, _squares(family, columns, at, who)


def _squares(family: Family, columns: Columns, theta: FloatArray, who: IntArray) -> FloatArray:
    """The sums of squared differences from the histograms' densities, (M,)."""
    edges, density = (part[who] for part in columns.histogram)
    f, _ = both_tails(family, theta, edges, columns.data.window[who])
    mass, width = np.diff(f, axis=1), np.diff(edges, axis=1)
    height = np.divide(mass, width, out=np.zeros_like(mass), where=width > 0)
    squares: FloatArray = (((height - density) / columns.data.scale[who, None]) ** 2).sum(axis=1)
    return squares
