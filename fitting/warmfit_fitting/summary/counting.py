"""Counting rows that are in part censored or truncated: all parts on one grid, and merged on it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.summary.cells import capped
from warmfit_fitting.summary.grid import Grid
from warmfit_fitting.summary.incomplete import NO_RUNS, Incomplete, Parts, tallies
from warmfit_fitting.summary.intervals import Intervals, Pairs
from warmfit_fitting.summary.survey import ATOM_SHARE, EXACT_LIMIT, Runs, Survey
from warmfit_fitting.summary.tally import Tally

MAX_BINS = 4096  # of one part

Counted = tuple[Grid | None, Tally, Incomplete]


def counted(parts: Parts, survey: Survey) -> Counted:
    """The parts as a summary keeps them: exactly where there are few values, on the survey's grid otherwise."""
    if survey.complete and max(len(runs) for runs in parts.rays()) <= EXACT_LIMIT:
        exact = tuple(Tally.exact(runs) for runs in parts.rays())
        return (None, *_capped(exact, parts, survey.grid()))
    return on_grid(parts, survey, survey.grid(), survey.candidates)


def on_grid(parts: Parts, survey: Survey, grid: Grid, candidates: FloatArray) -> Counted:
    """The parts counted on a grid, with `candidates` and what is heavy in a part kept exactly."""
    grid, counts = thinned(tuple(_binned(runs, grid, candidates) for runs in parts.rays()), survey, grid)
    return (grid, *_capped(counts, parts, grid))


def joining(parts: Parts, grid: Grid, kept: FloatArray) -> tuple[Tally, Incomplete]:
    """The parts counted on the grid of others that they are to join, who keep the values `kept` exactly."""
    counts = tuple(
        Tally.binned(runs, _edges(grid, runs.values), kept).settled(grid.integral) if len(runs) else Tally.exact(runs)
        for runs in parts.rays()
    )
    return _capped(counts, parts, grid)


def merged(
    a: tuple[Tally, Incomplete | None], b: tuple[Tally, Incomplete | None], survey: Survey, grid: Grid
) -> Counted:
    """Two columns' parts, both counted on `grid` or a finer level of it, as one; the extents are left to the caller."""
    both = []
    for mine, theirs in zip(tallies(*a), tallies(*b), strict=True):
        places = np.concatenate([mine.atoms, mine.edges, theirs.atoms, theirs.edges])
        both.append(mine.merge(theirs, _edges(grid, places)) if len(places) else mine)
    pairs = Parts.exact(*a).join(Parts.exact(*b))
    grid, counts = thinned(tuple(both), survey, grid)
    return (grid, *_capped(counts, pairs, grid))


def reaching(rest: Incomplete, *extents: tuple[float, float]) -> Incomplete:
    """The same with the `lowest` and `highest` of several columns."""
    return replace(rest, lowest=min(e[0] for e in extents), highest=max(e[1] for e in extents))


def _binned(runs: Runs, grid: Grid, candidates: FloatArray) -> Tally:
    if not len(runs):
        return Tally.exact(runs)
    heavy = runs.values[runs.count > ATOM_SHARE * runs.count.sum()]
    atoms = np.intersect1d(np.union1d(candidates, heavy), runs.values)
    return Tally.binned(runs, _edges(grid, runs.values), atoms)


def thinned(
    counts: tuple[Tally, ...], survey: Survey, grid: Grid, least: float | None = None
) -> tuple[Grid, tuple[Tally, ...]]:
    """The tallies of all rays, with rare atoms in the bins, on the level at which none of them has too many bins.

    `least`: the weight that an atom must exceed; None for `ATOM_SHARE` of all.
    """
    least = ATOM_SHARE * survey.moments.weight if least is None else least
    thin = tuple(_regridded(t, grid, least) for t in counts)
    while max(len(t.count) for t in thin) > MAX_BINS:
        grid = grid.coarser()
        thin = tuple(_regridded(t, grid, least) for t in thin)
    return grid, thin


def assembled(
    counts: tuple[Tally, ...], between: Pairs, windows: Pairs, extent: tuple[float, float]
) -> tuple[Tally, Incomplete]:
    """What a summary keeps of the parts, rays in the order of `Parts.rays`."""
    observed, above, below, entries, exits = counts
    return observed, Incomplete(Intervals(above, below, between), Intervals(entries, exits, windows), *extent)


def _regridded(tally: Tally, grid: Grid, least: float) -> Tally:
    places = np.concatenate([tally.atoms, tally.edges])
    if not len(places):
        return Tally.exact(NO_RUNS)
    return tally.regrid(_edges(grid, places), tally.atoms[tally.atom_count > least])


def _edges(grid: Grid, places: FloatArray) -> FloatArray:
    return grid.edges(float(places.min()), float(places.max()))


def _capped(counts: tuple[Tally, ...], parts: Parts, cells: Grid) -> tuple[Tally, Incomplete]:
    return assembled(counts, capped(parts.between, cells), capped(parts.windows, cells), parts.extent())
