"""One log-likelihood kernel, the gamma family's, in NumPy and compiled by numba: what each costs, as JSON.

python kernel.py; run in an environment that has numba, twice with one NUMBA_CACHE_DIR: the first run compiles,
the second loads what the first one kept.
"""

from __future__ import annotations

import json
import math
import time
import timeit
from collections.abc import Callable

import numpy as np
from scipy import special

VECTORS = 25
POINTS = (160, 1_000)

Kernel = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def with_numpy(x: np.ndarray, weight: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """Σ w·log f at points `x` (N,) with weights (N,), for each of `theta` (B, 3): a, loc, scale."""
    a, loc, scale = theta.T[:, :, None]
    z = (x - loc) / scale
    logpdf = (a - 1.0) * np.log(z) - z - special.gammaln(a) - np.log(scale)
    total: np.ndarray = np.where(z > 0, logpdf, -np.inf) @ weight
    return total


def with_loops(x: np.ndarray, weight: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """The same, point by point, for a compiler."""
    total = np.empty(len(theta))
    for b in range(len(theta)):
        a, loc, scale = theta[b]
        constant = math.lgamma(a) + math.log(scale)
        summed = 0.0
        for i in range(len(x)):
            z = (x[i] - loc) / scale
            summed += weight[i] * ((a - 1.0) * math.log(z) - z - constant if z > 0 else -math.inf)
        total[b] = summed
    return total


def arguments(points: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    theta = np.column_stack([rng.uniform(1, 4, VECTORS), rng.uniform(-1, 0, VECTORS), rng.uniform(1, 3, VECTORS)])
    return np.sort(rng.gamma(2.5, size=points)), np.full(points, 1 / points), theta


def seconds(kernel: Kernel, points: int) -> float:
    given = arguments(points)
    return min(timeit.repeat(lambda: kernel(*given), number=200, repeat=15)) / 200


def main() -> None:
    started = time.perf_counter()
    import numba

    imported = time.perf_counter() - started
    compiled: Kernel = numba.njit(cache=True)(with_loops)
    started = time.perf_counter()
    np.testing.assert_allclose(compiled(*arguments(9)), with_numpy(*arguments(9)), rtol=1e-12)
    ready = time.perf_counter() - started
    times = {points: (seconds(with_numpy, points), seconds(compiled, points)) for points in POINTS}
    print(json.dumps({"version": numba.__version__, "import": imported, "ready": ready, "times": times}))


if __name__ == "__main__":
    main()
