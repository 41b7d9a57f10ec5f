"""`GroupedFitResults`: the rows of all families and columns of every group of one call, by the group's key.

Likelihoods of different groups are not comparable: what ranks, ranks within each group.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Self

import numpy as np
import pandas as pd

from warmfit import ranking
from warmfit import validation as check
from warmfit.averaging import AveragedDistribution
from warmfit.collection import BaseFitResults
from warmfit.column_fit import ColumnFit
from warmfit.constants import DEFAULT_PVALUE_THRESHOLD
from warmfit.group_table import STATUSES, GroupTable
from warmfit.nearest import did_you_mean
from warmfit.result import DistributionFitResult
from warmfit.results import EagerFitResults, LazyFitResults
from warmfit.serialization import Custom, Format, PathLike
from warmfit.sources.protocol import GroupKey
from warmfit.sources.refusals import unknown_column
from warmfit_fitting.arrays import BoolArray, IntArray
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.families.every import with_custom
from warmfit_fitting.families.relations import same_model

KEPT = 256 << 20  # bytes of summaries up to which results keep them


class GroupedFitResults(BaseFitResults):
    """The results of a call with `groupby=`; `for_group(key)` are those of one group, as a call for its rows would give.

    A key is the value of the key column, or a tuple of the values of several, None where it is missing. Rows are held in
    arrays, some 250 bytes each; the groups' summaries, from which intervals, refits and plots are made, are kept only as
    long as all of them take no more than 256 MB together.
    """

    def __new__(cls, *_: Any, **__: Any) -> Self:
        """A collection of groups, whatever is kept of it."""
        return object.__new__(cls)

    def __init__(
        self, tables: Sequence[GroupTable], by: Sequence[str], *, lazy: bool = False, custom: Custom | None = None
    ) -> None:
        self._tables = tuple(tables)
        self._by = tuple(by)
        self._lazy = lazy
        self._custom = dict(custom or {})
        self._frame: pd.DataFrame | None = None
        self._where: dict[GroupKey, tuple[GroupTable, int]] | None = None

    def __getnewargs__(self) -> tuple[Any, ...]:
        return ()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_where": None}

    @property
    def by(self) -> tuple[str, ...]:
        """The key columns."""
        return self._by

    @property
    def groups(self) -> list[Any]:
        """The keys of the groups, in ascending order: values of the key column, or tuples where there are several."""
        keys = [key for table in self._tables for key in table.keys]
        return [key[0] for key in keys] if len(self._by) == 1 else list(keys)

    @property
    def n_groups(self) -> int:
        """How many groups there are."""
        return sum(len(table.keys) for table in self._tables)

    def for_group(self, key: object) -> EagerFitResults | LazyFitResults:
        """The results of one group; raises `InvalidInput` for a key that there is none of."""
        if self._where is None:
            self._where = {key: (table, g) for table in self._tables for key, g in table.place.items()}
        known = key if isinstance(key, tuple) else (key,)
        try:
            table, g = self._where[known]
        except (KeyError, TypeError):
            raise InvalidInput(
                f"no group {key!r}: {did_you_mean(key, [str(k) for k in self.groups[:1000]])}there are {self.n_groups} "
                f"groups of {', '.join(self._by)}, which `groups` lists"
            ) from None
        return BaseFitResults.from_columns(table.columns(g), lazy=self._lazy, custom=self._custom)

    def by_group(self) -> Iterator[tuple[Any, EagerFitResults | LazyFitResults]]:
        """Each group's key with its results, one after another."""
        for table in self._tables:
            for g, key in enumerate(table.keys):
                results = BaseFitResults.from_columns(table.columns(g), lazy=self._lazy, custom=self._custom)
                yield (key[0] if len(self._by) == 1 else key), results

    @property
    def columns(self) -> tuple[ColumnFit, ...]:
        """What is kept of each column of each group, one after another; made anew each time."""
        return tuple(table.column(t) for table in self._tables for t in range(len(table)))

    @property
    def column_names(self) -> list[str]:
        """The names of the columns that were fitted in each group."""
        return list(self._tables[0].names) if self._tables else []

    @property
    def df(self) -> pd.DataFrame:
        """One row for every family, column and group: the key columns, then those of every table of results."""
        if self._frame is None:
            self._frame = self._framed([None] * len(self._tables))
        return self._frame.copy()

    @property
    def failures(self) -> pd.DataFrame:
        """Key, column, family, status and reason of every row whose status is not ok."""
        rows = self._framed([np.flatnonzero(table.status.ravel() != 0) for table in self._tables])
        return rows[[*self._by, "column_name", "distribution", "status", "reason"]]

    def top(self, n: int = 1, metric: str = "bic") -> pd.DataFrame:
        """The rows of `df` that are the `n` best of each group and column by `metric`, best first, with their `rank`.

        Rows with status ok; reparametrizations once, as in `best`. Raises `InvalidInput` for an unknown metric.
        """
        if ranking.check_metric(metric) in ranking.GOODNESS and self._lazy:
            raise InvalidInput(f"metric={metric!r} was left out by lazy_metrics; rank by bic, or fit without it")
        most = check.whole("n", n)
        chosen, ranks = zip(*(self._ranked_rows(t, metric, most) for t in self._tables), strict=True)
        frame = self._framed(list(chosen))
        frame.insert(len(self._by) + 1, "rank", np.concatenate(ranks))
        return frame

    def best(
        self,
        n: int = 1,
        metric: str = "bic",
        warn_if_poor: bool = False,
        pvalue_threshold: float = DEFAULT_PVALUE_THRESHOLD,
    ) -> list[DistributionFitResult]:
        """The `n` best fits of each group, as `for_group(key).best()`, one group after another; `top` is their frame."""
        return [
            fit for _, results in self.by_group() for fit in results.best(n, metric, warn_if_poor, pvalue_threshold)
        ]

    def best_per_group(self, n: int = 1, metric: str = "bic") -> dict[Any, list[DistributionFitResult]]:
        """The `n` best fits of each group, by its key."""
        return {key: results.best(n, metric) for key, results in self.by_group()}

    def best_per_column(self, n: int = 1, metric: str = "bic") -> dict[str, list[DistributionFitResult]]:
        """The `n` best fits of each group, one group after another, by column."""
        return {
            name: [fit for _, results in self.by_group() for fit in results.for_column(name).best(n, metric)]
            for name in self.column_names
        }

    def for_column(self, name: str) -> Self:
        """Refused: take one group first."""
        if name not in self.column_names:
            raise unknown_column(name, self.column_names)
        raise self._of_one_group(f"for_column({name!r})")

    def filter(self, *_: Any, **__: Any) -> Self:
        """Refused: `df` holds all rows, which pandas filters, and `for_group(key)` those of one group."""
        raise self._of_one_group("filter(…)")

    def weights(self, metric: str = "aic") -> pd.DataFrame:
        """Akaike weights within each group and column, with the key columns first; see `BaseFitResults.weights`."""
        parts = []
        for key, results in self.by_group():
            part = results.weights(metric)
            for k, name in enumerate(self._by):
                part.insert(k, name, [key if len(self._by) == 1 else key[k]] * len(part))
            parts.append(part)
        return pd.concat(parts, ignore_index=True)

    def summary(self) -> pd.DataFrame:
        """One row for each group and column: how many families, how many of them ok."""
        parts = []
        for table in self._tables:
            first = table.frame(self._by, np.arange(0, table.n_rows, len(table.families)))
            part = first[[*self._by, "column_name", "data_count"]].copy()
            part["total_distributions"] = len(table.families)
            part["n_ok"] = (table.status == 0).sum(axis=1)
            parts.append(part)
        return pd.concat(parts, ignore_index=True)

    def count(self) -> int:
        """The number of rows."""
        return sum(table.n_rows for table in self._tables)

    def save(self, path: PathLike, format: Format | None = None, indent: int | None = 2) -> None:  # noqa: A002, ARG002
        """Refused: `df` is a frame, which pandas writes to any file; `for_group(key)` can be saved."""
        raise self._of_one_group("save(…)", "write df, for instance with df.to_parquet(path), or")

    def quality_report(self, *_: Any, **__: Any) -> dict[str, Any]:
        """Refused: take one group first."""
        raise self._of_one_group("quality_report()")

    def average(self, metric: str = "aic") -> AveragedDistribution:  # noqa: ARG002 - that of the base
        """Refused: take one group first."""
        raise self._of_one_group("average()")

    def materialize(self) -> EagerFitResults:
        """Refused: take one group first."""
        raise self._of_one_group("materialize()")

    def __repr__(self) -> str:
        n_ok = sum(int((table.status == 0).sum()) for table in self._tables)
        by = ", ".join(self._by)
        return f"{type(self).__name__}({self.n_groups} groups by {by}, {self.count()} rows, {n_ok} ok)"

    def _of_one_group(self, what: str, instead: str = "take") -> InvalidInput:
        return InvalidInput(f"{what} is of one group; {instead} results.for_group(key).{what.partition('(')[0]} first")

    def _framed(self, rows: Sequence[IntArray | None]) -> pd.DataFrame:
        parts = [table.frame(self._by, at) for table, at in zip(self._tables, rows, strict=True)]
        return parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)

    def _ranked_rows(self, table: GroupTable, metric: str, n: int) -> tuple[IntArray, IntArray]:
        """The places of the `n` best rows of each task, best first, and their ranks."""
        order = {name: place for place, name in enumerate(with_custom(self._custom).names)}
        held = [name for name, _ in table.specs[0].fixed]
        families = sorted(range(len(table.families)), key=lambda f: order.get(table.families[f], len(order)))
        value = (-1.0 if metric == "loglik" else 1.0) * table.numbers[metric]
        ranks = (table.status == STATUSES.index("ok")) & ~np.isnan(value)
        seen: dict[str, BoolArray] = {}
        for f in families:
            model = same_model(table.families[f], held)
            earlier = seen.setdefault(model, np.zeros(len(table), bool))
            ranks[:, f] &= ~earlier
            earlier |= ranks[:, f]
        cost = np.where(ranks, value, np.inf)[:, families]
        best = np.argsort(cost, axis=1, kind="stable")[:, :n]
        there = np.take_along_axis(ranks[:, families], best, axis=1)
        at = np.arange(len(table))[:, None] * len(table.families) + np.array(families)[best]
        rank = np.broadcast_to(np.arange(1, best.shape[1] + 1), best.shape)
        return at[there], rank[there]
