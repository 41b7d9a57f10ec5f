"""Parameters from which a search starts: whether the families that they name have such parameters."""

from __future__ import annotations

from collections.abc import Iterable

from warmfit_fitting.errors import InvalidInput, UnknownDistribution
from warmfit_fitting.families.catalogue import Catalogue
from warmfit_fitting.families.every import AnyFamily


def check_warm_start(starts: Iterable[tuple[str, tuple[float, ...]]], catalogue: Catalogue[AnyFamily]) -> None:
    """Raise `UnknownDistribution` for a family that is not there, `InvalidInput` for parameters that it does not have."""
    for name, parameters in starts:
        try:
            expected = catalogue[name].parameters
        except UnknownDistribution as error:
            raise UnknownDistribution(f"warm_start: {error}").at("warm_start") from None
        if len(parameters) != len(expected):
            raise InvalidInput(
                f"warm_start of {name} has {len(parameters)} parameters; expected {len(expected)}: {', '.join(expected)}"
            ).at("warm_start")
