"""What it means that two summaries are of the same rows, wherever they were counted."""

from __future__ import annotations

import numpy as np

from warmfit_fitting.summary import ColumnSummary


def assert_same_rows(there: object, here: object) -> None:
    """The same grid, edges and counts to the bit, sums and moments up to rounding."""
    assert isinstance(there, ColumnSummary), there
    assert isinstance(here, ColumnSummary), here
    for name in ("n", "n_missing", "minimum", "maximum", "integral", "grid", "analytic"):
        assert getattr(there, name) == getattr(here, name), name
    a, b = there.observed, here.observed
    for name in ("atoms", "edges"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)
    for name in ("atom_count", "count"):  # counts of rows are equal to the last digit, sums of weights nearly
        np.testing.assert_allclose(getattr(a, name), getattr(b, name), rtol=1e-12, err_msg=name)
    filled, width = b.count > 0, np.diff(b.edges)
    np.testing.assert_allclose((a.mean - b.mean)[filled] / width[filled], 0.0, atol=1e-7)
    np.testing.assert_allclose(((a.m2 - b.m2) / width**2)[filled] / b.count[filled], 0.0, atol=1e-7)
    for name in ("weight", "mean", "m2", "m3", "m4"):
        mine, theirs = getattr(there.moments, name), getattr(here.moments, name)
        scale = max(abs(theirs), here.moments.weight * (here.moments.m2 / here.moments.weight) ** 0.5)
        assert abs(mine - theirs) <= 1e-9 * scale, name
