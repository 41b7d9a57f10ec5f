"""The family that a column was drawn from, found again among others."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.families.relations import REPARAMETRIZATIONS
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import summarize_values

ROWS = 10_000
TRUTHS = {
    # shapes, loc, scale
    "gamma": (2.5, 0.0, 3.0),
    "lognorm": (0.8, 0.0, 20.0),
    "weibull_min": (1.7, 0.0, 4.0),
    "t": (3.5, 1.0, 2.0),
    "gumbel_r": (10.0, 3.0),
    "skewnorm": (4.0, 0.0, 2.0),
}
CANDIDATES = (*TRUTHS, "norm", "expon", "logistic", "invgauss", "genextreme", "betaprime", "burr12", "johnsonsu")


@pytest.mark.parametrize("truth", TRUTHS)
def test_the_family_that_a_column_was_drawn_from_ranks_first_or_second_by_bic(truth: str) -> None:
    assert not set(CANDIDATES) & set(REPARAMETRIZATIONS)
    x = getattr(stats, truth).rvs(*TRUTHS[truth], size=ROWS, random_state=np.random.default_rng(11))
    problem = prepare(summarize_values(x), FitSpec(CANDIDATES, goodness=False))
    rows = [fit_family(problem, CATALOGUE[name]) for name in CANDIDATES]
    assert {row.status for row in rows} == {"ok"}
    ranked = sorted(rows, key=lambda row: row.bic)
    assert truth in [row.distribution for row in ranked[:2]]
