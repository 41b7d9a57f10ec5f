"""A row's density is the same to the last bit whatever else is evaluated with it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from warmfit_fitting.families.catalogue import CATALOGUE

FAMILIES = [
    "beta", "betaprime", "f", "rdist", "gausshyper", "genhyperbolic", "geninvgauss", "norminvgauss", "ncx2", "ncf",
    "nct", "ksone", "irwinhall",
]  # fmt: skip


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with np.errstate(all="ignore"):
        yield


def batch(name: str, size: int, points: int, rng: np.random.Generator) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """Shapes far and near, against points from before the support to beyond it."""
    family = CATALOGUE[name]
    free = rng.normal(scale=2.5, size=(size, len(family.shapes)))
    shapes = tuple(v[:, None] for v in family.from_free(*free.T))
    center, spread = family.bulk(*shapes)
    return center + spread * np.linspace(-4.0, 12.0, points), shapes


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("points", [24, 160, 844])
def test_a_row_alone_has_the_bits_it_has_in_a_batch(name: str, points: int, rng: np.random.Generator) -> None:
    family = CATALOGUE[name]
    z, shapes = batch(name, 40, points, rng)
    together = family.logpdf(z, *shapes)
    for row in range(len(z)):
        alone = family.logpdf(z[row : row + 1], *(shape[row : row + 1] for shape in shapes))
        np.testing.assert_array_equal(alone[0], together[row])


@pytest.mark.parametrize("name", FAMILIES)
def test_shapes_of_every_rank_give_the_same_densities(name: str, rng: np.random.Generator) -> None:
    family = CATALOGUE[name]
    z, shapes = batch(name, 6, 60, rng)
    rows = family.logpdf(z, *shapes)
    full = family.logpdf(z, *(np.broadcast_to(shape, z.shape).copy() for shape in shapes))
    np.testing.assert_allclose(full, rows, rtol=1e-10, atol=1e-10)
    for row in range(len(z)):
        vector = family.logpdf(z[row], *(shape[row, 0] for shape in shapes))
        np.testing.assert_allclose(vector, rows[row], rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("name", FAMILIES)
def test_no_points_have_no_densities(name: str, rng: np.random.Generator) -> None:
    _, shapes = batch(name, 3, 2, rng)
    assert CATALOGUE[name].logpdf(np.empty(0), *(shape[0, 0] for shape in shapes)).size == 0
    assert CATALOGUE[name].logpdf(np.empty((3, 0)), *shapes).shape == (3, 0)
