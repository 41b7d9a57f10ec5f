"""What Spark's executors and Ray's workers do with rows, called as they call it; no cluster is needed for that."""

from __future__ import annotations

import pickle
from functools import reduce

import numpy as np
import pyarrow as pa
import pytest
from tests.fitting.mixture.examples import simulated

from warmfit import GaussianMixtureFitter, InvalidInput, UnsupportedType
from warmfit.mixture_data import Elsewhere, Folding, survey_block
from warmfit.sampling.places import place_of
from warmfit.sampling.ray import _maker as ray_maker
from warmfit.sampling.spark import _maker as spark_maker
from warmfit.sources.ray_rows import OfBatch, RayRows, together
from warmfit.spark.folding import _folding
from warmfit_fitting.mixture import MixtureSpec, fit_mixture
from warmfit_fitting.mixture.sources import Survey
from warmfit_fitting.mixture.sums import Standard
from warmfit_fitting.sampling.rows import DistributionSampler

ROWS = simulated(9_000, 2, 2)
SAMPLER = DistributionSampler("gamma", (2.0, 0.0, 1.0), column="x")


def batches(rows: np.ndarray, parts: int) -> list[pa.RecordBatch]:
    return [
        pa.record_batch([pa.array(column) for column in part.T], names=["a", "b"])
        for part in np.array_split(rows, parts)
    ]


@pytest.mark.parametrize("parts", [1, 4, 9])
def test_partitions_of_spark_make_the_same_sample_however_many_they_are(parts: int) -> None:
    make = spark_maker(SAMPLER, 1_000, parts, 5)
    made = [pa.record_batch([pa.array([number])], names=["id"]) for number in range(parts)]
    found = np.concatenate([batch.column(0).to_numpy() for one in made for batch in make(iter([one]))])
    np.testing.assert_array_equal(found, SAMPLER.rows(0, 1_000, 5)[:, 0])


@pytest.mark.parametrize("parts", [1, 4, 9])
def test_blocks_of_ray_make_the_same_sample_however_many_they_are(parts: int) -> None:
    make = ray_maker(SAMPLER, 1_000, parts, 5)
    found = np.concatenate([made["x"] for made in make({"id": np.arange(parts)})])
    np.testing.assert_array_equal(found, SAMPLER.rows(0, 1_000, 5)[:, 0])


class Partitions:
    """A frame in partitions that are folded as Spark's and Ray's are."""

    def __init__(self, rows: np.ndarray, parts: int, kind: str) -> None:
        self.parts, self.kind = batches(rows, parts), kind

    def reduce(self, names, of_block, combine):  # type: ignore[no-untyped-def]
        if self.kind == "spark":
            work = _folding(len(names), of_block, combine)
            results = [row for part in self.parts for row in work(iter([part]))]
            pieces = [row.column(0)[0].as_py() for row in results]
        else:
            batch = pickle.loads(pickle.dumps(OfBatch(tuple(names), of_block)))
            pieces = [batch(pa.Table.from_batches([part])).column(0)[0].as_py() for part in self.parts]
        return together(pieces, combine)


@pytest.mark.parametrize("kind", ["spark", "ray"])
@pytest.mark.parametrize("parts", [1, 5])
def test_a_mixture_of_rows_in_partitions_is_that_of_the_rows_here(kind: str, parts: int) -> None:
    here = GaussianMixtureFitter(2).fit(ROWS)
    source = Elsewhere(Partitions(ROWS, parts, kind), ("a", "b"))  # type: ignore[arg-type]
    there = fit_mixture(source, MixtureSpec(2))
    assert there.loglik == pytest.approx(here.log_likelihood_, abs=1e-4)
    assert there.mixture.means == pytest.approx(here.means_, rel=1e-5)


def test_nulls_in_a_partition_are_missing_values_and_text_is_refused() -> None:
    holed = pa.table({"a": pa.array([1.0, None, 3.0]), "b": pa.array([1, 2, None], pa.int64())})
    survey = pickle.loads(OfBatch(("a", "b"), survey_block)(holed).column(0)[0].as_py())
    assert (survey.n, survey.n_missing) == (1, 2)
    with pytest.raises(UnsupportedType, match="no numbers"):
        OfBatch(("a",), survey_block)(pa.table({"a": ["x"]}))


def test_surveys_and_sums_survive_the_way_back() -> None:
    standard = Standard(ROWS.mean(axis=0), ROWS.std(axis=0))
    work = pickle.loads(pickle.dumps(Folding(np.zeros((6, 2)), standard)))
    whole = work(ROWS)
    parts = reduce(lambda a, b: a + b, (work(part) for part in np.array_split(ROWS, 3)))
    assert parts.products == pytest.approx(whole.products)
    assert reduce(Survey.merge, map(survey_block, np.array_split(ROWS, 3))).n == len(ROWS)


def test_what_is_here_is_not_taken_for_rows_elsewhere_and_an_empty_frame_is_refused() -> None:
    assert RayRows.of(ROWS) is None
    with pytest.raises(InvalidInput, match="no rows"):
        together([], Survey.merge)


def test_places_follow_the_name_of_the_backend() -> None:
    class Spark:
        name, spark = "spark", object()

    assert place_of(Spark(), None).session is Spark.spark  # type: ignore[attr-defined]
    with pytest.raises(InvalidInput, match=r"write\.parquet"):
        place_of(Spark(), "somewhere")
