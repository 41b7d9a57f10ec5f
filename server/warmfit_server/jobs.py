"""What crosses the boundary between gateway and workers: plain dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from warmfit_fitting.errors import WarmfitError
from warmfit_fitting.families.catalogue import Catalogue
from warmfit_fitting.families.every import EVERY, AnyFamily
from warmfit_fitting.families.family import Cost
from warmfit_fitting.intervals import Interval
from warmfit_fitting.resampling.pvalues import GoodnessOfFit
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec

# How long a family takes, relative to a cheap one; measured by the engine's benchmark.
WEIGHT = {Cost.CHEAP: 1.0, Cost.SPECIAL: 2.5, Cost.SLOW: 15.0}


@dataclass(frozen=True)
class Job:
    """Some families of one fit, for one namespace.

    `summary`: a reference to its encoding in the object store. `timeout`: seconds. `request_id`, `trace`: of the call
    that the fit was begun for, see `CallContext`.
    """

    namespace: str
    fingerprint: str
    summary: Any
    spec: FitSpec
    timeout: float
    request_id: str
    trace: Mapping[str, str]


@dataclass(frozen=True)
class ManyJob:
    """One `batched` spec asked of many columns, their `summaries` encoded; the rest as in a `Job`."""

    namespace: str
    summaries: tuple[bytes, ...]
    spec: FitSpec
    timeout: float
    request_id: str
    trace: Mapping[str, str]


@dataclass(frozen=True)
class Batch:
    """Rows that a worker has finished."""

    rows: tuple[FitRow, ...]


@dataclass(frozen=True)
class IntervalsAsked:
    """Intervals of one family; see `warmfit_fitting.intervals.confidence_intervals`."""

    method: str
    alpha: float
    quantiles: tuple[float, ...]
    n_bootstrap: int
    seed: int

    @property
    def refits(self) -> int:
        """How many columns are drawn and fitted."""
        return self.n_bootstrap if self.method == "bootstrap" else 0


@dataclass(frozen=True)
class GoodnessAsked:
    """A test of fit of one family; see `warmfit_fitting.engine.goodness_of_fit`."""

    statistic: str
    n_bootstrap: int
    seed: int

    @property
    def refits(self) -> int:
        """How many columns are drawn and fitted."""
        return self.n_bootstrap


Asked: TypeAlias = IntervalsAsked | GoodnessAsked
Answer: TypeAlias = dict[str, Interval] | GoodnessOfFit


@dataclass(frozen=True)
class RowJob(Job):
    """What is asked of the `row` that the one family of the spec came to."""

    row: FitRow
    asked: Asked


@dataclass(frozen=True)
class RowAnswer:
    """The answer, or the error that was raised."""

    answer: Answer | WarmfitError


def split(spec: FitSpec, parts: int, catalogue: Catalogue[AnyFamily] = EVERY) -> list[FitSpec]:
    """The spec's families in at most `parts` specs of about the same cost; the same distributions stay together."""
    groups: dict[str, list[str]] = {}
    for name in spec.families:
        groups.setdefault(catalogue.canonical(name), []).append(name)
    shares: list[tuple[float, list[str]]] = [(0.0, []) for _ in range(min(parts, len(groups)))]
    for canonical in sorted(groups, key=lambda name: -WEIGHT[catalogue[name].cost]):
        least = min(range(len(shares)), key=lambda i: shares[i][0])
        load, names = shares[least]
        shares[least] = (load + WEIGHT[catalogue[canonical].cost], names + groups[canonical])
    return [replace(spec, families=tuple(names)) for _, names in shares]
