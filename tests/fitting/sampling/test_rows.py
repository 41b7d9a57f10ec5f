from __future__ import annotations

import itertools
import pickle

import numpy as np
import pytest

from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.fitted import fitted
from warmfit_fitting.sampling import draw
from warmfit_fitting.sampling.rows import DistributionSampler, RowRange, RowSampler, split_rows


@pytest.mark.parametrize(("n", "parts"), [(10, 3), (0, 2), (2, 5), (7, 1), (10**12, 999)])
def test_ranges_cover_the_rows_once_in_order_and_differ_by_one_row_at_most(n: int, parts: int) -> None:
    ranges = split_rows(n, parts)
    assert len(ranges) == parts
    assert ranges[0].start == 0
    assert ranges[-1].stop == n
    assert all(a.stop == b.start for a, b in itertools.pairwise(ranges))
    sizes = [r.stop - r.start for r in ranges]
    assert max(sizes) - min(sizes) <= 1


def test_chunks_cover_a_range_in_order() -> None:
    assert list(RowRange(3, 10).chunks(3)) == [RowRange(3, 6), RowRange(6, 9), RowRange(9, 10)]


def test_rows_of_a_distribution_are_its_draws_also_in_another_process() -> None:
    sampler = DistributionSampler("gamma", (2.0, 0.0, 1.0), (0.5, 4.0), column="x")
    assert isinstance(sampler, RowSampler)
    assert sampler.columns == ("x",)
    whole = draw(fitted("gamma", (2.0, 0.0, 1.0), (0.5, 4.0)), 1_000, 6)
    sent = pickle.loads(pickle.dumps(sampler))
    parts = [sent.rows(r.start, r.stop, 6) for r in split_rows(1_000, 7)]
    np.testing.assert_array_equal(np.concatenate(parts)[:, 0], whole)


def test_a_split_into_no_parts_is_refused() -> None:
    with pytest.raises(InvalidInput, match="parts=0"):
        split_rows(5, 0)
