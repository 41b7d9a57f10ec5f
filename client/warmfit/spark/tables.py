"""Look-up tables with which SQL finds the bin of a value exactly, by arithmetic and a few comparisons.

The edges of a grid are no formula of a row any more once they are rounded, joined and cut at single values, and logarithms
cost more in SQL than all the rest. So a value's place among the edges is looked up in a guide table (Chen & Asau 1974,
"On generating random variates from an empirical distribution"): a monotone function without logarithms,
z/(1 + |z|), z = (x − centre)/spread, says in which of `CELLS` cells a value lies, the table how many edges lie in the cells
before it, and binary search finds the place among the few edges of its own cell. Java and NumPy round alike, so that a
row falls into the same bin wherever it is counted.

Several columns, or groups, are slots of one table, one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from warmfit_fitting.arrays import FloatArray, IntArray

CELLS = 4096
_PER_SLOT = CELLS + 2  # cells 0 … CELLS, and the end of the last


def doubles(values: Iterable[float]) -> str:
    """An array of float64 in SQL, to the last digit; -0.0 and infinities included."""
    return f"cast(split('{','.join(map(repr, map(float, values)))}', ',') as array<double>)"


def integers(values: Iterable[int], kind: str = "int") -> str:
    """An array of whole numbers in SQL."""
    return f"cast(split('{','.join(map(str, map(int, values)))}', ',') as array<{kind}>)"


@dataclass(frozen=True)
class BinTables:
    """The edges of all slots in one row, and the guides to them.

    `edges` (E,): those of one slot after those of another. `first` (S + 1,): where each slot's edges begin. `scale`, `shift`
    (S,): z = x·scale − shift. `before` (S·(CELLS + 2),): how many edges of all lie before a cell. `steps`: comparisons that
    the fullest cell needs.
    """

    edges: FloatArray
    first: IntArray
    scale: FloatArray
    shift: FloatArray
    before: IntArray
    steps: int

    @classmethod
    def of(cls, edges: Sequence[FloatArray], centres: Sequence[tuple[float, float]]) -> BinTables:
        """The tables for slots with these `edges`, each ascending; `centres`: (centre, spread) of each."""
        first = np.concatenate([[0], np.cumsum([len(e) for e in edges])]).astype(np.int64)
        anchors = [_anchors(e, *pair) for e, pair in zip(edges, centres, strict=True)]
        scale, shift = (np.array(column) for column in zip(*anchors, strict=True))
        parts = []
        for slot, own in enumerate(edges):
            cells = _cells(own, scale[slot], shift[slot])
            parts.append(first[slot] + np.searchsorted(cells, np.arange(_PER_SLOT)))
        before = np.concatenate(parts).astype(np.int64)
        fullest = max(int(np.diff(part).max()) for part in parts)
        return cls(np.concatenate(edges), first, scale, shift, before, fullest.bit_length())

    def projections(self, kept: Sequence[str], value: str = "v", slot: str = "slot") -> list[list[str]]:
        """What to select one after the other, so that the last has `bin`, the number of the edge at or below `value`.

        `kept`: the columns to keep besides. A value beyond its slot's edges has a bin of another slot, or none.
        """
        edges, before = doubles(self.edges), integers(self.before)
        keep = [*kept, value, slot]
        z = f"{value} * get({doubles(self.scale)}, {slot}) - get({doubles(self.shift)}, {slot}) as z"
        cell = f"{slot} * {_PER_SLOT} + cast((z / (1D + abs(z)) + 1D) * {CELLS / 2}D as int) as cell"
        found = [f"get({before}, cell) as place", f"get({before}, cell + 1) - get({before}, cell) as many"]
        half = "shiftright(many + 1, 1)"
        beyond = f"(many > 0 and {value} >= get({edges}, place + {half} - 1)) as beyond"
        moved = [f"if(beyond, place + {half}, place) as place", f"if(beyond, many - {half}, {half} - 1) as many"]
        steps = [[*keep, "place", "many", beyond], [*keep, *moved]] * self.steps
        last = [*keep, "place - 1 as bin", f"{value} - get({edges}, place - 1) as d"]
        return [[*keep, z], [*keep, cell], [*keep, *found], *steps, last]


def _anchors(edges: FloatArray, centre: float, spread: float) -> tuple[float, float]:
    """`scale` and `shift` with which z stays finite for every value between the edges."""
    largest = max(abs(float(edges[0])), abs(float(edges[-1])))
    scale = 1.0 / max(spread, largest * 1e-200, 1e-300)
    return scale, centre * scale


def _cells(values: FloatArray, scale: float, shift: float) -> IntArray:
    """The cell of each value, in the operations, and their order, that the SQL has."""
    z = values * scale - shift
    return ((z / (1.0 + np.abs(z)) + 1.0) * (CELLS / 2)).astype(np.int64)
