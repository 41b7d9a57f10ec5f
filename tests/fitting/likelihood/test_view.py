from __future__ import annotations

import numpy as np
import pytest

from warmfit_fitting.likelihood.view import product_limit, view
from warmfit_fitting.summary import ColumnSummary, summarize_intervals, summarize_values


def jumps(summary: ColumnSummary) -> dict[float, float]:
    """The share of the rows at each value of the product-limit view, in the data's unit."""
    like = view(summary)
    assert summary.incomplete is not None
    points = product_limit(summary, summary.incomplete, like)
    places = np.round(points.x * like.scale + like.shift, 9).tolist()
    share = (points.weight / like.total).tolist()
    return {place: part for place, part in zip(places, share, strict=True) if part > 1e-12}


def test_censored_rows_are_spread_over_the_values_above_as_by_kaplan_and_meier() -> None:
    summary = summarize_values(np.array([1.0, 2.0, 3.0, 4.0, 5.0]), censoring=[0, 1, 0, 1, 0])
    assert jumps(summary) == pytest.approx({1.0: 1 / 5, 3.0: 4 / 5 / 3, 5.0: 4 / 5 * 2 / 3})


def test_what_is_left_above_the_last_value_stays_at_the_last_bound() -> None:
    summary = summarize_values(np.array([1.0, 2.0, 3.0, 4.0]), censoring=[0, 0, 1, 1])
    assert jumps(summary) == pytest.approx({1.0: 0.25, 2.0: 0.25, 4.0: 0.5})


def test_a_coarse_view_keeps_every_weight_and_mean() -> None:
    rng = np.random.default_rng(1)
    x, width = rng.gamma(2.0, size=3000), rng.choice([0.0, 1.0, np.inf], 3000)
    fine = view(summarize_intervals(x, x + width * rng.uniform(0.5, 1, 3000), truncation=(x - rng.random(3000), None)))
    coarse = fine.coarse(100)
    assert fine.masses is not None
    assert coarse.masses is not None
    assert coarse.total == pytest.approx(fine.total)
    assert coarse.masses.size < 450 < 3000 < fine.masses.size
    for place, weight in (("above", "above_weight"), ("lower", "weight"), ("upper", "weight")):
        a, b = (float(getattr(v.masses, place) @ getattr(v.masses, weight)) for v in (fine, coarse))
        assert b == pytest.approx(a)
