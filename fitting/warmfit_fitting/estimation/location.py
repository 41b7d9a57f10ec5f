"""Locations and scales to start from, for given shapes: the law's bulk laid on the data's, and supports that end nearby."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import numpy as np

from warmfit_fitting.estimation.features import Features
from warmfit_fitting.families.bulk import QUARTILE
from warmfit_fitting.families.family import Family


def loc_scale_starts(family: Family, shapes: tuple[float, ...], data: Features) -> Iterable[tuple[float, float]]:
    """(loc, scale) pairs with which to try `shapes`; a support may yet have to be moved to hold the data."""
    columns = [np.array([s]) for s in shapes]
    with np.errstate(all="ignore"):
        low, high, center, spread = (
            float(e[0]) for e in map(np.atleast_1d, (*family.support(*columns), *family.bulk(*columns)))
        )
    if np.isfinite(spread) and np.isfinite(center) and spread > 0:
        for place, width in bulks(data):
            yield place - width / spread * center, width / spread
    few = family.knows_bulk
    if np.isfinite(low) and np.isfinite(high):
        yield from _between(low, high, data)
    elif np.isfinite(low):
        for edge, share in _edges(data.minimum, data, few):
            if data.median > edge:
                yield _at_edge(edge, low, share * (data.median - edge) / ((center - low) if few else 1.0))
    elif np.isfinite(high):
        for edge, share in _edges(data.maximum, data, few):
            if data.median < edge:
                yield _at_edge(edge, high, share * (edge - data.median) / ((high - center) if few else 1.0))
    elif not few:
        for p, share in itertools.product((0.1, 0.5, 0.9), (0.1, 0.3, 0.75, 2.0)):
            yield data.quantile(p), share * (data.iqr or data.std)


def bulks(data: Features) -> list[tuple[float, float]]:
    """Places and half-spreads of the data: median and half interquartile range, mean and standard deviation."""
    narrow, wide = 0.5 * data.iqr, QUARTILE * data.std
    return [(p, w) for p, w in ((data.median, narrow), (data.mean, wide), (data.mean, 5.0 * wide)) if w > 0]


def _at_edge(edge: float, end: float, scale: float) -> tuple[float, float]:
    return edge - scale * end, scale


def _edges(extreme: float, data: Features, few: bool) -> Iterable[tuple[float, float]]:
    """Where the support may end beyond an extreme, and the share of the way to the median that is the scale."""
    sign = 1.0 if extreme == data.minimum else -1.0
    gaps, shares = ((1e-6, 1e-3, 0.05, 0.5), (1.0,)) if few else ((1e-6, 0.05, 0.5, 3.0), (0.05, 0.3, 1.0, 3.0))
    for gap, share in itertools.product(gaps, shares):
        yield extreme - sign * gap * (data.iqr or data.std), share


def _between(low: float, high: float, data: Features) -> Iterable[tuple[float, float]]:
    span = data.maximum - data.minimum
    for below, above in itertools.product((1e-6, 0.02, 0.3), repeat=2):
        scale = span * (1 + below + above) / (high - low)
        yield data.minimum - below * span - scale * low, scale
