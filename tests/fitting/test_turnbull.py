"""The nonparametric estimate against SciPy's, hand-written ones, and the plain definition of self-consistency."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.families.every import EVERY
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary, summarize_intervals, summarize_values
from warmfit_fitting.turnbull import Estimate, turnbull

NOWHERE = (-math.inf, math.inf)


def estimate(summary: ColumnSummary) -> Estimate:
    assert summary.incomplete is not None
    return turnbull(summary, summary.incomplete, NOWHERE)


def fit(summary: ColumnSummary, name: str = "norm", **spec: object) -> FitRow:
    row = fit_family(prepare(summary, FitSpec((name,), **spec)), EVERY[name])  # type: ignore[arg-type]
    assert row.status == "ok"
    return row


def censored(rng: np.random.Generator, n: int = 300) -> tuple[np.ndarray, np.ndarray]:
    life, end = rng.normal(5, 2, n).round(1), rng.normal(7, 2, n).round(1)
    return np.minimum(life, end), life > end


def test_right_censored_rows_have_the_product_limit_estimate(rng: np.random.Generator) -> None:
    x, cut = censored(rng)
    found = estimate(summarize_values(x, censoring=cut))
    theirs = stats.ecdf(stats.CensoredData.right_censored(x, cut)).sf
    events = np.isin(theirs.quantiles, x[~cut])
    survival = 1 - np.cumsum(found.mass)[: events.sum()]
    np.testing.assert_allclose(survival, theirs.probabilities[events], atol=1e-12)


def test_late_entries_are_at_risk_from_then_on(rng: np.random.Generator) -> None:
    x, cut = censored(rng, 2_000)
    entry = rng.normal(3, 1, len(x)).round(1)
    seen = x > entry
    x, cut, entry = x[seen], cut[seen], entry[seen]
    at = np.unique(x[~cut])
    hazard = [((x == t) & ~cut).sum() / ((entry < t) & (x >= t)).sum() for t in at]
    found = estimate(summarize_values(x, censoring=cut, truncation=(entry, None)))
    assert found.window == (entry.min(), math.inf)
    np.testing.assert_allclose(1 - np.cumsum(found.mass)[: len(at)], np.cumprod(1 - np.array(hazard)), atol=1e-12)


def test_a_fit_nobody_can_be_compared_with_has_the_reason() -> None:
    x, entry = np.array([1.0, 2.0, 4.0, 5.0, 6.0]), np.array([0.5, 0.5, 3.0, 3.5, 3.0])
    row = fit(summarize_values(x, truncation=(entry, None)), "expon", fixed=(("loc", 0.0),))
    assert math.isnan(row.ks_statistic)
    assert "nobody is at risk" in row.reason


def kinds(rng: np.random.Generator, n: int) -> tuple[np.ndarray, ...]:
    """Sets (lower, upper] of rows, known ones with both equal, and the windows (entry, exit] they were seen through."""
    x = rng.normal(5, 2, 3 * n).round(2)
    entry = np.where(rng.random(3 * n) < 0.5, rng.normal(2, 1, 3 * n).round(2), -math.inf)
    leave = np.where(rng.random(3 * n) < 0.5, rng.normal(8, 1, 3 * n).round(2), math.inf)
    seen = (x > entry) & (x <= leave)
    x, entry, leave = x[seen][:n], entry[seen][:n], leave[seen][:n]
    kind, width = rng.integers(0, 4, len(x)), rng.uniform(0.2, 3, len(x)).round(2)
    lower = np.select(
        [kind == 0, kind == 1, kind == 2], [x, (x - width / 2).round(2), -math.inf], (x - width / 3).round(2)
    )
    upper = np.select([kind == 0, kind == 1, kind == 2], [x, math.inf, (x + width / 2).round(2)], (x + width).round(2))
    return np.maximum(lower, entry), np.minimum(upper, leave), entry, leave


def test_sets_and_windows_of_every_kind_have_an_estimate_that_is_self_consistent(rng: np.random.Generator) -> None:
    lower, upper, entry, leave = kinds(rng, 120)
    found = estimate(summarize_intervals(lower, upper, truncation=(entry, leave)))
    point = found.lower == found.upper
    begins = np.where(point, np.nextafter(found.lower, -math.inf), found.lower)  # (just below, at] for a point

    def holds(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return (a[:, None] <= begins) & (found.upper <= b[:, None])

    known = lower == upper
    inside = holds(np.where(known, np.nextafter(lower, -math.inf), lower), upper)
    through = holds(entry, leave)
    mass = found.mass
    shares = inside * mass / (inside @ mass)[:, None] + (1 - through) * mass / (through @ mass)[:, None]
    np.testing.assert_allclose(shares.sum(axis=0) / shares.sum(), mass, atol=1e-6)
    # and no mass elsewhere would raise the likelihood (Gentleman & Geyer 1994, Biometrika 81)
    slope = (inside / (inside @ mass)[:, None] - through / (through @ mass)[:, None]).sum(axis=0)
    assert slope.max() < 0.01 * len(lower)


def test_turnbulls_intervals_are_the_innermost() -> None:
    found = estimate(summarize_intervals(np.array([0.0, 1.0, 2.0, 5.0]), np.array([2.0, 3.0, 6.0, 8.0])))
    assert list(zip(found.lower, found.upper, strict=True)) == [(1.0, 2.0), (2.0, 3.0), (5.0, 6.0)]
    assert found.mass.sum() == pytest.approx(1.0)


def test_one_window_by_row_gives_the_statistics_of_the_window_of_the_spec(rng: np.random.Generator) -> None:
    x = rng.normal(5, 2, 600)
    x = x[(x > 2) & (x < 8)]
    by_row = fit(summarize_values(x, truncation=(2.0, 8.0)))
    by_spec = fit(summarize_values(x), lower_bound=2.0, upper_bound=8.0)
    for name in ("ks_statistic", "ad_statistic", "cvm_statistic"):
        assert getattr(by_row, name) == pytest.approx(getattr(by_spec, name), rel=1e-4)
    assert math.isnan(by_row.sse)
    assert "SSE" in by_row.reason


def test_statistics_of_censored_rows_tell_a_law_that_fits_from_one_that_does_not(rng: np.random.Generator) -> None:
    life, end = rng.gamma(4.0, 2.0, 3_000), rng.gamma(4.0, 3.0, 3_000)
    summary = summarize_values(np.minimum(life, end), censoring=life > end)
    right, wrong = (fit(summary, name) for name in ("gamma", "norm"))
    assert right.ks_statistic < 0.025 < wrong.ks_statistic
    assert right.ad_statistic < 2 < wrong.ad_statistic
    assert right.cvm_statistic < 0.3 < wrong.cvm_statistic


def test_ks_of_counts_between_edges_is_taken_at_the_edges_and_integrals_are_not_known() -> None:
    edges, counts = np.array([0.0, 1.0, 2.0, 3.0, 5.0]), np.array([30.0, 50.0, 20.0, 10.0])
    row = fit(summarize_intervals(edges[:-1], edges[1:], counts), "gamma", fixed=(("loc", 0.0),))
    cdf = stats.gamma(*row.parameters).cdf(edges)
    assert row.ks_statistic == pytest.approx(np.abs(cdf - np.append(0, np.cumsum(counts)) / counts.sum()).max())
    assert math.isnan(row.ad_statistic)
    assert math.isnan(row.cvm_statistic)
