"""The engine against figures that others published, and against a search of the likelihood written out in `plain`."""

from __future__ import annotations

import pytest
from tests.reference import cases_counts, cases_extremes, cases_losses, cases_reliability
from tests.reference.case import Case, agrees

CASES = [*cases_reliability.CASES, *cases_losses.CASES, *cases_extremes.CASES, *cases_counts.CASES]


def name_of(case: Case) -> str:
    return case.name


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_rows_and_figures_belong_together(case: Case) -> None:
    """A search of the plain likelihood comes to every published digit, so neither rows nor figures are mistyped."""
    for figure in case.figures:
        assert agrees(case.value(figure, case.searched), case.printed(figure), case.digits), figure
    if case.loglik:
        assert agrees(case.plain(case.searched), case.loglik)


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_estimates_are_the_published_ones(case: Case) -> None:
    assert case.row.status == "ok"
    for figure in case.figures:
        assert agrees(case.value(figure, case.row.parameters), case.printed(figure), case.digits), figure


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_estimates_are_where_a_search_of_the_plain_likelihood_ends(case: Case) -> None:
    assert case.row.parameters == pytest.approx(case.searched, rel=1e-4, abs=1e-9)


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_the_log_likelihood_is_the_plain_one(case: Case) -> None:
    loglik = case.row.loglik
    assert loglik == pytest.approx(case.plain(case.row.parameters), abs=2e-3)
    assert loglik == pytest.approx(case.plain(case.searched), abs=2e-3)
    if case.loglik:
        assert agrees(loglik, case.loglik)
