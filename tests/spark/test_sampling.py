"""Samples and mixtures on Spark: the same rows whatever the partitions, the same fit as here."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.fitting.mixture.examples import simulated

from warmfit import DistributionFitResult, GaussianMixtureFitter, SparkBackend, sample_distributed

pytestmark = pytest.mark.spark


@pytest.mark.parametrize("parts", [1, 3])
def test_a_sample_on_spark_is_that_of_its_seed_whatever_the_partitions(spark: Any, parts: int) -> None:
    here = DistributionFitResult("gamma", [2.0, 0.0, 1.5]).sample(500, random_state=7)
    for backend in (spark, SparkBackend(spark)) if parts == 1 else (spark,):
        frame = sample_distributed("gamma", [2.0, 0.0, 1.5], 500, backend, parts, 7, "a`b")
        assert frame.columns == ["a`b"]
        np.testing.assert_array_equal(frame.toPandas()["a`b"], here)


def test_a_mixture_of_a_spark_frame_is_that_of_its_rows(spark: Any) -> None:
    frame = pd.DataFrame(simulated(1_500, 2, 2), columns=["a", "b"])
    here = GaussianMixtureFitter(2).fit(frame)
    there = GaussianMixtureFitter(2).fit(spark.createDataFrame(frame))
    assert there.log_likelihood_ == pytest.approx(here.log_likelihood_, abs=1e-4)
    assert there.means_ == pytest.approx(here.means_, rel=1e-5)
    assert there.column_names == ("a", "b")
