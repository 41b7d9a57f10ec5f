from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.sampling.counter import normals, uniform, uniforms, words


@pytest.mark.parametrize("cut", [1, 2, 3, 4, 5, 777])
def test_numbers_are_the_same_however_they_are_split(cut: int) -> None:
    whole = words(1_000, seed=9)
    np.testing.assert_array_equal(np.concatenate([words(cut, 9), words(1_000 - cut, 9, cut)]), whole)


def test_words_are_those_of_the_published_test_vector_of_pcg64dxsm() -> None:
    """NumPy, numpy/random/tests/data/pcg64dxsm-testset-1.csv."""
    expected = [0xDF1DDCF1E22521FE, 0xC71B2F9C706CF151]
    assert list(words(2, 0xDEADBEAF)) == expected


def test_uniform_numbers_are_uniform_inside_the_unit_interval_and_differ_by_seed() -> None:
    u = uniforms(20_000, seed=1)
    assert 0 < u.min() < u.max() < 1
    assert stats.kstest(u, "uniform").pvalue > 0.001
    assert not np.array_equal(u, uniforms(20_000, seed=2))


def test_the_first_and_the_last_word_lie_inside_the_unit_interval() -> None:
    first, last = uniform(np.array([0, 2**64 - 1], dtype=np.uint64))
    assert 0 < first < 1e-15
    assert 0 < 1 - last < 1e-15


def test_normal_numbers_are_normal() -> None:
    assert stats.kstest(normals(20_000, seed=1), "norm").pvalue > 0.001


def test_impossible_ranges_are_refused() -> None:
    for arguments in ((-1, 0, 0), (1, -1, 0), (1, 0, -1), (1, 2**64, 0), (2**62, 0, 2**62)):
        with pytest.raises(InvalidInput, match="expected whole numbers"):
            words(*arguments)
