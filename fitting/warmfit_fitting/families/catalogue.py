"""Every family that warmfit knows, by name and in one order."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType
from typing import Generic, Protocol, TypeVar

from scipy import stats

from warmfit_fitting.errors import InvalidInput, UnknownDistribution
from warmfit_fitting.families import (
    beta,
    bounded,
    circular,
    exponential,
    extreme,
    gamma,
    inverse_gaussian,
    kolmogorov,
    logistic,
    lognormal,
    noncentral,
    normal,
    pareto,
    quantile_defined,
    stable,
    statistics,
    student,
    studentized_range,
    weibull,
)
from warmfit_fitting.families.family import Family
from warmfit_fitting.families.relations import REPARAMETRIZATIONS
from warmfit_fitting.families.scipy_family import ScipyFamily

MODULES: tuple[ModuleType, ...] = (
    normal, exponential, gamma, weibull, lognormal, logistic, extreme, pareto, student, beta, inverse_gaussian, bounded,
    circular, noncentral, stable, quantile_defined, statistics,
    kolmogorov, studentized_range,
)  # fmt: skip


class Named(Protocol):
    """What has a name."""

    name: str


F = TypeVar("F", bound=Named, covariant=True)
G = TypeVar("G", bound=Named)


class Catalogue(Mapping[str, F], Generic[F]):
    """Families by name; the order of the names is the order in which equals are counted."""

    def __init__(self, families: Iterable[F]) -> None:
        self._families = {family.name: family for family in families}

    def __getitem__(self, name: str) -> F:
        """The family of that name; raises `UnknownDistribution` with the nearest names."""
        try:
            return self._families[name]
        except KeyError:
            raise UnknownDistribution.named(name, self._families) from None

    def __contains__(self, name: object) -> bool:
        return name in self._families

    def __iter__(self) -> Iterator[str]:
        return iter(self._families)

    def __len__(self) -> int:
        return len(self._families)

    @property
    def names(self) -> tuple[str, ...]:
        """All names in catalogue order."""
        return tuple(self._families)

    def resolve(self, names: Iterable[str]) -> tuple[F, ...]:
        """The families of those names; raises `UnknownDistribution`."""
        return tuple(self[name] for name in names)

    def extended(self: Catalogue[Family], custom: Mapping[str, stats.rv_continuous]) -> Catalogue[Family]:
        """This catalogue and users' families after it; raises `InvalidInput` where a name is taken."""
        if not custom:
            return self
        taken = sorted(set(custom) & set(self._families))
        if taken:
            raise InvalidInput(f"{', '.join(taken)}: SciPy's families keep their names; register yours under another")
        return Catalogue([*self._families.values(), *(ScipyFamily(n, d) for n, d in custom.items())])

    def canonical(self, name: str) -> str:
        """The first name of the same distributions: gamma for erlang and chi2."""
        same = REPARAMETRIZATIONS.get(self[name].name)
        return same.name if same else name


def declared(module: ModuleType, kind: type[G]) -> Iterator[G]:
    """The families of a module that are classes of this kind with a name, in the order of the module."""
    for cls in vars(module).values():
        if inspect.isclass(cls) and issubclass(cls, kind) and cls.__module__ == module.__name__ and "name" in vars(cls):
            yield cls()


CATALOGUE: Catalogue[Family] = Catalogue(family for module in MODULES for family in declared(module, Family))
DEFAULT_EXCLUSIONS = frozenset(name for name, family in CATALOGUE.items() if family.refusal or family.off_by_default)
