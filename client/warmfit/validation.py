"""Checks of single settings, shared by the configuration, the results and the registry.

Each function takes the setting's name and its value, returns the value as the plain Python type that the rest
of the package expects, and raises `UnsupportedType` for the wrong kind of object or `InvalidInput` for a
value out of range. What settings mean, and how they go together, is the caller's business.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from typing import Any, NoReturn

import numpy as np

from warmfit.nearest import did_you_mean
from warmfit_fitting.errors import InvalidInput, UnsupportedType


def refuse_type(name: str, value: object, expected: str) -> NoReturn:
    """Raise `UnsupportedType` saying what was given and what was expected."""
    raise UnsupportedType(f"{name}={value!r} is of type {type(value).__name__}; expected {expected}")


def boolean(name: str, value: object) -> bool:
    """True or False, NumPy's included."""
    if not isinstance(value, bool | np.bool_):
        refuse_type(name, value, "True or False")
    return bool(value)


def whole(name: str, value: object, least: int = 1) -> int:
    """A whole number of at least `least`."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, Integral):
        refuse_type(name, value, "a whole number")
    if value < least:
        raise InvalidInput(f"{name}={value}; expected a whole number of at least {least}")
    return int(value)


def real(name: str, value: object) -> float:
    """A finite number."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        refuse_type(name, value, "a number")
    if not math.isfinite(value):
        raise InvalidInput(f"{name}={value}; expected a finite number, or None where there is none")
    return float(value)


def positive(name: str, value: object) -> float:
    """A finite number above zero."""
    number = real(name, value)
    if number <= 0:
        raise InvalidInput(f"{name}={value}; expected a number above 0")
    return number


def text(name: str, value: object, expected: str = "a string") -> str:
    """A string that is not empty."""
    if not isinstance(value, str):
        refuse_type(name, value, expected)
    if not value:
        raise InvalidInput(f"{name} is empty; expected {expected}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidInput(f"{name}={value!r} is no text: it holds half of a pair of surrogates") from None
    return value


def names(name: str, value: object, example: str) -> tuple[str, ...]:
    """Different, non-empty strings; one bare string is refused, because it is also a list of letters."""
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        shown = value if isinstance(value, str) and value else example
        refuse_type(name, value, f"a list of names, such as {name}=[{shown!r}]")
    listed = tuple(text(f"an entry of {name}", entry, "a name") for entry in value)
    repeated = sorted({entry for entry in listed if listed.count(entry) > 1})
    if repeated:
        raise InvalidInput(f"{name} names {', '.join(repeated)} more than once; name each once")
    return listed


def mapping(name: str, value: object, expected: str) -> dict[str, float]:
    """A mapping of names to finite numbers."""
    if not isinstance(value, Mapping):
        refuse_type(name, value, expected)
    return {text(f"a key of {name}", key): real(f"{name}[{key!r}]", number) for key, number in value.items()}


def member(name: str, value: object, allowed: Iterable[str]) -> str:
    """One of the `allowed` strings."""
    choices = tuple(allowed)
    chosen = text(name, value, f"one of {', '.join(choices)}")
    if chosen not in choices:
        hint = did_you_mean(chosen, choices)
        raise InvalidInput(f"unknown {name} {chosen!r}: {hint}expected one of {', '.join(choices)}")
    return chosen


def same(a: Any, b: Any) -> bool:
    """Whether two settings are equal, arrays compared as a whole."""
    if a is b:
        return True
    if isinstance(a, bool) or isinstance(b, bool):
        return bool(type(a) is type(b) and a == b)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if any(hasattr(side, "__array__") for side in (a, b)):
        return np.array_equal(np.asarray(a), np.asarray(b))
    return bool(a == b)
