"""The guide to a grid's edges: monotone to the last bit, and few edges to a cell."""

from __future__ import annotations

import numpy as np
import pytest

from warmfit.spark.guide import CELLS, Guide
from warmfit.spark.tables import BinTables
from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.summary import summarize_values
from warmfit_fitting.summary.grid import Grid

RNG = np.random.default_rng(5)
COLUMNS = {
    "gamma": RNG.gamma(2.5, size=20_000),
    "lognormal": RNG.lognormal(0.0, 1.2, 20_000),
    "a heavy tail": RNG.pareto(1.5, 20_000) + 1.0,
    "two heavy tails": RNG.standard_cauchy(20_000),
    "both ends singular": RNG.beta(0.6, 0.8, 20_000),
    "a great offset": RNG.normal(1e9, 1.0, 20_000),
    "huge values": RNG.normal(0.0, 1e307, 20_000),
    "tiny values": RNG.gamma(2.0, 1e-300, 20_000),
}
FEW = 3


def edges_of(x: FloatArray) -> tuple[FloatArray, Grid]:
    grid = summarize_values(x).grid
    assert grid is not None
    return grid.edges(float(x.min()), float(x.max())), grid


@pytest.mark.parametrize("column", COLUMNS)
def test_a_greater_value_is_in_no_lower_cell(column: str) -> None:
    x = COLUMNS[column]
    edges, grid = edges_of(x)
    guide = Guide.of(edges, grid)
    beside = [np.nextafter(edges, side) for side in (-np.inf, np.inf)]
    anchors = [np.nextafter(a, b) for a in (grid.low, grid.high, grid.centre) for b in (-np.inf, np.inf)]
    cells = guide.cells(np.sort(np.concatenate([x, edges, *beside, anchors])))
    assert np.all(np.diff(cells) >= 0)
    assert 0 <= cells[0] <= cells[-1] < CELLS


@pytest.mark.parametrize("column", COLUMNS)
def test_a_value_is_compared_with_three_edges_at_most(column: str) -> None:
    edges, grid = edges_of(COLUMNS[column])
    assert BinTables.of([edges], [grid]).fullest <= FEW
