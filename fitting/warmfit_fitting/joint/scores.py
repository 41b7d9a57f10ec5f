"""Ranks and normal scores of rows through the summary of their column: its empirical distribution function.

A value that the summary keeps exactly has the mid-rank of its ties. Within a bin ranks rise as under the linear density
that has the bin's mean, so that scores are right to a small share of the mass of one bin, and to rounding where the
summary is exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.summary.column import ColumnSummary


@dataclass(frozen=True, eq=False)
class EmpiricalDistribution:
    """P(X ≤ x) at mid-ranks, for the rows of one column.

    `edges` (B+1,), `below` (B,), `count` (B,), `tilt` (B,): bins, the weight below each, in it, and how its density leans;
    `atoms` (A,) and `rank` (A,): values kept exactly and their mid-ranks; `weight`: of all rows; `integral`: whole numbers.
    """

    edges: FloatArray
    below: FloatArray
    count: FloatArray
    tilt: FloatArray
    atoms: FloatArray
    rank: FloatArray
    weight: float
    integral: bool

    @classmethod
    def of(cls, summary: ColumnSummary) -> EmpiricalDistribution:
        """That of a summary; raises `InvalidInput` where rows are censored or truncated."""
        if summary.incomplete is not None:
            raise InvalidInput("censored or truncated rows have no ranks; joint models need columns of known values")
        t, weight = summary.observed, summary.weight
        under_atoms = np.concatenate([[0.0], np.cumsum(t.atom_count)])
        under_bins = np.concatenate([[0.0], np.cumsum(t.count)])
        in_bins = under_bins[np.clip(np.searchsorted(t.edges, t.atoms), 0, len(t.count))]
        rank = under_atoms[:-1] + t.atom_count / 2 + in_bins
        left, right = t.edges[:-1], t.edges[1:]
        below = under_bins[:-1] + under_atoms[np.searchsorted(t.atoms, left, side="right")]
        with np.errstate(all="ignore"):
            place = np.where(t.count > 0, (t.mean - left) / (right - left), 0.5)
        tilt = (
            np.zeros(len(left)) if summary.integral else np.clip(3.0 - 6.0 * np.nan_to_num(place, nan=0.5), -1.0, 1.0)
        )
        return cls(t.edges, below, t.count, tilt, t.atoms, rank, weight, summary.integral)

    def ranks(self, x: FloatArray) -> FloatArray:
        """Mid-ranks over the weight, in (0, 1), of values `x` (N,); NaN gives NaN."""
        rank = np.full(len(x), np.nan)
        if len(self.count):
            at = np.clip(np.searchsorted(self.edges, x, side="right") - 1, 0, len(self.count) - 1)
            left = self.edges.take(at)
            share = np.clip((x + (0.5 if self.integral else 0.0) - left) / (self.edges.take(at + 1) - left), 0.0, 1.0)
            share += self.tilt.take(at) * share * (1.0 - share)
            rank = self.below.take(at) + self.count.take(at) * share
        if len(self.atoms):
            at = np.clip(np.searchsorted(self.atoms, x), 0, len(self.atoms) - 1)
            rank = np.where(self.atoms.take(at) == x, self.rank.take(at), rank)
        least = 0.5 / max(self.weight, 1.0)
        return np.where(np.isnan(x), np.nan, np.clip(rank / self.weight, least, 1.0 - least))

    def scores(self, x: FloatArray) -> FloatArray:
        """Normal scores Φ⁻¹ of the mid-ranks of `x` (N,) (van der Waerden 1952); NaN gives NaN."""
        return np.asarray(special.ndtri(self.ranks(x)), dtype=np.float64)
