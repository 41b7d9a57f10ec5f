"""`warmfit status`: whether a service is well, and what it has to do."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from warmfit.cli.options import Token
from warmfit.cli.tables import stdout
from warmfit.remote.endpoint import ADDRESS_VARIABLE
from warmfit_fitting.errors import DeadlineExceeded, Overloaded, ServiceUnavailable, WarmfitError

if TYPE_CHECKING:
    from warmfit.remote.about import Load, ServerInfo
    from warmfit.remote.endpoint import TlsLike

NOT_WELL = 1
SERVING, NOT_SERVING = "SERVING", "NOT_SERVING"
UNREACHABLE = (ServiceUnavailable, DeadlineExceeded, Overloaded)
STARTING = 3.0  # seconds that a service which does not answer is given

ServerNeeded = Annotated[
    str, typer.Option(metavar="HOST:PORT", envvar=ADDRESS_VARIABLE, help="Where the service is.", show_default=False)
]


def status(
    server: ServerNeeded,
    token: Token = None,
    tls: Annotated[bool, typer.Option("--tls", help="Speak TLS, and trust the system's authorities.")] = False,
    tls_ca: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Speak TLS, and trust this authority (PEM).")
    ] = None,
    tls_cert: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Your certificate, for mutual TLS (PEM).")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="Its key (PEM).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds to wait for an answer.")] = STARTING,
) -> None:
    """Print the state of a service; exit with 0 where it serves, with 1 where it does not or cannot be reached.

    Calls of others and caches are shown to tokens that have the scope admin.
    """
    given = {"ca": tls_ca, "cert": tls_cert, "key": tls_key}
    files = {name: path for name, path in given.items() if path is not None}
    try:
        info = _asked(server, token, files or tls, timeout)
    except UNREACHABLE as error:
        _print_unreachable(server, error, as_json)
        raise typer.Exit(NOT_WELL) from None
    if as_json:
        typer.echo(json.dumps(_document(server, info), indent=2))
    else:
        _print(server, info)
    if not info.is_serving:
        raise typer.Exit(NOT_WELL)


def _asked(server: str, token: str | None, tls: TlsLike, timeout: float) -> ServerInfo:
    from warmfit.remote.client import Client  # imports gRPC

    with Client(server, token, tls, timeout) as client:
        return client.info()


def _uptime(info: ServerInfo) -> timedelta:
    return max(datetime.now(UTC) - info.started, timedelta())


def _document(server: str, info: ServerInfo) -> dict[str, Any]:
    health = {"server": server, "health": SERVING if info.is_serving else NOT_SERVING}
    told = {**asdict(info), "started": info.started.isoformat(), "troubles": list(info.troubles)}
    return {**health, "uptime": round(_uptime(info).total_seconds(), 3), **told}


def _print_unreachable(server: str, error: WarmfitError, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"server": server, "health": None, "error": str(error)}, indent=2))
    else:
        console = Console(stderr=True, highlight=False, markup=False, emoji=False)
        console.print(" ".join(str(error).split()), style="red", soft_wrap=True)


def _print(server: str, info: ServerInfo) -> None:
    console = stdout()
    style = "bold green" if info.is_serving else "bold red"
    console.print(f"{server}: {SERVING if info.is_serving else NOT_SERVING}", style=style, highlight=False)
    for trouble in info.troubles:
        console.print(f"  {trouble}", style="red", highlight=False)
    console.print(_facts(info))
    if info.load is not None:
        console.print(_caches(info.load))


def _facts(info: ServerInfo) -> Table:
    table = Table(show_header=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    limits, load = info.limits, info.load
    own = f"{info.calls} of {limits.calls_of_caller} of this caller"
    calls = own if load is None else f"{load.calls} of {limits.calls}; {own}"
    datasets = "unknown" if info.datasets is None else f"{info.datasets} of {limits.datasets} in this namespace"
    rows = {
        "version": f"{info.version} (API {info.api_version})",
        "engine": info.engine,
        "up for": str(timedelta(seconds=int(_uptime(info).total_seconds()))),
        "gateways": str(info.gateways),
        "workers": f"{info.workers_answering} of {info.workers} answer",
        "calls under way": calls,
        "datasets": datasets,
        "a message": f"up to {_size(info.max_message_bytes)}",
        "a call": f"up to {limits.tasks} columns to fit, {limits.points} points, {limits.samples} draws, "
        f"{limits.timeout:g} s where it does not say",
    }
    for name, told in rows.items():
        table.add_row(name, told)
    return table


def _caches(load: Load) -> Table:
    table = Table("cache")
    for name in ("held", "of", "hits", "misses", "hit ratio", "evictions"):
        table.add_column(name, justify="right", no_wrap=True)
    for c in load.caches:
        asked = c.hits + c.misses
        ratio = f"{c.hits / asked:.0%}" if asked else ""
        table.add_row(c.name, _size(c.bytes), _size(c.limit), str(c.hits), str(c.misses), ratio, str(c.evictions))
    return table


def _size(number: int) -> str:
    """Bytes as people read them."""
    size, units = float(number), iter(("B", "KiB", "MiB", "GiB"))
    unit = next(units)
    while size >= 1024 and (larger := next(units, None)) is not None:
        size, unit = size / 1024, larger
    return f"{size:.0f} {unit}" if size >= 100 or unit == "B" else f"{size:.1f} {unit}"
