"""Groups of a Spark frame, one after the other, as those of the same rows in memory."""

from __future__ import annotations

from operator import length_hint
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.spark.rows import assert_same_rows

import warmfit.spark
from warmfit import UnsupportedType
from warmfit.sources import RowChoice
from warmfit.spark import grouping
from warmfit.spark.source import SparkSource
from warmfit_fitting.errors import WarmfitError
from warmfit_fitting.summary import summarize_values

pytestmark = pytest.mark.spark
RNG = np.random.default_rng(5)
SIZES = {"ä": 9_000, "a": 50, "Z": 12_000, None: 40, "b": 9_500}
FRAME = pd.DataFrame(
    {
        "key": np.repeat(np.array(list(SIZES), dtype=object), list(SIZES.values())),
        "x": RNG.gamma(2.0, size=sum(SIZES.values())),
        "y": np.where(RNG.random(sum(SIZES.values())) < 0.1, np.nan, RNG.normal(size=sum(SIZES.values()))),
        "w": RNG.choice([1.0, 3.0], sum(SIZES.values())),
    }
)


def rows_of(key: object) -> pd.DataFrame:
    return FRAME[FRAME.key.isna() if key is None else FRAME.key == key]


def test_groups_come_in_order_as_their_rows_are_in_memory(spark: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "AT_ONCE", 4)  # two groups of two columns
    frame = spark.createDataFrame(FRAME, "key string, x double, y double, w double").cache()
    found = list(SparkSource(frame, RowChoice("w")).groups(["y", "x"], ["key"]))
    assert [key for key, _ in found] == [("Z",), ("a",), ("b",), ("ä",), (None,)]
    for (key,), outcomes in found:
        rows = rows_of(key)
        for name, outcome in zip(["y", "x"], outcomes, strict=True):
            assert_same_rows(outcome, summarize_values(rows[name].to_numpy(), rows.w.to_numpy()))


def test_keys_may_be_several_and_missing_ones_are_one_group(spark: Any) -> None:
    rows = [(1, 2.5, 1.0), (1, None, 2.0), (1, float("nan"), 3.0), (None, 2.5, 4.0), (0, -0.0, 5.0), (0, 0.0, 6.0)]
    frame = spark.createDataFrame(rows, "i int, f double, v double")
    groups = SparkSource(frame, RowChoice()).groups(["v"], ["i", "f"])
    assert length_hint(groups) == 4
    found = {key: outcomes[0].observed.atoms.tolist() for key, outcomes in groups}  # type: ignore[union-attr]
    assert found == {(0, 0.0): [5.0, 6.0], (1, 2.5): [1.0], (1, None): [2.0, 3.0], (None, 2.5): [4.0]}
    assert length_hint(groups) == 0
    (summary,) = warmfit.spark.summarize(frame, "v", by="i")[1,].values()
    assert (summary.n, summary.mean) == (3, 2.0)


def test_a_group_or_a_column_that_cannot_be_summarized_fails_alone(spark: Any) -> None:
    frame = spark.createDataFrame([(1, None, "t", [1]), (2, 5.0, "t", [1])], "k int, v double, t string, l array<int>")
    found = dict(SparkSource(frame, RowChoice()).groups(["t", "v"], ["k"]))
    assert all(isinstance(outcomes[0], UnsupportedType) for outcomes in found.values())
    assert isinstance(found[1,][1], WarmfitError)
    assert found[2,][1] == summarize_values(np.array([5.0]))
    with pytest.raises(UnsupportedType, match="column 'l' is of type array"):
        SparkSource(frame, RowChoice()).groups(["v"], ["l"])
