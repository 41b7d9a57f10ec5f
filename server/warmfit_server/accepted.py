"""The families that this service was told to accept beside those of warmfit: imported here, never sent by a client.

What `warmfit serve` imports when it starts is what every gateway and worker must have: one that starts later, after the
source was changed, refuses the family until the service is started anew. So rows of one family never mix with another's.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from warmfit_fitting.errors import InvalidInput, field
from warmfit_fitting.families.catalogue import Catalogue
from warmfit_fitting.families.custom import Target, identity, installed, load, parse
from warmfit_fitting.families.every import EVERY, AnyFamily, AnyScipy, is_discrete, with_custom

log = logging.getLogger("warmfit.server")
CHANGED = "its source was changed after the service had started; have the service started anew"


@dataclass(frozen=True)
class Accepted:
    """Every family that a replica fits: the catalogue, and the objects of those that were configured."""

    catalogue: Catalogue[AnyFamily]
    custom: Mapping[str, AnyScipy]

    @classmethod
    def of(cls, targets: Iterable[Target]) -> Accepted:
        """The families of `targets`, those refused whose identity is another; raises for what cannot be imported."""
        targets = tuple(targets)
        custom = {target.name: load(target) for target in targets}
        catalogue = with_custom(custom)
        for target in targets:
            if target.identity and identity(target, custom[target.name]) != target.identity:
                log.error("distribution %s: %s", target, CHANGED)
                catalogue[target.name].refusal = CHANGED
        return cls(catalogue, custom)

    def check(self, names: Iterable[str]) -> None:
        """Raise `UnknownDistribution` for a name that is not known, `InvalidInput` for discrete beside continuous ones."""
        names = tuple(names)
        with field("families"):
            self.catalogue.resolve(names)
            is_discrete(names, self.catalogue)

    def custom_object(self, name: str) -> AnyScipy | None:
        """The object of a configured family, None for others; raises `InvalidInput` for one that is refused."""
        if name in self.custom and self.catalogue[name].refusal:
            raise InvalidInput(f"{name}: {self.catalogue[name].refusal}")
        return self.custom.get(name)


NONE = Accepted(EVERY, {})


def configured(text: str) -> tuple[Target, ...]:
    """The targets of the settings and of installed packages, with their identities; the settings' win.

    Raises `InvalidInput` or `UnsupportedType` for what cannot be imported or is no distribution.
    """
    targets = {target.name: target for target in (*installed(), *parse(text))}
    return tuple(replace(target, identity=identity(target, load(target))) for target in targets.values())
