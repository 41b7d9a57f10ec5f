"""Continuous and discrete families under one roof, for those who are given a name and must find out what it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from scipy import stats

from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.families.catalogue import CATALOGUE, DEFAULT_EXCLUSIONS, Catalogue
from warmfit_fitting.families.discrete.catalogue import DISCRETE, DISCRETE_EXCLUSIONS
from warmfit_fitting.families.discrete.family import DiscreteFamily
from warmfit_fitting.families.discrete.scipy_family import ScipyDiscreteFamily
from warmfit_fitting.families.family import Family
from warmfit_fitting.families.scipy_family import ScipyFamily

AnyFamily: TypeAlias = Family | DiscreteFamily
AnyScipy: TypeAlias = stats.rv_continuous | stats.rv_discrete

EVERY: Catalogue[AnyFamily] = Catalogue([*CATALOGUE.values(), *DISCRETE.values()])
EXCLUSIONS = DEFAULT_EXCLUSIONS | DISCRETE_EXCLUSIONS


def with_custom(custom: Mapping[str, AnyScipy]) -> Catalogue[AnyFamily]:
    """Every family, and users' own after them; raises `InvalidInput` where a name is taken."""
    if not custom:
        return EVERY
    taken = sorted(set(custom) & set(EVERY))
    if taken:
        raise InvalidInput(f"{', '.join(taken)}: these names are taken; register yours under another")
    return Catalogue([*EVERY.values(), *(of_scipy(name, dist) for name, dist in custom.items())])


def of_scipy(name: str, dist: AnyScipy) -> AnyFamily:
    """A user's own distribution as a family."""
    return ScipyDiscreteFamily(name, dist) if isinstance(dist, stats.rv_discrete) else ScipyFamily(name, dist)


def is_discrete(names: Iterable[str], catalogue: Catalogue[AnyFamily] = EVERY) -> bool:
    """Whether the families of those names are discrete, as far as the catalogue has them.

    Raises `InvalidInput` where only some are.
    """
    known = [name for name in names if name in catalogue]
    counts = [name for name in known if isinstance(catalogue[name], DiscreteFamily)]
    if 0 < len(counts) < len(known):
        raise InvalidInput(f"{', '.join(counts)}: discrete families are fitted in a call without continuous ones")
    return bool(counts)
