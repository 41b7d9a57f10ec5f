"""`BaseFitter`: what a fitter holds over several calls: where fits run, the seed, the families left out, the users' own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import ClassVar, Self

from warmfit import validation as check
from warmfit.backends.protocol import ExecutionBackend
from warmfit.call import Call
from warmfit.config import FitterConfig
from warmfit.group_call import GroupedCall
from warmfit.group_table import GroupTable
from warmfit.grouped_results import KEPT, GroupedFitResults
from warmfit.plotting.fitter_plots import FitterPlots
from warmfit.registry import DistributionRegistry, strangers
from warmfit.sources.recognize import requested_names
from warmfit.targets import backend_for
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.families.every import AnyScipy


class BaseFitter(FitterPlots):
    """What fitters of continuous and of discrete families share."""

    _REGISTRY: ClassVar[type[DistributionRegistry]] = DistributionRegistry

    def __init__(
        self,
        target: object = None,
        excluded_distributions: Iterable[str] | None = None,
        random_seed: int = 42,
        backend: ExecutionBackend | None = None,
        *,
        spark: object = None,
    ) -> None:
        self._backend = backend_for(target, backend, spark)
        self._seed = check.whole("random_seed", random_seed, least=0)
        self._registry = self._REGISTRY(excluded_distributions)

    @property
    def backend(self) -> ExecutionBackend:
        """Where fits run."""
        return self._backend

    def _call(self, settings: FitterConfig) -> Call:
        """The call that settings mean; families that are not known here are asked for where they are to be fitted."""
        strange = strangers(settings.included_distributions, self._registry.custom)
        ask = getattr(self._backend, "accepted", None)
        known = ask(self._registry.is_discrete) if strange and ask is not None else {}
        return Call.of(settings, self._registry, self._seed, {name: known[name] for name in strange if name in known})

    def fit_groups(
        self,
        df: object,
        column: str | int | None = None,
        columns: Sequence[str | int] | None = None,
        config: FitterConfig | None = None,
        *,
        groupby: str | Sequence[str] | None = None,
    ) -> Iterator[GroupedFitResults]:
        """The results of a block of groups after another, in ascending order of key; for more groups than memory holds.

        What `fit` with `groupby=` would return in one piece: a block has some thousand rows, and nothing of it is kept
        when the next one is asked for. `config` has all other settings, and `groupby` too where it is not given here.
        Raises `InvalidInput` without `groupby`, and what `fit` raises.
        """
        settings = config or FitterConfig()
        if groupby is not None and settings.groupby is not None:
            settings = FitterConfig.merged(settings, groupby=groupby)
        elif groupby is not None:
            settings = replace(settings, groupby=groupby)
        if settings.groupby is None:
            raise InvalidInput("fit_groups needs groupby=, one key column or several; fit takes a frame as a whole")
        call = GroupedCall.of(self._call(settings), df, requested_names(column, columns))
        return (self._grouped(call, [table]) for table in call.tables(self._backend))

    def _fit_groups(self, df: object, asked: tuple[str, ...] | None, settings: FitterConfig) -> GroupedFitResults:
        """The results of all groups, with the summaries as long as they are few."""
        call = GroupedCall.of(self._call(settings), df, asked)
        tables: list[GroupTable] = []
        kept = 0
        for table in call.tables(self._backend):
            kept += table.nbytes
            tables.append(table)
            if kept > KEPT:
                tables = [each.without_summaries() for each in tables]
        return self._grouped(call, tables)

    def _grouped(self, call: GroupedCall, tables: Sequence[GroupTable]) -> GroupedFitResults:
        lazy = call.call.settings.lazy_metrics
        return GroupedFitResults(tables, call.by, lazy=lazy, custom=self._registry.custom)

    def register_distribution(self, name: str, distribution: AnyScipy, overwrite: bool = False) -> Self:
        """Have a family of the caller's own fitted too, under a name that no other family has; gives this fitter."""
        self._registry.register_distribution(name, distribution, overwrite=overwrite)
        return self

    def unregister_distribution(self, name: str) -> Self:
        """Forget a family of the caller's own; gives this fitter."""
        self._registry.unregister_distribution(name)
        return self

    def get_custom_distributions(self) -> dict[str, AnyScipy]:
        """The caller's own families by name."""
        return self._registry.get_custom_distributions()
