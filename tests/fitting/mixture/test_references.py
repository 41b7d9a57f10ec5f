"""Log-likelihoods that scikit-learn 1.7.2 reached: GaussianMixture(k), its defaults, the best of random_state 0, 1, 2."""

from __future__ import annotations

import numpy as np
import pytest
from tests.conftest import real_column
from tests.fitting.mixture.examples import simulated

from warmfit_fitting.mixture import MixtureSpec, fit_mixture
from warmfit_fitting.mixture.sources import RowSource

REFERENCES = [  # rows, K, with n_init=1, with n_init=5
    (real_column("galaxies")[:, None], 3, -769.615161, -769.615161),
    (real_column("faithful")[:, None], 2, -1034.019389, -1034.019389),
    (real_column("quakes_depth")[:, None], 2, -6447.525373, -6447.525373),
    (simulated(4_000, 10, 6, 1.5, 4), 6, -68934.772432, -68934.772430),
    (simulated(4_000, 3, 3, 0.7, 2), 3, -20734.642118, -20734.147138),
    (simulated(4_000, 5, 4, 1.5, 3), 4, -33582.221318, -33582.184232),
]


@pytest.mark.parametrize(("rows", "k", "once", "five_times"), REFERENCES)
def test_likelihoods_are_at_or_above_those_of_scikit_learn_whatever_the_seed(
    rows: np.ndarray, k: int, once: float, five_times: float
) -> None:
    for seed in range(3):
        assert fit_mixture(RowSource(rows), MixtureSpec(k, seed=seed)).loglik >= once - 1e-3
    assert fit_mixture(RowSource(rows), MixtureSpec(k, n_init=5)).loglik >= five_times - 1e-3
