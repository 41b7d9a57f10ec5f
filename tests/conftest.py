"""What every test may use: real columns and the simulated shapes of data that summaries must not distort."""

from __future__ import annotations

from collections.abc import Iterator
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
    yield
    ray.shutdown()


@pytest.fixture(scope="session")
def ray_backend(ray_cluster: None) -> Iterator[Any]:
    """Warm actors on that Ray, for all tests that do not ask for their own."""
    from warmfit import RayBackend

    with RayBackend() as backend:
        yield backend
