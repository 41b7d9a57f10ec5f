"""`warmfit serve`: the service in the foreground, until it is told to end."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from rich.console import Console

from warmfit_fitting.errors import InvalidInput
from warmfit_server.settings import Settings

PortOption = typer.Option(min=1, max=65535, help="Where gRPC listens. (default: 9000)", show_default=False)


def serve(
    port: Annotated[int | None, PortOption] = None,
    host: Annotated[str | None, typer.Option(help="The address it binds to. (default: 127.0.0.1)")] = None,
    http_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Where the page is, and readiness by HTTP. (default: 8000)")
    ] = None,
    page: Annotated[
        bool | None, typer.Option("--page/--no-page", help="Whether there is a page for browsers. (default: there is)")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Worker actors. (default: one a processor)")] = None,
    gateways: Annotated[int | None, typer.Option(min=1, help="Gateway actors. (default: 1)")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Where named datasets are kept.")] = None,
    tokens_file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A TOML file of bearer tokens; others are refused.")
    ] = None,
    allow_anonymous: Annotated[
        bool | None, typer.Option("--allow-anonymous", help="Bind elsewhere than to loopback without any token.")
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="The certificate (PEM).")] = None,
    tls_key: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="Its key (PEM).")] = None,
    tls_client_ca: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Clients need a certificate signed by it (PEM).")
    ] = None,
    health_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Where health alone is told, without token and TLS.")
    ] = None,
    metrics_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Where Prometheus reads metrics, on loopback.")
    ] = None,
    log_file: Annotated[Path | None, typer.Option(dir_okay=False, help="Where logs are added, as JSON lines.")] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error. (default: info)")] = None,
    distribution: Annotated[
        list[str] | None,
        typer.Option(metavar="[NAME=]MODULE:ATTRIBUTE", help="Accept this family of your own, too; may be repeated."),
    ] = None,
    config: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="A TOML file of settings.")] = None,
) -> None:
    """Run the service: warm workers behind gRPC, until SIGTERM or Ctrl-C.

    Flags win over the environment (WARMFIT_SERVER_PORT, …), and that over the file.
    """
    try:
        settings = Settings.load(
            config,
            port=port,
            host=host,
            http_port=http_port,
            page=page,
            workers=workers,
            gateways=gateways,
            data_dir=data_dir,
            tokens_file=tokens_file,
            allow_anonymous=allow_anonymous or None,
            tls_cert=tls_cert,
            tls_key=tls_key,
            tls_client_ca=tls_client_ca,
            health_port=health_port,
            metrics_port=metrics_port,
            log_file=log_file,
            log_level=log_level,
            distributions=distribution or None,
        )
    except ValidationError as error:
        raise InvalidInput(f"settings that cannot be used: {'; '.join(map(_told, error.errors()))}") from None
    except InvalidInput:
        raise
    except ValueError as error:  # a file that is no TOML
        raise InvalidInput(f"{config}: {error}") from None
    _serve(settings, Console(stderr=True))


def _told(error: ErrorDetails) -> str:
    """What is wrong with a setting; what was given is no secret."""
    place = ".".join(map(str, error["loc"]))
    if not place or place == "token":
        return error["msg"]
    return f"{place}: {error['msg']} (given: {error['input']!r})"


def _serve(settings: Settings, console: Console) -> None:
    from warmfit_server.accepted import configured
    from warmfit_server.listening import credentials_of
    from warmfit_server.logs import check_log_file
    from warmfit_server.running import Ending, check_ports, running
    from warmfit_server.store import DatasetStore
    from warmfit_server.tokens import Tokens

    check_ports(settings)
    check_log_file(settings.log_file)
    credentials_of(settings)
    Tokens(settings.tokens_file, settings.token, settings.namespace)
    DatasetStore(settings.data_dir, settings.namespace).check()
    targets = configured(settings.distributions)
    if targets:
        console.print(
            f"accepting {', '.join(map(str, targets))}", highlight=False, markup=False, emoji=False, soft_wrap=True
        )
    console.print(f"starting {settings.gateways} gateway(s) and {settings.workers} worker(s) …", highlight=False)
    started = time.monotonic()
    with Ending() as ending, running(settings, ending, targets) as kept:
        took = time.monotonic() - started
        console.print(f"logs: {settings.log_file or kept / 'worker-*.err'}", highlight=False, soft_wrap=True)
        if settings.page:
            console.print(f"page: http://{settings.http_host}:{settings.http_port}/", highlight=False)
        console.print(f"ready on {settings.host}:{settings.port} after {took:.1f} s; Ctrl-C ends it", highlight=False)
        name = ending.wait()
        console.print(f"{name}: letting calls finish …", highlight=False)
    console.print("ended", highlight=False)
