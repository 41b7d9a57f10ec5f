"""More intervals than a summary keeps: the pairs that stand for those of a cell have their moments."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from warmfit_fitting.resampling.design import RowDesign, design_of
from warmfit_fitting.summary import summarize_intervals
from warmfit_fitting.summary.cells import Cells, capped
from warmfit_fitting.summary.grid import Grid
from warmfit_fitting.summary.intervals import MAX_PAIRS, Pairs

COARSE = Grid(0.0, 60.0, 8.0, 4.0, level=5)
WHOLE = Grid(0.0, 60.0, 8.0, 4.0, level=5, integral=True)


def some(rng: np.random.Generator, whole: bool, n: int = 30_000) -> Pairs:
    """Intervals of many lengths."""
    lower = rng.gamma(2.0, 5.0, n)
    upper = lower + rng.exponential(1.0, n) * 10.0 ** rng.integers(-2, 2, n)
    if whole:
        lower, upper = np.floor(lower), np.floor(upper) + 1.0
    return Pairs.of(lower, upper, rng.integers(1, 4, n).astype(float))


def moments(pairs: Pairs) -> list[float]:
    """The sums, and the sums of squares and products, of both ends."""
    a, b, w = pairs.lower, pairs.upper, pairs.count
    return [float(w @ values) for values in (np.ones(len(a)), a, b, a * a, a * b, b * b)]


def test_the_means_variances_and_covariance_of_the_ends_are_kept(rng: np.random.Generator) -> None:
    given = some(rng, whole=False)
    kept = Cells.of(given, COARSE, given.reach).pairs()
    assert len(kept) < len(given) / 15
    assert moments(kept) == pytest.approx(moments(given), rel=1e-6)
    assert moments(kept)[:3] == pytest.approx(moments(given)[:3], rel=1e-12)
    assert np.all(kept.lower < kept.upper)
    assert given.reach[0] * 0.9 <= kept.reach[0]


def test_whole_numbers_stay_whole_and_keep_their_means(rng: np.random.Generator) -> None:
    given = some(rng, whole=True)
    kept = Cells.of(given, WHOLE, given.reach).pairs()
    assert len(kept) < len(given)
    assert np.all(kept.lower == np.rint(kept.lower))
    assert np.all(kept.upper == np.rint(kept.upper))
    assert np.all(kept.lower < kept.upper)
    assert moments(kept)[:3] == pytest.approx(moments(given)[:3], rel=1e-12)
    assert moments(kept)[3:] == pytest.approx(moments(given)[3:], rel=1e-3)


def test_rounding_of_the_moments_makes_no_pair(rng: np.random.Generator) -> None:
    """Sums of blocks of rows differ in their last digits from those of the whole; the pairs must not."""
    given = some(rng, whole=True, n=300)
    cells = Cells.of(given, WHOLE, given.reach)
    lower, other, m11, m22, m12 = (
        moment * (1 + 2e-13 * rng.integers(-2, 3, len(cells)))
        for moment in (cells.lower, cells.other, cells.m11, cells.m22, cells.m12)
    )
    rounded = replace(cells, lower=lower, other=other, m11=m11, m22=m22, m12=m12).pairs()
    kept = cells.pairs()
    np.testing.assert_array_equal((rounded.lower, rounded.upper), (kept.lower, kept.upper))
    np.testing.assert_allclose(rounded.count, kept.count, rtol=1e-7)


def test_the_mean_log_of_the_lengths_is_kept_nearly_however_short_some_are(rng: np.random.Generator) -> None:
    given = some(rng, whole=False)
    kept = Cells.of(given, COARSE, given.reach).pairs()
    mine, theirs = (float(p.count @ np.log(p.upper - p.lower) / p.count.sum()) for p in (kept, given))
    assert mine == pytest.approx(theirs, abs=2e-3)


def test_two_intervals_of_a_cell_that_weigh_the_same_are_kept_as_they_are() -> None:
    lower, upper = np.array([1.0, 1.25]), np.array([40.0, 39.0])
    kept = Cells.of(Pairs.of(lower, upper, np.ones(2)), COARSE, (0.0, 60.0)).pairs()
    np.testing.assert_allclose([kept.lower, kept.upper], [lower, upper], rtol=1e-12)


@pytest.mark.parametrize("whole", [False, True])
def test_what_was_capped_and_is_capped_again_keeps_its_moments(rng: np.random.Generator, whole: bool) -> None:
    grid = Grid(0.0, 200.0, 8.0, 4.0, integral=whole)
    parts = [some(rng, whole) for _ in range(6)]
    kept = given = parts[0]
    for part in parts[1:]:
        given = given.join(part)
        kept = capped(kept.join(part), grid)
    assert len(kept) <= MAX_PAIRS
    assert moments(kept)[:3] == pytest.approx(moments(given)[:3], rel=1e-10)
    assert moments(kept)[3:] == pytest.approx(moments(given)[3:], rel=1e-3 if whole else 1e-6)


def test_rows_drawn_anew_have_as_many_windows_as_the_rows(rng: np.random.Generator) -> None:
    x = np.round(rng.gamma(2.0, 5.0, 20_000), 1)
    entry, leave = x - rng.uniform(0.1, 9.0, len(x)), x + rng.exponential(5.0, len(x)) + 0.1
    design = design_of(summarize_intervals(x, x, truncation=(entry, leave)))
    assert isinstance(design, RowDesign)
    assert design.entry is not None
    assert design.n == 20_000
    assert np.all(np.isfinite(design.entry))
