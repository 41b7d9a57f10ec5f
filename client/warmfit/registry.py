"""The registries: which families a fitter tries, of the catalogue, the exclusions and the user.

`DistributionRegistry` is of continuous families, `DiscreteDistributionRegistry` of discrete ones.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar

from scipy import stats

from warmfit import validation as check
from warmfit_fitting.errors import InvalidInput, UnknownDistribution
from warmfit_fitting.families.catalogue import CATALOGUE, DEFAULT_EXCLUSIONS, Catalogue
from warmfit_fitting.families.custom import check_name, check_object, refuse
from warmfit_fitting.families.discrete.catalogue import DISCRETE, DISCRETE_EXCLUSIONS, NOT_DECLARED
from warmfit_fitting.families.discrete.family import DiscreteFamily
from warmfit_fitting.families.every import EVERY, AnyFamily, AnyScipy, of_scipy
from warmfit_fitting.families.family import Cost


class DistributionRegistry:
    """The continuous families of one fitter; changing it changes no other registry.

    `custom_exclusions`: names that are fitted only when named; None for `DEFAULT_EXCLUSIONS`, () for none.
    """

    ALL_DISTRIBUTIONS: ClassVar[tuple[str, ...]] = CATALOGUE.names
    DEFAULT_EXCLUSIONS: ClassVar[frozenset[str]] = DEFAULT_EXCLUSIONS
    SLOW_DISTRIBUTIONS: ClassVar[frozenset[str]] = frozenset(
        name for name, family in CATALOGUE.items() if family.cost is Cost.SLOW or family.off_by_default
    )

    is_discrete: ClassVar[bool] = False
    _BUILT_IN: ClassVar[Catalogue[Any]] = CATALOGUE
    _KIND: ClassVar[type[Any]] = stats.rv_continuous
    _EXAMPLE: ClassVar[str] = "norm"

    def __init__(self, custom_exclusions: Iterable[str] | None = None) -> None:
        self._custom: dict[str, AnyScipy] = {}
        given = self.DEFAULT_EXCLUSIONS if custom_exclusions is None else custom_exclusions
        self._initial = frozenset(self._checked("excluded_distributions", given))
        self._exclusions = set(self._initial)

    def get_distributions(
        self,
        support_at_zero: bool = False,
        additional_exclusions: Iterable[str] | None = None,
        include_custom: bool = True,
    ) -> list[str]:
        """The names that are tried, in catalogue order, the user's own last.

        `support_at_zero` keeps those whose support has a lower end, which can then be put at zero. Raises
        `UnknownDistribution` for an exclusion that is no family.
        """
        excluded = self._exclusions | set(self._checked("additional_exclusions", additional_exclusions or ()))
        names = [name for name in self.catalogue().names if include_custom or name not in self._custom]
        return [name for name in names if name not in excluded and not (support_at_zero and self._unbounded(name))]

    def families(
        self,
        included: Sequence[str] | None = None,
        max_distributions: int | None = None,
        support_at_zero: bool = False,
        elsewhere: Collection[str] = (),
    ) -> tuple[str, ...]:
        """The names that one call asks for: `included` in the caller's order, or all but the exclusions.

        A family that is included by name is fitted whatever the exclusions say. `max_distributions` keeps the
        first, not counting families that `support_at_zero` rules out. `elsewhere`: names that this registry lacks and the
        place has where they are to be fitted. Raises `UnknownDistribution`, or
        `InvalidInput` for a name given twice and where nothing is left.
        """
        is_checked = included is None or (type(included) is tuple and set(map(type, included)) == {str})
        if self._custom or elsewhere or not is_checked:
            return self._families(included, max_distributions, support_at_zero, elsewhere)
        return _families(self.is_discrete, frozenset(self._exclusions), included, max_distributions, support_at_zero)

    def _families(
        self,
        included: Sequence[str] | None,
        max_distributions: int | None,
        support_at_zero: bool,
        elsewhere: Collection[str] = (),
    ) -> tuple[str, ...]:
        checked = None if included is None else self._checked("included_distributions", included, elsewhere)
        names = self.get_distributions() if checked is None else list(checked)
        if max_distributions is not None:
            able = [name for name in names if not (support_at_zero and self._unbounded(name))]
            names = able[: check.whole("max_distributions", max_distributions)]
        if not names:
            raise InvalidInput("no distribution is left to fit; exclude fewer, or name some as included_distributions")
        return tuple(names)

    def catalogue(self) -> Catalogue[AnyFamily]:
        """The catalogue with the user's families at its end."""
        if not self._custom:
            return self._BUILT_IN
        own = (of_scipy(name, distribution) for name, distribution in self._custom.items())
        return Catalogue([*self._BUILT_IN.values(), *own])

    @property
    def custom(self) -> dict[str, AnyScipy]:
        """The user's families by name, as a copy."""
        return dict(self._custom)

    def add_exclusion(self, name: str) -> None:
        """Leave a family out; raises `UnknownDistribution`."""
        self._exclusions.update(self._checked("exclusion", [name]))

    def remove_exclusion(self, name: str) -> None:
        """Try a family again; raises `UnknownDistribution`."""
        self._exclusions.difference_update(self._checked("exclusion", [name]))

    def get_exclusions(self) -> set[str]:
        """The names that are left out, as a copy."""
        return set(self._exclusions)

    def reset_exclusions(self) -> None:
        """Leave out what was left out when the registry was made."""
        self._exclusions = set(self._initial)

    def register_distribution(self, name: str, distribution: AnyScipy, overwrite: bool = False) -> None:
        """Add a family of the user's own, which may replace an earlier one (`overwrite`) but none of SciPy's.

        Raises `InvalidInput` for a name that is taken or no identifier, `UnsupportedType` for anything but an
        instance of `scipy.stats.rv_continuous`, or `rv_discrete` where the registry is of discrete families.
        """
        check.text("name", name)
        check_name(name)
        if name in self._custom and not overwrite:
            raise InvalidInput(f"{name!r} is registered already; give overwrite=True to replace it")
        if not isinstance(distribution, self._KIND):
            refuse("distribution", name, distribution, (self._KIND,))
        check_object(name, distribution)
        self._custom[name] = distribution

    def unregister_distribution(self, name: str) -> None:
        """Remove a family of the user's own; raises `UnknownDistribution`."""
        if name not in self._custom:
            raise UnknownDistribution.named(name, self._custom)
        del self._custom[name]
        self._exclusions.discard(name)

    def get_distribution_object(self, name: str) -> AnyScipy:
        """The SciPy object of a family; raises `UnknownDistribution`.

        Zero-inflated and zero-truncated families, which SciPy lacks, have an `rv_discrete` of ours.
        """
        if name in self._custom:
            return self._custom[name]
        return scipy_object(self.catalogue()[name])

    def get_custom_distributions(self) -> dict[str, AnyScipy]:
        """The user's families by name, as a copy."""
        return self.custom

    def has_custom_distributions(self) -> bool:
        """Whether the user registered any family."""
        return bool(self._custom)

    def _unbounded(self, name: str) -> bool:
        catalogue = self.catalogue()
        return name in catalogue and not math.isfinite(catalogue[name].low)

    def _checked(self, setting: str, names: object, elsewhere: Collection[str] = ()) -> tuple[str, ...]:
        listed = check.names(setting, names, self._EXAMPLE)
        catalogue = self.catalogue()
        for name in listed:
            if name not in catalogue and name not in elsewhere:
                raise self._unknown(name)
        return listed

    def _unknown(self, name: str) -> UnknownDistribution:
        if name in NOT_DECLARED:
            return UnknownDistribution(f"{name} is not fitted: {NOT_DECLARED[name]}")
        if name in EVERY:
            kind, fitter = ("continuous", "DistributionFitter") if self.is_discrete else ("discrete", _DISCRETE_FITTER)
            return UnknownDistribution(f"{name!r} is a {kind} distribution, which {fitter} fits")
        return UnknownDistribution.named(name, self.catalogue())


@lru_cache(maxsize=256, typed=True)
def _families(
    is_discrete: bool,
    exclusions: frozenset[str],
    included: tuple[str, ...] | None,
    max_distributions: int | None,
    support_at_zero: bool,
) -> tuple[str, ...]:
    """What a registry without families of the user's own answers, kept for when the same is asked again."""
    registry = DiscreteDistributionRegistry if is_discrete else DistributionRegistry
    return registry(exclusions)._families(included, max_distributions, support_at_zero)


class DiscreteDistributionRegistry(DistributionRegistry):
    """The discrete families of one fitter; changing it changes no other registry.

    `custom_exclusions`: names that are fitted only when named; None for `DEFAULT_EXCLUSIONS`, () for none.
    """

    ALL_DISTRIBUTIONS: ClassVar[tuple[str, ...]] = DISCRETE.names
    DEFAULT_EXCLUSIONS: ClassVar[frozenset[str]] = DISCRETE_EXCLUSIONS
    SLOW_DISTRIBUTIONS: ClassVar[frozenset[str]] = frozenset(
        name for name, family in DISCRETE.items() if family.cost is Cost.SLOW
    )
    is_discrete = True
    _BUILT_IN = DISCRETE
    _KIND = stats.rv_discrete
    _EXAMPLE = "poisson"


_DISCRETE_FITTER = "DiscreteDistributionFitter"


def strangers(names: Iterable[str] | None, custom: Collection[str] = ()) -> tuple[str, ...]:
    """Those of `names` that neither the catalogue nor `custom` has."""
    return tuple(name for name in names or () if name not in EVERY and name not in custom)


def registry_for(names: Iterable[str] | None, elsewhere: Mapping[str, bool] | None = None) -> DistributionRegistry:
    """The registry of the families named: discrete where all of them are, continuous otherwise.

    `elsewhere`: of families that are known where they are to be fitted, whether they are discrete.
    """
    listed, known = list(names or ()), elsewhere or {}
    is_discrete = bool(listed) and all(name in DISCRETE or known.get(name, False) for name in listed)
    return DiscreteDistributionRegistry() if is_discrete else DistributionRegistry()


def scipy_object(family: AnyFamily) -> AnyScipy:
    """The SciPy object of a family of the catalogue."""
    found: AnyScipy = family.scipy_object() if isinstance(family, DiscreteFamily) else getattr(stats, family.name)
    return found
