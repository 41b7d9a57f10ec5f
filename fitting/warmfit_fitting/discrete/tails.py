"""Distribution and survival functions of counts, in logs, for many parameter vectors at once.

Closed forms where the family has them; sums of probabilities elsewhere. Sums run over a table where the integers up to the
last place are few, and over runs between the places otherwise, in panels that double from both ends of a run towards its
middle: away from its mode a law of one mode falls, so that such panels follow it. What lies in the run with the mode is
what the others leave of 1. Tails that no double holds are summed relative to their first term.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from warmfit_fitting.arrays import BoolArray, FloatArray
from warmfit_fitting.discrete.rule import SHORT, run_rule
from warmfit_fitting.families.discrete.family import DiscreteFamily
from warmfit_fitting.families.family import Cost

Shapes = tuple[FloatArray, ...]

TABLE = {Cost.CHEAP: 1024, Cost.SPECIAL: 1024, Cost.SLOW: 256}  # integers up to the last place, for a table
NUMBERS = 1 << 13  # probabilities evaluated at a time
FARTHEST = 1e25  # sums go no farther from their first term
_LEAST = 1e-3  # of the mass: a tail that holds less is summed by itself, not taken as what the rest leaves
_VANISHING = 1e-290
_NOTHING = -45.0  # nats below the sum so far: a term after which a sum outwards ends
_PARTS = (4, 12, 28, 44)  # panels after which a sum outwards may end


def log_tails(
    family: DiscreteFamily, shapes: Shapes, below: FloatArray, above: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """ln P(X ≤ k) at `below` (B,) and ln P(X > k) at `above` (A,), ascending whole numbers, for shapes (K, 1): (K, B), (K, A)."""
    size = max((len(s) for s in shapes), default=1)
    low, high = (np.broadcast_to(end, (size, 1)) for end in family.support(*shapes))
    cdf, sf = _both(family, shapes, low, high, below, above)
    cdf = np.where(below < low, 0.0, np.where(below >= high, 1.0, cdf))
    sf = np.where(above < low, 1.0, np.where(above >= high, 0.0, sf))
    found = []
    for value, at, first, sign in ((cdf, below, below, -1.0), (sf, above, above + 1, 1.0)):
        log = np.log(value)
        lost = ~(value > _VANISHING) & (at >= low if sign < 0 else at < high)
        if lost.any():
            row, column = np.nonzero(lost)
            log[row, column] = _log_from(family, tuple(s[row] for s in shapes), first[column, None], sign)
        found.append(log)
    return found[0], found[1]


def _both(
    family: DiscreteFamily, shapes: Shapes, low: FloatArray, high: FloatArray, below: FloatArray, above: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """P(X ≤ k) at `below` and P(X > k) at `above`, right at integers of the support."""
    size = len(low)
    if family.closed_cdf:
        cdf = family.cdf(np.clip(below, low, high), *shapes) if len(below) else np.zeros((size, 0))
        sf = family.sf(np.clip(above, low, high), *shapes) if len(above) else np.zeros((size, 0))
        return np.broadcast_to(cdf, (size, len(below))), np.broadcast_to(sf, (size, len(above)))
    places = np.union1d(below, above)
    if not len(places):
        return np.zeros((size, 0)), np.zeros((size, 0))
    first = float(low.min())
    in_table = np.isfinite(first) and places[-1] - first < TABLE[family.cost]
    block = max(int(NUMBERS // (places[-1] - first + 2 if in_table else SHORT * (len(places) + 1))), 1)
    parts = []
    for i in range(0, size, block):
        part = slice(i, i + block)
        some, ends = tuple(s[part] for s in shapes), (low[part], high[part])
        parts.append((_by_table if in_table else _by_runs)(family, some, *ends, places))
    cdf, sf = (np.concatenate(p) for p in zip(*parts, strict=True))
    return cdf[:, np.searchsorted(places, below)], sf[:, np.searchsorted(places, above)]


def _by_table(
    family: DiscreteFamily, shapes: Shapes, low: FloatArray, high: FloatArray, places: FloatArray
) -> tuple[FloatArray, FloatArray]:
    first = max(float(low.min()), -FARTHEST)
    k = np.arange(first, max(places[-1], first) + 1)
    p = probabilities(family, shapes, low, high, k)
    upwards, downwards = np.cumsum(p, axis=1), np.cumsum(p[:, ::-1], axis=1)[:, ::-1]
    rest = np.where(high > k[-1], np.maximum(1 - upwards[:, -1:], 0.0), 0.0)
    deep = np.flatnonzero((rest < _LEAST) & (high > k[-1]))
    if len(deep):
        rest[deep, 0] = np.exp(_log_from(family, tuple(s[deep] for s in shapes), np.full((len(deep), 1), k[-1] + 1), 1.0))
    none = np.zeros((len(p), 1))
    at = np.clip(places - first + 1, 0, len(k)).astype(np.int64)
    upwards, downwards = np.concatenate([none, upwards], axis=1), np.concatenate([downwards, none], axis=1)
    return np.minimum(upwards[:, at], 1.0), np.minimum(downwards[:, at] + rest, 1.0)


def _by_runs(
    family: DiscreteFamily, shapes: Shapes, low: FloatArray, high: FloatArray, places: FloatArray
) -> tuple[FloatArray, FloatArray]:
    size = len(low)
    edges = np.broadcast_to(places + 1, (size, len(places)))  # the first integers past the places
    first = np.clip(np.concatenate([low, edges], axis=1), low, high + 1)
    last = np.clip(np.concatenate([edges - 1, high], axis=1), low - 1, high)
    inner = _run_masses(family, shapes, first[:, 1:-1], last[:, 1:-1])
    outer = (
        _end_mass(family, shapes, first[:, :1], last[:, :1], low, -1.0),
        _end_mass(family, shapes, first[:, -1:], last[:, -1:], high, 1.0),
    )
    mass = np.concatenate([outer[0], inner, outer[1]], axis=1)
    rising = (edges <= low) | ((edges <= high) & (_slope(family, shapes, low, high, edges) > 0))
    mode = rising.sum(axis=1)
    row = np.arange(size)
    there = mass[row, mode]
    left = 1 - np.where(np.arange(mass.shape[1]) == mode[:, None], 0.0, mass).sum(axis=1)
    mass[row, mode] = np.where(left > 0.5, left, there)
    cdf, sf = np.cumsum(mass, axis=1)[:, :-1], np.cumsum(mass[:, ::-1], axis=1)[:, ::-1][:, 1:]
    return np.minimum(cdf, 1.0), np.minimum(sf, 1.0)


def _slope(
    family: DiscreteFamily, shapes: Shapes, low: FloatArray, high: FloatArray, edges: FloatArray
) -> FloatArray:
    """The change of the log-probability from the integer before each edge to the edge."""
    after, before = (np.clip(edges - d, low, high) for d in (0, 1))
    return np.asarray(family.logpmf(after, *shapes) - family.logpmf(before, *shapes))


def _end_mass(
    family: DiscreteFamily, shapes: Shapes, first: FloatArray, last: FloatArray, end: FloatArray, sign: float
) -> FloatArray:
    """The mass (K, 1) of the outermost run, which goes on to the `end` (K, 1) of the support."""
    finite = np.isfinite(end)
    mass = _run_masses(family, shapes, np.where(finite, first, 0.0), np.where(finite, last, -1.0))
    endless = np.flatnonzero(~finite)
    if len(endless):
        start = first if sign > 0 else last
        mass[endless, 0] = np.exp(_log_from(family, tuple(s[endless] for s in shapes), start[endless], sign))
    return mass


def _run_masses(family: DiscreteFamily, shapes: Shapes, first: FloatArray, last: FloatArray) -> FloatArray:
    """The mass (K, R) of the integers from `first` to `last` (K, R); none where there are none."""
    length = np.maximum(last - first + 1, 0.0)
    ahead = np.ceil(length / 2)
    mass = np.zeros(first.shape)
    for start, reach, sign in ((first, ahead, 1.0), (last, length - ahead, -1.0)):
        done, width = 0.0, float(SHORT)
        while (reach > done).any():
            size = np.clip(reach - done, 0.0, width)
            nodes, weights = (part.reshape(*size.shape, -1) for part in run_rule(size.ravel()))
            anchor = np.where(size > 0, start + sign * done, first)
            at = np.where(weights > 0, anchor[..., None] + sign * nodes, anchor[..., None])
            p = np.exp(_logpmf(family, shapes, at.reshape(len(at), -1)).reshape(at.shape))
            mass += np.einsum("krq,krq->kr", np.where(weights > 0, p, 0.0), weights)
            done, width = done + width, 2 * width
    return mass


def _log_from(family: DiscreteFamily, shapes: Shapes, start: FloatArray, sign: float) -> FloatArray:
    """ln of the mass (N,) from `start` (N, 1) outwards, upwards or downwards by `sign`, for shapes (N, 1)."""
    found = np.full(len(start), -np.inf)
    rows = np.arange(len(start))
    for offset, log_weight in _outwards():
        ends = []
        for i in range(0, len(rows), max(NUMBERS // len(offset), 1)):
            some = rows[i : i + max(NUMBERS // len(offset), 1)]
            which = tuple(s[some] for s in shapes)
            low, high = family.support(*which)
            at = start[some] + sign * offset
            inside = (at >= low) & (at <= high)
            value = _logpmf(family, which, np.where(inside, at, start[some]))
            terms = np.where(inside, value + log_weight, -np.inf)
            found[some] = np.logaddexp.reduce(np.concatenate([found[some, None], terms], axis=1), axis=1)
            ends.append(terms[:, -1])
        rows = rows[np.concatenate(ends) > found[rows] + _NOTHING]
        if not len(rows):
            break
    return found


@cache
def _outwards() -> tuple[tuple[FloatArray, FloatArray], ...]:
    """Offsets (Q,) of a sum outwards and the logs of their weights, part by part: one by one, then panels that double."""
    starts = SHORT * 2.0 ** np.arange(int(np.log2(FARTHEST / SHORT)))
    nodes, weights = run_rule(starts)
    one_by_one = np.arange(float(SHORT))
    parts = [(one_by_one, np.zeros(SHORT))]
    for some in np.split(np.arange(len(starts)), _PARTS):
        used = weights[some] > 0
        parts.append(((starts[some, None] + nodes[some])[used], np.log(weights[some][used])))
    return tuple(parts)


def probabilities(
    family: DiscreteFamily, shapes: Shapes, low: FloatArray, high: FloatArray, k: FloatArray
) -> FloatArray:
    """The probabilities (K, N) of integers (N,), 0 outside the supports [`low`, `high`] (K, 1)."""
    inside: BoolArray = (k >= low) & (k <= high)
    return np.where(inside, np.exp(_logpmf(family, shapes, np.clip(k, low, high))), 0.0)


def _logpmf(family: DiscreteFamily, shapes: Shapes, k: FloatArray) -> FloatArray:
    value = np.asarray(family.logpmf(np.rint(k) if family.lattice_only else k, *shapes), dtype=np.float64)
    return np.where(np.isnan(value), -np.inf, value)
