"""The second pass over a column: exact counts and moments of the rows between given edges, and at single values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from warmfit_fitting.arrays import BoolArray, FloatArray, IntArray
from warmfit_fitting.summary.survey import Runs


@dataclass(frozen=True, slots=True)
class Tally:
    """Weighted values on the line: some exactly, the rest in bins.

    `atoms` (A,): values kept exactly, ascending, and `atom_count` (A,) the weight at each. `edges` (B+1,): half-open
    bins [edge, next edge) that hold the other rows; an atom inside the bins' range is an edge. `count`, `mean`, `m2`
    (B,): weight, mean and Σw(x − mean)² of the rows in each bin, the atoms' rows left out. No two neighbouring bins
    are both empty, nor is the first or last; a tally without bins has no edges.
    """

    atoms: FloatArray
    atom_count: FloatArray
    edges: FloatArray
    count: FloatArray
    mean: FloatArray
    m2: FloatArray

    @classmethod
    def exact(cls, runs: Runs) -> Tally:
        """A tally that keeps every value."""
        nothing = np.zeros(0)
        return cls(runs.values, runs.count, nothing, nothing, nothing, nothing)

    @classmethod
    def binned(cls, runs: Runs, edges: FloatArray, atoms: FloatArray) -> Tally:
        """The tally of `runs` on `edges`, which enclose them, with the values `atoms` kept exactly."""
        at, inside = find(atoms, runs.values)
        atom_count = np.zeros(len(atoms))
        atom_count[at[inside]] = runs.count[inside]
        rest = runs.where(~inside)
        bins = Bins.of(rest, np.union1d(edges, atoms)).compact()
        return cls(atoms, atom_count, bins.edges, bins.count, bins.mean, bins.m2)

    @property
    def is_exact(self) -> bool:
        """Whether every row's value is known."""
        return len(self.count) == 0

    @property
    def weight(self) -> float:
        """The total weight of the rows."""
        return float(self.atom_count.sum() + self.count.sum())

    @property
    def nbytes(self) -> int:
        """The bytes of its arrays."""
        arrays = (self.atoms, self.atom_count, self.edges, self.count, self.mean, self.m2)
        return sum(array.nbytes for array in arrays)

    @property
    def bins(self) -> Bins:
        """The bins alone."""
        return Bins(self.edges, self.count, self.mean, self.m2)

    def runs(self) -> Runs:
        """The atoms as runs."""
        return Runs(self.atoms, self.atom_count)

    def merge(self, other: Tally, edges: FloatArray) -> Tally:
        """The tally of both sets of rows on the grid's `edges`, which enclose them.

        An atom that only one side has stays one where none of the other's filled bins holds it, because then that side has
        no row there, and joins the bins otherwise. Both sides were counted on this grid or a finer level of it.
        """
        atoms = np.union1d(self.atoms[other._knows(self.atoms)], other.atoms[self._knows(other.atoms)])
        mine, theirs = self.regrid(edges, atoms), other.regrid(edges, atoms)
        target = np.union1d(edges, atoms)
        bins = mine.bins.spread(target).add(theirs.bins.spread(target)).compact()
        return Tally(atoms, mine.atom_count + theirs.atom_count, bins.edges, bins.count, bins.mean, bins.m2)

    def regrid(self, edges: FloatArray, atoms: FloatArray) -> Tally:
        """The same rows on a coarser set of `edges`, with only `atoms` kept exactly, at which its rows are known."""
        target = np.union1d(edges, atoms)
        fine = np.union1d(target, self.edges)
        at, kept = find(atoms, self.atoms)
        atom_count = np.zeros(len(atoms))
        atom_count[at[kept]] = self.atom_count[kept]
        dropped = Bins.of(self.runs().where(~kept), fine)
        bins = self.bins.spread(fine).add(dropped).onto(target).compact()
        return Tally(atoms, atom_count, bins.edges, bins.count, bins.mean, bins.m2)

    def settled(self, integral: bool) -> Tally:
        """The same without atoms at which no row is; such a one lies in an empty bin then, which says so when it merges.

        `integral`: all values and edges are whole numbers.
        """
        there = self.atom_count > 0
        hidden = np.flatnonzero(
            np.isin(self.edges[:-1], self.atoms[~there]) & (self.count > 0)
        )  # bins that begin at one
        at = self.edges[hidden]
        edges = np.insert(self.edges, hidden + 1, at + 1.0 if integral else np.nextafter(at, np.inf))
        count, mean, m2 = (np.insert(array, hidden, 0.0) for array in (self.count, self.mean, self.m2))
        bins = Bins(edges, count, mean, m2).compact()
        return Tally(self.atoms[there], self.atom_count[there], bins.edges, bins.count, bins.mean, bins.m2)

    def _knows(self, values: FloatArray) -> BoolArray:
        """Whether it is known how many rows are exactly at each of `values` (K,): at atoms, and outside of filled bins."""
        _, known = find(self.atoms, values)
        if not len(self.count):
            return np.ones(len(values), dtype=np.bool_)
        at = np.searchsorted(self.edges, values, side="right") - 1
        inside = (at >= 0) & (at < len(self.count))
        filled = inside & (self.count[np.clip(at, 0, len(self.count) - 1)] > 0)
        return np.asarray(known | ~filled, dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class Bins:
    """Half-open bins and the weight, mean and second central moment of the rows in each."""

    edges: FloatArray
    count: FloatArray
    mean: FloatArray
    m2: FloatArray

    @classmethod
    def of(cls, runs: Runs, edges: FloatArray) -> Bins:
        """Count `runs` between `edges`, which enclose them."""
        size = max(len(edges) - 1, 0)
        count, mean, m2 = np.zeros(size), np.zeros(size), np.zeros(size)
        start = np.searchsorted(runs.values, edges)
        filled = np.flatnonzero(np.diff(start))
        if not len(filled):
            return cls(edges, count, mean, m2)
        first = start[filled]
        count[filled] = np.add.reduceat(runs.count, first)
        anchor = runs.values[first]  # sums are taken about a value in the bin: no cancellation at large offsets
        owner = np.repeat(np.arange(len(filled)), np.diff(start)[filled])
        deviation = runs.values - anchor[owner]
        weighted = runs.count * deviation
        shift = np.add.reduceat(weighted, first) / count[filled]
        mean[filled] = anchor + shift
        with np.errstate(over="ignore"):
            around = runs.values - mean[filled][owner]
            m2[filled] = np.add.reduceat(runs.count * around * around, first)
        return cls(edges, count, mean, m2)

    def spread(self, edges: FloatArray) -> Bins:
        """The same bins on a finer set of edges; only empty bins may be divided."""
        out = Bins(edges, *(np.zeros(max(len(edges) - 1, 0)) for _ in range(3)))
        filled = np.flatnonzero(self.count)
        at = np.searchsorted(edges, self.edges[filled])
        for mine, theirs in ((self.count, out.count), (self.mean, out.mean), (self.m2, out.m2)):
            theirs[at] = mine[filled]
        return out

    def add(self, other: Bins) -> Bins:
        """The bins of both sets of rows, whose edges are the same; the order of the two does not change a bit."""
        swap = (other.count > self.count) | ((other.count == self.count) & (other.mean > self.mean))
        n1, n2 = np.where(swap, other.count, self.count), np.where(swap, self.count, other.count)
        mean1, mean2 = np.where(swap, other.mean, self.mean), np.where(swap, self.mean, other.mean)
        share = np.divide(n2, n1 + n2, out=np.zeros_like(n1), where=n2 > 0)
        gap = np.where(n2 > 0, mean2 - mean1, 0.0)
        with np.errstate(over="ignore"):
            m2 = self.m2 + other.m2 + gap * gap * n1 * share
        return Bins(self.edges, n1 + n2, mean1 + gap * share, m2)

    def compact(self) -> Bins:
        """The same bins with runs of empty ones made one, and none at the ends."""
        filled = self.count > 0
        if not filled.any():
            nothing = np.zeros(0)
            return Bins(nothing, nothing, nothing, nothing)
        keep = filled | np.concatenate([[False], filled[:-1]])  # empty bins count once, at the first of a run
        last = int(np.flatnonzero(filled)[-1])
        keep[last + 1 :] = False
        edges = np.concatenate([self.edges[:-1][keep], [self.edges[last + 1]]])
        return Bins(edges, self.count[keep], self.mean[keep], self.m2[keep])

    def onto(self, edges: FloatArray) -> Bins:
        """The same rows on a coarser set of edges, which are among these."""
        own = edges[np.isin(edges, self.edges)]
        owner = np.searchsorted(own, self.edges[:-1], side="right") - 1
        size = len(own) - 1
        count: FloatArray = np.bincount(owner, self.count, size).astype(np.float64)
        safe = np.where(count > 0, count, 1.0)
        first = np.searchsorted(owner, np.arange(size))
        anchor = self.edges[:-1][first]
        mean = np.where(
            count > 0, anchor + np.bincount(owner, self.count * (self.mean - anchor[owner]), size) / safe, 0.0
        )
        gap = self.mean - mean[owner]
        m2 = np.bincount(owner, np.where(self.count > 0, self.m2 + self.count * gap * gap, 0.0), size).astype(
            np.float64
        )
        return Bins(own, count, mean, m2)


def find(among: FloatArray, values: FloatArray) -> tuple[IntArray, BoolArray]:
    """Where each of `values` stands in the sorted array `among`, and whether it is there."""
    if not len(among):
        return np.zeros(len(values), np.int64), np.zeros(len(values), bool)
    at = np.minimum(np.searchsorted(among, values), len(among) - 1)
    return at, among[at] == values
