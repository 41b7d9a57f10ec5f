"""Families of the users' own: what can be one, and how a configuration names one that is imported from a module.

A program registers objects; a service and a saved file have names only. Names become objects by importing what a
configuration says, `module:attribute`, or what an installed package declares in the entry-point group
`warmfit.distributions`; never by unpickling.
"""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module, metadata
from operator import attrgetter
from typing import NoReturn

from scipy import stats

from warmfit_fitting.errors import InvalidInput, UnsupportedType
from warmfit_fitting.families.every import EVERY, AnyScipy

GROUP = "warmfit.distributions"
KINDS = (stats.rv_continuous, stats.rv_discrete)


@dataclass(frozen=True)
class Target:
    """A family's name, the `module:attribute` where its object is, and what tells this object from a changed one."""

    name: str
    where: str
    identity: str = ""

    def __str__(self) -> str:
        return f"{self.name}={self.where}"


def parse(text: str) -> tuple[Target, ...]:
    """The targets of `name=module:attribute`, separated by commas; a name left out is the attribute's.

    Raises `InvalidInput` for anything else, and for a name given twice.
    """
    targets = []
    for entry in filter(None, map(str.strip, text.split(","))):
        name, equals, where = entry.rpartition("=")
        where = where.strip()
        module, colon, attribute = where.partition(":")
        if not (module and colon and attribute) or (equals and not name.strip()):
            raise InvalidInput(f"{entry!r} names no distribution; expected module:attribute or name=module:attribute")
        targets.append(Target(name.strip() or attribute.rpartition(".")[2], where))
    names = [target.name for target in targets]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InvalidInput(f"distributions named more than once: {', '.join(repeated)}; name each once")
    return tuple(targets)


def installed() -> tuple[Target, ...]:
    """The targets that installed packages declare in the entry-point group, by name."""
    points = {point.name: point.value for point in metadata.entry_points(group=GROUP)}
    return tuple(Target(name, where) for name, where in sorted(points.items()))


def load(target: Target) -> AnyScipy:
    """The object of a target; raises `InvalidInput` or `UnsupportedType` saying what is wrong with which."""
    check_name(target.name)
    module, _, attribute = target.where.partition(":")
    try:
        found = attrgetter(attribute)(import_module(module))
    except Exception as error:  # importing runs whatever the module says
        raise InvalidInput(
            f"distribution {target}: cannot be imported ({type(error).__name__}: {error}); "
            "expected module:attribute of a module that is installed or on PYTHONPATH"
        ) from error
    if not isinstance(found, KINDS):
        refuse(f"distribution {target}", target.name, found)
    check_object(target.name, found)
    return found


def identity(target: Target, found: AnyScipy) -> str:
    """A hash of all that a configured family depends on and that can be told: place, version, source, constants."""
    digest = hashlib.blake2b(digest_size=8)
    modules = {target.where.partition(":")[0], *(cls.__module__ for cls in type(found).__mro__)}
    for name in sorted(m for m in modules if m.partition(".")[0] not in ("builtins", "scipy")):
        digest.update(f"{name} {_version(name)} ".encode() + _source(name))
    digest.update(f"{target} {type(found).__qualname__} {found.shapes} {found.a} {found.b}".encode())
    return digest.hexdigest()


def _source(module: str) -> bytes:
    try:
        return inspect.getsource(sys.modules[module]).encode()
    except (OSError, TypeError, KeyError):
        return b""


def _version(module: str) -> str:
    try:
        return metadata.version(module.partition(".")[0])
    except metadata.PackageNotFoundError:
        return ""


@cache
def of_installed(name: str) -> AnyScipy | None:
    """The object that an installed package declares under that name, or None."""
    target = next((target for target in installed() if target.name == name), None)
    return None if target is None else load(target)


def check_name(name: str) -> None:
    """Raise `InvalidInput` for a name that no family of a user's own can have."""
    if not name.isidentifier():
        raise InvalidInput(f"name={name!r} is no identifier; use letters, digits and underscores")
    if isinstance(getattr(stats, name, None), KINDS):
        raise InvalidInput(f"{name!r} is a family of SciPy, which keeps its name; register yours under another")
    if name in EVERY:
        raise InvalidInput(f"{name!r} is a family of warmfit, which keeps its name; register yours under another")


def check_object(name: str, distribution: AnyScipy) -> None:
    """Raise `UnsupportedType` for a distribution object that is no family."""
    if isinstance(distribution, stats.rv_histogram):
        raise UnsupportedType(
            f"{name!r} is an rv_histogram, the distribution of other data and not a family; "
            "expected an instance of a class of yours derived from scipy.stats.rv_continuous"
        )


def refuse(what: str, name: str, given: object, kinds: tuple[type, ...] = KINDS) -> NoReturn:
    """Raise `UnsupportedType` for what is no distribution object, with what to give instead."""
    expected = " or ".join(f"scipy.stats.{kind.__name__}" for kind in kinds)
    hint = ""
    if inspect.isclass(given) and issubclass(given, kinds):
        hint = f": give {given.__name__}(name={name!r}), not the class"
    elif isinstance(getattr(given, "dist", None), kinds):
        hint = ": give the distribution without its parameters, not a frozen one"
    raise UnsupportedType(
        f"{what}={given!r} is of type {type(given).__name__}; expected an instance of {expected}{hint}"
    )


def custom_object(name: str, custom: Mapping[str, AnyScipy]) -> AnyScipy | None:
    """The object of a family that the catalogue lacks: of `custom`, or of an installed package; None without any.

    Raises what importing it raises.
    """
    return custom.get(name) if name in custom or name in EVERY else of_installed(name)
