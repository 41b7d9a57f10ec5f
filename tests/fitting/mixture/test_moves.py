from __future__ import annotations

import numpy as np

from warmfit_fitting.mixture.moves import rearranged
from warmfit_fitting.mixture.starts import grouped
from warmfit_fitting.mixture.sums import Sample

GENERATOR = np.random.default_rng(1)
TRUTH = np.repeat([0, 1, 2], 200)
ROWS = np.array([[-1.5, 0.0], [0.0, 1.5], [1.5, 0.0]])[TRUTH] + GENERATOR.normal(0, 0.1, (600, 2))
SAMPLE, FLOORS = Sample(ROWS, np.ones(600)), np.full(2, 1e-6)


def test_a_component_over_two_groups_and_two_over_one_find_a_group_each() -> None:
    wrong = np.where(TRUTH < 2, 0, 1 + (ROWS[:, 0] > 1.5))
    (found,) = rearranged(SAMPLE, grouped(SAMPLE, wrong, 3, FLOORS), FLOORS)
    means = np.array([ROWS[group == TRUTH].mean(axis=0) for group in range(3)])
    order = found.means[:, 0].argsort()
    np.testing.assert_allclose(found.means[order], means, atol=0.01)


def test_a_mixture_that_no_move_betters_stays_as_it_is() -> None:
    right = grouped(SAMPLE, TRUTH, 3, FLOORS)
    (found,) = rearranged(SAMPLE, right, FLOORS)
    assert found is right


def test_two_components_have_no_third_to_split() -> None:
    start = grouped(SAMPLE, np.minimum(TRUTH, 1), 2, FLOORS)
    (found,) = rearranged(SAMPLE, start, FLOORS)
    assert found is start
