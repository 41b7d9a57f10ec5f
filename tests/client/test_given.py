"""A function is told which of its settings the caller gave, and looks from outside as it was written."""

from __future__ import annotations

import inspect

import pytest

from warmfit.given import NOT_GIVEN, only_given, tells_given


def plain(x: int, bins: int = 50, *, lazy: bool = False) -> dict[str, object]:
    """What it was called with."""
    return {"x": x, "bins": bins, "lazy": lazy}


told = tells_given({"bins", "lazy", "another"})(plain)


def test_settings_that_were_left_out_are_marked_and_those_given_are_not() -> None:
    assert told(1) == {"x": 1, "bins": NOT_GIVEN, "lazy": NOT_GIVEN}
    assert told(1, 50) == {"x": 1, "bins": 50, "lazy": NOT_GIVEN}
    assert told(x=1, bins=50, lazy=False) == {"x": 1, "bins": 50, "lazy": False}
    assert only_given(told(1, lazy=False)) == {"x": 1, "lazy": False}


def test_the_signature_and_the_docstring_are_those_of_the_function() -> None:
    assert inspect.signature(told) == inspect.signature(plain)
    assert (told.__name__, told.__doc__) == (plain.__name__, plain.__doc__)


def test_arguments_that_the_function_does_not_have_are_refused() -> None:
    with pytest.raises(TypeError, match="binz"):
        told(1, binz=3)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'x'"):
        told()  # type: ignore[call-arg]
