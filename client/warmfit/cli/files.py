"""The column of a file that a command fits: the one asked for, or the only one there is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from warmfit.sources.files import open_files
from warmfit.sources.refusals import listed, unknown_column
from warmfit_fitting.errors import InvalidInput


@dataclass(frozen=True)
class Beside:
    """The columns that are read beside the one to fit, because they say something of its rows.

    `replaces`: whether the ends of intervals stand for the column to fit, which then need not be there. `keys`: of groups.
    """

    names: tuple[str, ...] = ()
    replaces: bool = False
    keys: tuple[str, ...] = ()


def column_of(path: Path, column: str | None, beside: Beside | None = None) -> str:
    """The name of the column to fit; raises `InvalidInput` where none is named and there are several."""
    beside = beside or Beside()
    names = open_files(path, () if column is None else (column,)).names
    others = [name for name in names if name not in (*beside.names, *beside.keys)]
    if column is None and len(others) != 1:
        hint = "; it names what the ends are of" if beside.replaces else ""
        raise InvalidInput(f"--column is needed: the columns are {listed(names)}{hint}")
    chosen = others[0] if column is None else column
    if not beside.replaces and chosen not in names:
        raise unknown_column(chosen, names)
    return chosen
