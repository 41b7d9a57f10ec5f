"""`DistributionRegistry`: the families a fitter tries, of the catalogue, the exclusions and the user."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterable, Sequence
from typing import ClassVar, NoReturn

from scipy import stats

from warmfit import validation as check
from warmfit_fitting.errors import InvalidInput, UnknownDistribution
from warmfit_fitting.families.catalogue import CATALOGUE, DEFAULT_EXCLUSIONS, Catalogue
from warmfit_fitting.families.family import Cost


class DistributionRegistry:
    """The families of one fitter; changing it changes no other registry.

    `custom_exclusions`: names that are fitted only when named; None for `DEFAULT_EXCLUSIONS`, () for none.
    """

    ALL_DISTRIBUTIONS: ClassVar[tuple[str, ...]] = CATALOGUE.names
    DEFAULT_EXCLUSIONS: ClassVar[frozenset[str]] = DEFAULT_EXCLUSIONS
    SLOW_DISTRIBUTIONS: ClassVar[frozenset[str]] = frozenset(
        name for name, family in CATALOGUE.items() if family.cost in (Cost.SLOW, Cost.UNBOUNDED)
    )

    def __init__(self, custom_exclusions: Iterable[str] | None = None) -> None:
        self._custom: dict[str, stats.rv_continuous] = {}
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
    ) -> tuple[str, ...]:
        """The names that one call asks for: `included` in the caller's order, or all but the exclusions.

        A family that is included by name is fitted whatever the exclusions say. `max_distributions` keeps the
        first, not counting families that `support_at_zero` rules out. Raises `UnknownDistribution`, or
        `InvalidInput` for a name given twice and where nothing is left.
        """
        checked = None if included is None else self._checked("included_distributions", included)
        names = self.get_distributions() if checked is None else list(checked)
        if max_distributions is not None:
            able = [name for name in names if not (support_at_zero and self._unbounded(name))]
            names = able[: check.whole("max_distributions", max_distributions)]
        if not names:
            raise InvalidInput("no distribution is left to fit; exclude fewer, or name some as included_distributions")
        return tuple(names)

    def catalogue(self) -> Catalogue:
        """The catalogue with the user's families at its end."""
        return CATALOGUE.extended(self._custom)

    @property
    def custom(self) -> dict[str, stats.rv_continuous]:
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

    def register_distribution(self, name: str, distribution: stats.rv_continuous, overwrite: bool = False) -> None:
        """Add a family of the user's own, which may replace an earlier one (`overwrite`) but none of SciPy's.

        Raises `InvalidInput` for a name that is taken or no identifier, `UnsupportedType` for anything but an
        instance of `scipy.stats.rv_continuous`.
        """
        check.text("name", name)
        if not name.isidentifier():
            raise InvalidInput(f"name={name!r} is no identifier; use letters, digits and underscores")
        if isinstance(getattr(stats, name, None), stats.rv_continuous | stats.rv_discrete):
            raise InvalidInput(f"{name!r} is a family of SciPy, which keeps its name; register yours under another")
        if name in self._custom and not overwrite:
            raise InvalidInput(f"{name!r} is registered already; give overwrite=True to replace it")
        if not isinstance(distribution, stats.rv_continuous):
            _refuse(name, distribution)
        self._custom[name] = distribution

    def unregister_distribution(self, name: str) -> None:
        """Remove a family of the user's own; raises `UnknownDistribution`."""
        if name not in self._custom:
            raise UnknownDistribution.named(name, self._custom)
        del self._custom[name]
        self._exclusions.discard(name)

    def get_distribution_object(self, name: str) -> stats.rv_continuous:
        """The SciPy object of a family; raises `UnknownDistribution`."""
        if name in self._custom:
            return self._custom[name]
        found: stats.rv_continuous = getattr(stats, self.catalogue()[name].name)
        return found

    def get_custom_distributions(self) -> dict[str, stats.rv_continuous]:
        """The user's families by name, as a copy."""
        return self.custom

    def has_custom_distributions(self) -> bool:
        """Whether the user registered any family."""
        return bool(self._custom)

    def _unbounded(self, name: str) -> bool:
        return not math.isfinite(self.catalogue()[name].low)

    def _checked(self, setting: str, names: object) -> tuple[str, ...]:
        listed = check.names(setting, names, "norm")
        self.catalogue().resolve(listed)
        return listed


def _refuse(name: str, distribution: object) -> NoReturn:
    """Raise `UnsupportedType` with what to give instead."""
    hint = "an instance of scipy.stats.rv_continuous"
    if inspect.isclass(distribution) and issubclass(distribution, stats.rv_continuous):
        hint += f": give {distribution.__name__}(name={name!r}), not the class"
    elif isinstance(getattr(distribution, "dist", None), stats.rv_continuous):
        hint += ": give the distribution without its parameters, not a frozen one"
    check.refuse_type("distribution", distribution, hint)
