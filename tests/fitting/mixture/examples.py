"""Rows for tests of mixtures, and what the likelihood of a mixture is, written out."""

from __future__ import annotations

import numpy as np
from scipy import stats

from warmfit_fitting.mixture import GaussianMixture


def simulated(n: int, d: int, k: int, apart: float = 3.0, seed: int = 1) -> np.ndarray:
    """Rows of a mixture of `k` laws of `d` columns."""
    generator = np.random.default_rng(seed)
    weights, means = generator.dirichlet(np.full(k, 5.0)), generator.normal(0, apart, (k, d))
    factors = generator.normal(0, 0.5, (k, d, d)) + np.eye(d)
    group = generator.choice(k, n, p=weights)
    return np.einsum("nij,nj->ni", factors[group], generator.normal(size=(n, d))) + means[group]


def loglik(mixture: GaussianMixture, rows: np.ndarray) -> float:
    """Σ log Σ w N(x | m, C), by SciPy's density."""
    parts = [
        w * stats.multivariate_normal(m, c).pdf(rows)
        for w, m, c in zip(mixture.weights, mixture.means, mixture.covariances, strict=True)
    ]
    return float(np.log(np.sum(parts, axis=0)).sum())
