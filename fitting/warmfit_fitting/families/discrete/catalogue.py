"""Every discrete family that warmfit knows, by name and in one order."""

from __future__ import annotations

from types import ModuleType

from warmfit_fitting.families.catalogue import Catalogue, declared
from warmfit_fitting.families.discrete import (
    binomial,
    geometric,
    hypergeometric,
    negative_binomial,
    poisson,
    power,
    uniform,
    wallenius,
    zero_modified,
)
from warmfit_fitting.families.discrete.family import DiscreteFamily

MODULES: tuple[ModuleType, ...] = (
    poisson, binomial, geometric, negative_binomial, uniform, power, hypergeometric, wallenius, zero_modified,
)  # fmt: skip

DISCRETE: Catalogue[DiscreteFamily] = Catalogue(
    family for module in MODULES for family in declared(module, DiscreteFamily)
)
NOT_DECLARED = {"poisson_binom": "its parameter vector is as long as the number of trials, which a column does not say"}
DISCRETE_EXCLUSIONS = frozenset(name for name, family in DISCRETE.items() if family.refusal)
