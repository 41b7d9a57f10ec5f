"""Any column of whole numbers: no crash, no number that is not one without a reason, no more evaluations than allowed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.families.discrete.catalogue import DISCRETE
from warmfit_fitting.fitted import fitted
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import summarize_values

EVALUATIONS = 400
OVERRUN = 3_000  # a batch that has begun is finished, and so is the search of a family that is contained
FAMILIES = list(DISCRETE)

small = st.lists(st.integers(0, 8), min_size=2, max_size=60)
tied = st.tuples(st.integers(-5, 50), st.integers(1, 10**6), st.integers(1, 40)).map(
    lambda t: [t[0], *[t[0] + t[1]] * t[2]]
)
huge = st.lists(st.integers(-(2**53), 2**53), min_size=2, max_size=20)
heavy = st.lists(st.floats(0, 30).map(lambda e: int(2.0**e)), min_size=2, max_size=40)
columns = st.one_of(small, tied, huge, heavy, st.lists(st.integers(0, 1), min_size=2, max_size=30))


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    values=columns,
    shift=st.sampled_from([0, 1, -3, 10**9]),
    names=st.lists(st.sampled_from(FAMILIES), min_size=3, max_size=3, unique=True),
)
def test_no_counts_crash_a_fit_or_yield_a_number_that_is_not_one(
    values: list[int], shift: int, names: list[str]
) -> None:
    x = np.asarray(values, dtype=np.float64) + shift
    if len(np.unique(x)) < 2 or np.abs(x).max() > 2**53:
        return
    problem = prepare(summarize_values(x), FitSpec(tuple(names), evaluations=EVALUATIONS))
    for name in names:
        row = fit_family(problem, DISCRETE[name])
        assert row.n_evaluations <= EVALUATIONS + OVERRUN, row
        if row.status != "ok":
            assert row.reason, row
            continue
        numbers = (*row.parameters, row.loglik, row.aic, row.bic, row.ks_statistic, row.cvm_statistic, row.sse)
        assert all(math.isfinite(v) for v in numbers), row
        assert row.loglik <= 1e-9, row
        assert not math.isnan(row.ad_statistic), row
        assert len(row.standard_errors) in (0, len(row.parameters)), row
        law = fitted(name, row.parameters)
        assert law.logpmf(x).sum() == pytest.approx(row.loglik, rel=1e-6, abs=1e-6), row


@pytest.mark.parametrize(
    "values", [[0, 1], [1, 2], [0, 10**9], [-(2**53), 2**53], [5, 5, 5, 6], [0] * 10_000 + [1], [1] * 5_000 + [2]]
)
def test_two_values_are_enough_for_every_family_to_have_a_row(values: list[int]) -> None:
    problem = prepare(summarize_values(np.array(values, dtype=np.float64)), FitSpec(tuple(FAMILIES), evaluations=300))
    for name in FAMILIES:
        row = fit_family(problem, DISCRETE[name])
        assert row.status in ("ok", "skipped", "failed"), row
        assert row.reason or all(math.isfinite(v) for v in (*row.parameters, row.loglik)), row
