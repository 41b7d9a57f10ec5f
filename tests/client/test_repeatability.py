"""Rows that are the same to the last bit, whenever and in however many threads they are computed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.conftest import simulated

from warmfit.backends import FitTask, LocalBackend
from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.families.family import Cost
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import summarize_values

BY_COST = {
    Cost.CHEAP: ("norm", "expon", "gamma", "johnsonsu", "beta", "genextreme", "burr12"),
    Cost.SPECIAL: ("skewnorm", "exponnorm", "norminvgauss", "rice"),
    Cost.SLOW: ("nct", "ncf", "irwinhall"),
}


def fitted(x: np.ndarray, names: tuple[str, ...], workers: int) -> list[FitRow]:
    (rows,) = LocalBackend(workers).fit([FitTask("a", summarize_values(x), FitSpec(names), {})])
    return [replace(row, elapsed=0.0) for row in rows]


@pytest.mark.parametrize("rows", [400, 10_000], ids=["exact", "binned"])
@pytest.mark.parametrize("cost", BY_COST, ids=lambda cost: cost.value)
def test_a_column_fitted_again_in_one_thread_or_four_has_equal_rows(cost: Cost, rows: int) -> None:
    names, x = BY_COST[cost], simulated("gamma(2.5)", rows)
    assert {CATALOGUE[name].cost for name in names} == {cost}
    first = fitted(x, names, 1)
    assert {row.status for row in first} == {"ok"}
    assert fitted(x.copy(), names, 1) == first
    assert fitted(x, names, 4) == first
