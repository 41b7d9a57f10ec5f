"""`ColumnSummary`: the small, immutable, mergeable aggregate of every row of a column that all else works from."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import GridMismatch, InvalidInput
from warmfit_fitting.summary import counting, encoding
from warmfit_fitting.summary.grid import Grid
from warmfit_fitting.summary.incomplete import Incomplete, Parts, demanded, places, tallies
from warmfit_fitting.summary.moments import Moments
from warmfit_fitting.summary.survey import ATOM_SHARE, EXACT_LIMIT, Runs, Survey
from warmfit_fitting.summary.tally import Tally
from warmfit_fitting.summary.validation import MAX_ROWS

MAX_BINS = 4096
OBJECT_BYTES = 500  # of a summary without any rows


@dataclass(frozen=True)
class Plan:
    """What both passes agree on before rows are counted: the grid and the values that may be kept exactly.

    The plan of a summary is what more rows are counted on, so that they merge with it; its `candidates` are the values
    that the summary keeps exactly.
    """

    grid: Grid
    candidates: FloatArray

    def tally(self, runs: Runs) -> Tally:
        """Count one block of rows."""
        return Tally.binned(runs, self.grid.edges(float(runs.values[0]), float(runs.values[-1])), self.candidates)

    def admits(self, survey: Survey) -> Survey:
        """The survey of rows that are to join those of the plan; raises `GridMismatch` for fractions on a whole grid."""
        check_whole(self.grid, survey)
        return replace(survey, integral=self.grid.integral)


@dataclass(frozen=True)
class ColumnSummary:
    """An aggregate of every row of a column; two summaries on one grid merge into the summary of all their rows.

    `n`: rows used; `n_missing`: nulls and NaNs dropped; `moments`: total weight (= n without weights), mean and
    central moments; `minimum`, `maximum`: exact; `integral`: every value is an integer; `grid`: where the bins lie,
    None when every value is kept; `observed`: the values. Where rows are censored or truncated, `incomplete` holds them,
    `observed` the rows whose value is known, and all else counts every row, censored ones at their bounds. `analytic`:
    the weights say how precise rows are, not how many.
    """

    n: int
    n_missing: int
    moments: Moments
    minimum: float
    maximum: float
    integral: bool
    grid: Grid | None
    observed: Tally
    incomplete: Incomplete | None = None
    analytic: bool = False

    @classmethod
    def from_survey(cls, survey: Survey) -> ColumnSummary:
        """The exact summary, when the survey is complete; its moments are those of the values, however they came."""
        runs = survey.sample
        survey = replace(survey, moments=Moments.of(runs.values, runs.count))
        return cls._of(survey, None, Tally.exact(runs))

    @classmethod
    def from_runs(cls, runs: Runs, n_rows: int, n_missing: int) -> ColumnSummary:
        """The exact summary of the only block of a column that has `EXACT_LIMIT` distinct values or fewer."""
        values, count = runs.values, runs.count
        integral = bool(np.all(values == np.rint(values)))
        low, high = float(values[0]), float(values[-1])
        return cls(n_rows, n_missing, Moments.of(values, count), low, high, integral, None, Tally.exact(runs))

    @classmethod
    def from_tally(cls, survey: Survey, plan: Plan, tally: Tally) -> ColumnSummary:
        """The binned summary: rare candidates join the bins, and steps double while there are too many bins."""
        weight = survey.moments.weight
        atoms = tally.atoms[tally.atom_count > ATOM_SHARE * weight]
        grid = plan.grid
        fitted = tally.regrid(grid.edges(survey.minimum, survey.maximum), atoms)
        while len(fitted.count) > MAX_BINS:
            grid = grid.coarser()
            fitted = fitted.regrid(grid.edges(survey.minimum, survey.maximum), atoms)
        return cls._of(survey, grid, fitted)

    @classmethod
    def joining(cls, survey: Survey, plan: Plan, tally: Tally) -> ColumnSummary:
        """The summary of rows that join those of a `plan`: rare or not, what that keeps exactly is kept exactly here."""
        grid, kept = plan.grid, tally.atoms
        while len(tally.count) > MAX_BINS:
            grid = grid.coarser()
            tally = tally.regrid(grid.edges(survey.minimum, survey.maximum), kept)
        return cls._of(plan.admits(survey), grid, tally.settled(grid.integral))

    @classmethod
    def _of(cls, survey: Survey, grid: Grid | None, observed: Tally) -> ColumnSummary:
        s = survey
        return cls(s.n_rows, s.n_missing, s.moments, s.minimum, s.maximum, s.integral, grid, observed)

    @classmethod
    def from_counts(cls, survey: Survey, grid: Grid | None, observed: Tally, incomplete: Incomplete) -> ColumnSummary:
        """The summary of rows, some of them censored or truncated, that were counted on `grid`, or exactly."""
        return replace(cls._of(survey, grid, observed), incomplete=incomplete)

    @classmethod
    def from_parts(cls, survey: Survey, parts: Parts, plan: Plan | None = None) -> ColumnSummary:
        """The summary of rows some of which are censored or truncated, counted on `plan` where one is given.

        `survey` is that of `parts.places()`.
        """
        if plan is None:
            grid, observed, rest = counting.counted(parts, survey)
        else:
            grid, observed, rest = counting.on_grid(parts, survey, plan.grid, plan.candidates)
        return cls.from_counts(survey, grid, observed, rest)

    @property
    def is_exact(self) -> bool:
        """Whether no row lies in a bin."""
        return self.grid is None

    @property
    def nbytes(self) -> int:
        """The bytes that it takes in memory, about: all its arrays, and half a kilobyte besides."""
        rest = self.incomplete
        parts = [] if rest is None else [rest.censored.nbytes, rest.truncated.nbytes]
        return self.observed.nbytes + sum(parts) + OBJECT_BYTES

    @property
    def weight(self) -> float:
        """The total weight of the rows; their number where no weights were given."""
        return self.moments.weight

    @property
    def size(self) -> float:
        """How many rows a likelihood counts: the total of frequency weights, the number of rows of analytic ones."""
        return float(self.n) if self.analytic else self.moments.weight

    @property
    def extent(self) -> tuple[float, float]:
        """What a support must hold: the extremes; where rows are incomplete, infinite where no row demands anything.

        Where rows demand no more than a point, as intervals do that overlap, the extremes of their bounds are taken.
        """
        low, high = demanded(self.incomplete, self.minimum, self.maximum)
        return (self.minimum, self.maximum) if -math.inf < high <= low < math.inf else (low, high)

    def places(self) -> Runs:
        """All rows: values, censored ones at their bounds, bins at their means."""
        return places(self.observed, self.incomplete)

    @property
    def mean(self) -> float:
        """The arithmetic mean."""
        return self.moments.mean

    @property
    def variance(self) -> float:
        """The mean squared deviation, Σw(x − mean)²/Σw."""
        return self.moments.m2 / self.weight

    @property
    def std(self) -> float:
        """The standard deviation with n − 1 in the denominator."""
        return math.sqrt(self.moments.m2 / (self.weight - 1)) if self.weight > 1 else math.nan

    @property
    def skewness(self) -> float:
        """The biased sample skewness, m₃/m₂^1.5."""
        return self._standardized(3)

    @property
    def kurtosis(self) -> float:
        """The biased sample excess kurtosis, m₄/m₂² − 3."""
        return self._standardized(4) - 3

    def _standardized(self, order: int) -> float:
        m = self.moments
        total = m.m3 if order == 3 else m.m4
        if m.m2 > 0 and math.isfinite(m.m2) and math.isfinite(total) and (total != 0 or m.m2 > 1e-100):
            return float(np.float64(total / m.weight) / np.float64(m.m2 / m.weight) ** (order / 2))
        # The powers overflow or vanish in the data's unit: take them in units of the range.
        unit = max(self.maximum / 2 - self.minimum / 2, math.ulp(0.0))
        places = self.places()
        z = places.values / unit - m.mean / unit
        second = float(places.count @ z**2) / m.weight
        return float(places.count @ z**order) / m.weight / second ** (order / 2) if second > 0 else math.nan

    @cached_property
    def fingerprint(self) -> str:
        """The hex BLAKE2b-256 of the canonical encoding: equal summaries have equal fingerprints."""
        return encoding.fingerprint(self.to_bytes())

    def to_bytes(self) -> bytes:
        """The canonical, versioned encoding."""
        return encoding.encode(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> ColumnSummary:
        """The summary that `to_bytes` wrote; raises `SerializationError` for anything else."""
        return encoding.decode(data)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ColumnSummary) and self.to_bytes() == other.to_bytes()

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def plan(self) -> Plan:
        """The plan on which more rows must be counted to merge with this binned summary."""
        if self.grid is None:
            raise GridMismatch("an exact summary has no grid; it merges with any other as it is")
        rays = tallies(self.observed, self.incomplete)
        return Plan(self.grid, np.unique(np.concatenate([tally.atoms for tally in rays])))

    def merge(self, other: ColumnSummary) -> ColumnSummary:
        """The summary of both sets of rows; commutative, and associative up to rounding on one grid.

        Two exact summaries stay exact up to 4096 distinct values; an exact one joins a binned one on its grid.
        Raises `GridMismatch` when the grids differ: count one side's rows on the other's `plan()`.
        """
        if self.analytic != other.analytic:
            raise InvalidInput("summaries with frequency and with analytic weights do not merge; weigh both alike")
        check_countable(self, other)
        survey = self._survey().merge(other._survey())
        if self.incomplete or other.incomplete:
            return self._merge_incomplete(other, survey)
        return replace(self._merge_complete(other, survey), analytic=self.analytic)

    def _merge_complete(self, other: ColumnSummary, survey: Survey) -> ColumnSummary:
        if self.grid is None and other.grid is None:
            return _merge_exact(survey, self.observed.runs(), other.observed.runs())
        grid = _common_grid(self.grid, other.grid)
        check_whole(grid, survey)
        edges = grid.edges(survey.minimum, survey.maximum)
        mine, theirs = (side._on(grid, self, other) for side in (self, other))
        return ColumnSummary.from_tally(survey, Plan(grid, edges[:0]), mine.merge(theirs, edges))

    def _merge_incomplete(self, other: ColumnSummary, survey: Survey) -> ColumnSummary:
        if self.grid is None and other.grid is None:
            mine, theirs = (Parts.exact(side.observed, side.incomplete) for side in (self, other))
            level, observed, rest = counting.counted(mine.join(theirs), survey)
        else:
            grid = _common_grid(self.grid, other.grid)
            check_whole(grid, survey)
            here, there = (side._counted_on(grid, self, other) for side in (self, other))
            level, observed, rest = counting.merged(here, there, survey, grid)
        extents = (demanded(side.incomplete, side.minimum, side.maximum) for side in (self, other))
        rest = counting.reaching(rest, *extents)
        return replace(self._of(survey, level, observed), incomplete=rest, analytic=self.analytic)

    def _counted_on(self, grid: Grid, *sides: ColumnSummary) -> tuple[Tally, Incomplete | None]:
        """These rows counted on `grid`, all parts of them, with the atoms of the binned side where this one is exact."""
        if self.grid is not None:
            return self.observed, self.incomplete
        atoms = next(side.plan().candidates for side in sides if side.grid is not None)
        return counting.joining(Parts.exact(self.observed, self.incomplete), grid, atoms)

    def _on(self, grid: Grid, *sides: ColumnSummary) -> Tally:
        """These rows counted on `grid`, with the atoms of the binned side where this one is exact."""
        if self.grid is not None:
            return self.observed
        atoms = next(side.observed.atoms for side in sides if side.grid is not None)
        return Plan(grid, atoms).tally(self.observed.runs())

    def _survey(self) -> Survey:
        """What a survey of these rows knows, as far as a summary keeps it."""
        runs = self.observed.runs() if self.incomplete is None else self.places()
        sample = runs if self.is_exact else Runs(runs.values[:0], runs.count[:0])
        return Survey(
            self.n, self.n_missing, self.moments, self.minimum, self.maximum, self.integral,
            sample, self.is_exact, runs.values[runs.count > ATOM_SHARE * self.weight],
        )  # fmt: skip


def _merge_exact(survey: Survey, a: Runs, b: Runs) -> ColumnSummary:
    runs = Runs.join([a, b])
    if len(runs) <= EXACT_LIMIT:
        return ColumnSummary.from_survey(survey)
    plan = Plan(survey.grid(), survey.candidates)
    return ColumnSummary.from_tally(survey, plan, plan.tally(runs))


def check_whole(grid: Grid, survey: Survey) -> None:
    """Raise `GridMismatch` for rows that are no whole numbers on a grid whose edges are."""
    if grid.integral and not survey.integral:
        raise GridMismatch(
            "rows counted on a grid of whole numbers take none that are not whole; summarize all rows together"
        )


def check_countable(a: ColumnSummary, b: ColumnSummary) -> None:
    """Raise `InvalidInput` for rows of which there are too many together, or that weigh too much, to be counted."""
    if max(a.n + b.n, a.n_missing + b.n_missing) > MAX_ROWS or not math.isfinite(a.weight + b.weight):
        raise InvalidInput("together the summaries hold more rows, or more weight, than can be counted")


def _common_grid(a: Grid | None, b: Grid | None) -> Grid:
    """The coarser of two levels of one grid."""
    if a is None or b is None:
        grid = a or b
        assert grid is not None
        return grid
    coarse = a if a.level >= b.level else b
    fine = b if coarse is a else a
    while fine.level < coarse.level:
        fine = fine.coarser()
    if fine != coarse:
        raise GridMismatch(
            f"summaries lie on different grids ({a} and {b}); count the rows of one on the other's plan()"
        )
    return coarse
