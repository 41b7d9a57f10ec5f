"""Any finite column: no crash, no number that is not one, no more evaluations than were allowed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.families.family import Cost
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import summarize_intervals, summarize_values

FITTED = [name for name, family in CATALOGUE.items() if not family.refusal and family.cost is not Cost.SLOW]
EVALUATIONS = 1_500
OVERRUN = 1_500  # a batch that has begun is finished
UNITS = [1e-300, 1e-12, 1.0, 1e12, 1e150]
OFFSETS = [0.0, 1.0, -1e6, 1e15]

numbers = st.floats(-1e6, 1e6, allow_nan=False)
columns = st.one_of(
    st.lists(numbers, min_size=2, max_size=40),
    st.lists(st.integers(-3, 3).map(float), min_size=2, max_size=60),
    st.tuples(numbers, numbers, st.integers(1, 30)).map(lambda t: [t[0], *[t[1]] * t[2]]),
    st.tuples(st.lists(numbers, min_size=3, max_size=20), st.floats(1.0, 1e9)).map(
        lambda t: [*t[0], *(v + t[1] for v in t[0])]
    ),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    values=columns,
    unit=st.sampled_from(UNITS),
    offset=st.sampled_from(OFFSETS),
    names=st.lists(st.sampled_from(FITTED), min_size=3, max_size=3, unique=True),
)
def test_no_column_crashes_a_fit_or_yields_a_number_that_is_not_one(
    values: list[float], unit: float, offset: float, names: list[str]
) -> None:
    x = np.asarray(values) * unit + offset
    if len(np.unique(x)) < 2:
        return
    problem = prepare(summarize_values(x), FitSpec(tuple(names), evaluations=EVALUATIONS))
    for name in names:
        row = fit_family(problem, CATALOGUE[name])
        assert row.n_evaluations <= EVALUATIONS + OVERRUN, row
        if row.status != "ok":
            assert row.reason, row
            continue
        numbers = (*row.parameters, row.loglik, row.aic, row.bic, row.ks_statistic)
        assert all(math.isfinite(v) for v in numbers), row
        assert row.parameters[-1] > 0, row
        assert len(row.standard_errors) in (0, len(row.parameters)), row
        assert not any(math.isinf(v) for v in row.standard_errors), row  # NaN: an end of the support


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    values=columns,
    widths=st.lists(st.sampled_from([0.0, 0.0, 0.5, 100.0, math.inf, -math.inf]), min_size=2, max_size=9),
    entries=st.lists(st.sampled_from([math.inf, 0.25, 10.0]), min_size=1, max_size=9),
    unit=st.sampled_from(UNITS),
    names=st.lists(st.sampled_from(FITTED), min_size=3, max_size=3, unique=True),
)
def test_no_censored_or_truncated_column_does_so_either(
    values: list[float], widths: list[float], entries: list[float], unit: float, names: list[str]
) -> None:
    x, width = np.asarray(values), np.resize(widths, len(values))
    lower, upper = np.where(width == -np.inf, -np.inf, x), np.where(width == -np.inf, x, x + width)
    entry = np.where(np.isfinite(lower), lower, -np.inf) - np.resize(entries, len(x))
    try:
        summary = summarize_intervals(lower * unit, upper * unit, truncation=(entry * unit, None))
        problem = prepare(summary, FitSpec(tuple(names), evaluations=EVALUATIONS))
    except InvalidInput:
        return
    for name in names:
        row = fit_family(problem, CATALOGUE[name])
        assert row.n_evaluations <= EVALUATIONS + OVERRUN, row
        assert row.status == "ok" or row.reason, row
        if row.status == "ok":
            assert all(math.isfinite(v) for v in (*row.parameters, row.loglik, row.bic)), row
            assert not any(math.isinf(v) for v in row.standard_errors), row  # NaN: an end of the support
            assert row.parameters[-1] > 0, row


@pytest.mark.parametrize("name", FITTED)
def test_a_place_that_is_not_a_number_is_no_crash(name: str) -> None:
    family = CATALOGUE[name]
    for shapes in family.shape_starts():
        with np.errstate(all="ignore"):
            density = family.logpdf(np.array([[math.nan, 0.5, math.nan]]), *(np.array([[v]]) for v in shapes))
        assert density.shape == (1, 3)


@pytest.mark.parametrize("values", [[0.0, 1.0], [1e300, -1e300], [1.0, math.nextafter(1.0, 2.0)], [5e-324, 0.0]])
def test_two_values_are_enough_for_every_family_to_have_a_row(values: list[float]) -> None:
    problem = prepare(summarize_values(np.array(values)), FitSpec(tuple(FITTED), evaluations=300))
    for name in FITTED:
        row = fit_family(problem, CATALOGUE[name])
        assert row.status != "ok" or all(math.isfinite(v) for v in (*row.parameters, row.loglik)), row
