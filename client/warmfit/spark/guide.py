"""A monotone function of a value, without logarithms, that says in which of `CELLS` cells it lies, the same in SQL and here.

Near the ends of a grid, and far from its centre, edges lie as logarithms do; there the 16th root of the distance stands for
its logarithm, since Java and NumPy round roots alike, and a body of most rows is divided evenly. Each of the five pieces has
cells of its own, so that the function is monotone to the last bit, whatever rounding does where pieces meet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from warmfit_fitting.arrays import BoolArray, FloatArray, IntArray
from warmfit_fitting.summary.grid import Grid

EASE = 0.25  # of the distance from the centre: nearer than this to an end, its logarithm has the denser edges
BODY = 3.0  # spreads from the centre that are divided evenly
BODY_CELLS, ROOT_CELLS = 4096, 2048
CELLS = BODY_CELLS + 4 * ROOT_CELLS
_FIRST = {
    "low": 0,
    "left": ROOT_CELLS,
    "body": 2 * ROOT_CELLS,
    "right": CELLS - 2 * ROOT_CELLS,
    "high": CELLS - ROOT_CELLS,
}
_ROOTS = 4  # square roots, one of another


@dataclass(frozen=True)
class Piece:
    """Cell = clip(offset + slope·t), t the place within the piece: a root, or the distance from the centre."""

    offset: float
    slope: float

    @classmethod
    def between(cls, name: str, least: float, most: float) -> Piece:
        """The piece whose cells are spread over t from `least` to `most`."""
        slope = size_of(name) / max(most - least, 1e-12)
        return cls(_FIRST[name] - least * slope, slope)


def size_of(name: str) -> int:
    """How many cells a piece has."""
    return BODY_CELLS if name == "body" else ROOT_CELLS


@dataclass(frozen=True)
class Guide:
    """The pieces of one slot, in the spread of its grid; those next to an end reach `ease_low` and `ease_high` far.

    `centre`, `low` and `high` are half the grid's, lest a difference overflows; `scale` is twice the inverse of the spread.
    """

    centre: float
    scale: float
    low: float
    high: float
    ease_low: float
    ease_high: float
    pieces: dict[str, Piece]

    @classmethod
    def of(cls, edges: FloatArray, grid: Grid) -> Guide:
        """The guide to ascending `edges` of a grid."""
        largest = max(abs(float(edges[0])), abs(float(edges[-1])))
        scale = 2.0 / max(grid.spread, largest * 1e-200, 1e-300)
        centre, ends = grid.centre / 2, (grid.low / 2, grid.high / 2)

        def ease(end: float) -> float:
            return EASE * max(abs(end - centre) * scale, 1.0)

        plain = cls(centre, scale, *ends, ease(ends[0]), ease(ends[1]), {})
        return replace(plain, pieces={name: plain._piece(name, edges) for name in _FIRST})

    def _piece(self, name: str, edges: FloatArray) -> Piece:
        within, t = self._pieces(edges)[name]
        t = t[within]
        return Piece.between(name, float(t.min()), float(t.max())) if len(t) else Piece(float(_FIRST[name]), 0.0)

    def _pieces(self, x: FloatArray) -> dict[str, tuple[BoolArray, FloatArray]]:
        """For each piece who is in it and the places there, all (N,); pieces in the order in which SQL asks for them."""
        half = x * 0.5
        z, a, b = (half - self.centre) * self.scale, (half - self.low) * self.scale, (self.high - half) * self.scale
        low = a < self.ease_low
        high = ~low & (b < self.ease_high)
        left, right = (~low & ~high & side for side in (z < -BODY, z > BODY))
        root_z = _root(np.abs(z))
        return {
            "low": (low, np.where(a < 0.0, -_root(np.abs(a)), _root(np.abs(a)))),
            "high": (high, np.where(b < 0.0, _root(np.abs(b)), -_root(np.abs(b)))),
            "left": (left, -root_z),
            "right": (right, root_z),
            "body": (~(low | high | left | right), z),
        }

    def constant(self, name: str) -> float:
        """A constant by the name that `sql_cell` and `sql_places` have for it, such as "low" or "low.slope"."""
        piece, _, part = name.partition(".")
        return float(getattr(self.pieces[piece], part) if part else getattr(self, name))

    def cells(self, values: FloatArray) -> IntArray:
        """The cell of each value, in the operations, and their order, that the SQL has."""
        cells = np.zeros(len(values), dtype=np.int64)
        for name, (within, t) in self._pieces(values).items():
            piece, first = self.pieces[name], float(_FIRST[name])
            at = np.minimum(np.maximum(piece.offset + piece.slope * t[within], first), first + size_of(name) - 1.0)
            cells[within] = at.astype(np.int64)
        return cells


def _root(x: FloatArray) -> FloatArray:
    for _ in range(_ROOTS):
        x = np.sqrt(x)
    return x


def sql_places(value: str, own: Callable[[str], str]) -> list[str]:
    """The distances z, a and b of a value from the centre and from both ends; `own` gives the SQL of a slot's constant."""
    return [
        f"({value} * 0.5D - {own('centre')}) * {own('scale')} as z",
        f"({value} * 0.5D - {own('low')}) * {own('scale')} as a",
        f"({own('high')} - {value} * 0.5D) * {own('scale')} as b",
    ]


def sql_cell(own: Callable[[str], str]) -> str:
    """The cell, from z, a and b. Only the piece that a value lies in is computed."""

    def at(name: str, t: str) -> str:
        first = f"{float(_FIRST[name])!r}D"
        last = f"{_FIRST[name] + size_of(name) - 1.0!r}D"
        return f"least(greatest({own(name + '.offset')} + {own(name + '.slope')} * {t}, {first}), {last})"

    def root(x: str) -> str:
        return "sqrt(" * _ROOTS + f"abs({x})" + ")" * _ROOTS

    def signed(x: str, below: str, above: str) -> str:
        return f"if({x} < 0D, {below}{root(x)}, {above}{root(x)})"

    return (
        f"cast(case when a < {own('ease_low')} then {at('low', signed('a', '-', ''))} "
        f"when b < {own('ease_high')} then {at('high', signed('b', '', '-'))} "
        f"when z < -{BODY}D then {at('left', '-' + root('z'))} "
        f"when z > {BODY}D then {at('right', root('z'))} "
        f"else {at('body', 'z')} end as int)"
    )
