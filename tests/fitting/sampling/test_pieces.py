from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from warmfit_fitting.arrays import BoolArray, FloatArray, IntArray
from warmfit_fitting.fitted import fitted
from warmfit_fitting.sampling import draw
from warmfit_fitting.sampling.cells import Cells
from warmfit_fitting.sampling.pieces import PANEL, TOLERANCE, made

CELLS = 1024


def extent(cells: IntArray) -> tuple[FloatArray, FloatArray, BoolArray]:
    return cells / CELLS, np.full(len(cells), 1.0 / CELLS), np.zeros(len(cells), dtype=np.bool_)


class Counted:
    """The quantile of a probability below, which counts how many it was asked for."""

    def __init__(self, kink: float = 0.0) -> None:
        self.asked, self.kink = 0, kink

    def __call__(self, probability: FloatArray, _is_upper: BoolArray) -> FloatArray:
        self.asked += len(probability)
        return np.exp(probability) + self.kink * np.abs(probability - 0.6)


def test_polynomials_of_a_panel_are_the_quantiles_at_less_than_one_quantile_a_cell() -> None:
    quantile = Counted()
    found = made(quantile, extent, np.array([3, 9]))
    assert quantile.asked < 2 * PANEL
    share = np.linspace(-0.5, 0.5, 9)
    cells = np.array([3, 9])[:, None] * PANEL + np.arange(PANEL)
    values = np.polynomial.polynomial.polyval(share, found)
    probability = (cells[..., None] + 0.5 + share) / CELLS
    np.testing.assert_allclose(values, np.exp(probability), rtol=TOLERANCE)


def test_a_kink_costs_its_own_cell_and_no_other() -> None:
    panel = int(0.6 * CELLS) // PANEL
    found = made(Counted(kink=1.0), extent, np.array([panel]))
    lost = np.flatnonzero(np.isnan(found).any(axis=0)[0])
    assert list(lost + panel * PANEL) == [int(0.6 * CELLS)]


def test_panels_are_made_the_same_whichever_are_made_beside_them() -> None:
    quantile = fitted("gamma", (2.3, 0.0, 1.0)).inverse._quantile
    together = made(quantile, extent, np.array([0, 4, 15]))
    for place, panel in enumerate((0, 4, 15)):
        np.testing.assert_array_equal(together[:, [place]], made(quantile, extent, np.array([panel])))


def test_where_no_polynomial_holds_draws_are_the_quantiles_themselves() -> None:
    cells = Cells(lambda p: np.round(p * 1e3), lambda p: 1e3 - np.round(p * 1e3))
    words = np.arange(1, 2**64, 2**64 // 997, dtype=np.uint64)
    out = np.empty(len(words))
    lost = cells.write(words, out)
    out[lost] = cells.slowly(words[lost])
    np.testing.assert_array_equal(np.unique(np.round(out) - out), [0.0])


@pytest.mark.parametrize(
    ("name", "parameters", "window"),
    [
        ("gamma", (2.3, 0.0, 1.0), (-np.inf, np.inf)),
        ("gamma", (0.3, 0.0, 1.0), (-np.inf, np.inf)),
        ("t", (1.5, 0.0, 1.0), (-np.inf, np.inf)),
        ("beta", (0.5, 0.5, 0.0, 1.0), (-np.inf, np.inf)),
        ("dgamma", (1.5, 0.0, 1.0), (-np.inf, np.inf)),
        ("lognorm", (2.0, 0.0, 1.0), (1.0, 30.0)),
    ],
)
def test_draws_fall_evenly_over_cells_inside_cells_and_into_the_tails(
    name: str, parameters: tuple[float, ...], window: tuple[float, float]
) -> None:
    n, distribution = 100_000, fitted(name, parameters, window)
    values = draw(distribution, n, 11)
    below, above = np.asarray(distribution.cdf(values)), np.asarray(distribution.sf(values))
    over = np.bincount((below * 4096).astype(np.int64).clip(0, 4095) // 16, minlength=256)
    inside = np.bincount((below * 4096 % 1.0 * 16).astype(np.int64), minlength=16)
    assert stats.chisquare(over).pvalue > 0.001
    assert stats.chisquare(inside).pvalue > 0.001
    for beyond in (below, above):
        octaves = np.array([np.sum(beyond < 2.0**-k) for k in range(1, 12)])
        expected = n * 2.0 ** -np.arange(1, 12)
        assert np.all(np.abs(octaves - expected) < 4.0 * np.sqrt(expected))
