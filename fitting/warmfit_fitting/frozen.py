"""A fitted family as a distribution object: density, distribution function, quantiles, moments, through SciPy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from scipy import stats

from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.families.scipy_family import ScipyFamily
from warmfit_fitting.truncated import Truncated

_FROZEN_AS = {"erlang": stats.gamma}  # the same distribution, without SciPy's warning of a shape that is no integer


def frozen(
    name: str,
    parameters: Sequence[float],
    window: tuple[float, float] = (-math.inf, math.inf),
    custom: stats.rv_continuous | None = None,
) -> Any:
    """The frozen SciPy distribution of a family, conditioned on `window` where one is given.

    `parameters`: shapes, loc, scale. `custom`: the object of a user's own family. Raises `UnknownDistribution`, and
    `InvalidInput` for parameters that the family does not have or allow.
    """
    names = (CATALOGUE[name] if custom is None else ScipyFamily(name, custom)).parameters
    if len(names) != len(parameters) or not all(map(math.isfinite, parameters)):
        raise InvalidInput(f"{name} with parameters {list(parameters)}; expected finite {', '.join(names)}")
    generic = custom if custom is not None else _FROZEN_AS.get(name) or getattr(stats, name)
    *shapes, _, scale = parameters
    if not scale > 0 or not generic._argcheck(*shapes):
        raise InvalidInput(f"{name} has no distribution at {dict(zip(names, parameters, strict=True))}")
    base = generic(*parameters)
    return base if window == (-math.inf, math.inf) else Truncated(base, *window)
