"""Parameter vectors one at a time: every way in which points and shapes broadcast."""

from __future__ import annotations

import numpy as np
import pytest

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.families.rows import by_row


def weighted(z: FloatArray, a: float, b: float) -> FloatArray:
    assert z.ndim == 1
    return a * z + b


@pytest.mark.parametrize(
    ("z", "a", "b"),
    [((), (), ()), ((5,), (), ()), ((5,), (3, 1), (3, 1)), ((3, 5), (3, 1), ()), ((2, 3, 5), (3, 1), (5,))],
)
def test_the_result_has_the_values_of_broadcasting(
    z: tuple[int, ...], a: tuple[int, ...], b: tuple[int, ...], rng: np.random.Generator
) -> None:
    points, first, second = (np.asarray(rng.normal(size=size)) for size in (z, a, b))
    result = by_row(weighted, points, first, second)
    assert np.array_equal(result, first * points + second)


def test_each_vector_is_asked_for_once_with_all_of_its_points() -> None:
    calls = []

    def counted(z: FloatArray, a: float) -> FloatArray:
        calls.append((len(z), a))
        return z

    by_row(counted, np.zeros((2, 7)), np.array([[1.0], [2.0]]))
    assert calls == [(7, 1.0), (7, 2.0)]
