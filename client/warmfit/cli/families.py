"""`warmfit families`: the families there are, and why some are off by default."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from warmfit.cli.tables import stdout
from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.families.discrete.catalogue import DISCRETE
from warmfit_fitting.families.every import EVERY, EXCLUSIONS, AnyFamily


def families(
    name: Annotated[str | None, typer.Argument(help="One family.", show_default=False)] = None,
    show_all: Annotated[bool, typer.Option("--all", help="Also those that are off by default.")] = False,
) -> None:
    """List the families by name, with their parameters and whether they are fitted by default; discrete ones last."""
    console = stdout()
    if name:
        console.print(_table([EVERY[name]]))
        return
    for catalogue, kind in ((CATALOGUE, "continuous"), (DISCRETE, "discrete")):
        every: list[AnyFamily] = list(catalogue.values())
        shown = [family for family in every if show_all or _is_on(family)]
        console.print(_table(shown))
        off = sum(not _is_on(family) for family in every)
        note = "" if show_all or not off else f"; {off} more are off by default (--all lists them)"
        console.print(f"{len(shown)} {kind} families{note}", highlight=False)


def _table(shown: list[AnyFamily]) -> Table:
    table = Table("distribution", "parameters", "cost", "default", "why", "the same as")
    for family in shown:
        canonical = EVERY.canonical(family.name)
        table.add_row(
            family.name,
            ", ".join(family.parameters),
            family.cost.value,
            "on" if _is_on(family) else "off",
            "" if _is_on(family) else family.refusal or family.off_by_default,
            "" if canonical == family.name else canonical,
        )
    return table


def _is_on(family: AnyFamily) -> bool:
    return family.name not in EXCLUSIONS
