"""Which settings a caller gave: a keyword that says the default is not the same as one that was left out."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

NOT_GIVEN: Any = object()
"""Stands for a setting that the caller left out."""


def tells_given(settings: Collection[str]) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """A decorator after which those of a function's `settings` that the caller left out arrive as `NOT_GIVEN`.

    The signature stays the one that is written, defaults included; the function may only pass them on.
    """

    def decorated(function: Callable[P, T]) -> Callable[P, T]:
        names = list(inspect.signature(function).parameters)
        places = {name: names.index(name) for name in names if name in settings}
        nothing, first = dict.fromkeys(places, NOT_GIVEN), min(places.values(), default=0)

        @wraps(function)
        def told(*args: P.args, **kwargs: P.kwargs) -> T:
            left_out = nothing
            if len(args) > first:
                left_out = {name: NOT_GIVEN for name, place in places.items() if place >= len(args)}
            return function(*args, **{**left_out, **kwargs})

        return told

    return decorated


def only_given(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings without those that were left out."""
    return {name: value for name, value in settings.items() if value is not NOT_GIVEN}
