"""`GroupTable`: the rows of many groups in arrays, a few hundred bytes a row, and from there to rows and frames.

A `FitRow` is a dozen objects; of a million groups there would be hundreds of millions. Numbers are kept as float64, names
as codes, and a reason once for all rows that give it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, get_args

import numpy as np
import pandas as pd

from warmfit import documents, frames
from warmfit.column_fit import ColumnFit
from warmfit.result import statistics_of
from warmfit.sources.protocol import GroupKey
from warmfit_fitting.arrays import FloatArray, IntArray
from warmfit_fitting.row import Ending, FitRow, Status
from warmfit_fitting.spec import METHODS, FitSpec
from warmfit_fitting.summary.column import ColumnSummary

STATUSES: tuple[Status, ...] = get_args(Status)
ENDINGS: tuple[Ending, ...] = get_args(Ending)
NUMBERS = (*documents.METRICS, "elapsed")
COUNTS = ("n_parameters", "n_evaluations")
SMALL: Any = np.int8  # of codes and lengths
FACTS = (*documents.DATA, "n_missing", "lower_bound", "upper_bound")


@dataclass(frozen=True, eq=False)
class GroupTable:
    """The rows of F families for C columns of G groups; T = G · C, the columns of a group side by side.

    `numbers`: by name (T, F) float64; `counts`: by name (T, F); `parameters`, `errors` (T, F, P), the first
    `n_numbers` (2, T, F) of which are known; `status`, `ending`, `method`, `reason` (T, F): places in their lists of names.
    `facts`: by name (T,), NaN where a column could not be summarized; `specs` (T,). `summaries` (T,): None where they
    are not kept.
    """

    keys: tuple[GroupKey, ...]
    names: tuple[str, ...]
    families: tuple[str, ...]
    numbers: dict[str, FloatArray]
    counts: dict[str, IntArray]
    parameters: FloatArray
    errors: FloatArray
    n_numbers: IntArray
    status: IntArray
    ending: IntArray
    method: IntArray
    reason: IntArray
    reasons: tuple[str, ...]
    facts: dict[str, FloatArray]
    specs: tuple[FitSpec, ...]
    summaries: tuple[ColumnSummary | None, ...] | None

    @classmethod
    def of(cls, keys: Sequence[GroupKey], names: Sequence[str], fits: Sequence[ColumnFit]) -> GroupTable:
        """The table of `fits` (T,)."""
        families = fits[0].spec.families
        shape = len(fits), len(families)
        rows = [row for fit in fits for row in fit.rows]
        reasons: dict[str, int] = {"": 0}
        places = [reasons.setdefault(row.reason, len(reasons)) for row in rows]

        def whole(values: list[int], kind: Any = SMALL) -> IntArray:
            return np.array(values, dtype=kind).reshape(shape)

        def padded(values: list[tuple[float, ...]]) -> FloatArray:
            most = max(map(len, values), default=0)
            filled = [v + (math.nan,) * (most - len(v)) for v in values]
            return np.array(filled, dtype=np.float64).reshape(*shape, most)

        lengths = [[len(row.parameters) for row in rows], [len(row.standard_errors) for row in rows]]
        return cls(
            tuple(keys), tuple(names), families,
            {n: np.array([getattr(row, n) for row in rows], dtype=np.float64).reshape(shape) for n in NUMBERS},
            {n: whole([getattr(row, n) for row in rows], np.int32) for n in COUNTS},
            padded([row.parameters for row in rows]), padded([row.standard_errors for row in rows]),
            np.array(lengths, dtype=SMALL).reshape(2, *shape),
            whole([STATUSES.index(row.status) for row in rows]), whole([ENDINGS.index(row.ending) for row in rows]),
            whole([METHODS.index(row.method) for row in rows]), whole(places, np.int32), tuple(reasons),
            _facts(fits), tuple(fit.spec for fit in fits), tuple(fit.summary for fit in fits),
        )  # fmt: skip

    def __len__(self) -> int:
        """How many columns of groups there are, T."""
        return len(self.specs)

    def without_summaries(self) -> GroupTable:
        """The same table, the summaries let go."""
        return self if self.summaries is None else replace(self, summaries=None)

    @property
    def nbytes(self) -> int:
        """The bytes of the summaries that are kept."""
        return sum(s.nbytes for s in self.summaries or () if s is not None)

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return self.status.size

    @cached_property
    def place(self) -> dict[GroupKey, int]:
        """Where each group is."""
        return {key: g for g, key in enumerate(self.keys)}

    def columns(self, group: int) -> list[ColumnFit]:
        """What is kept of a group, as results of a call for it alone would keep it."""
        size = len(self.names)
        return [self.column(t) for t in range(group * size, (group + 1) * size)]

    def column(self, task: int) -> ColumnFit:
        """What is kept of one column of one group."""
        rows = tuple(self._row(task, f) for f in range(len(self.families)))
        summary = None if self.summaries is None else self.summaries[task]
        return ColumnFit(self.names[task % len(self.names)], summary, self.specs[task], rows)

    def _row(self, t: int, f: int) -> FitRow:
        n, m = self.n_numbers[:, t, f].tolist()
        known: dict[str, Any] = {name: values[t, f].item() for name, values in (self.numbers | self.counts).items()}
        return FitRow(
            self.families[f],
            STATUSES[self.status[t, f]],
            self.reasons[self.reason[t, f]],
            tuple(self.parameters[t, f, :n].tolist()),
            standard_errors=tuple(self.errors[t, f, :m].tolist()),
            ending=ENDINGS[self.ending[t, f]],
            method=METHODS[self.method[t, f]],
            **known,
        )

    def frame(self, by: Sequence[str], rows: IntArray | None = None) -> pd.DataFrame:
        """The table of `rows` (R,), places among T · F, or of all: the key columns, then those of every table of results."""
        size, each = len(self.families), len(self.names)
        at = np.arange(self.n_rows) if rows is None else rows
        task, family = at // size, at % size
        keys = {name: _key_column([self.keys[g][k] for g in (task // each).tolist()]) for k, name in enumerate(by)}
        made = {name: self._frame_column(name, at, task, family) for name in frames.COLUMNS}
        return pd.DataFrame({**keys, **made})

    def _frame_column(self, name: str, at: IntArray, task: IntArray, family: IntArray) -> Any:
        if name in self.numbers:
            return self.numbers[name].ravel()[at]
        if name in self.counts:
            return self.counts[name].ravel()[at].astype(np.float64)
        if name in self.facts:
            return self.facts[name][task]
        if name in ("parameters", "standard_errors"):
            values, number = (self.parameters, 0) if name == "parameters" else (self.errors, 1)
            length = self.n_numbers[number].ravel()[at].tolist()
            lists = values.reshape(self.n_rows, values.shape[2])[at].tolist()
            return pd.Series([row[:n] for row, n in zip(lists, length, strict=True)], dtype=object)
        return self._names(name, at, task, family)

    def _names(self, name: str, at: IntArray, task: IntArray, family: IntArray) -> Any:
        codes, names = {
            "column_name": (task % len(self.names), self.names),
            "distribution": (family, self.families),
            "status": (self.status.ravel()[at], STATUSES),
            "ending": (self.ending.ravel()[at], ENDINGS),
            "estimation_method": (self.method.ravel()[at], METHODS),
            "reason": (self.reason.ravel()[at], self.reasons),
        }[name]
        return pd.Series(np.array(names, dtype=object)[codes], dtype=object)


def _facts(fits: Sequence[ColumnFit]) -> dict[str, FloatArray]:
    """What is known of each column of a group beside its rows, (T,) each."""
    known = [_facts_of(fit) for fit in fits]
    return {
        name: np.array([math.nan if fact.get(name) is None else fact[name] for fact in known], dtype=np.float64)
        for name in FACTS
    }


def _facts_of(fit: ColumnFit) -> dict[str, float | None]:
    bounds = {"lower_bound": fit.spec.lower_bound, "upper_bound": fit.spec.upper_bound}
    n_missing = None if fit.summary is None else fit.summary.n_missing
    return {**statistics_of(fit.summary), "n_missing": n_missing, **bounds}


def _key_column(values: list[object]) -> Any:
    """A key column of a frame: numbers stay numbers where none is missing."""
    missing = any(value is None for value in values)
    return pd.Series(values, dtype=object) if missing else pd.Series(values)
