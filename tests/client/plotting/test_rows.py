"""What plots know of the rows is what the rows are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.conftest import simulated

from warmfit import Censoring, summarize
from warmfit.plotting.rows import Rows

EVERYWHERE = (-np.inf, np.inf)


def rows_of(values: np.ndarray) -> Rows:
    return Rows.of(summarize(values, ["value"])["value"], EVERYWHERE)


@pytest.mark.parametrize("n", [50, 100_000])
def test_masses_sum_to_one_and_ascend(n: int) -> None:
    rows = rows_of(simulated("gamma(2.5)", n))
    assert rows.upto[-1] == pytest.approx(1.0)
    assert np.all(np.diff(rows.lower) >= 0)
    assert np.all((rows.at >= rows.lower) & (rows.at <= rows.upper))


def test_a_histogram_of_exact_rows_is_numpys() -> None:
    values = simulated("gamma(2.5)", 500)
    edges, share = rows_of(values).histogram(20)
    counts, _ = np.histogram(values, edges)
    assert share * 500 == pytest.approx(counts)


def test_a_histogram_of_a_binned_summary_is_that_of_the_rows_to_a_bins_mass() -> None:
    values = simulated("gamma(2.5)", 100_000)
    edges, share = rows_of(values).histogram(25)
    counts, _ = np.histogram(values, edges)
    assert np.abs(share - counts / len(values)).max() < 0.003


def test_a_heavy_tail_does_not_fill_the_picture_and_what_is_left_out_is_little() -> None:
    rows = rows_of(simulated("Cauchy", 20_000))
    low, high = rows.shown
    assert high - low < 200
    assert rows.mass[(rows.at < low) | (rows.at > high)].sum() < 0.021


def test_a_bounded_column_is_shown_whole() -> None:
    values = simulated("Beta(0.6, 0.8)", 5000)
    assert rows_of(values).shown == pytest.approx((values.min(), values.max()))


def test_censored_rows_have_the_product_limit_estimate() -> None:
    # Kaplan & Meier by hand: deaths at 1, 3, 4; one row censored at 2
    frame = pd.DataFrame({"t": [1.0, 2.0, 3.0, 4.0], "died": [1, 0, 1, 1]})
    summary = summarize(frame, ["t"], censoring=Censoring("died", "event"))["t"]
    rows = Rows.of(summary, EVERYWHERE)
    assert list(rows.at) == [1.0, 3.0, 4.0]
    assert rows.mass == pytest.approx([1 / 4, 3 / 8, 3 / 8])
    assert not rows.complete


def test_thinning_keeps_the_ends_and_stays_below_the_limit() -> None:
    rows = rows_of(simulated("t(3)", 4000))
    kept = rows.thinned(100)
    assert len(kept) <= 102
    assert kept[0] == 0
    assert kept[-1] == len(rows.at) - 1
