"""Where EM begins: groups of the rows of a sample, by k-means or at random.

A start is the best, after a few passes, of several groupings of the sample: em-EM (Biernacki, Celeux & Govaert 2003,
Comput. Stat. Data Anal. 41, 561–575). "kmeans" tries k-means++ (Arthur & Vassilvitskii 2007, SODA, 1027–1035)
followed by Lloyd's iterations in standard units, in units in which the columns are uncorrelated, and along the first
principal axis; "random" takes random rows for means.
"""

from __future__ import annotations

import numpy as np

from warmfit_fitting.arrays import FloatArray, IntArray
from warmfit_fitting.mixture.em import improved
from warmfit_fitting.mixture.moves import rearranged
from warmfit_fitting.mixture.sums import Parameters, Sample, moments_of

_LLOYD = 10  # iterations
_ROUNDS = 2
_SHORT = 3  # passes in a round, of which the last only weighs
_FINISHED = 2  # starts that are gone on with, where there are several
_LARGE = 1000  # rows, from which on more groupings cost little beside the passes that follow
_GROUPINGS = 3  # by k-means of one kind, then
_RANDOM = 4  # groupings that a random start compares
_UNITS = 2.0  # as many k-means++ centres are tried as log K and this


def starts(sample: Sample, k: int, n: int, method: str, seed: int, floors: FloatArray) -> list[Parameters]:
    """Where EM for mixtures of `k` components begins, best first, by `n` starts on a sample.

    A start is a few groupings; those that two starts have in common count once, and the best two of all are returned.
    """
    z, weights = sample.z, sample.weights
    everything = grouped(sample, np.zeros(len(z), dtype=np.int64), 1, floors)
    if k == 1:
        return [everything]
    generators = [np.random.Generator(np.random.Philox(key=seed, counter=[0, 0, number, k])) for number in range(n)]
    if method == "random":
        tried = [generator for generator in generators for _ in range(_RANDOM)]
        found = [_at_random(z, weights, k, generator, everything, floors) for generator in tried]
    else:
        groups = _groupings(z, weights, k, generators, everything)
        found = [grouped(sample, group, k, floors) for group in groups]
    if len(found) > 1:
        found = _raced(sample, found, floors)[: 1 if n == 1 else _FINISHED]
    return [end for start in found for end in rearranged(sample, start, floors)]


def _raced(sample: Sample, found: list[Parameters], floors: FloatArray) -> list[Parameters]:
    """The best, best first, after a few rounds of passes, each of which the better half of the last one's survive."""
    if len(found) <= _FINISHED:  # none drops out between rounds
        ends = improved(sample, found, floors, _ROUNDS * (_SHORT - 1) + 1)
        return [end.parameters for end in sorted(ends, key=lambda end: -end.loglik)]
    for _ in range(_ROUNDS):
        ends = improved(sample, found, floors, _SHORT)
        ends.sort(key=lambda end: -end.loglik)
        found = [end.parameters for end in ends[: max(_FINISHED, (len(ends) + 1) // 2)]]
    return found


def _at_random(
    z: FloatArray,
    weights: FloatArray,
    k: int,
    generator: np.random.Generator,
    everything: Parameters,
    floors: FloatArray,
) -> Parameters:
    """Components as wide as all rows, with random rows for means."""
    at = generator.choice(len(z), k, p=weights / weights.sum(), replace=len(z) < k)
    return Parameters.within(np.full(k, 1 / k), z[at], np.repeat(everything.covariances, k, axis=0), floors)


def _groupings(
    z: FloatArray, weights: FloatArray, k: int, generators: list[np.random.Generator], everything: Parameters
) -> list[IntArray]:
    """Different groupings of the rows."""
    values, vectors = np.linalg.eigh(everything.covariances[0])
    rotated = (z - everything.means[0]) @ vectors
    views = [z, rotated / np.sqrt(values), rotated[:, -1:]] if z.shape[1] > 1 else [z]
    groups = [_by_rank(rotated[:, -1], weights, k)]
    times = max(_GROUPINGS // len(generators), 1) if len(z) >= _LARGE else 1
    groups += [k_means(view, weights, k, generator) for generator in generators for _ in range(times) for view in views]
    return [group for number, group in enumerate(groups) if not _is_among(group, groups[:number], k)]


def _is_among(group: IntArray, others: list[IntArray], k: int) -> bool:
    """Whether a grouping is one of `others` under other numbers."""
    for other in others:
        both = np.bincount(group * k + other, minlength=k * k).reshape(k, k) > 0
        if both.sum() == both.any(axis=0).sum() == both.any(axis=1).sum():
            return True
    return False


def grouped(sample: Sample, group: IntArray, k: int, floors: FloatArray) -> Parameters:
    """The mixture whose components are the `k` groups of rows; one without rows is as wide as all of them."""
    features = sample.features
    members = np.zeros((len(group), k))
    members[np.arange(len(group)), group] = sample.weights
    products = features @ members
    whole = products.sum(axis=1, keepdims=True)
    products = np.where(products[0] > 0, products, whole * 1e-6)
    weights, means, covariances = moments_of(products)
    # groups may be narrower than what belongs to them: a share of the whole keeps EM from seeing nothing else
    return Parameters.within(weights, means, covariances + 1e-3 * moments_of(whole)[2], floors)


def k_means(x: FloatArray, weights: FloatArray, k: int, generator: np.random.Generator) -> IntArray:
    """The group (m,) of each row of `x` (m, d), by k-means++ and Lloyd's iterations."""
    centres = _spread_out(x, weights, k, generator)
    columns = np.ascontiguousarray(x.T)
    weighed = np.concatenate([weights[None], columns * weights])
    far = _farther(columns, centres)
    nearest = far == far.min(axis=0)
    for _ in range(_LLOYD - 1):
        mass, *total = weighed @ nearest.T.astype(np.float64)
        held = mass > 0
        centres[held] = (np.array(total) / np.where(held, mass, 1.0)).T[held]
        far = _farther(columns, centres)
        before, nearest = nearest, far == far.min(axis=0)
        if np.array_equal(nearest, before):
            break
    return np.asarray(far.argmin(axis=0), dtype=np.int64)


def _farther(columns: FloatArray, centres: FloatArray) -> FloatArray:
    """Squared distances (k, m), but for what each row adds to all of its own, of rows by `columns` (d, m)."""
    return np.asarray((centres * centres).sum(axis=1)[:, None] - 2.0 * centres @ columns)


def _spread_out(x: FloatArray, weights: FloatArray, k: int, generator: np.random.Generator) -> FloatArray:
    """`k` rows (k, d), each drawn by its squared distance from those before, the best of a few draws."""
    tries = int(_UNITS + np.log(k))
    chosen = [x[_drawn(weights, generator.random(1))[0]]]
    nearest = _distances(x, chosen[0][None])[:, 0]
    for _ in range(1, k):
        at = _drawn(weights * nearest, generator.random(tries))
        after = np.minimum(nearest[:, None], _distances(x, x[at]))
        best = int((weights @ after).argmin())
        chosen.append(x[at[best]])
        nearest = after[:, best]
    return np.array(chosen)


def _drawn(weights: FloatArray, u: FloatArray) -> IntArray:
    """Rows drawn by their weight with uniform numbers `u`."""
    total = np.cumsum(weights)
    if not total[-1] > 0:
        return np.asarray(u * len(weights), dtype=np.int64)
    return np.asarray(np.minimum(np.searchsorted(total, u * total[-1], side="right"), len(weights) - 1), dtype=np.int64)


def _distances(x: FloatArray, centres: FloatArray) -> FloatArray:
    """Squared distances (m, k)."""
    cross: FloatArray = x @ centres.T
    squares = np.einsum("ij,ij->i", x, x)[:, None] + np.einsum("ij,ij->i", centres, centres)
    return np.asarray(np.maximum(squares - 2 * cross, 0.0), dtype=np.float64)


def _by_rank(x: FloatArray, weights: FloatArray, k: int) -> IntArray:
    """Groups of equal weight, in the order of `x` (m,)."""
    order = np.argsort(x, kind="stable")
    share = np.cumsum(weights[order])
    group = np.empty(len(x), dtype=np.int64)
    group[order] = np.minimum((share - weights[order] / 2) / share[-1] * k, k - 1).astype(np.int64)
    return group
