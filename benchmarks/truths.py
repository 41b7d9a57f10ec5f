"""Common families with the parameters from which columns are simulated."""

from __future__ import annotations

import zlib

import numpy as np
from scipy import stats

ROWS = 10_000
TRUTHS: dict[str, tuple[float, ...]] = {
    # shapes, loc, scale, as SciPy takes them
    "norm": (50.0, 10.0),
    "expon": (3.0, 2.0),
    "gamma": (2.5, 0.0, 3.0),
    "lognorm": (0.8, 0.0, 20.0),
    "weibull_min": (1.7, 0.0, 4.0),
    "t": (3.5, 1.0, 2.0),
    "logistic": (0.0, 1.0),
    "laplace": (10.0, 5.0),
    "cauchy": (0.0, 1.0),
    "gumbel_r": (10.0, 3.0),
    "genextreme": (-0.1, 5.0, 2.0),
    "invgauss": (0.6, 0.0, 8.0),
    "invgamma": (3.5, 0.0, 10.0),
    "beta": (2.0, 3.5, 0.0, 1.0),
    "uniform": (2.0, 5.0),
    "pareto": (2.5, 0.0, 3.0),
    "rayleigh": (0.0, 4.0),
    "halfnorm": (0.0, 2.0),
    "skewnorm": (4.0, 0.0, 2.0),
    "fisk": (3.0, 0.0, 5.0),
    "burr12": (2.0, 1.5, 0.0, 10.0),
    "johnsonsu": (-1.0, 1.5, 0.0, 1.0),
    "triang": (0.3, 0.0, 10.0),
    "exponnorm": (2.0, 1.0, 1.5),
}


def simulated(family: str, seed: int) -> np.ndarray:
    """A column (ROWS,) of draws from the family at its parameters in `TRUTHS`."""
    rng = np.random.default_rng([seed, zlib.crc32(family.encode())])
    return np.asarray(getattr(stats, family).rvs(*TRUTHS[family], size=ROWS, random_state=rng))


def written(family: str) -> str:
    """The family with its parameters, as one writes it."""
    return f"{family}({', '.join(f'{p:g}' for p in TRUTHS[family])})"
