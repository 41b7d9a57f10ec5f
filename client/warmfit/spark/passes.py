"""The passes over a Spark frame: extremes, a sample by hash, counts in bins. Each is one query for all
the columns that are read together.

A slot is a column, or a column of a group. No Python runs on the executors; what comes back is as small as a summary.
Every query is written in SQL expressions that Spark 3.5 and later have, classic and Connect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from warmfit.spark.tables import BinTables, doubles, integers
from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.summary.survey import ATOM_SHARE, EXACT_LIMIT, Runs, xxh64

WANTED = 6500  # values to be expected below the threshold: fewer than 4096 of them would take chance 30 deviations
MOST = 2 * WANTED  # values that may come back for one slot
DRAWN = 65536  # rows drawn to find values that carry much weight
LONG = 1_000_000  # rows whose explosion costs more than queries of their own
HEAVY = 20  # of them at one value: one with `ATOM_SHARE` has 65 to be expected, and fewer than 20 never
_TOP = 2**64
_SIGN = -(2**63)


@dataclass(frozen=True)
class Slots:
    """Rows as (`slot`, `v`, `w`): one for each value that is not missing, `w` only where rows have weights.

    `values`: the SQL of each column in turn, null where a row has none. `frame`: what they are selected from. `group`: the
    number of a row's group in SQL, None without groups; slot = group · columns + column. `cached`: whether Spark keeps the
    rows, so that reading one column costs nothing for the others.
    """

    frame: Any
    values: tuple[str, ...]
    weight: str | None = None
    group: str | None = None
    cached: bool = False

    def apart(self, found: Mapping[int, Extremes]) -> list[dict[int, Extremes]]:
        """The slots that are best read in one query: long cached columns one by one, all others together.

        Rows of several columns are exploded, which costs about a third of what is done with them.
        """
        width = len(self.values)
        if not self.cached or width == 1 or sum(e.n for e in found.values()) < LONG * width:
            return [dict(found)] if found else []
        parts = ({slot: e for slot, e in found.items() if slot % width == j} for j in range(width))
        return [part for part in parts if part]

    def long(self, columns: Sequence[int] | None = None) -> Any:
        """The rows, of all columns or of some."""
        chosen = range(len(self.values)) if columns is None else columns
        beside = ([] if self.weight is None else [f"{self.weight} as w"]) + (
            [] if self.group is None else [f"{self.group} as g"]
        )
        names = [entry.rsplit(" ", 1)[1] for entry in beside]
        if len(chosen) == 1:
            rows = self.frame.selectExpr(f"{chosen[0]} as j", f"{self.values[chosen[0]]} + 0D as v", *beside)
        else:
            array = ", ".join(f"{self.values[j]} + 0D" for j in chosen)
            rows = self.frame.selectExpr(f"posexplode(array({array})) as (k, v)", *beside)
            rows = rows.selectExpr(f"get({integers(chosen)}, k) as j", "v", *names)
        slot = "j" if self.group is None else f"g * {len(self.values)} + j"
        kept = ["v", *([] if self.weight is None else ["w"])]
        rows = rows.selectExpr(f"{slot} as slot", *kept).where("v is not null")
        return rows if self.weight is None else rows.where("w > 0D")


@dataclass(frozen=True)
class Extremes:
    """What one aggregate tells of a slot: rows used and missing, their weight, the least and the greatest value.

    `infinite`: whether a value is infinite, be it of a row without weight.
    """

    n: int
    n_missing: int
    weight: float
    minimum: float
    maximum: float
    infinite: bool


def extremes(slots: Slots) -> dict[int, Extremes]:
    """The extremes of every slot that has rows."""
    w = slots.weight
    asked = [("count", "1")]
    for x in slots.values:
        used = x if w is None else f"if({w} > 0D, {x}, null)"
        asked += [("count", x), ("min", used), ("max", used)]
        if w is not None:
            asked += [("count", used), ("sum", f"if({x} is null, 0D, {w})"), ("max", f"abs({x})")]
    size = 3 if w is None else 6
    found = {}
    for group, total, *entries in aggregated(slots.frame, slots.group, asked):
        for j in range(len(slots.values)):
            found[group * len(slots.values) + j] = _extremes(total, entries[j * size : (j + 1) * size])
    return found


def aggregated(frame: Any, group: str | None, asked: Sequence[tuple[str, str]]) -> list[tuple[Any, ...]]:
    """Pairs of a function and what it is taken of, for each group: its number (0 without groups) and the answers."""
    if group is None:
        return [(0, *frame.selectExpr(*(f"{function}({of})" for function, of in asked)).collect()[0])]
    rows = frame.selectExpr(f"{group} as g", *(f"{of} as a{k}" for k, (_, of) in enumerate(asked)))
    rows = rows.groupBy("g").agg({f"a{k}": function for k, (function, _) in enumerate(asked)})
    answers = [f"`{function}(a{k})`" for k, (function, _) in enumerate(asked)]
    return [tuple(row) for row in rows.selectExpr("g", *answers).collect()]


def _extremes(total: int, entries: Sequence[Any]) -> Extremes:
    known, low, high, *weighed = entries
    low, high = (np.nan if end is None else float(end) + 0.0 for end in (low, high))
    used, weight, largest = weighed or (known, float(known), max(abs(low), abs(high)))
    infinite = bool(np.isinf(np.nan if largest is None else largest))
    return Extremes(used, total - known, float(weight or 0.0), low, high, infinite)


@dataclass(frozen=True)
class Sample:
    """The distinct values of a slot with the smallest hashes, all of them where `complete`, and `heavy` (H,) ones.

    `heavy`: every value that may carry more than `ATOM_SHARE` of the weight.
    """

    runs: Runs
    complete: bool
    heavy: FloatArray


def samples(slots: Slots, found: Mapping[int, Extremes]) -> dict[int, Sample]:
    """The sample of every slot; asks again, with a higher threshold, for those of which too few values came."""
    shares = {slot: min(1.0, WANTED / e.n) for slot, e in found.items()}
    heavy: dict[int, FloatArray] = {}
    done: dict[int, Sample] = {}
    while shares:
        for slot, (values, count, is_heavy) in _hashed(slots, found, shares, heavy).items():
            own = values[is_heavy]
            heavy.setdefault(slot, own)
            below = xxh64(values) <= np.uint64(_threshold(shares[slot]))
            runs = Runs.of(values[below], count[below])
            if shares[slot] == 1.0 or len(runs) >= EXACT_LIMIT:
                del shares[slot]
                done[slot] = _smallest(runs, heavy[slot], found[slot].weight)
            else:
                shares[slot] = _next_share(shares[slot], len(runs))
    return done


def _next_share(share: float, met: int) -> float:
    """A greater share of the hashes, that leaves few enough values were there as many as chance can hide."""
    most = (met + 4 * met**0.5 + 16) / share
    return 1.0 if most <= MOST else min(1.0, MOST / most)


def _threshold(share: float) -> int:
    return _TOP - 1 if share == 1.0 else int(share * _TOP)


def _smallest(runs: Runs, heavy: FloatArray, weight: float) -> Sample:
    heavy = np.union1d(heavy, runs.values[runs.count > ATOM_SHARE * weight])
    if len(runs) <= EXACT_LIMIT:
        return Sample(runs, True, heavy)
    order = np.argpartition(xxh64(runs.values), EXACT_LIMIT - 1)[:EXACT_LIMIT]
    return Sample(runs.where(np.sort(order)), False, heavy)


def _hashed(
    slots: Slots, found: Mapping[int, Extremes], shares: Mapping[int, float], known: Mapping[int, FloatArray]
) -> dict[int, tuple[FloatArray, FloatArray, np.ndarray]]:
    """Values of the slots of `shares` below their thresholds or likely heavy, with weights: one query."""
    width, size = len(slots.values), max(shares) + 1
    columns = sorted({slot % width for slot in shares})
    rows = slots.long(columns)
    # Hashes are signed in SQL; below the threshold of a slot that is done lies one of 2⁶⁴, whose rows nobody reads.
    limits = [(_threshold(shares[slot]) if slot in shares else 0) + _SIGN for slot in range(size)]
    at_most = f"get({integers(limits, 'bigint')}, slot)"
    drawn = not all(slot in known or shares[slot] == 1.0 for slot in shares)
    unit = [found[slot].weight / DRAWN if slot in shares else np.inf for slot in range(size)]
    each = f"get({doubles(unit)}, slot)"
    w = "1D" if slots.weight is None else "w"
    below = f"(xxhash64(v) ^ ({_SIGN + 1}L - 1L)) <= {at_most} as below"
    chance = f"rand(42) * {each} < {w} as drawn" if drawn else "false as drawn"
    rows = rows.selectExpr("slot", "v", f"{w} as w", below, chance).where("below or drawn")
    sizes = rows.selectExpr(
        "slot", "v", "if(below, w, 0D) as a", f"if(drawn, greatest(w, {each}), 0D) as b", f"{each} as unit"
    )
    counted = sizes.groupBy("slot", "v", "unit").agg({"a": "sum", "b": "sum"})
    counted = counted.selectExpr("slot", "v", "`sum(a)` as a", f"`sum(b)` >= {HEAVY} * unit as heavy")
    answer = counted.where("a > 0D or heavy").collect()
    return _by_slot(answer, shares)


def _by_slot(rows: Sequence[Any], wanted: Mapping[int, float]) -> dict[int, tuple[FloatArray, FloatArray, np.ndarray]]:
    slot = np.array([row[0] for row in rows], dtype=np.int64)
    values, count = (np.array([row[i] for row in rows], dtype=np.float64) for i in (1, 2))
    heavy = np.array([bool(row[3]) for row in rows], dtype=bool)
    return {s: (values[slot == s] + 0.0, count[slot == s], heavy[slot == s]) for s in list(wanted)}


def all_whole(slots: Slots, asked: Sequence[int]) -> dict[int, bool]:
    """Whether every value of each slot asked for is a whole number; one query."""
    if not asked:
        return {}
    width = len(slots.values)
    rows = slots.long(sorted({slot % width for slot in asked}))
    rows = rows.selectExpr("slot", "if(v = rint(v), 0, 1) as fraction").groupBy("slot").agg({"fraction": "max"})
    return {slot: fraction == 0 for slot, fraction in rows.collect()}


@dataclass(frozen=True)
class Counted:
    """Rows between consecutive edges of one slot: `count` (B,), their weight, and Σw·dᵏ (4, B), d from the lower edge."""

    edges: FloatArray
    rows: int
    count: FloatArray
    powers: FloatArray


def counted(slots: Slots, tables: BinTables, numbers: Sequence[int]) -> dict[int, Counted]:
    """The rows of the slots `numbers`, counted between their edges; one query. Slots of `tables` are in that order.

    Raises `InvalidInput` where rows lie beyond the edges, as when the frame gives other rows each time.
    """
    width = len(slots.values)
    rows = slots.long(sorted({number % width for number in numbers}))
    positions = [-1] * (max(numbers) + 1)
    for position, number in enumerate(numbers):
        positions[number] = position
    weight = [] if slots.weight is None else ["w"]
    rows = rows.selectExpr("v", *weight, f"get({integers(positions)}, slot) as slot").where("slot >= 0")
    for selected in tables.projections(weight):
        rows = rows.selectExpr(*selected)
    rows = rows.selectExpr("bin", *weight, "d", "d * d as dd")
    w = "" if slots.weight is None else "w * "
    rows = rows.selectExpr("bin", *weight, f"{w}d as p1", f"{w}dd as p2", f"{w}d * dd as p3", f"{w}dd * dd as p4")
    sums = dict.fromkeys([*weight, "p1", "p2", "p3", "p4"], "sum")
    answer = rows.groupBy("bin").agg({"*": "count", **sums}).selectExpr(
        "bin", "`count(1)`", "`sum(w)`" if weight else "`count(1)`", *(f"`sum(p{k})`" for k in (1, 2, 3, 4))
    ).collect()  # fmt: skip
    if any(row[0] is None for row in answer):
        raise changed()
    table = np.array([tuple(row) for row in answer], dtype=np.float64).reshape(len(answer), 7)
    return {number: _slot(tables, position, table) for position, number in enumerate(numbers)}


def _slot(tables: BinTables, position: int, table: FloatArray) -> Counted:
    start, stop = int(tables.first[position]), int(tables.first[position + 1])
    own = table[(table[:, 0] >= start) & (table[:, 0] < stop)]
    at = own[:, 0].astype(np.int64) - start
    if np.any(at == stop - start - 1):
        raise changed()
    count, powers = np.zeros(stop - start - 1), np.zeros((4, stop - start - 1))
    count[at], powers[:, at] = own[:, 2], own[:, 3:].T
    return Counted(tables.edges[start:stop], int(own[:, 1].sum()), count, powers)


def changed() -> InvalidInput:
    """The refusal of a frame that does not give the same rows twice."""
    return InvalidInput(
        "the Spark frame gave other rows when it was read again; cache() it, or make what it is computed from repeatable"
    )
