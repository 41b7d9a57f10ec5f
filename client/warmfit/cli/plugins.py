"""Subcommands that other packages add through entry points, so that this one need not know them."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint
from typing import Any

from warmfit_fitting.errors import InvalidInput


def loaded(point: EntryPoint) -> Callable[..., Any]:
    """The command of an entry point; one that says how to install it where what it needs is missing."""
    try:
        command: Callable[..., Any] = point.load()
    except ImportError as error:
        return _missing(point.name, error)
    return command


def _missing(name: str, error: ImportError) -> Callable[[], None]:
    reason = str(error)

    def command() -> None:
        raise InvalidInput(f"`warmfit {name}` needs more than is installed ({reason}): pip install 'warmfit[server]'")

    command.__doc__ = "Not installed: pip install 'warmfit[server]'."
    return command
