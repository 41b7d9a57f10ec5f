"""Percentile intervals of replicates cover the truth about as often as they say: the small form of `make bench-coverage`."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.families.every import EVERY
from warmfit_fitting.resampling.replicates import replicates
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import summarize_values

COLUMNS, ROWS, REFITS = 60, 200, 39


@pytest.mark.parametrize("censored", [False, True])
@pytest.mark.parametrize(("name", "truth"), [("gamma", (2.5, 0.0, 3.0)), ("weibull_min", (1.7, 0.0, 4.0))])
def test_ninety_per_cent_intervals_cover_the_truth_nine_times_in_ten(
    name: str, truth: tuple[float, ...], censored: bool
) -> None:
    rng, covered = np.random.default_rng(5), np.zeros(len(truth))
    low, high = 2, REFITS + 1 - 2  # the order statistics that leave 5 % outside on either side
    for seed in range(COLUMNS):
        x = getattr(stats, name).rvs(*truth, size=ROWS, random_state=rng)
        bound = rng.uniform(0.0, 3.0 * truth[-1] * truth[0], ROWS) if censored else np.full(ROWS, np.inf)
        codes = (x > bound).astype(np.float64) if censored else None
        problem = prepare(
            summarize_values(np.minimum(x, bound), censoring=codes),
            FitSpec((name,), fixed=(("loc", 0.0),), goodness=False),
        )
        row = fit_family(problem, EVERY[name])
        theta = np.sort(replicates(problem, EVERY[name], row, REFITS, seed).theta, axis=0)
        covered += (theta[low - 1] <= truth) & (truth <= theta[high - 1])
    least = stats.binom.ppf(0.002, COLUMNS, 0.9)
    assert covered[[0, -1]].min() >= least
    assert covered[[0, -1]].max() < COLUMNS
