"""Every discrete family at a few shapes, its probability written out in mpmath, and draws from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath as mp
import numpy as np
from scipy import stats

SHAPES: dict[str, list[tuple[float, ...]]] = {
    "poisson": [(3.0,), (0.01,), (80.0,)],
    "skellam": [(3.0, 4.0), (0.01, 20.0), (50.0, 70.0)],
    "binom": [(10, 0.3), (40, 0.9), (1000, 0.01)],
    "betabinom": [(10, 0.5, 0.7), (100, 3.0, 40.0), (30, 20.0, 25.0)],
    "bernoulli": [(0.3,)],
    "geom": [(0.2,), (0.01,)],
    "planck": [(0.3,), (2.0,)],
    "boltzmann": [(0.3, 10), (0.01, 100)],
    "dlaplace": [(0.5,), (3.0,)],
    "nbinom": [(2.5, 0.3), (0.1, 0.05), (20.0, 0.6)],
    "betanbinom": [(3, 5.5, 4.0), (5, 6.0, 0.7)],
    "randint": [(-3, 9), (0, 2)],
    "zipf": [(2.5,), (4.0,)],
    "zipfian": [(1.5, 40), (0.3, 100), (1.0, 60)],
    "yulesimon": [(2.5,), (6.0,)],
    "logser": [(0.3,), (0.95,)],
    "hypergeom": [(50, 20, 12), (200, 190, 100)],
    "nhypergeom": [(50, 20, 12), (200, 60, 3)],
    "nchypergeom_fisher": [(50, 20, 12, 2.5), (100, 30, 50, 0.2)],
    "nchypergeom_wallenius": [(50, 20, 12, 2.5), (60, 50, 55, 1.5), (100, 30, 50, 0.2)],
    "zi_poisson": [(3.0, 0.3)],
    "zi_binom": [(10, 0.3, 0.2)],
    "zi_nbinom": [(2.5, 0.3, 0.4)],
    "zt_poisson": [(1.2,)],
    "zt_binom": [(10, 0.2)],
    "zt_nbinom": [(2.5, 0.5)],
}
CASES = [(name, shapes) for name, all_shapes in SHAPES.items() for shapes in all_shapes]
NOT_SCIPY = ("zi_", "zt_")


def scipy_of(name: str) -> Any:
    return getattr(stats, name)


def draws(name: str, shapes: tuple[float, ...], size: int, seed: int) -> np.ndarray:
    """Values (size,) of a family, from SciPy's own generators, not from ours."""
    rng = np.random.default_rng(seed)
    if name.startswith("zi_"):
        x = scipy_of(name[3:]).rvs(*shapes[:-1], size=size, random_state=rng)
        return np.where(rng.random(size) < shapes[-1], 0, x).astype(np.float64)
    if name.startswith("zt_"):
        x = scipy_of(name[3:]).rvs(*shapes, size=20 * size, random_state=rng)
        return np.asarray(x[x > 0][:size], dtype=np.float64)
    return np.asarray(scipy_of(name).rvs(*shapes, size=size, random_state=rng), dtype=np.float64)


def _binomial(n: Any, k: Any) -> Any:
    return mp.exp(mp.loggamma(n + 1) - mp.loggamma(k + 1) - mp.loggamma(n - k + 1))


def _beta(a: Any, b: Any) -> Any:
    return mp.exp(mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b))


def _poisson(k: Any, mu: Any) -> Any:
    return mp.exp(k * mp.log(mu) - mu - mp.loggamma(k + 1))


def _binom(k: Any, n: Any, p: Any) -> Any:
    return _binomial(n, k) * p**k * (1 - p) ** (n - k) if k <= n else mp.mpf(0)


def _nbinom(k: Any, n: Any, p: Any) -> Any:
    return _binomial(n + k - 1, k) * p**n * (1 - p) ** k


def _fisher(k: Any, M: Any, n: Any, N: Any, odds: Any) -> Any:
    def term(j: Any) -> Any:
        return _binomial(n, j) * _binomial(M - n, N - j) * odds**j

    return term(k) / mp.fsum(term(mp.mpf(j)) for j in range(int(max(0, N - (M - n))), int(min(n, N)) + 1))


def _wallenius(k: Any, M: Any, n: Any, N: Any, odds: Any) -> Any:
    left = odds * (n - k) + (M - n - N + k)
    if left == 0:
        return mp.mpf(1) * _binomial(n, k) * _binomial(M - n, N - k)
    with mp.workdps(120):  # the integral of the expanded powers; its terms alternate
        good = [(-1) ** i * mp.binomial(k, i) for i in range(int(k) + 1)]
        other = [(-1) ** j * mp.binomial(N - k, j) for j in range(int(N - k) + 1)]
        inner = mp.fsum(c * d / (1 + (odds * i + j) / left) for i, c in enumerate(good) for j, d in enumerate(other))
    return _binomial(n, k) * _binomial(M - n, N - k) * inner


PMF: dict[str, Callable[..., Any]] = {
    "poisson": _poisson,
    "skellam": lambda k, a, b: mp.exp(-a - b) * (a / b) ** (k / 2) * mp.besseli(abs(k), 2 * mp.sqrt(a * b)),
    "binom": _binom,
    "betabinom": lambda k, n, a, b: _binomial(n, k) * _beta(k + a, n - k + b) / _beta(a, b),
    "bernoulli": lambda k, p: p if k == 1 else 1 - p,
    "geom": lambda k, p: p * (1 - p) ** (k - 1),
    "planck": lambda k, a: (1 - mp.exp(-a)) * mp.exp(-a * k),
    "boltzmann": lambda k, a, n: (1 - mp.exp(-a)) * mp.exp(-a * k) / (1 - mp.exp(-a * n)),
    "dlaplace": lambda k, a: mp.tanh(a / 2) * mp.exp(-a * abs(k)),
    "nbinom": _nbinom,
    "betanbinom": lambda k, n, a, b: _binomial(n + k - 1, k) * _beta(a + n, b + k) / _beta(a, b),
    "randint": lambda _, low, high: 1 / (high - low),
    "zipf": lambda k, a: k**-a / mp.zeta(a),
    "zipfian": lambda k, a, n: k**-a / mp.fsum(mp.mpf(j) ** -a for j in range(1, int(n) + 1)),
    "yulesimon": lambda k, a: a * _beta(k, a + 1),
    "logser": lambda k, p: -(p**k) / (k * mp.log(1 - p)),
    "hypergeom": lambda k, M, n, N: _binomial(n, k) * _binomial(M - n, N - k) / _binomial(M, N),
    "nhypergeom": lambda k, M, n, r: _binomial(k + r - 1, k) * _binomial(M - r - k, n - k) / _binomial(M, n),
    "nchypergeom_fisher": _fisher,
    "nchypergeom_wallenius": _wallenius,
    "zi_poisson": lambda k, mu, pi: (pi if k == 0 else 0) + (1 - pi) * _poisson(k, mu),
    "zi_binom": lambda k, n, p, pi: (pi if k == 0 else 0) + (1 - pi) * _binom(k, n, p),
    "zi_nbinom": lambda k, n, p, pi: (pi if k == 0 else 0) + (1 - pi) * _nbinom(k, n, p),
    "zt_poisson": lambda k, mu: _poisson(k, mu) / (1 - _poisson(mp.mpf(0), mu)),
    "zt_binom": lambda k, n, p: _binom(k, n, p) / (1 - _binom(mp.mpf(0), n, p)),
    "zt_nbinom": lambda k, n, p: _nbinom(k, n, p) / (1 - _nbinom(mp.mpf(0), n, p)),
}


def exact_pmf(name: str, k: float, shapes: tuple[float, ...]) -> Any:
    """The probability of `k` with 40 digits."""
    with mp.workdps(40):
        return PMF[name](mp.mpf(float(k)), *(mp.mpf(float(s)) for s in shapes))
