"""`WarmStart`: parameters of earlier fits from which searches are to start, as they may be given to `fit`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from warmfit import validation as check
from warmfit_fitting.errors import InvalidInput, UnknownDistribution
from warmfit_fitting.families.catalogue import Catalogue
from warmfit_fitting.families.every import AnyFamily

Starts = tuple[tuple[str, tuple[float, ...]], ...]


@dataclass(frozen=True)
class WarmStart:
    """(family, parameters) pairs in the order of the names: of every column, or `by_column` where results were given.

    Of results, the families that are asked for again are taken; what was named one by one must be among these.
    """

    starts: Starts = ()
    by_column: tuple[tuple[str, Starts], ...] | None = None

    @classmethod
    def of(cls, name: str, given: object) -> WarmStart:
        """What was given: results, one result, or {family: parameters}; raises by `name` for anything else."""
        from warmfit.collection import BaseFitResults  # which needs the configuration
        from warmfit.result import DistributionFitResult

        if isinstance(given, WarmStart):
            return given
        if isinstance(given, BaseFitResults):
            return cls(by_column=tuple((column.name, _fitted(column.rows)) for column in given.columns))
        if isinstance(given, DistributionFitResult):
            given.check_fitted()
            return cls(((given.distribution, tuple(given.parameters)),))
        if not isinstance(given, Mapping):
            check.refuse_type(name, given, "FitResults, a DistributionFitResult, or {family: parameters}")
        if not given:
            raise InvalidInput(f"{name} is empty; name a family and its parameters, or leave it out")
        return cls(tuple(sorted((check.text(f"a key of {name}", k), _numbers(name, k, v)) for k, v in given.items())))

    def check(
        self, families: Collection[str], catalogue: Catalogue[AnyFamily], elsewhere: Mapping[str, tuple[str, ...]]
    ) -> None:
        """Raise `UnknownDistribution` or `InvalidInput` for a family that is not asked for, or has other parameters.

        `elsewhere`: the parameters of families that are known only where they are fitted.
        """
        for name, _ in self.starts:
            if name not in families:
                if name not in catalogue:
                    raise UnknownDistribution.named(name, catalogue)
                raise InvalidInput(f"warm_start names {name}, which is not among the distributions to be fitted")
        given = [self.starts, *(starts for _, starts in self.by_column or ())]
        for name, parameters in (start for starts in given for start in starts if start[0] in families):
            expected = elsewhere.get(name) or catalogue[name].parameters
            if len(parameters) != len(expected):
                raise InvalidInput(
                    f"warm_start of {name} has {len(parameters)} parameters; expected {len(expected)}: "
                    f"{', '.join(expected)}"
                )

    def of_column(self, column: str, families: Collection[str]) -> Starts:
        """The parameters for one column; raises `InvalidInput` where results were given that have none of it."""
        if self.by_column is None:
            return self.starts
        known = dict(self.by_column)
        if column not in known:
            raise InvalidInput(f"warm_start holds fits of {', '.join(known)}, and none of this column")
        return tuple(start for start in known[column] if start[0] in families)


def _fitted(rows: Collection[Any]) -> Starts:
    return tuple(sorted((row.distribution, row.parameters) for row in rows if row.status == "ok"))


def _numbers(name: str, family: str, given: object) -> tuple[float, ...]:
    """The parameters of one family: finite numbers."""
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Collection | np.ndarray):
        check.refuse_type(f"{name}[{family!r}]", given, "the family's parameters, such as [2.0, 0.0, 1.5]")
    return tuple(check.real(f"a parameter of {name}[{family!r}]", value) for value in given)
