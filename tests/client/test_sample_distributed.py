from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from warmfit import (
    DistributionFitResult,
    InvalidInput,
    LocalBackend,
    UnknownDistribution,
    UnsupportedType,
    sample_distributed,
)

GAMMA = ("gamma", [2.0, 0.0, 1.5])


def expected(n: int, seed: int) -> np.ndarray:
    return DistributionFitResult(*GAMMA).sample(n, random_state=seed)


@pytest.mark.parametrize("parts", [1, 3, 50])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_local_sample_is_that_of_its_result_whatever_the_partitions_and_workers(parts: int, workers: int) -> None:
    frame = sample_distributed(*GAMMA, 1_000, LocalBackend(workers), num_partitions=parts, random_seed=7)
    assert list(frame.columns) == ["sample"]
    np.testing.assert_array_equal(frame["sample"], expected(1_000, 7))


@pytest.mark.parametrize("parts", [1, 4, 7])
def test_parquet_files_hold_the_same_rows_in_order_however_many_they_are(tmp_path: Path, parts: int) -> None:
    paths = sample_distributed(*GAMMA, 1_000, num_partitions=parts, random_seed=7, column_name="x", path=tmp_path / "s")
    assert len(paths) == parts
    assert sorted(paths) == paths
    rows = pd.concat([pd.read_parquet(path) for path in paths])
    np.testing.assert_array_equal(rows["x"], expected(1_000, 7))


def test_files_that_are_there_are_not_mixed_with_new_ones(tmp_path: Path) -> None:
    sample_distributed(*GAMMA, 10, path=tmp_path)
    with pytest.raises(InvalidInput, match=r"already holds part-00000\.parquet"):
        sample_distributed(*GAMMA, 10, path=tmp_path)


def test_without_a_seed_samples_differ_and_with_bounds_they_keep_to_them() -> None:
    first, second = (sample_distributed(*GAMMA, 50, lower_bound=1.0, upper_bound=2.0) for _ in range(2))
    assert not first.equals(second)
    assert first["sample"].between(1.0, 2.0).all()


def test_discrete_families_and_users_own_are_sampled_too() -> None:
    counts = sample_distributed("poisson", [3.0, 0.0], 100, random_seed=1)["sample"]
    assert (counts == counts.round()).all()
    values = sample_distributed(Ramp(a=0.0, b=1.0, name="ramp"), [1.0, 2.0], 2_000, random_seed=1)["sample"]
    assert stats.kstest((values - 1.0) / 2.0, lambda x: x**2).pvalue > 0.001


class Ramp(stats.rv_continuous):
    def _pdf(self, x: np.ndarray) -> np.ndarray:
        return 2 * x

    def _cdf(self, x: np.ndarray) -> np.ndarray:
        return x**2


def test_what_cannot_be_sampled_is_refused_with_the_reason() -> None:
    with pytest.raises(UnknownDistribution):
        sample_distributed("gama", [1.0], 5)
    with pytest.raises(InvalidInput, match="expected finite a, loc, scale"):
        sample_distributed("gamma", [1.0, 0.0], 5)
    with pytest.raises(InvalidInput, match="num_partitions"):
        sample_distributed(*GAMMA, 5, num_partitions=0)
    with pytest.raises(InvalidInput, match="below 2"):
        sample_distributed(*GAMMA, 5, random_seed=2**64)
    with pytest.raises(UnsupportedType, match="expected LocalBackend"):
        sample_distributed(*GAMMA, 5, backend="spark")
