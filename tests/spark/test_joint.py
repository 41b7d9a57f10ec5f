"""Joint models of Spark frames are those of the same rows in memory; drawn rows do not depend on partitions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.conftest import Sparks

from warmfit import (
    DistributionFitter,
    FitterConfigBuilder,
    GaussianCopula,
    InvalidInput,
    LocalBackend,
    MultivariateNormalFitter,
    StudentTCopula,
    UnsupportedType,
    summarize_joint,
)

pytestmark = pytest.mark.spark
COLUMNS = ["a", "b", "c"]


def rows(n: int = 20_000) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    z = rng.multivariate_normal([0, 0, 0], [[1, 0.7, -0.4], [0.7, 1, 0.1], [-0.4, 0.1, 1]], size=n)
    table = pd.DataFrame({"a": np.exp(z[:, 0]), "b": 1e6 + z[:, 1], "c": np.round(4 * z[:, 2]), "text": "x"})
    table.loc[::7, "a"] = np.nan
    return table


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return rows()


@pytest.fixture(scope="module")
def frame(spark: Any, table: pd.DataFrame) -> Any:
    return spark.createDataFrame(table).repartition(3).cache()


def test_a_joint_summary_is_that_of_the_rows_in_memory(frame, table):
    for missing in ("pairwise", "listwise"):
        there, here = (summarize_joint(data, COLUMNS, missing=missing) for data in (frame, table))
        assert (there.n, there.names) == (here.n, here.names)
        for mine, theirs in ((there.values, here.values), (there.scores, here.scores), (there.ranks, here.ranks)):
            assert np.array_equal(mine.count, theirs.count)
            assert mine.mean == pytest.approx(theirs.mean, rel=1e-9, abs=1e-9)
            assert mine.correlation() == pytest.approx(theirs.correlation(), abs=1e-7)


def test_copulas_and_normal_distributions_agree_to_seven_digits(frame, table):
    config = FitterConfigBuilder().with_distributions(["norm", "lognorm"]).build()
    results = DistributionFitter(backend=LocalBackend(1)).fit(table, columns=COLUMNS, config=config)
    there, here = (GaussianCopula.fit(results, data).correlation_matrix for data in (frame, table))
    assert there == pytest.approx(here, abs=1e-7)
    student = [StudentTCopula.fit(results, data, ["a", "b"]) for data in (frame, table)]
    assert student[0].correlation_matrix == pytest.approx(student[1].correlation_matrix, abs=1e-6)
    normal = [MultivariateNormalFitter().fit(data, COLUMNS) for data in (frame, table)]
    assert normal[0].cov == pytest.approx(normal[1].cov, rel=1e-7, abs=1e-9)
    assert normal[0].normality(frame)["mardia_skewness"].statistic == pytest.approx(
        normal[1].normality(table)["mardia_skewness"].statistic, rel=1e-6
    )


def test_connect_folds_the_same_rows(sparks: Sparks, table):
    there = summarize_joint(sparks.connect.createDataFrame(table[COLUMNS][:2000]), COLUMNS, scores=False)
    here = summarize_joint(table[:2000], COLUMNS, scores=False)
    assert there.values.covariance() == pytest.approx(here.values.covariance(), rel=1e-9)


def test_what_cannot_be_taken_together_is_refused_as_it_is_in_memory(spark, frame):
    with pytest.raises(UnsupportedType, match="text"):
        summarize_joint(frame, ["a", "text"], scores=False)
    with pytest.raises(InvalidInput, match="no column 'x'"):
        summarize_joint(frame, ["a", "x"], scores=False)
    infinite = spark.createDataFrame(pd.DataFrame({"a": [1.0, np.inf], "b": [1.0, 2.0]}))
    with pytest.raises(InvalidInput, match="'a' has infinite"):
        summarize_joint(infinite, ["a", "b"], scores=False)
    with pytest.raises(InvalidInput, match="Kendall"):
        GaussianCopula.fit(
            DistributionFitter(backend=LocalBackend(1)).fit(
                rows(50), columns=["a", "b"], included_distributions=["norm"]
            ),
            frame,
            method="kendall",
        )


@pytest.mark.parametrize("partitions", [1, 5])
def test_drawn_frames_are_those_of_a_sample_whatever_the_partitions(spark, table, partitions):
    normal = MultivariateNormalFitter().fit(table, COLUMNS)
    made = normal.sample_distributed(200, spark, partitions, random_seed=3).toPandas()
    expected = pd.DataFrame(normal.sample(200, random_state=3))
    pd.testing.assert_frame_equal(
        made.sort_values("a", ignore_index=True), expected.sort_values("a", ignore_index=True)
    )
