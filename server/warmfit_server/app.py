"""`build_app`: the bound Serve application of one settings object; `deployed`: the same for a Serve configuration file."""

from __future__ import annotations

from typing import Any

from ray import serve
from ray.serve import Application
from ray.serve.config import RequestRouterConfig

from warmfit_fitting.families.custom import Target
from warmfit_server.accepted import configured
from warmfit_server.gateway import FitGateway
from warmfit_server.settings import Settings
from warmfit_server.worker import FitWorker

APP_NAME = "warmfit"
HEALTH_PERIOD = 1.0  # seconds; Serve's default of 10 makes a recovery take 12
ROUTER = "warmfit_server.routing:ShardRouter"
DRAIN_SOON = 0.05  # seconds before Serve has a gateway drain; its default of 2 is for calls that come through Serve
MANY = 10_000  # calls at once: admission is the gateway's, and Serve must not queue behind it


def build_app(settings: Settings, targets: tuple[Target, ...] = ()) -> Application:
    """The application: gateways that listen, and warm workers behind them, who all accept the families of `targets`."""
    workers = serve.deployment(
        name="FitWorker",
        num_replicas=settings.workers,
        max_ongoing_requests=MANY,
        health_check_period_s=HEALTH_PERIOD,
        graceful_shutdown_timeout_s=settings.drain_timeout,
        ray_actor_options={"num_cpus": 1},
        request_router_config=RequestRouterConfig(request_router_class=ROUTER),  # type: ignore[arg-type]  # a path
    )(FitWorker)
    gateways = serve.deployment(
        name="FitGateway",
        num_replicas=settings.gateways,
        max_ongoing_requests=MANY,
        health_check_period_s=HEALTH_PERIOD,
        graceful_shutdown_timeout_s=settings.drain_timeout + 5.0,
        graceful_shutdown_wait_loop_s=DRAIN_SOON,
        ray_actor_options={"num_cpus": 0},
    )(FitGateway)
    return gateways.bind(settings, workers.bind(settings, targets), targets)


def deployed(args: dict[str, Any]) -> Application:
    """The application of a Serve configuration, as Kubernetes has it: `args` are settings, which the environment completes.

    Raises `pydantic.ValidationError` for a name that is no setting and a value that cannot be used.
    """
    settings = Settings.load(**args)
    return build_app(settings, configured(settings.distributions))
