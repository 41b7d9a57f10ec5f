"""How a column's rows came about, apart from their distribution: what every simulated column has in common with it.

`RowDesign`: so many rows, each with its weight, its window and the bounds at which it would be censored. Where a bound was
never seen, because the value came first, it is drawn from the product-limit estimate of the censoring distribution, given
that it lies beyond the value (Efron 1981, JASA 76, 312–319; Davison & Hinkley 1997, Bootstrap Methods, algorithm 3.1).
`CellDesign`: so many rows counted between edges, the way a long column is. `GroupDesign`: rows of which only the cell of a
table is known. A column whose rows could have come about in several ways has no design, and is refused with the reason.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.likelihood.masses import points
from warmfit_fitting.summary import ColumnSummary, Grid, Runs, Tally
from warmfit_fitting.summary.incomplete import Incomplete

MAX_ROWS = 50_000  # that are drawn one by one; a longer column is drawn as counts
UNKNOWN = "no column can be simulated as this one came about: "


@dataclass(frozen=True, eq=False)
class Censoring:
    """The bounds above which rows are not observed.

    `known` (n,): those that were seen, NaN where a row's value came first; these are drawn, given that they exceed `after`
    (n,), from the `survival` (J,) just after each of the `places` (J,), ascending; what is left after the last is never
    censored.
    """

    known: FloatArray
    after: FloatArray
    places: FloatArray
    survival: FloatArray

    @classmethod
    def of(cls, known: FloatArray, after: FloatArray, weight: FloatArray, entry: FloatArray | None = None) -> Censoring:
        """The mechanism behind rows (n,) with `weight` (n,); rows censored at a place were at risk after values there.

        With `entry` (n,) rows are at risk from there on only, and since it is not known which bound goes with which entry,
        every bound is drawn, given that it lies beyond the row's entry.
        """
        seen = ~np.isnan(known)
        runs = Runs.of(known[seen], weight[seen])
        at_risk = _beyond(after, weight, runs.values, "right") + np.cumsum(runs.count[::-1])[::-1]
        if entry is not None:
            at_risk -= _beyond(entry, weight, runs.values, "left")
        left = 1.0 - runs.count / np.maximum(at_risk, runs.count)
        survival = np.asarray(np.cumprod(left), dtype=np.float64)
        if entry is not None:
            known, after = np.full(len(entry), np.nan), entry
        return cls(known, after, runs.values, survival)

    def draw(self, rng: np.random.Generator) -> FloatArray:
        """Bounds (n,), infinite where a row is never censored."""
        beyond = np.searchsorted(self.places, self.after, side="right")
        aim = np.append(1.0, self.survival)[beyond] * rng.random(len(self.known))
        first = np.maximum(np.searchsorted(-self.survival, -aim), beyond)
        drawn = np.append(self.places, np.inf)[first]
        return np.where(np.isnan(self.known), drawn, self.known)


def _beyond(places: FloatArray, weight: FloatArray, at: FloatArray, side: Literal["left", "right"]) -> FloatArray:
    """The weight (A,) of the `places` (n,) at or beyond `at` (A,) where `side` is left, beyond it where it is right."""
    order = np.argsort(places)
    upwards = np.append(np.cumsum(weight[order][::-1])[::-1], 0.0)
    found: FloatArray = upwards[np.searchsorted(places[order], at, side=side)]
    return found


@dataclass(frozen=True, eq=False)
class RowDesign:
    """`n` rows with `weight` (n,), or 1 each; those censored on the `right` or `left` (mirrored); windows (n,) of rows."""

    n: int
    weight: FloatArray | None = None
    analytic: bool = False
    right: Censoring | None = None
    left: Censoring | None = None
    entry: FloatArray | None = None
    exit: FloatArray | None = None

    @cached_property
    def most_known(self) -> int:
        """More values than a simulated column will ever have known: eight standard deviations more than were seen."""
        return self._most(self.n - self._seen(self.right) - self._seen(self.left))

    @cached_property
    def most_censored(self) -> tuple[int, int]:
        """The same for rows censored on the right and on the left."""
        return self._most(self._seen(self.right)), self._most(self._seen(self.left))

    def _most(self, seen: int) -> int:
        return min(self.n, seen + math.ceil(4 * math.sqrt(self.n)) + 8) if seen else 0

    @staticmethod
    def _seen(censoring: Censoring | None) -> int:
        """How many rows of the column were censored."""
        return 0 if censoring is None else int((~np.isnan(censoring.known)).sum())


@dataclass(frozen=True, eq=False)
class CellDesign:
    """`n` rows counted on `grid`."""

    n: int
    grid: Grid


@dataclass(frozen=True, eq=False)
class GroupDesign:
    """`n` rows of which the one of the cells between `edges` (E,), and beyond them, is known in which they lie."""

    n: int
    edges: FloatArray


Design = RowDesign | CellDesign | GroupDesign


def design_of(summary: ColumnSummary) -> Design:
    """The design of a column; raises `InvalidInput` where none is sound."""
    rest = summary.incomplete
    if rest is None:
        return _complete(summary)
    if _grouped(summary, rest):
        return _group_design(summary, rest)
    if len(rest.censored.between):
        raise InvalidInput(
            UNKNOWN + "rows are known to lie in intervals that overlap, or beside rows whose value is known, and when "
            "others would have been inspected is not known"
        )
    if not rest.truncated.weight > 0:
        return _censored(summary, rest)
    design = _windowed(summary, rest)
    return _censored_after_entry(summary, rest, design) if rest.censored.weight > 0 else design


def _complete(summary: ColumnSummary) -> Design:
    count = summary.observed.atom_count
    if summary.is_exact:
        if not _whole(count):
            return _weighted(summary, len(count), count)
        if not summary.analytic and count.sum() <= MAX_ROWS:
            return RowDesign(int(count.sum()))
    if summary.analytic:
        return _weighted(summary, len(count), count)
    return CellDesign(max(round(summary.weight), 1), summary.grid or summary._survey().grid())


def _weighted(summary: ColumnSummary, n: int, weight: FloatArray) -> RowDesign:
    """Rows that keep their weights, which are known where no two rows have one value."""
    if n != summary.n:
        raise InvalidInput(
            UNKNOWN + "weights of single rows are not kept where rows share a value or a bin; use whole-number weights"
        )
    return RowDesign(n, weight, summary.analytic)


def _whole(count: FloatArray) -> bool:
    return bool(np.all(count == np.rint(count)))


def _rows(summary: ColumnSummary, tallies: list[Tally]) -> tuple[list[FloatArray], FloatArray | None]:
    """The places of rows, one array for each tally, and their weights (n,), none where all weigh 1."""
    runs = [Runs(*points(tally)) if not tally.is_exact else tally.runs() for tally in tallies]
    counts = np.concatenate([r.count for r in runs])
    if summary.analytic or not _whole(counts):
        _weighted(summary, len(counts), counts)
        return [r.values for r in runs], counts
    if counts.sum() > MAX_ROWS:
        raise InvalidInput(
            f"{UNKNOWN}{counts.sum():.0f} rows, some of them censored or truncated, are more than the {MAX_ROWS} that are "
            "drawn one by one"
        )
    return [np.repeat(r.values, r.count.astype(np.int64)) for r in runs], None


def _censored(summary: ColumnSummary, rest: Incomplete) -> RowDesign:
    (known, above, below), weight = _rows(summary, [summary.observed, rest.censored.above, rest.censored.below])
    unseen = [np.full(len(part), np.nan) for part in (known, above, below)]
    n = len(known) + len(above) + len(below)
    each = np.ones(n) if weight is None else weight
    right = left = None
    if len(above):
        after = np.concatenate([known, np.full(len(above), -np.inf), below])
        right = Censoring.of(np.concatenate([unseen[0], above, unseen[2]]), after, each)
    if len(below):
        after = np.concatenate([-known, -above, np.full(len(below), -np.inf)])
        left = Censoring.of(np.concatenate([unseen[0], unseen[1], -below]), after, each)
    return RowDesign(n, weight, summary.analytic, right, left)


def _windowed(summary: ColumnSummary, rest: Incomplete) -> RowDesign:
    """Every row keeps its window; which value went with which does not matter, because values are drawn anew."""
    if summary.analytic or not (_whole(summary.observed.atom_count) and _whole(np.array([summary.weight]))):
        raise InvalidInput(UNKNOWN + "rows have weights and windows of their own, and which go together is not kept")
    t = rest.truncated
    (_, entries, exits), _ = _rows(summary, [summary.observed, t.above, t.below])
    whole = np.diff(np.rint(np.cumsum(t.between.count)), prepend=0.0).astype(np.int64)  # many windows share weights
    pairs = [np.repeat(end, whole) for end in (t.between.lower, t.between.upper)]
    n = round(summary.weight)
    entry, leave = np.full(n, -np.inf), np.full(n, np.inf)
    first, second = len(entries), len(entries) + len(exits)
    entry[:first], leave[first:second] = entries, exits
    entry[second : second + len(pairs[0])], leave[second : second + len(pairs[1])] = pairs
    return RowDesign(n, entry=entry, exit=leave)


def _censored_after_entry(summary: ColumnSummary, rest: Incomplete, design: RowDesign) -> RowDesign:
    """Rows that entered late and were censored later; beyond its entry a row is censored as any other is.

    That is the independence which the likelihood of such rows rests on (Kalbfleisch & Prentice 2002, sec. 3.2).
    """
    ends = len(rest.truncated.between) + len(points(rest.truncated.below)[0])
    if ends or len(points(rest.censored.below)[0]) or design.entry is None:
        raise InvalidInput(
            UNKNOWN
            + "rows are censored, and have windows that end or are censored on the left, and which bound goes with "
            "which window is not kept"
        )
    (known, above), _ = _rows(summary, [summary.observed, rest.censored.above])
    bounds = np.concatenate([np.full(len(known), np.nan), above])
    after = np.concatenate([known, np.full(len(above), -np.inf)])
    return replace(design, right=Censoring.of(bounds, after, np.ones(len(bounds)), design.entry))


def _grouped(summary: ColumnSummary, rest: Incomplete) -> bool:
    """Whether the rows lie in cells of a table, none of which overlap, and nothing more is known of them."""
    pairs, above, below = rest.censored.between, points(rest.censored.above)[0], points(rest.censored.below)[0]
    if not len(pairs) or summary.observed.atom_count.any() or summary.observed.count.any() or rest.truncated.weight:
        return False
    apart = bool(np.all(pairs.lower[1:] >= pairs.upper[:-1]))
    outer = len(above) < 2 and len(below) < 2
    return apart and outer and bool(np.all(above >= pairs.upper[-1]) and np.all(below <= pairs.lower[0]))


def _group_design(summary: ColumnSummary, rest: Incomplete) -> GroupDesign:
    if summary.analytic or not _whole(rest.censored.between.count):
        raise InvalidInput(
            UNKNOWN + "weights of single rows are not kept where rows share a cell; use whole-number weights"
        )
    ends = [points(tally)[0] for tally in (rest.censored.above, rest.censored.below)]
    edges = np.unique(np.concatenate([rest.censored.between.lower, rest.censored.between.upper, *ends]))
    return GroupDesign(round(summary.weight), edges)


def within(design: GroupDesign, window: tuple[float, float]) -> GroupDesign:
    """The design with its edges cut to a window that let every row in."""
    inside = design.edges[(design.edges > window[0]) & (design.edges < window[1])]
    return replace(design, edges=inside)
