"""What every test may use: real columns and the simulated shapes of data that summaries must not distort."""

from __future__ import annotations

import os
import socket
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

DATA = Path(__file__).parent / "data"
COLUMNS = sorted(path.stem for path in DATA.glob("*.csv"))


def real_column(name: str) -> np.ndarray:
    return np.loadtxt(DATA / f"{name}.csv", skiprows=1)


SHAPES = {
    "gamma(2.5)": lambda rng, n: rng.gamma(2.5, size=n),
    "gamma(0.5)": lambda rng, n: rng.gamma(0.5, size=n),
    "lognormal(1.2)": lambda rng, n: rng.lognormal(0.0, 1.2, size=n),
    "t(3)": lambda rng, n: rng.standard_t(3, size=n),
    "Weibull(0.7)": lambda rng, n: rng.weibull(0.7, size=n),
    "Pareto(1.5)": lambda rng, n: rng.pareto(1.5, size=n) + 1.0,
    "Beta(0.6, 0.8)": lambda rng, n: rng.beta(0.6, 0.8, size=n),
    "Cauchy": lambda rng, n: rng.standard_cauchy(size=n),
}


def simulated(shape: str, n: int, seed: int = 1) -> np.ndarray:
    return np.asarray(SHAPES[shape](np.random.default_rng(seed), n), dtype=np.float64)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20240117)


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One real service for all tests that need one."""
    from tests.service.conftest import ACCEPTED, serving

    with serving(tmp_path_factory.mktemp("data"), *ACCEPTED) as running:
        yield running


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[None]:
    """The one Ray to which the tests' process is connected, of two processors."""
    import ray

    from warmfit.backends.ray import start_on_loopback

    for patience in (2, 1, 0):  # on a busy machine Ray's own half minute may be too short
        try:
            start_on_loopback(2, object_store_memory=150 * 2**20, logging_level="ERROR")
            break
        except Exception:
            ray.shutdown()
            if not patience:
                raise
    from ray.data import DataContext

    DataContext.get_current().enable_progress_bars = False
    DataContext.get_current().default_hash_shuffle_parallelism = 2
    yield
    ray.shutdown()


@pytest.fixture(scope="session")
def ray_backend(ray_cluster: None) -> Iterator[Any]:
    """Warm actors on that Ray, for all tests that do not ask for their own."""
    from warmfit import RayBackend

    with RayBackend() as backend:
        yield backend


@dataclass(frozen=True)
class Sparks:
    """One Spark for all tests: a classic session, and one of Connect to the same cluster."""

    classic: Any
    connect: Any


@pytest.fixture(scope="session")
def sparks() -> Iterator[Sparks]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pyspark's own
        from pyspark.sql import SparkSession
        from pyspark.sql.connect.session import SparkSession as RemoteSession

        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        os.environ.update(PYSPARK_PYTHON=sys.executable, SPARK_LOCAL_IP="127.0.0.1")
        settings = {
            "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",  # what runs for moments only
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.log.level": "OFF",
            "spark.sql.shuffle.partitions": "2",
            "spark.sql.session.timeZone": "UTC",
            "spark.plugins": "org.apache.spark.sql.connect.SparkConnectPlugin",
            "spark.connect.grpc.binding.address": "127.0.0.1",
            "spark.connect.grpc.binding.port": str(port),
        }
        builder = SparkSession.builder.master("local[2]").appName("tests")
        for name, value in settings.items():
            builder = builder.config(name, value)
        classic = builder.getOrCreate()
        connect = RemoteSession.builder.remote(f"sc://127.0.0.1:{port}").create()
        yield Sparks(classic, connect)
        connect.client.close()
        classic.stop()


@pytest.fixture(scope="session")
def spark(sparks: Sparks) -> Any:
    return sparks.classic
