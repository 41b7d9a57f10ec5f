"""The `warmfit` command and what all its subcommands share: the version, and how errors and Ctrl-C end it."""

from __future__ import annotations

import sys
import warnings
from importlib.metadata import entry_points
from typing import Annotated, Any, TextIO

import typer
from rich.console import Console
from typer.core import TyperGroup

from warmfit.cli import INTERRUPTED, demo, families, fit, plugins, sample, status
from warmfit.version import __version__
from warmfit_fitting.errors import WarmfitError

BAD_INPUT = 2
PLUGINS = "warmfit.commands"  # entry points of packages that add subcommands: the server adds `serve`


class Commands(TyperGroup):
    """Subcommands whose warnings are one line on stderr each, and whose errors end in one: exit code 2, 130 for Ctrl-C."""

    def invoke(self, ctx: Any) -> Any:
        """Run the subcommand."""
        try:
            with warnings.catch_warnings():
                warnings.showwarning = _show
                return super().invoke(ctx)
        except WarmfitError as error:
            say_error(f"error ({type(error).__name__}): {error}")
            raise typer.Exit(BAD_INPUT) from None
        except KeyboardInterrupt:
            say_error("interrupted")
            raise typer.Exit(INTERRUPTED) from None


def _show(
    message: Warning | str,
    category: type[Warning],
    filename: str,  # noqa: ARG001 - where in the program it came from tells a user of the command nothing
    lineno: int,  # noqa: ARG001
    file: TextIO | None = None,  # noqa: ARG001
    line: str | None = None,  # noqa: ARG001
) -> None:
    """A warning as one line on stderr."""
    console = Console(file=sys.stderr, highlight=False, markup=False, emoji=False)
    console.print(f"warning ({category.__name__}): {' '.join(str(message).split())}", style="yellow", soft_wrap=True)


def say_error(message: str) -> None:
    """One red line on stderr, however long the message is."""
    console = Console(file=sys.stderr, highlight=False, markup=False, emoji=False)
    console.print(" ".join(message.split()), style="red", soft_wrap=True)


app = typer.Typer(
    name="warmfit",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Which probability distribution fits this column, with which parameters, and samples from it.",
)
app.command("fit")(fit.fit)
app.command("sample", short_help="Draw numbers from the distribution that fits a column.")(sample.sample)
app.command("families", short_help="List the families and their parameters.")(families.families)
app.command("demo", short_help="See all of it on a column of real data.")(demo.demo)
app.command("status", short_help="Ask a service how it is.")(status.status)
for extra in sorted(entry_points(group=PLUGINS), key=lambda point: point.name):
    app.command(extra.name)(plugins.loaded(extra))


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"warmfit {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass
