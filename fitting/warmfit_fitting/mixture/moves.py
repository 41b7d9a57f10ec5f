"""Split and merge: a way out of the optima where one component covers two groups of rows, and two share one.

EM does not move a component across a gap. After Ueda, Nakano, Ghahramani & Hinton (2000, Neural Comput. 12, 2109–2128),
two components are merged and a third is split at once, so that their number stays. What such a move would gain is reckoned
with each row in the component it most probably belongs to, Σ m (log m − ½ log |Σ|) over components of m rows; the best
move is made, and kept where a few passes of EM from there reach a greater likelihood than from where it began.
"""

from __future__ import annotations

import numpy as np

from warmfit_fitting.arrays import BoolArray, FloatArray, IntArray
from warmfit_fitting.mixture.em import improved
from warmfit_fitting.mixture.sums import Parameters, Sample, Sums

_PASSES = 4  # of EM, after which a move is judged
_LLOYD = 5  # iterations that divide a component
_NONE = -1e300  # the score of what is no group
_LEAST = 1.0  # nats that a move must gain
_CLEAR = 0.05  # nats a row, that a move gains where there is no doubt


def rearranged(sample: Sample, start: Parameters, floors: FloatArray) -> list[Parameters]:
    """The mixture after as many moves as gain likelihood on a sample, at most one for each component.

    Where they gain so little that other rows may tell otherwise, what they began with comes second.
    """
    k, d = start.means.shape
    if k < 3 or len(sample.z) <= 2 * k * d:
        return [start]
    here, gain, clear = start, 0.0, _CLEAR * float(sample.weights.sum())
    for _ in range(k):
        moved = _moved(sample.z, sample.weights, sample.features, here, floors)
        if moved is None:
            break
        ends = improved(sample, [moved, here], floors, _PASSES)
        if ends[0].loglik < ends[1].loglik + _LEAST:
            break
        here = ends[0].parameters
        gain += ends[0].loglik - ends[1].loglik
    return [here] if here is start or gain > clear else [here, start]


def _moved(
    z: FloatArray, weights: FloatArray, features: FloatArray, here: Parameters, floors: FloatArray
) -> Parameters | None:
    """The mixture after the move that promises most; None where none promises to gain."""
    k = len(here.weights)
    group = (here.coefficients().T @ features).argmax(axis=0)
    half = 2 * group
    for component in range(k):
        rows = np.flatnonzero(group == component)
        if len(rows):
            half[rows] += _divided(z[rows], weights[rows])
    weighed = features * weights
    halves = np.stack([np.bincount(half, row, 2 * k) for row in weighed])
    wholes = halves[:, ::2] + halves[:, 1::2]
    first, second = np.triu_indices(k, 1)
    scores = _scores(np.concatenate([halves, wholes, wholes[:, first] + wholes[:, second]], axis=1), floors)
    of_halves, of_wholes, of_pairs = scores[: 2 * k], scores[2 * k : 3 * k], scores[3 * k :]
    gained = of_halves[::2] + of_halves[1::2] - of_wholes
    lost = of_wholes[first] + of_wholes[second] - of_pairs
    promise = gained[:, None] - lost
    apart = np.arange(k)[:, None]
    promise[(apart == first) | (apart == second)] = -np.inf
    best = int(promise.argmax())
    split, pair = divmod(best, len(first))
    if not promise[split, pair] > _LEAST:
        return None
    group[group == second[pair]] = first[pair]
    group[half == 2 * split + 1] = second[pair]
    products = np.stack([np.bincount(group, row, k) for row in weighed]).astype(np.float64)
    return here.maximized(Sums(products, 0.0), floors)


def _scores(products: FloatArray, floors: FloatArray) -> FloatArray:
    """m (log m − ½ log |Σ|) of each group of rows by its sums (q, g); `_NONE` for one of fewer rows than columns."""
    g, d = products.shape[1], len(floors)
    mass = products[0]
    blank = Parameters.within(np.full(g, 1 / g), np.zeros((g, d)), np.repeat(np.eye(d)[None], g, axis=0), floors)
    logdets = blank.maximized(Sums(products, 0.0), floors).logdets
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(mass > d, mass * (np.log(mass) - 0.5 * logdets), _NONE)


def _divided(x: FloatArray, weights: FloatArray) -> IntArray:
    """0 or 1 for each row: 2-means, begun at the mean along the first principal axis."""
    total = weights.sum()
    away = x - (weights @ x) / total
    axis = np.linalg.eigh((away.T * weights) @ away)[1][:, -1]
    side: BoolArray = away @ axis > 0
    for _ in range(_LLOYD):
        above = float(weights @ side)
        if not 0 < above < total:
            break
        high = (weights * side) @ away / above
        low = -high * above / (total - above)  # as the deviations sum to 0
        nearer = away @ (high - low) > 0.5 * (high @ high - low @ low)
        if np.array_equal(nearer, side):
            break
        side = nearer
    return side.astype(np.int64)
