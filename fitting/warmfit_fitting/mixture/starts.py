"""Where EM begins: groups of the rows of a sample, by k-means or at random.

A start is the best, after a few passes, of several groupings of the sample: em-EM (Biernacki, Celeux & Govaert 2003,
Comput. Stat. Data Anal. 41, 561–575). "kmeans" tries k-means++ (Arthur & Vassilvitskii 2007, SODA, 1027–1035)
followed by Lloyd's iterations in standard units, in units in which the columns are uncorrelated, and along the first
principal axis; "random" takes random rows for means.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from warmfit_fitting.arrays import FloatArray, IntArray
from warmfit_fitting.mixture.em import run
from warmfit_fitting.mixture.sums import Parameters, Standard, Sums, floored, fold, pairs

_LLOYD = 12  # iterations
_SHORT = 8  # passes after which groupings are compared
_RANDOM = 4  # groupings that a random start compares
_UNITS = 2.0  # as many k-means++ centres are tried as log K and this


def starts(
    z: FloatArray, weights: FloatArray, k: int, n: int, method: str, seed: int, floors: FloatArray
) -> Iterator[Parameters]:
    """`n` starts for mixtures of `k` components, from the rows `z` (m, d), in standard units, of a sample."""
    unit = Standard(np.zeros(z.shape[1]), np.ones(z.shape[1]))
    for number in range(n):
        generator = np.random.Generator(np.random.Philox(key=seed, counter=[0, 0, number, k]))
        found = list(_candidates(z, weights, k, method, generator, floors))
        if len(found) > 1:
            ends = [run(lambda c: fold(z, weights, unit, c), p, floors, 1e-3, _SHORT) for p in found]
            yield max(ends, key=lambda end: end.loglik).parameters
        else:
            yield found[0]


def _candidates(
    z: FloatArray, weights: FloatArray, k: int, method: str, generator: np.random.Generator, floors: FloatArray
) -> Iterator[Parameters]:
    everything = grouped(z, weights, np.zeros(len(z), dtype=np.int64), 1, floors)
    if k == 1:
        yield everything
        return
    if method == "random":
        for _ in range(_RANDOM):
            at = generator.choice(len(z), k, p=weights / weights.sum(), replace=len(z) < k)
            yield Parameters(np.full(k, 1 / k), z[at], np.repeat(everything.covariances, k, axis=0))
        return
    values, vectors = np.linalg.eigh(everything.covariances[0])
    rotated = (z - everything.means[0]) @ vectors
    views = [z, rotated / np.sqrt(values), rotated[:, -1:]] if z.shape[1] > 1 else [z]
    for view in views:
        yield grouped(z, weights, k_means(view, weights, k, generator), k, floors)
    yield grouped(z, weights, _by_rank(rotated[:, -1], weights, k), k, floors)


def grouped(z: FloatArray, weights: FloatArray, group: IntArray, k: int, floors: FloatArray) -> Parameters:
    """The mixture whose components are the `k` groups of rows; one without rows is as wide as all of them."""
    d = z.shape[1]
    first, second = pairs(d)
    features = np.concatenate([np.ones((1, len(z))), z.T, z.T[first] * z.T[second]]) * weights
    products = np.stack([np.bincount(group, row, k) for row in features]).astype(np.float64)
    whole = products.sum(axis=1, keepdims=True)
    products = np.where(products[0] > 0, products, whole * 1e-6)
    blank = Parameters(np.full(k, 1 / k), np.zeros((k, d)), np.repeat(np.eye(d)[None], k, axis=0))
    found = blank.maximized(Sums(products, 0.0), floors)
    total = blank.maximized(Sums(np.repeat(whole, k, axis=1), 0.0), floors).covariances
    # groups may be narrower than what belongs to them: a share of the whole keeps EM from seeing nothing else
    return Parameters(found.weights, found.means, floored(found.covariances + 1e-3 * total, floors))


def k_means(x: FloatArray, weights: FloatArray, k: int, generator: np.random.Generator) -> IntArray:
    """The group (m,) of each row of `x` (m, d), by k-means++ and Lloyd's iterations."""
    centres = _spread_out(x, weights, k, generator)
    group = np.zeros(len(x), dtype=np.int64)
    for _ in range(_LLOYD):
        nearest = _distances(x, centres).argmin(axis=1)
        if np.array_equal(nearest, group):
            break
        group = nearest
        mass = np.bincount(group, weights, k)
        for j in range(x.shape[1]):
            total = np.bincount(group, weights * x[:, j], k)
            centres[:, j] = np.where(mass > 0, total / np.where(mass > 0, mass, 1.0), centres[:, j])
    return group


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
