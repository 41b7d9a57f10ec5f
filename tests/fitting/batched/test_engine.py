"""Rows of columns that are fitted side by side: they depend on nobody else, and are those of the search of one column."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from warmfit_fitting.batched import engine as batched
from warmfit_fitting.engine import fit_families, fit_family, prepare
from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.families.nested import NESTED
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary, summarize_values

NAMES = ("norm", "expon", "gamma", "lognorm", "weibull_min", "logistic", "gumbel_r", "uniform", "rayleigh", "t")
FAMILIES = [CATALOGUE[name] for name in NAMES]
SPEC = FitSpec(families=NAMES, batched=True)
REGULAR = {"norm", "logistic", "gumbel_r", "t"}  # of which every column here has a maximum with errors


def columns() -> list[ColumnSummary]:
    rng = np.random.default_rng(5)
    values = [
        rng.gamma(2.0, 3.0, 300), rng.lognormal(0.5, 0.6, 1000), 10 + 2 * rng.standard_t(5, 517), rng.normal(3, 2, 301),
        1e6 + rng.weibull(1.3, 300), np.round(rng.exponential(2, 400), 1), -rng.gamma(4.0, 1e-9, 300), rng.normal(size=40),
    ]  # fmt: skip
    return [summarize_values(v) for v in values]


@pytest.fixture(scope="module")
def together() -> list[tuple[FitRow, ...]]:
    return fit_families([prepare(s, SPEC) for s in columns()], FAMILIES)


def test_a_row_has_the_same_bits_whatever_columns_are_beside_it(together: list[tuple[FitRow, ...]]) -> None:
    summaries = columns()
    order = [6, 1, 0, 4, 3]
    fewer = fit_families([prepare(summaries[i], SPEC) for i in order], FAMILIES)
    for i, rows in zip(order, fewer, strict=True):
        assert [bits(row) for row in rows] == [bits(row) for row in together[i]]


def test_a_row_has_the_same_bits_alone_and_with_other_families(together: list[tuple[FitRow, ...]]) -> None:
    for i, summary in enumerate(columns()[:4]):
        for name in ("t", "weibull_min", "rayleigh"):
            alone = fit_family(prepare(summary, replace(SPEC, families=(name,))), CATALOGUE[name])
            assert bits(alone) == bits(together[i][NAMES.index(name)])


def test_no_row_is_below_that_of_the_search_of_one_column(together: list[tuple[FitRow, ...]]) -> None:
    for summary, rows in zip(columns(), together, strict=True):
        problem = prepare(summary, replace(SPEC, batched=False))
        for row, family in zip(rows, FAMILIES, strict=True):
            searched = fit_family(problem, family)
            assert (row.status, row.n_parameters) == (searched.status, searched.n_parameters)
            assert row.loglik > searched.loglik - 2e-3
            if family.name in REGULAR and searched.ending == "converged" and abs(row.loglik - searched.loglik) < 1e-4:
                errors = np.array(searched.standard_errors)
                assert np.abs(np.subtract(row.parameters, searched.parameters) / errors).max() < 1e-3
                assert row.standard_errors == pytest.approx(searched.standard_errors, rel=0.02)
                assert row.ks_statistic == pytest.approx(searched.ks_statistic, rel=1e-4)
                assert row.ad_statistic == pytest.approx(searched.ad_statistic, rel=1e-4)


def test_no_family_ends_below_one_that_it_contains(together: list[tuple[FitRow, ...]]) -> None:
    for rows in together:
        loglik = dict(zip(NAMES, (row.loglik for row in rows), strict=True))
        for name in NAMES:
            for inner in NESTED.get(name, ()):
                assert loglik[name] > loglik.get(inner.name, -np.inf) - 2.5e-3


def test_distances_are_those_of_the_rows_parameters(together: list[tuple[FitRow, ...]]) -> None:
    from warmfit_fitting.continuous import measure

    for summary, rows in zip(columns(), together, strict=True):
        problem = prepare(summary, SPEC)
        for row, family in zip(rows, FAMILIES, strict=True):
            again = measure(problem, family, row)
            for name in ("ks_statistic", "ad_statistic", "cvm_statistic", "sse"):
                assert getattr(row, name) == pytest.approx(getattr(again, name), rel=1e-6, abs=1e-12), (
                    family.name,
                    name,
                )


def test_most_rows_are_made_side_by_side() -> None:
    made = batched.rows_of([prepare(s, SPEC) for s in columns()], FAMILIES)
    assert sum(map(len, made)) > 0.9 * len(made) * len(NAMES)


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("fixed", {"fixed": (("loc", 0.0),)}),
        ("bounds", {"lower_bound": 0.0}),
        ("another method", {"method": "mse"}),
        ("a start", {"warm_start": (("norm", (5.0, 4.0)),)}),
        ("a search of its own", {"batched": False}),
    ],
)
def test_what_cannot_stand_beside_others_is_searched_for_as_ever(what: str, change: dict[str, object]) -> None:
    spec = replace(SPEC, families=("norm", "gamma"), **change)
    problem = prepare(columns()[0], spec)
    assert not batched.stands(problem), what
    plain = prepare(columns()[0], replace(spec, batched=False))
    for name in spec.families:
        assert bits(fit_family(problem, CATALOGUE[name])) == bits(fit_family(plain, CATALOGUE[name]))


def test_a_binned_column_and_one_of_few_values_are_searched_for_as_ever() -> None:
    binned = summarize_values(np.random.default_rng(0).normal(size=6000))
    few = summarize_values(np.array([1.0, 2.0, 2.0, 5.0]))
    for summary in (binned, few):
        assert not batched.stands(prepare(summary, SPEC))
        (rows,) = fit_families([prepare(summary, replace(SPEC, families=("norm",)))], [CATALOGUE["norm"]])
        assert rows[0].status == "ok"


def test_a_call_that_is_over_has_timed_out_rows() -> None:
    (rows,) = fit_families([prepare(columns()[0], SPEC)], FAMILIES, lambda: True)
    assert {row.status for row in rows} <= {"timed_out", "ok"}
    assert "timed_out" in {row.status for row in rows}


def bits(row: FitRow) -> tuple[object, ...]:
    """All of a row but the time that it took."""
    return replace(row, elapsed=0.0)._told()
