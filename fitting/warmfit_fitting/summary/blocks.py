"""Rows of every kind that come in blocks: what must be known of them before they are counted, and the counts.

Both passes merge, and neither depends on the order of the rows nor on where blocks begin: the summary has the same grid,
the same edges and the same counts, and sums that are equal up to rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.summary.cells import Cells
from warmfit_fitting.summary.column import ColumnSummary, Plan
from warmfit_fitting.summary.counting import assembled, thinned
from warmfit_fitting.summary.grid import Grid
from warmfit_fitting.summary.incomplete import NO_PAIRS
from warmfit_fitting.summary.intervals import MAX_PAIRS, Pairs
from warmfit_fitting.summary.rows import Rows
from warmfit_fitting.summary.survey import Survey
from warmfit_fitting.summary.tally import Tally

Blocks = Callable[[], Iterable[Rows]]
Reach = tuple[float, float]


def summarize_rows(blocks: Blocks, n_missing: int = 0, joined: Plan | None = None) -> ColumnSummary:
    """The summary of a column that comes in blocks of rows; `blocks()` may be called twice, and gives the same rows.

    `joined`: the plan of the summary that these rows are to merge with; few distinct values are kept as they are.
    Raises `InvalidInput` where no row is left, `GridMismatch` where the plan cannot count them.
    """
    kept: list[Rows] = []  # a single block need not be read again
    survey: PartsSurvey | None = None
    for rows in blocks():
        kept = [*kept, rows][:2]
        found = PartsSurvey.of(rows)
        survey = found if survey is None else survey.merge(found)
    if survey is None or not len(survey.rows.sample):
        missing = n_missing + (0 if survey is None else survey.rows.n_missing)
        raise InvalidInput(f"the column has no rows ({missing} missing, 0 left); give some values")
    survey = replace(survey, rows=replace(survey.rows, n_missing=survey.rows.n_missing + n_missing))
    plan = PartsPlan.of(survey, joined)
    if plan.is_needless:
        return counted_summary(survey, plan, plan.nothing(), joined)
    again = kept if len(kept) == 1 else blocks()
    return counted_summary(survey, plan, reduce(plan.merge, map(plan.count, again)), joined)


@dataclass(frozen=True, slots=True)
class PairSurvey:
    """What the first pass knows of pairs: all distinct ones while there are at most `MAX_PAIRS`, and how far they reach."""

    pairs: Pairs
    complete: bool
    reach: Reach

    @classmethod
    def of(cls, pairs: Pairs) -> PairSurvey:
        """The survey of one block."""
        few = len(pairs) <= MAX_PAIRS
        return cls(pairs if few else NO_PAIRS, few, pairs.reach)

    def merge(self, other: PairSurvey) -> PairSurvey:
        """The survey of both blocks."""
        found = self.of(self.pairs.join(other.pairs))
        complete = found.complete and self.complete and other.complete
        reach = min(self.reach[0], other.reach[0]), max(self.reach[1], other.reach[1])
        return PairSurvey(found.pairs if complete else NO_PAIRS, complete, reach)

    @property
    def there(self) -> bool:
        """Whether there are any."""
        return not self.complete or len(self.pairs) > 0


@dataclass(frozen=True, slots=True)
class PartsSurvey:
    """What the first pass knows of rows: of all of them at their places, of each ray, of pairs, and their extent.

    `rays`: in the order of `Parts.rays`. `extent`: the `lowest` and `highest` of `Incomplete`.
    """

    rows: Survey
    rays: tuple[Survey, ...]
    between: PairSurvey
    windows: PairSurvey
    extent: tuple[float, float]

    @classmethod
    def of(cls, rows: Rows) -> PartsSurvey:
        """The survey of one block."""
        parts, places = rows.parts, rows.parts.places()
        whole = Survey.of(places, rows.n, rows.n_missing)
        alone = replace(whole, n_rows=0, n_missing=0)
        return cls(
            whole,
            tuple(alone if runs is places else Survey.of(runs, 0) for runs in parts.rays()),
            PairSurvey.of(parts.between),
            PairSurvey.of(parts.windows),
            parts.extent(),
        )

    def merge(self, other: PartsSurvey) -> PartsSurvey:
        """The survey of both blocks."""
        return PartsSurvey(
            self.rows.merge(other.rows),
            tuple(mine.merge(theirs) for mine, theirs in zip(self.rays, other.rays, strict=True)),
            self.between.merge(other.between),
            self.windows.merge(other.windows),
            (min(self.extent[0], other.extent[0]), max(self.extent[1], other.extent[1])),
        )

    @property
    def plain(self) -> bool:
        """Whether every row's value is known, and none has a window."""
        return not (any(len(ray.sample) for ray in self.rays[1:]) or self.between.there or self.windows.there)

    @property
    def exact(self) -> bool:
        """Whether there are so few values of each kind that all of them are known."""
        return self.rows.complete and all(ray.complete for ray in self.rays)


@dataclass(frozen=True, slots=True)
class PartsPlan:
    """What the second pass counts on: the grid, and for each ray its edges and the values that may be kept exactly.

    A ray without rows, and every ray where all values are known already, has no edges. `reaches`: of censored pairs and
    of windows, None for those that are known already.
    """

    grid: Grid
    edges: tuple[FloatArray | None, ...]
    atoms: tuple[FloatArray, ...]
    reaches: tuple[Reach | None, Reach | None]

    @classmethod
    def of(cls, survey: PartsSurvey, joined: Plan | None = None) -> PartsPlan:
        """The plan that a survey makes, or that of `joined` for these rows, unless all their values are known."""
        joined = None if survey.exact else joined
        grid = survey.rows.grid() if joined is None else joined.grid
        counted = [not survey.exact and len(ray.sample) > 0 for ray in survey.rays]
        heavy = (
            np.union1d(survey.rows.candidates, ray.candidates) if joined is None else joined.candidates
            for ray in survey.rays
        )
        return cls(
            grid,
            tuple(grid.edges(r.minimum, r.maximum) if c else None for r, c in zip(survey.rays, counted, strict=True)),
            tuple(h[(h >= r.minimum) & (h <= r.maximum)] for h, r in zip(heavy, survey.rays, strict=True)),
            (
                None if survey.between.complete else survey.between.reach,
                None if survey.windows.complete else survey.windows.reach,
            ),
        )

    @property
    def is_needless(self) -> bool:
        """Whether the first pass has told everything."""
        return all(edges is None for edges in self.edges) and self.reaches == (None, None)

    def nothing(self) -> PartsCount:
        """The count of no rows."""
        return PartsCount((None,) * len(self.edges), (None, None))

    def count(self, rows: Rows) -> PartsCount:
        """One block of rows, counted."""
        rays = zip(rows.parts.rays(), self.edges, self.atoms, strict=True)
        pairs = zip((rows.parts.between, rows.parts.windows), self.reaches, strict=True)
        return PartsCount(
            tuple(None if e is None or not len(runs) else Tally.binned(runs, e, atoms) for runs, e, atoms in rays),
            tuple(None if reach is None else Cells.of(p, self.grid, reach).capped() for p, reach in pairs),
        )

    def merge(self, a: PartsCount, b: PartsCount) -> PartsCount:
        """Two blocks' counts as one."""
        return PartsCount(
            tuple(
                x or y if x is None or y is None or edges is None else x.merge(y, edges)
                for x, y, edges in zip(a.rays, b.rays, self.edges, strict=True)
            ),
            tuple(
                x or y if x is None or y is None else x.add(y).capped() for x, y in zip(a.pairs, b.pairs, strict=True)
            ),
        )


@dataclass(frozen=True, slots=True)
class PartsCount:
    """The rays and the pairs of some rows, counted on a plan; None for what they have not, or need not be counted."""

    rays: tuple[Tally | None, ...]
    pairs: tuple[Cells | None, ...]


def counted_summary(
    survey: PartsSurvey, plan: PartsPlan, count: PartsCount, joined: Plan | None = None
) -> ColumnSummary:
    """The summary of the rows that both passes saw; `plan` is that of `survey` and `joined`."""
    joined = None if survey.exact else joined
    rays = tuple(
        Tally.exact(known.sample) if tally is None else tally
        for known, tally in zip(survey.rays, count.rays, strict=True)
    )
    if joined is None:
        rays = tuple(map(_without_empty_atoms, rays))
    if survey.plain:
        if survey.exact:
            return ColumnSummary.from_survey(survey.rows)
        if joined is not None:
            return ColumnSummary.joining(survey.rows, joined, rays[0])
        return ColumnSummary.from_tally(survey.rows, Plan(plan.grid, survey.rows.candidates), rays[0])
    grid = None
    if joined is not None:
        survey = replace(survey, rows=joined.admits(survey.rows))
        grid, rays = thinned(rays, survey.rows, plan.grid, least=-1.0)
        rays = tuple(ray.settled(plan.grid.integral) for ray in rays)
    elif not survey.exact:
        grid, rays = thinned(rays, survey.rows, plan.grid)
    level = 0 if grid is None else grid.level
    between, windows = (
        known.pairs if cells is None else cells.at_level(level).pairs()
        for known, cells in zip((survey.between, survey.windows), count.pairs, strict=True)
    )
    observed, rest = assembled(rays, between, windows, survey.extent)
    return ColumnSummary.from_counts(survey.rows, grid, observed, rest)


def _without_empty_atoms(tally: Tally) -> Tally:
    there = tally.atom_count > 0
    return replace(tally, atoms=tally.atoms[there], atom_count=tally.atom_count[there])
