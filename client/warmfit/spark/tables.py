"""Look-up tables with which SQL finds the bin of a value exactly, by arithmetic and a few comparisons.

The edges of a grid are no formula of a row any more once they are rounded, joined and cut at single values, and
logarithms cost more in SQL than all the rest. So a value's place among the edges is looked up in a guide table (Chen &
Asau 1974, "On generating random variates from an empirical distribution"): a monotone function without logarithms
(`guide`) says in which of `CELLS` cells a value lies, the table how many edges lie in the cells before it and how many in
its own, and where there are any, two or three as a rule, the value is compared with them one by one; a fuller cell is
halved first. Java and NumPy round alike, so that a row falls into the same bin wherever it is counted.

Several columns, or groups, are slots of one table, one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from warmfit.spark.guide import CELLS, Guide, sql_cell, sql_places
from warmfit_fitting.arrays import FloatArray, IntArray
from warmfit_fitting.summary.grid import Grid

_BITS = 24  # of a packed number that say how many edges lie in a cell
_FEW_BITS = 2  # of a number of edges, up to three, with which a value is compared one by one


def doubles(values: Iterable[float]) -> str:
    """An array of float64 in SQL, to the last digit; -0.0 and infinities included."""
    return f"cast(split('{','.join(map(repr, map(float, values)))}', ',') as array<double>)"


def integers(values: Iterable[int], kind: str = "int") -> str:
    """An array of whole numbers in SQL."""
    return f"cast(split('{','.join(map(str, map(int, values)))}', ',') as array<{kind}>)"


@dataclass(frozen=True)
class BinTables:
    """The edges of all slots in one row, and the guides to them.

    `edges` (E,): those of one slot after those of another. `first` (S + 1,): where each slot's edges begin. `guides` (S,):
    the monotone function of each. `before` (S·(CELLS + 1),): how many edges of all lie before a cell. `fullest`: the most
    that lie in one.
    """

    edges: FloatArray
    first: IntArray
    guides: tuple[Guide, ...]
    before: IntArray
    fullest: int

    @classmethod
    def of(cls, edges: Sequence[FloatArray], grids: Sequence[Grid]) -> BinTables:
        """The tables for slots with these `edges`, each ascending, of those `grids`."""
        first = np.concatenate([[0], np.cumsum([len(e) for e in edges])]).astype(np.int64)
        guides = tuple(Guide.of(own, grid) for own, grid in zip(edges, grids, strict=True))
        parts = [
            start + np.searchsorted(guide.cells(own), np.arange(CELLS + 1))
            for start, guide, own in zip(first, guides, edges, strict=False)
        ]
        before = np.concatenate(parts).astype(np.int64)
        fullest = max(int(np.diff(part).max()) for part in parts)
        return cls(np.concatenate(edges), first, guides, before, fullest)

    def projections(self, kept: Sequence[str], value: str = "v", slot: str = "slot") -> list[list[str]]:
        """What to select one after the other, so that the last has `bin`, the number of the edge at or below `value`.

        `kept`: the columns to keep besides. A value beyond its slot's edges has a bin of another slot, or none.
        """
        many = np.diff(self.before, append=self.before[-1:])
        edges, packed = doubles(self.edges), integers(self.before << _BITS | many, "bigint")
        keep = [*kept, value, slot]

        def own(name: str) -> str:
            return f"get({doubles(guide.constant(name) for guide in self.guides)}, {slot})"

        found = f"get({packed}, {slot} * {CELLS + 1} + {sql_cell(own)}) as packed"
        parts = [f"cast(shiftright(packed, {_BITS}) as int) as place", f"cast(packed & {2**_BITS - 1} as int) as many"]
        half = "shiftright(many + 1, 1)"
        beyond = f"(many > 0 and {value} >= get({edges}, place + {half} - 1)) as beyond"
        moved = [f"if(beyond, place + {half}, place) as place", f"if(beyond, many - {half}, {half} - 1) as many"]
        halved = [[*keep, "place", "many", beyond], [*keep, *moved]] * max(self.fullest.bit_length() - _FEW_BITS, 0)
        passed = "0"
        for k in reversed(range(min(self.fullest, 2**_FEW_BITS - 1))):
            passed = f"if(many > {k} and {value} >= get({edges}, place + {k}), {passed} + 1, 0)"
        at = [*keep, f"place - 1 + {passed} as bin"]
        last = ["bin", *kept, f"{value} - get({edges}, bin) as d"]
        return [[*keep, *sql_places(value, own)], [*keep, found], [*keep, *parts], *halved, at, last]
