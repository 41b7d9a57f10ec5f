"""Windows of counts: the integers that bounds let in."""

from __future__ import annotations

import math

import numpy as np

from warmfit_fitting.summary import ColumnSummary


def whole_window(window: tuple[float, float]) -> tuple[float, float]:
    """The first and the last integer within [lower, upper], ends included: [0.5, 7.2] lets 1 to 7 in."""
    low, high = (float(whole(end)) for whole, end in zip((np.ceil, np.floor), window, strict=True))
    return low, high


def common_window(summary: ColumnSummary, window: tuple[float, float]) -> tuple[float, float] | None:
    """The one window that all rows of a column had, none of them being censored; None where there is no such window.

    `window`: the integers that had to let every row in.
    """
    rest = summary.incomplete
    if rest is None:
        return window
    parts = rest.truncated
    kinds = (parts.above, parts.below)
    if rest.censored.weight or any(len(t.count) for t in kinds):
        return None
    windows = [(math.ceil(c), math.inf, w) for c, w in zip(parts.above.atoms, parts.above.atom_count, strict=True)]
    windows += [(-math.inf, math.floor(c), w) for c, w in zip(parts.below.atoms, parts.below.atom_count, strict=True)]
    pairs = parts.between
    windows += [
        (math.ceil(a), math.floor(b), w) for a, b, w in zip(pairs.lower, pairs.upper, pairs.count, strict=True)
    ]
    if len(windows) != 1 or not math.isclose(windows[0][2], summary.weight, rel_tol=1e-9):
        return None
    return max(window[0], windows[0][0]), min(window[1], windows[0][1])
